//! Programs that end, hang, write too much and leave others behind.

use std::path::Path;
use std::time::Instant;

use atlas_actors::limits::OUTPUT_BYTES_MAX;

use super::*;

async fn sh(
    folder: &Path,
    script: &str,
    timeout: Duration,
    cancelled: watch::Receiver<bool>,
) -> (Ended, String) {
    let path = folder.join("out");
    let job = Job {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        folder: folder.to_owned(),
        environment: vec![("PATH", "/usr/bin:/bin".into())],
        run_as: None,
        timeout,
    };
    let ended = run(job, OutputFile::create(&path).unwrap(), cancelled).await;
    (
        ended,
        String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned(),
    )
}

fn never() -> watch::Receiver<bool> {
    watch::channel(false).1
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn keeps_the_status_and_both_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let (ended, output) = sh(folder.path(), "echo out; echo err >&2; exit 3", LONG, never()).await;
    assert_eq!(ended.how, How::Exited(3));
    assert!(output.contains("out\n") && output.contains("err\n"), "{output}");
    let (ended, _) = sh(folder.path(), "kill -9 $$", LONG, never()).await;
    assert_eq!(ended.how, How::Signalled(9));
}

#[tokio::test]
async fn has_nothing_of_the_agents_environment() {
    let folder = tempfile::tempdir().unwrap();
    let (_, output) = sh(folder.path(), "env", LONG, never()).await;
    let names: Vec<_> = output.lines().filter_map(|line| line.split('=').next()).collect();
    assert!(
        names
            .iter()
            .all(|name| ["PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(name)),
        "{names:?}"
    );
}

#[tokio::test]
async fn ends_all_that_was_started_when_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let script = format!("(sleep 1; echo late > {}) & sleep 60", mark.display());
    let began = Instant::now();
    let (ended, _) = sh(folder.path(), &script, Duration::from_millis(200), never()).await;
    assert_eq!(ended.how, How::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(10));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!mark.exists(), "what it had started went on");
}

#[tokio::test]
async fn ends_when_it_is_called_off_and_leaves_nothing_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let (cancel, cancelled) = watch::channel(false);
    let calling_off = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.send_replace(true);
    };
    let ((ended, _), ()) = tokio::join!(sh(folder.path(), "sleep 60", LONG, cancelled), calling_off);
    assert_eq!(ended.how, How::Cancelled);
    let began = Instant::now();
    let (ended, _) = sh(folder.path(), "sleep 60 & echo done", LONG, never()).await;
    assert_eq!(ended.how, How::Exited(0));
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "it waited for what was left behind"
    );
}

#[tokio::test]
async fn keeps_a_bounded_part_of_what_is_written_and_lets_it_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (ended, output) = sh(
        folder.path(),
        "head -c 1000000 /dev/zero | tr '\\0' a; exit 7",
        LONG,
        never(),
    )
    .await;
    assert_eq!(
        (ended.how, ended.is_cut, output.len()),
        (How::Exited(7), true, OUTPUT_BYTES_MAX)
    );
}

#[tokio::test]
async fn says_why_a_program_did_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let job = Job {
        program: folder.path().join("none"),
        args: Vec::new(),
        folder: folder.path().to_owned(),
        environment: Vec::new(),
        run_as: None,
        timeout: LONG,
    };
    let output = OutputFile::create(&folder.path().join("out")).unwrap();
    assert!(matches!(run(job, output, never()).await.how, How::NotStarted(_)));
}

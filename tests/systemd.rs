//! The units under systemd itself: as the first process in namespaces of its own, with a disk of its own
//! above this machine's, so that nothing of this machine is changed. Installed, enrolled, killed, revoked
//! and removed there with `atlas service`. Skipped where this user may make no namespaces.

#![cfg(all(feature = "server", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Puts a layer above what is written to, a systemd with next to no units below it, and a job.
const FIRST_PROCESS: &str = r#"set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
for folder in etc usr/local var/lib var/log root; do
  mkdir -p /run/layer/$folder/upper /run/layer/$folder/work
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=/run/layer/$folder/upper,workdir=/run/layer/$folder/work" /$folder
done
umount -R /sys/fs/cgroup || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/units /etc/systemd/system
cd /run/units
for name in sysinit basic multi-user shutdown network-online; do
  printf '[Unit]\nDefaultDependencies=no\n' >$name.target
done
printf '[Unit]\nDefaultDependencies=no\nWants=job.service dbus.service\n' >job.target
printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nEnvironment=HOME=/root\nExecStart=/bin/sh %s/job\nStandardOutput=append:%s/said\nStandardError=append:%s/said\n' "$1" "$1" "$1" >job.service
cp /lib/systemd/system/dbus.service /lib/systemd/system/dbus.socket . 2>/dev/null || true
export container=docker SYSTEMD_UNIT_PATH=/run/units:/etc/systemd/system
exec /lib/systemd/systemd --system --unit=job.target --show-status=no
"#;

/// What is done there. Each `until` waits for a condition, and gives up after ten seconds.
const JOB: &str = r#"set -e
trap 'echo "ENDED $?"' EXIT
until_true() { for _ in $(seq 100); do if eval "$1"; then return; fi; sleep 0.1; done; echo "never: $1"; exit 1; }
mkdir -p /etc/atlas
printf 'FLEET_SERVER_PORT=@PORT@\nFLEET_WEB_PASSWORD=correct horse battery\n' >/etc/atlas/server.env
@ATLAS@ service install --server
as_server() { runuser -u atlas-server -- /usr/local/bin/atlas "$@" --data-dir /var/lib/atlas-server --json; }
until_true 'as_server token create >/run/token 2>/dev/null'
@ATLAS@ agent enroll https://127.0.0.1:@PORT@ --token "$(sed 's/.*"token":"\([^"]*\)".*/\1/' /run/token)"
@ATLAS@ service install --agent
until_true 'as_server agents list | grep -q "\"state\":\"active\""'
until_true 'test -e /var/lib/atlas-agent/agent/spool/ledger.json'
@ATLAS@ service status
runuser -u atlas-agent -- /usr/local/bin/atlas doctor --agent --data-dir /var/lib/atlas-agent
echo "SECRETS $(stat -c '%U %a' /var/lib/atlas-server/vault.key /var/lib/atlas-agent/agent/identity.json | tr '\n' ' ')"
before=$(systemctl show -p MainPID --value atlas-server)
kill -9 "$before"
until_true '[ "$(systemctl show -p MainPID --value atlas-server)" -gt "'$before'" ]'
until_true 'as_server agents list >/run/agents 2>/dev/null'
as_server agents revoke "$(sed 's/.*"agent_id":"\([^"]*\)".*/\1/' /run/agents)"
systemctl restart atlas-agent
until_true '[ "$(systemctl show -p ActiveState --value atlas-agent)" = failed ]'
echo "REVOKED $(systemctl show -p ExecMainStatus,NRestarts --value atlas-agent | tr '\n' ' ')"
@ATLAS@ service uninstall --agent
@ATLAS@ service uninstall --server
echo "LEFT $(ls /etc/systemd/system | grep -c atlas || true) $(ls -d /var/lib/atlas-server)"
"#;

/// A systemd that ends with its namespace.
struct Systemd(Child);

impl Drop for Systemd {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Namespaces and a layered disk can be had here, and there is a systemd.
fn is_possible() -> bool {
    let tried = "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w && \
        mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc";
    let made = namespaces().args(["sh", "-c", tried]).output();
    Path::new("/lib/systemd/systemd").exists() && made.is_ok_and(|made| made.status.success())
}

fn namespaces() -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args([
        "--fork",
        "--kill-child",
        "--pid",
        "--mount",
        "--uts",
        "--ipc",
        "--cgroup",
        "--mount-proc",
    ]);
    unshare
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_units_run_under_systemd_with_all_their_hardening() {
    if !is_possible() {
        eprintln!("SKIPPED: no namespaces can be made here, or there is no systemd");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let job = JOB
        .replace("@ATLAS@", env!("CARGO_BIN_EXE_atlas"))
        .replace("@PORT@", &free_port().to_string());
    fs::write(folder.path().join("job"), job).unwrap();
    fs::write(folder.path().join("first"), FIRST_PROCESS).unwrap();
    let mut command = namespaces();
    command
        .arg("bash")
        .arg(folder.path().join("first"))
        .arg(folder.path());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let systemd = Systemd(command.spawn().unwrap());
    let began = Instant::now();
    let said = loop {
        let said = fs::read_to_string(folder.path().join("said")).unwrap_or_default();
        if said.contains("ENDED ") || began.elapsed() > Duration::from_secs(120) {
            break said;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    };
    drop(systemd);
    assert!(said.contains("ENDED 0"), "{said}");
    assert_eq!(
        said.matches("(system): active (running)").count(),
        4,
        "status and doctor: {said}"
    );
    for check in ["pin", "credential", "agent"] {
        assert!(said.contains(&format!("\nok    {check:11} ")), "{check}: {said}");
    }
    assert!(
        said.contains("SECRETS atlas-server 600 atlas-agent 600"),
        "{said}"
    );
    assert!(
        said.contains("REVOKED 77 0 ") || said.contains("REVOKED 0 77 "),
        "{said}"
    );
    assert!(said.contains("LEFT 0 /var/lib/atlas-server"), "{said}");
}

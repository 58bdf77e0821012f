//! Owns the proofs that a spool survives what happens to disks and processes.

use std::collections::HashSet;

use super::set_aside::SET_ASIDE_MAX;
use super::*;
use crate::agent::spool::ledger::LEDGER_FILE;

const ROOMY: u64 = 1 << 20;

fn open(dir: &Path) -> DiskSpool {
    DiskSpool::open(dir, ROOMY, 0xabc).unwrap()
}

/// What a kill does: nothing is given back. (The lock goes with the process.)
fn kill(spool: DiskSpool) {
    drop(spool);
}

fn json_of(delivery: Delivery) -> Vec<u8> {
    let Delivery { spool, seq } = delivery;
    format!("{{\"machine_id\":\"m\",\"delivery\":{{\"spool\":\"{spool:016x}\",\"seq\":{seq}}}}}").into_bytes()
}

fn keep_one(spool: &mut DiskSpool) -> u64 {
    let delivery = spool.number().unwrap();
    spool.keep(delivery.seq, &json_of(delivery)).unwrap();
    delivery.seq
}

fn drain(spool: &mut DiskSpool) -> Vec<u64> {
    std::iter::from_fn(|| {
        let seq = spool.oldest()?.delivery.seq;
        spool.settle(seq);
        Some(seq)
    })
    .collect()
}

#[test]
fn gives_reports_back_oldest_first_across_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    let mut kept: Vec<_> = (0..12).map(|_| keep_one(&mut spool)).collect();
    kill(spool);
    let mut spool = open(dir.path());
    kept.push(keep_one(&mut spool));
    assert_eq!(drain(&mut spool), kept);
    assert_eq!(spool.waiting(), 0);
}

#[test]
fn never_gives_a_number_out_twice_even_when_emptied_and_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut given = HashSet::new();
    for round in 0..40 {
        let mut spool = open(dir.path());
        for _ in 0..round * 70 {
            assert!(given.insert(spool.number().unwrap().seq));
        }
        keep_one(&mut spool);
        drain(&mut spool);
        kill(spool);
    }
}

#[test]
fn leaves_no_gap_after_an_orderly_stop() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    assert_eq!(keep_one(&mut spool), 1);
    spool.close().unwrap();
    let mut spool = open(dir.path());
    assert_eq!(keep_one(&mut spool), 2);
    kill(spool);
    assert!(keep_one(&mut open(dir.path())) > 2);
}

#[test]
fn keeps_its_identity() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).number().unwrap().spool;
    let again = DiskSpool::open(dir.path(), ROOMY, 0xdef)
        .unwrap()
        .number()
        .unwrap();
    assert_eq!((first, again.spool), (0xabc, 0xabc));
}

#[test]
fn takes_a_new_identity_when_its_ledger_is_damaged_and_still_sends_what_waits() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    let old = keep_one(&mut spool);
    kill(spool);
    fs::write(dir.path().join(LEDGER_FILE), "{\"spool\":\"00").unwrap();
    let mut spool = DiskSpool::open(dir.path(), ROOMY, 0xdef).unwrap();
    let delivery = spool.number().unwrap();
    assert_eq!(delivery.spool, 0xdef);
    assert!(delivery.seq > old);
    assert_eq!(
        spool.oldest().unwrap().delivery,
        Delivery {
            spool: 0xabc,
            seq: old
        }
    );
}

#[test]
fn a_kill_between_writing_and_renaming_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    kill(open(dir.path()));
    for name in ["00000000000000000001.json.tmp", "ledger.json.tmp"] {
        fs::write(dir.path().join(name), "{\"half").unwrap();
    }
    let mut spool = open(dir.path());
    assert_eq!(spool.oldest(), None);
    assert!(!dir.path().join("ledger.json.tmp").exists());
    assert_eq!(spool.lost(), 0);
}

#[test]
fn sets_torn_and_foreign_files_aside_and_counts_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    let seqs: Vec<_> = (0..6).map(|_| keep_one(&mut spool)).collect();
    kill(spool);
    let path = |seq: u64| dir.path().join(report_name(seq));
    let whole = fs::read(path(seqs[0])).unwrap();
    fs::write(path(seqs[0]), &whole[..whole.len() / 2]).unwrap();
    fs::write(path(seqs[1]), "").unwrap();
    fs::write(path(seqs[2]), [0xff; 64]).unwrap();
    fs::write(path(seqs[3]), "[".repeat(100_000)).unwrap();
    fs::copy(path(seqs[5]), path(seqs[4])).unwrap();
    fs::write(dir.path().join("99999999999999999999.json"), "{}").unwrap();
    fs::write(dir.path().join("notes.txt"), "mine").unwrap();

    let mut spool = open(dir.path());
    assert_eq!(drain(&mut spool), seqs[5..]);
    assert_eq!(spool.lost(), 5);
    assert!(
        dir.path()
            .join(format!("{}.damaged", report_name(seqs[0])))
            .exists()
    );
    assert!(dir.path().join("notes.txt").exists());
    kill(spool);
    assert_eq!(open(dir.path()).lost(), 5);
}

#[test]
fn drops_the_oldest_when_full_and_remembers_how_many() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = DiskSpool::open(dir.path(), 5 * BLOCK_BYTES, 1).unwrap();
    let seqs: Vec<_> = (0..9).map(|_| keep_one(&mut spool)).collect();
    assert_eq!(spool.lost(), 4);
    kill(spool);
    let mut spool = DiskSpool::open(dir.path(), 5 * BLOCK_BYTES, 1).unwrap();
    assert_eq!(spool.lost(), 4);
    assert_eq!(drain(&mut spool), seqs[4..]);
}

#[test]
fn keeps_a_bounded_number_of_refused_reports_with_their_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    let seqs: Vec<_> = (0..40).map(|_| keep_one(&mut spool)).collect();
    for seq in &seqs[..39] {
        spool.refuse(*seq, "The report has no machine id.").unwrap();
    }
    assert_eq!(drain(&mut spool), seqs[39..]);
    let refused = dir.path().join("refused");
    assert_eq!(fs::read_dir(&refused).unwrap().count(), 2 * SET_ASIDE_MAX);
    let reason = fs::read_to_string(refused.join(format!("{:020}.txt", seqs[38]))).unwrap();
    assert_eq!(reason, "The report has no machine id.");
}

#[test]
fn goes_on_numbering_when_nothing_can_be_written_and_says_so_at_last() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("spool");
    let mut spool = open(&home);
    fs::remove_dir_all(&home).unwrap();
    let delivery = spool.number().unwrap();
    assert!(spool.keep(delivery.seq, &json_of(delivery)).is_err());
    let numbered = std::iter::from_fn(|| spool.number().ok()).count() as u64;
    assert_eq!(numbered + 1, RESERVED_AT_ONCE);
    fs::create_dir(&home).unwrap();
    assert!(keep_one(&mut spool) > numbered);
}

#[test]
fn two_agents_never_share_a_spool() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let second = DiskSpool::open(dir.path(), ROOMY, 1);
    assert!(matches!(second, Err(OpenSpoolError::InUse { .. })));
    kill(spool);
    open(dir.path());
}

#[test]
fn counts_seals_for_a_key_s_whole_life_across_kills_and_full_disks() {
    let dir = tempfile::tempdir().unwrap();
    let known = |key: &str| Ledger::read(dir.path()).unwrap().unwrap().sealed_before(key);
    let mut spool = open(dir.path());
    let mut made = 0;
    for _ in 0..3_000 {
        spool.reserve_seal("k.1", made).unwrap();
        made += 1;
        assert!(
            known("k.1") >= made,
            "{made} seals are made, {} are written down",
            known("k.1")
        );
    }
    kill(spool);
    let after_kill = known("k.1");
    assert!((made..=made + SEALS_AT_ONCE).contains(&after_kill));
    let mut spool = open(dir.path());
    spool.reserve_seal("k.1", after_kill).unwrap();
    spool.close().unwrap();
    assert_eq!(known("k.1"), after_kill + 1, "what was not used is given back");
    // A new key starts anew; what can't be written down is not sealed.
    let mut spool = open(dir.path());
    spool.reserve_seal("k.2", 0).unwrap();
    assert_eq!((known("k.2"), known("k.1")), (SEALS_AT_ONCE, 0));
    fs::remove_dir_all(dir.path()).unwrap();
    spool.reserve_seal("k.2", SEALS_AT_ONCE - 1).unwrap();
    assert!(spool.reserve_seal("k.2", SEALS_AT_ONCE).is_err());
}

//! Which channels are open, walked through with a clock that is passed in.

use super::*;

fn machine(name: &str) -> MachineId {
    MachineId::parse(name).unwrap()
}

fn moment(seconds: u64) -> Moment {
    // Any beginning will do: only differences count.
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let began = *BEGAN.get_or_init(Instant::now);
    Moment {
        instant: began + Duration::from_secs(seconds),
        wall: Timestamp::from_secs(1_790_000_000).plus(Duration::from_secs(seconds)),
    }
}

fn opening(name: &str, channel: u8) -> (OpenChannel, mpsc::Receiver<ChannelMessage>) {
    let (messages, received) = mpsc::channel(4);
    let opened = OpenChannel {
        machine: machine(name),
        agent_id: format!("agent-{name}"),
        kid: "kid".into(),
        channel: ChannelId([channel; 15]),
        agent_version: "3.0.0".into(),
        messages,
    };
    (opened, received)
}

fn open(book: &mut Book, name: &str, channel: u8, at: u64) -> mpsc::Receiver<ChannelMessage> {
    let (opened, received) = opening(name, channel);
    book.open(opened, moment(at)).unwrap();
    received
}

fn state(book: &Book, name: &str) -> HealthState {
    book.table.health(&machine(name)).unwrap().state
}

fn pong(book: &mut Book, name: &str, channel: u8, ping: u64, at: u64) -> bool {
    let uptime = Duration::from_secs(7);
    book.record_pong(&machine(name), ChannelId([channel; 15]), ping, uptime, moment(at))
}

#[test]
fn times_the_answer_to_a_ping_and_takes_each_answer_once() {
    let mut book = Book::default();
    let mut received = open(&mut book, "m", 1, 0);
    assert_eq!(received.try_recv(), Ok(ChannelMessage::Ping { id: 1 }));
    assert!(!pong(&mut book, "m", 1, 2, 1), "not that ping");
    assert!(!pong(&mut book, "m", 2, 1, 1), "not that channel");
    assert!(!pong(&mut book, "other", 1, 1, 1), "not that machine");
    assert!(pong(&mut book, "m", 1, 1, 2));
    assert!(!pong(&mut book, "m", 1, 1, 3), "once");
    let health = book.table.health(&machine("m")).unwrap();
    assert_eq!(health.latency, Some(Duration::from_secs(2)));
    assert_eq!(health.uptime, Some(Duration::from_secs(7)));
}

#[test]
fn an_agent_that_does_not_answer_is_silent_and_then_its_channel_ends() {
    let mut book = Book::default();
    let mut received = open(&mut book, "m", 1, 0);
    let _ = received.try_recv();
    book.tick(moment(9));
    assert_eq!(state(&book, "m"), HealthState::Reachable);
    book.tick(moment(10));
    assert_eq!(state(&book, "m"), HealthState::Timeout);
    book.tick(moment(30));
    assert_eq!(state(&book, "m"), HealthState::Unreachable);
    assert_eq!(received.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
}

#[test]
fn pings_again_after_each_period() {
    let mut book = Book::default();
    let mut received = open(&mut book, "m", 1, 0);
    for (ping, at) in [(1, 1), (2, 31), (3, 61)] {
        assert_eq!(received.try_recv(), Ok(ChannelMessage::Ping { id: ping }));
        assert!(pong(&mut book, "m", 1, ping, at));
        book.tick(moment(at + 28));
        assert!(received.try_recv().is_err());
        book.tick(moment(at + 30));
    }
}

#[test]
fn a_new_channel_takes_the_place_of_the_one_before() {
    let mut book = Book::default();
    let mut first = open(&mut book, "m", 1, 0);
    let mut second = open(&mut book, "m", 2, 1);
    let _ = (first.try_recv(), second.try_recv());
    assert_eq!(first.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    book.close(&machine("m"), ChannelId([1; 15]), moment(2));
    assert!(
        book.nudge(&machine("m"), Nudge::CommandsDue, moment(2)),
        "late news of the first"
    );
    assert_eq!(second.try_recv(), Ok(ChannelMessage::CommandsDue));
}

#[test]
fn an_opening_counts_once_and_not_too_often() {
    let mut book = Book::default();
    let _received = open(&mut book, "m", 1, 0);
    let again = |book: &mut Book, channel, at| book.open(opening("m", channel).0, moment(at));
    assert_eq!(again(&mut book, 1, 1), Err(OpenChannelError::Repeated));
    for channel in 2..=40 {
        again(&mut book, channel, 2).unwrap();
    }
    assert_eq!(again(&mut book, 41, 3), Err(OpenChannelError::TooOften));
    assert_eq!(again(&mut book, 41, 601), Ok(()));
}

#[test]
fn an_agent_that_reads_nothing_is_gone() {
    let mut book = Book::default();
    let _received = open(&mut book, "m", 1, 0);
    let told = (0..4).filter(|_| book.nudge(&machine("m"), Nudge::CommandsDue, moment(1)));
    assert_eq!(told.count(), 3);
    assert_eq!(state(&book, "m"), HealthState::Unreachable);
}

#[test]
fn many_who_look_at_a_machine_ask_it_once() {
    let mut book = Book::default();
    let mut received = open(&mut book, "m", 1, 0);
    let _ = received.try_recv();
    let mut asked = |at| book.ask_report(&machine("m"), moment(at));
    assert_eq!(
        [asked(1), asked(2), asked(5), asked(6)],
        [
            ReportAsked::Told,
            ReportAsked::ToldBefore,
            ReportAsked::ToldBefore,
            ReportAsked::Told
        ]
    );
    assert_eq!(
        book.ask_report(&machine("no-channel"), moment(1)),
        ReportAsked::WithNextReport
    );
    assert!(book.table.wants_report(&machine("no-channel"), moment(15).wall));
    assert!(!book.table.wants_report(&machine("no-channel"), moment(16).wall));
    assert!(!book.table.wants_report(&machine("m"), moment(1).wall));
}

#[test]
fn ends_the_channels_of_agents_that_were_turned_out() {
    let mut book = Book::default();
    let mut stays = open(&mut book, "stays", 1, 0);
    let mut goes = open(&mut book, "goes", 2, 0);
    book.end_those_without(
        |agent, _| agent == "agent-stays",
        |machine| machine.as_str() == "stays",
        moment(1),
    );
    let _ = (stays.try_recv(), goes.try_recv());
    assert_eq!(goes.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    assert_eq!(stays.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    assert!(book.table.health(&machine("goes")).is_none());
}

#[test]
fn only_so_many_are_open_and_who_has_one_may_open_another() {
    let mut book = Book::default();
    let received: Vec<_> = (0..CHANNELS_MAX)
        .map(|number| open(&mut book, &format!("m{number}"), 1, 0))
        .collect();
    let one_more = book.open(opening("one-more", 1).0, moment(0));
    assert_eq!(one_more, Err(OpenChannelError::TooMany));
    let _m0 = open(&mut book, "m0", 2, 0);
    drop(received);
    book.tick(moment(1));
    assert_eq!(book.table.open(), 1, "gone ones are noticed");
}

#[test]
fn what_is_too_old_is_dropped() {
    let mut book = Book::default();
    drop(open(&mut book, "m", 1, 0));
    book.ask_report(&machine("other"), moment(0));
    book.forget(moment(700));
    assert!(book.openings.is_empty() && book.asked.is_empty() && book.table.asked.is_empty());
}

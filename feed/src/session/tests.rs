use proptest::prelude::*;

use super::*;

/// A datagram: line, session, first number, messages.
type Sent = (u16, u8, u64, u16);

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    // Above 1, where a reset would make the same numbers new; 0 messages make a heartbeat.
    prop::collection::vec((0u16..3, 0u8..3, 2u64..40, 0u16..6), 0..60)
}

/// Judges a datagram that cannot wait.
fn now(
    sessions: &mut Sessions,
    line: Option<LineId>,
    header: &Header,
    counts: &mut Counts,
) -> Admission {
    match sessions.admit(&Came { line, ts: None, keepable: false }, header, counts) {
        Verdict::Now(admission) => admission,
        other => panic!("{other:?} of what cannot be kept"),
    }
}

/// Plays datagrams; per session the numbers that were new and those that were gaps, in order.
fn play(sent: &[Sent], counts: &mut Counts) -> [(Vec<u64>, Vec<u64>); 3] {
    let mut sessions = Sessions::default();
    let mut found: [(Vec<u64>, Vec<u64>); 3] = Default::default();
    for &(line, session, sequence, count) in sent {
        let id = SessionId::new([session; 10]);
        let carries = if count == 0 { Carries::Heartbeat } else { Carries::Messages(count) };
        let header = Header { session: id, sequence, numbers: Numbers::Messages, carries };
        let line = LineId::new([233, 54, 12, 1].into(), line);
        let known = sessions.knows(id);
        let admission = now(&mut sessions, Some(line), &header, counts);
        assert_eq!(admission.starts, !known);
        assert!(admission.skip <= count);
        let (new, gaps) = &mut found[usize::from(session)];
        if let Some(gap) = admission.gap {
            gaps.extend(gap.first..gap.first + gap.count);
        }
        new.extend(sequence + u64::from(admission.skip)..sequence + u64::from(count));
    }
    found
}

proptest! {
    /// The model is the set of all numbers: each is new once or missing, in between nothing.
    #[test]
    fn every_number_is_new_once_or_missing(sent in sent()) {
        let mut counts = Counts::default();
        let found = play(&sent, &mut counts);
        let (mut all_new, mut all_gaps) = (0, 0);
        for (session, (new, gaps)) in (0u8..).zip(&found) {
            let mine = || sent.iter().filter(|it| it.1 == session);
            let first = mine().next().map_or(0, |it| it.2);
            let next = mine().map(|it| it.2 + u64::from(it.3)).max().unwrap_or(0);
            let mut numbers: Vec<u64> = new.iter().chain(gaps).copied().collect();
            numbers.sort_unstable();
            prop_assert_eq!(numbers, (first..next).collect::<Vec<_>>());
            prop_assert!(new.is_sorted() && gaps.is_sorted());
            all_new += new.len() as u64;
            all_gaps += gaps.len() as u64;
        }
        let messages: u64 = sent.iter().map(|it| u64::from(it.3)).sum();
        prop_assert_eq!(counts.duplicates, messages - all_new);
        prop_assert_eq!(counts.gap_messages, all_gaps);
        prop_assert_eq!(counts.heartbeats, sent.iter().filter(|it| it.3 == 0).count() as u64);
    }

    #[test]
    fn no_header_panics(
        headers in prop::collection::vec(
            (any::<u8>(), prop_oneof![0u64..4, any::<u64>()], any::<u16>(), 0u8..3, any::<u64>()),
            0..40,
        ),
    ) {
        let (mut sessions, mut counts) = (Sessions::default(), Counts::default());
        for (session, sequence, count, kind, missing) in headers {
            let carries = match kind {
                0 => Carries::Messages(count),
                1 => Carries::Heartbeat,
                _ => Carries::EndOfSession,
            };
            let numbers = if missing % 2 == 0 { Numbers::Messages } else { Numbers::Datagrams };
            let session = SessionId::new([session; 10]);
            let header = Header { session, sequence, numbers, carries };
            let admission = now(&mut sessions, None, &header, &mut counts);
            prop_assert!(admission.skip <= header.messages());
            sessions.missing_from(missing, count);
        }
    }
}

/// Messages from number 5 on.
fn header(session: SessionId, count: u16) -> Header {
    let (numbers, carries) = (Numbers::Messages, Carries::Messages(count));
    Header { session, sequence: 5, numbers, carries }
}

#[test]
fn more_sessions_and_lines_than_are_remembered() {
    let (mut sessions, mut counts) = (Sessions::default(), Counts::default());
    for round in 0..2 * KNOWN_MAX as u32 {
        let mut name = [0; 10];
        name[..4].copy_from_slice(&round.to_le_bytes());
        let session = SessionId::new(name);
        assert_eq!(session.name(), name);
        let header = header(session, 1);
        for port in 0..2 * lines::LINES_MAX as u16 {
            let line = LineId::new(std::net::Ipv6Addr::LOCALHOST.into(), port);
            now(&mut sessions, Some(line), &header, &mut counts);
        }
    }
    assert_eq!(counts.sessions, 2 * KNOWN_MAX as u64);
    assert_eq!(sessions.known.len(), KNOWN_MAX);
    assert!(sessions.known.iter().all(|session| session.lines.count() == lines::LINES_MAX));
}

#[test]
fn after_a_restart_everything_is_new() {
    let (mut sessions, mut counts) = (Sessions::default(), Counts::default());
    let session = SessionId::new(*b"SESSION001");
    let header = header(session, 2);
    for _ in 0..3 {
        assert!(now(&mut sessions, None, &header, &mut counts).starts);
        assert_eq!(now(&mut sessions, None, &header, &mut counts).skip, 2);
        sessions.restart();
    }
    assert_eq!((counts.sessions, counts.duplicates, counts.gaps), (3, 6, 0));
}

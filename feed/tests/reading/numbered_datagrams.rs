//! Protocols that number datagrams, not messages, and name their channels by addresses alone, as
//! CME MDP 3.0 does: the counting rules, and what holds lines and channels apart.

use std::ops::Range;

use tickline_feed::counts::Counts;
use tickline_feed::framing::capture::{Capture, Layout};
use tickline_feed::framing::datagrams::{Datagrams, Transport};
use tickline_feed::framing::{Claim, Event};
use tickline_feed::session::{Carries, Gap, Header, LineId, Numbers, SessionId, Sessions};
use tickline_feed::source::Input;
use tickline_feed::stream::Stream;
use tickline_feed::venue::{Family, Venue};

use crate::wire::{ethernet, ipv4, pcap, udp};

/// A byte of sequence number, a byte that counts messages, messages of one byte each. Lines whose
/// ports are equal modulo 1,000 are of one channel.
struct Numbered;

impl Transport for Numbered {
    const NAME: &'static str = "numbered";
    const FAMILY: Family = Family::Itch;
    const BY_LINE: bool = true;

    fn of(_: Venue) -> Numbered {
        Numbered
    }

    fn claim(_: &[u8], _: bool, _: Option<Venue>) -> Option<Claim> {
        None
    }

    fn open(payload: &[u8]) -> Option<(Header, usize)> {
        let [sequence, count, ..] = payload else { return None };
        let header = Header {
            session: SessionId::new([0; 10]),
            sequence: (*sequence).into(),
            numbers: Numbers::Datagrams,
            carries: Carries::Messages((*count).into()),
        };
        Some((header, 2))
    }

    fn session(&self, _: &Header, line: Option<LineId>) -> SessionId {
        let [low, high] = line.map_or(0, |line| line.port() % 1_000).to_le_bytes();
        SessionId::new([low, high, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    fn cut(payload: &[u8], at: usize) -> Option<Range<usize>> {
        (at < payload.len()).then_some(at..at + 1)
    }

    fn begins(&self, _: &[u8], _: bool) -> bool {
        true
    }
}

const A: u16 = 14_310;
const B: u16 = 15_310;

/// What comes of datagrams: messages with their numbers, gaps, and what was counted.
fn play(sent: &[(u16, &[u8])]) -> (Vec<(u64, u8)>, Vec<Gap>, Counts) {
    play_joined(sent, &[])
}

/// See [`play`]; the lines of each group are one channel.
fn play_joined(
    sent: &[(u16, &[u8])],
    groups: &[Vec<LineId>],
) -> (Vec<(u64, u8)>, Vec<Gap>, Counts) {
    let frames = sent
        .iter()
        .map(|(port, payload)| ethernet(0x0800, &ipv4(1, &[], 17, &udp(*port, payload))));
    let input = Input::from_bytes("test", pcap(&frames.collect::<Vec<_>>()));
    let mut datagrams = Datagrams::new(Capture::new(input, Layout::Pcap).unwrap(), Numbered);
    assert!(datagrams.join(groups));
    let mut stream = Stream::new(datagrams, Sessions::default());
    let (mut messages, mut gaps, mut counts) = (Vec::new(), Vec::new(), Counts::default());
    loop {
        match stream.next(&mut counts).unwrap() {
            Event::Message { sequence, bytes, .. } => messages.push((sequence, bytes[0])),
            Event::Gap(gap) => gaps.push(gap),
            Event::End => return (messages, gaps, counts),
            _ => {}
        }
    }
}

#[test]
fn all_messages_of_a_datagram_have_its_number() {
    let (messages, gaps, counts) =
        play(&[(A, &[7, 2, b'a', b'b']), (A, &[8, 0]), (A, &[9, 1, b'c'])]);
    assert_eq!(messages, [(7, b'a'), (7, b'b'), (9, b'c')]);
    assert_eq!((gaps, counts.packets, counts.duplicates), (vec![], 3, 0));
}

#[test]
fn a_datagram_that_was_seen_is_dropped_whole() {
    let (one, two) = (&[7u8, 2, b'a', b'b'][..], &[8u8, 3, b'c', b'd', b'e'][..]);
    let (messages, _, counts) = play(&[(A, one), (B, one), (B, two), (A, two)]);
    assert_eq!(messages.len(), 5);
    assert_eq!((counts.duplicates, counts.gaps, counts.sessions), (5, 0, 1));
}

#[test]
fn a_gap_counts_datagrams() {
    let (messages, gaps, counts) = play(&[(A, &[7, 2, b'a', b'b']), (A, &[12, 2, b'c', b'd'])]);
    assert_eq!(messages.len(), 4);
    assert_eq!((gaps, counts.gap_messages), (vec![Gap { first: 8, count: 4 }], 4));
}

#[test]
fn channels_are_known_by_their_addresses() {
    let other = A + 1;
    let (messages, gaps, counts) =
        play(&[(A, &[7, 1, b'a']), (other, &[90, 1, b'x']), (B, &[8, 1, b'b']), (other, &[91, 0])]);
    assert_eq!(messages, [(7, b'a'), (90, b'x'), (8, b'b')]);
    assert_eq!((gaps, counts.sessions), (vec![], 2));
}

#[test]
fn lines_may_be_joined_whatever_their_addresses_say() {
    let sent: [(u16, &[u8]); 4] =
        [(A, &[7, 1, b'a']), (9, &[7, 1, b'a']), (9, &[8, 1, b'b']), (A, &[9, 1, b'c'])];
    let (messages, gaps, counts) = play(&sent);
    assert_eq!((messages.len(), gaps.len(), counts.sessions), (4, 1, 2));
    let line = |port| LineId::new([233, 54, 12, 1].into(), port);
    let (messages, gaps, counts) = play_joined(&sent, &[vec![line(9), line(A)]]);
    assert_eq!(messages, [(7, b'a'), (8, b'b'), (9, b'c')]);
    assert_eq!((gaps.len(), counts.sessions, counts.duplicates), (0, 1, 1));
}

#[test]
fn the_rest_of_a_datagram_that_broke_off_may_come_on_the_other_line() {
    let (broken, whole) = (&[8u8, 3, b'b', b'c'][..], &[8u8, 3, b'b', b'c', b'd'][..]);
    let after = &[9u8, 1, b'e'][..];
    let (messages, gaps, counts) = play(&[(A, &[7, 1, b'a']), (A, broken), (B, whole), (A, after)]);
    assert_eq!(messages, [(7, b'a'), (8, b'b'), (8, b'c'), (8, b'd'), (9, b'e')]);
    assert_eq!((gaps, counts.duplicates), (vec![], 2));
    // Without another line its number is missing, and what is known of it helps no other.
    let (messages, gaps, _) = play(&[(A, broken), (A, after)]);
    assert_eq!(messages, [(8, b'b'), (8, b'c'), (9, b'e')]);
    assert_eq!(gaps, [Gap { first: 8, count: 1 }]);
}

#[test]
fn a_line_is_written_as_people_write_it() {
    let line = LineId::new([224, 0, 31, 64].into(), 14_340);
    assert_eq!(line.to_string(), "224.0.31.64:14340");
    assert_eq!((line.ipv4(), line.port()), (Some([224, 0, 31, 64].into()), 14_340));
    let line = LineId::new(std::net::Ipv6Addr::LOCALHOST.into(), 14_340);
    assert_eq!(line.to_string(), "[ipv6 800000000001]:14340");
    assert_eq!((line.ipv4(), line.port()), (None, 14_340));
}

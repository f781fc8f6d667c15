//! IEX-TP in captures: whose they are, sequence numbers, sessions, damage.

use tickline_feed::counts::{Malformed, Skipped};
use tickline_feed::session::{Gap, Sessions};
use tickline_feed::source::{Error, Input};
use tickline_feed::stream;
use tickline_feed::venue::Venue;

use crate::wire::{Seen, frame, line_a, numbered, pcap, play_bytes, report};
use iex_wire::{Place, TOPS, message};

#[path = "../support/iex_wire.rs"]
mod iex_wire;

/// A trade, told apart by its number.
fn trade(id: u64) -> Vec<u8> {
    let (size, price) = (100u32.to_le_bytes(), 990_500i64.to_le_bytes());
    message(b'T', 0, "ZIEXT", &[&size, &price, &id.to_le_bytes()])
}

/// `count` trades, whose numbers are those of their messages.
fn trades(place: Place, count: u64) -> Vec<u8> {
    let first = place.sequence as u64;
    place.datagram(&(first..first + count).map(trade).collect::<Vec<_>>())
}

fn ids(seen: &[Seen]) -> Vec<u64> {
    let id = |event: &Seen| match event {
        Seen::Message { bytes, .. } => Some(u64::from_le_bytes(*bytes.last_chunk()?)),
        _ => None,
    };
    seen.iter().filter_map(id).collect()
}

fn gaps(seen: &[Seen]) -> Vec<(u64, u64)> {
    let gap = |event: &Seen| match event {
        Seen::Gap(Gap { first, count }) => Some((*first, *count)),
        _ => None,
    };
    seen.iter().filter_map(gap).collect()
}

/// Numbers that come out, gaps, and what was counted: sessions, duplicates.
#[track_caller]
fn check(file: &[u8], expected: &[u64], missing: &[(u64, u64)], counted: [u64; 2]) {
    let (seen, counts) = play_bytes(file);
    assert_eq!(ids(&seen), expected);
    assert_eq!(gaps(&seen), missing);
    assert_eq!([counts.sessions, counts.duplicates], counted, "{counts:?}");
    let missing: u64 = missing.iter().map(|(_, count)| count).sum();
    assert_eq!(counts.gap_messages, missing);
}

#[test]
fn jumps_repeats_and_resets() {
    let at = |sequence, count| trades(TOPS.at(sequence), count);
    // A jump of three, a repeat of which one is new, a jump by heartbeat, a reset, a repeat.
    let file = line_a(&[
        at(1, 2),
        at(6, 2),
        at(5, 4),
        TOPS.at(11).datagram(&[]),
        at(11, 1),
        at(1, 2),
        at(1, 2),
        at(3, 1),
    ]);
    let missing = [(3, 3), (9, 2)];
    check(&file, &[1, 2, 6, 7, 8, 11, 1, 2, 3], &missing, [2, 3 + 2]);
}

#[test]
fn lines_that_pack_the_same_messages_differently() {
    let at = |sequence, count| trades(TOPS.at(sequence), count);
    let (a, b) = (|payload: Vec<u8>| frame(1, &payload), |payload: Vec<u8>| frame(2, &payload));
    // 1 to 8 on both; A lacks 4 to 6, which B had packed with others, and both lack 9.
    let frames = [
        a(at(1, 3)),
        b(at(1, 2)),
        b(at(3, 3)),
        b(at(6, 1)),
        a(at(7, 2)),
        b(at(7, 2)),
        a(at(10, 1)),
    ];
    check(&pcap(&frames), &[1, 2, 3, 4, 5, 6, 7, 8, 10], &[(9, 1)], [1, 2 + 1 + 2]);
}

#[test]
fn channels_sessions_and_versions_number_on_their_own() {
    let other = |place: Place| trades(place, 2);
    let file = line_a(&[
        other(TOPS),
        other(Place { channel: 2, ..TOPS }),
        other(Place { session: 8, ..TOPS }),
        other(Place { protocol: 0x8002, ..TOPS }),
        other(TOPS),
    ]);
    check(&file, &[1, 2, 1, 2, 1, 2, 1, 2], &[], [4, 2]);
}

#[test]
fn another_feed_in_the_same_capture_is_not_taken_for_this_one() {
    let deep = Place { protocol: 0x8004, ..TOPS };
    let file = line_a(&[trades(TOPS, 1), trades(deep, 5), numbered(1, 3)]);
    let report = report(&file);
    assert_eq!(report.venue, Venue::IexTops);
    assert_eq!((report.counts.packets, report.counts.messages), (1, 1));
    assert_eq!(report.counts.skipped[Skipped::Foreign as usize], 2);
    // The one that was asked for may come later.
    let open =
        |venue| stream::open(Input::from_bytes("t", file.clone()), venue, Sessions::default());
    assert_eq!(open(Some(Venue::IexDeep)).unwrap().venue, Venue::IexDeep);
    assert_eq!(open(Some(Venue::NasdaqItch50)).unwrap().framing, "moldudp64");
}

#[test]
fn a_capture_says_whose_it_is() {
    for (protocol, venue) in [
        (0x8002, "iex-tops"),
        (0x8003, "iex-tops"),
        (0x8004, "iex-deep"),
        (0x8005, "iex-deep-plus"),
    ] {
        let report = report(&line_a(&[trades(Place { protocol, ..TOPS }, 1)]));
        assert_eq!((report.framing, report.venue.name()), ("iex-tp", venue));
        let evidence = format!("IEX-TP datagrams of message protocol {protocol:#06x}");
        assert_eq!(report.evidence, evidence);
    }
    let unknown = line_a(&[trades(Place { protocol: 0x8006, ..TOPS }, 1)]);
    let opened = stream::open(Input::from_bytes("t", unknown), None, Sessions::default());
    assert!(matches!(opened, Err(Error::Undecided { .. })), "{opened:?}");
}

#[test]
fn another_venue_than_the_one_asked_for_is_refused() {
    let refusal = |file: Vec<u8>, venue| {
        let opened = stream::open(Input::from_bytes("t", file), Some(venue), Sessions::default());
        opened.expect_err("another venue").to_string()
    };
    let tops = line_a(&[trades(TOPS, 1)]);
    assert_eq!(
        refusal(tops.clone(), Venue::IexDeep),
        "t holds iex-tops, as its IEX-TP datagrams of message protocol 0x8003 say, and iex-deep was \
         asked for; set [feed] venue to `iex-tops`, or to `auto`, or name another file"
    );
    assert!(refusal(tops, Venue::NasdaqItch50).contains("holds iex-tops"));
    let itch = line_a(&[numbered(1, 3)]);
    assert!(refusal(itch, Venue::IexTops).contains("holds nasdaq-itch50, as its MoldUDP64"));
    let messages = crate::wire::binary_file(&[crate::wire::delete(1), crate::wire::delete(2)]);
    assert!(refusal(messages, Venue::IexTops).contains("nasdaq-itch50, as its types and lengths"));
}

#[test]
fn unknown_longer_and_short_messages() {
    let longer = [trade(1), vec![0; 4]].concat();
    let short = trade(2)[..37].to_vec();
    let messages = [longer, short, vec![b'?', 0], Vec::new(), trade(5)];
    let report = report(&line_a(&[TOPS.datagram(&messages)]));
    let counts = &report.counts;
    assert_eq!((counts.messages, counts.by_type[b'T' as usize], counts.longer), (5, 2, 1));
    assert_eq!(counts.unknown[b'?' as usize], 1);
    assert_eq!(counts.malformed[Malformed::ShortMessage as usize], 1);
    assert_eq!(counts.malformed[Malformed::EmptyMessage as usize], 1);
}

#[test]
fn a_datagram_that_ends_too_early() {
    let mut cut = trades(TOPS, 3);
    cut.truncate(cut.len() - 1);
    let (seen, counts) = play_bytes(&line_a(&[trades(TOPS.at(1), 1), cut, trades(TOPS.at(3), 1)]));
    // The third comes with the next datagram.
    assert_eq!(ids(&seen), [1, 2, 3]);
    assert_eq!(counts.malformed[Malformed::MessagePastEnd as usize], 1);
    assert_eq!((counts.gaps, counts.duplicates), (0, 1));
    let (_, counts) = play_bytes(&line_a(&[trades(TOPS, 1), vec![1; 39]]));
    assert_eq!(counts.malformed[Malformed::ShortHeader as usize], 1);
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(
        noise in proptest::collection::vec(
            (proptest::prelude::any::<u8>(), 0..200usize), 0..20,
        ),
        sequence in proptest::prelude::any::<i64>(),
    ) {
        let mut wild = trades(TOPS, 2);
        let after = TOPS.at(sequence).datagram(&[trade(1), trade(2)]);
        for (byte, at) in noise {
            let at = at % wild.len();
            wild[at] = byte;
        }
        play_bytes(&line_a(&[trades(TOPS, 2), wild, after, trades(TOPS.at(3), 1)]));
    }
}

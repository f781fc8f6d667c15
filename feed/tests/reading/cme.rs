//! CME MDP 3.0 packets in captures: whose they are, lines and channels, gaps, damage.

use tickline_feed::counts::{Malformed, Skipped};
use tickline_feed::session::{Gap, Sessions};
use tickline_feed::source::{Error, Input};
use tickline_feed::stream;
use tickline_feed::venue::Venue;

use crate::wire::{Seen, line_a, numbered, play_bytes, report};
use cme_wire::{A, B, END_OF_EVENT, capture, heartbeat, incremental, level, message, packet};

#[path = "../support/cme_wire.rs"]
mod cme_wire;

/// A message that brings one level, told apart by the number of its entry.
fn book(number: u32) -> Vec<u8> {
    incremental(32, END_OF_EVENT, 32, &[level((7, number), (0, b'0'), 1, 4_027_500_000, 5)])
}

/// The numbers of packets out of which messages came.
fn sequences(seen: &[Seen]) -> Vec<u64> {
    let sequence = |event: &Seen| match event {
        Seen::Message { sequence, .. } => Some(*sequence),
        _ => None,
    };
    seen.iter().filter_map(sequence).collect()
}

fn gaps(seen: &[Seen]) -> Vec<(u64, u64)> {
    let gap = |event: &Seen| match event {
        Seen::Gap(Gap { first, count }) => Some((*first, *count)),
        _ => None,
    };
    seen.iter().filter_map(gap).collect()
}

#[test]
fn a_packet_takes_one_number_and_comes_on_two_lines() {
    let two = packet(5_615, &[book(1), book(2)]);
    let three = packet(5_616, &[book(3), heartbeat(), book(4)]);
    let later = packet(5_619, &[book(5)]);
    // B is ahead, then A; both lack two packets.
    let file = capture(&[
        (B, two.clone()),
        (A, two),
        (A, three.clone()),
        (B, three),
        (A, later.clone()),
        (B, later),
    ]);
    let (seen, counts) = play_bytes(&file);
    assert_eq!(sequences(&seen), [5_615, 5_615, 5_616, 5_616, 5_616, 5_619]);
    assert_eq!(gaps(&seen), [(5_617, 2)]);
    assert_eq!([counts.packets, counts.duplicates, counts.sessions], [6, 6, 1]);
    assert_eq!([counts.gaps, counts.gap_messages, counts.heartbeats], [1, 2, 0]);
}

#[test]
fn channels_and_the_feeds_of_one_number_on_their_own() {
    let other = ([224, 0, 31, 65], 14_341);
    let definitions = ([224, 0, 31, 85], 14_340);
    // Since 2018 line B may be the upper half of the same network.
    let (near_a, near_b) = (([224, 0, 28, 18], 14_360), ([224, 0, 28, 146], 15_360));
    let one = |sequence| packet(sequence, &[book(sequence)]);
    let file = capture(&[
        (A, one(10)),
        (other, one(500)),
        (definitions, one(3)),
        (B, one(11)),
        (near_a, one(77)),
        (near_b, one(77)),
        (near_b, one(78)),
        (other, one(501)),
        (A, one(12)),
    ]);
    let (seen, counts) = play_bytes(&file);
    assert_eq!(sequences(&seen), [10, 500, 3, 11, 77, 78, 501, 12]);
    assert_eq!((gaps(&seen), counts.sessions, counts.duplicates), (vec![], 4, 1));
}

#[test]
fn a_capture_says_whose_it_is_and_another_venue_is_refused() {
    let cme = capture(&[(A, packet(1, &[book(1)]))]);
    let found = report(&cme);
    assert_eq!((found.framing, found.venue.name(), found.format), ("mdp3", "cme-mdp3", "pcap"));
    assert_eq!(found.evidence, "MDP 3.0 packets of schema version 1.6");
    let refusal = |file: Vec<u8>, venue| {
        let opened = stream::open(Input::from_bytes("t", file), Some(venue), Sessions::default());
        opened.expect_err("another venue").to_string()
    };
    assert_eq!(
        refusal(cme, Venue::NasdaqItch50),
        "t holds cme-mdp3, as its MDP 3.0 packets of schema version 1.6 say, and nasdaq-itch50 was \
         asked for; set [feed] venue to `cme-mdp3`, or to `auto`, or name another file"
    );
    let itch = line_a(&[numbered(1, 3)]);
    assert!(refusal(itch, Venue::CmeMdp3).contains("holds nasdaq-itch50, as its MoldUDP64"));
    let messages = crate::wire::binary_file(&[crate::wire::delete(1), crate::wire::delete(2)]);
    assert!(refusal(messages, Venue::CmeMdp3).contains("nasdaq-itch50, as its types and lengths"));
}

/// Sizes have to lead to the end of the packet, and every message is of the schema.
#[test]
fn what_only_looks_like_a_packet_begins_no_session() {
    let whole = packet(1, &[book(1), book(2)]);
    let mut other_schema = whole.clone();
    other_schema[18] = 2;
    let mut no_version = whole.clone();
    no_version[20] = 0;
    let longer = [&whole[..], &[0; 3]].concat();
    let shorter = whole[..whole.len() - 1].to_vec();
    for wrong in [other_schema, no_version, longer, shorter, whole[..12].to_vec(), vec![0; 40]] {
        let file = capture(&[(A, wrong.clone())]);
        let opened = stream::open(Input::from_bytes("t", file), None, Sessions::default());
        assert!(matches!(opened, Err(Error::Undecided { .. })), "{opened:?}");
        let mixed = capture(&[(A, whole.clone()), (([224, 0, 31, 1], 14_310), wrong)]);
        let counts = report(&mixed).counts;
        assert_eq!((counts.packets, counts.skipped[Skipped::Foreign as usize]), (1, 1));
    }
}

#[test]
fn unknown_longer_and_short_messages() {
    let longer = incremental(32, END_OF_EVENT, 40, &[level((7, 1), (0, b'0'), 1, 1, 1)]);
    let short = incremental(32, END_OF_EVENT, 26, &[vec![0; 26]]);
    let messages = [longer, short, message(70, &[0; 11], &[]), message(300, &[], &[]), heartbeat()];
    let report = report(&capture(&[(A, packet(1, &messages))]));
    let counts = &report.counts;
    assert_eq!((counts.messages, counts.longer, counts.unknown_messages), (5, 1, 2));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["by_type"], serde_json::json!({ "12": 1, "32": 1 }));
    assert_eq!(json["unknown"], serde_json::json!({ "other": 1, "70": 1 }));
    assert_eq!(json["malformed"], serde_json::json!({ "short_message": 1 }));
    assert_eq!(report.notes, ["message 1 (near byte 24): 48 bytes are too few for type 32"]);
}

#[test]
fn a_packet_that_ends_too_early() {
    let whole = packet(8, &[book(2), book(3), book(4)]);
    let cut = whole[..whole.len() - 1].to_vec();
    let mut no_size = whole.clone();
    no_size[12] = 9;
    let before = (A, packet(7, &[book(1)]));
    // What is missing comes on the other line.
    for broken in [cut, no_size] {
        let file = capture(&[before.clone(), (A, broken), (B, whole.clone())]);
        let (seen, counts) = play_bytes(&file);
        assert_eq!(sequences(&seen), [7, 8, 8, 8]);
        assert_eq!(counts.malformed[Malformed::MessagePastEnd as usize], 1);
        assert_eq!(counts.gaps, 0);
    }
    let (_, counts) = play_bytes(&capture(&[before, (A, vec![1; 11])]));
    assert_eq!(counts.malformed[Malformed::ShortHeader as usize], 1);
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(
        noise in proptest::collection::vec(
            (proptest::prelude::any::<u8>(), 0..160usize), 0..20,
        ),
    ) {
        let whole = packet(1, &[book(1), book(2)]);
        let mut wild = packet(2, &[book(3), book(4)]);
        for (byte, at) in noise {
            let at = at % wild.len();
            wild[at] = byte;
        }
        play_bytes(&capture(&[(A, whole), (A, wild.clone()), (B, wild)]));
    }
}

//! Lines A and B of one feed: what one lost the other brings, in order; what both lost is a gap of
//! exactly these numbers. Against a model that collects all numbers and sorts them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tickline_feed::session::Gap;

use crate::wire::{
    MICROSECONDS, Order, SESSION, Seen, frame, mold_header, numbered, pcap_header, pcap_record,
    play_bytes, references,
};

/// A datagram: when it comes, in µs, on which line, and its payload.
pub type Sent = (u64, u8, Vec<u8>);

/// A capture of datagrams in the order in which they come.
pub fn capture(sent: &[Sent], frame: impl Fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut sent: Vec<_> = sent.iter().collect();
    sent.sort_by_key(|(us, ..)| *us);
    let mut file = pcap_header(Order::Little, MICROSECONDS, 1);
    for (us, line, payload) in sent {
        let (seconds, fraction) = ((us / 1_000_000) as u32 + 1, (us % 1_000_000) as u32);
        file.extend(pcap_record(Order::Little, seconds, fraction, &frame(*line, payload)));
    }
    file
}

/// What came out, as text: numbers of messages, missing ones in brackets, `s` where a session
/// starts, `h` for a heartbeat, `e` for the end of a session.
fn told(sent: &[Sent]) -> String {
    let (seen, counts) = play_bytes(&capture(sent, frame));
    assert_eq!(counts.packets, sent.len() as u64);
    let words = seen.iter().map(|event| match event {
        Seen::Message { .. } => references(std::slice::from_ref(event))[0].to_string(),
        Seen::Gap(Gap { first, count }) => format!("[{first}-{}]", first + (count - 1)),
        Seen::SessionStart => "s".to_owned(),
        Seen::EndOfSession => "e".to_owned(),
        Seen::Heartbeat => "h".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

const A: u8 = 1;
const B: u8 = 2;
const MS: u64 = 1_000;

#[track_caller]
fn check(sent: &[Sent], expected: &str) {
    assert_eq!(told(sent), expected);
}

/// Both lines begin with number 1.
fn begun() -> Vec<Sent> {
    vec![(0, A, numbered(1, 1)), (1, B, numbered(1, 1))]
}

#[track_caller]
fn then(sent: &[Sent], expected: &str) {
    check(&[begun(), sent.to_vec()].concat(), expected);
}

#[test]
fn what_one_line_lost_the_other_brings() {
    then(&[(10, A, numbered(3, 1)), (12, B, numbered(2, 1)), (14, B, numbered(3, 1))], "s 1 2 3");
    // Packed otherwise, and several wait.
    let ahead = [(10, A, numbered(4, 2)), (11, A, numbered(6, 1)), (12, B, numbered(2, 1))];
    then(&[&ahead[..], &[(13, B, numbered(3, 2))]].concat(), "s 1 2 3 4 5 6");
}

#[test]
fn what_both_lines_lost_is_missing_as_soon_as_both_have_passed_it() {
    then(&[(10, A, numbered(4, 1)), (12, B, numbered(5, 1))], "s 1 [2-3] 4 5");
    // B lost other numbers too, which A had.
    let sent = [(10, A, numbered(4, 1)), (11, A, numbered(6, 1)), (12, B, numbered(7, 1))];
    then(&sent, "s 1 [2-3] 4 [5-5] 6 7");
    // B has passed 2 and 3 and may still bring 5.
    let sent = [(10, A, numbered(6, 1)), (12, B, numbered(4, 1)), (14, B, numbered(5, 1))];
    then(&sent, "s 1 [2-3] 4 5 6");
}

#[test]
fn a_line_alone_has_gaps_at_once() {
    check(&[(0, A, numbered(1, 1)), (1, A, numbered(3, 1)), (2, A, numbered(2, 1))], "s 1 [2-2] 3");
}

#[test]
fn patience_ends() {
    // B says nothing any more: the gap is declared once 100 ms have gone by.
    let late = (111 * MS, A, numbered(5, 1));
    then(&[(10 * MS, A, numbered(3, 2)), late], "s 1 [2-2] 3 4 5");
    // What comes later than that is too late, even as the next in the file.
    let late = (111 * MS, B, numbered(2, 1));
    then(&[(10 * MS, A, numbered(3, 1)), late], "s 1 [2-2] 3");
    let in_time = (109 * MS, B, numbered(2, 1));
    then(&[(10 * MS, A, numbered(3, 1)), in_time], "s 1 2 3");
}

#[test]
fn a_pause_of_both_lines_makes_none_of_them_dead() {
    let sent = [(5_000 * MS, A, numbered(3, 1)), (5_001 * MS, B, numbered(2, 2))];
    then(&sent, "s 1 2 3");
}

#[test]
fn heartbeats_and_ends_wait_their_turn_and_pass_gaps() {
    let heartbeat = |next| mold_header(SESSION, next, 0);
    let end = |next| mold_header(SESSION, next, 0xffff);
    let sent = [(10, A, heartbeat(3)), (11, B, numbered(2, 1)), (12, B, numbered(3, 1))];
    then(&sent, "s 1 2 h 3");
    then(&[(10, A, numbered(3, 1)), (11, B, heartbeat(4))], "s 1 [2-2] 3 h");
    let sent = [(10, A, end(4)), (11, B, numbered(2, 1)), (12, B, end(4))];
    then(&sent, "s 1 2 [3-3] e");
    then(&[(10, A, numbered(3, 1)), (11, A, end(4))], "s 1 [2-2] 3 e");
}

#[test]
fn a_reset_comes_behind_everything_of_before() {
    let sent = [
        (9, A, numbered(2, 2)),
        (10, A, numbered(6, 1)),
        (11, A, numbered(8, 1)),
        (12, A, numbered(1, 2)),
        (13, B, numbered(4, 1)),
        (14, B, numbered(1, 2)),
        (15, A, numbered(4, 1)),
        (16, B, numbered(3, 1)),
    ];
    then(&sent, "s 1 2 3 [4-5] 6 [7-7] 8 s 1 2 3 4");
}

#[test]
fn another_session_waits_for_nobody() {
    let other = |sequence| {
        [mold_header(b"SESSION002", sequence, 1), vec![0, 19], crate::wire::delete(900)].concat()
    };
    let sent = [(10, A, numbered(3, 1)), (11, A, other(7)), (12, B, numbered(2, 1))];
    then(&sent, "s 1 s 900 2 3");
}

#[test]
fn a_full_window_gives_up_the_oldest_gap() {
    let ahead = (0..1_030).map(|n| (10 + n, A, numbered(3 + n, 1)));
    let late = (2_000, B, numbered(2, 1));
    let sent: Vec<_> = begun().into_iter().chain(ahead).chain([late]).collect();
    let (seen, counts) = play_bytes(&capture(&sent, frame));
    assert_eq!(seen[2], Seen::Gap(Gap { first: 2, count: 1 }));
    assert_eq!(references(&seen).len(), 1_031);
    assert!(references(&seen).is_sorted());
    assert_eq!((counts.gap_messages, counts.duplicates), (1, 2));
}

#[test]
fn what_is_too_long_to_be_kept_waits_for_nobody() {
    let long = numbered(5, 100);
    assert!(long.len() > 2_048);
    let sent = [(10, A, numbered(3, 1)), (11, A, long), (12, B, numbered(2, 1))];
    let (seen, counts) = play_bytes(&capture(&[begun(), sent.to_vec()].concat(), frame));
    assert_eq!(counts.gap_messages, 2);
    assert_eq!(references(&seen).len(), 102);
}

#[test]
fn a_message_past_the_end_of_what_was_kept_comes_on_the_other_line() {
    let mut broken = numbered(3, 2);
    broken.truncate(broken.len() - 1);
    let sent = [(10, A, broken), (11, B, numbered(2, 1)), (12, B, numbered(3, 2))];
    then(&sent, "s 1 2 3 4");
}

/// How a line packs messages, what of it is lost, and by how much it is behind.
type Line = Vec<(u8, bool, u8)>;

const LAST: u64 = 60;

fn line() -> impl Strategy<Value = Line> {
    prop::collection::vec((1u8..6, prop::bool::weighted(0.3), 0u8..90), 60)
}

/// The datagrams of a line: numbers 1 to [`LAST`], then a heartbeat. The first one is never lost, and
/// comes before everything else.
fn datagrams(id: u8, line: &Line) -> Vec<(u64, u8, u64, u64)> {
    let mut sent = vec![(u64::from(id), id, 1, 1)];
    let (mut next, mut last_us) = (2, 10);
    for &(count, lost, behind) in line {
        if next > LAST {
            break;
        }
        let count = u64::from(count).min(LAST + 1 - next);
        // A line keeps its order.
        last_us = (next * 20 + u64::from(behind)).max(last_us + 1);
        if !lost {
            sent.push((last_us, id, next, count));
        }
        next += count;
    }
    sent.push((last_us + 10_000 + u64::from(id), id, LAST + 1, 0));
    sent
}

proptest! {
    #[test]
    fn lines_together_are_the_union_of_their_numbers(lines in prop::collection::vec(line(), 2..4)) {
        let sent: Vec<_> = (1..).zip(&lines).flat_map(|(id, line)| datagrams(id, line)).collect();
        let brought: BTreeSet<u64> = sent.iter().flat_map(|it| it.2..it.2 + it.3).collect();
        let payloads: Vec<Sent> =
            sent.iter().map(|it| (it.0, it.1, numbered(it.2, it.3))).collect();
        let (seen, counts) = play_bytes(&capture(&payloads, frame));
        // Every number comes once, in order: as a message or as a missing one.
        let mut next = 1;
        for event in &seen {
            match event {
                Seen::Message { sequence, .. } => {
                    prop_assert_eq!(*sequence, next);
                    prop_assert_eq!(references(std::slice::from_ref(event)), [next]);
                    prop_assert!(brought.contains(&next));
                    next += 1;
                }
                Seen::Gap(gap) => {
                    prop_assert_eq!(gap.first, next);
                    next += gap.count;
                    let range = gap.first..next;
                    prop_assert!(range.clone().all(|number| !brought.contains(&number)));
                    // The whole of it, not a part.
                    prop_assert!(next > LAST || brought.contains(&next));
                }
                _ => {}
            }
        }
        prop_assert_eq!(next, LAST + 1);
        let messages: u64 = sent.iter().map(|it| it.3).sum();
        prop_assert_eq!(counts.duplicates, messages - brought.len() as u64);
        prop_assert_eq!(counts.gap_messages, LAST - brought.len() as u64);
        prop_assert_eq!(counts.heartbeats, lines.len() as u64);
        // Each number that came was brought first by one line.
        let first: u64 = counts_of(&payloads).iter().map(|line| line.1).sum();
        prop_assert_eq!(first, brought.len() as u64);
    }
}

/// Datagrams and numbers brought first, of each line.
fn counts_of(sent: &[Sent]) -> Vec<(u64, u64)> {
    let lines = crate::wire::report(&capture(sent, frame)).counts.lines;
    lines.iter().map(|line| (line.packets, line.first)).collect()
}

#[test]
fn who_won_is_who_has_the_earlier_time() {
    let mut file = pcap_header(Order::Little, MICROSECONDS, 1);
    // In the file B stands first with number 2, but A had it 3 µs earlier.
    let records: [(u32, u8, u64, u64); 6] =
        [(10, A, 1, 1), (15, B, 1, 1), (23, B, 2, 2), (20, A, 2, 1), (30, A, 3, 1), (40, A, 4, 1)];
    for (us, line, first, count) in records {
        let frame = frame(line, &numbered(first, count));
        file.extend(pcap_record(Order::Little, 1, us, &frame));
    }
    let lines = crate::wire::report(&file).counts.lines;
    let names: Vec<_> = lines.iter().map(|line| line.line.as_str()).collect();
    assert_eq!(names, ["233.54.12.1:26477", "233.54.12.2:26477"]);
    assert_eq!((lines[0].packets, lines[0].first), (4, 3));
    assert_eq!((lines[1].packets, lines[1].first), (2, 1));
    let ahead = lines[0].ahead.unwrap();
    assert_eq!((ahead.count, ahead.min, ahead.max), (2, 3_000, 5_000));
    let ahead = lines[1].ahead.unwrap();
    assert_eq!((ahead.count, ahead.min, ahead.p50, ahead.max), (1, 7_000, 7_000, 7_000));
}

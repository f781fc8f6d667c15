//! MoldUDP64 in captures: sequence numbers, sessions, damage.

use tickline_feed::counts::Malformed;
use tickline_feed::session::Gap;

use crate::wire::{
    SESSION, Seen, delete, frame, line_a, mold, mold_header, numbered, pcap, play_bytes,
    references, report,
};

/// References that come out and what was counted: sessions, gaps, gap messages, duplicates.
#[track_caller]
fn check(payloads: &[Vec<u8>], expected: &[u64], counted: [u64; 4]) {
    check_file(&line_a(payloads), expected, counted);
}

#[track_caller]
fn check_file(file: &[u8], expected: &[u64], counted: [u64; 4]) {
    let (seen, counts) = play_bytes(file);
    assert_eq!(references(&seen), expected);
    let found = [counts.sessions, counts.gaps, counts.gap_messages, counts.duplicates];
    assert_eq!(found, counted, "{counts:?}");
    assert_eq!(counts.messages, expected.len() as u64);
}

#[test]
fn the_first_number_is_no_gap() {
    check(&[numbered(500, 2), numbered(502, 1)], &[500, 501, 502], [1, 0, 0, 0]);
}

#[test]
fn numbers_that_are_jumped_over_are_a_gap() {
    let payloads = [numbered(1, 2), numbered(6, 1), numbered(9, 1)];
    check(&payloads, &[1, 2, 6, 9], [1, 2, 5, 0]);
    let (seen, _) = play_bytes(&line_a(&payloads));
    assert_eq!(seen[3], Seen::Gap(Gap { first: 3, count: 3 }));
    assert_eq!(seen[5], Seen::Gap(Gap { first: 7, count: 2 }));
}

#[test]
fn numbers_that_were_seen_are_dropped() {
    // Wholly below the expected number, and on both sides of it.
    check(&[numbered(10, 4), numbered(11, 2)], &[10, 11, 12, 13], [1, 0, 0, 2]);
    check(&[numbered(10, 4), numbered(12, 4)], &[10, 11, 12, 13, 14, 15], [1, 0, 0, 2]);
}

#[test]
fn what_comes_after_its_gap_was_declared_is_dropped() {
    check(&[numbered(1, 1), numbered(3, 1), numbered(2, 1)], &[1, 3], [1, 1, 1, 1]);
}

#[test]
fn a_heartbeat_names_the_next_number() {
    let heartbeat = |next| mold_header(SESSION, next, 0);
    check(&[numbered(1, 2), heartbeat(3), numbered(3, 1)], &[1, 2, 3], [1, 0, 0, 0]);
    check(&[numbered(1, 2), heartbeat(5), numbered(5, 1)], &[1, 2, 5], [1, 1, 2, 0]);
    check(&[heartbeat(7), numbered(8, 1)], &[8], [1, 1, 1, 0]);
    let (seen, counts) = play_bytes(&line_a(&[heartbeat(7), heartbeat(7)]));
    assert_eq!(seen, [Seen::SessionStart, Seen::Heartbeat, Seen::Heartbeat]);
    assert_eq!((counts.heartbeats, counts.packets, counts.messages), (2, 2, 0));
}

#[test]
fn the_end_of_a_session_is_said_once_and_may_show_a_gap() {
    let end = |next| mold_header(SESSION, next, 0xffff);
    let (seen, counts) = play_bytes(&line_a(&[numbered(1, 1), end(4), end(4)]));
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[2..], [Seen::Gap(Gap { first: 2, count: 2 }), Seen::EndOfSession]);
    assert_eq!((counts.ends_of_session, counts.heartbeats, counts.gap_messages), (2, 0, 2));
}

#[test]
fn another_session_numbers_anew() {
    let other = [mold_header(b"SESSION002", 1, 1), vec![0, 19], delete(900)].concat();
    check(&[numbered(50, 1), other.clone()], &[50, 900], [2, 0, 0, 0]);
    // What the old one still brings is judged by its own numbers.
    check(&[numbered(50, 1), other, numbered(50, 1)], &[50, 900], [2, 0, 0, 1]);
}

#[test]
fn a_fall_back_to_one_is_a_reset() {
    let payloads = [numbered(1, 3), numbered(4, 3), numbered(1, 2), numbered(3, 1)];
    check(&payloads, &[1, 2, 3, 4, 5, 6, 1, 2, 3], [2, 0, 0, 0]);
    let (seen, _) = play_bytes(&line_a(&payloads));
    assert_eq!(seen.iter().filter(|event| **event == Seen::SessionStart).count(), 2);
    // A server that begins anew with nothing to say.
    let anew = mold_header(SESSION, 1, 0);
    check(&[numbered(1, 3), anew, numbered(1, 1)], &[1, 2, 3, 1], [2, 0, 0, 0]);
}

#[test]
fn a_repetition_of_the_first_datagram_is_no_reset() {
    check(&[numbered(1, 3), numbered(1, 3), numbered(4, 1)], &[1, 2, 3, 4], [1, 0, 0, 3]);
}

#[test]
fn two_lines_are_one_session() {
    let packets = [(1, 1, 3), (1, 4, 2), (2, 1, 5), (1, 6, 1), (2, 6, 1)];
    let frames = packets.map(|(line, first, count)| frame(line, &numbered(first, count)));
    check_file(&pcap(&frames), &[1, 2, 3, 4, 5, 6], [1, 0, 0, 6]);
}

#[test]
fn a_reset_on_two_lines_is_one_reset() {
    // Line B is behind: it still brings 5 when A has begun anew.
    let packets = [(1, 1, 4), (2, 1, 4), (1, 5, 1), (1, 1, 2), (2, 5, 1), (2, 1, 2), (1, 3, 1)];
    let frames = packets.map(|(line, first, count)| frame(line, &numbered(first, count)));
    check_file(&pcap(&frames), &[1, 2, 3, 4, 5, 1, 2, 3], [2, 0, 0, 7]);
    // Line B loses the first datagram of the new numbers.
    let packets = [(1, 1, 4), (2, 1, 4), (1, 5, 1), (1, 1, 2), (2, 3, 1), (1, 3, 1)];
    let frames = packets.map(|(line, first, count)| frame(line, &numbered(first, count)));
    check_file(&pcap(&frames), &[1, 2, 3, 4, 5, 1, 2, 3], [2, 0, 0, 5]);
}

#[test]
fn unsequenced_messages_are_always_new() {
    let unsequenced = mold(0, &[delete(7), delete(8)]);
    check(&[unsequenced.clone(), unsequenced], &[7, 8, 7, 8], [1, 0, 0, 0]);
    check(&[numbered(3, 1), mold(0, &[delete(7)]), numbered(4, 1)], &[3, 7, 4], [1, 0, 0, 0]);
}

#[test]
fn a_message_past_the_end_spoils_only_what_follows_in_its_datagram() {
    let mut broken = numbered(1, 3);
    broken.truncate(broken.len() - 1);
    let (seen, counts) = play_bytes(&line_a(&[broken, numbered(4, 1)]));
    assert_eq!(references(&seen), [1, 2, 4]);
    assert_eq!(counts.malformed[Malformed::MessagePastEnd as usize], 1);
    // The number that it should have had is missing.
    assert!(seen.contains(&Seen::Gap(Gap { first: 3, count: 1 })), "{seen:?}");
}

#[test]
fn a_broken_datagram_does_not_void_what_was_seen() {
    // Its prefix was seen, and it breaks off within that.
    let mut broken = numbered(1, 5);
    broken.truncate(40);
    check(&[numbered(1, 3), broken, numbered(4, 1)], &[1, 2, 3, 4], [1, 0, 0, 3]);
}

#[test]
fn short_and_foreign_payloads_are_counted_apart() {
    let dns = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x03com\x00\x00\x01\x00\x01";
    let file = line_a(&[numbered(1, 1), vec![1; 19], dns.to_vec(), numbered(2, 1)]);
    let found = report(&file).counts;
    assert_eq!((found.packets, found.messages, found.sessions, found.gaps), (2, 2, 1, 0));
    assert_eq!(found.malformed[Malformed::ShortHeader as usize], 1);
    assert_eq!(found.skipped.iter().sum::<u64>(), 1);
}

#[test]
fn messages_that_mean_nothing_are_counted_and_the_run_goes_on() {
    let messages = vec![vec![], vec![b'?'; 30], delete(1)[..18].to_vec(), delete(9)];
    let mut long = delete(10);
    long.push(0);
    let report = report(&line_a(&[mold(1, &messages), mold(5, &[long])]));
    let found = &report.counts;
    assert_eq!((found.messages, found.by_type[b'D' as usize], found.longer), (5, 2, 1));
    assert_eq!(found.malformed[Malformed::EmptyMessage as usize], 1);
    assert_eq!(found.malformed[Malformed::ShortMessage as usize], 1);
    assert_eq!(found.unknown[b'?' as usize], 1);
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
}

#[test]
fn numbers_at_the_end_of_their_range_do_not_overflow() {
    let huge = mold(u64::MAX - 1, &[delete(1), delete(2), delete(3), delete(4)]);
    let (_, counts) = play_bytes(&line_a(&[numbered(1, 1), huge.clone(), huge]));
    assert_eq!(counts.gap_messages, u64::MAX - 3);
}

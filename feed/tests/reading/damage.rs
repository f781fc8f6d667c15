//! No bytes panic, whatever they are: arbitrary ones, and real captures with some bytes changed.

use proptest::prelude::*;
use tickline_feed::framing::capture::{Capture, Layout};
use tickline_feed::framing::datagrams::{Datagrams, Source, Transport};
use tickline_feed::framing::lines::Lines;
use tickline_feed::framing::mold_udp64::MoldUdp64;
use tickline_feed::framing::{Container, Event, Framing, binary_file::BinaryFile};
use tickline_feed::inspect::inspect;
use tickline_feed::session::Sessions;
use tickline_feed::source::Input;
use tickline_feed::stream::Stream;
use tickline_feed::venue::{Venue, nasdaq_itch50};

use crate::captures::{captures, list};
use crate::wire::{Order, Pcapng, binary_file, delete, frame, line_a, numbered};

/// Reads to the end, which comes: every step uses up bytes.
fn drain<F: Framing>(framing: F, length: usize) {
    let mut stream = Stream::new(framing, Sessions::default());
    let mut counts = Default::default();
    // A datagram of n bytes gives at most three events beside its messages of two bytes each.
    for _ in 0..length * 2 + 64 {
        match stream.next(&mut counts) {
            Ok(Event::End) | Err(_) => return,
            Ok(Event::Message { bytes, .. }) => drop(nasdaq_itch50::decode(bytes)),
            Ok(_) => {}
        }
    }
    panic!("no end after {} events", length * 2 + 64);
}

fn read_as_everything(bytes: &[u8]) {
    let input = || Input::from_bytes("test", bytes.to_vec());
    let _ = inspect(input(), None);
    drain(BinaryFile::new(input(), Venue::NasdaqItch50), bytes.len());
    for venue in [Venue::Binance, Venue::Lobster] {
        if let Ok(lines) = Lines::open(input(), venue) {
            drain(lines, bytes.len());
        }
    }
    for layout in [Layout::Pcap, Layout::Pcapng, Layout::Payloads] {
        if let Ok(capture) = Capture::new(input(), layout) {
            drain(Datagrams::new(capture, MoldUdp64), bytes.len());
        }
    }
}

/// Starts that make a reader go further than arbitrary bytes do.
fn starts() -> Vec<Vec<u8>> {
    let ng = Pcapng(Order::Big);
    let data = frame(1, &numbered(1, 3));
    let packet = ng.enhanced(0, 1, &data, data.len() as u32);
    vec![
        Vec::new(),
        line_a(&[numbered(1, 3), numbered(2, 9), numbered(30, 1)]),
        [ng.section(), ng.interface(1, 0, &[(9, vec![9])]), packet].concat(),
        binary_file(&[delete(1), delete(2)]),
        [vec![0, 0], delete(1), vec![0, 0], delete(2)].concat(),
        numbered(1, 4),
    ]
}

/// Some bytes of a file changed, a piece cut out, and its end cut off.
fn damage(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)], cut: (f64, f64)) -> Vec<u8> {
    for (at, value) in changes {
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
    }
    let from = (bytes.len() as f64 * cut.0) as usize;
    let to = (from + (100.0 * cut.1) as usize).min(bytes.len());
    bytes.drain(from..to);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_bytes(
        start in prop::sample::select(starts()),
        tail in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        read_as_everything(&[start, tail].concat());
    }

    #[test]
    fn damaged_files(
        start in prop::sample::select(starts()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in (0.0..1.0, 0.0..1.0),
    ) {
        read_as_everything(&damage(start, &changes, cut));
    }

    #[test]
    fn arbitrary_messages(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(message) = nasdaq_itch50::decode(&bytes) {
            let kind = message.header().kind;
            prop_assert!(nasdaq_itch50::length(kind).unwrap() <= bytes.len());
            prop_assert_eq!(nasdaq_itch50::timestamp(&bytes), Some(message.header().timestamp.get()));
        }
    }

    #[test]
    fn arbitrary_payloads(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..300) {
        let _ = (MoldUdp64::open(&bytes), MoldUdp64.begins(&bytes, true));
        if let Some(message) = MoldUdp64::cut(&bytes, at) {
            prop_assert!(at + 2 <= message.start && message.end <= bytes.len());
        }
    }
}

#[test]
fn damaged_real_captures() {
    let Some(root) = captures() else { return };
    let mut files = list(&root.join("mold-live"));
    files.extend([root.join("day-start.itch"), root.join("mold-payloads-cut.dat")]);
    files.extend(list(&root.join("mold-by-type/nasdaq")));
    let originals: Vec<_> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8);
    let cases = (prop::sample::select(originals), changes, (0.0..1.0, 0.0..1.0));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1_000));
    let result = runner.run(&cases, |(original, changes, cut)| {
        read_as_everything(&damage(original, &changes, cut));
        Ok(())
    });
    result.unwrap();
}

#[test]
fn a_source_asked_again_after_its_end_says_so_again() {
    let input = Input::from_bytes("test", line_a(&[numbered(1, 1)]));
    let mut capture = Capture::new(input, Layout::Pcap).unwrap();
    let mut counts = Default::default();
    assert!(capture.advance(&mut counts).unwrap().is_some());
    for _ in 0..3 {
        assert!(capture.advance(&mut counts).unwrap().is_none());
        assert!(capture.payload().is_empty());
    }
}

//! Real captures, read to the end: every count that is known about them must come out.
//!
//! The captures are not part of this repository; where they are absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tickline_feed::counts::{Counts, Malformed};
use tickline_feed::inspect::{Report, survey};
use tickline_feed::session::Gap;
use tickline_feed::source::Input;
use tickline_feed::venue::nasdaq_itch50::{Message, decode};

use crate::wire::{Seen, play};

/// The folder of captures, `None` (and a printed line) where it is absent.
pub fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/nasdaq");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

/// The files of a folder.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every capture of ITCH.
pub fn all_files(root: &Path) -> Vec<PathBuf> {
    let folders = ["mold-live", "mold-by-type/nasdaq", "mold-by-type/bx", "mold-by-type/psx"];
    let files = ["day-start.itch", "zero-prefix.itch.gz", "mold-payloads-cut.dat"];
    let in_folders = folders.iter().flat_map(|folder| list(&root.join(folder)));
    in_folders.chain(files.iter().map(|file| root.join(file))).collect()
}

fn read(path: &Path) -> Report {
    let report = survey(path, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.error.is_none(), "{:?}", report.error);
    report
}

fn kinds(counts: &Counts) -> BTreeMap<String, u64> {
    counts.named(&counts.by_type).collect()
}

fn expected<const N: usize>(kinds: [(&str, u64); N]) -> BTreeMap<String, u64> {
    kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

/// Nothing lost, nothing odd.
fn assert_clean(report: &Report) {
    let counts = &report.counts;
    let odd = (counts.gaps, counts.duplicates, counts.truncated, counts.longer);
    assert_eq!(odd, (0, 0, false, 0), "{report:?}");
    let wrong: u64 = counts.malformed.iter().chain(&counts.unknown).chain(&counts.skipped).sum();
    assert_eq!(wrong, 0, "{report:?}");
}

#[test]
fn the_start_of_a_day() {
    let Some(root) = captures() else { return };
    let report = read(&root.join("day-start.itch"));
    assert_clean(&report);
    assert_eq!(
        (report.format, report.compression.name(), report.framing),
        ("binaryfile", "none", "binaryfile")
    );
    let counts = &report.counts;
    assert_eq!((counts.packets, counts.messages, counts.sessions), (0, 1_000, 1));
    assert_eq!(kinds(counts), expected([("R", 993), ("S", 1), ("H", 3), ("Y", 3)]));
    // 11,072.06 to 11,354.36 seconds after midnight, rounded.
    let hundredths = |ts: u64| (ts + 5_000_000) / 10_000_000;
    assert_eq!(counts.first_ts.map(hundredths), Some(1_107_206));
    assert_eq!(counts.last_ts.map(hundredths), Some(1_135_436));
}

#[test]
fn an_artificial_day_without_length_prefixes() {
    let Some(root) = captures() else { return };
    let report = read(&root.join("zero-prefix.itch.gz"));
    assert_clean(&report);
    assert_eq!((report.format, report.compression.name()), ("binaryfile", "gzip"));
    assert_eq!(report.notes.len(), 1, "{:?}", report.notes);
    assert_eq!((report.counts.messages, report.counts.sessions), (12_012, 1));
    let golden = expected([
        ("A", 4_997),
        ("F", 3),
        ("E", 198),
        ("X", 45),
        ("D", 1_745),
        ("U", 12),
        ("P", 5_000),
        ("S", 6),
        ("R", 3),
        ("H", 3),
    ]);
    assert_eq!(kinds(&report.counts), golden);
}

#[test]
fn live_multicast() {
    let Some(root) = captures() else { return };
    let mut packets = 0;
    for path in list(&root.join("mold-live")) {
        let report = read(&path);
        let counts = &report.counts;
        assert_eq!((report.format, report.framing), ("pcap", "moldudp64"));
        assert_eq!((counts.sessions, counts.duplicates, counts.truncated), (1, 0, false));
        assert_eq!(counts.malformed.iter().chain(&counts.unknown).sum::<u64>(), 0);
        packets += counts.packets;
        if !path.ends_with("Multiple.Packets.pcap") {
            assert_eq!((counts.packets, counts.messages, counts.gaps), (1, 1, 0));
        }
    }
    assert_eq!(packets, 9);
}

#[test]
fn the_second_packet_of_two_follows_a_gap() {
    let Some(root) = captures() else { return };
    let path = root.join("mold-live/Multiple.Packets.pcap");
    let (seen, counts, error) = play(Input::open(path).unwrap());
    assert!(error.is_none(), "{error:?}");
    let numbers: Vec<_> = seen
        .iter()
        .filter_map(|event| match event {
            Seen::Message { sequence, .. } => Some(*sequence),
            _ => None,
        })
        .collect();
    assert_eq!(numbers[1..], (19_009_117..19_009_155).collect::<Vec<_>>());
    let missing = Gap { first: numbers[0] + 1, count: 19_009_117 - numbers[0] - 1 };
    assert_eq!(seen[2], Seen::Gap(missing));
    assert_eq!((counts.gaps, counts.gap_messages), (1, missing.count));
    assert_eq!((counts.packets, counts.messages), (2, 39));
    assert_eq!(kinds(&counts), expected([("A", 36), ("D", 1), ("F", 2)]));
}

#[test]
fn one_live_order_field_by_field() {
    let Some(root) = captures() else { return };
    let path = root.join("mold-live/AddOrderNoMpidAttributionMessage.pcap");
    let (seen, _, _) = play(Input::open(path).unwrap());
    let Some(Seen::Message { sequence, bytes, .. }) = seen.get(1) else { panic!("{seen:?}") };
    let Ok(Message::AddOrder(order)) = decode(bytes) else { panic!("{bytes:?}") };
    assert_eq!(*sequence, 14_757_721);
    assert_eq!((&order.stock, order.side), (b"IVOO    ", b'B'));
    assert_eq!((order.shares.get(), order.price.get()), (1_600, 873_900));
    assert_eq!(order.order_reference.get(), 23_508_286);
    assert_eq!(order.header.timestamp.get(), 34_199_999_894_278);
}

#[test]
fn one_type_a_file() {
    let Some(root) = captures() else { return };
    let (mut files, mut all) = (0, BTreeMap::new());
    for folder in ["nasdaq", "bx", "psx"] {
        for path in list(&root.join("mold-by-type").join(folder)) {
            let report = read(&path);
            assert_clean(&report);
            let counts = &report.counts;
            // Wrapped from a file: five packets of one message, but for two files of one event.
            assert!([1, 5].contains(&counts.packets), "{report:?}");
            assert_eq!((counts.messages, counts.sessions), (counts.packets, 1), "{report:?}");
            assert_eq!(kinds(counts).len(), 1, "{report:?}");
            all.extend(kinds(counts));
            files += 1;
        }
    }
    assert_eq!((files, all.len()), (38, 16));
}

/// Three datagrams of 15, 13 and 13 messages; the file ends 5 bytes before the last of them does,
/// and what is no whole message is none: 40 remain. They are of another dialect (seconds in
/// messages of type `T`, `S` of 6 bytes, `R` of 113, `L` of 25), so to a decoder of ITCH 5.0 all
/// are unknown, too short or too long. That is counted, and ends nothing.
#[test]
fn payloads_without_packets_of_another_dialect() {
    let Some(root) = captures() else { return };
    let report = read(&root.join("mold-payloads-cut.dat"));
    let counts = &report.counts;
    assert_eq!((report.format, report.compression.name()), ("moldudp64", "none"));
    assert_eq!((counts.packets, counts.messages, counts.sessions), (3, 40, 1));
    assert_eq!((counts.truncated, counts.gaps, counts.duplicates), (true, 0, 0));
    assert_eq!(kinds(counts), expected([("R", 19)]));
    assert_eq!((counts.longer, counts.unknown[b'T' as usize]), (19, 2));
    assert_eq!(counts.malformed[Malformed::ShortMessage as usize], 19);
}

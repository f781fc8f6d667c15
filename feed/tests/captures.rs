//! Real captures, read to the end: every count that is known about them must come out.
//!
//! The captures are not part of this repository; where they are absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tickline_feed::counts::{Counts, Malformed, by_type};
use tickline_feed::inspect::{Report, survey};

/// The folder of captures, `None` (and a printed line) where it is absent.
fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/nasdaq");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

fn read(path: &Path) -> Report {
    let report = survey(path, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.error.is_none(), "{:?}", report.error);
    report
}

fn kinds(counts: &Counts) -> BTreeMap<String, u64> {
    by_type(&counts.by_type).collect()
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
        (report.format.name(), report.compression.name(), report.framing),
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
    assert_eq!((report.format.name(), report.compression.name()), ("binaryfile", "gzip"));
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
    let mut files: Vec<_> = list(&root.join("mold-live"));
    files.sort();
    let reports: Vec<_> = files.iter().map(|path| read(path)).collect();
    assert_eq!(reports.iter().map(|report| report.counts.packets).sum::<u64>(), 9);
    for report in &reports {
        println!(
            "{} {:?} {}",
            report.path.display(),
            kinds(&report.counts),
            report.counts.messages
        );
        let counts = &report.counts;
        assert_eq!((report.format.name(), report.framing), ("pcap", "moldudp64"));
        assert_eq!(counts.sessions, 1);
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn one_type_a_file() {
    let Some(root) = captures() else { return };
    let mut files = 0;
    for folder in ["nasdaq", "bx", "psx"] {
        for path in list(&root.join("mold-by-type").join(folder)) {
            let report = read(&path);
            files += 1;
            println!("{} {:?} {:?}", path.display(), kinds(&report.counts), report.counts);
        }
    }
    assert_eq!(files, 38);
}

#[test]
fn payloads_without_packets_of_another_dialect() {
    let Some(root) = captures() else { return };
    let report = read(&root.join("mold-payloads-cut.dat"));
    println!("{report:?}");
    let _ = Malformed::ALL;
}

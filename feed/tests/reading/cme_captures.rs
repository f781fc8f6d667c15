//! Real captures of CME, read to the end: every count that is known about them must come out. Where
//! they are absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tickline_feed::counts::Skipped;
use tickline_feed::inspect::survey;
use tickline_feed::session::Sessions;
use tickline_feed::source::Input;
use tickline_feed::stream;
use tickline_feed::venue::Venue;

/// The folder of captures, `None` (and a printed line) where it is absent.
fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/cme");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

#[test]
fn both_lines_of_a_channel() {
    let Some(root) = captures() else { return };
    let report = survey(&root.join("mdp3-v1.6-ab.pcap.gz"), None).unwrap();
    assert!(report.error.is_none() && report.notes.is_empty(), "{report:?}");
    let of_file = (report.format, report.compression.name(), report.framing, report.venue.name());
    assert_eq!(of_file, ("pcapng", "gzip", "mdp3", "cme-mdp3"));
    let counts = &report.counts;
    assert_eq!([counts.packets, counts.messages, counts.duplicates], [10_000, 10_273, 10_273]);
    let found: BTreeMap<_, _> = counts.named(&counts.by_type).collect();
    let expected = [("32", 9_569), ("35", 307), ("42", 194), ("37", 194), ("12", 9)];
    assert_eq!(found, expected.map(|(kind, count)| (kind.to_owned(), count)).into());
    let odd = [counts.gaps, counts.gap_messages, counts.longer, counts.unknown_messages];
    assert_eq!(odd, [0; 4], "{counts:?}");
    assert_eq!(counts.malformed.iter().chain(&counts.skipped).sum::<u64>(), 0, "{counts:?}");
    assert_eq!((counts.sessions, counts.heartbeats, counts.truncated), (1, 0, false));
    let refused = stream::open(
        Input::open(root.join("mdp3-v1.6-ab.pcap.gz")).unwrap(),
        Some(Venue::IexTops),
        Sessions::default(),
    );
    let refused = refused.expect_err("another venue").to_string();
    assert!(refused.contains("holds cme-mdp3, as its MDP 3.0 packets of schema version 1.6 say"));
}

/// A packet a file; counted by hand.
#[test]
fn a_packet_of_each_version() {
    let Some(root) = captures() else { return };
    for (file, version, kinds) in [
        ("Mdp3.Sbe.v1.5/MdIncrementalRefreshBook", 5, &[("32", 1)][..]),
        (
            "Mdp3.Sbe.v1.5/MdIncrementalRefreshSessionStatistics",
            5,
            &[("32", 4), ("35", 1), ("37", 1)],
        ),
        ("Mdp3.Sbe.v1.5/MdIncrementalRefreshTradeSummary", 5, &[("42", 1)]),
        ("Mdp3.Sbe.v1.5/MdIncrementalRefreshVolume", 5, &[("32", 1), ("37", 1)]),
        ("Mdp3.Sbe.v1.5/MdInstrumentDefinitionSpread", 5, &[("27", 2), ("29", 3)]),
        ("Mdp3.Sbe.v1.9/MdIncrementalRefreshBook", 9, &[("46", 2)]),
        ("Mdp3.Sbe.v1.9/MdIncrementalRefreshOrderBook", 9, &[("47", 1)]),
        (
            "Mdp3.Sbe.v1.9/MdIncrementalRefreshTradeSummary",
            9,
            &[("37", 1), ("46", 2), ("47", 1), ("48", 1)],
        ),
        ("Mdp3.Sbe.v1.9/MdIncrementalRefreshVolume", 9, &[("37", 2), ("46", 4), ("48", 1)]),
    ] {
        let report = survey(&root.join(format!("{file}.pcap")), None).unwrap();
        let counts = &report.counts;
        assert_eq!((report.framing, counts.packets), ("mdp3", 1), "{file}");
        assert_eq!(report.evidence, format!("MDP 3.0 packets of schema version 1.{version}"));
        let found: BTreeMap<_, _> = counts.named(&counts.by_type).collect();
        let expected = kinds.iter().map(|(kind, count)| ((*kind).to_owned(), *count));
        assert_eq!(found, expected.collect(), "{file}");
        assert_eq!((counts.longer, counts.unknown_messages), (0, 0), "{file}");
        assert_eq!(counts.malformed.iter().sum::<u64>(), 0, "{file}");
    }
}

/// Sessions over TCP are of another framing, and no packets.
#[test]
fn tcp_is_passed_over() {
    let Some(root) = captures() else { return };
    let path = root.join("Mdp3.Sbe.v1.12/MdIncrementalRefreshBookLongQty.pcap");
    let report = survey(&path, None).unwrap();
    assert_eq!(report.counts.packets, 0);
    assert_eq!(report.counts.skipped[Skipped::NotUdp as usize], 1);
}

//! Real captures of IEX, read to the end: every count that is known about them must come out. Where
//! they are absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tickline_feed::inspect::{Report, survey};
use tickline_feed::source::Input;
use tickline_feed::venue::iex::SaleConditions;
use tickline_feed::venue::iex_deep::{Message, decode};
use tickline_feed::venue::market::{Decoder, MarketEvent};
use tickline_feed::venue::{iex_deep::IexDeep, iex_deep_plus::IexDeepPlus};

use crate::captures::list;
use crate::wire::{Seen, play};

/// The folder of captures, `None` (and a printed line) where it is absent.
fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/iex");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

fn read(path: &Path) -> Report {
    let report = survey(path, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.error.is_none(), "{:?}", report.error);
    assert_eq!((report.format, report.framing), ("pcap", "iex-tp"));
    report
}

#[track_caller]
fn check<const N: usize>(report: &Report, packets: [u64; 3], kinds: [(&str, u64); N]) {
    let counts = &report.counts;
    assert_eq!([counts.packets, counts.messages, counts.heartbeats], packets);
    let found: BTreeMap<_, _> = counts.named(&counts.by_type).collect();
    let expected = kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count));
    assert_eq!(found, expected.collect());
    let odd = [counts.gaps, counts.duplicates, counts.longer, counts.unknown_messages];
    assert_eq!(odd, [0; 4], "{counts:?}");
    assert_eq!(counts.malformed.iter().chain(&counts.skipped).sum::<u64>(), 0, "{counts:?}");
    assert_eq!((counts.sessions, counts.truncated), (1, false));
}

#[test]
fn a_day_of_tops() {
    let Some(root) = captures() else { return };
    let report = read(&root.join("tops16-20170710.pcapng.gz"));
    assert_eq!((report.venue.name(), report.compression.name()), ("iex-tops", "gzip"));
    let kinds = [
        ("Q", 27_217),
        ("T", 6_390),
        ("A", 642),
        ("H", 7_803),
        ("O", 7_801),
        ("P", 7_802),
        ("D", 10),
        ("S", 6),
        ("B", 3),
    ];
    check(&report, [13_022, 57_674, 237], kinds);
}

#[test]
fn a_morning_of_deep() {
    let Some(root) = captures() else { return };
    let report = read(&root.join("deep10-20231002.pcap.gz"));
    assert_eq!(report.venue.name(), "iex-deep");
    let kinds = [
        ("8", 1_526),
        ("5", 1_226),
        ("T", 37),
        ("H", 11_311),
        ("I", 11_309),
        ("O", 11_317),
        ("P", 11_594),
        ("D", 3),
        ("S", 2),
    ];
    check(&report, [5_000, 48_325, 1_264], kinds);
}

/// Rows of a table of another project, by the names of their columns; capture times come first.
fn table(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect());
    rows.collect()
}

/// That project stores times of capture as `f64`: to within 128 ns.
#[track_caller]
fn same_time(theirs: &str, ours: Option<u64>) {
    let apart = theirs.parse::<u64>().unwrap().abs_diff(ours.unwrap());
    assert!(apart <= 128, "{theirs} {ours:?}");
}

#[test]
fn what_another_project_reads_of_five_symbols() {
    let Some(root) = captures() else { return };
    let (seen, _, _) = play(Input::open(root.join("deep10-20231002.pcap.gz")).unwrap());
    let folder = root.join("deep10-20231002.expected");
    let symbols = std::fs::read_to_string(folder.join("symbols.txt")).unwrap();
    let symbols: Vec<&str> = symbols.split_whitespace().collect();
    let (mut levels, mut trades) = (Vec::new(), Vec::new());
    for event in &seen {
        let Seen::Message { capture_ts, bytes, .. } = event else { continue };
        let wanted = IexDeep.decode(bytes).unwrap().instrument.name();
        if !symbols.contains(&wanted.as_str()) {
            continue;
        }
        let price = |raw: i64| format!("{}.{:04}00", raw / 10_000, raw % 10_000);
        match decode(bytes).unwrap() {
            Message::BuyLevelUpdate(m) => levels.push((
                *capture_ts,
                [
                    "0".to_owned(),
                    m.header.timestamp.get().to_string(),
                    wanted,
                    price(m.price.get()),
                    m.size.get().to_string(),
                    m.header.code.to_string(),
                ],
            )),
            Message::SellLevelUpdate(m) => levels.push((
                *capture_ts,
                [
                    "1".to_owned(),
                    m.header.timestamp.get().to_string(),
                    wanted,
                    price(m.price.get()),
                    m.size.get().to_string(),
                    m.header.code.to_string(),
                ],
            )),
            Message::Trade(m) => {
                let names = [
                    (SaleConditions::EXTENDED_HOURS, "EXTENDED_HOURS"),
                    (SaleConditions::ODD_LOT, "ODD_LOT"),
                ];
                let set = names.iter().filter(|(flag, _)| m.header.code & flag != 0);
                let set: Vec<_> = set.map(|(_, name)| *name).collect();
                trades.push((
                    *capture_ts,
                    [
                        m.header.timestamp.get().to_string(),
                        wanted,
                        m.size.get().to_string(),
                        price(m.price.get()),
                        m.trade_id.get().to_string(),
                        set.join("|"),
                    ],
                ));
            }
            _ => {}
        }
    }
    let theirs = table(&folder.join("test_prl.csv"));
    assert_eq!((theirs.len(), levels.len()), (2, 2));
    for (theirs, (time, ours)) in theirs.iter().zip(&levels) {
        same_time(&theirs[0], *time);
        assert_eq!([2, 3, 5, 6, 7, 9].map(|column| theirs[column].clone()), *ours);
    }
    let theirs = table(&folder.join("test_trd.csv"));
    assert_eq!((theirs.len(), trades.len()), (6, 6));
    for (theirs, (time, ours)) in theirs.iter().zip(&trades) {
        same_time(&theirs[0], *time);
        assert_eq!([2, 4, 5, 6, 7, 8].map(|column| theirs[column].clone()), *ours);
    }
}

#[test]
fn one_type_a_file() {
    let Some(root) = captures() else { return };
    let mut files = 0;
    for folder in list(&root.join("by-type")) {
        let venue = match folder.file_name().unwrap().to_str().unwrap() {
            name if name.starts_with("DeepPlus") => "iex-deep-plus",
            name if name.starts_with("Deep") => "iex-deep",
            _ => "iex-tops",
        };
        for path in list(&folder) {
            let report = read(&path);
            assert_eq!(report.venue.name(), venue);
            let counts = &report.counts;
            assert_eq!((counts.unknown_messages, counts.longer), (0, 0), "{report:?}");
            assert_eq!(counts.malformed.iter().sum::<u64>(), 0, "{report:?}");
            // A file is named for its type, by its letter or in words.
            let name = path.file_stem().unwrap().to_str().unwrap();
            if let Some((kind, _)) = name.split_once('_').filter(|(kind, _)| kind.len() == 1) {
                assert!(counts.by_type[usize::from(kind.as_bytes()[0])] > 0, "{report:?}");
            }
            assert_eq!(counts.messages == 0, name == "Heartbeat", "{report:?}");
            files += 1;
        }
    }
    assert_eq!(files, 27);
}

/// Thirteen datagrams laid together out of order: each fall to number 1 begins a session, each jump
/// on is a gap, what lies below was seen.
#[test]
fn datagrams_of_a_day_in_disorder() {
    let Some(root) = captures() else { return };
    let path = root.join("by-type/DeepPlus.IexTp.1.0.2/all_message_types.pcap");
    let report = read(&path);
    let counts = &report.counts;
    assert_eq!((counts.packets, counts.sessions), (13, 4));
    let jumps = [(68, 47_163), (47_167, 47_212), (68, 47_150), (68, 47_193)];
    let jumps = jumps.map(|(first, last)| (first, last - first + 1));
    let found: Vec<_> = report.gap_ranges.iter().map(|gap| (gap.first, gap.count)).collect();
    assert_eq!(found, jumps);
    assert_eq!((counts.gaps, counts.duplicates), (4, 66 + 35 + 67 + 67 + 1));
    assert_eq!(counts.messages, 1 + 67 * 3 + 3 + 1 + 1 + 4);
}

#[test]
fn real_orders_field_by_field() {
    let Some(root) = captures() else { return };
    let first = |file: &str| {
        let path = root.join("by-type/DeepPlus.IexTp.1.0.2").join(file);
        let (seen, _, _) = play(Input::open(path).unwrap());
        let bytes = seen.into_iter().find_map(|event| match event {
            Seen::Message { bytes, .. } => Some(bytes),
            _ => None,
        });
        IexDeepPlus.decode(&bytes.unwrap()).unwrap()
    };
    let added = first("a_AddOrder.pcap");
    assert_eq!(
        (added.timestamp, added.instrument.name()),
        (1_727_787_282_503_661_342, "IBKR".into())
    );
    let text = |event: MarketEvent| format!("{event:?}");
    assert_eq!(
        text(added.event),
        "Add { id: 27866022694354954, side: Ask, price: 136.50, quantity: 100, symbol: \"IBKR\" }"
    );
    assert_eq!(
        text(first("M_OrderModify.pcap").event),
        "Replace { old: 27866022694355118, id: 27866022694355118, price: 138.33, quantity: 200 }"
    );
    assert_eq!(text(first("R_OrderDelete.pcap").event), "Delete { id: 27866022694354954 }");
    assert_eq!(
        text(first("L_OrderExecuted.pcap").event),
        "Execute { id: 27866022694354957, quantity: 100, match_id: 27866022694354968, \
         price: Some(138.00), flags: VOLUME_ONLY }"
    );
}

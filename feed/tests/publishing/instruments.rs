//! What the table of instruments says after real captures: what another program counted in them, and
//! what the records said.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use tickline_feed::source::Input;
use tickline_feed::venue::Venue;
use tickline_shared::instruments::{Instruments, Name};
use tickline_shared::msg::{Kind, Msg, Status, Topic};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::Symbol;

use crate::feed::{Feed, play};

fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

/// What a strategy knows that reads the records and never looks at the table.
#[derive(Default)]
struct Heard(HashMap<(Symbol, Topic), Status>);

impl Heard {
    fn hear(&mut self, msg: &Msg) {
        match msg.status() {
            Some(status) if status.is_usual() => {
                self.0.remove(&(msg.symbol, status.topic));
            }
            Some(status) => {
                self.0.insert((msg.symbol, status.topic), status);
            }
            None if msg.kind == Kind::Clear && msg.symbol == Symbol::NONE => self.0.clear(),
            None => {}
        }
    }

    fn agrees(&self, table: &Instruments) {
        for ((symbol, topic), status) in &self.0 {
            let said = match *topic {
                Topic::Venue => table.venue_status(),
                topic => table.get(*symbol).and_then(|it| it.status(topic)),
            };
            assert_eq!(said, Some(*status), "{symbol} {topic:?}");
        }
        let of_instruments = self.0.keys().filter(|(_, topic)| *topic != Topic::Venue).count();
        assert_eq!(table.iter().map(|it| it.statuses().count()).sum::<usize>(), of_instruments);
    }
}

/// The table after a capture, which agreed with the records while it was played and does so at its
/// end.
fn played(venue: Venue, filter: &[&str], file: &str) -> Option<Instruments> {
    let mut feed = Feed::new(venue, Streams::default(), filter);
    let table = feed.publisher.instruments().registry().instruments();
    let mut heard = Heard::default();
    play(&mut feed, Input::open(captures()?.join(file)).unwrap(), |_, msgs| {
        for msg in msgs {
            heard.hear(msg);
            // Nothing was published since: the table says what the record says.
            if let Some(status) = msg.status().filter(|status| status.topic != Topic::Venue) {
                let known = table.get(msg.symbol).unwrap();
                let said = Some(status).filter(|status| !status.is_usual());
                assert_eq!(known.status(status.topic), said, "{msg:?}");
            }
        }
    });
    if filter.is_empty() {
        heard.agrees(&table);
    }
    Some(table)
}

/// Instruments by topic that are not as usual.
fn unusual(table: &Instruments) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for status in table.iter().flat_map(|it| it.statuses().collect::<Vec<_>>()) {
        *counts.entry(format!("{:?}", status.topic)).or_default() += 1;
    }
    counts
}

fn expected<const N: usize>(counts: [(&str, u64); N]) -> BTreeMap<String, u64> {
    counts.into_iter().map(|(topic, count)| (topic.to_owned(), count)).collect()
}

fn lots(table: &Instruments) -> BTreeMap<Option<u32>, u64> {
    let mut lots = BTreeMap::new();
    table.iter().for_each(|it| *lots.entry(it.listing.lot()).or_default() += 1);
    lots
}

/// Counted by another program: symbols, round lots, and the last H, O and P of each symbol.
#[test]
fn a_morning_of_deep() {
    let file = "iex/deep10-20231002.pcap.gz";
    let Some(table) = played(Venue::IexDeep, &[], file) else { return };
    assert_eq!((table.len(), table.left_out()), (11_309, 0));
    assert_eq!(lots(&table), [(None, 11_306), (Some(100), 3)].into());
    let counts = [("Operational", 6), ("ShortSale", 285), ("Trading", 31)];
    assert_eq!(unusual(&table), expected(counts));
    let zexit = table.find("ZEXIT").unwrap();
    assert_eq!(
        (zexit.listing.price_decimals(), zexit.listing.quantity_decimals()),
        (Some(4), Some(0))
    );
    let aeth = table.find("AETH").unwrap().status(Topic::Trading).unwrap();
    assert_eq!((aeth.code, &aeth.reason), (b'H', b"NA\0\0"));
}

#[test]
fn a_day_of_tops() {
    let file = "iex/tops16-20170710.pcapng.gz";
    let Some(table) = played(Venue::IexTops, &[], file) else { return };
    assert_eq!(table.len(), 7_799);
    assert_eq!(lots(&table), [(None, 7_789), (Some(100), 10)].into());
    assert_eq!(unusual(&table), expected([("ShortSale", 2), ("Trading", 2)]));
    let halted: Vec<_> =
        table.iter().filter(|it| !it.trades()).map(|it| it.symbol.name()).collect();
    assert_eq!(halted.len(), 2);
    assert!(halted.contains(&"PATH".to_owned()) && halted.contains(&"ZEUS".to_owned()));
}

#[test]
fn the_start_of_a_nasdaq_day() {
    let file = "nasdaq/day-start.itch";
    let Some(table) = played(Venue::NasdaqItch50, &[], file) else { return };
    assert_eq!(table.len(), 993);
    assert_eq!(lots(&table), [(Some(10), 3), (Some(100), 990)].into());
    assert_eq!(unusual(&table), expected([]));
    // A filter keeps records from strategies, not what is known of instruments.
    let filtered = played(Venue::NasdaqItch50, &["AAPL"], file).unwrap();
    assert!(filtered.iter().eq(table.iter()));
}

/// H and Y messages of a real day, wrapped from a file.
#[test]
fn halts_and_short_sale_restrictions_of_nasdaq() {
    let Some(root) = captures() else { return };
    for (market, name) in [("nasdaq", "StockTradingAction"), ("nasdaq", "RegSHORestriction")] {
        let file = format!("nasdaq/mold-by-type/{market}/{name}.pcap");
        assert!(root.join(&file).exists(), "{file}");
        let table = played(Venue::NasdaqItch50, &[], &file).unwrap();
        assert!(!table.is_empty(), "{file}");
        assert!(table.iter().all(|it| *it.name() == Name::from(it.symbol)));
    }
}

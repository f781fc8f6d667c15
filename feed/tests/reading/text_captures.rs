//! Real recordings in lines, read to the end: counts, and every price and quantity. What is expected
//! was worked out by a program in Python, with its own JSON and its own decimals. Where the recordings
//! are absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tickline_feed::counts::Skipped;
use tickline_feed::inspect::{Report, survey};
use tickline_feed::source::{Error, Input};
use tickline_feed::venue::binance::Binance;
use tickline_feed::venue::coinbase::Coinbase;
use tickline_feed::venue::lobster::Lobster;
use tickline_feed::venue::market::{Decoder, MarketEvent, Setting};
use tickline_shared::msg::{Flags, Side};

use crate::wire::{Seen, play};

/// A file among the captures, `None` (and a printed line) where it is absent.
fn capture(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures").join(file);
    if !path.exists() {
        println!("skipped: no capture at {}", path.display());
        return None;
    }
    Some(path)
}

#[track_caller]
fn check<const N: usize>(report: &Report, venue: &str, kinds: [(&str, u64); N]) {
    assert!(report.error.is_none(), "{:?}", report.error);
    assert_eq!((report.venue.name(), report.framing), (venue, "lines"));
    let counts = &report.counts;
    let found: BTreeMap<_, _> = counts.named(&counts.by_type).collect();
    let expected = kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count));
    assert_eq!(found, expected.collect());
    let odd = [counts.gaps, counts.longer, counts.unknown_messages, counts.duplicates];
    assert_eq!(odd, [0; 4], "{counts:?}");
    assert_eq!(counts.malformed.iter().sum::<u64>(), 0, "{counts:?}");
    assert_eq!((counts.sessions, counts.truncated), (1, false));
}

/// A number that differs where any of its parts does, or their order.
#[derive(Default, PartialEq, Debug)]
struct Digest {
    rows: u64,
    hash: u64,
}

impl Digest {
    fn add(&mut self, parts: &[i64]) {
        self.rows += 1;
        for part in parts {
            self.hash = self.hash.wrapping_mul(1_000_003).wrapping_add(*part as u64);
        }
    }

    fn is(&self, rows: u64, hash: u64) {
        assert_eq!(self, &Digest { rows, hash }, "{:#x}", self.hash);
    }
}

/// What the messages of a file say, one thing after the other.
fn events<D: Decoder>(path: &Path, mut each: impl FnMut(u64, &MarketEvent)) {
    let (seen, _, error) = play(Input::open(path).unwrap());
    assert!(error.is_none(), "{error:?}");
    let mut decoder = D::new(&Setting::of(path));
    for event in seen {
        let Seen::Message { bytes, .. } = event else { continue };
        let decoded = decoder.decode(&bytes).unwrap();
        each(decoded.timestamp, &decoded.event);
        while D::SEVERAL
            && let Some((_, event)) = decoder.more(&bytes)
        {
            each(decoded.timestamp, &event);
        }
    }
}

fn number(side: Side) -> i64 {
    side.0.into()
}

#[test]
fn minutes_of_binance() {
    let Some(path) = capture("crypto/binance-spot-btcusdt-20240808.gz") else { return };
    let report = survey(&path, None).unwrap();
    let kinds = [("bookTicker", 28_040), ("trade", 9_757), ("depthUpdate", 3_451), ("snapshot", 1)];
    check(&report, "binance", kinds);
    let span = [report.counts.first_ts, report.counts.last_ts].map(Option::unwrap);
    assert_eq!(span, [1_723_161_253_937_085_768, 1_723_161_599_999_231_384]);
    let (mut quotes, mut trades, mut levels) = Default::default();
    let each = |_, event: &MarketEvent| read(event, &mut quotes, &mut trades, &mut levels);
    events::<Binance>(&path, each);
    quotes.is(28_040, 0x7d0b_871b_d6e2_4705);
    trades.is(9_757, 0x5d4c_2716_9a86_58e4);
    // The changes before the snapshot that are newer than it come again behind it.
    levels.is(126_106, 0x5121_c450_7f94_efe8);
}

/// Adds what an event says to the digest of its kind.
fn read(event: &MarketEvent, quotes: &mut Digest, trades: &mut Digest, levels: &mut Digest) {
    match *event {
        MarketEvent::Quote { bid, ask } => {
            assert_eq!(bid.flags | ask.flags, Flags::default());
            let (bids, asks) = (i64::from(bid.quantity), i64::from(ask.quantity));
            quotes.add(&[bid.price.0, bids, ask.price.0, asks]);
        }
        MarketEvent::Trade { match_id, side, price, quantity, flags, .. } => {
            let flags = i64::from(flags.0 & !Flags::FROM_SNAPSHOT.0);
            trades.add(&[match_id as i64, price.0, quantity as i64, flags, number(side)]);
        }
        MarketEvent::Level { side, price, quantity, flags, .. } => {
            let flags = i64::from(flags.0 & !Flags::FROM_SNAPSHOT.0);
            levels.add(&[number(side), price.0, quantity.into(), flags]);
        }
        MarketEvent::Directory(_)
        | MarketEvent::Missing(None)
        | MarketEvent::ClearBook
        | MarketEvent::EventEnd
        | MarketEvent::Other => {}
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn half_a_minute_of_coinbase() {
    let Some(path) = capture("crypto/coinbase-ws.txt.gz") else { return };
    let report = survey(&path, None).unwrap();
    let kinds = [
        ("l2update", 9_719),
        ("ticker", 107),
        ("match", 97),
        ("last_match", 10),
        ("snapshot", 10),
        ("subscriptions", 3),
    ];
    check(&report, "coinbase", kinds);
    // One line of the connection, three of subscriptions.
    assert_eq!(report.counts.skipped[Skipped::NotReceived as usize], 4);
    let span = [report.counts.first_ts, report.counts.last_ts].map(Option::unwrap);
    assert_eq!(span, [1_618_677_817_061_845_000, 1_618_677_847_846_469_900]);
    let (mut quotes, mut trades, mut levels) = Default::default();
    let (mut inexact, mut saturated) = (0, 0);
    events::<Coinbase>(&path, |_, event| {
        read(event, &mut quotes, &mut trades, &mut levels);
        if let MarketEvent::Level { flags, .. } = event {
            inexact += u64::from(flags.contains(Flags::INEXACT));
            saturated += u64::from(flags.contains(Flags::SATURATED));
        }
    });
    assert_eq!(quotes, Digest::default(), "its tickers say no sizes");
    trades.is(107, 0xd600_9466_c0a7_9b82);
    levels.is(18_081, 0xbe29_633b_35a5_28ab);
    assert_eq!((inexact, saturated), (658, 186));
}

#[test]
fn an_hour_of_lobster() {
    let Some(path) = capture("nasdaq/lobster/AAPL_2012-06-21_message_50.csv.gz") else { return };
    let report = survey(&path, None).unwrap();
    let kinds = [("1", 44_256), ("2", 469), ("3", 41_004), ("4", 4_067), ("5", 2_201)];
    check(&report, "lobster", kinds);
    let mut rows = Digest::default();
    let e4 = |price: tickline_shared::units::Price| price.0 / 100_000;
    let mut adds = BTreeMap::new();
    events::<Lobster>(&path, |time, event| {
        let time = time as i64;
        match *event {
            MarketEvent::Add { id, side, price, quantity, symbol } => {
                assert_eq!(symbol.name(), "AAPL");
                adds.insert(id, (e4(price), number(side)));
                rows.add(&[time, 1, id as i64, quantity.into(), e4(price), number(side)]);
            }
            MarketEvent::Trade { price, quantity, side, .. } => {
                rows.add(&[time, 5, 0, quantity as i64, e4(price), number(side)]);
            }
            MarketEvent::Reduce { id, quantity } | MarketEvent::Execute { id, quantity, .. } => {
                rows.add(&[time, 2, id as i64, quantity.into()]);
            }
            MarketEvent::Delete { id } => rows.add(&[time, 3, id as i64]),
            ref other => panic!("{other:?}"),
        }
    });
    rows.is(91_997, 0xd631_1d35_c753_8a37);
    assert_eq!(adds.len(), 44_256);
}

#[test]
fn a_table_of_levels_is_refused() {
    let file = "AAPL_2012-06-21_34200000_57600000_orderbook_10.csv";
    let Some(path) = capture(&format!("nasdaq/lobster/{file}")) else { return };
    let refused = survey(&path, None);
    assert!(matches!(refused, Err(Error::OrderBook { .. })), "{refused:?}");
}

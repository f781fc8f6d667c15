//! What strategies are told of Binance, Coinbase and LOBSTER.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tickline_feed::offline::{self, Played};
use tickline_feed::publish::Sink;
use tickline_feed::scenario::{FeedConfig, SourceConfig};
use tickline_feed::venue::Venue;
use tickline_shared::book::{Applied, LevelBook, MsgBook};
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::ring::writer::Full;
use tickline_shared::units::Symbol;

use crate::feed::ALL;
use crate::iex::{check, check_named};

const BOOKS: Streams = Streams { orders: false, ..EVERYTHING };
const EVERYTHING: Streams = Streams { orders: true, quotes: true, trades: true, levels: true };

fn file(lines: &[&str]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

/// Changes of a book without a snapshot, a snapshot, a gap, another snapshot; trades and aggregates;
/// then the venue's own quotes, which the book contradicts.
const BINANCE: &[&str] = &[
    r#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":11,"u":12,"b":[["99.5","1"]],"a":[["101","2.000001"]]}"#,
    r#"{"e":"trade","E":2,"s":"BTCUSDT","t":7,"p":"101","q":"0.5","m":false}"#,
    r#"{"e":"aggTrade","E":2,"s":"BTCUSDT","a":1,"p":"101","q":"0.5","f":7,"l":7,"m":false}"#,
    r#"{"e":"aggTrade","E":2,"s":"1000SATSUSDT","a":3,"p":"0.0002","q":"60000","f":7,"l":7,"m":true}"#,
    r#"{"lastUpdateId":11,"bids":[["98","1"],["97","1"]],"asks":[["102","1"]]}"#,
    r#"{"e":"depthUpdate","E":3,"s":"BTCUSDT","U":13,"u":13,"b":[["98","3"]],"a":[]}"#,
    r#"{"e":"depthUpdate","E":4,"s":"BTCUSDT","U":14,"u":15,"b":[["99.5","0"]],"a":[["103","1"]]}"#,
    r#"{"e":"depthUpdate","E":5,"s":"BTCUSDT","U":19,"u":20,"b":[["98.5","1"]],"a":[]}"#,
    r#"{"lastUpdateId":20,"bids":[["98.5","1"]],"asks":[["102","1"]]}"#,
    r#"{"u":21,"s":"BTCUSDT","b":"98.5","B":"1","a":"102","A":"0.000001"}"#,
    r#"{"e":"depthUpdate","E":6,"s":"BTCUSDT","U":21,"u":22,"b":[["98.7","1"]],"a":[]}"#,
    r#"{"lastUpdateId":30,"bids":[["98.6","1"]],"asks":[]}"#,
    r#"{"u":31,"s":"BTCUSDT","b":"98.6","B":"1","a":"0","A":"0"}"#,
];

const COINBASE: &[&str] = &[
    "wss://ws-feed.pro.coinbase.com <-> 1618677816.8434298",
    r#"1618677817.02: {"type":"last_match","trade_id":1,"side":"sell","size":"0.1","price":"10","product_id":"A-B","time":"2021-04-17T16:43:30Z"}"#,
    r#"1618677817.03: {"type":"snapshot","product_id":"A-B","bids":[["9","1"],["8","1"]],"asks":[["11","1"]]}"#,
    r#"1618677817.04: {"type":"l2update","product_id":"A-B","changes":[["buy","9","0"],["sell","10.5","0.000001"]],"time":"2021-04-17T16:43:31Z"}"#,
    r#"1618677817.05: {"type":"match","trade_id":2,"side":"buy","size":"70000","price":"8","product_id":"A-B","time":"2021-04-17T16:43:32Z"}"#,
    r#"1618677817.06: {"type":"l2update","product_id":"AAAA-BBBB","changes":[["buy","9","1"]],"time":"2021-04-17T16:43:33Z"}"#,
    r#"1618677817.07: {"type":"ticker","product_id":"C-D","best_bid":"1","best_bid_size":"2","best_ask":"3","best_ask_size":"4","time":"2021-04-17T16:43:34Z"}"#,
    r#"1618677817.08: {"type":"ticker","product_id":"A-B","best_bid":"1","best_bid_size":"2","best_ask":"3","best_ask_size":"4","time":"2021-04-17T16:43:34Z"}"#,
];

const LOBSTER: &[&str] = &[
    "34200.1,3,5,100,999900,1",
    "34200.2,1,6,100,999900,1",
    "34200.3,1,7,50,1000100,-1",
    "34200.4,2,6,30,999900,1",
    "34200.5,4,6,70,999900,1",
    "34200.6,5,0,10,1000000,-1",
    "34200.7,6,-1,1000,1000000,-1",
    "34200.8,7,0,0,-1,-1",
    "34200.9,7,0,0,1,-1",
    "34201,3,7,50,1000100,-1",
];

#[test]
fn frames_and_rows_as_records() {
    check(Venue::Binance, BOOKS, &[], file(BINANCE), "binance.txt");
    let quotes = Streams { quotes: true, ..Streams::default() };
    check(Venue::Binance, quotes, &["BTCUSDT"], file(BINANCE), "binance-quotes.txt");
    check(Venue::Coinbase, BOOKS, &[], file(COINBASE), "coinbase.txt");
    // The first row is of an order from before.
    let name = "AAPL_2012-06-21_34200000_57600000_message_10.csv";
    check_named(Venue::Lobster, ALL, &[], (name, file(&LOBSTER[1..])), "lobster.txt");
}

/// Keeps every record.
#[derive(Default)]
struct Keep(Vec<Msg>);

impl Sink for Keep {
    fn publish(&mut self, record: Record) -> Result<(), Full> {
        self.0.push(record.msg);
        Ok(())
    }

    fn published(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Everything that is published of a real recording, `None` (and a printed line) where it is absent.
fn published(file: &str, streams: Streams) -> Option<Played<Keep>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures").join(file);
    if !path.exists() {
        println!("skipped: no capture at {}", path.display());
        return None;
    }
    let config = FeedConfig::new(SourceConfig::Capture { files: vec![path] });
    let played =
        offline::play(&config, Arc::default(), |_, _| Ok((Keep::default(), streams))).unwrap();
    assert!(!played.stopped && played.error.is_none());
    Some(played)
}

#[track_caller]
fn check_kinds<const N: usize>(msgs: &[Msg], expected: [(Kind, u64); N]) {
    let mut kinds = BTreeMap::new();
    for msg in msgs {
        *kinds.entry(msg.kind).or_default() += 1;
    }
    assert_eq!(kinds, expected.into_iter().collect());
}

/// The books that a strategy keeps from the records, against those of the feed; and all levels of
/// some symbols, folded into one number as the program in Python does.
fn check_books(played: &mut Played<Keep>, symbols: &[&str], expected: (u64, u64)) {
    let msgs = std::mem::take(&mut played.pipeline.publisher.sink().0);
    let mut copy = MsgBook::of_levels(1 << 14, 64).unwrap();
    for msg in &msgs {
        assert!(!matches!(copy.apply(msg), Applied::Fault(_)), "{msg:?}");
    }
    let book = played.pipeline.publisher.levels().unwrap();
    let (mut levels, mut hash) = (0, 0u64);
    for name in symbols {
        let symbol: Symbol = name.parse().unwrap();
        assert!(!copy.is_stale(symbol), "{symbol}");
        for side in [Side::Bid, Side::Ask] {
            let theirs: Vec<_> = copy.depth(symbol, side).collect();
            let number = number_of(played, symbol);
            assert!(LevelBook::depth(book, number, side).eq(theirs.iter().copied()), "{symbol}");
            for level in theirs {
                levels += 1;
                for part in [level.price.0 as u64, level.quantity] {
                    hash = hash.wrapping_mul(1_000_003).wrapping_add(part);
                }
            }
        }
    }
    assert_eq!((levels, hash), expected, "{hash:#x}");
}

fn number_of(played: &Played<Keep>, symbol: Symbol) -> u16 {
    let instruments = played.pipeline.publisher.instruments();
    (0..u16::MAX).find(|number| instruments.get(*number).symbol == symbol).unwrap()
}

/// The numbers are those of a program in Python that keeps the books by Binance's rules.
#[test]
fn minutes_of_binance() {
    let file = "crypto/binance-spot-btcusdt-20240808.gz";
    let Some(mut played) = published(file, Streams { levels: false, ..BOOKS }) else { return };
    let msgs = std::mem::take(&mut played.pipeline.publisher.sink().0);
    // Before the first ticker, one change of the book had a best offer.
    let quotes = 2 * (28_040 + 1);
    let kinds = [(Kind::Quote, quotes), (Kind::Trade, 9_757), (Kind::Gap, 1), (Kind::Clear, 1)];
    check_kinds(&msgs, kinds);
    // The gap before all of it, and the quotes of that change.
    let stale = msgs.iter().filter(|msg| msg.flags.contains(Flags::STALE)).count();
    assert_eq!(stale, 3);
    let last = msgs.iter().rfind(|msg| msg.kind == Kind::Quote).unwrap();
    assert_eq!((last.price.0, last.quantity), (61_686_000_000_000, 244_807));
    assert_eq!(played.pipeline.publisher.faults(), Default::default());
    let mut played = published(file, Streams { levels: true, ..Streams::default() }).unwrap();
    check_books(&mut played, &["BTCUSDT"], (1_209 + 2_196, 0x4b12_69b0_cf7e_e409));
}

#[test]
fn half_a_minute_of_coinbase() {
    let file = "crypto/coinbase-ws.txt.gz";
    let Some(mut played) = published(file, Streams { levels: false, ..BOOKS }) else { return };
    let msgs = std::mem::take(&mut played.pipeline.publisher.sink().0);
    let kinds = [(Kind::Quote, 2 * 1_778), (Kind::Trade, 107), (Kind::Clear, 10)];
    check_kinds(&msgs, kinds);
    assert_eq!(played.pipeline.publisher.faults(), Default::default());
    let mut played = published(file, Streams { levels: true, ..Streams::default() }).unwrap();
    let symbols = [
        "BAND-BTC", "BAND-GBP", "CRV-EUR", "DASH-BTC", "NMR-EUR", "NU-GBP", "SKL-BTC", "SKL-GBP",
        "SKL-USD", "YFI-BTC",
    ];
    check_books(&mut played, &symbols, (8_359, 0x8d7c_e636_3c72_a5b9));
}

#[test]
fn an_hour_of_lobster() {
    let file = "nasdaq/lobster/AAPL_2012-06-21_message_50.csv.gz";
    let Some(mut played) = published(file, ALL) else { return };
    let faults = played.pipeline.publisher.faults();
    assert_eq!((faults.unknown_orders, faults.over_reduced, faults.duplicate_orders), (84, 0, 0));
    assert_eq!(played.pipeline.publisher.book().live_orders(), 380);
    let msgs = std::mem::take(&mut played.pipeline.publisher.sink().0);
    let count = |kind| msgs.iter().filter(|msg| msg.kind == kind).count() as u64;
    assert_eq!(count(Kind::Add), 44_256);
    let gone = [Kind::Reduce, Kind::Delete, Kind::Execute].map(count);
    assert_eq!(gone.iter().sum::<u64>(), 469 + 41_004 + 4_067 - 84);
    assert_eq!(count(Kind::Trade), gone[2] + 2_201);
    assert!(msgs.iter().all(|msg| msg.symbol.name() == "AAPL" || msg.kind == Kind::Clear));
}

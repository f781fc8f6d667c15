//! What strategies are told of IEX.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use tickline_feed::source::Input;
use tickline_feed::venue::Venue;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::layout::Streams;

use crate::feed::{ALL, Feed, play};
use iex_wire::{Place, TOPS, message};

#[path = "../support/iex_wire.rs"]
pub mod iex_wire;

const TOP: Streams = Streams { orders: false, quotes: true, trades: true, levels: false };

/// A capture of datagrams, in the order in which they were sent.
pub fn capture(datagrams: &[Vec<u8>]) -> Vec<u8> {
    let mut file = [0xa1b2_3c4du32, 0x0004_0002, 0, 0, 65_535, 101].map(u32::to_le_bytes).concat();
    for (second, payload) in (1u32..).zip(datagrams) {
        let udp = 8 + payload.len() as u16;
        let mut packet = vec![0x45, 0];
        packet.extend((20 + udp).to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 233, 215, 21, 4]);
        packet.extend([7u16, 10_378, udp, 0].map(u16::to_be_bytes).concat());
        packet.extend(payload);
        let length = packet.len() as u32;
        file.extend([second, 0, length, length].map(u32::to_le_bytes).concat());
        file.extend(packet);
    }
    file
}

/// Datagrams of these messages, one each, from number 1 on.
pub fn numbered(place: Place, messages: &[Vec<u8>]) -> Vec<u8> {
    let datagram = |(number, message): (i64, &Vec<u8>)| {
        place.at(number).datagram(std::slice::from_ref(message))
    };
    capture(&(1..).zip(messages).map(datagram).collect::<Vec<_>>())
}

/// One record a line.
fn text(msgs: &[Msg]) -> String {
    let mut text = String::new();
    for msg in msgs {
        let what = match msg.status() {
            Some(status) => format!(
                "{:?} {} {}",
                status.topic,
                status.code.escape_ascii(),
                status.reason.escape_ascii()
            ),
            None => format!("{:?} {} {} #{}", msg.side, msg.price, msg.quantity, msg.id),
        };
        writeln!(text, "{:?} {} {what} {:?}", msg.kind, msg.symbol, msg.flags).unwrap();
    }
    text
}

/// All records of a capture, against a file that TICKLINE_GOLDEN=write writes anew.
#[track_caller]
pub fn check(venue: Venue, streams: Streams, filter: &[&str], file: Vec<u8>, golden: &str) {
    check_named(venue, streams, filter, ("a capture", file), golden);
}

/// As [`check`], of a file whose name matters.
#[track_caller]
pub fn check_named(
    venue: Venue,
    streams: Streams,
    filter: &[&str],
    (name, file): (&str, Vec<u8>),
    golden: &str,
) {
    let (mut feed, mut found) = (Feed::new(venue, streams, filter), Vec::new());
    play(&mut feed, Input::from_bytes(name, file), |_, msgs| found.extend_from_slice(msgs));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(golden);
    if std::env::var("TICKLINE_GOLDEN").is_ok_and(|what| what == "write") {
        std::fs::write(&path, text(&found)).unwrap();
    }
    assert_eq!(text(&found), std::fs::read_to_string(&path).unwrap(), "{golden}");
    assert_eq!(feed.publisher.faults(), Default::default());
}

pub fn price(e4: i64) -> [u8; 8] {
    e4.to_le_bytes()
}

pub fn quote(symbol: &str, bid: (u32, i64), ask: (u32, i64)) -> Vec<u8> {
    let sizes = [bid.0, ask.0].map(u32::to_le_bytes);
    message(b'Q', 0, symbol, &[&sizes[0], &price(bid.1), &price(ask.1), &sizes[1]])
}

pub fn trade(kind: u8, conditions: u8, symbol: &str, size: u32, at: i64, id: u64) -> Vec<u8> {
    message(kind, conditions, symbol, &[&size.to_le_bytes(), &price(at), &id.to_le_bytes()])
}

pub fn system(code: u8) -> Vec<u8> {
    message(b'S', code, "", &[])[..10].to_vec()
}

/// A day of two symbols: statuses that are as usual and others, quotes that change and others.
fn day_of_tops() -> Vec<Vec<u8>> {
    vec![
        system(b'O'),
        message(b'H', b'T', "ZIEXT", &[b"    "]),
        message(b'O', b'N', "ZIEXT", &[]),
        message(b'P', 0, "ZIEXT", &[b" "]),
        message(b'H', b'H', "ZXIET", &[b"T1  "]),
        system(b'R'),
        quote("ZIEXT", (0, 0), (0, 0)),
        quote("ZIEXT", (100, 990_500), (200, 990_700)),
        quote("ZIEXT", (100, 990_500), (200, 990_700)),
        trade(b'T', 0, "ZIEXT", 100, 990_700, 1),
        quote("ZIEXT", (100, 990_500), (100, 990_700)),
        message(b'H', b'H', "ZXIET", &[b"T1  "]),
        message(b'H', b'T', "ZXIET", &[b"    "]),
        quote("ZXIET", (0, 0), (500, 10_001)),
        trade(b'T', 0x20, "ZXIET", 7, 10_001, 2),
        trade(b'B', 0x20, "ZXIET", 7, 10_001, 2),
        message(b'P', 1, "ZIEXT", &[b"A"]),
        quote("ZIEXT", (0, 0), (0, 0)),
        message(b'X', b'M', "ZIEXT", &[&price(990_700)]),
        system(b'C'),
    ]
}

#[test]
fn a_short_day_of_tops() {
    check(Venue::IexTops, TOP, &[], numbered(TOPS, &day_of_tops()), "iex-tops.txt");
    let one = "iex-tops-zxiet.txt";
    check(Venue::IexTops, TOP, &["ZXIET"], numbered(TOPS, &day_of_tops()), one);
}

/// Two levels change in one event: no quote shows the state between.
#[test]
fn quotes_wait_for_the_end_of_an_event() {
    let level = |kind, complete: bool, size: u32, at| {
        message(kind, complete.into(), "ZIEXT", &[&size.to_le_bytes(), &price(at)])
    };
    let messages = [
        level(b'8', true, 100, 990_500),
        level(b'5', true, 100, 990_700),
        level(b'8', true, 300, 990_400),
        trade(b'T', 0, "ZIEXT", 100, 990_500, 9),
        level(b'8', false, 0, 990_500),
        level(b'5', false, 0, 990_700),
        level(b'5', true, 50, 990_600),
        message(b'E', b'C', "ZIEXT", &[]),
    ];
    let deep = Place { protocol: 0x8004, ..TOPS };
    check(Venue::IexDeep, TOP, &[], numbered(deep, &messages), "iex-deep.txt");
}

#[test]
fn orders_come_change_and_go() {
    let order = |kind, code, id: u64, size: u32, at| {
        message(kind, code, "ZIEXT", &[&id.to_le_bytes(), &size.to_le_bytes(), &price(at)])
    };
    let executed = |id: u64, size: u32, at, trade: u64| {
        [order(b'L', 0, id, size, at), trade.to_le_bytes().to_vec()].concat()
    };
    let messages = [
        order(b'a', b'8', 1, 100, 990_500),
        order(b'a', b'5', 2, 200, 990_700),
        order(b'M', 0, 1, 300, 990_600),
        executed(2, 50, 990_650, 77),
        executed(2, 150, 990_700, 78),
        message(b'R', 0, "ZIEXT", &[&1u64.to_le_bytes()]),
        order(b'a', b'8', 3, 100, 990_500),
        message(b'C', 0, "ZIEXT", &[]),
        order(b'a', b'8', 3, 100, 990_500),
    ];
    let deep_plus = Place { protocol: 0x8005, ..TOPS };
    check(Venue::IexDeepPlus, ALL, &[], numbered(deep_plus, &messages), "iex-deep-plus.txt");
}

/// A jump, and the same session from its start: the strategy is told of both.
#[test]
fn gaps_and_resets_are_told_in_band() {
    let quote = |size| quote("ZIEXT", (size, 990_500), (0, 0));
    let file = capture(&[
        TOPS.datagram(&[quote(1)]),
        TOPS.at(5).datagram(&[quote(2)]),
        TOPS.datagram(&[quote(2), quote(3)]),
    ]);
    check(Venue::IexTops, TOP, &[], file, "iex-reset.txt");
}

pub fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/iex");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

/// Records by kind. Every pair of quotes must be a change, and quotes must end their event.
fn published(venue: Venue, file: &str) -> Option<BTreeMap<String, u64>> {
    let mut feed = Feed::new(venue, TOP, &[]);
    let (mut kinds, mut tops) = (BTreeMap::new(), HashMap::new());
    play(&mut feed, Input::open(captures()?.join(file)).unwrap(), |_, msgs| {
        for msg in msgs {
            *kinds.entry(format!("{:?}", msg.kind)).or_default() += 1;
        }
        if let [bid, ask] = msgs
            && bid.kind == Kind::Quote
        {
            assert_eq!((bid.side, ask.side), (Side::Bid, Side::Ask));
            assert!(!bid.flags.contains(Flags::LAST) && ask.flags.contains(Flags::LAST));
            let top = [bid, ask].map(|msg| (msg.price, msg.quantity));
            assert_ne!(tops.insert(bid.symbol, top), Some(top));
        } else {
            assert!(msgs.len() <= 1, "{msgs:?}");
        }
    });
    assert_eq!(feed.publisher.faults(), Default::default());
    Some(kinds)
}

fn expected<const N: usize>(kinds: [(&str, u64); N]) -> BTreeMap<String, u64> {
    kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

/// Counted by another program: changes of the quotes of each symbol, and of its statuses.
#[test]
fn a_real_day_of_tops() {
    let Some(found) = published(Venue::IexTops, "tops16-20170710.pcapng.gz") else { return };
    let statuses = 4 + 4 + 2 + 5;
    let kinds = [("Quote", 2 * 3_456), ("Trade", 6_390), ("TradeBreak", 3), ("Status", statuses)];
    assert_eq!(found, expected(kinds));
}

#[test]
fn a_real_morning_of_deep() {
    let Some(found) = published(Venue::IexDeep, "deep10-20231002.pcap.gz") else { return };
    let statuses = 285 + 31 + 22 + 1;
    assert_eq!(found, expected([("Quote", 2 * 1_820), ("Trade", 37), ("Status", statuses)]));
}

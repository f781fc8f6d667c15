//! What strategies are told of DBN.

use std::fmt::Write;
use std::path::Path;

use dbn::encode::{DbnEncoder, EncodeRecord};
use dbn::{
    BidAskPair, FlagSet, InstrumentDefMsg, MboMsg, Mbp1Msg, Metadata, RecordHeader, SType, Schema,
    StatusMsg, rtype,
};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::Price;

use crate::dbn_loop::{TOP, records};
use crate::feed::ALL;

/// 2023-11-14 in nanoseconds.
const DAY: u64 = 1_699_920_000_000_000_000;

fn mbo(action: u8, side: u8, id: u64, price: i64, size: u32, flags: u8) -> MboMsg {
    MboMsg {
        hd: RecordHeader::new::<MboMsg>(rtype::MBO, 1, 7, DAY),
        order_id: id,
        price: price.saturating_mul(Price::SCALE),
        size,
        flags: FlagSet::from(flags),
        channel_id: 0,
        action: action as _,
        side: side as _,
        ts_recv: DAY + 1,
        ts_in_delta: 0,
        sequence: 0,
    }
}

fn file(
    schema: Option<Schema>,
    names: &[(u32, &str)],
    records: &[&dyn Fn(&mut Encoder)],
) -> Vec<u8> {
    let mapping = |(id, name): &(u32, &str)| dbn::SymbolMapping {
        raw_symbol: (*name).to_owned(),
        intervals: vec![dbn::MappingInterval {
            start_date: time::macros::date!(2023 - 11 - 14),
            end_date: time::macros::date!(2023 - 11 - 15),
            symbol: id.to_string(),
        }],
    };
    let metadata = Metadata::builder()
        .dataset("TEST")
        .schema(schema)
        .start(DAY)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .mappings(names.iter().map(mapping).collect())
        .build();
    let mut encoder = DbnEncoder::new(Vec::new(), &metadata).unwrap();
    for record in records {
        record(&mut encoder);
    }
    encoder.get_ref().clone()
}

type Encoder = DbnEncoder<Vec<u8>>;

fn add<R: dbn::encode::DbnEncodable>(encoder: &mut Encoder, record: &R) {
    encoder.encode_record(record).unwrap();
}

/// One record a line, against a file that TICKLINE_GOLDEN=write writes anew.
#[track_caller]
fn check(streams: Streams, bytes: &[u8], golden: &str) {
    let mut text = String::new();
    for Record { msg, exchange_ts, .. } in records(bytes, streams).0 {
        let what = match msg.status() {
            Some(status) => format!(
                "{:?} {} {}",
                status.topic,
                status.code.escape_ascii(),
                status.reason.escape_ascii()
            ),
            None => format!("{:?} {} {} #{}", msg.side, msg.price, msg.quantity, msg.id),
        };
        let after = exchange_ts - DAY;
        writeln!(text, "+{after} {:?} {} {what} {:?}", msg.kind, msg.symbol, msg.flags).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(golden);
    if std::env::var("TICKLINE_GOLDEN").is_ok_and(|what| what == "write") {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{golden}");
}

const LAST: u8 = dbn::flags::LAST;

/// Every action, also of orders that were never seen, and what else comes with orders.
#[test]
fn a_short_day_of_orders() {
    let (gone, none) = (dbn::flags::MAYBE_BAD_BOOK, i64::MAX);
    let snapshot = dbn::flags::SNAPSHOT;
    let orders = [
        mbo(b'R', b'N', 0, none, 0, snapshot),
        mbo(b'A', b'B', 1, 99, 10, snapshot),
        mbo(b'A', b'A', 2, 101, 20, snapshot | LAST),
        // An aggressor hits order 1: the fill changes no book, the cancel does.
        mbo(b'T', b'A', 50, 99, 4, 0),
        mbo(b'F', b'B', 1, 99, 4, 0),
        mbo(b'C', b'B', 1, 99, 4, LAST),
        // One at a time, then both at once.
        mbo(b'M', b'A', 2, 102, 15, 0),
        mbo(b'M', b'B', 1, 98, 3, LAST),
        mbo(b'M', b'B', 1, 98, 0, LAST),
        mbo(b'C', b'A', 2, 102, 15, LAST),
        // Orders that nobody saw enter: what is said of them is told.
        mbo(b'C', b'A', 77, 105, 1, LAST | gone),
        mbo(b'M', b'B', 78, 95, 2, LAST),
        mbo(b'A', b'N', 79, 95, 2, LAST),
        mbo(b'N', b'N', 0, none, 0, LAST),
        mbo(b'T', b'N', 0, 97, 1, LAST),
        mbo(b'R', b'N', 0, none, 0, LAST),
    ];
    let mut status = StatusMsg {
        hd: RecordHeader::new::<StatusMsg>(rtype::STATUS, 1, 7, DAY + 2),
        action: 8,
        reason: 30,
        is_trading: b'N' as _,
        is_quoting: b'N' as _,
        ..StatusMsg::default()
    };
    let halted = status.clone();
    (status.action, status.reason, status.is_trading) = (7, 0, b'Y' as _);
    let renamed = InstrumentDefMsg {
        hd: RecordHeader::new::<InstrumentDefMsg>(rtype::INSTRUMENT_DEF, 1, 9, DAY + 3),
        raw_symbol: dbn::record::str_to_c_chars("AAPL  240119C00100000").unwrap(),
        ..InstrumentDefMsg::default()
    };
    let mut of_renamed = mbo(b'A', b'B', 3, 1, 1, LAST);
    of_renamed.hd.instrument_id = 9;
    let mut nameless = of_renamed.clone();
    (nameless.hd.instrument_id, nameless.order_id) = (123_456_789, 4);
    let bytes = file(
        Some(Schema::Mbo),
        &[(7, "ESM4")],
        &[
            &|encoder| orders.iter().for_each(|order| add(encoder, order)),
            &|encoder| add(encoder, &halted),
            &|encoder| add(encoder, &status),
            &|encoder| add(encoder, &renamed),
            &|encoder| add(encoder, &of_renamed),
            &|encoder| add(encoder, &nameless),
        ],
    );
    check(ALL, &bytes, "dbn-orders.txt");
    check(TOP, &bytes, "dbn-top.txt");
}

/// Within an event the top is not looked at, except with a trade.
#[test]
fn a_short_day_of_tops() {
    let top = |action: u8, side: u8, flags: u8, bid: (i64, u32), ask: (i64, u32)| Mbp1Msg {
        hd: RecordHeader::new::<Mbp1Msg>(rtype::MBP_1, 1, 7, DAY),
        price: 100 * Price::SCALE,
        size: 3,
        action: action as _,
        side: side as _,
        flags: FlagSet::from(flags),
        ts_recv: DAY + 1,
        sequence: 55,
        levels: [BidAskPair {
            bid_px: bid.0.saturating_mul(Price::SCALE),
            bid_sz: bid.1,
            ask_px: ask.0.saturating_mul(Price::SCALE),
            ask_sz: ask.1,
            ..BidAskPair::default()
        }],
        ..Mbp1Msg::default()
    };
    let none = (i64::MAX, 0);
    let tops = [
        top(b'A', b'B', LAST, (99, 10), none),
        top(b'A', b'A', 0, (99, 10), (101, 5)),
        top(b'A', b'A', LAST, (99, 10), (101, 8)),
        top(b'T', b'B', 0, (99, 10), (101, 8)),
        top(b'C', b'A', LAST, (99, 10), (101, 5)),
        top(b'M', b'N', LAST, (99, 10), (101, 5)),
        top(b'T', b'A', LAST, (98, 10), (101, 5)),
        top(b'R', b'N', LAST, none, none),
    ];
    let bytes = file(
        Some(Schema::Mbp1),
        &[(7, "ESM4")],
        &[&|encoder| {
            tops.iter().for_each(|top| add(encoder, top));
        }],
    );
    check(ALL, &bytes, "dbn-mbp-1.txt");
}

//! What is written is read back with the crate `dbn`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Cursor;

use dbn::decode::{DbnMetadata, DecodeRecordRef};
use dbn::{MboMsg, Mbp1Msg, Metadata, TradeMsg};
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::{Price, Symbol};

use super::{Ambiguous, Schema, Writer, Written};

/// The day on which the records of these tests happen, 2023-11-14.
const DAY: u64 = 1_699_920_000_000_000_000;

const LAST: Flags = Flags::LAST;
const MORE: Flags = Flags(0);

fn msg(kind: Kind, id: u64, side: Side, price: i64, quantity: u32, flags: Flags) -> Msg {
    let symbol = "ESM4".parse().unwrap();
    Msg { id, price: Price(price), quantity, kind, side, flags, venue: 0, symbol }
}

fn of(symbol: &str, msg: Msg) -> Msg {
    Msg { symbol: symbol.parse().unwrap_or(Symbol::NONE), ..msg }
}

/// Writes records, a nanosecond apart, and reads the file.
fn file(schema: Schema, msgs: &[Msg]) -> (Metadata, String, Written) {
    let mut writer = Writer::new(schema, "TEST", DAY, Cursor::new(Vec::new()));
    for (ts, msg) in (0..).zip(msgs) {
        writer.record(msg, ts).unwrap();
    }
    let names = HashMap::from([("NQM~4".parse().unwrap(), "NQM4 long name".to_owned())]);
    let mut file = Vec::new();
    let written = writer.finish(&names, &mut file).unwrap();
    let mut decoder = dbn::decode::dbn::Decoder::new(file.as_slice()).unwrap();
    let metadata = decoder.metadata().clone();
    let mut text = String::new();
    while let Some(record) = decoder.decode_record_ref().unwrap() {
        let header = record.header();
        write!(text, "{} +{} ", header.instrument_id, header.ts_event - DAY).unwrap();
        let about = |action, side, price, size, flags: dbn::FlagSet| {
            let flags = flags.raw() & !dbn::flags::BAD_TS_RECV;
            let price = Price(price);
            format!("{}{} {price} x{size} {flags}", action as u8 as char, side as u8 as char)
        };
        if let Some(it) = record.get::<MboMsg>() {
            let about = about(it.action, it.side, it.price, it.size, it.flags);
            writeln!(text, "#{} {about}", it.order_id).unwrap();
        } else if let Some(it) = record.get::<Mbp1Msg>() {
            let about = about(it.action, it.side, it.price, it.size, it.flags);
            let [top] = &it.levels;
            let (bid, ask) = (Price(top.bid_px), Price(top.ask_px));
            writeln!(text, "{about} [{bid} x{} {ask} x{}]", top.bid_sz, top.ask_sz).unwrap();
        } else if let Some(it) = record.get::<TradeMsg>() {
            writeln!(text, "{}", about(it.action, it.side, it.price, it.size, it.flags)).unwrap();
        }
    }
    (metadata, text, written)
}

const ONE: i64 = Price::SCALE;

#[test]
fn orders_become_mbo() {
    let (bid, ask) = (Side::Bid, Side::Ask);
    let (metadata, text, written) = file(
        Schema::Mbo,
        &[
            msg(Kind::Add, 1, bid, 5 * ONE, 10, LAST | Flags::FROM_SNAPSHOT),
            msg(Kind::Reduce, 1, bid, 5 * ONE, 3, LAST),
            msg(Kind::Replace, 1, bid, 5 * ONE, 7, MORE),
            msg(Kind::Add, 1, bid, 6 * ONE, 9, LAST),
            msg(Kind::Replace, 1, bid, 6 * ONE, 9, MORE),
            msg(Kind::Add, 2, bid, 6 * ONE, 8, LAST),
            msg(Kind::Execute, 2, bid, 6 * ONE, 2, MORE),
            msg(Kind::Trade, 77, bid, 5 * ONE, 2, LAST),
            msg(Kind::Execute, 2, bid, 6 * ONE, 1, LAST),
            of("NQM~4", msg(Kind::Trade, 78, Side::None, 7 * ONE, 4, LAST)),
            msg(Kind::Trade, 9, ask, 6 * ONE, 5, MORE),
            msg(Kind::Fill, 2, ask, 6 * ONE, 5, MORE),
            msg(Kind::Delete, 2, bid, 6 * ONE, 5, LAST),
        ],
    );
    assert_eq!(
        text,
        "1 +0 #1 AB 5.00 x10 160\n\
         1 +1 #1 CB 5.00 x3 128\n\
         1 +3 #1 MB 6.00 x9 128\n\
         1 +4 #1 CB 6.00 x9 0\n\
         1 +5 #2 AB 6.00 x8 128\n\
         1 +7 #77 TA 5.00 x2 0\n\
         1 +6 #2 FB 5.00 x2 0\n\
         1 +6 #2 CB 6.00 x2 128\n\
         1 +8 #2 FB 6.00 x1 0\n\
         1 +8 #2 CB 6.00 x1 128\n\
         2 +9 #78 TN 7.00 x4 128\n\
         1 +10 #9 TB 6.00 x5 0\n\
         1 +11 #2 FA 6.00 x5 0\n\
         1 +12 #2 CB 6.00 x5 128\n"
    );
    assert_eq!(written, Written { records: 14, left_out: 0 });
    assert_eq!((metadata.version, metadata.dataset.as_str()), (3, "TEST"));
    assert_eq!(metadata.schema, Some(dbn::Schema::Mbo));
    assert_eq!((metadata.start, metadata.end.unwrap().get()), (DAY, DAY + 13));
    assert_eq!(metadata.symbols, ["ESM4", "NQM4 long name"]);
    let map = metadata.symbol_map_for_date(metadata.start().date()).unwrap();
    assert_eq!([1, 2].map(|id| map.get(id).unwrap().as_str()), ["ESM4", "NQM4 long name"]);
}

/// Between orders come records without a place: the end of an event that they tell is not lost.
#[test]
fn what_an_event_ends_with_may_be_left_out() {
    let quote = |side, flags| msg(Kind::Quote, 1, side, ONE, 1, flags);
    let (_, text, written) = file(
        Schema::Mbo,
        &[
            msg(Kind::Add, 1, Side::Bid, ONE, 1, MORE),
            quote(Side::Bid, MORE),
            quote(Side::Ask, LAST),
            msg(Kind::Execute, 1, Side::Bid, ONE, 1, MORE),
            quote(Side::Bid, MORE),
            quote(Side::Ask, LAST),
            msg(Kind::Replace, 3, Side::Ask, ONE, 1, MORE),
        ],
    );
    assert_eq!(
        text,
        "1 +0 #1 AB 1.00 x1 128\n1 +3 #1 FB 1.00 x1 0\n1 +3 #1 CB 1.00 x1 128\n1 +6 #3 CA 1.00 x1 0\n"
    );
    assert_eq!(written, Written { records: 4, left_out: 4 });
}

#[test]
fn a_gap_is_told_until_the_book_is_cleared() {
    let add = |id| msg(Kind::Add, id, Side::Bid, ONE, 1, LAST);
    let gap = of("", msg(Kind::Gap, 7, Side::None, Price::NONE.0, 9, LAST));
    let clear = |symbol| of(symbol, msg(Kind::Clear, 0, Side::None, Price::NONE.0, 0, LAST));
    let both = [add(1), gap, of("NQM4", add(2)), clear("")];
    let msgs = [&both[..], &[add(3), gap, clear("NQM4")]].concat();
    let (_, text, _) = file(Schema::Mbo, &msgs);
    assert_eq!(
        text,
        "1 +0 #1 AB 1.00 x1 128\n\
         2 +2 #2 AB 1.00 x1 132\n\
         1 +3 #0 RN - x0 128\n\
         2 +3 #0 RN - x0 128\n\
         1 +4 #3 AB 1.00 x1 128\n\
         2 +6 #0 RN - x0 128\n"
    );
}

#[test]
fn quotes_become_mbp_1() {
    let quote = |side, price, quantity, flags| msg(Kind::Quote, 1, side, price, quantity, flags);
    let pair = |bid: (i64, u32), ask: (i64, u32)| {
        [quote(Side::Bid, bid.0, bid.1, MORE), quote(Side::Ask, ask.0, ask.1, LAST)]
    };
    let none = (Price::NONE.0, 0);
    let trade = msg(Kind::Trade, 5, Side::Ask, 3 * ONE, 1, LAST);
    let clear = msg(Kind::Clear, 0, Side::None, Price::NONE.0, 0, LAST);
    let msgs = [
        &pair((2 * ONE, 10), none)[..],
        &pair((2 * ONE, 10), (3 * ONE, 5)),
        &[trade],
        &pair((2 * ONE, 10), (3 * ONE, 4)),
        &pair((ONE, 1), (4 * ONE, 1)),
        &pair(none, (4 * ONE, 1)),
        &[clear],
        &pair((ONE, 1), none),
        &[msg(Kind::Add, 1, Side::Bid, ONE, 1, LAST)],
    ];
    let (metadata, text, written) = file(Schema::Mbp1, &msgs.concat());
    assert_eq!(
        text,
        "1 +1 AB 2.00 x10 128 [2.00 x10 - x0]\n\
         1 +3 AA 3.00 x5 128 [2.00 x10 3.00 x5]\n\
         1 +4 TB 3.00 x1 128 [2.00 x10 3.00 x5]\n\
         1 +6 MA 3.00 x4 128 [2.00 x10 3.00 x4]\n\
         1 +8 MN - x0 128 [1.00 x1 4.00 x1]\n\
         1 +10 CB - x0 128 [- x0 4.00 x1]\n\
         1 +11 RN - x0 128 [- x0 - x0]\n\
         1 +13 AB 1.00 x1 128 [1.00 x1 - x0]\n"
    );
    assert_eq!(written, Written { records: 8, left_out: 1 });
    assert_eq!(metadata.schema, Some(dbn::Schema::Mbp1));
}

#[test]
fn trades_are_a_schema_too() {
    let msgs = [
        msg(Kind::Trade, 5, Side::Ask, 3 * ONE, 1, MORE),
        msg(Kind::Delete, 5, Side::Ask, 3 * ONE, 1, LAST),
        msg(Kind::Trade, 6, Side::Bid, 4 * ONE, 2, LAST),
    ];
    let (metadata, text, written) = file(Schema::Trades, &msgs);
    assert_eq!(text, "1 +0 TB 3.00 x1 128\n1 +2 TA 4.00 x2 128\n");
    assert_eq!(written, Written { records: 2, left_out: 1 });
    assert_eq!(metadata.schema, Some(dbn::Schema::Trades));
}

#[test]
fn an_empty_file_is_one_too() {
    let (metadata, text, written) = file(Schema::Mbo, &[]);
    assert_eq!((text.as_str(), written), ("", Written::default()));
    assert_eq!((metadata.start, metadata.end), (0, None));
}

#[test]
fn a_dataset_with_a_long_name_is_an_error() {
    let writer = Writer::new(Schema::Mbo, "0123456789abcdefg", 0, Cursor::new(Vec::new()));
    let error = writer.finish(&HashMap::new(), Vec::new()).unwrap_err();
    assert!(error.to_string().contains("0123456789abcdefg"), "{error}");
}

#[test]
fn the_schema_follows_from_what_is_published_or_is_asked_for() {
    let streams = |orders, quotes, trades| Streams { orders, quotes, trades, ..Streams::default() };
    let levels = Streams { levels: true, ..streams(false, false, true) };
    assert_eq!(Schema::of(levels), Err(Ambiguous::Levels));
    assert_eq!(Schema::of(Streams { quotes: true, ..levels }), Ok(Schema::Mbp1));
    assert_eq!(Schema::of(streams(true, false, true)), Ok(Schema::Mbo));
    assert_eq!(Schema::of(streams(false, true, true)), Ok(Schema::Mbp1));
    assert_eq!(Schema::of(streams(false, false, true)), Ok(Schema::Trades));
    assert_eq!(Schema::of(streams(true, true, false)), Err(Ambiguous::OrdersAndQuotes));
    assert_eq!(Schema::of(streams(false, false, false)), Err(Ambiguous::Nothing));
    for (schema, name) in Schema::ALL {
        assert_eq!((name.parse(), schema.to_string()), (Ok(schema), name.to_owned()));
    }
    assert!("tbbo".parse::<Schema>().unwrap_err().to_string().contains("mbp-1"));
}

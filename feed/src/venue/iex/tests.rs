//! One example a type, put together in the order of the specifications, and the same cut short.

use std::path::Path;

use tickline_shared::book::Level;
use tickline_shared::instruments::Listing;
use tickline_shared::msg::{Flags, Side, Status, Topic};
use tickline_shared::units::{Price, Symbol};

use crate::venue::Refused;
use crate::venue::iex_deep::IexDeep;
use crate::venue::iex_deep_plus::IexDeepPlus;
use crate::venue::iex_tops::IexTops;
use crate::venue::market::{Best, Decoded, Decoder, MarketEvent, Setting};

const TIME: u64 = 1_471_980_632_572_715_948;

/// A message of ZIEXT at [`TIME`]; but for `S`, which has no symbol.
fn message(kind: u8, code: u8, body: &[&[u8]]) -> Vec<u8> {
    let symbol: &[u8] = if kind == b'S' { b"" } else { b"ZIEXT   " };
    [&[kind, code], &TIME.to_le_bytes()[..], symbol, &body.concat()].concat()
}

/// Decodes an example; every shorter one is refused, and a longer one says the same.
#[track_caller]
fn check<D: Decoder<Instrument = Symbol>>(bytes: &[u8], event: MarketEvent) {
    let symbol = if bytes[0] == b'S' { "" } else { "ZIEXT" };
    let mut expected = Decoded {
        kind: bytes[0],
        longer: false,
        timestamp: TIME,
        instrument: symbol.parse().unwrap_or(Symbol::NONE),
        event,
    };
    let mut decoder = decoder::<D>();
    assert_eq!(decoder.decode(bytes), Ok(expected));
    assert_eq!(D::length(bytes[0]), Some(bytes.len()));
    for shorter in 1..bytes.len() {
        assert_eq!(decoder.decode(&bytes[..shorter]), Err(Refused::Short(bytes[0])));
    }
    expected.longer = true;
    assert_eq!(decoder.decode(&[bytes, &[0xff; 4]].concat()), Ok(expected));
}

fn decoder<D: Decoder>() -> D {
    D::new(&Setting::of(Path::new("an example")))
}

fn ziext() -> Symbol {
    "ZIEXT".parse().unwrap()
}

fn status(topic: Topic, code: u8, reason: &[u8; 4]) -> MarketEvent {
    MarketEvent::Status { status: Status { topic, code, reason: *reason }, symbol: ziext() }
}

/// What all feeds have.
fn check_common<D: Decoder<Instrument = Symbol>>() {
    check::<D>(&message(b'S', b'O', &[]), MarketEvent::DayStart);
    let open = Status { topic: Topic::Venue, code: b'R', reason: [0; 4] };
    let open = MarketEvent::Status { status: open, symbol: Symbol::NONE };
    check::<D>(&message(b'S', b'R', &[]), open);
    let price = 990_500i64.to_le_bytes();
    check::<D>(
        &message(b'D', 0x80, &[&100u32.to_le_bytes(), &price, &[1]]),
        MarketEvent::Directory(Listing::new(ziext().into()).with_decimals(4, 0).with_lot(100)),
    );
    check::<D>(&message(b'H', b'H', &[b"T1  "]), status(Topic::Trading, b'H', b"T1\0\0"));
    check::<D>(&message(b'I', b'A', &[]), status(Topic::Retail, b'A', b"\0\0\0\0"));
    check::<D>(&message(b'O', b'O', &[]), status(Topic::Operational, b'O', b"\0\0\0\0"));
    check::<D>(&message(b'P', 1, &[b"A"]), status(Topic::ShortSale, b'1', b"A\0\0\0"));
    check::<D>(&message(b'P', 0, &[b" "]), status(Topic::ShortSale, b'0', b"\0\0\0\0"));
    let trade = [&100u32.to_le_bytes()[..], &price, &429_974u64.to_le_bytes()];
    for (conditions, flags) in
        [(0, Flags(0)), (0x98, Flags(0)), (0x40, Flags::VOLUME_ONLY), (0x20, Flags::VOLUME_ONLY)]
    {
        let event = MarketEvent::Trade {
            match_id: 429_974,
            side: Side::None,
            price: Price::from_e4(990_500),
            quantity: 100,
            flags,
            symbol: ziext(),
        };
        check::<D>(&message(b'T', conditions, &trade), event);
    }
    check::<D>(&message(b'B', 0, &trade), MarketEvent::TradeBreak { match_id: 429_974 });
    assert_eq!(decoder::<D>().decode(b""), Err(Refused::Empty));
    assert_eq!(decoder::<D>().decode(b"?"), Err(Refused::Unknown(b'?')));
}

/// What TOPS and DEEP have.
fn check_auctions<D: Decoder<Instrument = Symbol>>() {
    check::<D>(&message(b'X', b'Q', &[&990_500i64.to_le_bytes()]), MarketEvent::Other);
    check::<D>(&message(b'A', b'C', &[&[7; 62]]), MarketEvent::Other);
}

#[test]
fn tops() {
    check_common::<IexTops>();
    check_auctions::<IexTops>();
    let quote = |bid: u32, ask: u32| {
        let prices = [990_500i64.to_le_bytes(), 990_700i64.to_le_bytes()].concat();
        message(b'Q', 0, &[&bid.to_le_bytes(), &prices, &ask.to_le_bytes()])
    };
    let best = |price, quantity| Best::new(Price::from_e4(price), quantity);
    let (bid, ask) = (best(990_500, 9_700), best(990_700, 1_000));
    check::<IexTops>(&quote(9_700, 1_000), MarketEvent::Quote { bid, ask });
    let ask = best(990_700, 0);
    assert_eq!(ask.level(), Level::NONE);
    check::<IexTops>(&quote(9_700, 0), MarketEvent::Quote { bid, ask });
}

#[test]
fn deep() {
    check_common::<IexDeep>();
    check_auctions::<IexDeep>();
    let closed = status(Topic::Auction, b'C', b"\0\0\0\0");
    check::<IexDeep>(&message(b'E', b'C', &[]), closed);
    for (kind, side) in [(b'8', Side::Bid), (b'5', Side::Ask)] {
        for complete in [true, false] {
            let body = [&9_700u32.to_le_bytes()[..], &990_500i64.to_le_bytes()];
            let price = Price::from_e4(990_500);
            let flags = Flags::default();
            let event = MarketEvent::Level { side, price, quantity: 9_700, flags, complete };
            check::<IexDeep>(&message(kind, complete.into(), &body), event);
        }
    }
}

#[test]
fn deep_plus() {
    check_common::<IexDeepPlus>();
    let check = |kind, code, body: &[&[u8]], event| {
        check::<IexDeepPlus>(&message(kind, code, body), event);
    };
    let (id, trade) = (429_974u64.to_le_bytes(), 167_830u64.to_le_bytes());
    let (size, wire_price) = (100u32.to_le_bytes(), 990_500i64.to_le_bytes());
    let (price, symbol) = (Price::from_e4(990_500), ziext());
    for (code, side) in [(b'8', Side::Bid), (b'5', Side::Ask)] {
        let event = MarketEvent::Add { id: 429_974, side, price, quantity: 100, symbol };
        check(b'a', code, &[&id, &size, &wire_price], event);
    }
    let modified = MarketEvent::Replace { old: 429_974, id: 429_974, price, quantity: 100 };
    check(b'M', 0, &[&id, &size, &wire_price], modified);
    check(b'R', 0, &[&id], MarketEvent::Delete { id: 429_974 });
    let executed = MarketEvent::Execute {
        id: 429_974,
        quantity: 100,
        match_id: 167_830,
        price: Some(price),
        flags: Flags::VOLUME_ONLY,
    };
    check(b'L', 0x20, &[&id, &size, &wire_price, &trade], executed);
    check(b'C', 0, &[], MarketEvent::ClearBook);
    check(b'E', b'O', &[], status(Topic::Auction, b'O', b"\0\0\0\0"));
}

//! Real order events (LOBSTER's reconstruction of AAPL, 21 June 2012), as they are and re-encoded as
//! ITCH 5.0, decoded and applied to the book: against the published book after each event, and
//! against a naive one.

// Nobody can reach into a test: `pub` here says "for the other files".
#![allow(unreachable_pub)]

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use tickline_feed::venue::lobster::Lobster;
use tickline_feed::venue::market::{Decoded, Decoder, MarketEvent, Setting};
use tickline_feed::venue::nasdaq_itch50::market::NasdaqItch50;
use tickline_feed::venue::nasdaq_itch50::{
    AddOrder, Header, OrderCancel, OrderDelete, OrderExecuted, StockTradingAction, Trade, U48,
};
use tickline_shared::book::{Book, Level};
use tickline_shared::msg::Side;
use tickline_shared::units::Price;
use zerocopy::IntoBytes;

#[path = "support/itch_book.rs"]
mod itch_book;

use itch_book::{Faults, apply};

const LOCATE: u16 = 13;
const STOCK: [u8; 8] = *b"AAPL    ";

/// A row of a LOBSTER message file.
#[derive(Clone, Copy, Debug)]
struct Row {
    ns: u64,
    kind: u8,
    id: u64,
    size: u32,
    price: u32,
    buys: bool,
}

impl Row {
    fn parse(line: &str) -> Row {
        let [time, kind, id, size, price, direction] =
            line.trim_end().split(',').collect::<Vec<_>>().try_into().unwrap();
        let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let fraction: u64 = format!("{fraction:0<9}").parse().unwrap();
        Row {
            ns: seconds.parse::<u64>().unwrap() * 1_000_000_000 + fraction,
            kind: kind.parse().unwrap(),
            id: id.parse().unwrap(),
            size: size.parse().unwrap(),
            price: price.parse().unwrap(),
            buys: direction == "1",
        }
    }

    /// As ITCH, where `whole` says that a deletion takes all that is left of its order.
    fn encode(&self, whole: bool) -> Vec<u8> {
        let header = |kind| Header {
            kind,
            stock_locate: LOCATE.into(),
            tracking_number: 0.into(),
            timestamp: U48::new(self.ns),
        };
        let side = if self.buys { b'B' } else { b'S' };
        let (order_reference, price) = (self.id.into(), self.price.into());
        match self.kind {
            1 => {
                let (header, shares) = (header(b'A'), self.size.into());
                let add = AddOrder { header, order_reference, side, shares, stock: STOCK, price };
                add.as_bytes().to_vec()
            }
            3 if whole => OrderDelete { header: header(b'D'), order_reference }.as_bytes().to_vec(),
            2 | 3 => {
                let (header, cancelled_shares) = (header(b'X'), self.size.into());
                OrderCancel { header, order_reference, cancelled_shares }.as_bytes().to_vec()
            }
            4 => {
                let (header, executed_shares) = (header(b'E'), self.size.into());
                let match_number = 1.into();
                let executed =
                    OrderExecuted { header, order_reference, executed_shares, match_number };
                executed.as_bytes().to_vec()
            }
            5 => Trade {
                header: header(b'P'),
                order_reference: 0.into(),
                side,
                shares: self.size.into(),
                stock: STOCK,
                price,
                match_number: 1.into(),
            }
            .as_bytes()
            .to_vec(),
            7 => StockTradingAction {
                header: header(b'H'),
                stock: STOCK,
                trading_state: b'H',
                reserved: b' ',
                reason: *b"    ",
            }
            .as_bytes()
            .to_vec(),
            kind => panic!("an event of type {kind}"),
        }
    }
}

/// What an event says, as ITCH carries it.
fn of_itch(row: &Row, whole: bool) -> Decoded {
    NasdaqItch50.decode(&row.encode(whole)).unwrap()
}

/// What an event says in LOBSTER's own row.
fn of_lobster(row: &Row, whole: bool) -> Decoded {
    let Row { ns, kind, id, size, price, buys } = *row;
    let (seconds, fraction) = (ns / 1_000_000_000, ns % 1_000_000_000);
    let kind = if kind == 3 && !whole { 2 } else { kind };
    let direction = if buys { "1" } else { "-1" };
    let line = format!("{seconds}.{fraction:09},{kind},{id},{size},{price},{direction}");
    let mut decoder = Lobster::new(&Setting::of(Path::new("AAPL_message.csv")));
    let decoded = decoder.decode(line.as_bytes()).unwrap();
    assert_eq!((decoded.timestamp, decoded.instrument.name().as_str()), (ns, "AAPL"));
    let Decoded { kind, longer, timestamp, event, .. } = decoded;
    Decoded { kind, longer, timestamp, event, instrument: LOCATE }
}

/// The folder of LOBSTER files, `None` (and a printed line) where it is absent.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/nasdaq/lobster");
    if !folder.is_dir() {
        println!("skipped: no captures at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// A published book: price and size of each level, best first; asks, bids.
fn published(line: &str) -> [Vec<(u32, u32)>; 2] {
    let numbers: Vec<i64> = line.trim_end().split(',').map(|n| n.parse().unwrap()).collect();
    let side = |offset: usize| {
        let levels = numbers.chunks(4).map(|level| (level[offset], level[offset + 1]));
        // An absent level has a price out of range.
        levels.filter_map(|(p, q)| Some((u32::try_from(p).ok()?, q as u32))).collect()
    };
    [side(0), side(2)]
}

/// The book of the ten levels that LOBSTER publishes, fed with nothing but messages.
///
/// The orders that were there before the events begin, and those that came and went where the file
/// does not look, beyond the tenth level, have ids that nobody knows: each such level holds one
/// order that stands for all of them.
struct TenLevels {
    book: Book,
    faults: Faults,
    /// The live orders by price, asks and bids.
    ids: [BTreeMap<u32, Vec<u64>>; 2],
    stand_ins: u64,
    decode: fn(&Row, bool) -> Decoded,
}

impl TenLevels {
    fn feed(&mut self, row: &Row, whole: bool) {
        apply(&mut self.book, &(self.decode)(row, whole), &mut self.faults);
        assert_eq!(self.faults, Faults::default(), "{row:?}");
        if row.kind == 1 {
            self.ids[usize::from(row.buys)].entry(row.price).or_default().push(row.id);
        }
    }

    fn stand_in(&mut self, price: u32, size: u32, buys: bool) {
        self.stand_ins += 1;
        let id = stand_in_id(price, buys);
        self.feed(&Row { ns: 0, kind: 1, id, size, price, buys }, true);
    }

    /// Follows an event; one of an unknown order concerns the stand-in of its level.
    fn follow(&mut self, row: &Row) {
        let known = self.book.order(row.id);
        match (row.kind, known) {
            (2..=4, None) => {
                let id = stand_in_id(row.price, row.buys);
                assert!(self.book.order(id).is_some(), "no level for {row:?}");
                self.feed(&Row { id, ..*row }, false);
            }
            (3, Some(order)) => {
                assert_eq!(order.quantity, row.size, "{row:?}");
                self.feed(row, true);
            }
            _ => self.feed(row, true),
        }
    }

    fn levels(&self, buys: bool) -> Vec<(u32, u32)> {
        let side = if buys { Side::Bid } else { Side::Ask };
        let levels = self.book.depth(LOCATE, side);
        levels.map(|l| ((l.price.0 / 100_000) as u32, l.quantity as u32)).collect()
    }

    /// What lies behind the ninth level changes without being told: takes over the tenth.
    fn take_tenth(&mut self, published: &[(u32, u32)], buys: bool) {
        let ours = self.levels(buys);
        if ours.get(9) == published.get(9) {
            return;
        }
        for (price, _) in ours.iter().skip(9) {
            for id in self.ids[usize::from(buys)].remove(price).unwrap_or_default() {
                let Some(order) = self.book.order(id) else { continue };
                let row = Row { ns: 0, kind: 3, id, size: order.quantity, price: *price, buys };
                self.feed(&row, true);
            }
        }
        if let Some(&(price, size)) = published.get(9) {
            self.stand_in(price, size, buys);
        }
    }
}

fn stand_in_id(price: u32, buys: bool) -> u64 {
    1 << 63 | u64::from(price) << 1 | u64::from(buys)
}

/// After each of the 999 events nine levels of each side are the published ones, price and size.
#[test]
fn nine_levels_are_the_published_ones_after_every_event() {
    nine_levels(of_itch);
    nine_levels(of_lobster);
}

fn nine_levels(decode: fn(&Row, bool) -> Decoded) {
    let Some(folder) = folder() else { return };
    let read = |kind: &str| {
        let name = format!("AAPL_2012-06-21_34200000_57600000_{kind}_10.csv");
        std::fs::read_to_string(folder.join(name)).unwrap()
    };
    let rows: Vec<Row> = read("message").lines().map(Row::parse).collect();
    let books: Vec<_> = read("orderbook").lines().map(published).collect();
    assert_eq!((rows.len(), books.len()), (999, 999));

    let book = Book::with_capacity(4_096, 32).unwrap();
    let (faults, ids) = (Faults::default(), Default::default());
    let mut ours = TenLevels { book, faults, ids, stand_ins: 0, decode };
    // The first event adds the only order of its level: the book before it is the rest.
    assert_eq!(rows[0].kind, 1);
    for (levels, buys) in books[0].iter().zip([false, true]) {
        for &(price, size) in levels.iter().filter(|level| level.0 != rows[0].price) {
            ours.stand_in(price, size, buys);
        }
    }
    assert_eq!(ours.book.live_orders(), 19);

    for (number, (row, expected)) in rows.iter().zip(&books).enumerate() {
        ours.follow(row);
        for (published, buys) in expected.iter().zip([false, true]) {
            ours.take_tenth(published, buys);
            let levels = ours.levels(buys);
            assert_eq!(levels[..9], published[..9], "after event {number}: {row:?}");
        }
        let bbo = ours.book.bbo(LOCATE);
        let touch = [bbo.ask, bbo.bid].map(|level| (level.price, level.quantity));
        let best = expected.each_ref().map(|levels| levels[0]);
        assert_eq!(touch, best.map(|(price, size)| (Price::from_e4(price), u64::from(size))));
    }
    println!("999 events, {} levels that nobody told of", ours.stand_ins - 19);
    assert_eq!(ours.stand_ins, 19 + 27);
}

/// What an event says but for what only one of the two formats has: numbers of matches.
fn trade_or_order(decoded: &Decoded) -> MarketEvent {
    match decoded.event {
        MarketEvent::Execute { id, quantity, price, flags, .. } => {
            MarketEvent::Execute { id, quantity, price, flags, match_id: 0 }
        }
        MarketEvent::Trade { side, price, quantity, flags, symbol, .. } => {
            MarketEvent::Trade { side, price, quantity, flags, symbol, match_id: 0 }
        }
        event => event,
    }
}

/// An hour of events through the book and through one that is a map of orders.
#[test]
fn an_hour_agrees_with_a_naive_book() {
    let Some(folder) = folder() else { return };
    let file = std::fs::File::open(folder.join("AAPL_2012-06-21_message_50.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();

    let mut book = Book::with_capacity(4_096, 32).unwrap();
    let mut orders: HashMap<u64, Row> = HashMap::new();
    let mut levels: [BTreeMap<u32, (u64, u64)>; 2] = Default::default();
    let (mut faults, mut unknown, mut count) = (Faults::default(), 0, 0);
    for row in text.lines().map(Row::parse) {
        count += 1;
        let decoded = of_itch(&row, true);
        assert_eq!(trade_or_order(&decoded), trade_or_order(&of_lobster(&row, true)));
        apply(&mut book, &decoded, &mut faults);
        match (row.kind, orders.get_mut(&row.id)) {
            (1, None) => {
                orders.insert(row.id, row);
                let level = levels[usize::from(row.buys)].entry(row.price).or_default();
                *level = (level.0 + u64::from(row.size), level.1 + 1);
            }
            (2..=4, None) => unknown += 1,
            (2..=4, Some(order)) => {
                order.size -= row.size;
                let left = order.size;
                let side = &mut levels[usize::from(order.buys)];
                let level = side.get_mut(&order.price).unwrap();
                level.0 -= u64::from(row.size);
                if left == 0 {
                    level.1 -= 1;
                    if level.1 == 0 {
                        side.remove(&order.price);
                    }
                    orders.remove(&row.id);
                }
            }
            (5 | 7, _) => {}
            (kind, known) => panic!("{kind} of {known:?}"),
        }
        let level = |(price, &(quantity, orders)): (&u32, _)| Level {
            price: Price::from_e4(*price),
            quantity,
            orders,
        };
        let best = |level: Option<Level>| level.unwrap_or(Level::NONE);
        let bbo = book.bbo(LOCATE);
        assert_eq!(bbo.bid, best(levels[1].last_key_value().map(level)), "after {row:?}");
        assert_eq!(bbo.ask, best(levels[0].first_key_value().map(level)), "after {row:?}");
        if count % 100 == 0 {
            assert!(book.depth(LOCATE, Side::Bid).eq(levels[1].iter().rev().map(level)));
            assert!(book.depth(LOCATE, Side::Ask).eq(levels[0].iter().map(level)));
            assert_eq!(book.live_orders(), orders.len());
        }
    }
    println!("{count} events, {unknown} of orders from before, {} live at the end", orders.len());
    assert_eq!((count, faults), (91_997, Faults { unknown, ..Faults::default() }));
    assert_eq!(book.growths(), 0);
}

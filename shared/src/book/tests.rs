use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::msg::{Flags, Kind, Msg};

mod shapes;

const INSTRUMENTS: u16 = 3;

/// The book as its definition reads: a map of orders; levels are added up on demand.
#[derive(Default)]
struct Model(BTreeMap<u64, Order>);

impl Model {
    fn reduce(&mut self, id: u64, quantity: u32) -> Option<Reduced> {
        let order = *self.0.get(&id)?;
        let remaining = order.quantity.saturating_sub(quantity);
        match remaining {
            0 => drop(self.0.remove(&id)),
            _ => self.0.get_mut(&id).unwrap().quantity = remaining,
        }
        Some(Reduced { order, remaining, excess: quantity.saturating_sub(order.quantity) })
    }

    fn replace(&mut self, old: u64, id: u64, price: Price, quantity: u32) -> Option<Replaced> {
        let old = self.0.remove(&old)?;
        let new = Order { id, price, quantity, ..old };
        Some(Replaced { old, new, displaced: self.0.insert(id, new) })
    }

    fn clear_instrument(&mut self, instrument: u16) -> usize {
        let before = self.0.len();
        self.0.retain(|_, order| order.instrument != instrument);
        before - self.0.len()
    }

    /// Best first.
    fn depth(&self, instrument: u16, side: Side) -> Vec<Level> {
        let mut levels = BTreeMap::new();
        for order in self.0.values().filter(|o| o.instrument == instrument && o.side == side) {
            let level =
                levels.entry(order.price).or_insert(Level { price: order.price, ..Level::NONE });
            level.quantity += u64::from(order.quantity);
            level.orders += 1;
        }
        let levels = levels.into_values();
        if side == Side::Bid { levels.rev().collect() } else { levels.collect() }
    }
}

/// Every level of every side, the best prices and the number of orders are those of the model.
fn check(book: &Book, model: &Model) {
    assert_eq!(book.live_orders(), model.0.len());
    for instrument in 0..=INSTRUMENTS {
        let [bids, asks] = [Side::Bid, Side::Ask].map(|side| {
            let depth: Vec<_> = book.depth(instrument, side).collect();
            assert_eq!(depth, model.depth(instrument, side), "{instrument} {side:?}");
            depth.first().copied().unwrap_or(Level::NONE)
        });
        assert_eq!(book.bbo(instrument), Bbo { bid: bids, ask: asks });
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Add(Order),
    Reduce(u64, u32),
    Delete(u64),
    Replace(u64, u64, Price, u32),
    ClearInstrument(u16),
    Clear,
}

/// Few ids, so that most events meet an order, and some meet none or one too many.
fn id() -> impl Strategy<Value = u64> {
    (0..60_u64, 0..3_u32).prop_map(|(id, family)| id << (family * 20))
}

/// Few prices, on both sides of the touch, some with another tick, some between ticks and far away, and
/// at the ends of the type.
fn price() -> impl Strategy<Value = Price> {
    prop_oneof![
        20 => (1..40_i64).prop_map(Price),
        6 => (1..40_i64).prop_map(|ticks| Price(ticks * 25)),
        3 => (0..100_000_i64).prop_map(Price),
        1 => Just(Price(i64::MIN)),
        1 => Just(Price(i64::MAX - 1)),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    (id(), price(), 0..1000_u32, 0..INSTRUMENTS, any::<bool>()).prop_map(
        |(id, price, quantity, instrument, buys)| {
            let side = if buys { Side::Bid } else { Side::Ask };
            Order { id, price, quantity, instrument, side, symbol: symbol(instrument) }
        },
    )
}

fn symbol(instrument: u16) -> Symbol {
    Symbol([b'A' + instrument as u8, 0, 0, 0, 0, 0, 0, 0])
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        60 => order().prop_map(Event::Add),
        30 => (id(), 0..1200_u32).prop_map(|(id, quantity)| Event::Reduce(id, quantity)),
        20 => id().prop_map(Event::Delete),
        20 => (id(), id(), price(), 0..1000_u32)
            .prop_map(|(old, id, price, quantity)| Event::Replace(old, id, price, quantity)),
        2 => (0..=INSTRUMENTS).prop_map(Event::ClearInstrument),
        1 => Just(Event::Clear),
    ]
}

proptest! {
    #[test]
    fn agrees_with_the_model(events in proptest::collection::vec(event(), 0..400)) {
        let mut book = Book::with_capacity(0, 1).unwrap();
        let mut model = Model::default();
        for event in events {
            match event {
                Event::Add(order) => {
                    prop_assert_eq!(book.add(order), model.0.insert(order.id, order));
                }
                Event::Reduce(id, quantity) => {
                    prop_assert_eq!(book.reduce(id, quantity), model.reduce(id, quantity));
                }
                Event::Delete(id) => prop_assert_eq!(book.delete(id), model.0.remove(&id)),
                Event::Replace(old, id, price, quantity) => prop_assert_eq!(
                    book.replace(old, id, price, quantity),
                    model.replace(old, id, price, quantity)
                ),
                Event::ClearInstrument(instrument) => prop_assert_eq!(
                    book.clear_instrument(instrument),
                    model.clear_instrument(instrument)
                ),
                Event::Clear => {
                    book.clear();
                    model.0.clear();
                }
            }
            check(&book, &model);
        }
    }

    /// The records that describe the changes of one book build the same book again.
    #[test]
    fn a_book_follows_the_records_of_another(events in proptest::collection::vec(event(), 0..300)) {
        let mut source = Book::with_capacity(64, 8).unwrap();
        let mut copy = MsgBook::with_capacity(64, 8).unwrap();
        for event in events {
            for msg in records(&mut source, event) {
                let applied = copy.apply(&msg);
                prop_assert!(!matches!(applied, Applied::Fault(_)), "{:?}: {:?}", msg, applied);
            }
            prop_assert_eq!(copy.orders().live_orders(), source.live_orders());
            for instrument in 0..INSTRUMENTS {
                let symbol = symbol(instrument);
                prop_assert_eq!(copy.bbo(symbol), source.bbo(instrument));
                for side in [Side::Bid, Side::Ask] {
                    let depth = source.depth(instrument, side);
                    prop_assert!(copy.depth(symbol, side).eq(depth));
                }
            }
        }
    }

    #[test]
    fn no_record_panics(
        records in proptest::collection::vec((any::<[u8; 32]>(), 0..16_u8), 0..200)
    ) {
        let mut book = MsgBook::with_capacity(0, 0).unwrap();
        for (bytes, kind) in records {
            let msg = zerocopy::FromBytes::read_from_bytes(&bytes).unwrap();
            let _ = book.apply(&msg);
            let _ = book.apply(&Msg { kind: Kind(kind), id: msg.id % 16, ..msg });
        }
    }
}

/// What a feed publishes for an event.
fn records(book: &mut Book, event: Event) -> Vec<Msg> {
    let msg = |kind, order: Order, quantity| Msg {
        id: order.id,
        price: order.price,
        quantity,
        kind,
        side: order.side,
        flags: Flags::LAST,
        venue: 0,
        symbol: order.symbol,
    };
    let gone = |kind, order: Order| msg(kind, order, order.quantity);
    let add = |book: &mut Book, order: Order| {
        let displaced = book.add(order).map(|older| gone(Kind::Delete, older));
        displaced.into_iter().chain([gone(Kind::Add, order)]).collect::<Vec<_>>()
    };
    match event {
        Event::Add(order) => add(book, order),
        Event::Reduce(id, quantity) => {
            let taken = |r: Reduced| msg(Kind::Reduce, r.order, r.order.quantity - r.remaining);
            book.reduce(id, quantity).map(taken).into_iter().collect()
        }
        Event::Delete(id) => book.delete(id).map(|o| gone(Kind::Delete, o)).into_iter().collect(),
        Event::Replace(old, id, price, quantity) => {
            let Some(replaced) = book.replace(old, id, price, quantity) else { return vec![] };
            let displaced = replaced.displaced.map(|older| gone(Kind::Delete, older));
            let pair = [gone(Kind::Replace, replaced.old), gone(Kind::Add, replaced.new)];
            displaced.into_iter().chain(pair).collect()
        }
        Event::ClearInstrument(instrument) => {
            book.clear_instrument(instrument);
            let symbol = symbol(instrument);
            vec![Msg { kind: Kind::Clear, symbol, ..blank() }]
        }
        Event::Clear => {
            book.clear();
            vec![Msg { kind: Kind::Clear, ..blank() }]
        }
    }
}

fn blank() -> Msg {
    zerocopy::FromBytes::read_from_bytes(&[0; 32]).unwrap()
}

#[test]
fn faults_are_told_and_followed() {
    let mut book = MsgBook::with_capacity(4, 4).unwrap();
    let add =
        Msg { id: 7, quantity: 10, side: Side::Bid, kind: Kind::Add, symbol: symbol(0), ..blank() };
    let gone = Msg { kind: Kind::Delete, ..add };
    assert_eq!(book.apply(&gone), Applied::Fault(Fault::UnknownOrder));
    assert_eq!(book.apply(&Msg { side: Side::None, ..add }), Applied::Fault(Fault::NoSide));
    assert_eq!(book.apply(&add), Applied::Changed(0));
    assert_eq!(book.apply(&Msg { symbol: symbol(1), ..add }), Applied::Fault(Fault::Duplicate));
    assert_eq!((book.bbo(symbol(0)), book.bbo(symbol(1)).bid.quantity), (Bbo::EMPTY, 10));
    let more = Msg { kind: Kind::Execute, quantity: 11, ..add };
    assert_eq!(book.apply(&more), Applied::Fault(Fault::OverReduced));
    assert_eq!(book.apply(&Msg { kind: Kind::Heartbeat, ..add }), Applied::Ignored);
    assert_eq!(book.orders().live_orders(), 0);
}

#[test]
fn symbols_beyond_the_number_are_refused() {
    let mut book = MsgBook::with_capacity(4, 4).unwrap();
    for number in 0..=u32::from(u16::MAX) + 1 {
        let mut symbol = [b'X'; 8];
        symbol[..4].copy_from_slice(&number.to_be_bytes());
        let add = Msg {
            id: u64::from(number),
            side: Side::Bid,
            kind: Kind::Add,
            symbol: Symbol(symbol),
            ..blank()
        };
        let expected = match u16::try_from(number) {
            Ok(number) => Applied::Changed(number),
            Err(_) => Applied::Fault(Fault::TooManySymbols),
        };
        assert_eq!(book.apply(&add), expected);
    }
}

#[test]
fn within_capacity_nothing_grows_and_beyond_it_is_counted() {
    let order = |id, price, instrument| Order {
        id,
        price: Price(price),
        quantity: 1,
        instrument,
        side: Side::Bid,
        symbol: Symbol::NONE,
    };
    let mut book = Book::with_capacity(64, 2).unwrap();
    let bytes = book.memory_bytes();
    (0..64).for_each(|id| assert_eq!(book.add(order(id, id as i64 % 16, 1)), None));
    assert_eq!((book.growths(), book.memory_bytes()), (0, bytes));
    assert_eq!(book.add(order(64, 0, 1)), None); // the order table
    assert_eq!(book.growths(), 1);
    assert_eq!(book.add(order(65, 0, 9)), None); // the instrument table
    assert_eq!(book.growths(), 2);
    // The levels: those far away, each at another distance from the last.
    (66..256).for_each(|id| assert_eq!(book.add(order(id, (id * id * 1_000) as i64, 1)), None));
    assert!(book.growths() > 4);
    assert!(book.memory_bytes() > bytes);
    assert_eq!(book.bbo(9).bid.orders, 1);
    assert_eq!(book.bbo(u16::MAX), Bbo::EMPTY);
}

#[test]
fn a_crossed_book_is_kept() {
    let mut book = Book::with_capacity(4, 1).unwrap();
    let bid = Order {
        id: 1,
        price: Price::from_e4(100),
        quantity: 5,
        instrument: 0,
        side: Side::Bid,
        symbol: Symbol::NONE,
    };
    book.add(bid);
    assert!(!book.bbo(0).is_crossed());
    book.add(Order { id: 2, side: Side::Ask, price: Price::from_e4(99), ..bid });
    assert!(book.bbo(0).is_crossed());
}

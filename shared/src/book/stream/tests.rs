use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::units::Price;

const NAMES: [&str; 3] = ["IEXA", "IEXB", "IEXC"];

#[derive(Clone, Copy, Debug)]
enum Event {
    Level {
        symbol: usize,
        side: Side,
        price: i64,
        quantity: u32,
        from_snapshot: bool,
    },
    /// Of a symbol, or of the venue.
    Clear(Option<usize>),
    Gap(Option<usize>),
    /// What a book does not look at.
    Other(usize),
}

fn symbol(index: usize) -> Symbol {
    NAMES[index].parse().unwrap()
}

fn msg(kind: Kind, index: Option<usize>) -> Msg {
    Msg {
        id: 0,
        price: Price::NONE,
        quantity: 1,
        kind,
        side: Side::None,
        flags: Flags::LAST,
        venue: 0,
        symbol: index.map_or(Symbol::NONE, symbol),
    }
}

impl Event {
    fn msg(self) -> Msg {
        match self {
            Event::Level { symbol, side, price, quantity, from_snapshot } => {
                let flags = if from_snapshot { Flags::FROM_SNAPSHOT } else { Flags::LAST };
                let price = Price(price);
                Msg { side, price, quantity, flags, ..msg(Kind::Level, Some(symbol)) }
            }
            Event::Clear(symbol) => msg(Kind::Clear, symbol),
            Event::Gap(symbol) => Msg { flags: Flags::STALE, ..msg(Kind::Gap, symbol) },
            Event::Other(symbol) => msg(Kind::Trade, Some(symbol)),
        }
    }

    fn concerns(self, index: usize) -> bool {
        match self {
            Event::Level { symbol, .. } | Event::Other(symbol) => symbol == index,
            Event::Clear(symbol) | Event::Gap(symbol) => symbol.is_none_or(|it| it == index),
        }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let one = 0..NAMES.len();
    let level = (one.clone(), any::<bool>(), 1..30_i64, 0..4_u32, prop::bool::weighted(0.3));
    prop_oneof![
        30 => level.prop_map(|(symbol, buys, price, quantity, from_snapshot)| {
            let side = if buys { Side::Bid } else { Side::Ask };
            Event::Level { symbol, side, price, quantity, from_snapshot }
        }),
        2 => prop::option::of(one.clone()).prop_map(Event::Clear),
        3 => prop::option::of(one.clone()).prop_map(Event::Gap),
        1 => one.prop_map(Event::Other),
    ]
}

/// Whether the event at `at` is the first of a snapshot of a symbol, as the rules define it.
fn begins_snapshot(events: &[Event], at: usize, index: usize) -> bool {
    let part = |event: Event| matches!(event, Event::Level { from_snapshot: true, .. });
    let before = events[..at].iter().rev().filter(|event| {
        event.concerns(index) && matches!(event, Event::Level { .. } | Event::Clear(_))
    });
    part(events[at])
        && match before.copied().next() {
            None | Some(Event::Clear(None)) => true,
            Some(Event::Clear(Some(_))) => false,
            Some(event) => !part(event),
        }
}

/// Whether a symbol's book is stale after these events: nothing made up for the last gap.
fn is_stale(events: &[Event], index: usize) -> bool {
    let concerned = |at: &usize| events[*at].concerns(index);
    let gap = (0..events.len()).filter(concerned).rfind(|at| matches!(events[*at], Event::Gap(_)));
    gap.is_some_and(|gap| {
        let mut after = (gap + 1..events.len()).filter(concerned);
        !after.any(|at| matches!(events[at], Event::Clear(_)) || begins_snapshot(events, at, index))
    })
}

proptest! {
    /// Levels, clears, gaps and snapshots: books and what is stale are as defined.
    #[test]
    fn levels_agree_with_the_model(events in proptest::collection::vec(event(), 0..200)) {
        let mut book = MsgBook::of_levels(0, 1).unwrap();
        let mut model: BTreeMap<(usize, Side, i64), u32> = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            let applied = book.apply(&event.msg());
            match *event {
                Event::Level { symbol, side, price, quantity, .. } => {
                    prop_assert!(matches!(applied, Applied::Changed(_)));
                    // What stands in a stale book is void when a snapshot begins.
                    if begins_snapshot(&events, at, symbol) && is_stale(&events[..at], symbol) {
                        model.retain(|key, _| key.0 != symbol);
                    }
                    match quantity {
                        0 => model.remove(&(symbol, side, price)),
                        _ => model.insert((symbol, side, price), quantity),
                    };
                }
                Event::Clear(symbol) => {
                    model.retain(|key, _| symbol.is_some_and(|it| it != key.0));
                }
                Event::Gap(_) => prop_assert_eq!(applied, Applied::Stale),
                Event::Other(_) => prop_assert_eq!(applied, Applied::Ignored),
            }
            for index in 0..NAMES.len() {
                let side = |side| {
                    let of_side = model.iter().filter(move |(key, _)| (key.0, key.1) == (index, side));
                    of_side.map(|(key, quantity)| Level {
                        price: Price(key.2),
                        quantity: u64::from(*quantity),
                        orders: 1,
                    })
                };
                let [bids, asks] = [Side::Bid, Side::Ask].map(|it| book.depth(symbol(index), it));
                let bids: Vec<_> = bids.collect();
                prop_assert!(side(Side::Bid).eq(bids.iter().rev().copied()));
                prop_assert!(side(Side::Ask).eq(asks));
                let best = |it: Option<Level>| it.unwrap_or(Level::NONE);
                let top = Bbo { bid: best(bids.first().copied()), ask: best(side(Side::Ask).next()) };
                prop_assert_eq!(book.bbo(symbol(index)), top);
                let expected = is_stale(&events[..=at], index);
                prop_assert_eq!(book.is_stale(symbol(index)), expected, "{} after {}", index, at);
            }
        }
    }
}

#[test]
fn orders_of_a_stale_book_stay_until_it_is_made_whole() {
    let mut book = MsgBook::with_capacity(4, 4).unwrap();
    let add = |id, index: usize, flags| Msg {
        id,
        price: Price(5),
        side: Side::Ask,
        flags,
        ..msg(Kind::Add, Some(index))
    };
    let applied = |book: &mut MsgBook, msg: Msg| {
        let _ = book.apply(&msg);
    };
    applied(&mut book, add(1, 0, Flags::LAST));
    applied(&mut book, add(2, 1, Flags::LAST));
    // The feed knows which books lack something.
    assert_eq!(book.apply(&msg(Kind::Gap, None)), Applied::Ignored);
    assert!(!book.is_stale(symbol(0)));
    // Also of records that were lost on the way to the strategy.
    applied(&mut book, Msg { flags: Flags::OVERRUN, ..msg(Kind::Gap, None) });
    applied(&mut book, add(3, 0, Flags::LAST));
    let seen = |book: &MsgBook| {
        [0, 1, 2].map(|it| (book.bbo(symbol(it)).ask.orders, book.is_stale(symbol(it))))
    };
    assert_eq!(seen(&book), [(2, true), (1, true), (0, true)]);
    applied(&mut book, add(4, 0, Flags::FROM_SNAPSHOT));
    applied(&mut book, add(5, 0, Flags::FROM_SNAPSHOT));
    assert_eq!(seen(&book), [(2, false), (1, true), (0, true)]);
    // Named for the first time: empty, and known to be.
    applied(&mut book, msg(Kind::Clear, Some(2)));
    assert_eq!(seen(&book), [(2, false), (1, true), (0, false)]);
    applied(&mut book, msg(Kind::Clear, None));
    assert_eq!(seen(&book), [(0, false); 3]);
}

#[test]
fn a_level_needs_a_side() {
    let mut book = MsgBook::of_levels(4, 4).unwrap();
    assert_eq!(book.apply(&msg(Kind::Level, Some(0))), Applied::Fault(Fault::NoSide));
    assert_eq!(book.bbo(symbol(0)), Bbo::EMPTY);
}

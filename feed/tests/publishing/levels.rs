//! What strategies are told of price levels: enough to keep the same book.

use std::collections::BTreeSet;
use std::sync::Arc;

use tickline_feed::books::Books;
use tickline_feed::instruments::Instruments;
use tickline_feed::publish::{Publisher, Sink};
use tickline_feed::source::Input;
use tickline_feed::venue::Venue;
use tickline_feed::venue::market::{Decoded, MarketEvent};
use tickline_shared::book::{Applied, MsgBook};
use tickline_shared::clock::Monotonic;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::ring::writer::Full;
use tickline_shared::units::{Price, Symbol};

use crate::feed::{Feed, STAMP, play};
use crate::iex::iex_wire::{Place, TOPS, message};
use crate::iex::{captures, check, numbered, price, trade};

const DEEP: Place = Place { protocol: 0x8004, ..TOPS };
const NONE: Streams = Streams { orders: false, quotes: false, trades: false, levels: false };
const LEVELS: Streams = Streams { levels: true, ..NONE };

/// An event of one level, and one of two symbols whose levels come in turn.
fn messages() -> Vec<Vec<u8>> {
    let level = |kind, symbol, complete: bool, size: u32, at| {
        message(kind, complete.into(), symbol, &[&size.to_le_bytes(), &price(at)])
    };
    vec![
        level(b'8', "ZIEXT", true, 100, 990_500),
        level(b'8', "ZIEXT", false, 0, 990_500),
        level(b'5', "ZXIET", false, 10, 500_000),
        trade(b'T', 0, "ZIEXT", 100, 990_500, 9),
        level(b'5', "ZIEXT", false, 70, 990_700),
        level(b'5', "ZIEXT", true, 50, 990_600),
        level(b'8', "ZXIET", true, 20, 490_000),
        // No level changes: the top stays as it is.
        level(b'5', "ZIEXT", true, 60, 990_900),
    ]
}

/// With quotes the event ends with them where the top changed, without with its last level.
#[test]
fn levels_of_an_event_come_together_when_it_ends() {
    let capture = || numbered(DEEP, &messages());
    check(Venue::IexDeep, LEVELS, &[], capture(), "iex-deep-levels.txt");
    let all = Streams { quotes: true, trades: true, ..LEVELS };
    check(Venue::IexDeep, all, &[], capture(), "iex-deep-levels-quotes.txt");
    check(Venue::IexDeep, LEVELS, &["ZXIET"], capture(), "iex-deep-levels-zxiet.txt");
}

/// A morning of IEX: whoever keeps a book from the records of the
/// ring has the one that the feed has, after each event and of every symbol at the end.
#[test]
fn the_levels_published_make_the_same_book() {
    let Some(captures) = captures() else { return };
    let mut feed = Feed::new(Venue::IexDeep, LEVELS, &[]);
    let mut copy = MsgBook::of_levels(1 << 14, 1 << 10).unwrap();
    let (mut levels, mut events, mut symbols) = (0, 0, BTreeSet::new());
    let input = Input::open(captures.join("deep10-20231002.pcap.gz")).unwrap();
    play(&mut feed, input, |feed, msgs| {
        for msg in msgs.iter().filter(|msg| msg.kind == Kind::Level) {
            assert!(matches!(copy.apply(msg), Applied::Changed(_)), "{msg:?}");
            levels += 1;
            symbols.insert(msg.symbol);
            if msg.flags.contains(Flags::LAST) {
                events += 1;
                let number = number_of(feed, msg.symbol);
                let same = feed.publisher.levels().unwrap().bbo(number);
                assert_eq!(copy.bbo(msg.symbol), same, "{msg:?}");
            }
        }
    });
    // Each of them is an event of its own.
    assert_eq!((levels, events, symbols.len()), (2_752, 2_752, 207));
    let book = feed.publisher.levels().unwrap();
    let mut standing = 0;
    for symbol in symbols {
        let number = number_of(&feed, symbol);
        for side in [Side::Bid, Side::Ask] {
            let ours: Vec<_> = copy.depth(symbol, side).collect();
            assert!(book.depth(number, side).eq(ours.iter().copied()), "{symbol}");
            standing += ours.len();
        }
        assert!(!copy.is_stale(symbol));
    }
    // Counted by another program.
    assert_eq!(standing, 838);
}

/// The levels of one event concern two instruments, whose books are whole at once.
#[test]
fn an_event_may_end_for_several_instruments() {
    let mut feed = Feed::new(Venue::IexDeep, Streams { quotes: true, ..LEVELS }, &[]);
    let level = |price| MarketEvent::Level {
        side: Side::Bid,
        price: Price(price),
        quantity: 1,
        flags: Flags::default(),
        complete: false,
    };
    let events = [(1, level(10)), (2, level(20)), (1, level(9))];
    let ends = [(1, MarketEvent::EventEnd), (2, MarketEvent::EventEnd), (3, MarketEvent::EventEnd)];
    for (instrument, event) in events.into_iter().chain(ends) {
        let decoded = Decoded { kind: 0, longer: false, timestamp: 0, instrument, event };
        feed.publisher.follow(&decoded, STAMP).unwrap();
        assert!(matches!(event, MarketEvent::EventEnd) || feed.records().is_empty());
    }
    let found: Vec<_> =
        feed.records().iter().map(|it| (it.kind, it.price.0, it.flags == Flags::LAST)).collect();
    let none = Price::NONE.0;
    let one = [(Kind::Level, 10, false), (Kind::Level, 9, false), (Kind::Quote, 10, false)];
    let other = [(Kind::Level, 20, false), (Kind::Quote, 20, false), (Kind::Quote, none, true)];
    assert_eq!(found, [&one[..], &[(Kind::Quote, none, true)], &other].concat());
}

/// Where the records go that are too many for a small ring.
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

/// An event with more levels than there is room for: all are told, in their order, the last one ends
/// it.
#[test]
fn an_event_without_end_takes_no_memory_without_end() {
    const LEVELS_SENT: i64 = 3_000;
    let books = Books::of(Venue::IexDeep, 0).unwrap();
    let instruments = Instruments::new(Vec::new(), Vec::new()).unwrap();
    let publisher =
        Publisher::new(Keep::default(), books.orders, instruments, LEVELS, Arc::default());
    let mut publisher: Publisher<Monotonic, Keep> = publisher.keeping(books.levels);
    for price in 1..=LEVELS_SENT {
        let complete = price == LEVELS_SENT;
        let (side, price) = (Side::Ask, Price(price));
        let event = MarketEvent::Level { side, price, quantity: 1, flags: Flags(0), complete };
        let decoded = Decoded { kind: 0, longer: false, timestamp: 0, instrument: 1u16, event };
        publisher.follow(&decoded, STAMP).unwrap();
    }
    let found: Vec<_> = publisher.sink().0.iter().map(|it| (it.price.0, it.flags)).collect();
    let flags = |price| if price == LEVELS_SENT { Flags::LAST } else { Flags::default() };
    assert!(found.into_iter().eq((1..=LEVELS_SENT).map(|price| (price, flags(price)))));
}

fn number_of(feed: &Feed, symbol: Symbol) -> u16 {
    let instruments = feed.publisher.instruments();
    (0..u16::MAX).find(|number| instruments.get(*number).symbol == symbol).unwrap()
}

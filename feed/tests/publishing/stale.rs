//! After a gap: what is marked as stale, on either side of the ring, and until when.

use tickline_feed::session::Gap;
use tickline_feed::venue::Venue;
use tickline_feed::venue::market::{Best, Decoded, MarketEvent};
use tickline_shared::book::{Applied, MsgBook};
use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::{Price, Symbol};

use crate::feed::{ALL, Feed, STAMP};

/// A feed and a strategy that keeps books of its records.
struct Pair {
    feed: Feed,
    book: MsgBook,
}

/// Instruments by number, with the venue's own names.
const NAMES: [&str; 3] = ["", "ONE", "TWO"];

fn symbol(number: u16) -> Symbol {
    NAMES[usize::from(number)].parse().unwrap()
}

impl Pair {
    fn new(venue: Venue, streams: Streams) -> Pair {
        let mut pair = Pair {
            feed: Feed::new(venue, streams, &[]),
            book: MsgBook::with_capacity(64, 64).unwrap(),
        };
        for number in [1, 2] {
            let listing = Listing::new(Name::of(NAMES[usize::from(number)]));
            pair.tell(number, MarketEvent::Directory(listing));
        }
        pair
    }

    /// The records of an event; whether its quotes are marked as stale, if it has some.
    fn tell(&mut self, number: u16, event: MarketEvent) -> Option<bool> {
        let decoded = Decoded { kind: 0, longer: false, timestamp: 0, instrument: number, event };
        self.feed.publisher.follow(&decoded, STAMP).unwrap();
        self.read()
    }

    fn gap(&mut self) {
        self.feed.publisher.gap(Gap { first: 7, count: 2 }, STAMP).unwrap();
        self.read();
    }

    fn read(&mut self) -> Option<bool> {
        let msgs = self.feed.records();
        for msg in &msgs {
            let applied = self.book.apply(msg);
            assert!(!matches!(applied, Applied::Fault(_)), "{msg:?}: {applied:?}");
        }
        let quotes: Vec<&Msg> = msgs.iter().filter(|msg| msg.kind == Kind::Quote).collect();
        let stale = |msg: &&&Msg| msg.flags.contains(Flags::STALE);
        let marked = quotes.iter().filter(stale).count();
        assert!(marked == 0 || marked == quotes.len(), "{quotes:?}");
        (!quotes.is_empty()).then_some(marked > 0)
    }

    /// Which of the two instruments' books the strategy takes for stale.
    fn stale(&self) -> [bool; 2] {
        [1, 2].map(|number| self.book.is_stale(symbol(number)))
    }
}

fn add(id: u64, number: u16) -> MarketEvent {
    let (side, price) = (Side::Bid, Price::from_e4(id as u32));
    MarketEvent::Add { id, side, price, quantity: 100, symbol: symbol(number) }
}

fn level(at: u32) -> MarketEvent {
    let (side, price) = (Side::Bid, Price::from_e4(at));
    MarketEvent::Level { side, price, quantity: 100, flags: Flags::default(), complete: true }
}

#[test]
fn orders_are_stale_until_their_book_is_emptied() {
    let mut pair = Pair::new(Venue::NasdaqItch50, ALL);
    assert_eq!(pair.tell(1, add(1, 1)), Some(false));
    assert_eq!(pair.tell(2, add(2, 2)), Some(false));
    pair.gap();
    assert_eq!(pair.stale(), [true, true]);
    assert_eq!(pair.tell(1, add(3, 1)), Some(true));
    // The venue sends the book of one anew.
    assert_eq!(pair.tell(1, MarketEvent::ClearBook), Some(false));
    assert_eq!(pair.tell(1, add(4, 1)), Some(false));
    assert_eq!(pair.tell(2, add(5, 2)), Some(true));
    assert_eq!(pair.stale(), [false, true]);
    pair.gap();
    assert_eq!(pair.tell(1, add(6, 1)), Some(true));
    assert_eq!(pair.stale(), [true, true]);
    pair.tell(1, MarketEvent::ClearBook);
    pair.tell(2, MarketEvent::ClearBook);
    // A decoder that knows what a gap has cost it says so itself.
    pair.feed.publisher.announce_gap(Gap { first: 9, count: 1 }, STAMP).unwrap();
    pair.read();
    assert_eq!((pair.stale(), pair.tell(1, add(11, 1))), ([false, false], Some(false)));
    // Numbers are missing of one of them.
    pair.tell(2, MarketEvent::Missing(Some(Gap { first: 3, count: 1 })));
    assert_eq!(pair.stale(), [false, true]);
    assert_eq!(pair.tell(1, add(12, 1)), Some(false));
    assert_eq!(pair.tell(2, add(10, 2)), Some(true));
    // The stream begins in the middle of the other.
    pair.tell(1, MarketEvent::Missing(None));
    assert_eq!(pair.stale(), [true, true]);
    // A day begins.
    pair.tell(0, MarketEvent::DayStart);
    assert_eq!(pair.tell(1, add(7, 1)), Some(false));
    assert_eq!(pair.tell(2, add(8, 2)), Some(false));
    assert_eq!(pair.stale(), [false, false]);
}

#[test]
fn levels_are_stale_until_their_book_is_emptied() {
    let mut pair = Pair::new(Venue::IexDeep, Streams { orders: false, levels: true, ..ALL });
    assert_eq!(pair.tell(1, level(10)), Some(false));
    pair.gap();
    assert_eq!(pair.tell(1, level(11)), Some(true));
    assert_eq!(pair.tell(2, level(10)), Some(true));
    assert_eq!(pair.stale(), [true, true]);
    assert_eq!(pair.tell(1, MarketEvent::ClearBook), Some(false));
    // Nothing of before is left, on either side.
    assert_eq!(pair.tell(1, level(9)), Some(false));
    let left: Vec<_> = pair.book.depth(symbol(1), Side::Bid).map(|level| level.price).collect();
    assert_eq!(left, [Price::from_e4(9)]);
    assert!(pair.feed.publisher.levels().unwrap().depth(1, Side::Bid).map(|it| it.price).eq(left));
    assert_eq!(pair.stale(), [false, true]);
    // As where the sequence numbers fall back to the start.
    pair.feed.publisher.clear(STAMP).unwrap();
    pair.read();
    assert_eq!(pair.tell(2, level(10)), Some(false));
    assert_eq!(pair.stale(), [false, false]);
}

/// The levels of an event whose end is lost are told before the gap, and are no end of an event.
#[test]
fn a_gap_within_an_event() {
    let mut feed = Feed::new(Venue::IexDeep, Streams { levels: true, ..Streams::default() }, &[]);
    let MarketEvent::Level { side, price, quantity, .. } = level(10) else { unreachable!() };
    let event =
        MarketEvent::Level { side, price, quantity, flags: Flags::INEXACT, complete: false };
    let decoded = Decoded { kind: 0, longer: false, timestamp: 0, instrument: 1, event };
    feed.publisher.follow(&decoded, STAMP).unwrap();
    assert!(feed.records().is_empty());
    feed.publisher.gap(Gap { first: 7, count: 2 }, STAMP).unwrap();
    let found: Vec<_> = feed.records().iter().map(|msg| (msg.kind, msg.flags)).collect();
    assert_eq!(found, [(Kind::Level, Flags::INEXACT), (Kind::Gap, Flags::LAST | Flags::STALE)]);
}

/// A quote that the venue sends says all there is.
#[test]
fn quotes_of_the_venue_are_never_stale() {
    let mut pair = Pair::new(Venue::IexTops, Streams { orders: false, ..ALL });
    let quote = |quantity| MarketEvent::Quote {
        bid: Best::new(Price::from_e4(10), quantity),
        ask: Best::new(Price::NONE, 0),
    };
    assert_eq!(pair.tell(1, quote(1)), Some(false));
    pair.gap();
    assert_eq!(pair.tell(1, quote(2)), Some(false));
}

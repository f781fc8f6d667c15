//! What a venue should never send: followed as far as it can be.

use tickline_feed::venue::market::{Decoded, MarketEvent};
use tickline_shared::msg::{Flags, Side};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::{Price, Symbol};

use crate::NASDAQ;
use crate::feed::{Feed, STAMP};

/// An order comes under an id that is taken: the older one leaves, and the top that it was is told,
/// wherever that is.
#[test]
fn a_duplicate_order_shows_the_top_that_it_displaces() {
    let mut feed = Feed::new(NASDAQ, Streams { quotes: true, ..Streams::default() }, &[]);
    let mut add = |instrument: u16, name: &str, side, price| {
        let (price, symbol) = (Price::from_e4(price), name.parse::<Symbol>().unwrap());
        let event = MarketEvent::Add { id: 7, side, price, quantity: 100, symbol };
        let decoded = Decoded { kind: b'A', longer: false, timestamp: 0, instrument, event };
        feed.publisher.follow(&decoded, STAMP).unwrap();
        let faults = feed.publisher.faults();
        let told = feed.records().into_iter().map(|msg| {
            let last = msg.flags.contains(Flags::LAST);
            (msg.symbol.to_string(), msg.side, msg.price, msg.quantity, last)
        });
        (faults.duplicate_orders, Vec::from_iter(told))
    };
    let at = |price| (Price::from_e4(price), 100);
    let empty = (Price::NONE, 0);
    // The records of a new top, both sides of it.
    let top = |name: &str, bid: (Price, u32), ask: (Price, u32)| {
        let side = |side, (price, quantity), last| (name.to_owned(), side, price, quantity, last);
        [side(Side::Bid, bid, false), side(Side::Ask, ask, true)]
    };
    assert_eq!(add(1, "ONE", Side::Bid, 50), (0, top("ONE", at(50), empty).into()));
    // The same side: one new top says all.
    assert_eq!(add(1, "ONE", Side::Bid, 40), (1, top("ONE", at(40), empty).into()));
    let other_side = [top("ONE", empty, empty), top("ONE", empty, at(60))].concat();
    assert_eq!(add(1, "ONE", Side::Ask, 60), (2, other_side));
    let other_book = [top("ONE", empty, empty), top("TWO", empty, at(70))].concat();
    assert_eq!(add(2, "TWO", Side::Ask, 70), (3, other_book));
}

//! A generated day seen from outside: framed, decoded and applied to a book, it must be a day that
//! a venue could have sent.

// Nobody can reach into a test: `pub` here says "for the other files".
#![allow(unreachable_pub)]

use tickline_feed::generate::{Parameters, binary_file};
use tickline_feed::venue::market::{Decoder, MarketEvent};
use tickline_feed::venue::nasdaq_itch50::market::NasdaqItch50;
use tickline_shared::book::Book;

#[path = "support/itch_book.rs"]
mod itch_book;

use itch_book::{Faults, apply};

/// Without optimisation a tenth will do.
const MESSAGES: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// Every message of a BinaryFILE, which has to end with its mark.
fn messages(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = file;
    std::iter::from_fn(move || {
        let (length, tail) = rest.split_first_chunk::<2>().expect("an end mark");
        let (message, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
        rest = tail;
        assert!(!message.is_empty() || rest.is_empty(), "an end mark before the end");
        (!message.is_empty()).then_some(message)
    })
}

#[test]
fn every_reference_is_valid_and_no_book_crosses() {
    let parameters = Parameters { live_orders: MESSAGES / 50, ..Parameters::of(MESSAGES) };
    let file = binary_file(&parameters).unwrap();
    let live_orders = usize::try_from(parameters.live_orders).unwrap();
    let mut book = Book::with_capacity(live_orders, usize::from(parameters.symbols) + 1).unwrap();
    let (mut faults, mut count, mut last_reference, mut peak) = (Faults::default(), 0, 0, 0);
    let mut last_ns = 0;
    for message in messages(&file) {
        let decoded = NasdaqItch50.decode(message).unwrap();
        assert!(!decoded.longer);
        assert!(decoded.timestamp >= last_ns && decoded.timestamp < 86_400_000_000_000);
        if let MarketEvent::Add { id, .. } | MarketEvent::Replace { id, .. } = decoded.event {
            assert!(id > last_reference, "message {count}");
            last_reference = id;
        }
        if apply(&mut book, &decoded, &mut faults) {
            let bbo = book.bbo(decoded.instrument);
            assert!(!bbo.is_crossed(), "message {count}: {bbo:?}");
        }
        assert_eq!(faults, Faults::default(), "message {count}: {decoded:?}");
        peak = peak.max(book.live_orders());
        last_ns = decoded.timestamp;
        count += 1;
    }
    assert_eq!((count, book.live_orders()), (MESSAGES, 0));
    assert_eq!(book.growths(), 0);
    assert!(peak <= live_orders && peak > live_orders * 9 / 10, "{peak} of {live_orders}");
}

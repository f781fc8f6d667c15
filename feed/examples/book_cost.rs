//! What decoding and the book cost, in nanoseconds a message, by the number of live orders.
//!
//! `cargo run --release --example book_cost [LIVE_ORDERS…]`: generates a day of 8,000 symbols in
//! memory for each number, fills the book, and times the part of the day in which that number of
//! orders is live: decoding alone, with the book and a look at the best bid and offer after each
//! message, and the same with the lines of later messages fetched ahead, as an unpaced replay does.
//! Prints the least and the median of the rounds.

#![allow(unreachable_pub, missing_docs)]

use std::hint::black_box;
use std::ops::Range;

use rustix::time::{ClockId, clock_gettime};
use tickline_feed::generate::{Parameters, binary_file};
use tickline_feed::venue::market::{Decoded, Decoder};
use tickline_feed::venue::nasdaq_itch50::market::NasdaqItch50;
use tickline_shared::book::Book;

#[path = "../tests/support/itch_book.rs"]
mod itch_book;

use itch_book::{Faults, apply};

const SYMBOLS: u16 = 8_000;

const ROUNDS: usize = 7;

/// How many messages ahead their lines are fetched, as in the feed.
const AHEAD: usize = 16;

fn main() {
    let given: Vec<u64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let numbers = if given.is_empty() { vec![20_000, 200_000, 2_000_000] } else { given };
    println!(
        " live orders           decode         with book      fetched ahead   ns, least / median"
    );
    for live_orders in numbers {
        measure(live_orders);
    }
}

fn measure(live_orders: u64) {
    let messages = (live_orders * 20).max(4_000_000);
    let parameters = Parameters { symbols: SYMBOLS, live_orders, ..Parameters::of(messages) };
    let file = binary_file(&parameters).expect("parameters that fit");
    // The number of live orders climbs for six messages an order, and falls as slowly at the end.
    let messages = split(&file);
    let ramp = live_orders as usize * 6;
    let plateau = ramp + 100_000..messages.len() - ramp;
    let timed = &messages[plateau.clone()];
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let [decode_only, with_book, fetched] = &mut rounds;
        decode_only.push(per_message(timed, |_, decoded| {
            black_box(decoded);
        }));
        with_book.push(book_pass::<false>(&messages, plateau.clone(), live_orders));
        fetched.push(book_pass::<true>(&messages, plateau.clone(), live_orders));
    }
    print!("{live_orders:>12}");
    for column in &mut rounds {
        column.sort_by(f64::total_cmp);
        print!("{:>17}", format!("{:.1} / {:.1}", column[0], column[ROUNDS / 2]));
    }
    println!();
}

/// Fills a book and times the messages in `timed`.
fn book_pass<const FETCH: bool>(messages: &[&[u8]], timed: Range<usize>, live_orders: u64) -> f64 {
    let instruments = usize::from(SYMBOLS) + 1;
    let mut book = Book::with_capacity(live_orders as usize, instruments).expect("memory");
    let mut faults = Faults::default();
    per_message(&messages[..timed.start], |_, decoded| {
        apply(&mut book, decoded, &mut faults);
    });
    let timed = &messages[timed];
    let cost = per_message(timed, |at, decoded| {
        if FETCH
            && let Some(later) = timed.get(at + AHEAD)
            && let Some((instrument, order)) = NasdaqItch50::concerns(later)
        {
            book.prefetch(instrument, order);
        }
        if apply(&mut book, decoded, &mut faults) {
            let bbo = book.bbo(decoded.instrument);
            black_box(bbo.bid.price.0 ^ bbo.ask.price.0);
        }
    });
    assert_eq!((faults, book.growths()), (Faults::default(), 0));
    cost
}

fn per_message(messages: &[&[u8]], mut each: impl FnMut(usize, &Decoded)) -> f64 {
    let start = processor_ns();
    for (at, message) in messages.iter().enumerate() {
        if let Ok(decoded) = NasdaqItch50::decode(message) {
            each(at, &decoded);
        }
    }
    (processor_ns() - start) as f64 / messages.len() as f64
}

/// Time that this thread has had a processor: another program's share does not count.
fn processor_ns() -> i64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

fn split(file: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    let mut rest = file;
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let (message, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
        if !message.is_empty() {
            messages.push(message);
        }
        rest = tail;
    }
    messages
}

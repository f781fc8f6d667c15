//! From what happened to what strategies are told: the book is kept, and the streams that the
//! scenario asked for go into the ring.
//!
//! One event of the venue becomes up to four records: the order event, the trade, and the two
//! quotes if the top of the book changed. The last one carries [`Flags::LAST`]. A status becomes a
//! record where it is not the one that held before.
//!
//! After a gap quotes carry [`Flags::STALE`], instrument by instrument until its book is known again:
//! a day or a session begins, or the venue clears the instrument, as it does before it sends a book
//! anew. A quote that the venue itself sent is never stale: it says all there is. Of orders and levels
//! no record is: each is true, it is the book around it that may lack something
//! ([`MsgBook::is_stale`](tickline_shared::book::MsgBook::is_stale)).

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tickline_shared::book::{Bbo, Book, Level, LevelBook};
use tickline_shared::clock::Clock;
use tickline_shared::instruments::Listing;
use tickline_shared::msg::{Flags, Msg, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::ring::writer::Writer;
use tickline_shared::units::Symbol;

use crate::instruments::{Instruments, Named};
use crate::venue::listener::Listener;
use crate::venue::market::Decoded;

mod again;
mod levels;
mod orders;
mod records;
mod seldom;
mod sink;
mod stated;
mod statuses;

use levels::{Held, Quoted};
use records::quote;
use statuses::Statuses;

pub use sink::Sink;

/// When an event happened, and its place in the session.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Sequence number of the message.
    pub sequence: u64,
    /// The venue's clock, ns.
    pub exchange_ts: u64,
    /// When the feed had the message, or owed it; in cycles.
    pub ingress: u64,
}

/// The feed was told to stop while it waited for a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stopped;

/// What does not fit the book: counted, and followed as far as it can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BookFaults {
    /// Events of orders that were never added: the capture began after them.
    pub unknown_orders: u64,
    /// Orders added under an id that was in use.
    pub duplicate_orders: u64,
    /// Orders that lost more than they had.
    pub over_reduced: u64,
    /// Events of instruments for whose names no number was left; they are lost.
    pub unnumbered: u64,
}

/// The feed's own state behind the decoder.
pub struct Publisher<C, S = Writer> {
    sink: S,
    book: Book,
    /// What is kept of a venue that sends no orders.
    levels: Option<LevelBook>,
    held: Held,
    quoted: Quoted,
    statuses: Statuses,
    instruments: Instruments,
    streams: Streams,
    /// The top of each book as last published.
    tops: Vec<Bbo>,
    faults: BookFaults,
    peak_orders: usize,
    /// A recorded record of which it is not known whether it is the last of its event.
    pending: Option<(Msg, Stamp)>,
    /// Whether all streams that were recorded are wanted.
    passes: bool,
    /// Whether records are staged until somebody commits them.
    gathers: bool,
    stop: Arc<AtomicBool>,
    clock: PhantomData<C>,
}

impl<C: Clock, S: Sink> Publisher<C, S> {
    /// A publisher of these streams into a ring, or another sink, that is empty.
    pub fn new(
        sink: S,
        book: Book,
        instruments: Instruments,
        streams: Streams,
        stop: Arc<AtomicBool>,
    ) -> Publisher<C, S> {
        Publisher {
            sink,
            book,
            levels: None,
            held: Held::default(),
            quoted: Quoted::default(),
            statuses: Statuses::with_capacity(),
            instruments,
            streams,
            tops: vec![Bbo::EMPTY; 1 << 16],
            faults: BookFaults::default(),
            peak_orders: 0,
            pending: None,
            passes: false,
            gathers: false,
            stop,
            clock: PhantomData,
        }
    }

    /// Keeps price levels too, for a venue that sends them.
    pub fn keeping(self, levels: Option<LevelBook>) -> Publisher<C, S> {
        match levels {
            None => Publisher { levels, ..self },
            Some(_) => {
                let (held, quoted) = (Held::with_capacity(), Quoted::with_capacity());
                Publisher { levels, held, quoted, ..self }
            }
        }
    }

    /// Follows one event.
    #[inline(always)]
    pub fn follow<I: Named>(&mut self, decoded: &Decoded<I>, stamp: Stamp) -> Result<(), Stopped> {
        self.listener(decoded.instrument, stamp).event(decoded.event)
    }

    /// Both sides of a new top, each with its flags.
    #[inline(always)]
    fn pair(
        &mut self,
        top: &Bbo,
        symbol: Symbol,
        [bid, ask]: [Flags; 2],
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        self.emit(quote(Side::Bid, &top.bid, symbol, bid, stamp), stamp)?;
        self.emit(quote(Side::Ask, &top.ask, symbol, ask | Flags::LAST, stamp), stamp)
    }

    /// The top of a book, if this side of it is not as last published; of the other side it is known
    /// that it is.
    #[inline(always)]
    fn changed_side(&mut self, number: u16, side: Side) -> Option<Bbo> {
        let now = self.book.best(number, side);
        let shown = &mut self.tops[usize::from(number)];
        let was = if side == Side::Bid { &mut shown.bid } else { &mut shown.ask };
        if same(&now, was) {
            return None;
        }
        *was = now;
        Some(*shown)
    }

    /// The top of a book, if it is not as last published.
    #[inline(always)]
    fn changed_top(&mut self, number: u16, now: Bbo) -> Option<Bbo> {
        let shown = &mut self.tops[usize::from(number)];
        if same(&now.bid, &shown.bid) && same(&now.ask, &shown.ask) {
            return None;
        }
        *shown = now;
        Some(now)
    }

    /// Puts a record into the ring; waits where a lossless reader is a whole ring behind.
    #[inline(always)]
    fn emit(&mut self, msg: Msg, stamp: Stamp) -> Result<(), Stopped> {
        let Stamp { exchange_ts, ingress, .. } = stamp;
        let publish = if self.gathers { 0 } else { C::now() };
        let record = Record { number: 0, msg, exchange_ts, ingress, publish };
        let taken = match self.gathers {
            true => self.sink.stage(&record),
            false => self.sink.publish(record),
        };
        match taken {
            Ok(()) => Ok(()),
            Err(_) => self.wait_for_room(record),
        }
    }

    #[cold]
    fn wait_for_room(&mut self, mut record: Record) -> Result<(), Stopped> {
        // A reader frees a few dozen slots at a time, in about a microsecond. One that takes much
        // longer is stuck or on this very core: then let others run.
        const SPINS: u32 = 10_000;
        // It may need what is staged.
        self.commit();
        for turn in 0u64.. {
            record.publish = C::now();
            if self.sink.publish(record).is_ok() {
                break;
            }
            // Relaxed: the flag carries nothing but itself.
            if self.stop.load(Ordering::Relaxed) {
                return Err(Stopped);
            }
            match turn {
                turn if turn < u64::from(SPINS) => std::hint::spin_loop(),
                _ => std::thread::yield_now(),
            }
        }
        Ok(())
    }

    /// Whether records are from now on gathered until [`Publisher::commit`]: one look at the clock
    /// serves all of them, and each is as old as its stamp says when readers see it.
    pub fn gather(&mut self, gathers: bool) {
        self.gathers = gathers;
    }

    /// Publishes what was gathered; when, in cycles.
    #[inline(always)]
    pub fn commit(&mut self) -> u64 {
        let now = C::now();
        self.sink.commit(now);
        now
    }

    /// Where the records go.
    #[inline]
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Where the records went.
    pub fn sink_ref(&self) -> &S {
        &self.sink
    }

    /// Where the records went, for whoever takes it back.
    pub fn into_sink(self) -> S {
        self.sink
    }

    /// The books.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The price levels, where they are kept.
    pub fn levels(&self) -> Option<&LevelBook> {
        self.levels.as_ref()
    }

    /// The instruments.
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Takes over what the head of a file says of an instrument: see [`Instruments::listed`].
    pub fn listed<I: Named>(&mut self, key: Symbol, listing: &Listing) {
        self.instruments.listed::<I>(key, listing);
    }

    /// What did not fit the books.
    pub fn faults(&self) -> BookFaults {
        self.faults
    }

    /// The most orders that were live at once.
    pub fn peak_orders(&self) -> usize {
        self.peak_orders
    }
}

/// Whether two levels make the same quote.
#[inline(always)]
fn same(a: &Level, b: &Level) -> bool {
    a.price == b.price && a.quantity == b.quantity
}

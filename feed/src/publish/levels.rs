//! What a venue says that sends no orders: the top of the book as it knows it, or what stands at
//! each price.
//!
//! A venue may tell of one event in several levels, of several instruments. Until it ends, no book is
//! what it will be: quotes wait for it, and so do the records of its levels, which then come together,
//! instrument by instrument, each of them with its last one marked.
//!
//! Where a venue sends both of an instrument, quotes are the top as the venue knows it, and never that
//! of the levels.

use tickline_shared::book::Bbo;
use tickline_shared::clock::Clock;
use tickline_shared::msg::{Flags, Kind, Msg};

use super::{Publisher, Sink, Stamp, Stopped};
use crate::venue::market::MarketEvent;

/// Levels of events that have not ended for which there is room. An event with more is told as it
/// comes, up to its last ones: waiting would take memory without end.
const HELD_MAX: usize = 1024;

/// The level records of events that have not ended.
#[derive(Default)]
pub(super) struct Held(Vec<Level>);

/// The record of a level that waits for the end of its event.
#[derive(Clone, Copy)]
struct Level {
    number: u16,
    msg: Msg,
    stamp: Stamp,
}

impl Held {
    /// Room for all that may be held, in memory that is touched here.
    pub(super) fn with_capacity() -> Held {
        let stamp = Stamp { sequence: 0, exchange_ts: 0, ingress: 0 };
        let msg = super::records::news(Kind::Level);
        let mut held = Held(vec![Level { number: 0, msg, stamp }; HELD_MAX]);
        held.0.clear();
        held
    }

    /// The events that had not ended are void.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// As [`Held::clear`], of one instrument.
    pub(super) fn clear_of(&mut self, number: u16) {
        self.0.retain(|level| level.number != number);
    }
}

/// Of which instruments a venue that sends levels sends the top of the book itself. Without memory
/// where it sends no levels: then nobody asks.
#[derive(Default)]
pub(super) struct Quoted(Vec<bool>);

impl Quoted {
    /// None yet.
    pub(super) fn with_capacity() -> Quoted {
        Quoted(vec![false; 1 << u16::BITS])
    }

    fn set(&mut self, number: u16) {
        if let Some(quoted) = self.0.get_mut(usize::from(number)) {
            *quoted = true;
        }
    }

    /// Whether the venue sends the top of its book.
    pub(super) fn is(&self, number: u16) -> bool {
        self.0.get(usize::from(number)).is_some_and(|quoted| *quoted)
    }

    /// A day or a session begins.
    pub(super) fn clear(&mut self) {
        self.0.fill(false);
    }
}

impl<C: Clock, S: Sink> Publisher<C, S> {
    /// What a venue says that sends no orders. Not inlined: it would only burden the loop of those
    /// that do.
    #[inline(never)]
    pub(super) fn without_orders(
        &mut self,
        number: u16,
        event: MarketEvent,
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        match (event, &mut self.levels) {
            (MarketEvent::Quote { bid, ask }, _) => {
                let top = Bbo { bid: bid.level(), ask: ask.level() };
                self.quoted.set(number);
                let top = self.wanted_top(number, top);
                // It says all there is: what was lost before does not matter.
                let flags = [bid.flags, ask.flags];
                top.map_or(Ok(()), |top| self.pair_of(number, &top, flags, stamp))
            }
            (MarketEvent::Level { side, price, quantity, flags, complete }, Some(levels)) => {
                levels.set(number, side, price, quantity);
                if flags.contains(Flags::INEXACT) {
                    self.instruments.mark(number, Flags::INEXACT);
                }
                if self.streams.levels {
                    let symbol = self.instruments.get(number).symbol;
                    let (id, kind) = (stamp.sequence, Kind::Level);
                    let msg = Msg { id, price, quantity, kind, side, flags, venue: 0, symbol };
                    self.hold(Level { number, msg, stamp })?;
                }
                if complete { self.event_end(number, stamp) } else { Ok(()) }
            }
            (MarketEvent::EventEnd, _) => self.event_end(number, stamp),
            _ => Ok(()),
        }
    }

    /// The venue's event is over: the book of the instrument is what it shows.
    fn event_end(&mut self, number: u16, stamp: Stamp) -> Result<(), Stopped> {
        let Some(levels) = &self.levels else { return Ok(()) };
        let top = levels.bbo(number);
        let top = if self.quoted.is(number) { None } else { self.wanted_top(number, top) };
        self.say_held(number, top.is_none())?;
        let marks = [self.instruments.marks(number); 2];
        top.map_or(Ok(()), |top| self.pair_of(number, &top, marks, stamp))
    }

    /// The top of a book if it is to be published.
    fn wanted_top(&mut self, number: u16, top: Bbo) -> Option<Bbo> {
        if self.streams.quotes { self.changed_top(number, top) } else { None }
    }

    fn pair_of(
        &mut self,
        number: u16,
        top: &Bbo,
        flags: [Flags; 2],
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        self.pair(top, self.instruments.get(number).symbol, flags, stamp)
    }

    fn hold(&mut self, level: Level) -> Result<(), Stopped> {
        if self.held.0.len() == HELD_MAX {
            self.say_unfinished()?;
        }
        self.held.0.push(level);
        Ok(())
    }

    /// Publishes what is held of an instrument; with `alone` the last record of it ends its event.
    pub(super) fn say_held(&mut self, number: u16, alone: bool) -> Result<(), Stopped> {
        if self.held.0.is_empty() {
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.held);
        let mut of_it = held.0.iter().filter(|level| level.number == number).peekable();
        let mut said = Ok(());
        while let Some(Level { mut msg, stamp, .. }) = of_it.next().copied() {
            if alone && of_it.peek().is_none() {
                msg.flags = msg.flags | Flags::LAST;
            }
            said = said.and_then(|()| self.emit(msg, stamp));
        }
        held.clear_of(number);
        self.held = held;
        said
    }

    /// Publishes what is held of events whose end does not come, or comes too late.
    #[cold]
    pub(super) fn say_unfinished(&mut self) -> Result<(), Stopped> {
        let mut held = std::mem::take(&mut self.held);
        let said = held.0.iter().try_for_each(|level| self.emit(level.msg, level.stamp));
        held.clear();
        self.held = held;
        said
    }
}

//! What happens seldom: trades that moved no order, statuses, and news of the venue itself.

use tickline_shared::book::{Bbo, Order};
use tickline_shared::clock::Clock;
use tickline_shared::instruments::Listing;
use tickline_shared::msg::{Flags, Kind, Msg, Topic};
use tickline_shared::units::Symbol;
use zerocopy::transmute;

use super::records::{news, saturate};
use super::{Publisher, Sink, Stamp, Stopped};
use crate::instruments::Instrument;
use crate::session::Gap;
use crate::venue::market::MarketEvent;

impl<C: Clock, S: Sink> Publisher<C, S> {
    /// What concerns no order and so happens seldom.
    #[cold]
    pub(super) fn other(
        &mut self,
        number: u16,
        event: MarketEvent,
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        match event {
            MarketEvent::DayStart => self.clear(stamp),
            MarketEvent::Trade { match_id, side, price, quantity, flags, symbol } => {
                let Instrument { symbol, wanted, .. } = self.instruments.named(number, symbol);
                // A cross in which nothing was executed is announced with no shares.
                if !self.streams.trades || !wanted || quantity == 0 {
                    return Ok(());
                }
                let (quantity, saturated) = saturate(quantity);
                let flags = Flags::LAST | saturated | flags;
                let (id, kind) = (match_id, Kind::Trade);
                self.emit(Msg { id, price, quantity, kind, side, flags, venue: 0, symbol }, stamp)
            }
            MarketEvent::TradeBreak { match_id } if self.streams.trades => {
                let symbol = self.instruments.get(number).symbol;
                let msg = Msg { id: match_id, symbol, ..news(Kind::TradeBreak) };
                self.emit(msg, stamp)
            }
            MarketEvent::ClearBook => self.clear_instrument(number, stamp),
            MarketEvent::Missing(gap) => self.missing_of(number, gap, stamp),
            MarketEvent::Status { status, symbol } => {
                let (symbol, wanted) = match status.topic {
                    // News of the venue itself passes every filter.
                    Topic::Venue => (symbol, true),
                    _ => {
                        let known = self.instruments.named(number, symbol);
                        (known.symbol, known.wanted)
                    }
                };
                if !self.statuses.changes(number, &status) {
                    return Ok(());
                }
                // First: what a record says, the table says too.
                self.instruments.set_status(number, &status);
                if wanted { self.emit(status.msg(symbol), stamp) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Takes over what is said of an instrument, which records call `symbol` if that is known.
    #[cold]
    pub(super) fn directory(
        &mut self,
        number: u16,
        symbol: Option<Symbol>,
        listing: &Listing,
    ) -> Result<(), Stopped> {
        self.instruments.learn_called(number, symbol, listing);
        // It may have had a status before it had a name.
        for status in self.statuses.held(number) {
            self.instruments.set_status(number, &status);
        }
        Ok(())
    }

    /// Empties the book of an instrument: what comes of it from now on is all there is.
    pub(super) fn empty(&mut self, number: u16) {
        self.book.clear_instrument(number);
        if let Some(levels) = &mut self.levels {
            levels.clear_instrument(number);
        }
        self.held.clear_of(number);
        self.instruments.restore(number);
    }

    /// Everything in the book of an instrument is gone.
    fn clear_instrument(&mut self, number: u16, stamp: Stamp) -> Result<(), Stopped> {
        self.empty(number);
        let symbol = self.instruments.get(number).symbol;
        // The top that the venue itself sends is not that of the book which is gone.
        let tells = self.streams.quotes && !self.quoted.is(number);
        let top = if tells { self.changed_top(number, Bbo::EMPTY) } else { None };
        let flags = if top.is_none() { Flags::LAST } else { Flags::default() };
        self.emit(Msg { symbol, flags, ..news(Kind::Clear) }, stamp)?;
        top.map_or(Ok(()), |top| self.pair(&top, symbol, [Flags::default(); 2], stamp))
    }

    /// Events of an instrument that is not in the filter, or whose name is not known yet.
    pub(super) fn unwanted(
        &mut self,
        number: u16,
        event: MarketEvent,
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        match event {
            MarketEvent::DayStart | MarketEvent::Status { .. } | MarketEvent::Trade { .. } => {
                self.other(number, event, stamp)
            }
            // News of the venue itself passes every filter.
            MarketEvent::Record(words) if Symbol(transmute!(words[3])) == Symbol::NONE => {
                self.again(words, stamp)
            }
            _ => Ok(()),
        }
    }

    #[cold]
    pub(super) fn unnumbered(&mut self) -> Result<(), Stopped> {
        self.faults.unnumbered += 1;
        Ok(())
    }

    #[cold]
    pub(super) fn unknown_order(&mut self) -> Result<(), Stopped> {
        self.faults.unknown_orders += 1;
        Ok(())
    }

    /// An order had to leave since another one came under its id. If it was the top of another side,
    /// that is told in an event of its own; the side of the new one is looked at in any case.
    #[cold]
    pub(super) fn duplicate_order(
        &mut self,
        older: &Order,
        newer: &Order,
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        self.faults.duplicate_orders += 1;
        let same_side = (older.instrument, older.side) == (newer.instrument, newer.side);
        if same_side || !self.streams.quotes {
            return Ok(());
        }
        let number = older.instrument;
        let Some(top) = self.changed_side(number, older.side) else { return Ok(()) };
        let marks = [self.instruments.marks(number); 2];
        self.pair(&top, older.symbol, marks, stamp)
    }

    /// Messages are missing: strategies learn of it between the records before and after.
    #[cold]
    pub fn gap(&mut self, gap: Gap, stamp: Stamp) -> Result<(), Stopped> {
        self.settle()?;
        self.instruments.lose();
        self.say_unfinished()?;
        self.emit(stale(missing(gap)), stamp)
    }

    /// The same of a venue whose decoder finds out itself which books lack something, and clears them.
    #[cold]
    pub fn announce_gap(&mut self, gap: Gap, stamp: Stamp) -> Result<(), Stopped> {
        self.settle()?;
        self.say_unfinished()?;
        self.emit(missing(gap), stamp)
    }

    /// Something of one instrument is missing: so many of its numbers, or what was before the stream
    /// begins.
    fn missing_of(&mut self, number: u16, gap: Option<Gap>, stamp: Stamp) -> Result<(), Stopped> {
        self.say_held(number, false)?;
        self.instruments.lose_one(number);
        let symbol = self.instruments.get(number).symbol;
        let msg = gap.map_or(news(Kind::Gap), missing);
        self.emit(Msg { symbol, ..stale(msg) }, stamp)
    }

    /// The venue ended its session.
    pub fn end_of_session(&mut self, stamp: Stamp) -> Result<(), Stopped> {
        self.emit(news(Kind::EndOfSession), stamp)
    }

    /// A day or a session begins: nothing of before is left, if there was anything.
    #[cold]
    pub fn clear(&mut self, stamp: Stamp) -> Result<(), Stopped> {
        self.settle()?;
        if let Some(levels) = &mut self.levels {
            levels.clear();
        }
        self.held.clear();
        self.quoted.clear();
        self.statuses.clear();
        self.instruments.clear_statuses();
        if self.book.live_orders() == 0 && self.sink.published() == 0 {
            return Ok(());
        }
        self.book.clear();
        self.tops.fill(Bbo::EMPTY);
        self.instruments.restore_all();
        self.emit(news(Kind::Clear), stamp)
    }
}

/// The record of a gap that books may lack something of.
fn stale(gap: Msg) -> Msg {
    Msg { flags: gap.flags | Flags::STALE, ..gap }
}

/// The record of a gap.
fn missing(gap: Gap) -> Msg {
    let (quantity, saturated) = saturate(gap.count);
    Msg { id: gap.first, quantity, flags: Flags::LAST | saturated, ..news(Kind::Gap) }
}

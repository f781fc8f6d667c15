//! A book on the reading side of the ring: from the records of a stream that publishes orders or
//! price levels.

use std::io;

use crate::msg::{Flags, Kind, Msg, Side};
use crate::symbols::Symbols;
use crate::units::Symbol;

use super::{Bbo, Book, Level, LevelBook, Order, Stale};

/// The books of one venue, kept from its records. Reads every kind of record and follows those
/// that concern orders and price levels, of which a symbol has one or the other; of a stream with
/// several venues, give each venue its own. A book is consistent after a record with
/// [`Flags::LAST`].
///
/// After a [`Kind::Gap`] that concerns them the books are whatever the records that did arrive say,
/// and [`MsgBook::is_stale`] until something makes up for what was lost, as [`Stale`] tells:
/// whether to go on or to wait is the strategy's decision.
#[derive(Debug)]
pub struct MsgBook {
    orders: Book,
    levels: LevelBook,
    instruments: Symbols,
    stale: Stale,
}

/// What a record did to the books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Applied {
    /// It changed the book of this instrument.
    Changed(u16),
    /// It emptied all books.
    Cleared,
    /// Records are missing: books may be out of date from here on, see [`MsgBook::is_stale`].
    Stale,
    /// It concerns neither orders nor levels.
    Ignored,
    /// It does not fit the books, which follow it as far as they can.
    Fault(Fault),
}

/// Why a record does not fit the books: records before it were lost, or the feed is at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// No order has its id; nothing changed.
    UnknownOrder,
    /// An order with its id was there already, and left.
    Duplicate,
    /// It takes more than the order had; the order left.
    OverReduced,
    /// An order or a level that neither buys nor sells; nothing changed.
    NoSide,
    /// More symbols than a `u16` can number; nothing changed.
    TooManySymbols,
}

impl MsgBook {
    /// Books for a stream of orders; see [`Book::with_capacity`].
    ///
    /// # Errors
    /// What the kernel says when it has not enough memory.
    pub fn with_capacity(live_orders: usize, instruments: usize) -> io::Result<MsgBook> {
        let orders = Book::with_capacity(live_orders, instruments)?;
        Ok(MsgBook::of(orders, LevelBook::with_capacity(0, 0)?, instruments))
    }

    /// Books for a stream of price levels; see [`LevelBook::with_capacity`].
    ///
    /// # Errors
    /// What the kernel says when it has not enough memory.
    pub fn of_levels(levels: usize, instruments: usize) -> io::Result<MsgBook> {
        let levels = LevelBook::with_capacity(levels, instruments)?;
        Ok(MsgBook::of(Book::with_capacity(0, 0)?, levels, instruments))
    }

    fn of(orders: Book, levels: LevelBook, instruments: usize) -> MsgBook {
        let instruments_max = instruments.min(1 << u16::BITS);
        let (stale, instruments) =
            (Stale::with_capacity(instruments_max), Symbols::with_capacity(instruments_max));
        MsgBook { orders, levels, instruments, stale }
    }

    /// Follows one record.
    #[inline]
    pub fn apply(&mut self, msg: &Msg) -> Applied {
        let change = match msg.kind {
            Kind::Add => self.add(msg),
            Kind::Reduce | Kind::Execute => match self.orders.reduce(msg.id, msg.quantity) {
                Some(reduced) if reduced.excess == 0 => Ok(reduced.order.instrument),
                Some(_) => Err(Fault::OverReduced),
                None => Err(Fault::UnknownOrder),
            },
            // The successor of a replaced order follows as an Add.
            Kind::Delete | Kind::Replace => {
                let gone = self.orders.delete(msg.id);
                gone.map(|order| order.instrument).ok_or(Fault::UnknownOrder)
            }
            Kind::Level => self.level(msg),
            Kind::Clear => return self.clear(msg.symbol),
            Kind::Gap => return self.gap(msg),
            _ => return Applied::Ignored,
        };
        match change {
            Ok(instrument) => {
                if !msg.flags.contains(Flags::FROM_SNAPSHOT) {
                    self.stale.event(instrument);
                }
                Applied::Changed(instrument)
            }
            Err(fault) => Applied::Fault(fault),
        }
    }

    /// The number under which an instrument stands in [`MsgBook::orders`] and [`MsgBook::levels`]:
    /// `None` before its first order or level. It never changes.
    pub fn instrument(&self, symbol: Symbol) -> Option<u16> {
        self.instruments.get(symbol)
    }

    /// Best bid and offer of a symbol; both empty where it is unknown.
    pub fn bbo(&self, symbol: Symbol) -> Bbo {
        let Some(instrument) = self.instrument(symbol) else { return Bbo::EMPTY };
        match self.orders.bbo(instrument) {
            Bbo::EMPTY => self.levels.bbo(instrument),
            top => top,
        }
    }

    /// All levels of one side of a symbol, best first; `take(n)` for the best n.
    pub fn depth(&self, symbol: Symbol, side: Side) -> impl Iterator<Item = Level> {
        let instrument = self.instrument(symbol).into_iter();
        instrument.flat_map(move |instrument| {
            self.orders.depth(instrument, side).chain(self.levels.depth(instrument, side))
        })
    }

    /// Whether records are missing that the book of a symbol would need.
    pub fn is_stale(&self, symbol: Symbol) -> bool {
        let instrument = self.instrument(symbol);
        instrument.map_or(self.stale.contains_unknown(), |it| self.stale.contains(it))
    }

    /// The orders, of a stream that publishes them.
    pub fn orders(&self) -> &Book {
        &self.orders
    }

    /// The levels, of a stream that publishes those.
    pub fn levels(&self) -> &LevelBook {
        &self.levels
    }

    /// How often a record had to wait for memory because a capacity was exceeded.
    pub fn growths(&self) -> u64 {
        self.orders.growths() + self.levels.growths()
    }

    /// Bytes of memory held.
    pub fn memory_bytes(&self) -> usize {
        self.orders.memory_bytes() + self.levels.memory_bytes()
    }

    #[inline]
    fn add(&mut self, msg: &Msg) -> Result<u16, Fault> {
        let instrument = self.place(msg)?;
        let Msg { id, price, quantity, side, symbol, .. } = *msg;
        match self.orders.add(Order { id, price, quantity, instrument, side, symbol }) {
            None => Ok(instrument),
            Some(_) => Err(Fault::Duplicate),
        }
    }

    #[inline]
    fn level(&mut self, msg: &Msg) -> Result<u16, Fault> {
        let instrument = self.place(msg)?;
        self.levels.set(instrument, msg.side, msg.price, msg.quantity);
        Ok(instrument)
    }

    /// The instrument of an order or level that comes, whose place is on one of the sides.
    #[inline]
    fn place(&mut self, msg: &Msg) -> Result<u16, Fault> {
        if !matches!(msg.side, Side::Bid | Side::Ask) {
            return Err(Fault::NoSide);
        }
        let instrument = self.instruments.number(msg.symbol).ok_or(Fault::TooManySymbols)?;
        if msg.flags.contains(Flags::FROM_SNAPSHOT) && self.stale.snapshot(instrument) {
            self.empty(instrument);
        }
        Ok(instrument)
    }

    fn clear(&mut self, symbol: Symbol) -> Applied {
        if symbol == Symbol::NONE {
            self.orders.clear();
            self.levels.clear();
            self.stale.clear();
            return Applied::Cleared;
        }
        // One that was not heard of yet may be stale too.
        let Some(instrument) = self.instruments.number(symbol) else {
            return Applied::Fault(Fault::TooManySymbols);
        };
        self.empty(instrument);
        self.stale.clear_of(instrument);
        Applied::Changed(instrument)
    }

    #[cold]
    fn gap(&mut self, msg: &Msg) -> Applied {
        if !msg.flags.contains(Flags::STALE) && !msg.flags.contains(Flags::OVERRUN) {
            return Applied::Ignored;
        }
        match msg.symbol {
            Symbol::NONE => self.stale.gap(),
            symbol => match self.instruments.number(symbol) {
                Some(instrument) => self.stale.gap_of(instrument),
                None => return Applied::Fault(Fault::TooManySymbols),
            },
        }
        Applied::Stale
    }

    #[cold]
    fn empty(&mut self, instrument: u16) {
        self.orders.clear_instrument(instrument);
        self.levels.clear_instrument(instrument);
    }
}

#[cfg(test)]
mod tests;

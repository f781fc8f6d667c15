//! A book on the reading side of the ring: from the records of a stream that publishes orders.

use std::io;

use crate::msg::{Kind, Msg, Side};
use crate::symbols::Symbols;
use crate::units::Symbol;

use super::{Bbo, Book, Order};

/// The books of one venue, kept from its records. Reads every kind of record and follows those
/// that concern orders; of a stream with several venues, give each venue its own.
///
/// After a [`Kind::Gap`] the books are whatever the records that did arrive say: whether to go on,
/// or to wait for a [`Kind::Clear`] and a snapshot, is the strategy's decision.
#[derive(Debug)]
pub struct MsgBook {
    book: Book,
    instruments: Symbols,
}

/// What a record did to the books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Applied {
    /// It changed the book of this instrument.
    Changed(u16),
    /// It emptied all books.
    Cleared,
    /// It does not concern orders.
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
    /// An order that neither buys nor sells; nothing changed.
    NoSide,
    /// More symbols than a `u16` can number; nothing changed.
    TooManySymbols,
}

impl MsgBook {
    /// Books of this capacity; see [`Book::with_capacity`].
    ///
    /// # Errors
    /// What the kernel says when it has not enough memory.
    pub fn with_capacity(live_orders: usize, instruments: usize) -> io::Result<MsgBook> {
        let book = Book::with_capacity(live_orders, instruments)?;
        Ok(MsgBook { book, instruments: Symbols::with_capacity(instruments) })
    }

    /// Follows one record.
    #[inline]
    pub fn apply(&mut self, msg: &Msg) -> Applied {
        let change = match msg.kind {
            Kind::Add => self.add(msg),
            Kind::Reduce | Kind::Execute => match self.book.reduce(msg.id, msg.quantity) {
                Some(reduced) if reduced.excess == 0 => Ok(reduced.order.instrument),
                Some(_) => Err(Fault::OverReduced),
                None => Err(Fault::UnknownOrder),
            },
            // The successor of a replaced order follows as an Add.
            Kind::Delete | Kind::Replace => {
                let gone = self.book.delete(msg.id);
                gone.map(|order| order.instrument).ok_or(Fault::UnknownOrder)
            }
            Kind::Clear => return self.clear(msg.symbol),
            _ => return Applied::Ignored,
        };
        change.map_or_else(Applied::Fault, Applied::Changed)
    }

    /// The number under which an instrument stands in [`MsgBook::book`]: `None` before its first
    /// order. It never changes.
    pub fn instrument(&self, symbol: Symbol) -> Option<u16> {
        self.instruments.get(symbol)
    }

    /// Best bid and offer of a symbol; both empty where it is unknown.
    pub fn bbo(&self, symbol: Symbol) -> Bbo {
        self.instrument(symbol).map_or(Bbo::EMPTY, |instrument| self.book.bbo(instrument))
    }

    /// The books themselves.
    pub fn book(&self) -> &Book {
        &self.book
    }

    #[inline]
    fn add(&mut self, msg: &Msg) -> Result<u16, Fault> {
        if !matches!(msg.side, Side::Bid | Side::Ask) {
            return Err(Fault::NoSide);
        }
        let instrument = self.instruments.number(msg.symbol).ok_or(Fault::TooManySymbols)?;
        let Msg { id, price, quantity, side, symbol, .. } = *msg;
        match self.book.add(Order { id, price, quantity, instrument, side, symbol }) {
            None => Ok(instrument),
            Some(_) => Err(Fault::Duplicate),
        }
    }

    fn clear(&mut self, symbol: Symbol) -> Applied {
        if symbol == Symbol::NONE {
            self.book.clear();
            return Applied::Cleared;
        }
        match self.instrument(symbol) {
            Some(instrument) => {
                self.book.clear_instrument(instrument);
                Applied::Changed(instrument)
            }
            None => Applied::Ignored,
        }
    }
}

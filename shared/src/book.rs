//! Order books of one venue: every live order, and for each instrument the price levels they form.
//!
//! Two parts, each shaped by how it is used. The store finds an order by its id in one
//! cache line. The levels hold the best of each side of each instrument in one line too,
//! and the others sorted behind it, so that activity near the touch moves little.
//!
//! A [`LevelBook`] is the second part alone, for venues that send whole price levels. A [`MsgBook`]
//! is a strategy's own copy of either, kept from the records of the ring. All three answer alike:
//! the top ([`Bbo`], whose [`State`] says whether it is crossed) and the levels behind it, best
//! first.
//!
//! Guarantees: no input panics; a crossed book is kept as the venue sent it; no memory is asked for
//! while a book stays within its capacity, and [`Book::growths`] counts where it did not. Refuses
//! nothing: what a venue should never send is answered by a value, which the caller counts.

use std::hint::select_unpredictable;
use std::io;

use crate::msg::Side;
use crate::units::{Price, Symbol};

mod store;

mod far;
mod levels;
mod sides;
mod volume;

mod top;

mod level_only;

mod arena;
mod pages;

mod stale;
mod stream;

use sides::Sides;
use store::Store;

pub use level_only::LevelBook;
pub use levels::Level;
pub use stale::Stale;
pub use stream::{Applied, Fault, MsgBook};
pub use top::{Bbo, State};

/// One order as it rests in the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// The venue's order reference.
    pub id: u64,
    /// In 1e-9 of the currency unit.
    pub price: Price,
    /// Shares or lots that are left.
    pub quantity: u32,
    /// Dense number of the instrument: the stock locate of ITCH, a table index elsewhere.
    pub instrument: u16,
    /// [`Side::Bid`] or [`Side::Ask`]; decoders refuse any other, the book takes it for an ask.
    pub side: Side,
    /// The name of the instrument, here so that publishing an event needs no second lookup.
    pub symbol: Symbol,
}

/// An order that lost quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reduced {
    /// The order as it was before.
    pub order: Order,
    /// What is left; at 0 the order is gone.
    pub remaining: u32,
    /// What was asked beyond what the order had: 0 unless the venue or the stream is at fault.
    pub excess: u32,
}

/// An order that gave way to its successor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replaced {
    /// The order that left.
    pub old: Order,
    /// The order that took its place: same side and instrument.
    pub new: Order,
    /// A third order that already had the new id and had to leave as well: a fault.
    pub displaced: Option<Order>,
}

/// What is known of a message that comes soon, at the least cost: what it will touch is asked for
/// from memory meanwhile. A wrong guess costs a cache line, nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ahead {
    /// The order that it names, or adds.
    pub id: u64,
    /// Its instrument.
    pub instrument: u16,
    /// The side; [`Side::None`] where it is that of the order.
    pub side: Side,
    /// The price of what it adds; any other where it adds nothing.
    pub price: Price,
}

impl Ahead {
    /// Nothing in particular.
    pub const NONE: Ahead = Ahead { id: 0, instrument: 0, side: Side::None, price: Price::NONE };
}

/// A message for which [`Book::prefetch`] has asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Where its order is or will be.
    line: usize,
    ahead: Ahead,
}

impl Asked {
    /// Nothing was asked for.
    pub const NOTHING: Asked = Asked { line: 0, ahead: Ahead::NONE };
}

/// The books of all instruments of one venue.
#[derive(Debug)]
pub struct Book {
    store: Store,
    sides: Sides,
}

impl Book {
    /// Books for up to `live_orders` orders at a time in `instruments` instruments, in memory that
    /// is touched here, so that no message meets a page for the first time. Exceeding either
    /// number is allowed, and costs the message that does it a pause.
    ///
    /// # Errors
    /// What the kernel says when it has not enough memory.
    pub fn with_capacity(live_orders: usize, instruments: usize) -> io::Result<Book> {
        Ok(Book {
            store: Store::with_capacity(live_orders)?,
            // One level an order: far more than days have.
            sides: Sides::with_capacity(live_orders, instruments)?,
        })
    }

    /// Adds an order. An order that already had its id leaves and is returned: a venue never sends
    /// such a pair, so the older one's end was lost, and the newer one is the truth.
    ///
    /// # Panics
    /// When the table must grow and the kernel has no memory, as a `Vec` would.
    #[inline(always)]
    pub fn add(&mut self, order: Order) -> Option<Order> {
        let displaced = self.store.insert(order);
        if let Some(older) = displaced {
            self.sides.leave(&older, older.quantity, true);
        }
        self.sides.join(&order);
        displaced
    }

    /// Takes `quantity` from an order, by execution or by partial cancellation, and removes it
    /// when nothing is left. `None` where no such order is known.
    #[inline(always)]
    pub fn reduce(&mut self, id: u64, quantity: u32) -> Option<Reduced> {
        let order = self.store.reduce(id, quantity)?;
        let taken = quantity.min(order.quantity);
        let remaining = order.quantity - taken;
        self.sides.leave(&order, taken, remaining == 0);
        Some(Reduced { order, remaining, excess: quantity - taken })
    }

    /// Removes an order and returns what was left of it. `None` where no such order is known.
    #[inline(always)]
    pub fn delete(&mut self, id: u64) -> Option<Order> {
        let order = self.store.remove(id)?;
        self.sides.leave(&order, order.quantity, true);
        Some(order)
    }

    /// Replaces the order `old` by one with another id, price and quantity. `None`, and nothing is
    /// added, where no order `old` is known: side and instrument of the successor would be guessed.
    #[inline(always)]
    pub fn replace(&mut self, old: u64, id: u64, price: Price, quantity: u32) -> Option<Replaced> {
        let old = self.delete(old)?;
        let new = Order { id, price, quantity, ..old };
        let displaced = self.add(new);
        Some(Replaced { old, new, displaced })
    }

    /// The order with this id.
    #[inline]
    pub fn order(&self, id: u64) -> Option<Order> {
        self.store.get(id)
    }

    /// Best bid and offer of an instrument; both empty where it has no orders.
    #[inline]
    pub fn bbo(&self, instrument: u16) -> Bbo {
        self.sides.bbo(instrument)
    }

    /// The best level of one side of an instrument; [`Level::NONE`] where it has no orders.
    #[inline(always)]
    pub fn best(&self, instrument: u16, side: Side) -> Level {
        self.sides.best(instrument, side)
    }

    /// All levels of one side of an instrument, best first; `take(n)` for the best n.
    pub fn depth(&self, instrument: u16, side: Side) -> impl Iterator<Item = Level> {
        self.sides.depth(instrument, side)
    }

    /// Asks for the cache lines that lead to those which a message will need.
    #[inline(always)]
    pub fn prefetch(&self, ahead: &Ahead) -> Asked {
        self.sides.prefetch(ahead.instrument);
        Asked { line: self.store.prefetch(ahead.id), ahead: *ahead }
    }

    /// Asks for the level that a message will need first: where what [`Book::prefetch`] has asked for
    /// has come meanwhile, without waiting for anything.
    #[inline(always)]
    pub fn prefetch_level(&self, asked: &Asked) {
        let Asked { line, ahead: Ahead { id, instrument, side, price } } = *asked;
        let (old_side, old_price) = self.store.level_of(line, id);
        let adds = side != Side::None;
        let side = select_unpredictable(adds, side, old_side);
        let price = select_unpredictable(adds, price, old_price);
        self.sides.prefetch_level(instrument, side, price);
    }

    /// Removes every order; the memory stays.
    pub fn clear(&mut self) {
        self.store.clear();
        self.sides.clear();
    }

    /// Removes every order of one instrument and returns how many there were. Looks at the whole
    /// order table (tens of milliseconds for a large one): for a halt or a restart, not for a tick.
    pub fn clear_instrument(&mut self, instrument: u16) -> usize {
        self.sides.clear_instrument(instrument);
        self.store.remove_all_of(instrument)
    }

    /// Orders in the book.
    #[inline]
    pub fn live_orders(&self) -> usize {
        self.store.len()
    }

    /// How often a message had to wait for memory because a capacity was exceeded: the table of
    /// orders, of instruments or of levels became twice as long.
    pub fn growths(&self) -> u64 {
        self.store.growths() + self.sides.growths()
    }

    /// Bytes of memory held.
    pub fn memory_bytes(&self) -> usize {
        self.store.bytes() + self.sides.bytes()
    }
}

#[cfg(test)]
mod tests;

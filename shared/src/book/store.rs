//! Every live order by its id: open addressing, two orders in a cache line.
//!
//! An order is in the line that its id names, its home, or where that is full in one of the next.
//! Over the lines orders stand sorted by their homes (Robin Hood), so a removal moves back only
//! those that had been pushed away from home, leaves no tombstone, and ends at the first line over
//! which none was pushed. A line says whether one was: nearly always not, and then neither a search
//! nor a removal touches another line, which nobody would have fetched ahead. At most a quarter of the
//! slots are taken: orders of an age lie together however many lines there are, so a sparse table
//! costs memory but few cache lines, and spares what full lines cost (decoding and books of 200,000
//! orders took 57 ns a message where two fifths of the slots were taken, 46 where one fifth was; of
//! 2,000,000 orders 75 ns where half of them were, 61 where a quarter was).

use std::io;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::msg::Side;
use crate::prefetch::prefetch;
use crate::units::{Price, Symbol};

use super::Order;
use super::pages::Pages;

/// Smallest table, in lines: one page.
const LINES_MIN: usize = 64;

/// Lines for each order that there is room for.
const LINES_AN_ORDER: usize = 2;

/// Low bits of an id that only choose a line within a block of lines, two ids to a line: venues
/// number their orders in sequence, so that new orders fill a block from one end to the other, as
/// the processor likes to fetch memory, and young orders, the busy ones, lie together.
const BLOCK_BITS: u32 = 12;

/// 2^64 divided by the golden ratio: the multiples of it, which the blocks of a sequence of ids
/// become, stay as far from each other as they can (Knuth, TAOCP 3, 6.4).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A place for an order. Zeroed memory is empty slots.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(32))]
struct Slot {
    id: u64,
    price: Price,
    quantity: u32,
    instrument: u16,
    side: Side,
    /// [`TAKEN`], and in the first slot of a line [`SPILLED`].
    state: u8,
    symbol: Symbol,
}

/// There is an order in the slot.
const TAKEN: u8 = 1;

/// An order that belongs in this line or in one before stands in one behind it. Such a line is full:
/// when an order leaves it, one of those takes its place.
const SPILLED: u8 = 2;

const _: () = assert!(size_of::<Slot>() == 32 && align_of::<Slot>() == 32);

impl Slot {
    #[inline(always)]
    fn of(order: Order) -> Slot {
        let Order { id, price, quantity, instrument, side, symbol } = order;
        Slot { id, price, quantity, instrument, side, state: TAKEN, symbol }
    }

    #[inline(always)]
    fn order(&self) -> Order {
        let Slot { id, price, quantity, instrument, side, symbol, .. } = *self;
        Order { id, price, quantity, instrument, side, symbol }
    }

    #[inline(always)]
    fn is_taken(&self) -> bool {
        self.state & TAKEN != 0
    }
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Store {
    lines: Pages<Line>,
    /// 64 less the binary logarithm of the number of lines.
    shift: u32,
    live: usize,
    growths: u64,
}

/// A cache line of orders, in no order.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(64))]
struct Line([Slot; 2]);

impl Line {
    #[inline(always)]
    fn is_full(&self) -> bool {
        self.0[0].state & self.0[1].state & TAKEN != 0
    }

    #[inline(always)]
    fn is_spilled(&self) -> bool {
        self.0[0].state & SPILLED != 0
    }

    fn set_spilled(&mut self, spilled: bool) {
        let state = &mut self.0[0].state;
        *state = *state & !SPILLED | if spilled { SPILLED } else { 0 };
    }

    /// Into a line that is not full, and so not spilled.
    #[inline(always)]
    fn put(&mut self, slot: Slot) {
        self.0[usize::from(self.0[0].state & TAKEN)] = slot;
    }

    /// Puts an order into the place of another or of one that left; the line stays as spilled as it
    /// was.
    fn replace(&mut self, place: usize, slot: Slot) -> Slot {
        let spilled = self.is_spilled();
        let before = std::mem::replace(&mut self.0[place], Slot { state: TAKEN, ..slot });
        self.set_spilled(spilled);
        Slot { state: TAKEN, ..before }
    }

    /// The slot that holds an id, chosen without a branch: which of two it is nobody can guess.
    #[inline(always)]
    fn slot_of(&self, id: u64) -> Option<usize> {
        let [first, second] = self.0.map(|slot| (slot.id == id) & slot.is_taken());
        (first | second).then_some(usize::from(second))
    }
}

impl Store {
    pub(super) fn with_capacity(orders: usize) -> io::Result<Store> {
        let lines = orders.checked_mul(LINES_AN_ORDER).map(|lines| lines.max(LINES_MIN));
        let lines = lines.and_then(usize::checked_next_power_of_two);
        let lines = lines.ok_or(io::ErrorKind::OutOfMemory)?;
        let shift = u64::BITS - lines.trailing_zeros();
        Ok(Store { lines: Pages::of(lines)?, shift, live: 0, growths: 0 })
    }

    /// Stores an order; returns the one that had its id.
    #[inline(always)]
    pub(super) fn insert(&mut self, order: Order) -> Option<Order> {
        if self.live == self.lines.len() / LINES_AN_ORDER {
            self.grow();
        }
        let home = self.home(order.id);
        let line = &mut self.lines[home];
        if line.is_full() || line.slot_of(order.id).is_some() {
            return self.insert_further(home, order);
        }
        line.put(Slot::of(order));
        self.live += 1;
        None
    }

    #[inline(always)]
    pub(super) fn get(&self, id: u64) -> Option<Order> {
        self.find(self.home(id), id).map(|(line, slot)| self.lines[line].0[slot].order())
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, id: u64) -> Option<Order> {
        let home = self.home(id);
        self.find(home, id).map(|(line, slot)| self.remove_at(home, line, slot))
    }

    /// Takes up to `quantity` from an order, removes it when nothing is left, and returns it as it
    /// was before.
    #[inline(always)]
    pub(super) fn reduce(&mut self, id: u64, quantity: u32) -> Option<Order> {
        let home = self.home(id);
        let (line, at) = self.find(home, id)?;
        let slot = &mut self.lines[line].0[at];
        if slot.quantity <= quantity {
            return Some(self.remove_at(home, line, at));
        }
        let order = slot.order();
        slot.quantity -= quantity;
        Some(order)
    }

    pub(super) fn remove_all_of(&mut self, instrument: u16) -> usize {
        let before = self.live;
        let mut line = 0;
        while line < self.lines.len() {
            let gone = |slot: &Slot| slot.is_taken() && slot.instrument == instrument;
            match self.lines[line].0.iter().position(gone) {
                // Another order may have moved here: look at the same line again.
                Some(slot) => {
                    let home = self.home(self.lines[line].0[slot].id);
                    self.remove_at(home, line, slot);
                }
                None => line += 1,
            }
        }
        before - self.live
    }

    pub(super) fn clear(&mut self) {
        if self.live > 0 {
            self.lines.clear();
            self.live = 0;
        }
    }

    /// Asks for the line where an order with this id is or will be; which it is.
    #[inline(always)]
    pub(super) fn prefetch(&self, id: u64) -> usize {
        let home = self.home(id);
        prefetch(&self.lines[home]);
        home
    }

    /// The level of an order whose home this is; that of some other one, or none at all, where it is
    /// not at home.
    #[inline(always)]
    pub(super) fn level_of(&self, home: usize, id: u64) -> (Side, Price) {
        let Some(line) = self.lines.get(home) else { return (Side::None, Price::NONE) };
        let slot = &line.0[usize::from(line.0[1].id == id)];
        (slot.side, slot.price)
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.live
    }

    pub(super) fn growths(&self) -> u64 {
        self.growths
    }

    pub(super) fn bytes(&self) -> usize {
        self.lines.bytes()
    }

    /// The line and the place of an order whose home this is.
    #[inline(always)]
    fn find(&self, home: usize, id: u64) -> Option<(usize, usize)> {
        let mut at = home;
        // Ends: most slots are empty, and a line with an empty one is not spilled.
        loop {
            let line = &self.lines[at];
            if let Some(slot) = line.slot_of(id) {
                return Some((at, slot));
            }
            if !line.is_spilled() {
                return None;
            }
            at = self.next(at);
        }
    }

    /// Inserts an order whose home is full, or that may be there already.
    #[inline(never)]
    fn insert_further(&mut self, home: usize, order: Order) -> Option<Order> {
        let mut slot = Slot::of(order);
        if let Some((line, place)) = self.find(home, order.id) {
            return Some(self.lines[line].replace(place, slot).order());
        }
        // Nobody is nearer to home than an order at home.
        self.lines[home].set_spilled(true);
        let mut at = self.next(home);
        while self.lines[at].is_full() {
            // The one with the latest home goes on.
            for place in 0..self.lines[at].0.len() {
                let resident = self.lines[at].0[place];
                if self.distance(&resident, at) < self.distance(&slot, at) {
                    slot = self.lines[at].replace(place, slot);
                }
            }
            self.lines[at].set_spilled(true);
            at = self.next(at);
        }
        self.lines[at].put(slot);
        self.live += 1;
        None
    }

    #[inline(always)]
    fn remove_at(&mut self, home: usize, line: usize, slot: usize) -> Order {
        self.live -= 1;
        let order = self.lines[line].0[slot].order();
        if self.lines[line].is_spilled() {
            self.move_back(line, slot);
        } else {
            self.lines[line].0[slot].state = 0;
        }
        if line != home {
            self.mark(line.wrapping_sub(1) & (self.lines.len() - 1));
        }
        order
    }

    /// Fills the place of an order that leaves a spilled line with one that had been pushed over it.
    #[inline(never)]
    fn move_back(&mut self, mut line: usize, mut place: usize) {
        let mut before = None;
        loop {
            let next = self.next(line);
            let follower = self.lines[next];
            let first = usize::from(self.away(next, 1) > self.away(next, 0));
            self.lines[line].replace(place, follower.0[first]);
            if let Some(before) = before {
                self.mark(before);
            }
            if !follower.is_spilled() {
                self.lines[next].0[first].state = 0;
                return self.mark(line);
            }
            (before, line, place) = (Some(line), next, first);
        }
    }

    /// Sets whether an order was pushed over a line from what is in the next.
    #[inline(never)]
    fn mark(&mut self, line: usize) {
        let next = self.next(line);
        let spilled = self.away(next, 0) | self.away(next, 1) != 0;
        self.lines[line].set_spilled(spilled);
    }

    /// How many lines behind its home the order in a place is; 0 where there is none.
    fn away(&self, line: usize, place: usize) -> usize {
        let slot = &self.lines[line].0[place];
        if slot.is_taken() { self.distance(slot, line) } else { 0 }
    }

    /// How many lines behind its home an order in this line is.
    #[inline]
    fn distance(&self, slot: &Slot, line: usize) -> usize {
        line.wrapping_sub(self.home(slot.id)) & (self.lines.len() - 1)
    }

    #[inline]
    fn next(&self, line: usize) -> usize {
        (line + 1) & (self.lines.len() - 1)
    }

    /// The line where an order wants to be: its block begins where the high bits of its id say, and
    /// its line in the block follows from the low ones.
    #[inline(always)]
    fn home(&self, id: u64) -> usize {
        let block = (id >> (BLOCK_BITS + 1)).wrapping_mul(GOLDEN) >> self.shift;
        let within = id >> 1 & ((1 << BLOCK_BITS) - 1);
        (block + within) as usize & (self.lines.len() - 1)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let orders = 2 * self.lines.len() / LINES_AN_ORDER;
        let mut larger = Store::with_capacity(orders).expect("memory for a larger order table");
        for slot in self.lines.iter().flat_map(|line| line.0).filter(Slot::is_taken) {
            larger.insert(slot.order());
        }
        larger.growths = self.growths + 1;
        *self = larger;
    }
}

#[cfg(test)]
mod tests;

//! Every live order by its id: open addressing, two orders in a cache line.
//!
//! An order is in the line that its id names, its home, or where that is full in one of the next.
//! Over the lines orders stand sorted by their homes (Robin Hood), so a removal moves back only
//! those that had been pushed away from home, leaves no tombstone, and ends at the first line
//! without such an order; one from a line with room touches no other line at all. At most
//! half of the slots are taken.

use std::io;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::msg::Side;
use crate::prefetch::prefetch;
use crate::units::{Price, Symbol};

use super::Order;
use super::pages::Pages;

/// Smallest table, in lines: one page.
const LINES_MIN: usize = 64;

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
    /// 0 where the slot is empty.
    taken: u8,
    symbol: Symbol,
}

const _: () = assert!(size_of::<Slot>() == 32 && align_of::<Slot>() == 32);

impl Slot {
    #[inline(always)]
    fn of(order: Order) -> Slot {
        let Order { id, price, quantity, instrument, side, symbol } = order;
        Slot { id, price, quantity, instrument, side, taken: 1, symbol }
    }

    #[inline(always)]
    fn order(&self) -> Order {
        let Slot { id, price, quantity, instrument, side, symbol, .. } = *self;
        Order { id, price, quantity, instrument, side, symbol }
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
        self.0[0].taken & self.0[1].taken != 0
    }

    /// Into a line that is not full.
    #[inline(always)]
    fn put(&mut self, slot: Slot) {
        self.0[usize::from(self.0[0].taken)] = slot;
    }

    /// The slot that holds an id, chosen without a branch: which of two it is nobody can guess.
    #[inline(always)]
    fn slot_of(&self, id: u64) -> Option<usize> {
        let [first, second] = self.0.map(|slot| (slot.id == id) & (slot.taken != 0));
        (first | second).then_some(usize::from(second))
    }
}

impl Store {
    pub(super) fn with_capacity(orders: usize) -> io::Result<Store> {
        let lines = orders.max(LINES_MIN).checked_next_power_of_two();
        let lines = lines.ok_or(io::ErrorKind::OutOfMemory)?;
        let shift = u64::BITS - lines.trailing_zeros();
        Ok(Store { lines: Pages::of(lines)?, shift, live: 0, growths: 0 })
    }

    /// Stores an order; returns the one that had its id.
    #[inline(always)]
    pub(super) fn insert(&mut self, order: Order) -> Option<Order> {
        if self.live == self.lines.len() {
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
        self.find(id).map(|(line, slot)| self.lines[line].0[slot].order())
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, id: u64) -> Option<Order> {
        self.find(id).map(|(line, slot)| self.remove_at(line, slot))
    }

    /// Takes up to `quantity` from an order, removes it when nothing is left, and returns it as it
    /// was before.
    #[inline(always)]
    pub(super) fn reduce(&mut self, id: u64, quantity: u32) -> Option<Order> {
        let (line, at) = self.find(id)?;
        let slot = &mut self.lines[line].0[at];
        if slot.quantity <= quantity {
            return Some(self.remove_at(line, at));
        }
        let order = slot.order();
        slot.quantity -= quantity;
        Some(order)
    }

    pub(super) fn remove_all_of(&mut self, instrument: u16) -> usize {
        let before = self.live;
        let mut line = 0;
        while line < self.lines.len() {
            let gone = |slot: &Slot| slot.taken != 0 && slot.instrument == instrument;
            match self.lines[line].0.iter().position(gone) {
                // Another order may have moved here: look at the same line again.
                Some(slot) => drop(self.remove_at(line, slot)),
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

    /// Asks for the line where an order with this id is or will be.
    #[inline(always)]
    pub(super) fn prefetch(&self, id: u64) {
        prefetch(&self.lines[self.home(id)]);
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

    #[inline(always)]
    fn find(&self, id: u64) -> Option<(usize, usize)> {
        let mut at = self.home(id);
        // Ends: half of the slots are empty.
        loop {
            let line = &self.lines[at];
            if let Some(slot) = line.slot_of(id) {
                return Some((at, slot));
            }
            if !line.is_full() {
                return None;
            }
            at = self.next(at);
        }
    }

    /// Inserts an order whose home is full, or that may be there already.
    #[inline(never)]
    fn insert_further(&mut self, home: usize, order: Order) -> Option<Order> {
        let mut slot = Slot::of(order);
        if let Some((line, place)) = self.find(order.id) {
            return Some(std::mem::replace(&mut self.lines[line].0[place], slot).order());
        }
        // Nobody is nearer to home than an order at home.
        let mut at = self.next(home);
        while self.lines[at].is_full() {
            // The one with the latest home goes on.
            for place in 0..self.lines[at].0.len() {
                let resident = self.lines[at].0[place];
                if self.distance(&resident, at) < self.distance(&slot, at) {
                    self.lines[at].0[place] = slot;
                    slot = resident;
                }
            }
            at = self.next(at);
        }
        self.lines[at].put(slot);
        self.live += 1;
        None
    }

    #[inline(always)]
    fn remove_at(&mut self, line: usize, slot: usize) -> Order {
        self.live -= 1;
        let was_full = self.lines[line].is_full();
        let gone = &mut self.lines[line].0[slot];
        let order = gone.order();
        gone.taken = 0;
        if was_full {
            self.move_back(line, slot);
        }
        order
    }

    /// Fills an empty slot of a line that was full with an order that had been pushed over it.
    #[inline(never)]
    fn move_back(&mut self, mut line: usize, mut slot: usize) {
        loop {
            let next = self.next(line);
            let follower = self.lines[next];
            let away = follower.0.map(|slot| usize::from(slot.taken) * self.distance(&slot, next));
            if away == [0, 0] {
                return;
            }
            let first = usize::from(away[1] > away[0]);
            self.lines[line].0[slot] = follower.0[first];
            self.lines[next].0[first].taken = 0;
            if !follower.is_full() {
                return;
            }
            (line, slot) = (next, first);
        }
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

    /// The line where an order wants to be: its block by the high bits of its id, its line in the
    /// block by the low ones, counted from a line that the high bits choose too, so that ids which
    /// share their low bits still spread.
    #[inline(always)]
    fn home(&self, id: u64) -> usize {
        let lines = u64::MAX >> self.shift;
        let in_block = lines & ((1 << BLOCK_BITS) - 1);
        let hash = (id >> (BLOCK_BITS + 1)).wrapping_mul(GOLDEN) >> self.shift;
        let line = hash.wrapping_add(id >> 1) & in_block;
        (hash & !in_block | line) as usize
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let orders = 2 * self.lines.len();
        let mut larger = Store::with_capacity(orders).expect("memory for a larger order table");
        for slot in self.lines.iter().flat_map(|line| line.0).filter(|slot| slot.taken != 0) {
            larger.insert(slot.order());
        }
        larger.growths = self.growths + 1;
        *self = larger;
    }
}

#[cfg(test)]
mod tests;

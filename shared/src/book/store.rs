//! Every live order by its id: open addressing, one order in half a cache line.
//!
//! Linear probing in Robin Hood order: along a run of slots the orders stand sorted by their home,
//! so a removal shifts back only those that were pushed away from home, leaves no tombstone, and
//! stops at the first order that is at home. At most half of the slots are taken.
//!
//! The memory is anonymous, asked for as huge pages (an order anywhere in 128 MiB then costs no
//! TLB miss) and touched before use; where the kernel grants no huge pages it is as correct.

use std::io;

use memmap2::{Advice, MmapMut};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::msg::Side;
use crate::units::{Price, Symbol};

use super::Order;

/// Smallest table, in slots: one page.
const SLOTS_MIN: usize = 128;

/// Low bits of an id that only choose a slot within a block: venues number their orders in
/// sequence and the young ones are the busy ones, so neighbours share cache lines.
const BLOCK_BITS: u32 = 4;

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
    const EMPTY: Slot = Slot {
        id: 0,
        price: Price(0),
        quantity: 0,
        instrument: 0,
        side: Side::None,
        taken: 0,
        symbol: Symbol::NONE,
    };

    #[inline]
    fn of(order: Order) -> Slot {
        let Order { id, price, quantity, instrument, side, symbol } = order;
        Slot { id, price, quantity, instrument, side, taken: 1, symbol }
    }

    #[inline]
    fn order(&self) -> Order {
        let Slot { id, price, quantity, instrument, side, symbol, .. } = *self;
        Order { id, price, quantity, instrument, side, symbol }
    }
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Store {
    memory: MmapMut,
    /// 64 less the binary logarithm of the number of slots.
    shift: u32,
    live: usize,
    growths: u64,
}

impl Store {
    pub(super) fn with_capacity(orders: usize) -> io::Result<Store> {
        let slots = orders.saturating_mul(2).max(SLOTS_MIN).checked_next_power_of_two();
        let bytes = slots.and_then(|slots| slots.checked_mul(size_of::<Slot>()));
        let bytes = bytes.ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = MmapMut::map_anon(bytes)?;
        // Neither is needed: without them the first touch of a page costs a fault, and of a small
        // one. Kernels before 5.14 cannot populate.
        let _ = memory.advise(Advice::HugePage);
        let _ = memory.advise(Advice::PopulateWrite);
        let shift = u64::BITS - (bytes / size_of::<Slot>()).trailing_zeros();
        Ok(Store { memory, shift, live: 0, growths: 0 })
    }

    /// Stores an order; returns the one that had its id.
    #[inline]
    pub(super) fn insert(&mut self, order: Order) -> Option<Order> {
        if (self.live + 1) * 2 > self.slots().len() {
            self.grow();
        }
        let shift = self.shift;
        let slots = self.slots_mut();
        let mask = slots.len() - 1;
        let mut slot = Slot::of(order);
        let mut at = home(slot.id, shift);
        let mut distance = 0;
        loop {
            let resident = &mut slots[at & mask];
            if resident.taken == 0 {
                *resident = slot;
                self.live += 1;
                return None;
            }
            if resident.id == slot.id {
                return Some(std::mem::replace(resident, slot).order());
            }
            let resident_distance = at.wrapping_sub(home(resident.id, shift)) & mask;
            if resident_distance < distance {
                std::mem::swap(resident, &mut slot);
                distance = resident_distance;
            }
            at += 1;
            distance += 1;
        }
    }

    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<Order> {
        self.find(id).map(|at| self.slots()[at].order())
    }

    #[inline]
    pub(super) fn remove(&mut self, id: u64) -> Option<Order> {
        self.find(id).map(|at| self.remove_at(at))
    }

    /// Takes up to `quantity` from an order, removes it when nothing is left, and returns it as it
    /// was before.
    #[inline]
    pub(super) fn reduce(&mut self, id: u64, quantity: u32) -> Option<Order> {
        let at = self.find(id)?;
        let slot = &mut self.slots_mut()[at];
        if slot.quantity <= quantity {
            return Some(self.remove_at(at));
        }
        let order = slot.order();
        slot.quantity -= quantity;
        Some(order)
    }

    pub(super) fn remove_all_of(&mut self, instrument: u16) -> usize {
        let before = self.live;
        let mut at = 0;
        while at < self.slots().len() {
            let slot = &self.slots()[at];
            if slot.taken != 0 && slot.instrument == instrument {
                // Another order may have moved here: look at the same place again.
                self.remove_at(at);
            } else {
                at += 1;
            }
        }
        before - self.live
    }

    pub(super) fn clear(&mut self) {
        if self.live > 0 {
            self.memory.fill(0);
            self.live = 0;
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.live
    }

    pub(super) fn growths(&self) -> u64 {
        self.growths
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.memory.len()
    }

    #[inline]
    fn find(&self, id: u64) -> Option<usize> {
        let slots = self.slots();
        let mask = slots.len() - 1;
        let mut at = home(id, self.shift) & mask;
        // Ends: half of the slots are empty.
        while slots[at].taken != 0 {
            if slots[at].id == id {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
        None
    }

    #[inline]
    fn remove_at(&mut self, at: usize) -> Order {
        self.live -= 1;
        let shift = self.shift;
        let slots = self.slots_mut();
        let mask = slots.len() - 1;
        let order = slots[at].order();
        let mut hole = at;
        loop {
            let next = (hole + 1) & mask;
            let follower = slots[next];
            if follower.taken == 0 || home(follower.id, shift) == next {
                slots[hole] = Slot::EMPTY;
                return order;
            }
            slots[hole] = follower;
            hole = next;
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let orders = self.slots().len();
        let mut larger = Store::with_capacity(orders).expect("memory for a larger order table");
        for slot in self.slots().iter().filter(|slot| slot.taken != 0) {
            larger.insert(slot.order());
        }
        larger.growths = self.growths + 1;
        *self = larger;
    }

    #[inline]
    fn slots(&self) -> &[Slot] {
        <[Slot]>::ref_from_bytes(&self.memory).expect("whole pages hold whole slots")
    }

    #[inline]
    fn slots_mut(&mut self) -> &mut [Slot] {
        <[Slot]>::mut_from_bytes(&mut self.memory).expect("whole pages hold whole slots")
    }
}

/// Where an order wants to be: its block by the high bits, its place in the block by the low ones.
/// Exclusive or, so that ids which share their low bits still spread over all slots.
#[inline]
fn home(id: u64, shift: u32) -> usize {
    let block = (id >> BLOCK_BITS).wrapping_mul(GOLDEN) >> shift;
    (block ^ (id & ((1 << BLOCK_BITS) - 1))) as usize
}

#[cfg(test)]
mod tests;

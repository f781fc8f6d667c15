//! The end of the table that writes: the feed's.

use core::sync::atomic::Ordering;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::Instruments;
use super::alias::alias;
use super::listing::Listing;
use super::name::Name;
use super::table::Table;
use crate::memory::{MemoryError, Region, Shared};
use crate::msg::{Status, Topic};
use crate::scenario::Pages;
use crate::units::Symbol;

/// Where an instrument stands in its table. It stays there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(NonZeroU32);

impl Place {
    fn of(number: usize) -> Place {
        // The table has fewer entries than the type has values.
        Place(NonZeroU32::MIN.saturating_add(number as u32))
    }

    fn number(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The one writer of a table. What it does is seldom: a name appears, a status changes.
pub struct Registry {
    table: Shared<Table>,
    memory: Arc<Region>,
}

impl Registry {
    /// An empty table, in memory of its own that others can map read-only.
    pub fn create() -> Result<Registry, MemoryError> {
        // Small pages: it is looked at seldom, and huge ones are for the ring.
        let memory = Arc::new(Region::create(size_of::<Table>(), Pages::Small, false)?);
        let table = memory.view(0);
        memory.seal_future_writes()?;
        Ok(Registry { table, memory })
    }

    /// The memory, to be passed to those that attach.
    pub fn memory(&self) -> Arc<Region> {
        Arc::clone(&self.memory)
    }

    /// The end that reads, within this process.
    pub fn instruments(&self) -> Instruments {
        Instruments::new(self.table.clone())
    }

    /// The symbol by which records call the instrument `name`: the one that is wished for, or else the
    /// name itself, where no other instrument has it; or else an [`alias`], which is never one that is
    /// `reserved`.
    pub fn symbol(
        &self,
        name: &Name,
        wish: Option<Symbol>,
        reserved: impl Fn(Symbol) -> bool,
    ) -> Symbol {
        let taken = |symbol| {
            let entry = self.table.find(symbol).and_then(|number| self.table.entry(number));
            entry.is_some_and(|entry| entry.listing().name() != name)
        };
        let own = wish.or_else(|| name.symbol()).filter(|symbol| !taken(*symbol));
        own.unwrap_or_else(|| alias(name, |symbol| reserved(symbol) || taken(symbol)))
    }

    /// Enters an instrument, or what more is known of one that is there: what `listing` does not say
    /// stays as it was. `None` where the table is full, which it counts.
    pub fn enter(&mut self, symbol: Symbol, listing: &Listing) -> Option<Place> {
        if let Some(number) = self.table.find(symbol) {
            let entry = self.table.entry(number)?;
            entry.say(&listing.or(&entry.listing()));
            return Some(Place::of(number));
        }
        let number = self.table.add(symbol, listing);
        if number.is_none() {
            // Relaxed: a number for monitors.
            self.table.left_out.fetch_add(1, Ordering::Relaxed);
        }
        number.map(Place::of)
    }

    /// A status holds.
    pub fn set_status(&mut self, place: Place, status: &Status) {
        let id = if status.is_usual() { 0 } else { status.id() };
        let topic = (status.topic.0 as usize).checked_sub(1);
        let word = self.table.entry(place.number()).zip(topic);
        if let Some(word) = word.and_then(|(entry, topic)| entry.statuses.get(topic)) {
            // Relaxed: the record that says it comes after, with a release of its own.
            word.store(id, Ordering::Relaxed);
        }
    }

    /// A status of the venue itself holds.
    pub fn set_venue_status(&mut self, status: &Status) {
        debug_assert_eq!(status.topic, Topic::Venue);
        // Relaxed: as above.
        self.table.venue.store(status.id(), Ordering::Relaxed);
    }

    /// A day begins: all is as usual.
    pub fn clear_statuses(&mut self) {
        // Relaxed: as above.
        self.table.venue.store(0, Ordering::Relaxed);
        for number in 0..self.table.len() {
            let Some(entry) = self.table.entry(number) else { return };
            entry.statuses.iter().for_each(|status| status.store(0, Ordering::Relaxed));
        }
    }

    /// How many instruments the table has.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

//! The end of the table that reads: the strategies'.

use core::sync::atomic::Ordering;
use std::fmt;

use super::listing::Listing;
use super::name::Name;
use super::table::{TOPICS, Table};
use crate::memory::Shared;
use crate::msg::{Status, Topic};
use crate::units::Symbol;

/// What is known of an instrument at the moment of the look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Instrument {
    /// How records call it.
    pub symbol: Symbol,
    /// Its name as the venue writes it, its decimals, its lot and its tick, as far as they are known.
    pub listing: Listing,
    /// By topic, from the first.
    statuses: [u64; TOPICS],
}

impl Instrument {
    /// The name as the venue writes it.
    pub fn name(&self) -> &Name {
        self.listing.name()
    }

    /// What holds of a topic; `None` where all is as usual.
    pub fn status(&self, topic: Topic) -> Option<Status> {
        let id = *self.statuses.get((topic.0 as usize).checked_sub(1)?)?;
        (id != 0).then(|| Status::from_id(topic, id))
    }

    /// Every status that is not as usual.
    pub fn statuses(&self) -> impl Iterator<Item = Status> {
        Topic::ALL.into_iter().filter_map(|(topic, _)| self.status(topic))
    }

    /// Whether it trades, as far as the venue said.
    pub fn trades(&self) -> bool {
        self.statuses().all(|status| status.trades() != Some(false))
    }

    /// A record's quantity in units of the instrument (shares, contracts, coins), for people: not
    /// exact. Whole units where nobody said how many decimals there are.
    pub fn units(&self, quantity: u32) -> f64 {
        let decimals = self.listing.quantity_decimals().unwrap_or(0);
        f64::from(quantity) / 10f64.powi(decimals.into())
    }
}

impl fmt::Debug for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instrument")
            .field("symbol", &self.symbol)
            .field("listing", &self.listing)
            .field("statuses", &self.statuses().collect::<Vec<_>>())
            .finish()
    }
}

/// The instruments that a feed publishes, as it knows them now. The memory is the feed's: nothing
/// here waits for it, and looking takes no lock, no allocation and no system call.
///
/// What a record says is never newer than what the table says: who read that an instrument is
/// halted finds it halted here, or what came after. Cloning gives another handle of the same table.
#[derive(Clone, Default)]
pub struct Instruments(Option<Shared<Table>>);

impl Instruments {
    /// A table in shared memory. Without one, as [`Instruments::default`] has it, nothing is known.
    pub(crate) fn new(table: Shared<Table>) -> Instruments {
        Instruments(Some(table))
    }

    /// What is known of the instrument that records call `symbol`; `None` until the feed has heard of
    /// it.
    pub fn get(&self, symbol: Symbol) -> Option<Instrument> {
        let table = self.0.as_deref()?;
        look(table, table.find(symbol)?)
    }

    /// What is known of an instrument by its full name. Goes through the table: for the start, or
    /// once for a name, not for every record.
    pub fn find(&self, name: &str) -> Option<Instrument> {
        let name = Name::of(name);
        self.iter().find(|instrument| *instrument.name() == name)
    }

    /// All instruments, in the order in which the feed heard of them.
    pub fn iter(&self) -> impl Iterator<Item = Instrument> {
        self.iter_from(0)
    }

    /// The same without the first ones: those that came since there were so many.
    pub fn iter_from(&self, first: usize) -> impl Iterator<Item = Instrument> {
        let table = self.0.as_deref();
        (first..self.len()).filter_map(move |number| look(table?, number))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.as_deref().map_or(0, Table::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Instruments for which there was no room in the table; their records are in the ring.
    pub fn left_out(&self) -> u64 {
        // Relaxed: a number for monitors.
        self.0.as_deref().map_or(0, |table| table.left_out.load(Ordering::Relaxed))
    }

    /// What holds for the venue itself ([`Topic::Venue`]); `None` until it says something.
    pub fn venue_status(&self) -> Option<Status> {
        // Relaxed: the word stands for itself.
        let id = self.0.as_deref()?.venue.load(Ordering::Relaxed);
        (id != 0).then(|| Status::from_id(Topic::Venue, id))
    }
}

fn look(table: &Table, number: usize) -> Option<Instrument> {
    let entry = table.entry(number)?;
    // Relaxed: each word stands for itself.
    let statuses = entry.statuses.each_ref().map(|status| status.load(Ordering::Relaxed));
    Some(Instrument { symbol: entry.symbol(), listing: entry.listing(), statuses })
}

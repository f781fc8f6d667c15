//! The names of instruments, which may change from one day to the next.

use std::collections::HashMap;

use tickline_shared::instruments::{Listing, Name};
use tickline_shared::units::Symbol;
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32, U64};

use crate::instruments::SecurityId;
use crate::venue::dbn::records::{Header, Mapping2, NO_TIME, WORD};
use crate::venue::dbn::rtype;

/// An instrument has a name from some time on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Interval {
    /// Nanoseconds since the Unix epoch.
    pub(super) from: u64,
    /// Databento's number of it.
    pub(super) id: u32,
    pub(super) name: String,
}

/// The names as the file begins, and what changes later.
#[derive(Debug)]
pub(super) struct Names {
    first: Vec<Interval>,
    /// In the order of time.
    later: Vec<Interval>,
    /// The next of them.
    next: usize,
    /// When it is due; [`NO_TIME`] for never.
    due: u64,
    record: Mapping2,
}

impl Default for Names {
    fn default() -> Names {
        Names::new(Vec::new(), 0)
    }
}

impl Names {
    /// Names by interval; the file begins at `start`. Of an instrument that has no name by then the
    /// first one holds from the beginning.
    pub(super) fn new(mut intervals: Vec<Interval>, start: u64) -> Names {
        intervals.sort();
        let mut named: HashMap<u32, Interval> = HashMap::new();
        let mut later = Vec::new();
        let mut known: HashMap<u32, String> = HashMap::new();
        for interval in intervals {
            let is_first = interval.from <= start || !named.contains_key(&interval.id);
            if known.get(&interval.id) == Some(&interval.name) {
                continue;
            }
            known.insert(interval.id, interval.name.clone());
            if is_first {
                named.insert(interval.id, interval);
            } else {
                later.push(interval);
            }
        }
        let mut first: Vec<_> = named.into_values().collect();
        first.sort_by_key(|interval| interval.id);
        let mut names = Names { first, later, next: 0, due: NO_TIME, record: mapping(0, "", 0) };
        names.rewind();
        names
    }

    /// What stands in the metadata, by the key of the instrument.
    pub(super) fn first(&self) -> Vec<(Symbol, Listing)> {
        let listing =
            |it: &Interval| (SecurityId(it.id.into()).key(), Listing::new(Name::of(&it.name)));
        self.first.iter().map(listing).collect()
    }

    /// How many change later.
    pub(super) fn renamed(&self) -> usize {
        self.later.len()
    }

    /// Whether a name changed before this time.
    #[inline(always)]
    pub(super) fn is_due(&self, ts: Option<u64>) -> bool {
        self.due != NO_TIME && ts.is_some_and(|ts| ts >= self.due)
    }

    /// The record of the change that is due.
    #[cold]
    pub(super) fn next(&mut self) -> &[u8] {
        if let Some(change) = self.later.get(self.next) {
            self.record = mapping(change.id, &change.name, change.from);
        }
        self.next += 1;
        self.due = self.later.get(self.next).map_or(NO_TIME, |change| change.from);
        self.record.as_bytes()
    }

    pub(super) fn rewind(&mut self) {
        self.next = 0;
        self.due = self.later.first().map_or(NO_TIME, |change| change.from);
    }
}

/// A mapping record of version 3.
fn mapping(id: u32, name: &str, from: u64) -> Mapping2 {
    let mut symbol = [0; 71];
    // The last byte ends the text.
    for (place, byte) in symbol[..70].iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    Mapping2 {
        header: Header {
            length: (Mapping2::LENGTH / WORD) as u8,
            rtype: rtype::SYMBOL_MAPPING,
            publisher_id: U16::new(0),
            instrument_id: U32::new(id),
            ts_event: U64::new(from),
        },
        stype_in: dbn::SType::InstrumentId as u8,
        stype_in_symbol: [0; 71],
        stype_out: dbn::SType::RawSymbol as u8,
        stype_out_symbol: symbol,
        start_ts: U64::new(from),
        end_ts: U64::new(NO_TIME),
    }
}

//! Who won: which line brought each number first, and by how much.
//!
//! A line alone costs two additions a datagram. Once a session has a second line, every number is
//! looked up in a table of those that came last; first is who has the earlier capture time, which is
//! not always who stands first in the file.

use std::ops::Range;

use hdrhistogram::Histogram;
use tickline_shared::summary::{LineSummary, StageSummary};
use zerocopy::FromZeros;

use super::LineId;

/// Lines that are counted; further ones work, and have no counters.
const LINES_MAX: usize = 32;

/// Numbers whose arrival is remembered, of all sessions together: a line that is further behind has
/// lost anyway, by an unknown time. 24 bytes each.
const ARRIVALS: usize = 1 << 13;

/// Leads longer than this are counted as this: 10 s, in ns.
const LEAD_MAX_NS: u64 = 10_000_000_000;

/// Where the counters of a line are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(transparent)]
pub(super) struct Account(u8);

impl Account {
    /// A line that has none.
    pub(super) const NONE: Account = Account(u8::MAX);
}

/// The counters of all lines.
#[derive(Clone, Debug)]
pub(super) struct Race {
    lines: Vec<Counted>,
    /// Room for as many as there may be, so that a line begins without an allocation.
    leads: Vec<Lead>,
    arrivals: Box<[Arrival]>,
    serial: u32,
}

#[derive(Clone, Debug)]
struct Counted {
    id: LineId,
    packets: u64,
    first: u64,
}

/// By how much a line was ahead of another, in ns.
#[derive(Clone, Debug)]
struct Lead {
    histogram: Histogram<u64>,
    // The histogram knows them to a part in 100 only.
    shortest: u64,
    longest: u64,
}

/// How a number came first. All zeros is a free place.
#[derive(Clone, Copy, Debug, FromZeros)]
#[repr(C)]
struct Arrival {
    number: u64,
    ts: u64,
    /// Of its session, so that equal numbers of several are told apart; from 1 on.
    serial: u32,
    account: Account,
}

impl Default for Race {
    fn default() -> Race {
        let lead = || {
            let histogram = Histogram::new_with_bounds(1, LEAD_MAX_NS, 2)
                .expect("the bounds are constants that fit");
            Lead { histogram, shortest: u64::MAX, longest: 0 }
        };
        Race {
            lines: Vec::with_capacity(LINES_MAX),
            leads: std::iter::repeat_with(lead).take(LINES_MAX).collect(),
            arrivals: vec![Arrival::new_zeroed(); ARRIVALS].into(),
            serial: 0,
        }
    }
}

impl Race {
    /// Touches all memory, so that nothing ever faults.
    pub(super) fn touch(&mut self) {
        self.leads.iter_mut().for_each(|lead| lead.histogram.reset());
        self.arrivals.fill(Arrival::new_zeroed());
    }

    /// What tells the numbers of one run of a session from all others.
    pub(super) fn serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    /// The counters of a line; one that was counted in another session goes on.
    #[cold]
    pub(super) fn account(&mut self, id: Option<LineId>) -> Account {
        let Some(id) = id else { return Account::NONE };
        let known = self.lines.iter().position(|line| line.id == id);
        let index = known.unwrap_or_else(|| {
            if self.lines.len() < LINES_MAX {
                self.lines.push(Counted { id, packets: 0, first: 0 });
            }
            self.lines.len() - 1
        });
        if self.lines[index].id == id { Account(index as u8) } else { Account::NONE }
    }

    /// A line brought a datagram.
    #[inline]
    pub(super) fn packet(&mut self, account: Account) {
        if let Some(line) = self.lines.get_mut(usize::from(account.0)) {
            line.packets += 1;
        }
    }

    /// The only line of a session brought numbers, which are new.
    #[inline]
    pub(super) fn alone(&mut self, account: Account, new: Range<u64>) {
        if let Some(line) = self.lines.get_mut(usize::from(account.0)) {
            line.first += new.end.saturating_sub(new.start);
        }
    }

    /// Numbers that came before their session had a second line, for the copies that follow.
    #[cold]
    pub(super) fn remember(&mut self, serial: u32, account: Account, numbers: Range<u64>, ts: u64) {
        for number in numbers.take(ARRIVALS) {
            *self.arrival(serial, number) = Arrival { number, ts, serial, account };
        }
    }

    /// One of several lines brought numbers; those below `expected` were new before.
    #[inline(never)]
    pub(super) fn between(
        &mut self,
        serial: u32,
        account: Account,
        numbers: Range<u64>,
        expected: u64,
        ts: Option<u64>,
    ) {
        for number in numbers {
            let arrival = self.arrival(serial, number);
            let before = *arrival;
            let known = before.serial == serial && before.number == number;
            if !known && number >= expected {
                // 0 where the capture has no clock: then nobody is ahead of anybody.
                *arrival = Arrival { number, ts: ts.unwrap_or(0), serial, account };
                self.alone(account, number..number.saturating_add(1));
            } else if known
                && before.account != account
                && let Some(ts) = ts
            {
                self.second(before, account, ts);
            }
        }
    }

    /// Another line than the one of `before` brings a number at `ts`.
    fn second(&mut self, before: Arrival, account: Account, ts: u64) {
        let (mut winner, mut lead) = (before.account, ts.saturating_sub(before.ts));
        if ts < before.ts {
            (winner, lead) = (account, before.ts - ts);
            *self.arrival(before.serial, before.number) = Arrival { ts, account, ..before };
            if let Some(line) = self.lines.get_mut(usize::from(before.account.0)) {
                line.first = line.first.saturating_sub(1);
            }
            self.alone(account, 0..1);
        }
        if let Some(leads) = self.leads.get_mut(usize::from(winner.0)) {
            leads.histogram.saturating_record(lead);
            leads.shortest = leads.shortest.min(lead);
            leads.longest = leads.longest.max(lead);
        }
    }

    #[inline]
    fn arrival(&mut self, serial: u32, number: u64) -> &mut Arrival {
        // Sessions begin at odd places, so that equal numbers of some lie apart.
        let place = number.wrapping_add(u64::from(serial).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        &mut self.arrivals[place as usize % ARRIVALS]
    }

    /// What each line brought, in the order in which they appeared.
    pub(super) fn lines(&self) -> Vec<LineSummary> {
        let counted = self.lines.iter().zip(&self.leads);
        let summary = counted.map(|(line, lead)| LineSummary {
            line: line.id.to_string(),
            packets: line.packets,
            first: line.first,
            ahead: lead.summary(),
        });
        summary.collect()
    }
}

impl Lead {
    fn summary(&self) -> Option<StageSummary> {
        (!self.histogram.is_empty()).then(|| {
            let stage = StageSummary::from_histogram(&self.histogram);
            // No percentile lies beyond the largest value, though its bucket may end there.
            let capped = |value: u64| value.clamp(self.shortest, self.longest);
            StageSummary {
                min: self.shortest,
                p50: capped(stage.p50),
                p90: capped(stage.p90),
                p99: capped(stage.p99),
                p99_9: capped(stage.p99_9),
                p99_99: capped(stage.p99_99),
                max: self.longest,
                ..stage
            }
        })
    }
}

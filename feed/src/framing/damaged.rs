//! Losses to rehearse: a source whose datagrams are dropped, repeated and delayed by a seed.
//!
//! The same seed damages the same source in the same way on every machine, on every pass.

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;

use super::capture::LONGEST_PAYLOAD;
use super::datagrams::{Arrival, Source};
use crate::counts::{Counts, Fault};
use crate::generate::random::Random;
use crate::session::LineId;
use crate::source::{Error, Progress};

/// Datagrams of its own line that a delayed one comes behind, at most.
const DELAY_MAX: u64 = 4;

/// What is done to datagrams. Each suffers one fault at most.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Damage {
    /// The share of datagrams that is dropped, 0 to 1.
    pub drop: f64,
    /// The share that comes twice.
    pub duplicate: f64,
    /// The share that comes behind up to four later ones of its line, and at their time.
    pub reorder: f64,
    /// Where the random numbers start.
    pub seed: u64,
    /// The line that suffers; `None`: each does, on its own.
    pub line: Option<LineId>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| (share * 1e6).round() / 1e4;
        let line = self.line.map_or("every line".to_owned(), |line| format!("line {line}"));
        let (drop, duplicate) = (percent(self.drop), percent(self.duplicate));
        let reorder = percent(self.reorder);
        write!(
            f,
            "of the datagrams of {line}, {drop} % are dropped, {duplicate} % duplicated and \
             {reorder} % reordered (seed {})",
            self.seed
        )
    }
}

/// The datagrams of `S`, damaged.
#[derive(Debug)]
pub struct Damaged<S> {
    source: S,
    damage: Damage,
    random: Random,
    /// The datagram of the source, which comes once more.
    again: Option<Arrival>,
    /// In the order in which they came.
    delayed: VecDeque<Delayed>,
    /// The delayed one that is shown in place of the source's.
    shown: Option<Delayed>,
    /// The source's datagram, where a delayed one goes before it.
    next: Option<Arrival>,
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Delayed {
    arrival: Arrival,
    payload: Vec<u8>,
    /// Datagrams of its line that still come before it.
    behind: u64,
}

impl<S: Source> Damaged<S> {
    /// Damages what comes of `source` from where it stands.
    pub fn new(source: S, damage: Damage) -> Damaged<S> {
        Damaged {
            source,
            damage,
            random: Random::new(damage.seed),
            again: None,
            delayed: VecDeque::new(),
            shown: None,
            next: None,
            spare: Vec::new(),
        }
    }

    /// What is damaged.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// What befalls the next datagram.
    fn roll(&mut self) -> Option<Fault> {
        // The highest 53 bits are all that an f64 between 0 and 1 has.
        let mut at = (self.random.next() >> 11) as f64 / (1u64 << 53) as f64;
        let shares = [self.damage.drop, self.damage.duplicate, self.damage.reorder];
        let faults = [Fault::Dropped, Fault::Duplicated, Fault::Reordered];
        for (share, fault) in shares.into_iter().zip(faults) {
            if at < share {
                return Some(fault);
            }
            at -= share;
        }
        None
    }

    /// Puts the source's datagram aside.
    fn delay(&mut self, arrival: Arrival) {
        let mut payload = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(LONGEST_PAYLOAD));
        payload.clear();
        payload.extend_from_slice(self.source.payload());
        let behind = 1 + self.random.below(DELAY_MAX);
        self.delayed.push_back(Delayed { arrival, payload, behind });
    }

    /// Shows the first delayed datagram that has come behind enough others, or any at the end.
    fn show(&mut self, now: Option<u64>, at_end: bool) -> Option<Arrival> {
        let index = self.delayed.iter().position(|it| it.behind == 0 || at_end)?;
        let delayed = self.delayed.remove(index)?;
        let capture_ts = now.max(delayed.arrival.capture_ts);
        let arrival = Arrival { capture_ts, ..delayed.arrival };
        self.shown = Some(delayed);
        Some(arrival)
    }
}

impl<S: Source> Source for Damaged<S> {
    fn advance(&mut self, counts: &mut Counts) -> Result<Option<Arrival>, Error> {
        self.spare.extend(self.shown.take().map(|shown| shown.payload));
        if let Some(arrival) = self.again.take().or_else(|| self.next.take()) {
            return Ok(Some(arrival));
        }
        loop {
            let Some(arrival) = self.source.advance(counts)? else {
                return Ok(self.show(None, true));
            };
            let hurts = self.damage.line.is_none_or(|line| arrival.line == Some(line));
            let fault = if hurts { self.roll() } else { None };
            if let Some(fault) = fault {
                counts.fault(fault);
            }
            match fault {
                Some(Fault::Dropped) => continue,
                Some(Fault::Reordered) => {
                    self.delay(arrival);
                    continue;
                }
                Some(Fault::Duplicated) => self.again = Some(arrival),
                None => {}
            }
            // What is due behind the datagrams before goes first.
            let due = self.show(arrival.capture_ts, false);
            for delayed in &mut self.delayed {
                let before = u64::from(delayed.arrival.line == arrival.line);
                delayed.behind = delayed.behind.saturating_sub(before);
            }
            if due.is_some() {
                self.next = Some(arrival);
                return Ok(due);
            }
            return Ok(Some(arrival));
        }
    }

    fn payload(&self) -> &[u8] {
        match &self.shown {
            Some(delayed) => &delayed.payload,
            None => self.source.payload(),
        }
    }

    fn path(&self) -> &Path {
        self.source.path()
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.random = Random::new(self.damage.seed);
        (self.again, self.next, self.shown) = (None, None, None);
        self.delayed.clear();
        self.source.rewind()
    }

    fn offset(&self) -> u64 {
        self.source.offset()
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }

    fn wait_ready(&self) {
        self.source.wait_ready();
    }
}

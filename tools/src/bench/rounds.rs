//! Rounds: every measurement in turn, again and again, each labelled with where the host had the
//! two cores.
//!
//! A round in which the cores moved is left out, and another one takes its place, as often as there
//! were rounds to be made. What is reported comes from the placement that most rounds had, and from
//! no other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;
use tickline::measure::Work;
use tickline_shared::idle_states::{DEVICE, Shallow};
use tickline_shared::scenario::Pages;

use super::Effort;
use super::far::Way;
use super::figure::Figure;
use super::near::Cores;

/// Where the host of a virtual machine has its two cores, or how far apart those of a real one are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// A common last-level cache.
    Near,
    /// A line goes over the fabric between two caches.
    Far,
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Placement::Near => "near",
            Placement::Far => "far",
        })
    }
}

/// A round trip of one cache line each way that takes longer is between distant cores. Common last
/// level caches gave 70 to 180 ns, distant ones 350 to 650.
const NEAR_BELOW_NS: u64 = 260;

/// Failures after which a measurement is not tried again.
const FAILURES_MAX: u32 = 2;

/// Figures of one measurement, by their key in the report; `/` goes a level down.
pub type Figures = Vec<(String, Figure)>;

/// A figure's part and key.
pub type Key = (&'static str, String);

/// A key as a person writes it.
pub fn dotted((part, key): &Key) -> String {
    format!("{part}.{}", key.replace('/', "."))
}

/// Something that is measured in each round.
pub struct Measurement {
    /// The part of the report.
    pub part: &'static str,
    /// What is measured, for the person who waits.
    pub title: String,
    /// Measures it.
    pub run: Box<Run>,
}

/// Measures something once.
pub type Run = dyn Fn(&Cores) -> anyhow::Result<Figures>;

impl Measurement {
    /// A measurement.
    pub fn new(
        part: &'static str,
        title: impl Into<String>,
        run: impl Fn(&Cores) -> anyhow::Result<Figures> + 'static,
    ) -> Measurement {
        Measurement { part, title: title.into(), run: Box::new(run) }
    }

    /// The same while no core goes deeper than its shallowest idle state; nothing where this
    /// process may not ask for that, of which the report warns.
    pub fn shallow(self) -> Measurement {
        let run = self.run;
        let run = move |cores: &Cores| match Shallow::hold(Path::new(DEVICE)) {
            Ok(_held) => run(cores),
            Err(_) => Ok(Figures::new()),
        };
        Measurement { part: self.part, title: self.title, run: Box::new(run) }
    }
}

/// Where the cores were, by the round trip of a bare cache line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Distance {
    /// Half of the round trips took no longer.
    pub line_rtt_ns: u64,
}

impl Distance {
    /// Measures it.
    pub fn measure(cores: &Cores) -> anyhow::Result<Distance> {
        // A machine that stands still for seconds fails one look, and shall not end the whole run.
        const LOOKS: usize = 3;
        let work = Work::RoundTrip { messages: 20_000 };
        let look = || cores.measure(Way::Line { pause: false }, work, Pages::Small);
        let outcome = (1..LOOKS).find_map(|_| look().ok()).map_or_else(look, Ok)?;
        Ok(Distance { line_rtt_ns: outcome.hop.map_or(0, |hop| hop.p50) })
    }

    /// The word for it.
    pub fn placement(self) -> Placement {
        if self.line_rtt_ns < NEAR_BELOW_NS { Placement::Near } else { Placement::Far }
    }
}

/// What a round gave.
#[derive(Default)]
struct Round {
    /// Before the first measurement, and after each.
    distances: Vec<Distance>,
    /// With the number of the measurement in the round.
    figures: Vec<(usize, Key, Figure)>,
}

impl Round {
    /// Where the cores were from the first measurement to the last; `None` where they moved.
    fn placement(&self) -> Option<Placement> {
        let (first, rest) = self.distances.split_first()?;
        let placement = first.placement();
        rest.iter().all(|distance| distance.placement() == placement).then_some(placement)
    }

    /// Where the cores were during one measurement; `None` where they moved.
    fn during(&self, measurement: usize) -> Option<Placement> {
        let before = self.distances.get(measurement)?.placement();
        let after = self.distances.get(measurement + 1)?.placement();
        (before == after).then_some(before)
    }
}

/// A measurement that gave no figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Failure {
    /// Its part.
    pub part: &'static str,
    /// What was to be measured.
    pub what: String,
    /// Why it failed, the last time.
    pub reason: String,
    /// How often it failed.
    pub times: u32,
}

/// What all rounds gave.
#[derive(Default)]
pub struct Rounds {
    rounds: Vec<Round>,
    /// What went wrong.
    pub failures: Vec<Failure>,
}

/// How many rounds had which placement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// The whole round near.
    pub near: usize,
    /// The whole round far.
    pub far: usize,
    /// The cores moved during the round.
    pub moved: usize,
}

/// One figure over the rounds.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// Its part and its key.
    pub key: Key,
    /// The median.
    pub figure: Figure,
    /// The least and the greatest: medians of latencies, or numbers.
    pub spread: (f64, f64),
}

/// The figures of one placement.
#[derive(Clone, PartialEq, Debug)]
pub struct Selected {
    /// The placement.
    pub placement: Placement,
    /// The round trip of a bare cache line in it, the median of all looks.
    pub line_rtt_ns: u64,
    /// How many rounds had which.
    pub counts: Counts,
    /// Most rounds were not held still from end to end: each figure has the placement all the same.
    pub in_pieces: bool,
    /// In the order in which they were first measured.
    pub figures: Vec<Measured>,
}

/// What looks on while rounds go by.
pub trait Onlooker {
    /// A measurement is about to begin.
    fn begins(&mut self, round: usize, rounds: usize, measurement: &Measurement);

    /// A measurement is over.
    fn ended(&mut self);
}

/// Runs all measurements in each of the rounds that the effort asks for.
pub fn run(
    cores: &Cores,
    effort: Effort,
    measurements: &[Measurement],
    onlooker: &mut impl Onlooker,
) -> anyhow::Result<Rounds> {
    let (wanted, most) = match effort {
        Effort::Quick => (1, 2),
        Effort::Usual => (5, 8),
        Effort::Full => (11, 16),
    };
    let mut results = Rounds::default();
    let mut held = 0;
    for number in 1..=most {
        let mut round = Round { distances: vec![Distance::measure(cores)?], ..Round::default() };
        for (at, measurement) in measurements.iter().enumerate() {
            if !results.is_given_up(measurement) {
                onlooker.begins(number, wanted.max(number), measurement);
                match (measurement.run)(cores) {
                    Ok(figures) => round.figures.extend(
                        figures.into_iter().map(|(key, it)| (at, (measurement.part, key), it)),
                    ),
                    Err(error) => results.failed(measurement, &error),
                }
                onlooker.ended();
            }
            round.distances.push(Distance::measure(cores)?);
        }
        held += usize::from(round.placement().is_some());
        results.rounds.push(round);
        if held == wanted {
            break;
        }
    }
    Ok(results)
}

impl Rounds {
    fn of(&mut self, measurement: &Measurement) -> Option<&mut Failure> {
        let Measurement { part, title, .. } = measurement;
        self.failures.iter_mut().find(|failure| failure.part == *part && failure.what == *title)
    }

    fn is_given_up(&mut self, measurement: &Measurement) -> bool {
        self.of(measurement).is_some_and(|failure| failure.times >= FAILURES_MAX)
    }

    fn failed(&mut self, measurement: &Measurement, error: &anyhow::Error) {
        let reason = format!("{error:#}");
        match self.of(measurement) {
            Some(failure) => (failure.times, failure.reason) = (failure.times + 1, reason),
            None => {
                let (part, what) = (measurement.part, measurement.title.clone());
                self.failures.push(Failure { part, what, reason, times: 1 });
            }
        }
    }

    /// The figures of the placement that most rounds had; near, if as many were far. Where most rounds
    /// were not held still from end to end, those measurements count during which the cores were.
    pub fn select(&self) -> Selected {
        let mut counts = Counts::default();
        for round in &self.rounds {
            match round.placement() {
                Some(Placement::Near) => counts.near += 1,
                Some(Placement::Far) => counts.far += 1,
                None => counts.moved += 1,
            }
        }
        // A few rounds that were held still tell less than all the measurements that were.
        let in_pieces = (counts.near + counts.far) * 2 < self.rounds.len();
        let distances = || self.rounds.iter().flat_map(|round| &round.distances);
        let far = match in_pieces {
            true => {
                let far = distances().filter(|it| it.placement() == Placement::Far).count();
                far * 2 > distances().count()
            }
            false => counts.far > counts.near,
        };
        let placement = if far { Placement::Far } else { Placement::Near };
        let mut line_rtt: Vec<u64> = distances()
            .filter(|distance| distance.placement() == placement)
            .map(|distance| distance.line_rtt_ns)
            .collect();
        line_rtt.sort_unstable();
        let line_rtt_ns = line_rtt.get(line_rtt.len() / 2).copied().unwrap_or(0);
        let figures = self.figures(placement, in_pieces);
        Selected { placement, line_rtt_ns, counts, in_pieces, figures }
    }

    fn figures(&self, placement: Placement, in_pieces: bool) -> Vec<Measured> {
        let mut order: Vec<(usize, &Key)> = Vec::new();
        let mut by_key: BTreeMap<&Key, Vec<Figure>> = BTreeMap::new();
        for round in &self.rounds {
            for (measurement, key, figure) in &round.figures {
                let during = match in_pieces {
                    true => round.during(*measurement),
                    false => round.placement(),
                };
                if during == Some(placement) {
                    let figures = by_key.entry(key).or_default();
                    if figures.is_empty() {
                        order.push((*measurement, key));
                    }
                    figures.push(*figure);
                }
            }
        }
        // One that failed in the first round stands where it would have stood.
        order.sort_by_key(|(measurement, _)| *measurement);
        let measured = |(_, key): (usize, &Key)| {
            let figures = &by_key[key];
            let (figure, spread) = (Figure::median(figures)?, Figure::spread(figures));
            Some(Measured { key: key.clone(), figure, spread })
        };
        order.into_iter().filter_map(measured).collect()
    }
}

#[cfg(test)]
mod tests;

//! What one strategy recorded in one run: every interval of every stage, and the run's summary.
//!
//! Every report starts here: tables and spectra from [`Stage::sum`], latency over time from
//! [`Stage::intervals`], settings from [`Run::summary`] and the scenario in [`Run::folder`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use hdrhistogram::Histogram;
use tickline_shared::latency::HIGHEST_NS;
use tickline_shared::summary::{Spike, SpikeLimit, Summary};

use super::counts::Counts;
use super::input::Input;
use super::log::{self, Log, LogError};
use super::window::Taken;

/// One log, and what is known of the run that wrote it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Names it for people.
    pub title: String,
    /// The log.
    pub path: PathBuf,
    /// The name of the run, where its folder was given.
    pub name: Option<String>,
    /// The strategy that wrote the log, where the file's name says so.
    pub strategy: Option<String>,
    /// The run's folder, with the scenario as used in it; `None` where the log lies elsewhere.
    pub folder: Option<PathBuf>,
    /// The run's summary; `None` where there is none, as for a run that was killed.
    pub summary: Option<Summary>,
    /// When the log begins, in ns since the Unix epoch; `None` where the log does not say.
    pub began_unix_ns: Option<u64>,
    /// What was recorded, by tag; without a tag it is `untagged`.
    pub stages: BTreeMap<String, Stage>,
    /// Which intervals these are, where `--from` or `--to` left some out.
    pub window: Option<Taken>,
    /// Lines that were left out: number from 1, and why.
    pub damaged: Vec<(usize, log::Damage)>,
}

/// What was recorded of one stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// In the order of the log.
    pub intervals: Vec<Interval>,
    /// An empty histogram like that of the first interval.
    layout: Histogram<u64>,
}

/// What was recorded between two moments; values in ns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interval {
    /// When it began, in ns since the log began.
    pub start_ns: u64,
    /// How long it took, in ns; 0 where the log does not say.
    pub length_ns: u64,
    /// The values.
    pub counts: Counts,
}

impl Interval {
    /// When it ended, in ns since the log began.
    pub fn end_ns(&self) -> u64 {
        self.start_ns.saturating_add(self.length_ns)
    }
}

impl Stage {
    /// A stage whose histograms look like this one.
    pub fn new(first: &Histogram<u64>) -> Stage {
        let mut layout = Histogram::new_from(first);
        layout.auto(true);
        Stage { intervals: Vec::new(), layout }
    }

    /// All intervals as one histogram, in ns.
    pub fn sum(&self) -> Histogram<u64> {
        let mut sum = self.layout.clone();
        for (value, count) in self.intervals.iter().flat_map(|interval| interval.counts.pairs()) {
            sum.record_n(value, count).expect("it grows to whatever value comes");
        }
        sum
    }

    /// How many values are in the hour's place or above: a strategy's histograms end there, and
    /// count what lies beyond as an hour.
    pub fn hour_or_more(&self) -> u64 {
        let long = self.intervals.iter().filter(|interval| interval.counts.max() > HIGHEST_NS);
        let beyond = long.flat_map(|interval| interval.counts.pairs());
        beyond.filter(|(value, _)| *value > HIGHEST_NS).map(|(_, count)| count).sum()
    }
}

impl Run {
    /// Reads a log that has at least one whole interval.
    pub fn read(input: Input) -> Result<Run, LogError> {
        let Log { stages, began_unix_ns, damaged } = log::read(&input.path)?;
        Ok(Run {
            title: input.title(),
            path: input.path,
            name: input.run,
            strategy: input.strategy,
            folder: input.folder,
            summary: input.summary,
            began_unix_ns,
            stages,
            window: None,
            damaged,
        })
    }

    /// Whether messages had a time at which they were due; `None` where nothing says.
    pub fn is_paced(&self) -> Option<bool> {
        self.summary.as_ref().and_then(|summary| summary.feed.is_paced())
    }

    /// How many intervals were read, those of all stages counted.
    pub fn intervals(&self) -> u64 {
        self.stages.values().map(|stage| stage.intervals.len() as u64).sum()
    }

    /// When intervals begin, in ns since the log began: each moment once, in ascending order.
    pub fn starts(&self) -> Vec<u64> {
        let intervals = self.stages.values().flat_map(|stage| &stage.intervals);
        let starts: BTreeSet<u64> = intervals.map(|interval| interval.start_ns).collect();
        starts.into_iter().collect()
    }

    /// When the last interval ended, in ns since the log began.
    pub fn end_ns(&self) -> u64 {
        let intervals = self.stages.values().flat_map(|stage| &stage.intervals);
        intervals.map(Interval::end_ns).max().unwrap_or(0)
    }

    /// The worst samples that its strategy kept, those within the window, and what made them
    /// spikes; `None` where it was not asked to keep any.
    pub fn spikes(&self) -> Option<(&SpikeLimit, Vec<Spike>)> {
        let mut strategies = self.summary.iter().flat_map(|summary| &summary.strategies);
        let name = self.strategy.as_ref()?;
        let strategy = strategies.find(|strategy| strategy.name == *name)?;
        let taken = self.began_unix_ns.zip(self.window).map(|(began, taken)| {
            began.saturating_add(taken.start_ns)..began.saturating_add(taken.end_ns)
        });
        // By its end, as it was counted in the log.
        let within = |spike: &&Spike| {
            taken.as_ref().is_none_or(|taken| taken.contains(&spike.egress_unix_ns))
        };
        let spikes = strategy.spikes.iter().filter(within).cloned().collect();
        Some((strategy.spike_limit.as_ref()?, spikes))
    }

    /// Whether everything in the log was read.
    pub fn check(&self) -> Result<(), LogError> {
        log::check(&self.path, self.intervals(), &self.damaged)
    }
}

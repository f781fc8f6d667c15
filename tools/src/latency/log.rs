//! Reads an HdrHistogram log: every interval of every tag.
//!
//! Line by line, so that a damaged one costs only itself: a process that was killed leaves its
//! last line cut off. No input panics, and none takes more memory than its own line, one histogram
//! and the recorded values need, all three limited.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogHistogram, IntervalLogIterator, LogEntry,
};
use tickline_shared::exit::Exit;

mod histogram;

use super::counts::Counts;
use super::run::{Interval, Stage};
use histogram::decode;

/// Far more than any histogram takes: at five digits and the full range it has 6 million counts.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// A run of a day has 346,000 intervals of some KB each.
const COUNTS_BYTES_MAX: u64 = 4 << 30;
/// Every sum of fewer values fits its 64 bits.
const VALUES_MAX: u64 = 1 << 62;

/// What an interval without a tag is called.
const UNTAGGED: &str = "untagged";

/// What a log holds.
#[derive(Debug, Default)]
pub struct Log {
    /// The intervals of each tag; values in the unit of the log.
    pub stages: BTreeMap<String, Stage>,
    /// When the log begins, in ns since the Unix epoch, where it says.
    pub began_unix_ns: Option<u64>,
    /// Lines that were left out: number from 1, and why.
    pub damaged: Vec<(usize, Damage)>,
}

/// Why a line of a log means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The line is cut off, or was never one of a log.
    #[error("expected `Tag=…,start,length,max,histogram`")]
    NoInterval,
    /// The histogram is no base64.
    #[error("expected base64 after the third comma: {0}")]
    NoBase64(base64::DecodeError),
    /// The base64 is no histogram.
    #[error("expected a histogram in the base64: {0}")]
    NoHistogram(String),
    /// The counts cannot be added up.
    #[error("expected fewer than 2^62 values in the whole log")]
    NoSum,
}

/// Why a log gives no, or not all, percentiles.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be read.
    #[error("{path}: cannot read the log: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has no interval, and nothing is damaged.
    #[error(
        "{0}: expected an HdrHistogram log, found no interval; \
         a run that ended within its first second may have none"
    )]
    Empty(PathBuf),
    /// It has no interval, and lines that could be anything.
    #[error("{path}:{line}: {damage}; no interval is whole: expected an HdrHistogram log")]
    NoLog {
        /// The file.
        path: PathBuf,
        /// The first damaged line, from 1.
        line: usize,
        /// What is wrong with it.
        damage: Damage,
    },
    /// Lines are damaged.
    #[error(
        "{path}:{line}: {damage}; left out: {damaged} damaged of {lines} lines, \
         the percentiles are those of {intervals} whole intervals",
        lines = *.damaged as u64 + *.intervals
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first damaged line, from 1.
        line: usize,
        /// What is wrong with it.
        damage: Damage,
        /// How many lines are damaged.
        damaged: usize,
        /// How many intervals were read.
        intervals: u64,
    },
}

impl LogError {
    /// Percentiles of a part of the log are a failed run; with none at all it never began.
    pub fn exit(&self) -> Exit {
        match self {
            LogError::Damaged { .. } => Exit::Failed,
            LogError::Unreadable { .. } | LogError::Empty(_) | LogError::NoLog { .. } => {
                Exit::Usage
            }
        }
    }
}

/// Whether all lines of a log were read; `intervals` of them were.
pub fn check(path: &Path, intervals: u64, damaged: &[(usize, Damage)]) -> Result<(), LogError> {
    let Some((line, damage)) = damaged.first() else { return Ok(()) };
    let (path, line, damage) = (path.to_owned(), *line, damage.clone());
    let damaged = damaged.len();
    Err(match intervals {
        0 => LogError::NoLog { path, line, damage },
        _ => LogError::Damaged { path, line, damage, damaged, intervals },
    })
}

/// Reads a log that has at least one whole interval.
pub fn read(path: &Path) -> Result<Log, LogError> {
    let unreadable = |source| LogError::Unreadable { path: path.to_owned(), source };
    let log = Reader::read(BufReader::new(File::open(path).map_err(unreadable)?));
    let log = log.map_err(unreadable)?;
    if log.stages.is_empty() {
        check(path, 0, &log.damaged)?;
        return Err(LogError::Empty(path.to_owned()));
    }
    Ok(log)
}

/// A log while it is read. The times of its intervals are made to count from its start at the end.
#[derive(Default)]
struct Reader {
    log: Log,
    /// The first of each that the log has; both are ns since the Unix epoch.
    start_time: Option<u64>,
    base_time: Option<u64>,
    /// Values read, of all tags.
    values: u64,
    counts_bytes: u64,
}

impl Reader {
    /// Reads all lines of a log.
    fn read(mut input: impl BufRead) -> io::Result<Log> {
        let (mut reader, mut line, mut number) = (Reader::default(), Vec::new(), 0);
        let mut deserializer = Deserializer::new();
        loop {
            line.clear();
            let bytes = (&mut input).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            if bytes == 0 {
                return Ok(reader.finish());
            }
            if bytes as u64 == LINE_BYTES_MAX {
                return Err(too_large("a line of 64 MiB"));
            }
            number += 1;
            if let Err(damage) = reader.add_line(&mut line, &mut deserializer) {
                reader.log.damaged.push((number, damage));
            }
            if reader.counts_bytes > COUNTS_BYTES_MAX {
                return Err(too_large("more than 4 GiB of recorded values; split it"));
            }
        }
    }

    /// Adds what one line says.
    fn add_line(&mut self, line: &mut Vec<u8>, with: &mut Deserializer) -> Result<(), Damage> {
        // The parser wants an end of line, which the last one may lack.
        line.truncate(line.trim_ascii_end().len());
        if line.is_empty() {
            return Ok(());
        }
        line.push(b'\n');
        match IntervalLogIterator::new(line).next() {
            Some(Ok(LogEntry::Interval(entry))) => self.add(&entry, with),
            Some(Ok(LogEntry::StartTime(time))) => {
                self.start_time.get_or_insert(nanos(time));
                Ok(())
            }
            Some(Ok(LogEntry::BaseTime(time))) => {
                self.base_time.get_or_insert(nanos(time));
                Ok(())
            }
            Some(Err(_)) => Err(Damage::NoInterval),
            // A comment.
            None => Ok(()),
        }
    }

    fn add(
        &mut self,
        entry: &IntervalLogHistogram<'_>,
        with: &mut Deserializer,
    ) -> Result<(), Damage> {
        let bytes = STANDARD.decode(entry.encoded_histogram()).map_err(Damage::NoBase64)?;
        let histogram = decode(&bytes, with).map_err(Damage::NoHistogram)?;
        let tag = entry.tag().map_or(UNTAGGED, |tag| tag.as_str());
        let counts = Counts::of(&histogram);
        let values = self.values.saturating_add(counts.total());
        if values > VALUES_MAX {
            return Err(Damage::NoSum);
        }
        self.values = values;
        let interval = Interval {
            start_ns: nanos(entry.start_timestamp()),
            length_ns: nanos(entry.duration()),
            counts,
        };
        self.counts_bytes += interval.counts.bytes() as u64;
        let stages = &mut self.log.stages;
        let stage = stages.entry(tag.to_owned()).or_insert_with(|| Stage::new(&histogram));
        stage.intervals.push(interval);
        Ok(())
    }

    /// Makes every interval count from the start of the log: `StartTime`, or else the first
    /// interval.
    fn finish(mut self) -> Log {
        let intervals = self.log.stages.values().flat_map(|stage| &stage.intervals);
        let first = intervals.map(|interval| interval.start_ns).min().unwrap_or(0);
        // As the reference reader tells times of day from distances to the start of the log.
        const YEAR_NS: u64 = 365 * 24 * 3600 * 1_000_000_000;
        let base = self.base_time.unwrap_or_else(|| match self.start_time {
            Some(start) if first < start.saturating_sub(YEAR_NS) => start,
            _ => 0,
        });
        let unix = |ns: u64| base.saturating_add(ns);
        let began = self.start_time.unwrap_or(unix(first)).min(unix(first));
        for stage in self.log.stages.values_mut() {
            for interval in &mut stage.intervals {
                interval.start_ns = unix(interval.start_ns).saturating_sub(began);
            }
        }
        // Without any time in the header, what looks like a time of day is one.
        let dated = self.start_time.is_some() || self.base_time.is_some() || began > YEAR_NS;
        self.log.began_unix_ns = dated.then_some(began);
        self.log
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn too_large(found: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the log has {found}"))
}

#[cfg(test)]
pub mod tests;

//! A part of a log: `--from` and `--to`.
//!
//! Whole intervals are taken: those that begin in the window, its start included, its end not. So
//! windows that follow each other share no interval and leave none out.

use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::run::Run;

/// One end of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// In ns since the log began.
    SinceStart(u64),
    /// In ns since the Unix epoch.
    Utc(u64),
}

/// The text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no time in a log: expected one since its start, such as 12s, 1m30s or 2.5, \
     or one in UTC, such as 2026-11-21T09:30:00Z"
)]
pub struct NotAMoment(String);

/// Nothing lies in the window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// The log has no time of day.
    #[error(
        "{path}: the log does not say when it began: give seconds since its start instead of UTC"
    )]
    Undated {
        /// The log.
        path: String,
    },
    /// No interval begins in it.
    #[error(
        "{path}: no interval begins in the window; the log has {intervals}, which begin at \
         {first} to {last} s after its start{began}"
    )]
    Empty {
        /// The log.
        path: String,
        /// How many intervals it has.
        intervals: usize,
        /// When the first begins, in seconds.
        first: String,
        /// When the last begins, in seconds.
        last: String,
        /// When the log began, for people.
        began: String,
    },
}

/// The window; without an end it reaches to the end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Its start.
    pub from: Option<Moment>,
    /// Its end, which is no longer part of it.
    pub to: Option<Moment>,
}

/// Which intervals were taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The first one, from 1.
    pub first: usize,
    /// The last one.
    pub last: usize,
    /// How many the log has.
    pub of: usize,
    /// When the first began, in ns since the log began.
    pub start_ns: u64,
    /// When the last ended, in ns since the log began.
    pub end_ns: u64,
}

impl Window {
    /// Drops what lies outside, and says what was taken; `None` where the window has no ends.
    pub fn narrow(&self, run: &mut Run) -> Result<Option<Taken>, WindowError> {
        if self.from.is_none() && self.to.is_none() {
            return Ok(None);
        }
        let from = self.from.map_or(Ok(0), |from| since_start(from, run))?;
        let to = self.to.map_or(Ok(u64::MAX), |to| since_start(to, run))?;
        let starts = run.starts();
        let place = |moment: u64| starts.partition_point(|start| *start < moment);
        let (first, end) = (place(from), place(to));
        if first >= end {
            return Err(empty(run, &starts));
        }
        for stage in run.stages.values_mut() {
            stage.intervals.retain(|interval| (from..to).contains(&interval.start_ns));
        }
        run.stages.retain(|_, stage| !stage.intervals.is_empty());
        let (start_ns, end_ns) = (starts[first], run.end_ns());
        Ok(Some(Taken { first: first + 1, last: end, of: starts.len(), start_ns, end_ns }))
    }
}

fn since_start(moment: Moment, run: &Run) -> Result<u64, WindowError> {
    match (moment, run.began_unix_ns) {
        (Moment::SinceStart(ns), _) => Ok(ns),
        (Moment::Utc(ns), Some(began)) => Ok(ns.saturating_sub(began)),
        (Moment::Utc(_), None) => {
            Err(WindowError::Undated { path: run.path.display().to_string() })
        }
    }
}

fn empty(run: &Run, starts: &[u64]) -> WindowError {
    let at = |start: Option<&u64>| seconds(start.copied().unwrap_or(0));
    let began = run.began_unix_ns.and_then(utc);
    WindowError::Empty {
        path: run.path.display().to_string(),
        intervals: starts.len(),
        first: at(starts.first()),
        last: at(starts.last()),
        began: began.map_or_else(String::new, |began| format!(", {began}")),
    }
}

/// Seconds with three decimals.
pub fn seconds(ns: u64) -> String {
    format!("{:.3}", ns as f64 / 1e9)
}

/// A time of day in UTC, to the millisecond; `None` where no calendar has it.
pub fn utc(unix_ns: u64) -> Option<String> {
    let whole_ms = i128::from(unix_ns / 1_000_000 * 1_000_000);
    OffsetDateTime::from_unix_timestamp_nanos(whole_ms).ok()?.format(&Rfc3339).ok()
}

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Moment, NotAMoment> {
        let moment = match text.contains([':', '-']) {
            true => parse_utc(text).map(Moment::Utc),
            false => parse_span(text).map(Moment::SinceStart),
        };
        moment.ok_or_else(|| NotAMoment(text.to_owned()))
    }
}

/// A time as RFC 3339 has it; without an offset it is UTC.
pub fn parse_utc(text: &str) -> Option<u64> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let time = parse(text).or_else(|| parse(&format!("{text}Z")))?;
    u64::try_from(time.unix_timestamp_nanos()).ok()
}

/// `1h2m3.5s`, each unit at most once and in this order; a number alone is in seconds.
fn parse_span(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 4] = [("h", 3600e9), ("ms", 1e6), ("m", 60e9), ("s", 1e9)];
    let (mut rest, mut total, mut larger) = (text, 0.0, f64::INFINITY);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let (unit, ns) = match after {
            "" if larger.is_infinite() => ("", 1e9),
            _ => *UNITS.iter().find(|(unit, _)| after.starts_with(unit))?,
        };
        total += number.parse::<f64>().ok().filter(|_| ns < larger)? * ns;
        (rest, larger) = (&after[unit.len()..], ns);
    }
    // Beyond 64 bits of ns there is no log.
    (!text.is_empty() && total < u64::MAX as f64).then_some(total.round() as u64)
}

#[cfg(test)]
mod tests;

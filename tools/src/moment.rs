//! A moment of a venue's day, as people type it.

use std::str::FromStr;

use crate::latency::parse_utc;

/// Nanoseconds of a day.
pub const DAY_NS: u64 = 86_400_000_000_000;

/// A time by the venue's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// As the clock counts: ns since its epoch.
    Ns(u64),
    /// The time of any day, in ns since midnight; of a clock with a date it is UTC.
    OfDay(u64),
    /// In ns since the Unix epoch.
    Utc(u64),
}

/// The text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no time of a venue: expected one such as 09:30:00 or 09:30:00.25, with a date \
     2026-11-21T14:30:00Z, or nanoseconds of its clock"
)]
pub struct NotAMoment(String);

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Moment, NotAMoment> {
        let moment = match text {
            _ if text.contains('-') => parse_utc(text).map(Moment::Utc),
            _ if text.contains(':') => parse_of_day(text).map(Moment::OfDay),
            _ => digits(text).map(Moment::Ns),
        };
        moment.ok_or_else(|| NotAMoment(text.to_owned()))
    }
}

/// `09:30`, `09:30:00`, `09:30:00.123456789`; `24:00` is the end of the day.
fn parse_of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let (hours, minutes) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let (seconds, ns) = match parts.next() {
        None => (0, 0),
        Some(part) => match part.split_once('.') {
            None => (two_digits(part)?, 0),
            Some((seconds, fraction)) => (two_digits(seconds)?, fraction_ns(fraction)?),
        },
    };
    let ns = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + ns;
    let fits = minutes < 60 && seconds < 60 && ns <= DAY_NS && parts.next().is_none();
    fits.then_some(ns)
}

fn two_digits(text: &str) -> Option<u64> {
    digits(text).filter(|_| text.len() <= 2)
}

/// What stands behind the point of a number of seconds.
fn fraction_ns(text: &str) -> Option<u64> {
    let unit = 10u64.checked_pow(9u32.checked_sub(text.len() as u32)?)?;
    Some(digits(text)? * unit)
}

/// A number of digits alone: `parse` takes a plus sign too.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

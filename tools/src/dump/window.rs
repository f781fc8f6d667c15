//! A part of the day: `--from` and `--to`, by the venue's clock.

use std::ops::Range;
use std::str::FromStr;

use tickline_shared::ring::layout::Epoch;

use super::DumpError;
use crate::latency::parse_utc;

const DAY_NS: u64 = 86_400_000_000_000;

/// One end of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// As rows show it: ns since the venue's epoch.
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
     2026-11-21T14:30:00Z, or nanoseconds as in the column exchange_ts"
)]
pub struct NotAMoment(String);

/// Both ends as typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// The start, which belongs to it.
    pub from: Option<Moment>,
    /// The end, which does not.
    pub to: Option<Moment>,
}

/// A window on a clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// Of the clock's times.
    whole: Range<u64>,
    /// Of the time of each day.
    of_day: Range<u64>,
}

impl Window {
    /// The window on a clock with this epoch. A date means nothing to a clock that has none.
    pub fn on(&self, epoch: Epoch) -> Result<Open, DumpError> {
        let mut open = Open { whole: 0..u64::MAX, of_day: 0..u64::MAX };
        for (moment, is_start) in [(self.from, true), (self.to, false)] {
            let (range, ns) = match (moment, epoch) {
                (None, _) => continue,
                (Some(Moment::Utc(_)), Epoch::Midnight) => return Err(DumpError::NoDate),
                (Some(Moment::OfDay(ns)), Epoch::Unix) => (&mut open.of_day, ns),
                (Some(Moment::Ns(ns) | Moment::Utc(ns) | Moment::OfDay(ns)), _) => {
                    (&mut open.whole, ns)
                }
            };
            if is_start {
                range.start = ns;
            } else {
                range.end = ns;
            }
        }
        Ok(open)
    }
}

impl Open {
    /// Where it ends once for all; `None` for a window without an end, and for one of each day.
    pub fn end(&self) -> Option<u64> {
        (self.whole.end < u64::MAX).then_some(self.whole.end)
    }

    /// Whether a time lies in it.
    #[inline]
    pub fn has(&self, exchange_ts: u64) -> bool {
        self.whole.contains(&exchange_ts) && self.of_day.contains(&(exchange_ts % DAY_NS))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn moments_are_read_in_three_ways() {
        let check = |text: &str, expected| assert_eq!(text.parse::<Moment>().ok(), expected);
        check("34200000000000", Some(Moment::Ns(34_200 * SECOND)));
        check("09:30", Some(Moment::OfDay(34_200 * SECOND)));
        check("9:30:01", Some(Moment::OfDay(34_201 * SECOND)));
        check("09:30:00.000000001", Some(Moment::OfDay(34_200 * SECOND + 1)));
        check("09:30:00.25", Some(Moment::OfDay(34_200 * SECOND + SECOND / 4)));
        check("24:00", Some(Moment::OfDay(DAY_NS)));
        check("2023-10-02T13:30:00Z", Some(Moment::Utc(1_696_253_400 * SECOND)));
        check("2023-10-02T09:30:00-04:00", Some(Moment::Utc(1_696_253_400 * SECOND)));
        check("2023-10-02T13:30:00", Some(Moment::Utc(1_696_253_400 * SECOND)));
        for wrong in
            ["", "+9", "09:60", "25:00", "9:3O", "09:30:00.", "1:2:3:4", "2023-10-02", "1.5"]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn windows_follow_each_other_without_overlap() {
        let moment = |text: &str| text.parse::<Moment>().ok();
        let day = 1_696_204_800 * SECOND;
        let check = |from, to, epoch, inside: &[u64], outside: &[u64]| {
            let open = Window { from: moment(from), to: moment(to) }.on(epoch).unwrap();
            assert!(inside.iter().all(|ns| open.has(*ns)), "{from} to {to}: {open:?}");
            assert!(!outside.iter().any(|ns| open.has(*ns)), "{from} to {to}: {open:?}");
        };
        let (open, close) = (34_200 * SECOND, 34_260 * SECOND);
        let midnight = Epoch::Midnight;
        check("09:30", "09:31", midnight, &[open, close - 1], &[open - 1, close]);
        check("", "", midnight, &[0, u64::MAX - 1], &[]);
        check("34200000000000", "", midnight, &[open], &[open - 1]);
        let unix = Epoch::Unix;
        check(
            "09:30",
            "09:31",
            unix,
            &[day + open, open, day + DAY_NS + close - 1],
            &[open - 1, day + close],
        );
        check("2023-10-02T09:30:00Z", "09:31", unix, &[day + open], &[open, day + close]);
        let dated = Window { from: moment("2023-10-02T09:30:00Z"), to: None };
        assert!(matches!(dated.on(midnight), Err(DumpError::NoDate)));
    }
}

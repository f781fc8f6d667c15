//! A part of the day: `--from` and `--to`, by the venue's clock.

use std::ops::Range;

use tickline_shared::ring::layout::Epoch;

use super::DumpError;
use crate::moment::{DAY_NS, Moment};

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

//! Until when messages are followed, by the venue's clock.

use tickline_shared::ring::layout::Epoch;
use time::OffsetDateTime;
use time::macros::format_description;

use super::BookError;
use crate::moment::{DAY_NS, Moment};

/// The end of what is followed; learns what it lacks from the first message.
pub struct Until {
    at: Option<Moment>,
    epoch: Epoch,
    /// The last moment that is included, once it is known.
    last: Option<u64>,
    /// The first moment that was asked about.
    first: Option<u64>,
    /// Whether the first message was too late.
    too_early: bool,
}

impl Until {
    /// To this moment of a clock, or to the end.
    pub fn new(at: Option<Moment>, epoch: Epoch) -> Until {
        Until { at, epoch, last: None, first: None, too_early: false }
    }

    /// Whether a message of this moment is included.
    #[inline]
    pub fn includes(&mut self, ns: u64) -> bool {
        match self.last {
            Some(last) => ns <= last,
            None => self.begin(ns),
        }
    }

    #[cold]
    fn begin(&mut self, first: u64) -> bool {
        let last = match (self.at, self.epoch) {
            (None, _) => u64::MAX,
            (Some(Moment::Utc(_)), Epoch::Midnight) => return false,
            (Some(Moment::OfDay(ns)), Epoch::Unix) => (first - first % DAY_NS).saturating_add(ns),
            (Some(Moment::Ns(ns) | Moment::OfDay(ns) | Moment::Utc(ns)), _) => ns,
        };
        (self.first, self.last) = (Some(first), Some(last));
        self.too_early = first > last;
        !self.too_early
    }

    /// Whether there can have been messages until then.
    pub fn check(&self) -> Result<(), BookError> {
        match (self.at, self.epoch, self.first) {
            (Some(Moment::Utc(_)), Epoch::Midnight, _) => Err(BookError::NoDate),
            (_, _, Some(first)) if self.too_early => {
                Err(BookError::TooEarly { first: time(self.epoch, first) })
            }
            _ => Ok(()),
        }
    }
}

/// As the venue's clock shows it: with a date where it has one.
pub fn time(epoch: Epoch, ns: u64) -> String {
    let day =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z");
    let of_day = format_description!("[hour]:[minute]:[second].[subsecond digits:9]");
    let format: &[_] = match epoch {
        Epoch::Unix => day,
        Epoch::Midnight => of_day,
    };
    // Every u64 is a date before the year 2555, which has every part.
    let at = OffsetDateTime::from_unix_timestamp_nanos(ns.into());
    let text = at.map_err(time::Error::from).and_then(|at| Ok(at.format(format)?));
    text.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn times_are_read_in_three_ways() {
        let check = |text: &str, expected| assert_eq!(text.parse::<Moment>().ok(), expected);
        check("34200000000000", Some(Moment::Ns(34_200 * SECOND)));
        check("09:30", Some(Moment::OfDay(34_200 * SECOND)));
        check("9:30:01", Some(Moment::OfDay(34_201 * SECOND)));
        check("09:30:00.25", Some(Moment::OfDay(34_200 * SECOND + SECOND / 4)));
        check("09:30:00.000000001", Some(Moment::OfDay(34_200 * SECOND + 1)));
        check("2023-10-02T13:30:00Z", Some(Moment::Utc(1_696_253_400 * SECOND)));
        check("2023-10-02T09:30:00-04:00", Some(Moment::Utc(1_696_253_400 * SECOND)));
        for wrong in ["", "09:60", "25:00", "9:3O", "09:30:00.", "1:2:3:4", "2023-10-02", "1.5"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_moment_is_included_and_what_follows_is_not() {
        let day = 1_696_204_800 * SECOND;
        let check = |at: &str, epoch, first: u64, last: u64| {
            let mut until = Until::new(at.parse().ok(), epoch);
            assert!(until.includes(first) && until.includes(last), "{at}");
            assert!(!until.includes(last + 1), "{at}");
            assert!(until.check().is_ok(), "{at}");
        };
        let open = 34_200 * SECOND;
        check("09:30", Epoch::Midnight, 7, open);
        check("09:30", Epoch::Unix, day + 7, day + open);
        check("2023-10-02T09:30:00Z", Epoch::Unix, day - 7, day + open);
        check("34200000000000", Epoch::Midnight, open, open);
        let mut early = Until::new("09:30".parse().ok(), Epoch::Midnight);
        assert!(!early.includes(open + 1));
        let error = early.check().unwrap_err().to_string();
        assert!(error.ends_with("the first message is of 09:30:00.000000001"), "{error}");
        let mut dated = Until::new("2023-10-02T09:30:00Z".parse().ok(), Epoch::Midnight);
        assert!(!dated.includes(open));
        assert!(matches!(dated.check(), Err(BookError::NoDate)));
    }
}

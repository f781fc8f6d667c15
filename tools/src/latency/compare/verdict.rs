//! What a difference between two percentiles means.

use super::spread::Spread;

/// The smallest difference that matters, as a part of the first figure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Threshold(pub f64);

/// The text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no threshold: expected a percentage such as 5% or 0.5%")]
pub struct NotAThreshold(pub String);

impl std::str::FromStr for Threshold {
    type Err = NotAThreshold;

    fn from_str(text: &str) -> Result<Threshold, NotAThreshold> {
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let percent = percent.filter(|percent| percent.is_finite() && *percent >= 0.0);
        percent.map(|it| Threshold(it / 100.0)).ok_or_else(|| NotAThreshold(text.to_owned()))
    }
}

/// As typed: `5%`.
impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Rounded where a percentage has no exact part.
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

/// One side of a comparison.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figure {
    /// The percentile of all seconds, in ns.
    pub ns: u64,
    /// That of each second; `None` where there are too few samples.
    pub spread: Option<Spread>,
}

/// The difference, in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// No difference is shown, because of this.
    Equal(Because),
    /// A larger latency, beyond threshold and noise.
    Slower,
    /// A smaller latency, beyond threshold and noise.
    Faster,
    /// Nothing can be said.
    TooFew,
}

/// Why two figures count as equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Because {
    /// They differ by no more than the threshold.
    Threshold,
    /// They differ by no more than two steps of the clock, one for each end of a stage.
    Clock,
    /// Seconds of one run differ as much.
    Noise,
}

impl Verdict {
    /// In JSON, and in tables before the reason.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Equal(_) => "equal",
            Verdict::Slower => "slower",
            Verdict::Faster => "faster",
            Verdict::TooFew => "not enough samples",
        }
    }

    /// Why equal, where that is not obvious from the figures.
    pub fn because(self) -> Option<&'static str> {
        match self {
            Verdict::Equal(Because::Clock) => Some("clock"),
            Verdict::Equal(Because::Noise) => Some("noise"),
            _ => None,
        }
    }
}

/// Compares; `clock_step` in ns.
pub fn judge(base: &Figure, this: &Figure, threshold: Threshold, clock_step: u64) -> Verdict {
    let (Some(base_spread), Some(this_spread)) = (base.spread, this.spread) else {
        return Verdict::TooFew;
    };
    let difference = base.ns.abs_diff(this.ns);
    if difference as f64 <= base.ns as f64 * threshold.0 {
        return Verdict::Equal(Because::Threshold);
    }
    if difference <= 2 * clock_step {
        return Verdict::Equal(Because::Clock);
    }
    match this.ns > base.ns {
        true if this_spread.low > base_spread.high => Verdict::Slower,
        false if this_spread.high < base_spread.low => Verdict::Faster,
        _ => Verdict::Equal(Because::Noise),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds() {
        let check = |text: &str, part: Option<f64>| {
            assert_eq!(text.parse::<Threshold>().ok(), part.map(Threshold), "{text}");
        };
        check("5%", Some(0.05));
        check("0%", Some(0.0));
        check("150 %", Some(1.5));
        for wrong in ["5", "%", "-1%", "nan%", "inf%", "p99%", ""] {
            check(wrong, None);
        }
        assert_eq!("0.1%".parse::<Threshold>().unwrap().to_string(), "0.1%");
    }

    #[test]
    fn all_of_threshold_clock_and_noise_must_be_exceeded() {
        let check = |base: (u64, f64, f64), this: (u64, f64, f64), expected: Verdict| {
            let figure = |(ns, low, high): (u64, f64, f64)| Figure {
                ns,
                spread: (high > 0.0).then_some(Spread { low, high, blocks: 5 }),
            };
            let verdict = judge(&figure(base), &figure(this), Threshold(0.05), 10);
            assert_eq!(verdict, expected, "{base:?} {this:?}");
        };
        use Because::{Clock, Noise};
        use Verdict::{Equal, Faster, Slower, TooFew};
        let base = (1000, 980.0, 1020.0);
        check(base, (1050, 1040.0, 1060.0), Equal(Because::Threshold));
        check(base, (1051, 1040.0, 1060.0), Slower);
        check(base, (1051, 1019.0, 1060.0), Equal(Noise));
        check(base, (900, 890.0, 970.0), Faster);
        check(base, (900, 890.0, 990.0), Equal(Noise));
        check((50, 50.0, 50.0), (70, 70.0, 70.0), Equal(Clock));
        check((50, 50.0, 50.0), (71, 71.0, 71.0), Slower);
        check((0, 0.0, 1.0), (2000, 1990.0, 2010.0), Slower);
        check((0, 0.0, 1.0), (0, 0.0, 1.0), Equal(Because::Threshold));
        check(base, (9999, 0.0, 0.0), TooFew);
        check((u64::MAX, 1e19, 2e19), (0, 0.0, 1.0), Faster);
    }
}

//! How fast a source is played.

use std::fmt;
use std::str::FromStr;

/// Nobody can keep up with more; a larger number is a typing error.
const RATE_MAX: f64 = 1e9;
/// Slower or faster than this no clock of the capture makes sense any more.
const TIMES: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// How fast a source is played.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Speed {
    /// As fast as the strategies take it.
    #[default]
    Max,
    /// At the pace of the capture's own timestamps, times this; above 0.
    Times(f64),
    /// At an even pace of this many messages per second; at least 1.
    Rate(u64),
}

/// The word is no speed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no speed: expected `max`, a multiple of the capture's pace such as `1x`, `20x` or \
     `0.5x`, or messages per second such as `rate=1M` or `rate=250k`"
)]
pub struct NotASpeed(pub String);

impl FromStr for Speed {
    type Err = NotASpeed;

    fn from_str(word: &str) -> Result<Speed, NotASpeed> {
        parse(word).ok_or_else(|| NotASpeed(word.to_owned()))
    }
}

fn parse(word: &str) -> Option<Speed> {
    if word == "max" {
        return Some(Speed::Max);
    }
    if let Some(times) = word.strip_suffix('x') {
        return decimal(times).filter(|times| TIMES.contains(times)).map(Speed::Times);
    }
    let rate = word.strip_prefix("rate=")?;
    let (digits, scale) = match rate.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1e3),
        None => rate.strip_suffix('M').map_or((rate, 1.0), |digits| (digits, 1e6)),
    };
    let rate = (decimal(digits)? * scale).round();
    (1.0..=RATE_MAX).contains(&rate).then_some(Speed::Rate(rate as u64))
}

/// Digits with at most one point: `f64::from_str` would also take `inf`, `nan` and `1e3`.
fn decimal(digits: &str) -> Option<f64> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits.parse().ok().filter(|_| plain)
}

/// As it is typed.
impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Speed::Max => f.pad("max"),
            Speed::Times(times) => f.pad(&format!("{times}x")),
            Speed::Rate(rate) if rate % 1_000_000 == 0 => {
                f.pad(&format!("rate={}M", rate / 1_000_000))
            }
            Speed::Rate(rate) if rate % 1_000 == 0 => f.pad(&format!("rate={}k", rate / 1_000)),
            Speed::Rate(rate) => f.pad(&format!("rate={rate}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_read() {
        let check = |word: &str, speed: Speed| assert_eq!(word.parse(), Ok(speed), "{word}");
        check("max", Speed::Max);
        check("1x", Speed::Times(1.0));
        check("0.5x", Speed::Times(0.5));
        check(".5x", Speed::Times(0.5));
        check("rate=1M", Speed::Rate(1_000_000));
        check("rate=250k", Speed::Rate(250_000));
        check("rate=1.5M", Speed::Rate(1_500_000));
        check("rate=7", Speed::Rate(7));
    }

    #[test]
    fn what_is_no_speed_says_what_one_is() {
        let wrong =
            "|1|x|0x|-1x|infx|nanx|1e3x|1e9x|rate=|rate=0|rate=0.4|rate=-1|rate=1G|rate=2000M|Max";
        for word in wrong.split('|') {
            let error = word.parse::<Speed>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{word}` is no speed: expected `max`")), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_prints_reads_back(rate in 1u64..=1_000_000_000, times in 1e-6f64..=1e6) {
            for speed in [Speed::Max, Speed::Rate(rate), Speed::Times(times)] {
                assert_eq!(speed.to_string().parse(), Ok(speed));
            }
        }

        #[test]
        fn no_word_panics(word in ".*", rate in "rate=[0-9.kM]*") {
            let _ = (word.parse::<Speed>(), rate.parse::<Speed>());
        }
    }
}

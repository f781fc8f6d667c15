//! A percentile as people write it: `50`, `99.9`, `p99.99`.

use std::fmt;
use std::str::FromStr;

/// A percentile, 0 to 100.
#[derive(Clone, PartialEq, Debug)]
pub struct Percentile {
    /// As it was typed, without `p`.
    digits: String,
    quantile: f64,
}

/// The text is no percentile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no percentile: expected a number from 0 to 100, such as 99.9 or p99.9")]
pub struct NotAPercentile(String);

impl Percentile {
    /// The part of all values, 0 to 1, that it stands for.
    pub fn quantile(&self) -> f64 {
        self.quantile
    }
}

impl FromStr for Percentile {
    type Err = NotAPercentile;

    fn from_str(text: &str) -> Result<Percentile, NotAPercentile> {
        let digits = text.strip_prefix('p').unwrap_or(text);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        // The exponent, rather than a division, gives the number nearest to the one that was meant.
        let quantile = format!("{digits}e-2").parse::<f64>().ok().filter(|_| plain);
        let quantile = quantile.filter(|quantile| (0.0..=1.0).contains(quantile));
        let quantile = quantile.ok_or_else(|| NotAPercentile(text.to_owned()))?;
        Ok(Percentile { digits: digits.to_owned(), quantile })
    }
}

/// As in tables and JSON: `p99.9`.
impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let check = |text: &str, shown: &str, quantile: f64| {
            let percentile: Percentile = text.parse().unwrap();
            assert_eq!((percentile.to_string().as_str(), percentile.quantile()), (shown, quantile));
        };
        check("50", "p50", 0.5);
        check("p99.9", "p99.9", 0.999);
        check("99.99", "p99.99", 0.9999);
        check("0", "p0", 0.0);
        check("100", "p100", 1.0);
        for wrong in ["", "p", ".", "101", "-1", "1e1", "nan", "inf", "99,9", "p99 "] {
            assert!(wrong.parse::<Percentile>().is_err(), "{wrong}");
        }
    }
}

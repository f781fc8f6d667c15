//! `--fail-on`: which regression fails the command.

use std::fmt;
use std::str::FromStr;

use super::verdict::Threshold;
use crate::latency::percentile::Percentile;

/// `p99`, `p99:5%`, `total:p99` or `total:p99:5%`.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// The stage; `None` stands for each of them.
    pub stage: Option<String>,
    /// The percentile.
    pub percentile: Percentile,
    /// Its own threshold; `None`: that of the comparison.
    pub threshold: Option<Threshold>,
}

/// The text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no rule: expected [STAGE:]PERCENTILE[:THRESHOLD], such as p99, p99:5% or total:p99:5%"
)]
pub struct NotARule(String);

impl FromStr for Rule {
    type Err = NotARule;

    /// From the end: the name of a stage may have colons of its own.
    fn from_str(text: &str) -> Result<Rule, NotARule> {
        let not_a_rule = || NotARule(text.to_owned());
        let split = |text: &str| {
            let (rest, last) = text.rsplit_once(':').unwrap_or(("", text));
            (rest.to_owned(), last.to_owned())
        };
        let (mut rest, mut last) = split(text);
        let mut threshold = None;
        if last.ends_with('%') {
            threshold = Some(last.parse().map_err(|_| not_a_rule())?);
            (rest, last) = split(&rest);
        }
        let percentile = last.parse().map_err(|_| not_a_rule())?;
        // `p99:5` lacks its sign: 5 is no percentile of a stage `p99`.
        if rest.parse::<Percentile>().is_ok() {
            return Err(not_a_rule());
        }
        let stage = (!rest.is_empty()).then_some(rest);
        Ok(Rule { stage, percentile, threshold })
    }
}

/// As typed.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stage) = &self.stage {
            write!(f, "{stage}:")?;
        }
        write!(f, "{}", self.percentile)?;
        self.threshold.map_or(Ok(()), |threshold| write!(f, ":{threshold}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let check = |text: &str, stage: Option<&str>, quantile: f64, threshold: Option<f64>| {
            let rule: Rule = text.parse().unwrap();
            assert_eq!(rule.stage.as_deref(), stage, "{text}");
            assert_eq!(rule.percentile.quantile(), quantile, "{text}");
            assert_eq!(rule.threshold, threshold.map(Threshold), "{text}");
            assert_eq!(rule.to_string(), text);
        };
        check("p99", None, 0.99, None);
        check("p99:5%", None, 0.99, Some(0.05));
        check("total:p99.9", Some("total"), 0.999, None);
        check("total:kind=Quote:p50:12.5%", Some("total:kind=Quote"), 0.5, Some(0.125));
        for wrong in ["", "5%", "p99:5", "p101", "total", "total:5%", "p99:x%", "p99:"] {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
        }
    }
}

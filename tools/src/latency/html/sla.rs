//! `--sla`: the latency that was promised, and whether it was kept.

use std::str::FromStr;

use tickline_shared::scenario::parse_duration;

use crate::latency::percentile::Percentile;
use crate::latency::run::Run;
use crate::table::{grouped, nanos};

/// `p99:50us` or `total:p99:50us`.
#[derive(Clone, PartialEq, Debug)]
pub struct Sla {
    /// The stage; `None` stands for `total`, or for every stage of a log without it.
    pub stage: Option<String>,
    /// The percentile.
    pub percentile: Percentile,
    /// What it must not exceed, in ns.
    pub limit_ns: u64,
}

/// The text promises nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no limit: expected [STAGE:]PERCENTILE:TIME, such as p99:50us or hop:p99.9:2ms")]
pub struct NotASla(String);

/// A limit names a stage that no run has.
#[derive(Debug, thiserror::Error)]
#[error("--sla {sla}: no stage of this name was recorded; recorded are: {known}")]
pub struct NoStageForSla {
    sla: String,
    known: String,
}

/// What became of a limit in one stage of one run.
pub struct Judged<'a> {
    /// The limit.
    pub sla: &'a Sla,
    /// The stage.
    pub stage: &'a str,
    /// What was measured, in ns; `None` where nothing was recorded.
    pub found_ns: Option<u64>,
}

impl FromStr for Sla {
    type Err = NotASla;

    /// From the end: the name of a stage may have colons of its own.
    fn from_str(text: &str) -> Result<Sla, NotASla> {
        let not_a_sla = || NotASla(text.to_owned());
        let (rest, limit) = text.rsplit_once(':').ok_or_else(not_a_sla)?;
        let limit = parse_duration(limit).ok_or_else(not_a_sla)?;
        let limit_ns = u64::try_from(limit.as_nanos()).map_err(|_| not_a_sla())?;
        let (stage, percentile) = match rest.rsplit_once(':') {
            Some((stage, percentile)) => (Some(stage.to_owned()), percentile),
            None => (None, rest),
        };
        let percentile = percentile.parse().map_err(|_| not_a_sla())?;
        if limit_ns == 0 || stage.as_ref().is_some_and(String::is_empty) {
            return Err(not_a_sla());
        }
        Ok(Sla { stage, percentile, limit_ns })
    }
}

impl Sla {
    /// What it demands, in words, of whatever stage.
    pub fn text(&self) -> String {
        format!("{} at most {}", self.percentile, nanos(self.limit_ns))
    }

    /// Whether it says something of this stage of a run.
    pub fn concerns(&self, run: &Run, stage: &str) -> bool {
        match &self.stage {
            Some(asked) => asked == stage,
            None => stage == "total" || !run.stages.contains_key("total"),
        }
    }

    /// Holds it against every stage of a run that it concerns.
    pub fn judge<'a>(&'a self, run: &'a Run) -> Vec<Judged<'a>> {
        let concerned = run.stages.iter().filter(|(name, _)| self.concerns(run, name));
        let judged = concerned.map(|(name, stage)| {
            let sum = stage.sum();
            let found = sum.value_at_quantile(self.percentile.quantile());
            let found_ns = (!sum.is_empty()).then_some(found);
            Judged { sla: self, stage: name, found_ns }
        });
        judged.collect()
    }
}

impl Judged<'_> {
    /// Whether it was kept; `None` where nothing was recorded.
    pub fn is_met(&self) -> Option<bool> {
        self.found_ns.map(|found| found <= self.sla.limit_ns)
    }

    /// The verdict in words.
    pub fn text(&self) -> String {
        let Some(found) = self.found_ns else {
            return "not judged: nothing was recorded".to_owned();
        };
        let limit = self.sla.limit_ns;
        match found <= limit {
            true => format!("met by {}", nanos(limit - found)),
            false => {
                let times = match found as f64 / limit as f64 {
                    times if times < 10.0 => format!("{times:.2}"),
                    times => grouped(times.round() as u64),
                };
                format!("missed by {} ({times} times the limit)", nanos(found - limit))
            }
        }
    }
}

/// Every limit must concern something.
pub fn check(slas: &[Sla], runs: &[&Run]) -> Result<(), NoStageForSla> {
    for sla in slas {
        if !runs.iter().any(|run| run.stages.keys().any(|stage| sla.concerns(run, stage))) {
            let names = runs.iter().flat_map(|run| run.stages.keys().map(String::as_str));
            let names: std::collections::BTreeSet<_> = names.collect();
            let known = names.into_iter().collect::<Vec<_>>().join(", ");
            let stage = sla.stage.as_deref().unwrap_or_default();
            let sla = format!("{stage}:{}:{}", sla.percentile, nanos(sla.limit_ns));
            return Err(NoStageForSla { sla, known });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let check = |text: &str, stage: Option<&str>, quantile: f64, limit_ns: u64| {
            let sla: Sla = text.parse().unwrap();
            let found = (sla.stage.as_deref(), sla.percentile.quantile(), sla.limit_ns);
            assert_eq!(found, (stage, quantile, limit_ns), "{text}");
        };
        check("p99:50us", None, 0.99, 50_000);
        check("hop:p99.9:2ms", Some("hop"), 0.999, 2_000_000);
        check("total:kind=Quote:p50:300ns", Some("total:kind=Quote"), 0.5, 300);
        for wrong in ["", "p99", "50us", "p99:", "p99:50", "p101:1us", ":p99:1us", "p99:0us"] {
            let error = wrong.parse::<Sla>().unwrap_err().to_string();
            assert!(error.contains("such as p99:50us"), "{wrong}: {error}");
        }
    }

    #[test]
    fn verdicts() {
        let sla: Sla = "p99:50us".parse().unwrap();
        let check = |found_ns, met, text: &str| {
            let judged = Judged { sla: &sla, stage: "total", found_ns };
            assert_eq!((judged.is_met(), &*judged.text()), (met, text));
        };
        check(Some(50_000), Some(true), "met by 0 ns");
        check(Some(48_750), Some(true), "met by 1.25 us");
        check(Some(75_000), Some(false), "missed by 25.0 us (1.50 times the limit)");
        check(None, None, "not judged: nothing was recorded");
        assert_eq!(sla.text(), "p99 at most 50.0 us");
    }
}

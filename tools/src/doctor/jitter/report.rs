//! What the cores lost, for people and for scripts, beside the percentiles of a run.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tickline_shared::scenario::print_duration;
use tickline_shared::summary::{StageSummary, Summary, Unit};

use super::delay::Delays;
use super::{Core, Measured};
use crate::bench::rounded;
use crate::latency::{InputError, summary};
use crate::table::{grouped, nanos, percentiles};

/// Messages a second, where the scenario does not say.
const RATE: u64 = 1_000_000;
/// Interrupts that are named for each core, the most frequent first.
const INTERRUPTS_MAX: usize = 4;
/// The stage of a run that the stalls are compared with: it holds the whole way.
const STAGE: &str = "total";

/// A run to compare with.
#[derive(Debug)]
pub struct Run {
    summary: Summary,
}

impl Run {
    /// From its folder.
    pub fn read(folder: &Path) -> Result<Run, InputError> {
        let summary = summary(&folder.join("summary.json"))?;
        let summary = summary.ok_or_else(|| InputError::NoRun(folder.to_owned()))?;
        Ok(Run { summary })
    }

    /// Each strategy's latency from end to end.
    fn totals(&self) -> impl Iterator<Item = (String, StageSummary)> {
        self.summary.strategies.iter().filter_map(|strategy| {
            Some((format!("{STAGE} of {}", strategy.name), *strategy.stages.get(STAGE)?))
        })
    }
}

/// What was measured, and what to compare it with.
#[derive(Debug)]
pub struct Report {
    measured: Measured,
    rate: u64,
    run: Option<Run>,
}

impl Report {
    /// For `rate` messages a second, or a usual number of them.
    pub fn new(measured: Measured, rate: Option<u64>, run: Option<Run>) -> Report {
        Report { measured, rate: rate.unwrap_or(RATE), run }
    }

    fn delays(&self) -> Delays<'_> {
        let cores = self.measured.cores.iter();
        Delays::new(cores.map(|core| (&core.lost.stalls, core.lost.measured_ns)))
    }

    fn seconds(&self) -> f64 {
        let longest = self.measured.cores.iter().map(|core| core.lost.measured_ns).max();
        longest.unwrap_or(0) as f64 / 1e9
    }

    /// What the stalls alone would leave in a run as long as the measurement.
    fn alone(&self) -> StageSummary {
        let delays = self.delays();
        StageSummary {
            count: (self.rate as f64 * self.seconds()) as u64,
            min: 0,
            p50: delays.at(0.5),
            p90: delays.at(0.9),
            p99: delays.at(0.99),
            p99_9: delays.at(0.999),
            p99_99: delays.at(0.9999),
            max: delays.max(),
            unit: Unit::Nanos,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let Measured { threshold, interrupted, cores } = &self.measured;
        let early = if *interrupted { ", interrupted" } else { "" };
        let mut text = format!(
            "what the cores lost by themselves, in stalls of {} and more ({:.1} s{early}):\n{}",
            print_duration(*threshold),
            self.seconds(),
            table(cores)
        );
        for core in cores {
            text += &format!("  core {}: {}\n", core.core, meanwhile(core));
        }
        let share = self.delays().share_beyond(0);
        text += &format!(
            "\nA message that is due while a core stalls waits until the stall is over: {:.4} % of \
             all messages,\nwhatever their rate; at {} a second that is {} every second. Without \
             the queue behind a\nstall, and without any work, this alone puts the percentiles of a \
             paced run at\n{}",
            share * 100.0,
            grouped(self.rate),
            grouped((self.rate as f64 * share) as u64),
            percentiles(&self.rows())
        );
        text + match self.run {
            Some(_) => {
                "Percentiles of the run that lie near the stalls' are the machine's; what is \
                        far above is a queue\nor work.\n"
            }
            None => {
                "Compare them with `total` of `tickline latency`, or give the run: --run DIR.\n"
            }
        }
    }

    fn rows(&self) -> BTreeMap<String, StageSummary> {
        let stalls = ("stalls alone".to_owned(), self.alone());
        self.run.iter().flat_map(Run::totals).chain([stalls]).collect()
    }

    /// For scripts; times in ns, shares of 1.
    pub fn json(&self) -> Value {
        let share = self.delays().share_beyond(0);
        let mut json = json!({
            "seconds": self.seconds(),
            "interrupted": self.measured.interrupted,
            "threshold_ns": self.measured.threshold.as_nanos() as u64,
            "cores": self.measured.cores.iter().map(core_json).collect::<Vec<_>>(),
            "share": share,
            "rate": self.rate,
            "messages_hit_per_second": rounded(self.rate as f64 * share),
            "alone": self.alone(),
        });
        if let Some(run) = &self.run {
            let name = &run.summary.name;
            json["run"] =
                json!({ "name": name, "stages": run.totals().collect::<BTreeMap<_, _>>() });
        }
        json
    }
}

fn table(cores: &[Core]) -> String {
    let headings = ["core", "for", "stalls", "a second", "of the time", "p50", "p99", "max"];
    let row = |core: &Core| {
        let at = |ns: u64| if core.lost.stalls.is_empty() { "-".to_owned() } else { nanos(ns) };
        [
            core.core.to_string(),
            core.owners.join(", "),
            grouped(core.lost.stalls.len()),
            format!("{:.1}", core.lost.per_second()),
            format!("{:.4} %", core.lost.share() * 100.0),
            at(core.lost.stalls.value_at_quantile(0.5)),
            at(core.lost.stalls.value_at_quantile(0.99)),
            at(core.lost.stalls.max()),
        ]
    };
    let rows: Vec<_> =
        [headings.map(str::to_owned)].into_iter().chain(cores.iter().map(row)).collect();
    let widths: [usize; 8] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let line = |row: &[String; 8]| {
        let numbers: String = (2..8).map(|at| format!("  {:>1$}", row[at], widths[at])).collect();
        format!("  {:>2$}  {:<3$}{numbers}\n", row[0], row[1], widths[0], widths[1])
    };
    rows.iter().map(line).collect()
}

/// What the kernel counted on a core in the same time.
fn meanwhile(core: &Core) -> String {
    let interrupts = core.interrupts.iter().take(INTERRUPTS_MAX);
    let mut parts: Vec<_> = interrupts
        .map(|(source, count)| format!("{} {}", grouped(*count), source.what.to_lowercase()))
        .collect();
    parts.push(format!("{} preemptions", grouped(core.lost.preemptions)));
    parts.push(format!("{:.2} % steal", core.steal * 100.0));
    parts.join(", ")
}

fn core_json(core: &Core) -> Value {
    let interrupts = core.interrupts.iter();
    let interrupts: BTreeMap<_, _> =
        interrupts.map(|(source, count)| (source.name.clone(), *count)).collect();
    json!({
        "core": core.core,
        "owners": core.owners,
        "seconds": core.lost.measured_ns as f64 / 1e9,
        "stalls": StageSummary::from_histogram(&core.lost.stalls),
        "stalls_per_second": rounded(core.lost.per_second()),
        "stalled_ns": core.lost.stalled_ns,
        "share": core.lost.share(),
        "preemptions": core.lost.preemptions,
        "interrupts": interrupts,
        "steal": core.steal,
    })
}

//! Rounds: every measurement in turn, again and again, each round labelled with where the host had
//! the two cores.

use std::collections::BTreeMap;

use serde::Serialize;
use tickline::measure::Work;
use tickline_shared::scenario::Pages;

use super::Effort;
use super::far::Way;
use super::figure::Figure;
use super::near::Cores;

/// Where the host of a virtual machine has its two cores, or how far apart those of a real one are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// A common last-level cache.
    Near,
    /// A line goes over the fabric between two caches.
    Far,
}

/// A round trip of one cache line each way that takes longer is between distant cores. Common last
/// level caches gave 70 to 180 ns, distant ones 350 to 650.
const NEAR_BELOW_NS: u64 = 260;

/// Figures of one measurement, by their key in the report.
pub type Figures = Vec<(String, Figure)>;

/// Something that is measured in each round.
pub struct Measurement {
    /// The part of the report.
    pub part: &'static str,
    /// What is measured, for the person who waits.
    pub title: String,
    /// Measures it.
    pub run: Box<dyn Fn(&Cores) -> anyhow::Result<Figures>>,
}

impl Measurement {
    /// A measurement.
    pub fn new(
        part: &'static str,
        title: impl Into<String>,
        run: impl Fn(&Cores) -> anyhow::Result<Figures> + 'static,
    ) -> Measurement {
        Measurement { part, title: title.into(), run: Box::new(run) }
    }
}

/// What all rounds gave.
#[derive(Default)]
pub struct Rounds {
    /// By part and key, one figure for each round that had the placement.
    pub figures: BTreeMap<(&'static str, String), Vec<(Placement, Figure)>>,
    /// Where the cores were in each round; `None` where they moved meanwhile.
    pub placements: Vec<Option<Placement>>,
    /// Keys in the order in which they were first measured.
    pub order: Vec<(&'static str, String)>,
}

/// Runs all measurements in each of the rounds that the effort asks for.
pub fn run(cores: &Cores, effort: Effort, measurements: &[Measurement]) -> anyhow::Result<Rounds> {
    let rounds = match effort {
        Effort::Quick => 1,
        Effort::Usual => 5,
        Effort::Full => 11,
    };
    let mut results = Rounds::default();
    for round in 1..=rounds {
        let before = placement(cores)?;
        let mut measured = Vec::new();
        for measurement in measurements {
            eprintln!("round {round} of {rounds}: {} {}", measurement.part, measurement.title);
            for (key, figure) in (measurement.run)(cores)? {
                measured.push(((measurement.part, key), figure));
            }
        }
        let after = placement(cores)?;
        results.placements.push((before == after).then_some(before));
        for (key, figure) in measured {
            if !results.order.contains(&key) {
                results.order.push(key.clone());
            }
            let label = if before == after { before } else { Placement::Far };
            results.figures.entry(key).or_default().push((label, figure));
        }
    }
    Ok(results)
}

/// Where the cores are now.
pub fn placement(cores: &Cores) -> anyhow::Result<Placement> {
    let work = Work::RoundTrip { messages: 50_000 };
    let outcome = cores.measure(Way::Line { pause: false }, work, Pages::Small)?;
    let p50 = outcome.hop.map_or(0, |hop| hop.p50);
    Ok(if p50 < NEAR_BELOW_NS { Placement::Near } else { Placement::Far })
}

impl Rounds {
    /// For people.
    pub fn table(&self) -> String {
        let mut text = format!("{:?}\n", self.placements);
        for key in &self.order {
            let figures: Vec<Figure> =
                self.figures[key].iter().map(|(_, figure)| *figure).collect();
            let (least, most) = Figure::spread(&figures);
            text += &match Figure::median(&figures) {
                Some(Figure::Latency(p)) => format!(
                    "{:<8} {:<28} p50 {:>7} p90 {:>7} p99 {:>8} p99.9 {:>9} max {:>9} [{least} {most}]\n",
                    key.0, key.1, p.p50, p.p90, p.p99, p.p99_9, p.max
                ),
                Some(Figure::Number(n)) => {
                    format!("{:<8} {:<28} {n:.2} [{least:.2} {most:.2}]\n", key.0, key.1)
                }
                None => String::new(),
            };
        }
        text
    }
}

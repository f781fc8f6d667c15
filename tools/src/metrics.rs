//! `tickline metrics`.

use std::io::Write;

use tickline_feed::metrics::{Format, METRICS, Metric, Snapshot};
use tickline_shared::attach::{RingSample, Roll, directory, observe};
use tickline_shared::exit::Exit;

use crate::output::stdout;
use crate::table::grid;

/// Every figure of the metrics page: what it means, or what it is for a ring that runs now.
///
/// A scenario with [feed] metrics = "127.0.0.1:9464" serves the page to Prometheus. Here a ring is
/// looked at from outside: what only its feed knows (venue, pages, version, strategies that left)
/// is missing.
#[derive(clap::Args)]
pub struct Args {
    /// The ring to look at; may be absent where only one is served.
    #[arg(conflicts_with = "list")]
    ring: Option<String>,

    /// List the metrics: name, type, unit, labels and meaning of each.
    #[arg(long)]
    list: bool,

    /// Print the list as JSON.
    #[arg(long, requires = "list")]
    json: bool,
}

/// Why it is not clear what to look at.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// No feed runs.
    #[error(
        "no ring is served on this host by this user\n  start one: tickline launch SCENARIO.toml, \
         or see what there would be: tickline metrics --list"
    )]
    NoRing,
    /// There is more than one.
    #[error("which ring? {}", .0.join(", "))]
    Which(Vec<String>),
}

impl MetricsError {
    /// What the command ends with.
    pub fn exit(&self) -> Exit {
        match self {
            MetricsError::NoRing => Exit::Environment,
            MetricsError::Which(_) => Exit::Usage,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut out = stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, METRICS)?;
        writeln!(out)?;
    } else if args.list {
        write!(out, "{}", list())?;
    } else {
        write!(out, "{}", page(&chosen(args.ring.as_deref())?)?)?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}

/// The ring asked for, or the only one.
fn chosen(ring: Option<&str>) -> Result<String, MetricsError> {
    if let Some(ring) = ring {
        return Ok(ring.to_owned());
    }
    // A feed that was killed left its socket.
    let mut rings: Vec<_> =
        directory::rings().into_iter().filter(|ring| !directory::sweep(ring)).collect();
    match rings.len() {
        0 => Err(MetricsError::NoRing),
        1 => Ok(rings.remove(0)),
        _ => Err(MetricsError::Which(rings)),
    }
}

fn page(ring: &str) -> anyhow::Result<String> {
    let observed = observe(ring)?;
    let mut roll = Roll::default();
    roll.update(&observed.readers);
    let readers = roll.sample();
    let ring = RingSample { readers, ..RingSample::observed(&observed, false) };
    Ok(Snapshot { build: None, ring, expected: Vec::new() }.page(Format::Text))
}

fn list() -> String {
    let row = |metric: &Metric| {
        let unit = metric.unit.unwrap_or("-").to_owned();
        let labels = match metric.labels() {
            [] => "-".to_owned(),
            labels => labels.join(","),
        };
        vec![metric.name(), metric.kind().to_string(), unit, labels]
    };
    let heading = ["name", "type", "unit", "labels"].map(str::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(heading).chain(METRICS.iter().map(row)).collect();
    let rows = grid(&rows, 4);
    let (heading, rows) = rows.split_once('\n').unwrap_or_default();
    let rows = rows.lines().zip(METRICS);
    let rows = rows.map(|(row, metric)| format!("{row}\n      {}\n", metric.help));
    format!("{heading}\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests;

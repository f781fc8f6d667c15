//! One measurement of one rival.

use std::fmt::Display;
use std::io::{Write, stdout};

use anyhow::{Context, bail};
use serde::Serialize;
use tickline::measure::{Outcome, Work};
use tickline_shared::exit::Exit;
use tickline_shared::process::ProcessError;

use crate::peers::{self, Entry};
use crate::process;

/// Measures one rival once.
#[derive(clap::Args)]
pub struct Args {
    /// Which one: see `list`.
    name: String,
    /// What is asked of it, as JSON: {"Hop":{"rate":R,"messages":N}}, {"RoundTrip":{"messages":N}}
    /// or {"Stream":{"messages":N,"batch":B}}.
    #[arg(long, value_parser = |text: &str| serde_json::from_str::<Work>(text))]
    work: Work,
    /// Bytes of a message.
    #[arg(long, default_value_t = 32)]
    size: usize,
    /// The sender's core and the receiver's.
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1, required = true)]
    cores: Vec<usize>,
}

/// A request that makes no sense: exit code 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Runs the subcommand.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let entry = peers::find(&args.name)?;
    let &[near, far] = args.cores.as_slice() else {
        bail!(Usage("--cores takes two cores, such as 2,3".to_owned()));
    };
    refuse_what_it_cannot(entry, args)?;
    let outcome = process::measure(entry, args.work, args.size, near, far)
        .with_context(|| format!("{}: {:?}", args.name, args.work))?;
    check(&outcome)?;
    print(&outcome)
}

fn refuse_what_it_cannot(entry: &Entry, args: &Args) -> anyhow::Result<()> {
    let about = entry.about;
    let name = about.name;
    let needs = (about.needs)();
    if !needs.is_empty() {
        bail!(Usage(format!("{name} is not available here: it needs {needs}")));
    }
    if !about.sizes.contains(&args.size) {
        bail!(Usage(format!("{name} carries {:?} bytes, not {}", about.sizes, args.size)));
    }
    let messages = match args.work {
        Work::Hop { messages, rate } => messages.min(rate),
        Work::RoundTrip { messages } => messages,
        Work::Stream { batch: 2.., .. } if !about.batches => {
            bail!(Usage(format!("{name} has no batches")));
        }
        Work::Stream { messages, batch } => messages.min(batch),
    };
    if messages == 0 {
        bail!(Usage("a work has a rate, messages and a batch of at least 1".to_owned()));
    }
    Ok(())
}

/// Refuses what is no measurement.
fn check(outcome: &Outcome) -> anyhow::Result<()> {
    if outcome.lost > 0 || outcome.damaged > 0 {
        bail!("{} messages lost, {} damaged or out of order", outcome.lost, outcome.damaged);
    }
    if outcome.hop.is_none() && outcome.per_second.is_none() {
        bail!("nothing was measured");
    }
    Ok(())
}

/// Prints one line of JSON.
pub fn print(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// The exit code of an ending; says on standard error what went wrong.
pub fn ending(result: anyhow::Result<()>) -> Exit {
    let Err(error) = result else { return Exit::Ok };
    eprintln!("error: {error:#}");
    let core = error.downcast_ref::<ProcessError>();
    let usage = error.downcast_ref::<Usage>().is_some()
        || core.is_some_and(|error| matches!(error, ProcessError::Core { .. }));
    if usage { Exit::Usage } else { Exit::Failed }
}

//! A scenario as the commands use it: the file, `--set` on top of it, all tables checked, and at
//! least one strategy to run; and back to text, for the directory of a run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tickline_feed::scenario::FeedConfig;
use tickline_shared::scenario::{self as shared, Cores, ScenarioError};
use tickline_strategy::scenario::StrategyConfig;

mod set;
mod text;

pub use set::{Set, SetError};
pub use text::{PathNotText, to_toml};

/// A scenario with all of its tables.
pub type Scenario = shared::Scenario<FeedConfig, StrategyConfig>;

/// What the kernel's sets of cores hold.
const CORES_MAX: usize = 1024;

/// Why a scenario cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file, or something in it.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A `--set` that fits nowhere.
    #[error(transparent)]
    Set(#[from] SetError),
    /// Nobody would listen.
    #[error(
        "{path}: expected at least one [[strategy]], found none; \
         `tickline config explain strategy` shows how one is written"
    )]
    NoStrategy {
        /// The scenario's file.
        path: PathBuf,
    },
}

/// Reads a scenario file, changes what `--set` says, and checks it against this machine.
pub fn load(path: &Path, sets: &[Set]) -> Result<Scenario, LoadError> {
    let text = set::apply(&shared::read(path)?, sets)?;
    check(path, parse(&text, &name(path, sets), shared::folder_of(path))?)
}

/// Reads a scenario file whose cores this machine need not have: the doctor judges them itself.
pub fn load_for_any_machine(path: &Path) -> Result<Scenario, LoadError> {
    let any: BTreeSet<usize> = (0..CORES_MAX).collect();
    let cores = Cores { online: any.clone(), allowed: any, isolated: BTreeSet::new() };
    let (text, name) = (shared::read(path)?, path.display().to_string());
    check(path, Scenario::parse(&text, &name, shared::folder_of(path), &cores)?)
}

fn check(path: &Path, scenario: Scenario) -> Result<Scenario, LoadError> {
    if scenario.strategies.is_empty() {
        return Err(LoadError::NoStrategy { path: path.to_owned() });
    }
    Ok(scenario)
}

/// Checks the text of a scenario against this machine; errors call it `name`.
pub fn parse(text: &str, name: &str, folder: &Path) -> Result<Scenario, ScenarioError> {
    Scenario::parse(text, name, folder, &Cores::present())
}

/// What errors call the text: it is no longer the file's once `--set` changed it.
fn name(path: &Path, sets: &[Set]) -> String {
    let changed: Vec<_> = sets.iter().map(|set| format!("--set {set}")).collect();
    match changed.is_empty() {
        true => path.display().to_string(),
        false => format!("{} (with {})", path.display(), changed.join(" ")),
    }
}

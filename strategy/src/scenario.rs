//! `[[strategy]]`: one strategy, its core, and how it reads.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::str::FromStr;
use std::{fmt, fs};

use serde::Deserialize;
use tickline_shared::scenario::{
    Fault, IdleStates, Priority, RawWait, ReaderMode, Restart, Site, Table, WaitConfig, choose,
};
use toml::Spanned;

mod breakdown;
mod spikes;

pub use breakdown::{BreakdownConfig, By, NotABreakdown, RawBreakdown};
pub use spikes::{RawSpikes, SpikesConfig};

/// A strategy, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StrategyConfig {
    /// Its name, which no other strategy of the scenario has: `[a-z0-9_-]{1,31}`.
    pub name: String,
    /// The core to run on; `None` where the scenario names none.
    pub core: Option<usize>,
    /// How the scheduler treats the loop's thread.
    pub priority: Priority,
    /// Whether its memory stays in memory.
    pub lock_memory: bool,
    /// Whether the launcher starts it again when it fails.
    pub restart: Restart,
    /// What runs.
    pub run: Run,
    /// What happens when the feed is about to lap it.
    pub reader: ReaderMode,
    /// How it waits when nothing comes.
    pub wait: WaitConfig,
    /// How deep cores may sleep while it runs.
    pub idle: IdleStates,
    /// Which of its slow samples are kept; `None`: none are.
    pub spikes: Option<SpikesConfig>,
    /// How one of its stages is split; `None`: none is.
    pub breakdown: Option<BreakdownConfig>,
}

impl StrategyConfig {
    /// A strategy with every default; the name is `[a-z0-9_-]{1,31}`.
    pub fn new(name: &str, run: Run) -> StrategyConfig {
        StrategyConfig {
            name: name.to_owned(),
            core: None,
            priority: Priority::default(),
            lock_memory: false,
            restart: Restart::default(),
            run,
            reader: ReaderMode::default(),
            wait: WaitConfig::default(),
            idle: IdleStates::default(),
            spikes: None,
            breakdown: None,
        }
    }
}

/// What runs as a strategy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Run {
    /// Reads everything and does nothing: measures the way to the strategy alone.
    Null,
    /// Keeps the best bid and offer of every symbol.
    Bbo,
    /// Your own program, seen from the current directory; it was executable when the scenario was
    /// checked.
    Binary(PathBuf),
}

const BUILT_IN: [(&str, BuiltIn); 2] = [("null", BuiltIn::Null), ("bbo", BuiltIn::Bbo)];

#[derive(Clone, Copy)]
enum BuiltIn {
    Null,
    Bbo,
}

/// As in a scenario.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Run::Null => f.pad("null"),
            Run::Bbo => f.pad("bbo"),
            Run::Binary(path) => path.display().fmt(f),
        }
    }
}

/// The word names nothing that runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no strategy: expected `null`, `bbo`, or the path of a program, with a `/` in it")]
pub struct NotAStrategy(pub String);

/// As in a scenario; a relative path is seen from the current directory.
impl FromStr for Run {
    type Err = NotAStrategy;

    fn from_str(word: &str) -> Result<Run, NotAStrategy> {
        match word {
            "null" => Ok(Run::Null),
            "bbo" => Ok(Run::Bbo),
            path if path.contains('/') => Ok(Run::Binary(path.into())),
            _ => Err(NotAStrategy(word.to_owned())),
        }
    }
}

/// `[[strategy]]` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table [[strategy]]")]
pub struct RawStrategy {
    name: Spanned<String>,
    core: Option<Spanned<u64>>,
    priority: Option<Spanned<String>>,
    #[serde(default)]
    lock_memory: bool,
    restart: Option<Spanned<String>>,
    run: Spanned<String>,
    reader: Option<Spanned<String>>,
    wait: Option<RawWait>,
    idle: Option<Spanned<String>>,
    spikes: Option<Spanned<RawSpikes>>,
    breakdown: Option<Spanned<RawBreakdown>>,
}

impl Table for StrategyConfig {
    type Raw = RawStrategy;

    fn check(raw: RawStrategy, site: &mut Site<'_>) -> Result<StrategyConfig, Fault> {
        let name = site.strategy_name(&raw.name)?;
        let mut strategy = StrategyConfig::new(&name, check_run(&raw.run, site)?);
        let owner = format!("strategy `{name}`");
        strategy.core = raw.core.map(|core| site.core(&core, &owner)).transpose()?;
        strategy.priority = site.priority(raw.priority.as_ref(), strategy.core, &owner)?;
        strategy.lock_memory = raw.lock_memory;
        if let Some(restart) = &raw.restart {
            strategy.restart = Restart::check(restart)?;
        }
        if let Some(reader) = &raw.reader {
            strategy.reader = ReaderMode::check(reader)?;
        }
        if let Some(wait) = &raw.wait {
            strategy.wait = WaitConfig::check(wait)?;
        }
        if let Some(idle) = &raw.idle {
            strategy.idle = IdleStates::check(idle)?;
        }
        strategy.spikes = raw.spikes.map(SpikesConfig::check).transpose()?;
        strategy.breakdown = raw.breakdown.map(BreakdownConfig::check).transpose()?;
        Ok(strategy)
    }
}

fn check_run(word: &Spanned<String>, site: &Site<'_>) -> Result<Run, Fault> {
    if word.get_ref().contains('/') {
        return check_binary(word, site).map(Run::Binary);
    }
    let built_in = choose(word, "strategy", &BUILT_IN).map_err(|fault| {
        fault.expected("`null`, `bbo`, or the path of your own program, with a `/` in it")
    })?;
    Ok(match built_in {
        BuiltIn::Null => Run::Null,
        BuiltIn::Bbo => Run::Bbo,
    })
}

fn check_binary(word: &Spanned<String>, site: &Site<'_>) -> Result<PathBuf, Fault> {
    let path = site.resolve(word.get_ref());
    let (found, help) = match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 => {
            return Ok(path);
        }
        Ok(metadata) if metadata.is_file() => {
            ("a file that is not executable".to_owned(), format!("chmod +x {}", path.display()))
        }
        Ok(_) => ("no file".to_owned(), RELATIVE.to_owned()),
        Err(error) => (error.to_string(), RELATIVE.to_owned()),
    };
    let fault = Fault::new(word.span(), "no such program");
    Err(fault.expected(format!("a program at {}", path.display())).found(found).help(help))
}

const RELATIVE: &str = "a relative path starts at the scenario's folder";

#[cfg(test)]
mod tests;

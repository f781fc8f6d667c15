//! What a run was made with: runs of other settings say nothing about each other.
//!
//! All keys of the scenario as used, but for names and for the strategy's program, which is what a
//! comparison is often about; and of the machine the processor, the clock, and the pages that the
//! ring got.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::config::keys::KEYS;
use crate::latency::run::Run;

/// Keys that may differ.
const FREE: [&str; 4] = ["name", "ring.name", "strategy.name", "strategy.run"];

/// A scenario as used cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The system refuses.
    #[error("{path}: cannot read the settings of the run: {source}")]
    Unreadable {
        /// The scenario as used.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is damaged.
    #[error("{path}: expected the scenario of the run: {source}")]
    NoScenario {
        /// The scenario as used.
        path: PathBuf,
        /// What the parser said.
        source: Box<toml::de::Error>,
    },
}

/// A run's settings by key.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Settings {
    scenario: BTreeMap<String, Value>,
    machine: BTreeMap<String, Value>,
}

/// A setting that two runs do not share.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Difference {
    /// As in a scenario or a summary.
    pub key: String,
    /// In the first run, as TOML writes it; `not set` where it is absent.
    pub base: String,
    /// In the other run.
    pub this: String,
}

impl Settings {
    /// The settings of a run; `None` where it left no scenario and no summary.
    pub fn of(run: &Run) -> Result<Option<Settings>, SettingsError> {
        let (Some(folder), Some(summary)) = (&run.folder, &run.summary) else { return Ok(None) };
        let Some(scenario) = read(&folder.join("scenario.toml"))? else { return Ok(None) };
        let environment = &summary.environment;
        let machine = [
            ("environment.cpu", &environment.cpu),
            ("environment.clock", &environment.clock),
            ("environment.pages", &environment.pages),
        ];
        let machine = machine.map(|(key, value)| (key.to_owned(), Value::from(value.as_str())));
        Ok(Some(Settings { scenario: flat(&scenario), machine: machine.into() }))
    }

    /// Where another run's settings are not these.
    pub fn differences(&self, other: &Settings) -> Vec<Difference> {
        let differ = |first: &BTreeMap<_, Value>, second: &BTreeMap<_, Value>| {
            let keys: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
            let differences = keys.into_iter().filter_map(|key| {
                let values =
                    [first, second].map(|it| it.get(key).cloned().or_else(|| default(key)));
                let [base, this] = values;
                let shown = |value: Option<Value>| {
                    value.map_or_else(|| "not set".to_owned(), |value| value.to_string())
                };
                (base != this).then(|| Difference {
                    key: key.clone(),
                    base: shown(base),
                    this: shown(this),
                })
            });
            differences.collect::<Vec<_>>()
        };
        let mut all = differ(&self.scenario, &other.scenario);
        all.extend(differ(&self.machine, &other.machine));
        all
    }
}

fn read(path: &Path) -> Result<Option<Table>, SettingsError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SettingsError::Unreadable { path: path.to_owned(), source }),
    };
    let no_scenario =
        |source| SettingsError::NoScenario { path: path.to_owned(), source: Box::new(source) };
    toml::from_str(&text).map(Some).map_err(no_scenario)
}

/// Keys with dots. A lone strategy has no name here: it may be called differently in each run.
fn flat(scenario: &Table) -> BTreeMap<String, Value> {
    let mut keys = BTreeMap::new();
    for (key, value) in scenario {
        match value {
            Value::Array(tables) if key == "strategy" => {
                for table in tables.iter().filter_map(Value::as_table) {
                    let name = table.get("name").and_then(Value::as_str).unwrap_or_default();
                    let path = match tables.len() {
                        1 => key.clone(),
                        _ => format!("{key}.{name}"),
                    };
                    add(&mut keys, &path, &Value::Table(table.clone()));
                }
            }
            _ => add(&mut keys, key, value),
        }
    }
    keys.retain(|key, _| !FREE.contains(&plain(key).as_str()));
    keys
}

fn add(keys: &mut BTreeMap<String, Value>, path: &str, value: &Value) {
    match value {
        Value::Table(table) => {
            table.iter().for_each(|(key, value)| add(keys, &format!("{path}.{key}"), value));
        }
        _ => {
            keys.insert(path.to_owned(), value.clone());
        }
    }
}

/// `strategy.core` from `strategy.bbo.core`: what `config explain` calls the key.
fn plain(path: &str) -> String {
    let known = |path: &str| KEYS.iter().any(|key| key.path == path);
    match path.split('.').collect::<Vec<_>>()[..] {
        ["strategy", _, ref rest @ ..] if !known(path) && !rest.is_empty() => {
            format!("strategy.{}", rest.join("."))
        }
        _ => path.to_owned(),
    }
}

/// What holds where a run of another version did not know the key.
fn default(path: &str) -> Option<Value> {
    let path = plain(path);
    let default = KEYS.iter().find(|key| key.path == path)?.default?;
    toml::from_str::<Table>(&format!("it = {default}")).ok()?.remove("it")
}

#[cfg(test)]
mod tests;

//! Which logs were asked for: a file is one, the directory of a run has one a strategy.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tickline_shared::summary::Summary;

/// One log, and where it comes from.
#[derive(Clone, PartialEq, Debug)]
pub struct Input {
    /// The file.
    pub path: PathBuf,
    /// The name of the run, where its directory was given.
    pub run: Option<String>,
    /// The strategy that wrote the log, where the file's name says so.
    pub strategy: Option<String>,
    /// The run's folder, if the log lies in one.
    pub folder: Option<PathBuf>,
    /// The run's summary, if that folder has one.
    pub summary: Option<Summary>,
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It cannot be read.
    #[error("{path}: cannot read it: {source}")]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory, but not of a run.
    #[error(
        "{0}: expected the directory of a run, with latency-<strategy>.hlog in it, found none; \
         `tickline launch` and `tickline replay` make one under runs/"
    )]
    NoRun(PathBuf),
    /// The summary is damaged.
    #[error("{path}: expected the summary of a run: {source}")]
    NoSummary {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: serde_json::Error,
    },
}

impl Input {
    /// Names the log for people.
    pub fn title(&self) -> String {
        match (&self.run, &self.strategy) {
            (Some(run), Some(strategy)) => format!("{run}, {strategy}"),
            _ => self.path.display().to_string(),
        }
    }
}

/// All logs, in the order in which they were asked for.
pub fn find(asked: &[PathBuf]) -> Result<Vec<Input>, InputError> {
    let mut inputs = Vec::new();
    for path in asked {
        match path.is_dir() {
            true => inputs.extend(in_run(path)?),
            false => inputs.push(one_file(path)?),
        }
    }
    Ok(inputs)
}

/// One log; where it lies in the folder of a run, that run's settings are its own.
fn one_file(path: &Path) -> Result<Input, InputError> {
    let strategy = strategy(path);
    let folder = path.parent().unwrap_or(Path::new(""));
    // The same name may stand in any folder: only what tickline writes there makes it a run's.
    let summary = match strategy.is_some() {
        true => summary(&folder.join("summary.json"))?,
        false => None,
    };
    let folder = summary.is_some().then(|| folder.to_owned());
    Ok(Input { path: path.to_owned(), run: None, strategy, folder, summary })
}

/// The logs of a run, in the order of its strategies; others follow by name.
fn in_run(directory: &Path) -> Result<Vec<Input>, InputError> {
    let unreadable = |source| InputError::Unreadable { path: directory.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        found.extend(strategy(&path).map(|strategy| (strategy, path)));
    }
    if found.is_empty() {
        return Err(InputError::NoRun(directory.to_owned()));
    }
    let summary = summary(&directory.join("summary.json"))?;
    let place = |name: &str| {
        let mut strategies = summary.iter().flat_map(|summary| &summary.strategies);
        strategies.position(|strategy| strategy.name == name).unwrap_or(usize::MAX)
    };
    found.sort_by_cached_key(|(strategy, _)| (place(strategy), strategy.clone()));
    let run = summary.as_ref().map_or_else(
        || directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy().into_owned(),
        |summary| summary.name.clone(),
    );
    let input = |(strategy, path)| Input {
        path,
        run: Some(run.clone()),
        strategy: Some(strategy),
        folder: Some(directory.to_owned()),
        summary: summary.clone(),
    };
    Ok(found.into_iter().map(input).collect())
}

/// From `latency-bbo.hlog`: `bbo`.
fn strategy(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    Some(name.strip_prefix("latency-")?.strip_suffix(".hlog")?.to_owned())
}

/// A run that was killed has none: its logs are still good.
pub fn summary(path: &Path) -> Result<Option<Summary>, InputError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(InputError::Unreadable { path: path.to_owned(), source }),
    };
    let no_summary = |source| InputError::NoSummary { path: path.to_owned(), source };
    serde_json::from_slice(&text).map(Some).map_err(no_summary)
}

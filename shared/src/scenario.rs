//! The scenario file: one TOML file that every process of a run reads.
//!
//! Each crate owns a [`Table`] of it. [`Scenario`] reads the file once, hands each table as typed
//! to its owner, and gives back validated values or the first [`ScenarioError`], which shows the
//! line, what was expected there, and what to do. A process that does not care for a table reads
//! it as [`Unread`]. Unknown keys are refused everywhere; so is a file of more than 1 MiB, which
//! is a capture given by mistake.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use toml::Spanned;

mod cores;
mod diagnostic;
mod fault;
mod priority;
mod restart;
mod ring;
mod site;
mod wait;
mod word;

pub use cores::{Cores, parse_list, print_list};
pub use diagnostic::{Diagnostic, Severity};
pub use fault::Fault;
pub use priority::Priority;
pub use restart::Restart;
pub use ring::{Pages, RawRing, RingConfig};
pub use site::Site;
pub use wait::{IdleStates, RawWait, ReaderMode, Then, WaitConfig};
pub use word::{choose, duration, identifier, nearest, number, parse_duration, print_duration};

/// A run has at most this many strategies: each costs a core, and the feed looks at every lossless
/// one when it is about to lap.
pub const STRATEGIES_MAX: usize = 16;

const FILE_BYTES_MAX: u64 = 1 << 20;

/// A checked scenario; `F` and `S` are what this process makes of `[feed]` and `[[strategy]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario<F, S> {
    /// Names the run and its directory: `[a-z0-9_-]{1,31}`.
    pub name: String,
    /// The ring between the processes.
    pub ring: RingConfig,
    /// The feed.
    pub feed: F,
    /// The strategies, in the order of the file; none, or up to [`STRATEGIES_MAX`].
    pub strategies: Vec<S>,
    /// What is allowed but likely a mistake.
    pub warnings: Vec<Diagnostic>,
}

/// A table of the scenario that one crate owns.
pub trait Table: Sized {
    /// The table as typed: `deny_unknown_fields`, [`Spanned`] where a later check points at it.
    type Raw: DeserializeOwned;

    /// All checks of the table, those against the machine and the other tables with `site`'s help.
    fn check(raw: Self::Raw, site: &mut Site<'_>) -> Result<Self, Fault>;
}

/// Takes the place of a table that this process does not care for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unread;

impl Table for Unread {
    type Raw = IgnoredAny;

    fn check(_: IgnoredAny, _: &mut Site<'_>) -> Result<Unread, Fault> {
        Ok(Unread)
    }
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{path}: cannot read the scenario: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is too large to be a scenario.
    #[error(
        "{path}: expected a scenario of at most {FILE_BYTES_MAX} bytes, found more; \
         a capture is read with `tickline replay {path}`"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Something in the text is wrong.
    #[error(transparent)]
    Wrong(Box<Diagnostic>),
}

/// The file as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a scenario")]
struct Document<F, S> {
    name: Spanned<String>,
    ring: Option<RawRing>,
    feed: F,
    #[serde(default = "Vec::new")]
    strategy: Vec<Spanned<S>>,
}

impl<F: Table, S: Table> Scenario<F, S> {
    /// Reads and checks a scenario file against this machine.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = read(path)?;
        Scenario::parse(&text, &path.display().to_string(), folder_of(path), &Cores::present())
    }

    /// Checks the text of a scenario. Errors call it `name`; relative paths in it start at
    /// `folder`; cores must be among `cores`.
    pub fn parse(
        text: &str,
        name: &str,
        folder: &Path,
        cores: &Cores,
    ) -> Result<Self, ScenarioError> {
        let place = |fault: Fault, severity| Diagnostic::new(fault, severity, text, name);
        let mut site = Site::new(folder, cores);
        let checked = toml::from_str(text)
            .map_err(|error| Fault::from_toml(&error, text.len()))
            .and_then(|document| Scenario::check(document, &mut site));
        let mut scenario = checked
            .map_err(|fault| ScenarioError::Wrong(Box::new(place(fault, Severity::Error))))?;
        let warnings = site.into_warnings().into_iter();
        scenario.warnings = warnings.map(|fault| place(fault, Severity::Warning)).collect();
        Ok(scenario)
    }

    fn check(document: Document<F::Raw, S::Raw>, site: &mut Site<'_>) -> Result<Self, Fault> {
        let name = identifier(&document.name, "name")?;
        if let Some(extra) = document.strategy.get(STRATEGIES_MAX) {
            return Err(Fault::new(extra.span(), "too many strategies")
                .expected(format!("at most {STRATEGIES_MAX} [[strategy]] tables"))
                .found(document.strategy.len())
                .help("let one process run several strategies"));
        }
        let ring = RingConfig::check(document.ring, &name)?;
        let feed = F::check(document.feed, site)?;
        let strategies = document.strategy.into_iter().map(Spanned::into_inner);
        let strategies = strategies.map(|raw| S::check(raw, site)).collect::<Result<_, _>>()?;
        Ok(Scenario { name, ring, feed, strategies, warnings: Vec::new() })
    }
}

/// The text of a scenario file.
pub fn read(path: &Path) -> Result<String, ScenarioError> {
    let unreadable = |source| ScenarioError::Unreadable { path: path.to_owned(), source };
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
    match read {
        Ok(bytes) if bytes as u64 > FILE_BYTES_MAX => {
            Err(ScenarioError::TooLarge { path: path.to_owned() })
        }
        Ok(_) => Ok(text),
        Err(error) => Err(unreadable(error)),
    }
}

/// The folder at which relative paths in a scenario file start.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;

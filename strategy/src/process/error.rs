//! Why a strategy's process ends without having done its work, and with which code.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use tickline_shared::attach::AttachError;
use tickline_shared::exit::Exit;
use tickline_shared::process::ProcessError;
use tickline_shared::scenario::ScenarioError;

use crate::log::LogError;

/// Why a strategy's process could not do its work.
#[derive(Debug, Error)]
pub enum Error {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The scenario has no such strategy.
    #[error("{}: no [[strategy]] is named `{name}`; there is {known}", .scenario.display())]
    NoSuchStrategy {
        /// The scenario file.
        scenario: PathBuf,
        /// The name asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The ring cannot be used.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// The machine does not allow what was asked for.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The log cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The strategy could not be made.
    #[error("cannot start strategy `{name}`: {source}")]
    Strategy {
        /// Its name.
        name: String,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// What the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Scenario(_) | Error::NoSuchStrategy { .. } => Exit::Usage,
            Error::Process(ProcessError::Core { .. }) => Exit::Environment,
            Error::Attach(AttachError::Memory(_)) => Exit::Environment,
            _ => Exit::Failed,
        }
    }
}

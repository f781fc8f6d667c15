//! `restart`: whether the launcher starts a process again that failed.

use std::fmt;

use toml::Spanned;

use super::fault::Fault;
use super::word::{choose, name_of};

/// What the launcher does when a process of the run fails.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Restart {
    /// Says so, and leaves it at that.
    #[default]
    Never,
    /// Starts it again, later each time, and not without end.
    OnFailure,
}

const RESTARTS: [(&str, Restart); 2] =
    [("never", Restart::Never), ("on-failure", Restart::OnFailure)];

impl Restart {
    /// From its name in a scenario.
    pub fn check(word: &Spanned<String>) -> Result<Restart, Fault> {
        choose(word, "restart", &RESTARTS)
    }
}

/// As in a scenario.
impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(*self, &RESTARTS))
    }
}

//! How every tickline program ends: one meaning per exit code.

use std::process::{ExitCode, Termination};

/// The exit codes of all tickline programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Failed while running.
    Failed = 1,
    /// Wrong use or configuration; nothing was started.
    Usage = 2,
    /// The machine lacks what was asked for: a core, a page size, a privilege.
    Environment = 3,
    /// The process at the other end is gone.
    PeerGone = 4,
    /// Gaps or lost records where none are allowed.
    Lost = 5,
    /// Slower than the run it was compared with.
    Regression = 6,
}

impl Exit {
    /// The code that the most severe of several endings gives, `Ok` being the least severe.
    pub fn worst(self, other: Exit) -> Exit {
        if self == Exit::Ok { other } else { self }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

//! The command lines of all three programs, as one source of their help, man pages and
//! completions.

use clap::{Command, CommandFactory};
use tickline_feed::process::Args as Feed;
use tickline_strategy::process::Args as Strategy;

use crate::Cli;

/// The programs, `tickline` first.
pub fn all() -> [Command; 3] {
    [Cli::command(), Feed::command(), Strategy::command()]
}

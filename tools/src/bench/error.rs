//! Why nothing can be measured.

use std::path::PathBuf;

use thiserror::Error;
use tickline_shared::exit::Exit;

/// Why nothing can be measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The option is wrong.
    #[error("--cores: expected two different cores such as 2,3, found {0}")]
    Cores(String),
    /// The machine has it not, or does not give it.
    #[error(
        "core {core} is not usable\n  cores that this process may use: {allowed}\n  choose two of \
         them with --cores, or widen the process's CPU set (taskset, cgroup cpuset)"
    )]
    NoCore {
        /// The core asked for.
        core: usize,
        /// What there is.
        allowed: String,
    },
    /// A way needs two ends.
    #[error(
        "two cores are needed and this process may use only: {0}\n  widen its CPU set (taskset, \
         cgroup cpuset), or measure on a machine with more cores"
    )]
    OneCore(String),
    /// The rivals were not built.
    #[error(
        "the part `peers` needs the program `tickline-peers` beside `tickline`; build it:\n  {BUILD}\n  \
         (--features aeron adds Aeron, and needs cmake 3.30, clang, libclang-dev, uuid-dev and libbsd-dev)"
    )]
    NoPeers,
    /// A capture cannot be measured.
    #[error("cannot measure {}: {}", .0.display(), .1)]
    Capture(PathBuf, String),
    /// A file is in the way.
    #[error("{} exists; --force writes over it", .0.display())]
    Exists(PathBuf),
    /// Nothing was left to report.
    #[error("every measurement failed; the first one: {0}")]
    Nothing(String),
}

/// How the rivals are built.
pub const BUILD: &str =
    "cargo build --release --manifest-path tools/peers/Cargo.toml --target-dir target";

impl BenchError {
    /// The code to end with.
    pub fn exit(&self) -> Exit {
        match self {
            BenchError::NoCore { .. } | BenchError::OneCore(_) => Exit::Environment,
            BenchError::Nothing(_) => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}

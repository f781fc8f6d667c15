//! How a strategy reads: which reader, how it waits when nothing comes, and how deep cores sleep.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::fault::Fault;
use super::word::{choose, duration, name_of};

/// Twice the 22 to 26 µs that waking a parked process takes: whoever comes within this time is
/// served faster by a spinning reader than by a sleeping one.
const SPIN_DEFAULT: Duration = Duration::from_micros(50);

/// What happens when the feed is about to lap a reader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ReaderMode {
    /// The feed waits: nothing is lost, and one slow reader slows all.
    #[default]
    Lossless,
    /// The feed goes on: the reader learns exactly how much it lost.
    Lossy,
}

const READER_MODES: [(&str, ReaderMode); 2] =
    [("lossless", ReaderMode::Lossless), ("lossy", ReaderMode::Lossy)];

impl ReaderMode {
    /// From its name in a scenario.
    pub fn check(word: &Spanned<String>) -> Result<ReaderMode, Fault> {
        choose(word, "reader mode", &READER_MODES)
    }
}

/// The name in scenarios and reports.
impl fmt::Display for ReaderMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(*self, &READER_MODES))
    }
}

/// How a reader waits: first it spins, then it does something cheaper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitConfig {
    /// How long it spins before it changes to `then`.
    pub spin: Duration,
    /// What it does afterwards.
    pub then: Then,
}

impl Default for WaitConfig {
    fn default() -> WaitConfig {
        WaitConfig { spin: SPIN_DEFAULT, then: Then::Park }
    }
}

/// What a reader does once it has spun in vain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Then {
    /// Sleeps until the feed wakes it: frees the core, costs tens of microseconds to wake.
    Park,
    /// Lets other processes of its core run between looks.
    Yield,
    /// Spins on: the fastest, needs the core for itself.
    Spin,
}

const THENS: [(&str, Then); 3] =
    [("park", Then::Park), ("yield", Then::Yield), ("spin", Then::Spin)];

/// The name in scenarios and reports.
impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(*self, &THENS))
    }
}

/// How deep the cores of the machine may sleep while a strategy runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum IdleStates {
    /// As the machine has it: idle cores save power, and waking one takes longer.
    #[default]
    Deep,
    /// No deeper than the shallowest state: a parked strategy wakes sooner, and idle cores take
    /// power.
    Shallow,
}

const IDLE_STATES: [(&str, IdleStates); 2] =
    [("deep", IdleStates::Deep), ("shallow", IdleStates::Shallow)];

impl IdleStates {
    /// From its name in a scenario.
    pub fn check(word: &Spanned<String>) -> Result<IdleStates, Fault> {
        choose(word, "depth of idle states", &IDLE_STATES)
    }
}

/// The name in scenarios and reports.
impl fmt::Display for IdleStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(*self, &IDLE_STATES))
    }
}

/// `wait = { … }` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table { spin = \"50us\", then = \"park\" }")]
pub struct RawWait {
    spin: Option<Spanned<String>>,
    then: Option<Spanned<String>>,
}

impl WaitConfig {
    /// Checks the table; a missing key has its default.
    pub fn check(raw: &RawWait) -> Result<WaitConfig, Fault> {
        let default = WaitConfig::default();
        let spin = raw.spin.as_ref().map(|spin| duration(spin, "wait.spin")).transpose()?;
        let then = raw.then.as_ref().map(|then| choose(then, "way to wait", &THENS));
        let then = then.transpose()?.unwrap_or(default.then);
        Ok(WaitConfig { spin: spin.unwrap_or(default.spin), then })
    }
}

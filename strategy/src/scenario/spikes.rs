//! `spikes = "5us"`: which slow samples are kept with what coincided.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tickline_shared::latency::Stage;
use tickline_shared::scenario::{Fault, choose, duration, number};
use toml::Spanned;

/// Spikes that are kept where the scenario does not say: as many as a person reads.
const KEEP_DEFAULT: u64 = 32;

/// The most that can be kept: once the list is full, each new spike is compared with all of them.
const KEEP_MAX: u64 = 1024;

/// Which samples are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpikesConfig {
    /// Only samples that took longer.
    pub over: Duration,
    /// How many, the worst, 1 to 1024.
    pub keep: usize,
    /// The stage that decides; where the scenario names none see [`SpikesConfig::by`].
    pub stage: Option<Stage>,
}

impl SpikesConfig {
    /// The worst 32 samples over a limit, by the usual stage.
    pub fn new(over: Duration) -> SpikesConfig {
        SpikesConfig { over, keep: KEEP_DEFAULT as usize, stage: None }
    }

    /// The stage that decides: the total, unless the scenario names another one. (`launch` names
    /// `strategy` where nothing is ever due, because a total is mostly queue there.)
    pub fn by(&self) -> Stage {
        self.stage.unwrap_or(Stage::Total)
    }

    /// Checks what was typed.
    pub fn check(raw: Spanned<RawSpikes>) -> Result<SpikesConfig, Fault> {
        let span = raw.span();
        let table = match raw.into_inner() {
            RawSpikes::Over(over) => {
                return duration(&Spanned::new(span, over), "spikes").map(SpikesConfig::new);
            }
            RawSpikes::Table(table) => table,
        };
        let over = duration(&table.over, "spikes.over")?;
        let keep = number(&table.keep, "spikes.keep", 1..=KEEP_MAX, KEEP_DEFAULT)?;
        let stages = Stage::ALL.map(|stage| (stage.name(), stage));
        let stage = table.by.as_ref().map(|by| choose(by, "stage", &stages)).transpose()?;
        Ok(SpikesConfig { over, keep: keep as usize, stage })
    }
}

/// The word is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no duration: expected a whole number and its unit, as in `5us` or `1ms`")]
pub struct NotADuration(pub String);

/// From a duration, as in a scenario.
impl FromStr for SpikesConfig {
    type Err = NotADuration;

    fn from_str(word: &str) -> Result<SpikesConfig, NotADuration> {
        let over = duration(&Spanned::new(0..0, word.to_owned()), "spikes");
        over.map(SpikesConfig::new).map_err(|_| NotADuration(word.to_owned()))
    }
}

/// `spikes` as typed: a duration, or a table.
#[derive(Debug)]
pub enum RawSpikes {
    /// `"5us"`.
    Over(String),
    /// `{ over = "5us", … }`.
    Table(RawTable),
}

/// `spikes = { … }` as typed.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields, expecting = "a duration or a table { over = \"5us\", keep = 32 }")]
pub struct RawTable {
    over: Spanned<String>,
    keep: Option<Spanned<u64>>,
    by: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for RawSpikes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawSpikes, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

/// Not an untagged enum: that would lose where in the file each value stands.
struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = RawSpikes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"5us\", or a table { over = \"5us\", keep = 32 }")
    }

    fn visit_str<E: Error>(self, over: &str) -> Result<RawSpikes, E> {
        Ok(RawSpikes::Over(over.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawSpikes, A::Error> {
        RawTable::deserialize(MapAccessDeserializer::new(map)).map(RawSpikes::Table)
    }
}

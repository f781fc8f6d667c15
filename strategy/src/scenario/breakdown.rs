//! `breakdown = "kind"`: which stage is split, and by what.

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tickline_shared::latency::Stage;
use tickline_shared::scenario::{Fault, choose};
use tickline_shared::units::Symbol;
use toml::Spanned;

use crate::breakdown::SYMBOLS_MAX;

/// What splits a stage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum By {
    /// What the record says: `Quote`, `Trade`, `Add`, …
    Kind,
    /// Its instrument.
    Symbol,
}

impl By {
    /// All of them.
    pub const ALL: [By; 2] = [By::Kind, By::Symbol];

    /// The name in scenarios, logs and reports.
    pub const fn name(self) -> &'static str {
        match self {
            By::Kind => "kind",
            By::Symbol => "symbol",
        }
    }
}

/// As in a scenario.
impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The word names nothing that splits a stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` splits nothing: expected `kind` or `symbol`")]
pub struct NotABreakdown(pub String);

/// As in a scenario.
impl FromStr for By {
    type Err = NotABreakdown;

    fn from_str(word: &str) -> Result<By, NotABreakdown> {
        let found = By::ALL.into_iter().find(|by| by.name() == word);
        found.ok_or_else(|| NotABreakdown(word.to_owned()))
    }
}

/// How latency is split.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BreakdownConfig {
    /// What splits it.
    pub by: By,
    /// The stage; where the scenario names none see [`BreakdownConfig::stage`].
    pub stage: Option<Stage>,
    /// Symbols that have a row, at most [`SYMBOLS_MAX`]; none: the first that are seen.
    pub symbols: Vec<Symbol>,
}

impl BreakdownConfig {
    /// The usual stage, and the first symbols.
    pub fn new(by: By) -> BreakdownConfig {
        BreakdownConfig { by, stage: None, symbols: Vec::new() }
    }

    /// The stage: the total, unless the scenario names another one. (`launch` names `strategy`
    /// where nothing is ever due, because a total is mostly queue there.)
    pub fn stage(&self) -> Stage {
        self.stage.unwrap_or(Stage::Total)
    }

    /// Checks what was typed.
    pub fn check(raw: Spanned<RawBreakdown>) -> Result<BreakdownConfig, Fault> {
        let by =
            |word: &Spanned<String>| choose(word, "breakdown", &By::ALL.map(|by| (by.name(), by)));
        let span = raw.span();
        let table = match raw.into_inner() {
            RawBreakdown::By(word) => return by(&Spanned::new(span, word)).map(Self::new),
            RawBreakdown::Table(table) => table,
        };
        let stages = Stage::ALL.map(|stage| (stage.name(), stage));
        let stage = table.stage.as_ref().map(|word| choose(word, "stage", &stages)).transpose()?;
        let by = by(&table.by)?;
        let symbols = table.symbols.map(|symbols| check_symbols(&symbols, by)).transpose()?;
        Ok(BreakdownConfig { by, stage, symbols: symbols.unwrap_or_default() })
    }
}

fn check_symbols(typed: &Spanned<Vec<Spanned<String>>>, by: By) -> Result<Vec<Symbol>, Fault> {
    let (span, names) = (typed.span(), typed.get_ref());
    if by != By::Symbol {
        let fault = Fault::new(span, "`breakdown.symbols` without `by = \"symbol\"`");
        return Err(fault.help("leave it out, or split by symbol"));
    }
    if names.len() > SYMBOLS_MAX {
        let fault = Fault::new(span, "too many symbols in `breakdown.symbols`");
        let help = "the others are counted together, in the row `other`";
        return Err(fault.expected(format!("at most {SYMBOLS_MAX}")).found(names.len()).help(help));
    }
    let symbol = |name: &Spanned<String>| {
        name.get_ref().parse::<Symbol>().map_err(|_| {
            let fault = Fault::new(name.span(), "no symbol");
            let expected = "1 to 8 printable ASCII characters without spaces";
            fault.expected(expected).found(format!("`{}`", name.get_ref()))
        })
    };
    names.iter().map(symbol).collect()
}

/// `breakdown` as typed: a word, or a table.
#[derive(Debug)]
pub enum RawBreakdown {
    /// `"kind"`.
    By(String),
    /// `{ by = "kind", … }`.
    Table(RawTable),
}

/// `breakdown = { … }` as typed.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields, expecting = "`kind`, `symbol` or a table { by = \"kind\" }")]
pub struct RawTable {
    by: Spanned<String>,
    stage: Option<Spanned<String>>,
    symbols: Option<Spanned<Vec<Spanned<String>>>>,
}

impl<'de> Deserialize<'de> for RawBreakdown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawBreakdown, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

/// Not an untagged enum: that would lose where in the file each value stands.
struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = RawBreakdown;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"kind\", \"symbol\", or a table { by = \"kind\", stage = \"total\" }")
    }

    fn visit_str<E: Error>(self, by: &str) -> Result<RawBreakdown, E> {
        Ok(RawBreakdown::By(by.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawBreakdown, A::Error> {
        RawTable::deserialize(MapAccessDeserializer::new(map)).map(RawBreakdown::Table)
    }
}

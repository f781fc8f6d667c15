//! `--set key=value`: changes one value of a scenario, in the document as it was written.

use std::fmt;
use std::str::FromStr;

use tickline_shared::scenario::nearest;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::config::keys::KEYS;

/// One `--set`: `ring.slots=1024`, `feed.source.speed=max`, `strategy.bbo.core=1`.
#[derive(Clone, Debug)]
pub struct Set {
    key: String,
    value: Value,
}

/// Why a `--set` changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No `=`.
    #[error("`{0}`: expected key=value, as in `--set ring.slots=1024`")]
    NoValue(String),
    /// It looks like TOML and is none.
    #[error("--set {key}: `{value}` is no TOML value: {reason}")]
    NotToml {
        /// The key.
        key: String,
        /// What was typed for it.
        value: String,
        /// What the parser said.
        reason: String,
    },
    /// No scenario has such a key.
    #[error("--set {key}: no such key{}; `tickline config explain` lists all", meant(.near))]
    UnknownKey {
        /// The key.
        key: String,
        /// The key that was likely meant.
        near: Option<&'static str>,
    },
    /// The scenario has no such strategy.
    #[error("--set {key}: no strategy `{strategy}`; the scenario has: {known}")]
    UnknownStrategy {
        /// The key.
        key: String,
        /// The name or number that was typed.
        strategy: String,
        /// The names there are.
        known: String,
    },
    /// The scenario has a value where the key needs a table.
    #[error("--set {key}: expected a table at `{part}`, found a {found}")]
    NoTable {
        /// The key.
        key: String,
        /// The part of it that is in the way.
        part: String,
        /// The type of what is there.
        found: &'static str,
    },
}

fn meant(near: &Option<&'static str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

impl FromStr for Set {
    type Err = SetError;

    fn from_str(text: &str) -> Result<Set, SetError> {
        let no_value = || SetError::NoValue(text.to_owned());
        let (key, value) = text.split_once('=').ok_or_else(no_value)?;
        let (key, value) = (key.trim().to_owned(), value.trim());
        check_key(&key)?;
        match value.parse::<Value>() {
            Ok(value) => Ok(Set { key, value }),
            // A shell takes quotes away: a word that does not look like TOML is a text.
            Err(_) if !value.starts_with(['"', '\'', '[', '{']) => {
                Ok(Set { key, value: value.into() })
            }
            Err(error) => {
                let reason = error.message().trim().replace('\n', ", ");
                Err(SetError::NotToml { key, value: value.to_owned(), reason })
            }
        }
    }
}

/// As it was typed, but for quotes.
impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value.to_string().trim())
    }
}

/// Whether a scenario may have this key; `strategy.NAME.core` stands for `strategy.core`.
fn check_key(key: &str) -> Result<(), SetError> {
    let strategy = key.strip_prefix("strategy.").and_then(|rest| rest.split_once('.'));
    let plain = strategy.map_or_else(|| key.to_owned(), |(_, rest)| format!("strategy.{rest}"));
    // `strategy.core` itself would not say of which.
    let known = KEYS.iter().any(|known| known.path == plain);
    if known && (strategy.is_some() || !key.starts_with("strategy")) {
        return Ok(());
    }
    let near = nearest(&plain, KEYS.iter().map(|key| key.path));
    Err(SetError::UnknownKey { key: key.to_owned(), near })
}

/// The text with all changes, in their order; comments stay. A text that is no TOML comes back as
/// it is: whoever parses it says where it is wrong.
pub fn apply(text: &str, sets: &[Set]) -> Result<String, SetError> {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return Ok(text.to_owned()) };
    if sets.is_empty() {
        return Ok(text.to_owned());
    }
    for set in sets {
        let parts: Vec<_> = set.key.split('.').collect();
        put(document.as_table_mut(), &parts, set)?;
    }
    Ok(document.to_string())
}

fn put(table: &mut dyn TableLike, parts: &[&str], set: &Set) -> Result<(), SetError> {
    match parts {
        [] => Ok(()),
        [last] => {
            replace(table, last, set.value.clone());
            Ok(())
        }
        [first, rest @ ..] => {
            // A table that is missing: with a header of its own at the top, inline further down.
            let at_top = parts.len() == set.key.split('.').count();
            let missing = || match at_top {
                true if *first == "strategy" => Item::ArrayOfTables(ArrayOfTables::new()),
                true => Item::Table(Table::new()),
                false => Item::Value(InlineTable::new().into()),
            };
            let item = table.entry(first).or_insert_with(missing);
            let (inner, rest) = match rest {
                [which, rest @ ..] if *first == "strategy" => (strategy(item, which, set)?, rest),
                _ => (like_table(item, first, set)?, rest),
            };
            put(inner, rest, set)
        }
    }
}

/// Replaces a value and keeps the comment beside it.
fn replace(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
}

fn like_table<'a>(
    item: &'a mut Item,
    part: &str,
    set: &Set,
) -> Result<&'a mut dyn TableLike, SetError> {
    let found = item.type_name();
    let error = SetError::NoTable { key: set.key.clone(), part: part.to_owned(), found };
    item.as_table_like_mut().ok_or(error)
}

/// The strategy of this name, or of this number from 0.
fn strategy<'a>(
    item: &'a mut Item,
    which: &str,
    set: &Set,
) -> Result<&'a mut dyn TableLike, SetError> {
    let found = item.type_name();
    let mut tables: Vec<&mut dyn TableLike> = match item {
        Item::ArrayOfTables(tables) => {
            tables.iter_mut().map(|table| table as &mut dyn TableLike).collect()
        }
        Item::Value(Value::Array(values)) => {
            let tables = values.iter_mut().filter_map(Value::as_inline_table_mut);
            tables.map(|table| table as &mut dyn TableLike).collect()
        }
        _ => {
            let part = "strategy".to_owned();
            return Err(SetError::NoTable { key: set.key.clone(), part, found });
        }
    };
    let names: Vec<_> = tables.iter().map(|table| name_of(*table)).collect();
    let at = names.iter().position(|name| name == which).or_else(|| which.parse().ok());
    match at {
        Some(at) if at < tables.len() => Ok(tables.swap_remove(at)),
        _ => Err(SetError::UnknownStrategy {
            key: set.key.clone(),
            strategy: which.to_owned(),
            known: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
        }),
    }
}

fn name_of(table: &dyn TableLike) -> String {
    table.get("name").and_then(Item::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "\
# A day.
name = \"day\"

[feed]
source = { capture = [\"a\"], speed = \"1x\" } # pace

[[strategy]]
name = \"bbo\"   # the first
core = 1        # mine

[[strategy]]
name = \"null\"
";

    #[track_caller]
    fn check(text: &str, sets: &[&str], expected: &str) {
        let sets: Result<Vec<Set>, _> = sets.iter().map(|set| set.parse()).collect();
        let result = sets.and_then(|sets| apply(text, &sets));
        let result = result.unwrap_or_else(|error| error.to_string());
        assert_eq!(result, expected, "\n{result}");
    }

    #[test]
    fn values_change_where_they_stand_and_comments_stay() {
        let expected = DAY.replace("1x", "rate=1M").replace("core = 1 ", "core = 0 ");
        check(DAY, &["feed.source.speed=rate=1M", "strategy.bbo.core=0"], &expected);
        check(DAY, &["strategy.0.core=0"], &DAY.replace("core = 1 ", "core = 0 "));
        check(DAY, &["strategy.1.core=3"], &DAY.replace("\"null\"\n", "\"null\"\ncore = 3\n"));
        check(DAY, &["feed.source.capture=[\"b c\"]"], &DAY.replace("[\"a\"]", "[\"b c\"]"));
        check("name = 1 = 2", &["name=x"], "name = 1 = 2");
    }

    #[test]
    fn tables_that_are_missing_are_made() {
        check("name = \"a\"\n", &["ring.slots=64"], "name = \"a\"\n\n[ring]\nslots = 64\n");
        let two = "[[strategy]]\nname = \"a\"\n";
        check(
            two,
            &["strategy.a.wait.spin=1us"],
            "[[strategy]]\nname = \"a\"\nwait = { spin = \"1us\" }\n",
        );
        let inline = "strategy = [{ name = \"a\" }]\n";
        check(inline, &["strategy.a.core=1"], "strategy = [{ name = \"a\" , core = 1 }]\n");
    }

    #[test]
    fn what_fits_nowhere_says_so() {
        check(DAY, &["slots"], "`slots`: expected key=value, as in `--set ring.slots=1024`");
        check(
            DAY,
            &["ring.slotz=1"],
            "--set ring.slotz: no such key; did you mean `ring.slots`?; \
             `tickline config explain` lists all",
        );
        check(
            DAY,
            &["strategy.core=1"],
            "--set strategy.core: no such key; did you mean `strategy.core`?; \
             `tickline config explain` lists all",
        );
        check(
            DAY,
            &["strategy.bob.core=1"],
            "--set strategy.bob.core: no strategy `bob`; the scenario has: bbo, null",
        );
        check(
            "ring = 7",
            &["ring.slots=1"],
            "--set ring.slots: expected a table at `ring`, found a integer",
        );
        check(
            DAY,
            &["feed.symbols=[\"A\""],
            "--set feed.symbols: `[\"A\"` is no TOML value: unclosed array, expected `]`",
        );
    }
}

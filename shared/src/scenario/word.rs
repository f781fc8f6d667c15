//! Single values: names, choices, durations, and the word that was meant.

use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;

use super::fault::Fault;

/// Names become parts of file and socket names, so they are short and plain.
const IDENTIFIER_LEN_MAX: usize = 31;

/// A name of `[a-z0-9_-]{1,31}`.
pub fn identifier(name: &Spanned<String>, key: &str) -> Result<String, Fault> {
    let word = name.get_ref();
    let plain = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    if (1..=IDENTIFIER_LEN_MAX).contains(&word.len()) && word.bytes().all(plain) {
        return Ok(word.clone());
    }
    let expected = format!("1 to {IDENTIFIER_LEN_MAX} of a-z, 0-9, `_` and `-`");
    let fault = Fault::new(name.span(), format!("`{key}` is no plain name"));
    Err(fault.expected(expected).found(format!("`{word}`")))
}

/// The value whose name was typed; `what` says what is chosen.
pub fn choose<T: Copy>(
    word: &Spanned<String>,
    what: &str,
    choices: &[(&str, T)],
) -> Result<T, Fault> {
    let typed = word.get_ref().as_str();
    let found = choices.iter().find(|(name, _)| *name == typed);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names = choices.iter().map(|(name, _)| *name);
        let quoted: Vec<_> = names.clone().map(|name| format!("`{name}`")).collect();
        let fault = Fault::new(word.span(), format!("unknown {what}")).expected(one_of(&quoted));
        fault.found(format!("`{typed}`")).did_you_mean(typed, names)
    })
}

/// The name of a choice.
pub(super) fn name_of<T: PartialEq>(value: T, choices: &[(&'static str, T)]) -> &'static str {
    choices.iter().find(|(_, choice)| *choice == value).map_or("?", |(name, _)| name)
}

/// `50us`, `1ms`, `2s`: a whole number and ns, us, ms or s.
pub fn duration(word: &Spanned<String>, key: &str) -> Result<Duration, Fault> {
    parse_duration(word.get_ref()).ok_or_else(|| {
        let fault = Fault::new(word.span(), format!("`{key}` is no duration"));
        let expected = "a whole number and its unit, as in \"500ns\", \"50us\", \"1ms\" or \"2s\"";
        fault.expected(expected).found(format!("`{}`", word.get_ref()))
    })
}

/// Units with their nanoseconds, from the largest.
const UNITS: [(&str, u64); 5] =
    [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("µs", 1_000), ("ns", 1)];

/// From `50us`, `1 ms`; `None` for anything else.
pub fn parse_duration(word: &str) -> Option<Duration> {
    let (digits, unit) = word.split_at(word.find(|c: char| !c.is_ascii_digit())?);
    let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(*nanos).map(Duration::from_nanos)
}

/// As it is typed in a scenario, exactly: `50us`. More than 584 years print as 584 years.
pub fn print_duration(duration: Duration) -> String {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let exact = UNITS.iter().find(|(_, unit)| nanos.is_multiple_of(*unit));
    let (name, unit) = exact.unwrap_or(&("ns", 1));
    format!("{}{name}", nanos / unit)
}

/// A number between two limits, both included; `default` where none was typed.
pub fn number(
    value: &Option<Spanned<u64>>,
    key: &str,
    limits: RangeInclusive<u64>,
    default: u64,
) -> Result<u64, Fault> {
    let Some(value) = value else { return Ok(default) };
    let number = *value.get_ref();
    if limits.contains(&number) {
        return Ok(number);
    }
    let expected = format!("{} to {}", limits.start(), limits.end());
    let fault = Fault::new(value.span(), format!("`{key}` is out of range"));
    Err(fault.expected(expected).found(number))
}

/// The candidate that was likely meant: at most a third of its letters differ, or it begins so.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // Nobody's typing error; and the distance takes time that grows with the product of lengths.
    if word.len() > 64 {
        return None;
    }
    let scored = candidates.map(|candidate| (distance(&word, candidate), candidate));
    let near = scored.min_by_key(|(score, _)| *score)?;
    let limit = (near.1.chars().count() / 3).max(1);
    (near.0 <= limit).then_some(near.1)
}

/// Letters to insert, delete, replace or swap with their neighbour to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// "a, b or c".
pub(super) fn one_of(words: &[String]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

//! `source = { … }`: where the data comes from.

use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Deserialize;
use tickline_shared::scenario::{Fault, Site, number};
use toml::Spanned;

use super::LIVE_ORDERS_MAX;
use super::lines::{RawFaults, RawGroups, check_faults, check_groups};
use super::speed::Speed;
use crate::framing::damaged::Damage;
use crate::generate::Parameters;
use crate::session::LineId;

/// Two seconds at a million messages per second.
const MESSAGES_DEFAULT: u64 = 2_000_000;
/// 140 GB of day: more is a typing error.
const MESSAGES: RangeInclusive<u64> = 1..=4_000_000_000;
const LIVE_ORDERS: RangeInclusive<u64> = 1..=LIVE_ORDERS_MAX;

/// Where the data comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceConfig {
    /// Files, one after the other; each existed when the scenario was checked.
    Capture {
        /// At least one, seen from the current directory.
        files: Vec<PathBuf>,
    },
    /// A synthetic day, made before it is played.
    Generate(Generate),
}

/// A synthetic day: the same values give the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generate {
    /// Messages of the day; the whole day lies in memory, some 35 bytes each.
    pub messages: u64,
    /// Instruments; at least 1.
    pub symbols: u16,
    /// Where the random numbers start.
    pub seed: u64,
    /// The most orders that are live at a time; at least 1.
    pub live_orders: u64,
}

impl Generate {
    /// A day of so many messages with everything else in the proportions of a real one.
    pub fn of(messages: u64) -> Generate {
        let Parameters { messages, symbols, seed, live_orders, span: _ } = Parameters::of(messages);
        Generate { messages, symbols, seed, live_orders }
    }
}

/// `source = { … }` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table { capture = [ … ] } or { generate = { … } }")]
pub struct RawSource {
    capture: Option<Spanned<Vec<Spanned<String>>>>,
    generate: Option<Spanned<RawGenerate>>,
    speed: Option<Spanned<String>>,
    #[serde(rename = "loop")]
    loops: Option<Spanned<u64>>,
    faults: Option<Spanned<RawFaults>>,
    lines: Option<Spanned<RawGroups>>,
}

/// `generate = { … }` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table { messages = 2_000_000 }")]
struct RawGenerate {
    messages: Option<Spanned<u64>>,
    symbols: Option<Spanned<u64>>,
    seed: Option<u64>,
    live_orders: Option<Spanned<u64>>,
}

impl RawSource {
    pub(super) fn speed(&self) -> Result<Speed, Fault> {
        let Some(word) = &self.speed else { return Ok(Speed::default()) };
        word.get_ref().parse().map_err(|error| Fault::new(word.span(), error))
    }

    pub(super) fn loops(&self) -> Result<u64, Fault> {
        number(&self.loops, "feed.source.loop", 1..=1_000_000, 1)
    }

    pub(super) fn faults(&self) -> Result<Option<Damage>, Fault> {
        let faults = self.faults.as_ref();
        faults.map(|raw| self.of_capture(raw).and_then(check_faults)).transpose()
    }

    pub(super) fn lines(&self) -> Result<Vec<Vec<LineId>>, Fault> {
        let Some(raw) = &self.lines else { return Ok(Vec::new()) };
        check_groups(self.of_capture(raw)?.get_ref())
    }

    /// Refuses what only the datagrams of a capture have.
    fn of_capture<'a, T>(&self, raw: &'a Spanned<T>) -> Result<&'a Spanned<T>, Fault> {
        if self.generate.is_none() {
            return Ok(raw);
        }
        let fault = Fault::new(raw.span(), "a generated day has no datagrams and no lines");
        Err(fault.expected("`capture` in place of `generate`, or this key left out"))
    }
}

impl SourceConfig {
    pub(super) fn check(raw: &Spanned<RawSource>, site: &Site<'_>) -> Result<SourceConfig, Fault> {
        match (&raw.get_ref().capture, &raw.get_ref().generate) {
            (Some(files), None) => check_files(files, site),
            (None, Some(day)) => check_day(day.get_ref()).map(SourceConfig::Generate),
            (None, None) => Err(Fault::new(raw.span(), "the source names no data").expected(
                "`capture = [\"day.itch.gz\"]` or `generate = { messages = 2_000_000 }`",
            )),
            (Some(_), Some(day)) => Err(Fault::new(day.span(), "two sources at once")
                .expected("either `capture` or `generate`")),
        }
    }
}

fn check_files(
    files: &Spanned<Vec<Spanned<String>>>,
    site: &Site<'_>,
) -> Result<SourceConfig, Fault> {
    if files.get_ref().is_empty() {
        return Err(
            Fault::new(files.span(), "the list of captures is empty").expected("at least one file")
        );
    }
    let files = files.get_ref().iter().map(|file| check_file(file, site));
    Ok(SourceConfig::Capture { files: files.collect::<Result<_, _>>()? })
}

fn check_file(file: &Spanned<String>, site: &Site<'_>) -> Result<PathBuf, Fault> {
    let path = site.resolve(file.get_ref());
    let found = match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_dir() => return Ok(path),
        Ok(_) => "a directory".to_owned(),
        Err(error) => error.to_string(),
    };
    let fault = Fault::new(file.span(), "no such capture");
    let fault = fault.expected(format!("a file at {}", path.display())).found(found);
    Err(fault.help("a relative path starts at the scenario's folder"))
}

fn check_day(raw: &RawGenerate) -> Result<Generate, Fault> {
    let check = |value, key, limits, default| {
        number(value, &format!("feed.source.generate.{key}"), limits, default)
    };
    let day = Generate::of(check(&raw.messages, "messages", MESSAGES, MESSAGES_DEFAULT)?);
    // A symbol is a 16-bit locate code at the venue that is imitated.
    let symbols = check(&raw.symbols, "symbols", 1..=u16::MAX.into(), day.symbols.into())?;
    Ok(Generate {
        symbols: u16::try_from(symbols).unwrap_or(u16::MAX),
        seed: raw.seed.unwrap_or(day.seed),
        live_orders: check(&raw.live_orders, "live_orders", LIVE_ORDERS, day.live_orders)?,
        ..day
    })
}

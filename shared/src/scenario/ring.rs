//! `[ring]`: the ring between the feed and its strategies.

use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::fault::Fault;
use super::word::{choose, identifier};

/// Fewer would not cover the time that the other process takes to be woken.
const SLOTS_MIN: u64 = 64;
/// 4 GiB of slots: seconds of any feed. More is a typing error.
const SLOTS_MAX: u64 = 1 << 26;
/// 4 MiB: fits into two huge pages and into the second-level cache of two cores.
const SLOTS_DEFAULT: u64 = 65_536;

/// The ring, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RingConfig {
    /// How others find it: `[a-z0-9_-]{1,31}`; the scenario's name where none is given.
    pub name: String,
    /// Slots of 64 bytes; a power of two from 64 to 2^26.
    pub slots: usize,
    /// The pages to try first.
    pub pages: Pages,
    /// `huge!`: no other pages will do.
    pub pages_strict: bool,
}

/// The pages behind the ring, from best to worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pages {
    /// 2 MiB pages from the kernel's reserved pool.
    Huge,
    /// 2 MiB pages that the kernel puts together on request.
    Transparent,
    /// The ordinary 4 KiB pages.
    Small,
}

impl Pages {
    /// The name in scenarios and reports.
    pub fn name(self) -> &'static str {
        match self {
            Pages::Huge => "huge",
            Pages::Transparent => "transparent",
            Pages::Small => "small",
        }
    }
}

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// `[ring]` as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, expecting = "a table [ring]")]
pub struct RawRing {
    name: Option<Spanned<String>>,
    slots: Option<Spanned<u64>>,
    pages: Option<Spanned<String>>,
}

impl RingConfig {
    /// Checks the table; without one every default holds.
    pub(super) fn check(raw: Option<RawRing>, scenario: &str) -> Result<RingConfig, Fault> {
        let raw = raw.unwrap_or_default();
        let name = raw.name.map(|name| identifier(&name, "ring.name")).transpose()?;
        let slots = raw.slots.map(|slots| check_slots(&slots)).transpose()?;
        let pages = raw.pages.map(|pages| choose(&pages, "page size", &PAGES)).transpose()?;
        let (pages, pages_strict) = pages.unwrap_or((Pages::Huge, false));
        Ok(RingConfig {
            name: name.unwrap_or_else(|| scenario.to_owned()),
            slots: slots.unwrap_or(SLOTS_DEFAULT as usize),
            pages,
            pages_strict,
        })
    }

    /// Bytes of all slots.
    pub fn bytes(&self) -> usize {
        self.slots * 64
    }
}

const PAGES: [(&str, (Pages, bool)); 4] = [
    ("huge", (Pages::Huge, false)),
    ("huge!", (Pages::Huge, true)),
    ("transparent", (Pages::Transparent, false)),
    ("small", (Pages::Small, false)),
];

fn check_slots(slots: &Spanned<u64>) -> Result<usize, Fault> {
    let number = *slots.get_ref();
    if (SLOTS_MIN..=SLOTS_MAX).contains(&number) && number.is_power_of_two() {
        return Ok(number as usize);
    }
    let near = number.clamp(SLOTS_MIN, SLOTS_MAX).next_power_of_two();
    Err(Fault::new(slots.span(), "`ring.slots` is no size of a ring")
        .expected(format!("a power of two from {SLOTS_MIN} to {SLOTS_MAX}"))
        .found(number)
        .help(format!("slots = {near}")))
}

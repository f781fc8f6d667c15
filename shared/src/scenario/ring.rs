//! `[ring]`: the ring between the feed and its strategies.

use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::fault::Fault;
use super::word::{choose, identifier, name_of};

/// Fewer would not cover the time that the other process takes to be woken.
const SLOTS_MIN: u64 = 64;
/// 4 GiB of slots: seconds of any feed. More is a typing error.
const SLOTS_MAX: u64 = 1 << 26;
/// 4 MiB: fits into two huge pages and into the second-level cache of two cores.
const SLOTS_DEFAULT: usize = 65_536;

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

const PAGES: [(&str, Pages); 3] =
    [("huge", Pages::Huge), ("transparent", Pages::Transparent), ("small", Pages::Small)];

/// What a scenario may say: the pages, and whether they are a must.
const CHOICES: [(&str, (Pages, bool)); 4] = [
    ("huge", (Pages::Huge, false)),
    ("huge!", (Pages::Huge, true)),
    ("transparent", (Pages::Transparent, false)),
    ("small", (Pages::Small, false)),
];

/// The name in scenarios and reports.
impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(*self, &PAGES))
    }
}

/// `[ring]` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table [ring]")]
pub struct RawRing {
    name: Option<Spanned<String>>,
    slots: Option<Spanned<u64>>,
    pages: Option<Spanned<String>>,
}

impl RingConfig {
    /// A ring of this name with every default; the name is `[a-z0-9_-]{1,31}`.
    pub fn new(name: &str) -> RingConfig {
        let (pages, pages_strict) = (Pages::Huge, false);
        RingConfig { name: name.to_owned(), slots: SLOTS_DEFAULT, pages, pages_strict }
    }

    /// Checks the table; what it leaves out has its default.
    pub(super) fn check(raw: Option<RawRing>, scenario: &str) -> Result<RingConfig, Fault> {
        let mut ring = RingConfig::new(scenario);
        let Some(raw) = raw else { return Ok(ring) };
        if let Some(name) = raw.name {
            ring.name = identifier(&name, "ring.name")?;
        }
        if let Some(slots) = raw.slots {
            ring.slots = check_slots(&slots)?;
        }
        if let Some(pages) = raw.pages {
            (ring.pages, ring.pages_strict) = choose(&pages, "page size", &CHOICES)?;
        }
        Ok(ring)
    }

    /// Bytes of all slots.
    pub fn bytes(&self) -> usize {
        self.slots * 64
    }
}

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

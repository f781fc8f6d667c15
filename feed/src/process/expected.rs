//! What the feed needs to know of its strategies: the names that it waits for, and the cores that
//! it leaves to them.

use tickline_shared::scenario::{Fault, Site, Table};

/// A `[[strategy]]` as the feed reads it; what is wrong with it is the strategy's to say.
pub(super) struct Expected {
    pub(super) name: String,
    pub(super) core: Option<usize>,
}

impl Table for Expected {
    type Raw = toml::Table;

    fn check(raw: toml::Table, _: &mut Site<'_>) -> Result<Expected, Fault> {
        let name = raw.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        let core = raw.get("core").and_then(|core| core.as_integer());
        Ok(Expected { name, core: core.and_then(|core| core.try_into().ok()) })
    }
}

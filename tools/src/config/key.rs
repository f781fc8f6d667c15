//! What people learn of a key of a scenario.

/// A key as people learn it.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Key {
    /// With dots; `strategy.core` stands for every strategy's core.
    #[serde(rename = "key")]
    pub path: &'static str,
    /// What may stand there.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What holds where the key is left out, as it would be written; `None`: it must be there.
    pub default: Option<&'static str>,
    /// Of a number or a duration.
    pub unit: Option<&'static str>,
    /// What it does, and what it costs.
    pub meaning: &'static str,
}

pub(super) const fn key(path: &'static str, kind: &'static str, meaning: &'static str) -> Key {
    Key { path, kind, default: None, unit: None, meaning }
}

impl Key {
    pub(super) const fn default(self, default: &'static str) -> Key {
        Key { default: Some(default), ..self }
    }

    pub(super) const fn unit(self, unit: &'static str) -> Key {
        Key { unit: Some(unit), ..self }
    }
}

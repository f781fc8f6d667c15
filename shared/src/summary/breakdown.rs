//! One stage of a strategy in parts, by kind or by symbol.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StageSummary;

/// What `breakdown` in a `[[strategy]]` recorded. Every record is in one row: the counts add up to
/// that of the stage. The rows' histograms have two significant digits, a stage's has three.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BreakdownSummary {
    /// What splits the stage: `kind` or `symbol`.
    pub by: String,
    /// The stage: `decode`, `hop`, `strategy` or `total`.
    pub stage: String,
    /// Rows with a value, named as in the tags of the log: kinds or symbols, `other` for all that
    /// have no row, and `-` for records without a symbol.
    pub rows: BTreeMap<String, StageSummary>,
}

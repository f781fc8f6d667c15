//! What a line of a feed brought.

use serde::{Deserialize, Serialize};

use super::StageSummary;

/// One of lines A and B, or an answer of a re-request server.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LineSummary {
    /// Where its datagrams are sent to: address and port.
    pub line: String,
    /// Datagrams that it brought.
    pub packets: u64,
    /// Sequence numbers that it brought first, by the time of capture: messages, or packets where a
    /// venue numbers those.
    pub first: u64,
    /// By how much it was ahead of another line, in ns of capture time, for each number that it won
    /// and another line brought too; exact to 1 part in 100, its least and greatest exact. Absent
    /// where no other line did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<StageSummary>,
}

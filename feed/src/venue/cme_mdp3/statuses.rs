//! Statuses of instruments, in the words that all venues share.

use tickline_shared::msg::{Status, Topic};

use super::wire::SecurityStatus;

/// What a status says; `None` where it stays as it was.
pub(super) fn read(root: &SecurityStatus) -> Option<Status> {
    let code = match root.trading_status {
        2 => b'H',
        4 => b'C',
        15 => b'I',
        17 => b'T',
        18 => b'N',
        21 => b'O',
        24 => b'P',
        25 => b'X',
        26 => b'E',
        103 => return None,
        _ => b'U',
    };
    // As usual is without a reason: the schedule of the group, and nothing else.
    let reason = match (root.halt_reason, root.trading_event) {
        (0, 0) => [0; 4],
        (why, 0) => [digit(why), 0, 0, 0],
        (why, what) => [digit(why), digit(what), 0, 0],
    };
    Some(Status { topic: Topic::Trading, code, reason })
}

/// A number of one digit as ASCII; the schema has no other.
fn digit(number: u8) -> u8 {
    if number < 10 { b'0' + number } else { b'?' }
}

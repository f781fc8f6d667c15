//! The statuses that hold, so that only changes are published.
//!
//! A venue begins its day with the status of every instrument, most of which say that all is as usual.

use tickline_shared::msg::{Status, Topic};

/// Topics that are remembered, by number: [`Topic::ALL`], and a place for those without memory.
const TOPICS: usize = Topic::ALL.len() + 1;

/// Instruments that are remembered from the start; more are as they come.
const INSTRUMENTS: usize = 16_384;

/// See the head of this file.
pub(super) struct Statuses {
    /// By instrument and topic, the id of the record that would say it; 0: as usual.
    held: Vec<[u64; TOPICS]>,
}

impl Statuses {
    /// All is as usual, in memory that is touched here.
    pub(super) fn with_capacity() -> Statuses {
        // Not zeroed pages, which the system would supply at the first status of each.
        let mut statuses = Statuses { held: vec![[1; TOPICS]; INSTRUMENTS] };
        statuses.clear();
        statuses
    }

    /// Whether a status is another one than held before; it holds from now on.
    pub(super) fn changes(&mut self, number: u16, status: &Status) -> bool {
        let topic = status.topic.0 as usize;
        if topic >= TOPICS {
            return true;
        }
        let number = usize::from(number);
        let id = if status.is_usual() { 0 } else { status.id() };
        if number >= self.held.len() {
            if id == 0 {
                return false;
            }
            self.held.resize((number + 1).next_power_of_two(), [0; TOPICS]);
        }
        std::mem::replace(&mut self.held[number][topic], id) != id
    }

    /// What is not as usual of an instrument.
    pub(super) fn held(&self, number: u16) -> impl Iterator<Item = Status> {
        let ids = self.held.get(usize::from(number)).copied().unwrap_or_default();
        let ids = (0..).zip(ids).filter(|(_, id)| *id != 0);
        ids.map(|(topic, id)| Status::from_id(Topic(topic), id))
    }

    /// A day begins: all is as usual.
    pub(super) fn clear(&mut self) {
        self.held.fill([0; TOPICS]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_told() {
        let mut statuses = Statuses::with_capacity();
        let mut check = |number, topic, code, reason: &[u8; 4], expected| {
            let status = Status { topic, code, reason: *reason };
            assert_eq!(statuses.changes(number, &status), expected, "{status:?}");
        };
        check(7, Topic::Trading, b'T', b"\0\0\0\0", false);
        check(7, Topic::Trading, b'H', b"T1\0\0", true);
        check(7, Topic::Trading, b'H', b"T1\0\0", false);
        check(8, Topic::Trading, b'T', b"\0\0\0\0", false);
        check(7, Topic::Trading, b'H', b"T2\0\0", true);
        check(7, Topic::ShortSale, b'0', b"\0\0\0\0", false);
        check(7, Topic::Trading, b'T', b"\0\0\0\0", true);
        check(u16::MAX, Topic::Operational, b'O', b"\0\0\0\0", true);
        check(7, Topic(99), b'?', b"\0\0\0\0", true);
        check(7, Topic(99), b'?', b"\0\0\0\0", true);
        check(7, Topic::ShortSale, b'1', b"A\0\0\0", true);
        let held = Status { topic: Topic::ShortSale, code: b'1', reason: *b"A\0\0\0" };
        assert!(statuses.held(7).eq([held]) && statuses.held(9).eq([]));
        statuses.clear();
        assert!(statuses.held(7).eq([]) && statuses.held(u16::MAX).eq([]));
    }
}

//! What a record of [`Kind::Status`] says: which status changed, and to what.
//!
//! ```text
//!  quantity   which status: a [`Topic`]
//!  id         byte 0 the venue's code, then its reason; ASCII, padded with NUL
//! ```
//!
//! A record comes when a status changes. Until its first one an instrument is as usual: it trades,
//! is not restricted and is not halted.

use std::fmt;

use super::{Flags, Kind, Msg, Side};
use crate::units::{Price, Symbol};

/// What a status is about. New ones may come: ignore what you do not know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(pub u32);

#[allow(non_upper_case_globals, reason = "named values of an open number, as those of `Kind`")]
impl Topic {
    /// Whether the instrument trades. `T` it does; `H` halted; `P` paused; `O` (IEX), `Q` (Nasdaq)
    /// orders are accepted, nothing trades yet. The reason is the venue's. CME: `T`, `H`, and `O`
    /// before the open, `P` before a cross, `X` a cross, `I` new indicative prices, `C` closed, `E`
    /// after the close, `N` not available, `U` unknown; its reason is the digit of the halt reason,
    /// and behind it that of the trading event where there is one.
    pub const Trading: Topic = Topic(1);
    /// The short sale price test. `0` not in effect; `1` in effect; `2` (Nasdaq) still in effect from
    /// the day before. The reason is IEX's detail.
    pub const ShortSale: Topic = Topic(2);
    /// Whether this venue halts the instrument on its own account. IEX: `O` halted, `N` not. Nasdaq:
    /// `H` halted, `T` not; the reason is the market, `Q`, `B` or `X`.
    pub const Operational: Topic = Topic(3);
    /// On which sides there is retail liquidity, as IEX codes it; a space is none.
    pub const Retail: Topic = Topic(4);
    /// An auction of the instrument is over. IEX: `O` the opening, `C` the closing one.
    pub const Auction: Topic = Topic(5);
    /// The venue's own day, without a symbol. `S` system hours begin, `R` (IEX), `Q` (Nasdaq) the
    /// market opens, `M` it closes, `E` system hours end, `C` no more messages.
    pub const Venue: Topic = Topic(6);

    /// Every topic that this version knows.
    pub const ALL: [(Topic, &'static str); 6] = [
        (Topic::Trading, "Trading"),
        (Topic::ShortSale, "ShortSale"),
        (Topic::Operational, "Operational"),
        (Topic::Retail, "Retail"),
        (Topic::Auction, "Auction"),
        (Topic::Venue, "Venue"),
    ];
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Topic::ALL.iter().find(|(topic, _)| topic == self) {
            Some((_, name)) => f.pad(name),
            None => write!(f, "Topic({})", self.0),
        }
    }
}

/// A status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// What it is about.
    pub topic: Topic,
    /// The venue's code, ASCII; see the topics.
    pub code: u8,
    /// The venue's reason, ASCII padded with NUL; all NUL where it gives none.
    pub reason: [u8; 4],
}

impl Status {
    /// Whether it says that the instrument can trade here; `None` where it is about something else.
    pub fn trades(&self) -> Option<bool> {
        match self.topic {
            Topic::Trading => Some(self.code == b'T'),
            Topic::Operational => Some(matches!(self.code, b'N' | b'T')),
            _ => None,
        }
    }

    /// Whether it is that of an instrument of which nothing was said.
    pub fn is_usual(&self) -> bool {
        let plain = self.reason == [0; 4];
        match self.topic {
            Topic::Trading => plain && self.code == b'T',
            Topic::ShortSale => plain && self.code == b'0',
            Topic::Operational => matches!(self.code, b'N' | b'T'),
            Topic::Retail => self.code == b' ',
            _ => false,
        }
    }

    /// Code and reason, as the record of it has them in its `id`.
    pub fn id(&self) -> u64 {
        let [a, b, c, d] = self.reason;
        u64::from_le_bytes([self.code, a, b, c, d, 0, 0, 0])
    }

    /// From the topic and [`Status::id`].
    pub fn from_id(topic: Topic, id: u64) -> Status {
        let [code, a, b, c, d, ..] = id.to_le_bytes();
        Status { topic, code, reason: [a, b, c, d] }
    }

    /// The record of it.
    pub fn msg(&self, symbol: Symbol) -> Msg {
        Msg {
            id: self.id(),
            price: Price::NONE,
            quantity: self.topic.0,
            kind: Kind::Status,
            side: Side::None,
            flags: Flags::LAST,
            venue: 0,
            symbol,
        }
    }
}

impl Msg {
    /// What a record of [`Kind::Status`] says; `None` for any other kind.
    pub fn status(&self) -> Option<Status> {
        let status = Status::from_id(Topic(self.quantity), self.id);
        (self.kind == Kind::Status).then_some(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_comes_back_from_its_record() {
        let halted = Status { topic: Topic::Trading, code: b'H', reason: *b"T1\0\0" };
        let msg = halted.msg("ZXIET".parse().unwrap());
        assert_eq!(msg.status(), Some(halted));
        assert_eq!(halted.trades(), Some(false));
        assert_eq!(Msg { kind: Kind::Trade, ..msg }.status(), None);
        let unknown = Msg { quantity: 77, ..msg }.status().unwrap();
        assert_eq!(
            (format!("{:?}", unknown.topic).as_str(), unknown.trades()),
            ("Topic(77)", None)
        );
    }
}

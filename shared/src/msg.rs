//! The record: what a strategy learns from one event of a venue.
//!
//! ```text
//!  0        8        16       20     21     22      23      24             32
//!  | id u64 | price  | qty    | kind | side | flags | venue | symbol [u8;8] |
//! ```
//!
//! 32 bytes, little-endian, no padding, every bit pattern valid: a record may be read from shared
//! memory whose writer is another version or damaged, and the reader still only sees values.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::units::{Price, Symbol};

mod status;

pub use status::{Status, Topic};

/// One record of the stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Msg {
    /// The venue's own id of the thing: order reference (order events), match number (trades),
    /// sequence number (quotes, levels), first missing sequence number (gaps), code and reason (statuses).
    pub id: u64,
    /// In 1e-9 of the currency unit. Of an order event: the price of the order itself.
    pub price: Price,
    /// Shares or lots; what the event adds or takes away, of quotes and levels what stands there now.
    /// Saturates, see [`Flags::SATURATED`].
    pub quantity: u32,
    /// What happened; see [`Kind`].
    pub kind: Kind,
    /// The side of the book; of a trade, the side of the resting order.
    pub side: Side,
    /// See [`Flags`].
    pub flags: Flags,
    /// Index into the scenario's venues.
    pub venue: u8,
    /// The instrument, or [`Symbol::NONE`] where the record concerns the whole venue.
    pub symbol: Symbol,
}

const _: () = {
    assert!(size_of::<Msg>() == 32 && align_of::<Msg>() == 8);
    assert!(std::mem::offset_of!(Msg, id) == 0);
    assert!(std::mem::offset_of!(Msg, price) == 8);
    assert!(std::mem::offset_of!(Msg, quantity) == 16);
    assert!(std::mem::offset_of!(Msg, kind) == 20);
    assert!(std::mem::offset_of!(Msg, side) == 21);
    assert!(std::mem::offset_of!(Msg, flags) == 22);
    assert!(std::mem::offset_of!(Msg, venue) == 23);
    assert!(std::mem::offset_of!(Msg, symbol) == 24);
};

impl Msg {
    /// The record as it lies in memory. Put together here, since a processor that finds a word in
    /// pieces among its own stores waits until all of them are done, which are those of the slot before
    /// too: publishing an order event took 25 ns more than its clock reading, not 9.
    #[inline(always)]
    pub(crate) fn words(&self) -> [u64; 4] {
        let Msg { id, price, quantity, kind, side, flags, venue, symbol } = *self;
        let [a, b, c, d] = quantity.to_ne_bytes();
        let third = u64::from_ne_bytes([a, b, c, d, kind.0, side.0, flags.0, venue]);
        [id, price.0 as u64, third, u64::from_ne_bytes(symbol.0)]
    }

    /// The record that tells a reader what it missed: `lost` records of the ring from number `first` on
    /// were overwritten before it read them.
    #[cold]
    pub fn overrun(first: u64, lost: u64) -> Msg {
        let (quantity, saturated) = match u32::try_from(lost) {
            Ok(lost) => (lost, Flags::default()),
            Err(_) => (u32::MAX, Flags::SATURATED),
        };
        Msg {
            id: first,
            price: Price::NONE,
            quantity,
            kind: Kind::Gap,
            side: Side::None,
            flags: Flags::OVERRUN | Flags::LAST | saturated,
            venue: 0,
            symbol: Symbol::NONE,
        }
    }
}

/// Defines a byte with named values that stays valid for every value: a Rust enum would not be.
macro_rules! open_byte {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
        #[repr(transparent)]
        pub struct $name(pub u8);

        #[allow(non_upper_case_globals)]
        impl $name {
            $($(#[$vdoc])* pub const $value: $name = $name($number);)*

            /// The name of the value, `None` where this version knows none.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($value)),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, concat!(stringify!($name), "({})"), self.0),
                }
            }
        }
    };
}

open_byte! {
    /// What a record says. New kinds may come: ignore what you do not know.
    Kind {
        /// A side of the best bid and offer, after a change of either; the bid comes first, the
        /// offer carries [`Flags::LAST`]. `price` is [`Price::NONE`] for an empty side.
        Quote = 1,
        /// A trade; `id` is the match number, `price` the price of the execution.
        Trade = 2,
        /// An order enters the book.
        Add = 3,
        /// An order loses `quantity` by cancellation, the rest stays.
        Reduce = 4,
        /// An order leaves the book; `quantity` is what was left of it.
        Delete = 5,
        /// An order leaves the book because another one takes its place; `quantity` is what was
        /// left of it. The next record is the [`Kind::Add`] of its successor.
        Replace = 6,
        /// An order loses `quantity` by execution; `price` is the price of the order.
        Execute = 7,
        /// Everything in the book of the symbol, or of the venue, is gone: a session or a day begins,
        /// or a snapshot.
        Clear = 8,
        /// A status changed, of the symbol or of the venue: see [`Msg::status`].
        Status = 9,
        /// Records are missing: `id` is the first missing sequence number, `quantity` how many; 0 where
        /// nobody knows, as when the stream begins in the middle of a book. With [`Flags::STALE`] books
        /// may lack something of them: that of the symbol, or all. Without, the feed knows which books
        /// do, and clears those.
        Gap = 10,
        /// The venue is alive and sent nothing.
        Heartbeat = 11,
        /// The venue ended its session.
        EndOfSession = 12,
        /// A trade was broken; `id` is its match number.
        TradeBreak = 13,
        /// What stands at a price now, of a venue that sends price levels; quantity 0: the level is
        /// gone. `id` is the sequence number. The last one of an event that concerns the symbol
        /// carries [`Flags::LAST`], unless quotes follow it.
        Level = 14,
        /// An order is executed for `quantity` at `price`, of a venue that says what becomes of the
        /// order in a message of its own: the book changes with the record that follows, not with
        /// this one.
        Fill = 15,
    }
}

open_byte! {
    /// The side of a book.
    Side {
        /// The record has no side.
        None = 0,
        /// Buyers.
        Bid = 1,
        /// Sellers.
        Ask = 2,
    }
}

/// Bits that qualify a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Flags(pub u8);

impl Flags {
    /// The last record of one event of the venue: the book is consistent after it.
    pub const LAST: Flags = Flags(0x01);
    /// Comes from a snapshot, not from an event.
    pub const FROM_SNAPSHOT: Flags = Flags(0x02);
    /// The venue's quantity was larger than the field.
    pub const SATURATED: Flags = Flags(0x04);
    /// Something before this record is missing, and what it says may be out of date: quotes after a
    /// [`Kind::Gap`], until the book is known again (see [`Stale`](crate::book::Stale)).
    pub const STALE: Flags = Flags(0x08);
    /// Not for the tape and not for volume: the venue reports it elsewhere.
    pub const NON_PRINTABLE: Flags = Flags(0x10);
    /// The missing records were lost between feed and strategy, not before the feed.
    pub const OVERRUN: Flags = Flags(0x20);
    /// A trade that counts for volume, but sets neither the last price nor a high or low: an odd lot,
    /// or outside of regular hours.
    pub const VOLUME_ONLY: Flags = Flags(0x40);
    /// The venue's quantity has more decimals than the instrument's scale: this is the nearest one
    /// that the scale has, and not 0. Of a side of a book that the feed keeps: its quantity, or that
    /// of another level of the instrument before.
    pub const INEXACT: Flags = Flags(0x80);

    const NAMES: [(Flags, &'static str); 8] = [
        (Flags::LAST, "LAST"),
        (Flags::FROM_SNAPSHOT, "FROM_SNAPSHOT"),
        (Flags::SATURATED, "SATURATED"),
        (Flags::STALE, "STALE"),
        (Flags::NON_PRINTABLE, "NON_PRINTABLE"),
        (Flags::OVERRUN, "OVERRUN"),
        (Flags::VOLUME_ONLY, "VOLUME_ONLY"),
        (Flags::INEXACT, "INEXACT"),
    ];

    /// Whether every bit of `other` is set.
    #[inline]
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;

    #[inline]
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = Flags::NAMES.iter().filter(|(flag, _)| self.contains(*flag));
        let names: Vec<_> = set.map(|(_, name)| *name).collect();
        f.write_str(if names.is_empty() { "-" } else { "" })?;
        f.write_str(&names.join("|"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_pattern_is_a_record_that_prints() {
        for byte in 0..=255 {
            let msg = Msg::read_from_bytes(&[byte; 32]).unwrap();
            assert!(!format!("{msg:?}").is_empty());
            assert_eq!(msg.as_bytes(), [byte; 32]);
        }
    }

    #[test]
    fn names_are_those_of_the_docs() {
        assert_eq!(format!("{:?}", Kind::EndOfSession), "EndOfSession");
        assert_eq!(format!("{:?}", Kind(200)), "Kind(200)");
        assert_eq!(format!("{:?}", Flags::LAST | Flags::SATURATED), "LAST|SATURATED");
    }
}

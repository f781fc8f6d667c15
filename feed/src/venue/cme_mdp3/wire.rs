//! The bytes of CME MDP 3.0: SBE messages as structs, in the order of CME's schema
//! (`templates_FixBinary.xml`, versions 1.5 to 1.12).
//!
//! A message is a header, a root block and groups of equal blocks, and each block says how long it
//! is. Newer versions lengthen blocks, so only what a struct names is read, and what follows it in
//! the block is passed over; a block shorter than its struct is refused. Integers are
//! little-endian, and every bit pattern of the right length is a message.

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::templates::Template;
use crate::venue::Refused;

mod blocks;

pub use blocks::*;

/// The price that stands for none.
pub const NO_PRICE: i64 = i64::MAX;

/// The 32-bit quantity that stands for none.
pub const NO_SIZE: i32 = i32::MAX;

/// The 64-bit quantity that stands for none.
pub const NO_LONG_SIZE: u64 = u64::MAX;

/// The trade id that stands for none.
pub const NO_TRADE_ID: u32 = u32::MAX;

/// The security that stands for none: the status is that of a group.
pub const NO_SECURITY: i32 = i32::MAX;

/// Bits of the match event indicator: what was the last message of its sort in one event.
pub mod indicator {
    /// No quote of a customer's order will come.
    pub const LAST_QUOTE: u8 = 0x04;
    /// Nothing at all will come.
    pub const END_OF_EVENT: u8 = 0x80;
}

/// What happens to a price level or a trade (`MDUpdateAction`).
pub mod action {
    /// A level comes in between, and those from there on move down by one.
    pub const NEW: u8 = 0;
    /// A level has another quantity.
    pub const CHANGE: u8 = 1;
    /// A level leaves, and those behind it move up by one.
    pub const DELETE: u8 = 2;
    /// The whole side leaves.
    pub const DELETE_THRU: u8 = 3;
    /// The best levels leave, down to this one, and the others move up.
    pub const DELETE_FROM: u8 = 4;
    /// A level is replaced, price and quantity.
    pub const OVERLAY: u8 = 5;
}

/// What an entry is about (`MDEntryType`).
pub mod entry_type {
    /// Orders of buyers.
    pub const BID: u8 = b'0';
    /// Orders of sellers.
    pub const OFFER: u8 = b'1';
    /// All levels of the instrument are void.
    pub const BOOK_RESET: u8 = b'J';
}

/// A message, its header read.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its header.
    pub header: &'a Header,
    /// Its root block, as long as the header says.
    pub root: &'a [u8],
    /// Its groups.
    pub groups: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the header. `None` where the message ends before its root block does.
    #[inline]
    pub fn open(bytes: &'a [u8]) -> Option<Message<'a>> {
        let (header, behind) = Header::ref_from_prefix(bytes).ok()?;
        let (root, groups) = behind.split_at_checked(header.block_length.get().into())?;
        Some(Message { header, root, groups })
    }

    /// The template as a byte, by which messages are counted; 0 for those above 255, which no
    /// version up to 1.12 has.
    #[inline]
    pub fn kind(&self) -> u8 {
        self.header.template_id.get().try_into().unwrap_or(0)
    }

    /// The fields that the root block begins with.
    #[inline]
    pub fn root<T: FromBytes + Immutable + KnownLayout + Unaligned>(
        &self,
    ) -> Result<&'a T, Refused> {
        T::ref_from_prefix(self.root).map(|(root, _)| root).map_err(|_| self.short())
    }

    /// The blocks of the first group, if all of them are there and long enough.
    #[inline]
    pub fn entries<T>(&self) -> Result<impl Iterator<Item = &'a T> + use<'a, T>, Refused>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned + 'a,
    {
        let (group, _) = Group::open(self.groups).ok_or(self.short())?;
        group.blocks().ok_or(self.short())
    }

    /// Whether blocks hold bytes that no version up to 1.12 explains.
    #[inline]
    pub fn is_longer(&self, template: &Template) -> bool {
        let entries = GroupSize::ref_from_prefix(self.groups)
            .map_or(0, |(size, _)| if size.count == 0 { 0 } else { size.block_length.get() });
        self.header.block_length.get() > template.root
            || (template.entries > 0 && entries > template.entries)
    }

    /// Why the message is refused whose block is too short.
    #[cold]
    pub fn short(&self) -> Refused {
        Refused::Short(self.kind())
    }
}

/// Blocks of one length, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    block_length: usize,
    bytes: &'a [u8],
}

impl<'a> Group<'a> {
    /// The group at the start, and what is behind it. `None` where it does not fit.
    #[inline]
    pub fn open(bytes: &'a [u8]) -> Option<(Group<'a>, &'a [u8])> {
        let (size, behind) = GroupSize::ref_from_prefix(bytes).ok()?;
        let block_length = usize::from(size.block_length.get());
        let (bytes, behind) = behind.split_at_checked(block_length * usize::from(size.count))?;
        Some((Group { block_length, bytes }, behind))
    }

    /// What each block begins with. `None` where they are shorter.
    #[inline]
    pub fn blocks<T>(self) -> Option<impl Iterator<Item = &'a T> + use<'a, T>>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned + 'a,
    {
        // No block at all may have any length.
        let block_length = self.block_length.max(size_of::<T>());
        if block_length != self.block_length && !self.bytes.is_empty() {
            return None;
        }
        let blocks = self.bytes.chunks_exact(block_length);
        Some(blocks.filter_map(|block| Some(T::ref_from_prefix(block).ok()?.0)))
    }
}

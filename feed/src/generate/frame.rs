//! One message as BinaryFILE frames it: a big-endian length of two bytes, then the message.

use zerocopy::{Immutable, IntoBytes};

/// Bytes of the longest message, a net order imbalance.
const LONGEST: usize = 50;

/// The message that was generated last.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    bytes: [u8; 2 + LONGEST],
    end: usize,
}

impl Frame {
    pub(super) const EMPTY: Frame = Frame { bytes: [0; 2 + LONGEST], end: 0 };

    /// Takes a message's place for another.
    #[inline]
    pub(super) fn put<M: IntoBytes + Immutable>(&mut self, message: &M) {
        const { assert!(size_of::<M>() <= LONGEST) };
        self.end = 2 + size_of::<M>();
        self.bytes[..2].copy_from_slice(&(size_of::<M>() as u16).to_be_bytes());
        self.bytes[2..self.end].copy_from_slice(message.as_bytes());
    }

    /// Length and message.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// The type of the message.
    #[inline]
    pub(super) fn kind(&self) -> u8 {
        self.bytes[2]
    }
}

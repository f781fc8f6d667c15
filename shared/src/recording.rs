//! A recording: the records of a ring as a file, to be played again by a feed.
//!
//! ```text
//!  file     header | block | block | …                 all numbers little-endian
//!
//!  header   256 bytes: what was recorded, when, and how its times count (see `Header`)
//!
//!  block    0     3     4        8        12      16             24      28          32
//!           | tkb | kind | number | length | count | first record | body's | checksum | body
//!
//!           number of the block in the file, from 0; bytes of the body; records in it; number in
//!           the file of its first record, from 0; CRC-32 of the body; CRC-32 of these 28 bytes
//!
//!  kinds    `R` records, packed (see `pack`)
//!           `I` instruments: what a symbol does not say of them, before their first record
//!           `E` the end: what was recorded in all, and why it ended
//! ```
//!
//! Blocks are written whole and in order, each can be read without the ones before it, and each
//! has its own checksum. So a recorder that is killed loses its last block at most, what is damaged
//! is found out before any of it is used, and what comes behind it is still read: the number of the
//! first record says how many are missing.
//!
//! The checksum is CRC-32 as of IEEE 802.3, which finds every error of up to three bits in blocks of
//! this size, and all but one in 2^32 of the others.
//!
//! A recording is little-endian and holds no address, no process and no cycle count: it plays on
//! another machine as it does here. Readers accept a greater minor version, whose additions stand
//! behind what they know, and refuse another major one.

use thiserror::Error;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::msg::Msg;

mod pack;

pub mod block;
pub mod encode;
pub mod end;
pub mod header;
pub mod listing;
pub mod scan;

pub use block::{BlockHead, Kind};
pub use encode::Encoder;
pub use end::{End, Why};
pub use header::Header;
pub use pack::{Contradiction, Packer, Unpacker};
pub use scan::{Damage, Found, Scanner};

/// Records of a block at most. Its checksum takes a microsecond, which is what a paced replay may be
/// late by between two blocks.
pub const BLOCK_RECORDS: usize = 512;

/// What is kept of a record: all but where and when it lay in its ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Row {
    /// What happened.
    pub msg: Msg,
    /// The venue's clock in ns, since the epoch that the file's header names.
    pub exchange_ts: u64,
    /// When the feed first saw the event, or when a paced replay owed it; ns since the Unix epoch.
    pub ingress_ts: u64,
}

const _: () = assert!(size_of::<Row>() == 48);

/// Why a file is no recording that this version reads.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum RecordingError {
    /// It begins with something else.
    #[error("it does not begin as a recording does")]
    NoRecording,
    /// The header is not all there.
    #[error("its header is cut short: {0} of {size} bytes are there", size = Header::SIZE)]
    CutShort(usize),
    /// The header was changed after it was written.
    #[error("its header is damaged: the checksum is {found:#010x}, expected {expected:#010x}")]
    Checksum {
        /// What the header says.
        expected: u32,
        /// What its bytes give.
        found: u32,
    },
    /// Another version wrote it.
    #[error(
        "it is of format version {found}, this program reads {known}: play it with the version that \
         recorded it, or a later one", known = header::VERSION
    )]
    Version {
        /// Its major version.
        found: u32,
    },
    /// A field has a value that no recorder writes.
    #[error("its header says {field} {value}, which is not known")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
}

/// CRC-32 (IEEE 802.3).
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// Whether these bytes have this checksum. Those of a fuzzer always do: it would never get past one.
pub(crate) fn is_checksum_of(sum: u32, bytes: &[u8]) -> bool {
    cfg!(fuzzing) || checksum(bytes) == sum
}

#[cfg(test)]
mod tests;

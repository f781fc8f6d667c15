//! What stands before the body of each block.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{checksum, is_checksum_of, pack};

/// What a block holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Packed records.
    Records,
    /// Instruments.
    Instruments,
    /// The end of the recording.
    End,
    /// Something that a later version added: it can be skipped.
    Other(u8),
}

impl Kind {
    fn of(byte: u8) -> Kind {
        match byte {
            b'R' => Kind::Records,
            b'I' => Kind::Instruments,
            b'E' => Kind::End,
            other => Kind::Other(other),
        }
    }

    fn byte(self) -> u8 {
        match self {
            Kind::Records => b'R',
            Kind::Instruments => b'I',
            Kind::End => b'E',
            Kind::Other(byte) => byte,
        }
    }
}

/// The first bytes of every block.
pub(super) const MARK: [u8; 3] = *b"tkb";

/// Bytes of a body at most: no reader has to hold more in memory.
pub const BODY_MAX: usize = 1 << 20;

const _: () = assert!(pack::BODY_MAX <= BODY_MAX);

/// The bytes before a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Bytes {
    mark: [u8; 3],
    kind: u8,
    number: U32,
    length: U32,
    count: U32,
    first: U64,
    body: U32,
    checksum: U32,
}

/// What stands before the body of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockHead {
    /// What the body holds.
    pub kind: Kind,
    /// Number of the block in the file, from 0.
    pub number: u32,
    /// Bytes of the body, at most [`BODY_MAX`].
    pub length: u32,
    /// Records in it.
    pub count: u32,
    /// Number in the file of its first record, or of the next one where it holds none; from 0.
    pub first: u64,
    /// CRC-32 of the body.
    body: u32,
}

impl BlockHead {
    /// Bytes of it.
    pub const SIZE: usize = size_of::<Bytes>();

    /// From the first bytes of a block; `None` where they are not one's, or were changed.
    pub fn read(bytes: &[u8]) -> Option<BlockHead> {
        let (found, _) = Bytes::ref_from_prefix(bytes).ok()?;
        let sound = found.mark == MARK
            && is_checksum_of(found.checksum.get(), &bytes[..BlockHead::SIZE - 4])
            && found.length.get() as usize <= BODY_MAX;
        sound.then(|| BlockHead {
            kind: Kind::of(found.kind),
            number: found.number.get(),
            length: found.length.get(),
            count: found.count.get(),
            first: found.first.get(),
            body: found.body.get(),
        })
    }

    /// Whether this is the body that was written.
    pub fn vouches_for(&self, body: &[u8]) -> bool {
        body.len() == self.length as usize && is_checksum_of(self.body, body)
    }

    /// Bytes of the whole block.
    pub fn block_bytes(&self) -> usize {
        BlockHead::SIZE + self.length as usize
    }
}

/// Appends a block; `body` appends its body.
pub(super) fn append(
    out: &mut Vec<u8>,
    kind: Kind,
    number: u32,
    count: u32,
    first: u64,
    body: impl FnOnce(&mut Vec<u8>),
) {
    let at = out.len();
    out.resize(at + BlockHead::SIZE, 0);
    body(out);
    let written = &out[at + BlockHead::SIZE..];
    assert!(written.len() <= BODY_MAX, "no block has so much to say");
    let mut bytes = Bytes {
        mark: MARK,
        kind: kind.byte(),
        number: number.into(),
        length: (written.len() as u32).into(),
        count: count.into(),
        first: first.into(),
        body: checksum(written).into(),
        checksum: 0.into(),
    };
    bytes.checksum = checksum(&bytes.as_bytes()[..BlockHead::SIZE - 4]).into();
    out[at..at + BlockHead::SIZE].copy_from_slice(bytes.as_bytes());
}

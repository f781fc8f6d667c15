//! What stands at the beginning of a recording.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{RecordingError, checksum, is_checksum_of};
use crate::clock::ClockKind;
use crate::ring::layout::{Epoch, Streams};

/// The major version of the format.
pub const VERSION: u32 = 1;

/// The minor version: what it adds, older readers can do without.
const MINOR: u32 = 0;

/// The first bytes of a recording; the very first one is in no text.
pub const MAGIC: [u8; 8] = *b"\x89tickrec";

const NAME_BYTES: usize = 32;

/// The header, byte by byte.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Bytes {
    magic: [u8; 8],
    version: U32,
    minor: U32,
    /// When the recording began, ns since the Unix epoch.
    created: U64,
    /// When the ring was made, ns since the Unix epoch.
    ring_created: U64,
    /// Number in the ring of the first record.
    ring_first: U64,
    epoch: U32,
    streams: U32,
    /// What counted the cycles of the stamps that became `ingress_ts`, and ns of 2^32 of them.
    clock: U32,
    reserved: U32,
    clock_multiplier: U64,
    ring: [u8; NAME_BYTES],
    venue: [u8; NAME_BYTES],
    /// The program's version.
    program: [u8; NAME_BYTES],
    later: [u8; 92],
    checksum: U32,
}

const _: () = assert!(size_of::<Bytes>() == Header::SIZE);

/// What was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// When the recording began, ns since the Unix epoch.
    pub created_unix_ns: u64,
    /// When the ring was made, ns since the Unix epoch.
    pub ring_created_unix_ns: u64,
    /// Number in the ring of the first record.
    pub ring_first: u64,
    /// What `exchange_ts` counts from.
    pub epoch: Epoch,
    /// What the ring carried.
    pub streams: Streams,
    /// What counted the cycles of the stamps that became `ingress_ts`.
    pub clock: ClockKind,
    /// Nanoseconds of 2^32 of those cycles.
    pub clock_multiplier: u64,
    /// The ring's name.
    pub ring: String,
    /// The venue's name; empty where the ring did not say it.
    pub venue: String,
    /// The version of the program that recorded.
    pub program: String,
}

impl Header {
    /// Bytes of it.
    pub const SIZE: usize = 256;

    /// Whether a file that begins like this is a recording, of whichever version.
    pub fn begins(sample: &[u8]) -> bool {
        sample.starts_with(&MAGIC)
    }

    /// As it stands in the file.
    pub fn to_bytes(&self) -> [u8; Header::SIZE] {
        let mut bytes = Bytes {
            magic: MAGIC,
            version: VERSION.into(),
            minor: MINOR.into(),
            created: self.created_unix_ns.into(),
            ring_created: self.ring_created_unix_ns.into(),
            ring_first: self.ring_first.into(),
            epoch: (self.epoch as u32).into(),
            streams: self.streams.bits().into(),
            clock: (self.clock as u32).into(),
            reserved: 0.into(),
            clock_multiplier: self.clock_multiplier.into(),
            ring: padded(&self.ring),
            venue: padded(&self.venue),
            program: padded(&self.program),
            later: [0; _],
            checksum: 0.into(),
        };
        bytes.checksum = checksum(&bytes.as_bytes()[..Header::SIZE - 4]).into();
        let mut out = [0; Header::SIZE];
        out.copy_from_slice(bytes.as_bytes());
        out
    }

    /// From the first bytes of a file.
    pub fn read(bytes: &[u8]) -> Result<Header, RecordingError> {
        if !Header::begins(bytes) {
            return Err(RecordingError::NoRecording);
        }
        let Ok((found, _)) = Bytes::ref_from_prefix(bytes) else {
            return Err(RecordingError::CutShort(bytes.len()));
        };
        let expected = found.checksum.get();
        let summed = &bytes[..Header::SIZE - 4];
        if !is_checksum_of(expected, summed) {
            return Err(RecordingError::Checksum { expected, found: checksum(summed) });
        }
        if found.version.get() != VERSION {
            return Err(RecordingError::Version { found: found.version.get() });
        }
        let unknown =
            |field, value: U32| RecordingError::Field { field, value: value.get().into() };
        Ok(Header {
            created_unix_ns: found.created.get(),
            ring_created_unix_ns: found.ring_created.get(),
            ring_first: found.ring_first.get(),
            epoch: Epoch::from_number(found.epoch.get()).ok_or(unknown("epoch", found.epoch))?,
            streams: Streams::from_bits(found.streams.get()),
            clock: ClockKind::from_number(found.clock.get())
                .ok_or(unknown("clock", found.clock))?,
            clock_multiplier: found.clock_multiplier.get(),
            ring: named(&found.ring),
            venue: named(&found.venue),
            program: named(&found.program),
        })
    }
}

fn padded(name: &str) -> [u8; NAME_BYTES] {
    let mut bytes = [0; NAME_BYTES];
    let length = name.len().min(NAME_BYTES);
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    bytes
}

/// Nothing but printable ASCII comes out.
fn named(bytes: &[u8; NAME_BYTES]) -> String {
    let named = bytes.iter().take_while(|&&byte| byte != 0);
    named.map(|&byte| if byte.is_ascii_graphic() { byte as char } else { '?' }).collect()
}

//! The last block of a recording that was ended, not cut off.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Bytes {
    why: U32,
    reserved: U32,
    ended: U64,
    records: U64,
    lost: U64,
    ring_next: U64,
}

/// Why a recording ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Why {
    /// The feed ended its run, and every record of it was read.
    FeedEnded = 1,
    /// The feed's process was gone; every record that it had committed was read.
    FeedGone = 2,
    /// Somebody asked for the end.
    Stopped = 3,
    /// So many records, or so long a time, had been asked for.
    Limit = 4,
    /// The file could not be written further.
    Failed = 5,
}

impl Why {
    const ALL: [(Why, &str); 5] = [
        (Why::FeedEnded, "its feed ended the run"),
        (Why::FeedGone, "its feed was gone"),
        (Why::Stopped, "it was stopped"),
        (Why::Limit, "it was as long as it should be"),
        (Why::Failed, "the file could not be written further"),
    ];

    /// In words.
    pub fn text(self) -> &'static str {
        Why::ALL.iter().find(|(why, _)| *why == self).map_or("", |(_, text)| text)
    }
}

/// What was recorded in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// Why it ended; `None` for a reason that a later version has.
    pub why: Option<Why>,
    /// When, ns since the Unix epoch.
    pub ended_unix_ns: u64,
    /// Records in the file, those included that say what was lost.
    pub records: u64,
    /// Records that the ring had and the recorder was too slow for.
    pub lost: u64,
    /// Number in the ring of the record behind the last one.
    pub ring_next: u64,
}

impl End {
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        let bytes = Bytes {
            why: self.why.map_or(0, |why| why as u32).into(),
            reserved: 0.into(),
            ended: self.ended_unix_ns.into(),
            records: self.records.into(),
            lost: self.lost.into(),
            ring_next: self.ring_next.into(),
        };
        out.extend_from_slice(bytes.as_bytes());
    }

    /// From the body of its block; `None` where it is too short.
    pub fn read(body: &[u8]) -> Option<End> {
        let (found, _) = Bytes::ref_from_prefix(body).ok()?;
        let number = found.why.get();
        let why = Why::ALL.iter().map(|(why, _)| *why).find(|why| *why as u32 == number);
        Some(End {
            why,
            ended_unix_ns: found.ended.get(),
            records: found.records.get(),
            lost: found.lost.get(),
            ring_next: found.ring_next.get(),
        })
    }
}

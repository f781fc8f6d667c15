//! Writing a recording: records in, bytes of whole blocks out.

use super::block::{self, Kind};
use super::end::End;
use super::pack::Packer;
use super::{BLOCK_RECORDS, Row, listing};
use crate::instruments::Listing;
use crate::units::Symbol;

/// Makes the blocks of one recording, behind its header.
#[derive(Default)]
pub struct Encoder {
    packer: Packer,
    /// Blocks made.
    blocks: u32,
    /// Records in blocks that were made.
    records: u64,
}

impl Encoder {
    /// Takes a record. Whether the block is full: then [`Encoder::flush`] comes next.
    #[inline]
    pub fn push(&mut self, row: &Row) -> bool {
        self.packer.push(row);
        self.packer.count() as usize >= BLOCK_RECORDS
    }

    /// Records that are in no block yet.
    pub fn waiting(&self) -> u32 {
        self.packer.count()
    }

    /// Records taken.
    pub fn records(&self) -> u64 {
        self.records + u64::from(self.packer.count())
    }

    /// Blocks made.
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// Appends a block of the records that wait, if any do.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        let count = self.packer.count();
        if count > 0 {
            let packer = &mut self.packer;
            block::append(out, Kind::Records, self.blocks, count, self.records, |out| {
                packer.finish(out);
            });
            self.blocks += 1;
            self.records += u64::from(count);
        }
    }

    /// Appends blocks that name instruments. To be called before the first record of any of them, and
    /// with no records waiting.
    pub fn list(&mut self, listed: &[(Symbol, Listing)], out: &mut Vec<u8>) {
        debug_assert!(self.waiting() == 0, "numbers of records would run back");
        for some in listed.chunks(listing::BLOCK_MAX) {
            let body = |out: &mut Vec<u8>| listing::append(out, some);
            block::append(out, Kind::Instruments, self.blocks, 0, self.records, body);
            self.blocks += 1;
        }
    }

    /// Appends the last block.
    pub fn end(&mut self, end: &End, out: &mut Vec<u8>) {
        self.flush(out);
        let body = |out: &mut Vec<u8>| end.append(out);
        block::append(out, Kind::End, self.blocks, 0, self.records, body);
        self.blocks += 1;
    }
}

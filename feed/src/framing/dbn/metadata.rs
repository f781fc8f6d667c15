//! What stands before the records.

use dbn::decode::DbnMetadataDecoder;
use dbn::{SType, VersionUpgradePolicy};
use zerocopy::FromBytes;

use super::names::{Interval, Names};
use super::recognise::{MAGIC, Prelude};
use crate::source::{Error, Input};

/// The versions that are read.
const VERSIONS: std::ops::RangeInclusive<u8> = 1..=3;

/// Metadata that are longer are damaged: all options of a day are 2 million names of 100 bytes.
const LENGTH_MAX: usize = 1 << 30;

/// What is kept of them.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    /// Bytes before the first record.
    pub(super) length: u64,
    /// Whether a live gateway's sending time stands behind each record.
    pub(super) ts_out: bool,
    dataset: String,
}

impl Metadata {
    /// Reads them and moves the cursor to the first record. A fragment has none.
    pub(super) fn read(input: &mut Input) -> Result<(Metadata, Names), Error> {
        const PRELUDE: usize = size_of::<Prelude>();
        input.fill(PRELUDE)?;
        let (version, length) = match Prelude::ref_from_prefix(input.window()) {
            Ok((it, _)) if it.magic == *MAGIC => (it.version, it.length.get() as usize),
            _ => return Ok((Metadata::default(), Names::default())),
        };
        if !VERSIONS.contains(&version) {
            return Err(Error::Version {
                path: input.path().to_owned(),
                found: format!("DBN of version {version}"),
                mend: "versions 1 to 3 are read; ask Databento for version 3, or convert the file",
            });
        }
        let damaged = |input: &Input, offset, found| Error::Container {
            path: input.path().to_owned(),
            offset,
            expected: "the metadata of DBN",
            found,
        };
        if length > LENGTH_MAX {
            return Err(damaged(input, 4, format!("a length of {length} bytes")));
        }
        if !input.fill(PRELUDE + length)? {
            let found = format!("{} bytes of {length}", input.window().len() - PRELUDE);
            return Err(damaged(input, PRELUDE as u64, found));
        }
        let bytes = input.take(PRELUDE + length);
        let decoded =
            DbnMetadataDecoder::with_upgrade_policy(bytes, VersionUpgradePolicy::AsIs).decode();
        let decoded = decoded.map_err(|error| damaged(input, 0, error.to_string()))?;
        let names = Names::new(intervals(&decoded), decoded.start);
        let length = (PRELUDE + length) as u64;
        Ok((Metadata { length, ts_out: decoded.ts_out, dataset: decoded.dataset }, names))
    }

    /// Whether there are none.
    pub(super) fn is_none(&self) -> bool {
        self.length == 0
    }

    /// What tells the files of one dataset from others.
    pub(super) fn session(&self) -> [u8; 10] {
        let mut name = [0; 10];
        for (place, byte) in name.iter_mut().zip(self.dataset.bytes()) {
            *place = byte;
        }
        name
    }
}

/// Which instrument has which name from when on. Mappings from names to numbers, and from numbers to
/// names, say it; what is neither names no instrument.
fn intervals(metadata: &dbn::Metadata) -> Vec<Interval> {
    let inverse = metadata.stype_out != SType::InstrumentId;
    if inverse && metadata.stype_in != Some(SType::InstrumentId) {
        return Vec::new();
    }
    let of = |mapping: &dbn::SymbolMapping| {
        let raw = mapping.raw_symbol.clone();
        mapping.intervals.clone().into_iter().filter_map(move |interval| {
            let (id, name) = match inverse {
                false => (&interval.symbol, &raw),
                true => (&raw, &interval.symbol),
            };
            let start = interval.start_date.midnight().assume_utc().unix_timestamp_nanos();
            let from = u64::try_from(start).unwrap_or(0);
            // An interval without a symbol says that there was none.
            Some(Interval { from, id: id.parse().ok()?, name: name.clone() })
        })
    };
    metadata.mappings.iter().flat_map(of).filter(|it| !it.name.is_empty()).collect()
}

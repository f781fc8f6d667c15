//! What the first bytes of a file of DBN look like.

use zerocopy::FromBytes;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{Immutable, KnownLayout, Unaligned};

use super::{RECORD_MIN, TS_OUT};
use crate::source::{Error, Input};
use crate::venue::dbn::records::{Header, NO_TIME, WORD};
use crate::venue::dbn::rtype;

/// The first bytes of a file with metadata, in all versions.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Prelude {
    pub(super) magic: [u8; 3],
    pub(super) version: u8,
    /// Bytes of the metadata that follow.
    pub(super) length: U32,
}

/// What the metadata begin with.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Beginning {
    prelude: Prelude,
    dataset: [u8; 16],
    schema: U16,
}

pub(super) const MAGIC: &[u8; 3] = b"DBN";

/// The highest byte after the magic that may be a version: other files may begin with these letters.
const VERSION_MAX: u8 = 15;

/// Records of the sample that have to make sense: more would say no more.
const RECORDS: usize = 64;

/// No venue had a computer before 1990, and nobody needs this after 2200.
const TIMES: std::ops::Range<u64> = 631_152_000_000_000_000..7_258_118_400_000_000_000;

/// What in the bytes says that metadata begin here.
pub(super) fn metadata(sample: &[u8]) -> Option<String> {
    let (Beginning { prelude, dataset, schema }, _) = Beginning::ref_from_prefix(sample).ok()?;
    if prelude.magic != *MAGIC || !(1..=VERSION_MAX).contains(&prelude.version) {
        return None;
    }
    let schema = match dbn::Schema::try_from(schema.get()) {
        Ok(schema) => format!("schema {schema}"),
        Err(_) => "several schemas".to_owned(),
    };
    let dataset = String::from_utf8_lossy(dataset);
    let dataset = dataset.trim_end_matches('\0').escape_default();
    Some(format!("metadata (DBN {}, dataset {dataset}, {schema})", prelude.version))
}

/// What in the bytes says that they are records without metadata.
pub(super) fn fragment(sample: &[u8], more: bool) -> Option<String> {
    let mut rest = sample;
    let mut records = 0;
    while records < RECORDS && !rest.is_empty() {
        match record(rest) {
            Some(length) if length <= rest.len() => rest = &rest[length..],
            // The sample may end within a record; so may a file that was cut.
            Some(_) => break,
            None if more && rest.len() < RECORD_MIN => break,
            None => return None,
        }
        records += 1;
    }
    (records > 0).then(|| "types, lengths and times of its records".to_owned())
}

/// The length of the record that begins here, where everything in its header belongs together.
fn record(bytes: &[u8]) -> Option<usize> {
    let (header, _) = Header::ref_from_prefix(bytes).ok()?;
    let length = usize::from(header.length) * WORD;
    let of_type = rtype::lengths(header.rtype)?;
    let fits = of_type.iter().any(|known| length == *known || length == *known + TS_OUT);
    let ts = header.ts_event.get();
    let publisher = header.publisher_id.get();
    let is = fits && (1..=PUBLISHER_MAX).contains(&publisher);
    (is && (ts == NO_TIME || TIMES.contains(&ts))).then_some(length)
}

/// Databento numbers its publishers densely: there were 110 in 2026.
const PUBLISHER_MAX: u16 = 1_000;

/// Refuses what came before DBN: Zstandard, whose first frame is to be skipped and holds metadata that
/// begin with `DBZ`. Behind it lie records that look like a fragment.
pub(crate) fn refuse_dbz(input: &Input) -> Result<(), Error> {
    match input.head() {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, _, _, _, _, b'D', b'B', b'Z', ..] => Err(Error::Version {
            path: input.path().to_owned(),
            found: "DBZ, the format that DBN replaced in 2023".to_owned(),
            mend: "convert it with Databento's command: \
                   `dbn FILE.dbz --dbn --output FILE.dbn` (cargo install dbn-cli)",
        }),
        _ => Ok(()),
    }
}

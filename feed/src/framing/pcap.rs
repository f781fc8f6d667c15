//! Classic pcap files: micro- and nanoseconds, either byte order, and Kuznetzov's longer records.

use pcap_parser::nom;
use pcap_parser::pcap::{
    LegacyPcapBlock, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};
use pcap_parser::{PcapError, PcapHeader};

use super::capture::{LONGEST_PACKET, Record};
use super::link::Link;
use crate::source::{Error, Input};

/// Bytes of the file's header.
const FILE_HEADER: usize = 24;

/// Bytes of a record's header, and of Kuznetzov's.
const RECORD_HEADER: usize = 16;
const LONG_RECORD_HEADER: usize = 24;

/// Sub-second digits of nanosecond files are read as they are, those of others times this.
const NS_PER_US: u64 = 1_000;
const NS_PER_S: u64 = 1_000_000_000;

type Parse =
    for<'a> fn(&'a [u8]) -> nom::IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>>;

/// Reads the records of a pcap file.
#[derive(Debug)]
pub struct Pcap {
    link: Link,
    parse: Parse,
    record_header: usize,
    /// Nanoseconds of one unit of the sub-second field.
    fraction_ns: u64,
}

impl Pcap {
    /// Whether a file that starts like this is a pcap file.
    pub fn is(first: &[u8]) -> bool {
        let magic = first.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        matches!(magic, Some(0xa1b2_c3d4 | 0xd4c3_b2a1 | 0xa1b2_3c4d | 0x4d3c_b2a1 | 0xa1b2_cd34))
    }

    /// Reads the file's header and moves behind it.
    pub fn begin(input: &mut Input) -> Result<Pcap, Error> {
        input.fill(FILE_HEADER)?;
        let Ok((_, header)) = parse_pcap_header(input.window()) else {
            return Err(Error::Container {
                path: input.path().to_owned(),
                offset: 0,
                expected: "the 24 bytes of a pcap header",
                found: format!("{} bytes", input.window().len()),
            });
        };
        input.consume(FILE_HEADER);
        Ok(Pcap::of(&header))
    }

    fn of(header: &PcapHeader) -> Pcap {
        // The upper bits say whether frames end with a checksum: it lies behind the IP length.
        let link = Link::from(header.network.0 as u32 & 0x03ff_ffff);
        let (parse, record_header): (Parse, usize) = match () {
            () if header.is_modified_format() => (parse_pcap_frame_modified, LONG_RECORD_HEADER),
            () if header.is_bigendian() => (parse_pcap_frame_be, RECORD_HEADER),
            () => (parse_pcap_frame, RECORD_HEADER),
        };
        let fraction_ns = if header.is_nanosecond_precision() { 1 } else { NS_PER_US };
        Pcap { link, parse, record_header, fraction_ns }
    }

    /// The record at the cursor, without moving it; `None` where the file ends before the record.
    #[inline]
    pub fn record(&self, input: &mut Input) -> Result<Option<Record>, Error> {
        loop {
            let length = match (self.parse)(input.window()) {
                Ok((_, block)) if block.data.len() <= LONGEST_PACKET => {
                    let seconds = u64::from(block.ts_sec) * NS_PER_S;
                    let fraction = u64::from(block.ts_usec) * self.fraction_ns;
                    let frame = self.record_header..self.record_header + block.data.len();
                    return Ok(Some(Record {
                        length: frame.end,
                        ts: Some(seconds + fraction),
                        link: self.link,
                        whole: block.caplen >= block.origlen,
                        frame,
                    }));
                }
                Ok((_, block)) => block.data.len(),
                Err(nom::Err::Incomplete(nom::Needed::Size(more))) => more.get(),
                // The parser knows no other error.
                Err(_) => 0,
            };
            if length > LONGEST_PACKET {
                return Err(Error::Container {
                    path: input.path().to_owned(),
                    offset: input.offset(),
                    expected: "a pcap record of at most 262,144 bytes",
                    found: format!("one of {length} or more"),
                });
            }
            if !input.refill()? {
                return Ok(None);
            }
        }
    }
}

//! pcapng files: sections of either byte order, several interfaces with clocks of their own,
//! enhanced, simple and obsolete packet blocks. Every other block is passed over.
//!
//! Written here, because ready parsers allocate a list of options for each packet. The format is
//! draft-ietf-opsawg-pcapng; its section numbers are given as §.

use super::capture::{LONGEST_PACKET, Record};
use super::link::Link;
use crate::counts::{Counts, Malformed};
use crate::source::{Error, Input};

mod clock;

use clock::Clock;

/// Block types (§11.1).
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// What a section header holds behind its length, as a reader of the right order sees it (§4.1).
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// Type and length in front of a block's body, and the length again behind it (§3.1).
const BLOCK_HEAD: usize = 8;
const BLOCK_FRAME: usize = BLOCK_HEAD + 4;

/// Options of an interface (§4.2).
const OPTION_RESOLUTION: u16 = 9;
const OPTION_OFFSET: u16 = 14;

/// The byte order of a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Order::Little => u16::from_le_bytes(field),
            Order::Big => u16::from_be_bytes(field),
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Order::Little => u32::from_le_bytes(field),
            Order::Big => u32::from_be_bytes(field),
        })
    }

    fn i64(self, bytes: &[u8], at: usize) -> Option<i64> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Order::Little => i64::from_le_bytes(field),
            Order::Big => i64::from_be_bytes(field),
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Link,
    /// Bytes of a packet that are kept at most; 0 for all.
    snaplen: u32,
    clock: Clock,
}

/// Reads the packets of a pcapng file.
#[derive(Debug)]
pub struct Pcapng {
    order: Order,
    /// Of the current section.
    interfaces: Vec<Interface>,
}

impl Pcapng {
    /// Whether a file that starts like this is a pcapng file. The number of a section header reads
    /// the same in both byte orders.
    pub fn is(first: &[u8]) -> bool {
        first.starts_with(&SECTION.to_le_bytes())
    }

    /// A reader at the start of a file.
    pub fn begin() -> Pcapng {
        Pcapng { order: Order::Little, interfaces: Vec::new() }
    }

    /// Moves to the next packet and returns it, with the cursor before it; `None` where the file
    /// ends before or inside a block.
    pub fn record(
        &mut self,
        input: &mut Input,
        counts: &mut Counts,
    ) -> Result<Option<Record>, Error> {
        while input.fill(BLOCK_FRAME)? {
            let window = input.window();
            let kind = self.order.u32(window, 0).unwrap_or_default();
            if kind == SECTION {
                self.order = section_order(input)?;
                self.interfaces.clear();
            }
            let length = self.block_length(input)?;
            let wanted =
                matches!(kind, INTERFACE | OBSOLETE_PACKET | SIMPLE_PACKET | ENHANCED_PACKET);
            if !wanted {
                if !input.skip(length as u64)? {
                    counts.truncated = true;
                    return Ok(None);
                }
                continue;
            }
            // Packets, their options and headers: no sound block is longer.
            if length > 2 * LONGEST_PACKET {
                return Err(broken(input, "a block of at most 524,288 bytes", length as u64));
            }
            if !input.fill(length)? {
                return Ok(None);
            }
            let body = &input.window()[BLOCK_HEAD..length - 4];
            if kind == INTERFACE {
                self.interfaces.extend(self.interface(body));
            } else if let Some(mut record) = self.packet(kind, body) {
                record.length = length;
                return Ok(Some(record));
            } else {
                counts.malformed(Malformed::Record);
            }
            input.consume(length);
        }
        Ok(None)
    }

    fn block_length(&self, input: &Input) -> Result<usize, Error> {
        let length = self.order.u32(input.window(), 4).unwrap_or_default();
        if length < BLOCK_FRAME as u32 || !length.is_multiple_of(4) {
            let expected = "a block length that is a multiple of 4 and at least 12";
            return Err(broken(input, expected, length.into()));
        }
        Ok(length as usize)
    }

    /// §4.2. An interface whose options end too early keeps those before.
    fn interface(&self, body: &[u8]) -> Option<Interface> {
        let link = Link::from(u32::from(self.order.u16(body, 0)?));
        let snaplen = self.order.u32(body, 4)?;
        let (mut resolution, mut offset) = (Clock::MICROSECONDS, 0);
        let mut at = 8;
        while let (Some(code), Some(length)) =
            (self.order.u16(body, at), self.order.u16(body, at + 2))
            && code != 0
        {
            let value = body.get(at + 4..).unwrap_or_default();
            match code {
                OPTION_RESOLUTION => resolution = value.first().copied().unwrap_or(resolution),
                OPTION_OFFSET => offset = self.order.i64(value, 0).unwrap_or(offset),
                _ => {}
            }
            at += 4 + usize::from(length).next_multiple_of(4);
        }
        Some(Interface { link, snaplen, clock: Clock::new(resolution, offset) })
    }

    /// A packet, but for the length of its record; `None` where it contradicts itself or names an
    /// interface that was not described.
    #[inline]
    fn packet(&self, kind: u32, body: &[u8]) -> Option<Record> {
        let word = |at| self.order.u32(body, at);
        let (interface, ts_at, captured, original, data_at) = match kind {
            // §4.3: interface, time in two halves, captured and original length.
            ENHANCED_PACKET => (word(0)? as usize, Some(4), word(12)?, word(16)?, 20),
            // Appendix A: the same, with a count of drops beside the interface.
            OBSOLETE_PACKET => (self.order.u16(body, 0)?.into(), Some(4), word(12)?, word(16)?, 20),
            // §4.4: the original length alone.
            _ => {
                let original = word(0)?;
                let snaplen = self.interfaces.first()?.snaplen;
                let kept = if snaplen == 0 { original } else { original.min(snaplen) };
                (0, None, kept, original, 4)
            }
        };
        let interface = self.interfaces.get(interface)?;
        let ts = match ts_at {
            Some(at) => {
                let ticks = u64::from(word(at)?) << 32 | u64::from(word(at + 4)?);
                Some(interface.clock.ns(ticks))
            }
            None => None,
        };
        let end = data_at + captured as usize;
        (end <= body.len()).then_some(Record {
            length: 0,
            ts,
            link: interface.link,
            whole: captured >= original,
            frame: BLOCK_HEAD + data_at..BLOCK_HEAD + end,
        })
    }
}

fn section_order(input: &Input) -> Result<Order, Error> {
    let found = Order::Little.u32(input.window(), BLOCK_HEAD).unwrap_or_default();
    match found {
        BYTE_ORDER_MAGIC => Ok(Order::Little),
        _ if found.swap_bytes() == BYTE_ORDER_MAGIC => Ok(Order::Big),
        _ => Err(broken(input, "the byte-order magic 1a2b3c4d of a section", found.into())),
    }
}

fn broken(input: &Input, expected: &'static str, found: u64) -> Error {
    let found = format!("{found} (0x{found:x})");
    Error::Container { path: input.path().to_owned(), offset: input.offset(), expected, found }
}

//! Records as the body of a block: 15 to 20 bytes each, where they are 48 in memory.
//!
//! ```text
//!  body     u32 shapes | shapes × u32 | count × row | 64 zeros
//!  row      u32 lengths | 7 values of 0 to 8 bytes
//!
//!  lengths  8 nibbles, from the lowest: bytes of shape, symbol, quantity, price, id, exchange_ts,
//!           ingress_ts; then the unit of the price
//! ```
//!
//! A value is as many low bytes as it needs, none for 0. What changes little is a difference to the
//! value before it, signed ones as zigzag (0, -1, 1, -2, …):
//!
//! | value | is |
//! |---|---|
//! | shape | index into the block's shapes: kind, side, flags and venue together |
//! | symbol | exclusive or with the symbol of the record before |
//! | quantity | itself |
//! | price | in its unit (1, 10^5 or 10^7 of 1e-9), zigzag; no price is a unit of its own |
//! | id | zigzag difference to the last id of a record of this kind |
//! | exchange_ts, ingress_ts | zigzag difference to the record before |
//!
//! All that comes before the first record of a block is 0. The zeros at the end let a row be read
//! as one array, whatever its lengths.

use zerocopy::transmute;

use crate::msg::Msg;
use crate::units::Price;

use super::{BLOCK_RECORDS, Row};

/// Bytes that may be read from the beginning of a row on.
const REACH: usize = 64;

/// Bytes of a row at most.
const ROW_MAX: usize = 4 + 7 * 8;

/// Bytes of a body at most: every record with a shape of its own.
pub(super) const BODY_MAX: usize = 4 + BLOCK_RECORDS * (4 + ROW_MAX) + REACH;

/// Units of prices, by their nibble: of tickers with one, with four and with two decimals or fewer.
const UNITS: [i64; 16] = {
    let mut units = [0; 16];
    (units[0], units[1], units[2]) = (1, 100_000, 10_000_000);
    units
};

/// The nibble of a price that is none.
const NO_PRICE: u32 = 15;

/// By length: the bytes that count. Lengths above 8 are no lengths, and count nothing.
const MASKS: [u64; 16] = {
    let mut masks = [0; 16];
    let mut length = 1;
    while length <= 8 {
        masks[length] = u64::MAX >> (64 - 8 * length);
        length += 1;
    }
    masks
};

/// Ids that are remembered, by the low bits of the kind.
const IDS: usize = 16;

/// What rows are told against. Reset for each block.
#[derive(Clone, Copy, Default)]
struct Before {
    symbol: u64,
    exchange_ts: u64,
    ingress_ts: u64,
    ids: [u64; IDS],
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

#[inline(always)]
fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Packs the records of one block after the other.
pub struct Packer {
    shapes: Vec<u32>,
    /// By the low bits of the kind: the shape that was last found for it.
    found: [usize; IDS],
    rows: Vec<u8>,
    count: u32,
    before: Before,
}

impl Default for Packer {
    fn default() -> Packer {
        Packer {
            shapes: Vec::with_capacity(64),
            found: [0; IDS],
            rows: Vec::with_capacity(BLOCK_RECORDS * ROW_MAX),
            count: 0,
            before: Before::default(),
        }
    }
}

impl Packer {
    /// Records in the block so far.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Adds a record. The caller ends a block of [`BLOCK_RECORDS`] before.
    pub fn push(&mut self, row: &Row) {
        let Row { msg, exchange_ts, ingress_ts } = row;
        let symbol = u64::from_le_bytes(msg.symbol.0);
        let kind = usize::from(msg.kind.0) % IDS;
        let shape = u32::from_le_bytes([msg.kind.0, msg.side.0, msg.flags.0, msg.venue]);
        let (unit, price) = in_unit(msg.price);
        let values = [
            self.shape(kind, shape) as u64,
            symbol ^ self.before.symbol,
            u64::from(msg.quantity),
            price,
            zigzag(msg.id.wrapping_sub(self.before.ids[kind]) as i64),
            zigzag(exchange_ts.wrapping_sub(self.before.exchange_ts) as i64),
            zigzag(ingress_ts.wrapping_sub(self.before.ingress_ts) as i64),
        ];
        self.before.symbol = symbol;
        self.before.ids[kind] = msg.id;
        (self.before.exchange_ts, self.before.ingress_ts) = (*exchange_ts, *ingress_ts);
        self.count += 1;

        let mut packed = [0; REACH];
        let (mut lengths, mut at) = (unit << 28, 4);
        for (nibble, value) in values.into_iter().enumerate() {
            let length = (71 - value.leading_zeros()) / 8;
            lengths |= length << (4 * nibble);
            packed[at..at + 8].copy_from_slice(&value.to_le_bytes());
            at += length as usize;
        }
        packed[..4].copy_from_slice(&lengths.to_le_bytes());
        self.rows.extend_from_slice(&packed[..at]);
    }

    /// The place of a shape among those of the block.
    fn shape(&mut self, kind: usize, shape: u32) -> usize {
        let likely = self.found[kind];
        if self.shapes.get(likely) == Some(&shape) {
            return likely;
        }
        let known = self.shapes.iter().position(|known| *known == shape);
        self.found[kind] = known.unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
        });
        self.found[kind]
    }

    /// Appends the body and begins another one.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.shapes.len() as u32).to_le_bytes());
        self.shapes.iter().for_each(|shape| out.extend_from_slice(&shape.to_le_bytes()));
        out.extend_from_slice(&self.rows);
        out.extend_from_slice(&[0; REACH]);
        self.shapes.clear();
        self.rows.clear();
        (self.count, self.before) = (0, Before::default());
    }
}

/// A price as its unit's nibble and the zigzag of how many of them it is.
fn in_unit(price: Price) -> (u32, u64) {
    match price.0 {
        _ if price == Price::NONE => (NO_PRICE, 0),
        value if value % UNITS[2] == 0 => (2, zigzag(value / UNITS[2])),
        value if value % UNITS[1] == 0 => (1, zigzag(value / UNITS[1])),
        value => (0, zigzag(value)),
    }
}

/// Unpacks the records of a block.
#[derive(Clone, Debug)]
pub struct Unpacker {
    shapes: Vec<u32>,
    /// Where in the body the next row begins.
    at: usize,
    left: u32,
    before: Before,
}

impl std::fmt::Debug for Before {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Before").field("exchange_ts", &self.exchange_ts).finish_non_exhaustive()
    }
}

impl Default for Unpacker {
    fn default() -> Unpacker {
        let shapes = Vec::with_capacity(BLOCK_RECORDS);
        Unpacker { shapes, at: 0, left: 0, before: Before::default() }
    }
}

/// The body of a block contradicts itself, although its checksum is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contradiction;

impl Unpacker {
    /// Begins a block of `count` records.
    pub fn begin(&mut self, body: &[u8], count: u32) -> Result<(), Contradiction> {
        self.shapes.clear();
        self.left = 0;
        let (shapes, rest) = body.split_first_chunk::<4>().ok_or(Contradiction)?;
        let shapes = u32::from_le_bytes(*shapes) as usize;
        if shapes > BLOCK_RECORDS || count as usize > BLOCK_RECORDS {
            return Err(Contradiction);
        }
        let table = rest.get(..4 * shapes).ok_or(Contradiction)?;
        self.shapes.extend(table.as_chunks::<4>().0.iter().map(|shape| u32::from_le_bytes(*shape)));
        (self.at, self.left, self.before) = (4 + table.len(), count, Before::default());
        Ok(())
    }

    /// Records of the block that were not taken yet.
    #[inline(always)]
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Where in the body the next record begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The rest of the block is not wanted.
    pub fn abandon(&mut self) {
        self.left = 0;
    }

    /// The next record of the block that begins with `body`; to be called while some are left.
    #[inline(always)]
    pub fn next(&mut self, body: &[u8]) -> Result<Row, Contradiction> {
        let packed: &[u8; REACH] =
            body.get(self.at..).and_then(<[u8]>::first_chunk).ok_or(Contradiction)?;
        let (lengths, _) = packed.split_first_chunk().expect("64 bytes begin with 4");
        let lengths = u32::from_le_bytes(*lengths);
        // A nibble is no length if its bit of 8 is set and another one too.
        let low = (lengths << 1 | lengths << 2 | lengths << 3) & 0x0888_8888;
        if lengths & low != 0 {
            return Err(Contradiction);
        }
        let mut at = 4;
        let mut value = |nibble: u32| {
            let length = (lengths >> (4 * nibble) & 15) as usize;
            let bytes = packed[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            at += length;
            bytes & MASKS[length]
        };
        let shape = value(0);
        let shape = *self.shapes.get(shape as usize).ok_or(Contradiction)?;
        let before = &mut self.before;
        before.symbol ^= value(1);
        let quantity = value(2) & u64::from(u32::MAX);
        let price = unzigzag(value(3));
        let price = match lengths >> 28 {
            NO_PRICE => Price::NONE.0,
            unit => match UNITS[unit as usize] {
                0 => return Err(Contradiction),
                unit => price.wrapping_mul(unit),
            },
        };
        let id = &mut before.ids[shape as usize % IDS];
        *id = id.wrapping_add(unzigzag(value(4)) as u64);
        before.exchange_ts = before.exchange_ts.wrapping_add(unzigzag(value(5)) as u64);
        before.ingress_ts = before.ingress_ts.wrapping_add(unzigzag(value(6)) as u64);
        // As words: what is stored in pieces and loaded as a word makes the core wait.
        let words = [*id, price as u64, quantity | u64::from(shape) << 32, before.symbol];
        let msg: Msg = transmute!(words);
        self.at += at;
        self.left -= 1;
        Ok(Row { msg, exchange_ts: before.exchange_ts, ingress_ts: before.ingress_ts })
    }
}

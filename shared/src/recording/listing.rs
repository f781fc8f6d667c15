//! Instruments: what a record's symbol does not say of them.

use zerocopy::little_endian::{I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::block::BODY_MAX;
use crate::instruments::{Listing, NAME_BYTES, Name};
use crate::units::{Price, Symbol};

/// What stands where nobody said how many decimals there are.
const NO_DECIMALS: u8 = u8::MAX;

/// An instrument in the file. How long an entry is stands at the beginning of the body, so that a
/// later version may add to it.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Entry {
    symbol: [u8; 8],
    name: [u8; NAME_BYTES],
    /// Of 1e-9 of the currency unit; `i64::MAX` for none.
    tick: I64,
    /// 0 for none.
    lot: U32,
    price_decimals: u8,
    quantity_decimals: u8,
    reserved: [u8; 10],
}

const _: () = assert!(size_of::<Entry>() == 64);

/// Entries that one block can hold.
pub(super) const BLOCK_MAX: usize = (BODY_MAX - 4) / size_of::<Entry>();

/// Appends the body of a block.
pub(super) fn append(out: &mut Vec<u8>, listed: &[(Symbol, Listing)]) {
    out.extend_from_slice(&(size_of::<Entry>() as u32).to_le_bytes());
    for (symbol, listing) in listed {
        let entry = Entry {
            symbol: symbol.0,
            name: *listing.name().bytes(),
            tick: listing.tick().unwrap_or(Price::NONE).0.into(),
            lot: listing.lot().unwrap_or(0).into(),
            price_decimals: listing.price_decimals().unwrap_or(NO_DECIMALS),
            quantity_decimals: listing.quantity_decimals().unwrap_or(NO_DECIMALS),
            reserved: [0; _],
        };
        out.extend_from_slice(entry.as_bytes());
    }
}

/// The instruments of a block; what is no whole entry ends the list.
pub fn entries(body: &[u8]) -> impl Iterator<Item = Entry> {
    let (length, rest) = body.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    let length = (u32::from_le_bytes(*length) as usize).max(size_of::<Entry>());
    let entries = rest.chunks_exact(length).map(Entry::read_from_prefix);
    entries.filter_map(|entry| entry.ok().map(|(entry, _)| entry))
}

impl Entry {
    /// What records call the instrument.
    pub fn symbol(&self) -> Symbol {
        Symbol(self.symbol)
    }

    /// What is said of it.
    pub fn listing(&self) -> Listing {
        let listing = Listing::new(Name::of(self.name));
        let listing = listing.with_tick(Price(self.tick.get())).with_lot(self.lot.get());
        let listing = listing.with_price_decimals(self.price_decimals);
        listing.with_quantity_decimals(self.quantity_decimals)
    }
}

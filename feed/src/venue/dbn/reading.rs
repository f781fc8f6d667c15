//! Which record bytes hold.

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::records::{
    Definition1, Definition2, Definition3, Header, Mapping1, Mapping2, Mbo, NO_TIME, Status, Ten,
    Top, Trade,
};
use super::rtype::{self, lengths};
use crate::venue::Refused;

/// A record, still lying in the bytes that it was read from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record<'a> {
    /// See [`Mbo`].
    Mbo(&'a Mbo),
    /// See [`Trade`].
    Trade(&'a Trade),
    /// See [`Top`]; of [`Ten`] its first level.
    Top(&'a Top),
    /// See [`Status`].
    Status(&'a Status),
    /// See [`Definition`].
    Definition(Definition<'a>),
    /// The name that a mapping gives.
    Mapping(&'a [u8]),
    /// One that says nothing to a book.
    Other,
}

/// Reads a record and says whether it is longer than its layout.
#[inline(always)]
pub fn decode(bytes: &[u8]) -> Result<(&Header, Record<'_>, bool), Refused> {
    let (header, _) = match Header::ref_from_prefix(bytes) {
        Ok(found) => found,
        Err(_) => return Err(bytes.get(1).map_or(Refused::Empty, |rtype| Refused::Short(*rtype))),
    };
    let (record, length) = match header.rtype {
        rtype::MBO => (Record::Mbo(as_layout(bytes)?), Mbo::LENGTH),
        rtype::MBP_1
        | rtype::CMBP_1
        | rtype::TCBBO
        | rtype::BBO_1S
        | rtype::BBO_1M
        | rtype::CBBO_1S
        | rtype::CBBO_1M => (Record::Top(as_layout(bytes)?), Top::LENGTH),
        rtype::TRADES => (Record::Trade(as_layout(bytes)?), Trade::LENGTH),
        rtype::MBP_10 => {
            as_layout::<Ten>(bytes)?;
            (Record::Top(as_layout(bytes)?), Ten::LENGTH)
        }
        rtype::STATUS => (Record::Status(as_layout(bytes)?), Status::LENGTH),
        rtype::DEFINITION => definition(bytes)?,
        rtype::SYMBOL_MAPPING => mapping(bytes)?,
        rtype => other(rtype, bytes.len())?,
    };
    Ok((header, record, bytes.len() > length))
}

/// The bytes as a layout, from which the header is known to be there.
#[inline(always)]
fn as_layout<T: FromBytes + Immutable + KnownLayout + Unaligned>(
    bytes: &[u8],
) -> Result<&T, Refused> {
    T::ref_from_prefix(bytes).map(|(record, _)| record).map_err(|_| Refused::Short(bytes[1]))
}

/// What a definition says, whatever its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition<'a> {
    /// The name, padded with NUL.
    pub raw_symbol: &'a [u8],
    /// The least step of the price; `i64::MAX` for none.
    pub min_price_increment: i64,
    /// A round lot; `i32::MAX` for none.
    pub min_lot_size_round_lot: i32,
}

macro_rules! definition {
    ($bytes:expr, $layout:ident) => {{
        let it = as_layout::<$layout>($bytes)?;
        let definition = Definition {
            raw_symbol: &it.raw_symbol,
            min_price_increment: it.min_price_increment.get(),
            min_lot_size_round_lot: it.min_lot_size_round_lot.get(),
        };
        (Record::Definition(definition), $layout::LENGTH)
    }};
}

fn definition(bytes: &[u8]) -> Result<(Record<'_>, usize), Refused> {
    Ok(match bytes.len() {
        Definition3::LENGTH.. => definition!(bytes, Definition3),
        Definition2::LENGTH.. => definition!(bytes, Definition2),
        _ => definition!(bytes, Definition1),
    })
}

fn mapping(bytes: &[u8]) -> Result<(Record<'_>, usize), Refused> {
    let (name, length): (&[u8], _) = match bytes.len() {
        Mapping2::LENGTH.. => (&as_layout::<Mapping2>(bytes)?.stype_out_symbol, Mapping2::LENGTH),
        _ => (&as_layout::<Mapping1>(bytes)?.stype_out_symbol, Mapping1::LENGTH),
    };
    Ok((Record::Mapping(name), length))
}

fn other(rtype: u8, found: usize) -> Result<(Record<'static>, usize), Refused> {
    let lengths = lengths(rtype).ok_or(Refused::Unknown(rtype))?;
    match lengths.iter().rev().find(|length| **length <= found) {
        Some(length) => Ok((Record::Other, *length)),
        None => Err(Refused::Short(rtype)),
    }
}

/// When the capturing server had a record; `None` where the record does not say it.
#[inline(always)]
pub fn received(bytes: &[u8]) -> Option<u64> {
    let ts = match *bytes.get(1)? {
        rtype::MBO => Mbo::ref_from_prefix(bytes).ok()?.0.ts_recv.get(),
        rtype::TRADES => Trade::ref_from_prefix(bytes).ok()?.0.ts_recv.get(),
        rtype::STATUS | rtype::DEFINITION | rtype::IMBALANCE | rtype::STATISTICS => {
            Status::ref_from_prefix(bytes).ok()?.0.ts_recv.get()
        }
        rtype::MBP_1
        | rtype::MBP_10
        | rtype::CMBP_1
        | rtype::TCBBO
        | rtype::BBO_1S
        | rtype::BBO_1M
        | rtype::CBBO_1S
        | rtype::CBBO_1M => Top::ref_from_prefix(bytes).ok()?.0.ts_recv.get(),
        _ => NO_TIME,
    };
    // Bars and news of the gateway have their own time only.
    let ts = if ts == NO_TIME { Header::ref_from_prefix(bytes).ok()?.0.ts_event.get() } else { ts };
    (ts != NO_TIME).then_some(ts)
}

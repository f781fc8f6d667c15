//! What a feed published and `tickline record` kept: records, passed on as they are.
//!
//! Two messages: a [`Row`](tickline_shared::recording::Row), and an [`Entry`] that names an
//! instrument. Their types in reports are the kinds of the records, and `Instrument`.

use tickline_shared::msg::Kind;
use tickline_shared::recording::listing::Entry;
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::Symbol;
use zerocopy::FromBytes;

use super::market::{Decoded, Decoder, Keeps, MarketEvent, Setting};
use super::{Family, Refused};
use crate::instruments::Passing;

/// The type of a message that names an instrument; no record has this kind.
const INSTRUMENT: u8 = 0;

/// Decodes recordings.
#[derive(Clone, Copy, Debug)]
pub struct Recorded;

impl Decoder for Recorded {
    type Instrument = Passing;
    const FAMILY: Family = Family::Recorded;
    /// Each file says which it is.
    const EPOCH: Epoch = Epoch::Unix;
    const KEEPS: Keeps = Keeps::Nothing;

    fn new(_: &Setting<'_>) -> Recorded {
        Recorded
    }

    #[inline(always)]
    fn decode(&mut self, bytes: &[u8]) -> Result<Decoded<Passing>, Refused> {
        // A row by its words: see `MarketEvent::Record`.
        let Ok(row) = <[u64; 6]>::read_from_bytes(bytes) else { return instrument(bytes) };
        let [id, price, rest, symbol, exchange_ts, _] = row;
        Ok(Decoded {
            kind: (rest >> 32) as u8,
            longer: false,
            timestamp: exchange_ts,
            instrument: Passing::Record(Symbol(symbol.to_ne_bytes())),
            event: MarketEvent::Record([id, price, rest, symbol]),
        })
    }

    fn type_name(kind: u8) -> String {
        match Kind(kind) {
            Kind(INSTRUMENT) => "Instrument".to_owned(),
            kind => format!("{kind:?}"),
        }
    }
}

/// What names an instrument.
#[cold]
fn instrument(bytes: &[u8]) -> Result<Decoded<Passing>, Refused> {
    if bytes.is_empty() {
        return Err(Refused::Empty);
    }
    let entry = Entry::read_from_bytes(bytes).map_err(|_| Refused::Short(INSTRUMENT))?;
    Ok(Decoded {
        kind: INSTRUMENT,
        longer: false,
        timestamp: 0,
        instrument: Passing::Listing(entry.symbol()),
        event: MarketEvent::Directory(entry.listing()),
    })
}

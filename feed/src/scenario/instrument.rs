//! `[[feed.instrument]]`: what the scenario says of an instrument.

use serde::Deserialize;
use tickline_shared::instruments::{Listing, Name};
use tickline_shared::scenario::{Fault, number};
use tickline_shared::units::Symbol;
use toml::Spanned;

use super::VenueChoice;
use crate::venue::Venue;

/// Prices are exact to nine decimals, and a quantity of nine is as good as used up by its fraction.
const DECIMALS_MAX: u64 = 9;

/// An instrument, checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InstrumentConfig {
    /// Its name as the venue writes it, its decimals and its lot, as far as they were typed.
    pub listing: Listing,
    /// How records call it.
    pub alias: Option<Symbol>,
}

/// `[[feed.instrument]]` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table [[feed.instrument]]")]
pub struct RawInstrument {
    symbol: Spanned<String>,
    alias: Option<Spanned<String>>,
    price_decimals: Option<Spanned<u64>>,
    quantity_decimals: Option<Spanned<u64>>,
    lot: Option<Spanned<u64>>,
}

impl InstrumentConfig {
    /// Checks all tables, and against each other; sorted by name.
    pub(super) fn check(
        raw: &[RawInstrument],
        venue: VenueChoice,
    ) -> Result<Vec<InstrumentConfig>, Fault> {
        let mut checked = raw
            .iter()
            .map(|raw| InstrumentConfig::check_one(raw, venue))
            .collect::<Result<Vec<_>, _>>()?;
        for (index, (one, typed)) in checked.iter().zip(raw).enumerate() {
            one.check_with(typed, &checked[..index], &checked)?;
        }
        checked.sort_by_key(|one| *one.listing.name());
        Ok(checked)
    }

    fn check_one(raw: &RawInstrument, venue: VenueChoice) -> Result<InstrumentConfig, Fault> {
        let name = check_name(&raw.symbol)?;
        let alias = raw.alias.as_ref().map(|alias| check_alias(alias, &name)).transpose()?;
        let decimals = |value: &Option<Spanned<u64>>, key: &str| {
            let key = format!("feed.instrument.{key}");
            number(value, &key, 0..=DECIMALS_MAX, 0).map(|decimals| decimals as u8)
        };
        let mut listing = Listing::new(name);
        if raw.price_decimals.is_some() {
            let decimals = decimals(&raw.price_decimals, "price_decimals")?;
            listing = listing.with_price_decimals(decimals);
        }
        if let Some(typed) = &raw.quantity_decimals {
            let decimals = decimals(&raw.quantity_decimals, "quantity_decimals")?;
            if let VenueChoice::Named(venue) = venue
                && !venue.scales()
            {
                let fault = Fault::new(typed.span(), unscaled(venue));
                return Err(fault.help("leave `quantity_decimals` out"));
            }
            listing = listing.with_quantity_decimals(decimals);
        }
        if raw.lot.is_some() {
            let lot = number(&raw.lot, "feed.instrument.lot", 1..=u32::MAX.into(), 1)?;
            listing = listing.with_lot(lot as u32);
        }
        if alias.is_none() && listing == Listing::new(name) {
            let fault = Fault::new(raw.symbol.span(), format!("nothing is said of `{name}`"));
            return Err(fault.expected(
                "one of `alias`, `price_decimals`, `quantity_decimals` and `lot` at least",
            ));
        }
        Ok(InstrumentConfig { listing, alias })
    }

    /// Checks it against those before it and against all.
    fn check_with(
        &self,
        raw: &RawInstrument,
        before: &[InstrumentConfig],
        all: &[InstrumentConfig],
    ) -> Result<(), Fault> {
        let name = self.listing.name();
        if before.iter().any(|other| other.listing.name() == name) {
            let fault = Fault::new(raw.symbol.span(), format!("`{name}` is described twice"));
            return Err(fault.help("put both into one [[feed.instrument]]"));
        }
        let Some((alias, typed)) = self.alias.zip(raw.alias.as_ref()) else { return Ok(()) };
        let other = all.iter().find(|other| {
            let theirs = [other.alias, other.listing.name().symbol()];
            other.listing.name() != name && theirs.contains(&Some(alias))
        });
        match other {
            None => Ok(()),
            Some(other) => {
                let other = other.listing.name();
                let what = format!("`{alias}` is how records call `{other}`");
                Err(Fault::new(typed.span(), what).help("choose another alias"))
            }
        }
    }

    /// The decimals of quantities that were typed of an instrument, in a list that is sorted by name.
    pub fn find<'a>(sorted: &'a [InstrumentConfig], name: &Name) -> Option<&'a InstrumentConfig> {
        sorted.binary_search_by_key(name, |one| *one.listing.name()).ok().map(|at| &sorted[at])
    }
}

/// What is wrong with decimals of quantities at such a venue.
pub(crate) fn unscaled(venue: Venue) -> String {
    format!("{venue} says itself what its quantities count")
}

/// The name of an instrument, as the venue writes it.
pub(super) fn check_name(word: &Spanned<String>) -> Result<Name, Fault> {
    word.get_ref().parse().map_err(|error| Fault::new(word.span(), error))
}

fn check_alias(word: &Spanned<String>, name: &Name) -> Result<Symbol, Fault> {
    if name.symbol().is_some() {
        let what = format!("records have room for all of `{name}`");
        return Err(Fault::new(word.span(), what).help("leave `alias` out"));
    }
    word.get_ref().parse().map_err(|error| Fault::new(word.span(), error))
}

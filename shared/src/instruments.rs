//! What is known of the instruments of a venue: their full names, the symbols by which records call
//! them, decimals, lots and statuses.
//!
//! A record has 8 bytes for a symbol ([`Symbol`](crate::units::Symbol)). Where a venue's name is
//! longer, an [`alias`] of it stands there, and this is where the name is found again.

mod name;

mod alias;

mod listing;

mod table;

mod registry;

mod view;

pub use alias::alias;
pub use listing::Listing;
pub use name::{NAME_BYTES, Name, NotAName};
pub use registry::{Place, Registry};
pub use table::{INSTRUMENTS_MAX, Table};
pub use view::{Instrument, Instruments};

#[cfg(test)]
mod tests;

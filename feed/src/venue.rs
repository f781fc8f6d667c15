//! What the messages of a venue mean: bytes in, values out.
//!
//! A venue is one file in `venue/` and one row in [`Venue::ALL`]. The loops that matter for speed
//! call a venue's own `decode`; [`Venue`] serves everything that asks by name.

use std::fmt;
use std::str::FromStr;

pub mod market;

pub mod nasdaq_itch50;

/// Why a message means nothing to a venue's decoder. The message is counted and skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// No bytes, so no type.
    Empty,
    /// Shorter than messages of its type are.
    Short(u8),
    /// A type that the venue's specification lacks: the venue may have added it.
    Unknown(u8),
}

/// A venue and the version of its protocol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Venue {
    /// Nasdaq TotalView-ITCH 5.0; also BX and PSX.
    NasdaqItch50,
}

impl Venue {
    /// Every venue with its name in scenarios, reports and on the command line.
    pub const ALL: &[(Venue, &str)] = &[(Venue::NasdaqItch50, "nasdaq-itch50")];

    /// The name in scenarios, reports and on the command line.
    pub fn name(self) -> &'static str {
        let row = Venue::ALL.iter().find(|(venue, _)| *venue == self);
        row.map_or("?", |(_, name)| name)
    }

    /// Bytes of a message of this type; `None` for a type that the specification lacks.
    pub fn length(self, kind: u8) -> Option<usize> {
        match self {
            Venue::NasdaqItch50 => nasdaq_itch50::length(kind),
        }
    }

    /// The type of a message that this venue's decoder accepts.
    #[inline]
    pub fn kind(self, message: &[u8]) -> Result<u8, Refused> {
        match self {
            Venue::NasdaqItch50 => nasdaq_itch50::decode(message).map(|m| m.header().kind),
        }
    }

    /// When a message was sent, in nanoseconds since midnight of the venue's day.
    #[inline]
    pub fn timestamp(self, message: &[u8]) -> Option<u64> {
        match self {
            Venue::NasdaqItch50 => nasdaq_itch50::timestamp(message),
        }
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No venue has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no venue; known are: {known}", known = names())]
pub struct UnknownVenue(pub String);

fn names() -> String {
    Venue::ALL.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Venue {
    type Err = UnknownVenue;

    fn from_str(name: &str) -> Result<Venue, UnknownVenue> {
        let row = Venue::ALL.iter().find(|(_, known)| *known == name);
        row.map(|(venue, _)| *venue).ok_or_else(|| UnknownVenue(name.to_owned()))
    }
}

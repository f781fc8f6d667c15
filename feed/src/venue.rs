//! What the messages of a venue mean: bytes in, values out.
//!
//! A venue is one file in `venue/` and one row in the list below. The loops that matter for speed
//! are compiled for a venue's [`Decoder`]; [`Venue`] serves everything that asks by name.

use std::fmt;
use std::str::FromStr;

use tickline_shared::ring::layout::{Epoch, Streams};

use market::{Decoder, Keeps};

#[macro_use]
mod messages;

pub mod listener;
pub mod market;

pub mod nasdaq_itch50;

#[macro_use]
pub mod iex;

mod decimal;
mod frames;
mod json;
mod utc;

pub mod binance;
pub mod coinbase;
pub mod lobster;

pub mod iex_deep;
pub mod iex_deep_plus;
pub mod iex_tops;

pub mod cme_mdp3;
pub mod dbn;
pub mod recorded;

/// Why a message means nothing to a venue's decoder. The message is counted and skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// No bytes, so no type.
    Empty,
    /// Shorter than messages of its type are.
    Short(u8),
    /// Not what messages of its type are: text that does not read, or a number that no field holds.
    Damaged,
    /// A type that the venue's specification lacks: the venue may have added it.
    Unknown(u8),
}

/// What carries messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Family {
    /// Nasdaq's: BinaryFILE and MoldUDP64.
    Itch,
    /// IEX-TP.
    Iex,
    /// CME MDP 3.0 packets.
    Cme,
    /// Databento Binary Encoding.
    Dbn,
    /// Lines of text: frames of a WebSocket, rows of a table.
    Lines,
    /// A recording.
    Recorded,
}

/// Something to do with the decoder of a venue, whichever it is.
pub trait WithDecoder {
    /// What comes of it.
    type Output;

    /// Does it.
    fn with<D: Decoder>(self) -> Self::Output;
}

/// Defines [`Venue`] and everything that follows from which decoder it has.
macro_rules! venues {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $decoder:ty;)*) => {
        /// A venue and the version of its protocol.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Venue { $($(#[$doc])* $name,)* }

        impl Venue {
            /// Every venue with its name in scenarios, reports and on the command line.
            pub const ALL: &[(Venue, &str)] = &[$((Venue::$name, $text),)*];

            /// What a person may choose from, for help texts.
            pub const CHOICES: &str = concat!("auto", $(", ", $text,)*);

            /// The name in scenarios, reports and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Venue::$name => $text,)* }
            }

            /// What carries its messages.
            pub const fn family(self) -> Family {
                match self { $(Venue::$name => <$decoder>::FAMILY,)* }
            }

            /// What its clock counts from.
            pub const fn epoch(self) -> Epoch {
                match self { $(Venue::$name => <$decoder>::EPOCH,)* }
            }

            /// What has to be kept to know the top of its books.
            pub const fn keeps(self) -> Keeps {
                match self { $(Venue::$name => <$decoder>::KEEPS,)* }
            }

            /// See [`Decoder::SCALES`].
            pub const fn scales(self) -> bool {
                match self { $(Venue::$name => <$decoder>::SCALES,)* }
            }

            /// See [`Decoder::PROTOCOLS`].
            pub const fn protocols(self) -> &'static [u16] {
                match self { $(Venue::$name => <$decoder>::PROTOCOLS,)* }
            }

            /// Bytes of a message of this type; `None` for a type that the specification lacks.
            pub fn length(self, kind: u8) -> Option<usize> {
                match self { $(Venue::$name => <$decoder>::length(kind),)* }
            }

            /// What reports call a type of message.
            pub fn type_name(self, kind: u8) -> String {
                match self { $(Venue::$name => <$decoder>::type_name(kind),)* }
            }

            /// Does something with the decoder.
            #[inline]
            pub fn with<W: WithDecoder>(self, what: W) -> W::Output {
                match self { $(Venue::$name => what.with::<$decoder>(),)* }
            }
        }
    };
}

venues! {
    /// Nasdaq TotalView-ITCH 5.0; also BX and PSX.
    NasdaqItch50 = "nasdaq-itch50", nasdaq_itch50::market::NasdaqItch50;
    /// IEX TOPS 1.5 and 1.6: top of book and trades.
    IexTops = "iex-tops", iex_tops::IexTops;
    /// IEX DEEP 1.0: price levels and trades.
    IexDeep = "iex-deep", iex_deep::IexDeep;
    /// IEX DEEP+ 1.0: orders and trades.
    IexDeepPlus = "iex-deep-plus", iex_deep_plus::IexDeepPlus;
    /// CME MDP 3.0: price levels and trades of futures and options.
    CmeMdp3 = "cme-mdp3", cme_mdp3::CmeMdp3;
    /// Databento Binary Encoding 1 to 3: what many venues send, normalized.
    Dbn = "dbn", dbn::Dbn;
    /// Binance's market streams, recorded.
    Binance = "binance", binance::Binance;
    /// Coinbase's Exchange feed, recorded.
    Coinbase = "coinbase", coinbase::Coinbase;
    /// LOBSTER message files: Nasdaq's order events of one instrument.
    Lobster = "lobster", lobster::Lobster;
    /// What a feed published of any of them, recorded.
    Recorded = "recorded", recorded::Recorded;
}

impl Venue {
    /// What of it a feed can publish.
    pub fn streams(self) -> Streams {
        let keeps = self.keeps();
        Streams {
            orders: matches!(keeps, Keeps::Orders | Keeps::Nothing),
            levels: matches!(keeps, Keeps::Levels | Keeps::Nothing),
            quotes: true,
            trades: true,
        }
    }

    /// Venues of a family, the one that was asked for first.
    pub fn of_family(family: Family, asked: Option<Venue>) -> impl Iterator<Item = Venue> {
        let others =
            Venue::ALL.iter().map(|(venue, _)| *venue).filter(move |it| Some(*it) != asked);
        asked.into_iter().chain(others).filter(move |venue| venue.family() == family)
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

#[cfg(test)]
mod tests;

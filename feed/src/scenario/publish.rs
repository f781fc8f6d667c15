//! What goes into the ring.

use std::fmt;
use std::str::FromStr;

use tickline_shared::ring::layout::Streams;
use tickline_shared::scenario::{Fault, choose};
use toml::Spanned;

use super::VenueChoice;
use crate::venue::market::Keeps;

/// The streams that the feed publishes; at least one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Publish {
    /// Every event of an order, with its price, quantity, side and symbol.
    pub orders: bool,
    /// Best bid and offer, when one changes.
    pub quotes: bool,
    /// Trades.
    pub trades: bool,
}

impl Default for Publish {
    fn default() -> Publish {
        Publish { orders: false, quotes: true, trades: true }
    }
}

impl From<Publish> for Streams {
    fn from(Publish { orders, quotes, trades }: Publish) -> Streams {
        Streams { orders, quotes, trades }
    }
}

/// A stream by its name.
#[derive(Clone, Copy)]
enum Stream {
    Orders,
    Quotes,
    Trades,
}

const STREAMS: [(&str, Stream); 3] =
    [("orders", Stream::Orders), ("quotes", Stream::Quotes), ("trades", Stream::Trades)];

impl Publish {
    const NOTHING: Publish = Publish { orders: false, quotes: false, trades: false };

    fn add(&mut self, stream: Stream) {
        match stream {
            Stream::Orders => self.orders = true,
            Stream::Quotes => self.quotes = true,
            Stream::Trades => self.trades = true,
        }
    }

    /// From the scenario's list of names.
    pub(super) fn check(words: &Spanned<Vec<Spanned<String>>>) -> Result<Publish, Fault> {
        let mut publish = Publish::NOTHING;
        for word in words.get_ref() {
            publish.add(choose(word, "stream", &STREAMS)?);
        }
        if publish == Publish::NOTHING {
            let fault = Fault::new(words.span(), "nothing would be published");
            return Err(fault.expected("at least one of `orders`, `quotes` and `trades`"));
        }
        Ok(publish)
    }

    /// Orders can only come from a venue that sends them.
    pub(super) fn check_venue(
        self,
        words: &Spanned<Vec<Spanned<String>>>,
        venue: VenueChoice,
    ) -> Result<(), Fault> {
        match venue {
            VenueChoice::Named(venue) if self.orders && venue.keeps() != Keeps::Orders => {
                let word = words.get_ref().iter().find(|word| word.get_ref() == "orders");
                let fault = Fault::new(
                    word.map_or(words.span(), Spanned::span),
                    format!("{venue} sends no orders"),
                );
                Err(fault.expected("`quotes`, `trades` or both"))
            }
            _ => Ok(()),
        }
    }

    /// The names of the streams.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let chosen = [self.orders, self.quotes, self.trades];
        STREAMS.into_iter().zip(chosen).filter(|(_, on)| *on).map(|((name, _), _)| name)
    }
}

/// The word is no list of streams.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no stream: expected some of orders, quotes and trades, separated by commas")]
pub struct NotAStream(pub String);

/// As on the command line: `quotes,trades`.
impl FromStr for Publish {
    type Err = NotAStream;

    fn from_str(list: &str) -> Result<Publish, NotAStream> {
        let mut publish = Publish::NOTHING;
        for word in list.split(',').map(str::trim) {
            let found = STREAMS.iter().find(|(name, _)| *name == word);
            publish.add(found.ok_or_else(|| NotAStream(word.to_owned()))?.1);
        }
        Ok(publish)
    }
}

impl fmt::Display for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.names().collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_and_print() {
        for list in ["orders", "quotes,trades", "orders,quotes,trades"] {
            assert_eq!(list.parse::<Publish>().unwrap().to_string(), list);
        }
        assert_eq!("trades, quotes".parse(), Ok(Publish::default()));
        assert_eq!("quotes,".parse::<Publish>(), Err(NotAStream(String::new())));
        assert_eq!("quotes,books".parse::<Publish>(), Err(NotAStream("books".to_owned())));
    }
}

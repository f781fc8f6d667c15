//! What goes into the ring.

use std::fmt;
use std::str::FromStr;

use tickline_shared::ring::layout::Streams;
use tickline_shared::scenario::{Fault, choose};
use toml::Spanned;

use super::VenueChoice;
use crate::venue::Venue;
use crate::venue::market::Keeps;

/// The streams that the feed publishes; at least one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Publish {
    /// Every event of an order, with its price, quantity, side and symbol.
    pub orders: bool,
    /// What stands at each price, when it changes.
    pub levels: bool,
    /// Best bid and offer, when one changes.
    pub quotes: bool,
    /// Trades.
    pub trades: bool,
}

impl Default for Publish {
    fn default() -> Publish {
        Publish { orders: false, levels: false, quotes: true, trades: true }
    }
}

impl From<Publish> for Streams {
    fn from(Publish { orders, levels, quotes, trades }: Publish) -> Streams {
        Streams { orders, quotes, trades, levels }
    }
}

impl From<Streams> for Publish {
    fn from(Streams { orders, levels, quotes, trades }: Streams) -> Publish {
        Publish { orders, levels, quotes, trades }
    }
}

/// A stream by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stream {
    Orders,
    Levels,
    Quotes,
    Trades,
}

const STREAMS: [(&str, Stream); 4] = [
    ("orders", Stream::Orders),
    ("levels", Stream::Levels),
    ("quotes", Stream::Quotes),
    ("trades", Stream::Trades),
];

/// A stream was asked for of a venue that does not send what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotSent {
    venue: Venue,
    stream: Stream,
}

impl Publish {
    const NOTHING: Publish = Publish { orders: false, levels: false, quotes: false, trades: false };

    fn add(&mut self, stream: Stream) {
        match stream {
            Stream::Orders => self.orders = true,
            Stream::Levels => self.levels = true,
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
            return Err(fault.expected("at least one of `orders`, `levels`, `quotes` and `trades`"));
        }
        Ok(publish)
    }

    /// Whether a venue sends what is in these streams: orders and levels only come from one that has
    /// them.
    ///
    /// # Errors
    /// The stream that it cannot have.
    pub fn check_venue(self, venue: Venue) -> Result<(), NotSent> {
        let there_is = venue.streams();
        let missing = [
            (self.orders && !there_is.orders, Stream::Orders),
            (self.levels && !there_is.levels, Stream::Levels),
        ];
        let first = missing.into_iter().find(|(missing, _)| *missing);
        first.map_or(Ok(()), |(_, stream)| Err(NotSent { venue, stream }))
    }

    /// As [`Publish::check_venue`], of a scenario that names its venue.
    pub(super) fn check_choice(
        self,
        words: &Spanned<Vec<Spanned<String>>>,
        venue: VenueChoice,
    ) -> Result<(), Fault> {
        let VenueChoice::Named(venue) = venue else { return Ok(()) };
        let Err(not_sent) = self.check_venue(venue) else { return Ok(()) };
        let word = words.get_ref().iter().find(|word| word.get_ref() == not_sent.stream());
        let fault = Fault::new(word.map_or(words.span(), Spanned::span), not_sent);
        let fault = fault.expected(format!("some of {}", not_sent.there_is()));
        Err(match not_sent.hint() {
            Some(hint) => fault.help(hint),
            None => fault,
        })
    }

    /// What of it is not there; `None` where all is.
    pub fn without(self, there: Streams) -> Option<Publish> {
        let missing = Publish {
            orders: self.orders && !there.orders,
            levels: self.levels && !there.levels,
            quotes: self.quotes && !there.quotes,
            trades: self.trades && !there.trades,
        };
        Some(missing).filter(|missing| *missing != Publish::NOTHING)
    }

    /// The names of the streams.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let chosen = [self.orders, self.levels, self.quotes, self.trades];
        STREAMS.into_iter().zip(chosen).filter(|(_, on)| *on).map(|((name, _), _)| name)
    }
}

impl NotSent {
    /// The stream, as it is written.
    pub fn stream(&self) -> &'static str {
        let name = STREAMS.iter().find(|(_, stream)| *stream == self.stream);
        name.map_or("", |(name, _)| *name)
    }

    /// The streams that the venue can have.
    pub fn there_is(&self) -> &'static str {
        match self.venue.keeps() {
            Keeps::Orders => "`orders`, `quotes` and `trades`",
            Keeps::Levels => "`levels`, `quotes` and `trades`",
            Keeps::Quotes => "`quotes` and `trades`",
            Keeps::Nothing => "`orders`, `levels`, `quotes` and `trades`",
        }
    }

    /// How to come by what was asked for all the same.
    pub fn hint(&self) -> Option<&'static str> {
        let levels_of_orders = self.stream == Stream::Levels && self.venue.keeps() == Keeps::Orders;
        levels_of_orders.then_some("publish `orders`: a strategy's MsgBook makes levels of them")
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sends = match self.venue.keeps() {
            Keeps::Orders => "orders",
            Keeps::Levels => "price levels",
            Keeps::Quotes => "the best bid and offer",
            Keeps::Nothing => "what was recorded",
        };
        let missing = match self.stream {
            Stream::Levels => "price levels",
            _ => self.stream(),
        };
        write!(f, "{} sends {sends}, and no {missing}", self.venue)
    }
}

/// The word is no list of streams.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no stream: expected some of orders, levels, quotes and trades, separated by commas"
)]
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
        for list in ["orders", "quotes,trades", "levels,trades", "orders,levels,quotes,trades"] {
            assert_eq!(list.parse::<Publish>().unwrap().to_string(), list);
        }
        assert_eq!("trades, quotes".parse(), Ok(Publish::default()));
        assert_eq!("quotes,".parse::<Publish>(), Err(NotAStream(String::new())));
        assert_eq!("quotes,books".parse::<Publish>(), Err(NotAStream("books".to_owned())));
    }

    #[test]
    fn a_venue_can_have_what_it_sends() {
        let check = |list: &str, venue, expected: Option<&str>| {
            let found = list.parse::<Publish>().unwrap().check_venue(venue);
            let found = found.err().map(|it| format!("{it}; there is {}", it.there_is()));
            assert_eq!(found.as_deref(), expected);
        };
        check("orders,quotes", Venue::NasdaqItch50, None);
        check("levels,trades", Venue::IexDeep, None);
        check("quotes,trades", Venue::IexTops, None);
        check(
            "quotes,levels",
            Venue::IexDeepPlus,
            Some(
                "iex-deep-plus sends orders, and no price levels; \
                 there is `orders`, `quotes` and `trades`",
            ),
        );
        check(
            "orders",
            Venue::IexDeep,
            Some(
                "iex-deep sends price levels, and no orders; \
                 there is `levels`, `quotes` and `trades`",
            ),
        );
        check(
            "levels",
            Venue::IexTops,
            Some(
                "iex-tops sends the best bid and offer, and no price levels; \
                 there is `quotes` and `trades`",
            ),
        );
    }
}

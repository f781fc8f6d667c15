//! The top of a book, and the state that it is in.

use crate::units::Price;

use super::Level;

/// Best bid and offer; an empty side is [`Level::NONE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bbo {
    /// The highest price at which somebody buys.
    pub bid: Level,
    /// The lowest price at which somebody sells.
    pub ask: Level,
}

/// How the two sides of a book stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// Nobody buys and nobody sells.
    Empty,
    /// Somebody buys or somebody sells, not both.
    OneSided,
    /// The best bid is below the best offer.
    Normal,
    /// The best bid equals the best offer.
    Locked,
    /// The best bid is above the best offer: the market is halted or in an auction, an event of the
    /// venue is not over, or messages were lost.
    Crossed,
}

impl Bbo {
    /// Nobody buys and nobody sells.
    pub const EMPTY: Bbo = Bbo { bid: Level::NONE, ask: Level::NONE };

    /// How the sides stand to each other.
    #[inline]
    pub fn state(&self) -> State {
        match (self.bid.price, self.ask.price) {
            (Price::NONE, Price::NONE) => State::Empty,
            (Price::NONE, _) | (_, Price::NONE) => State::OneSided,
            (bid, ask) if bid < ask => State::Normal,
            (bid, ask) if bid == ask => State::Locked,
            _ => State::Crossed,
        }
    }

    /// Whether somebody buys above the price at which somebody sells.
    #[inline]
    pub fn is_crossed(&self) -> bool {
        self.state() == State::Crossed
    }

    /// Whether somebody buys at the price at which somebody sells.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.state() == State::Locked
    }
}

impl State {
    /// In a word, as in reports.
    pub const fn name(self) -> &'static str {
        match self {
            State::Empty => "empty",
            State::OneSided => "one-sided",
            State::Normal => "normal",
            State::Locked => "locked",
            State::Crossed => "crossed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        let level = |price: Price| match price {
            Price::NONE => Level::NONE,
            price => Level { price, quantity: 1, orders: 1 },
        };
        let check = |bid: Price, ask: Price, expected: State| {
            let top = Bbo { bid: level(bid), ask: level(ask) };
            assert_eq!(top.state(), expected, "{top:?}");
            assert_eq!(top.is_crossed(), expected == State::Crossed);
            assert_eq!(top.is_locked(), expected == State::Locked);
        };
        check(Price::NONE, Price::NONE, State::Empty);
        check(Price(1), Price::NONE, State::OneSided);
        check(Price::NONE, Price(1), State::OneSided);
        check(Price(-2), Price(-1), State::Normal);
        check(Price(7), Price(7), State::Locked);
        check(Price(8), Price(7), State::Crossed);
    }
}

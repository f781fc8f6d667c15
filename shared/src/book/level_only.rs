//! Books of a venue that sends what stands at each price, and no orders.

use std::io;

use crate::msg::Side;
use crate::units::Price;

use super::sides::Sides;
use super::{Bbo, Level};

/// The price levels of all instruments of one venue. Of each level the quantity is known; the number
/// of its orders is not, and shows as 1.
#[derive(Debug)]
pub struct LevelBook {
    sides: Sides,
}

impl LevelBook {
    /// Books with room for so many levels in all, in memory that is touched here. Exceeding either
    /// number is allowed, and costs the message that does it a pause.
    ///
    /// # Errors
    /// What the kernel says when it has not enough memory.
    pub fn with_capacity(levels: usize, instruments: usize) -> io::Result<LevelBook> {
        Ok(LevelBook { sides: Sides::with_capacity(levels, instruments)? })
    }

    /// Lets `quantity` be what stands at a price; at 0 the level is gone.
    ///
    /// # Panics
    /// When a table must grow and the kernel has no memory, as a `Vec` would.
    #[inline(always)]
    pub fn set(&mut self, instrument: u16, side: Side, price: Price, quantity: u32) {
        self.sides.set(instrument, side, price, quantity);
    }

    /// Best bid and offer of an instrument; both empty where it has no levels.
    #[inline]
    pub fn bbo(&self, instrument: u16) -> Bbo {
        self.sides.bbo(instrument)
    }

    /// All levels of one side of an instrument, best first; `take(n)` for the best n.
    pub fn depth(&self, instrument: u16, side: Side) -> impl Iterator<Item = Level> {
        self.sides.depth(instrument, side)
    }

    /// Removes every level; the memory stays.
    pub fn clear(&mut self) {
        self.sides.clear();
    }

    /// Removes the levels of one instrument.
    pub fn clear_instrument(&mut self, instrument: u16) {
        self.sides.clear_instrument(instrument);
    }

    /// How often a message had to wait for memory because a capacity was exceeded.
    pub fn growths(&self) -> u64 {
        self.sides.growths()
    }

    /// Bytes of memory held.
    pub fn memory_bytes(&self) -> usize {
        self.sides.bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const INSTRUMENTS: u16 = 3;

    /// What stands where, as its definition reads.
    type Model = BTreeMap<(u16, bool, Price), u32>;

    fn depth(model: &Model, instrument: u16, buys: bool) -> Vec<Level> {
        let side =
            model.range((instrument, buys, Price(i64::MIN))..=(instrument, buys, Price::NONE));
        let level = |(key, quantity): (&(u16, bool, Price), &u32)| (key.2, u64::from(*quantity), 1);
        let levels = side.map(level);
        let levels = levels.map(|(price, quantity, orders)| Level { price, quantity, orders });
        if buys { levels.rev().collect() } else { levels.collect() }
    }

    fn price() -> impl Strategy<Value = i64> {
        prop_oneof![
            4 => 1..40_i64,
            2 => (1..40_i64).prop_map(|ticks| ticks * 25),
            1 => 0..100_000_i64,
        ]
    }

    proptest! {
        /// Prices of one tick, of others and between them; quantities are often 0, so that levels go too.
        #[test]
        fn agrees_with_the_model(
            events in proptest::collection::vec(
                (0..INSTRUMENTS, any::<bool>(), price(), prop_oneof![Just(0), any::<u32>()], 0..100),
                0..400,
            ),
        ) {
            let mut book = LevelBook::with_capacity(0, 1).unwrap();
            let mut model = Model::new();
            for (instrument, buys, price, quantity, what) in events {
                let (side, price) = (if buys { Side::Bid } else { Side::Ask }, Price(price));
                match what {
                    0 => {
                        book.clear();
                        model.clear();
                    }
                    1 => {
                        book.clear_instrument(instrument);
                        model.retain(|(of, ..), _| *of != instrument);
                    }
                    _ => {
                        book.set(instrument, side, price, quantity);
                        match quantity {
                            0 => model.remove(&(instrument, buys, price)),
                            _ => model.insert((instrument, buys, price), quantity),
                        };
                    }
                }
                for instrument in 0..=INSTRUMENTS {
                    let [bids, asks] = [true, false].map(|buys| depth(&model, instrument, buys));
                    prop_assert!(book.depth(instrument, Side::Bid).eq(bids.iter().copied()));
                    prop_assert!(book.depth(instrument, Side::Ask).eq(asks.iter().copied()));
                    let best = |levels: &[Level]| levels.first().copied().unwrap_or(Level::NONE);
                    let bbo = Bbo { bid: best(&bids), ask: best(&asks) };
                    prop_assert_eq!(book.bbo(instrument), bbo);
                }
            }
        }
    }
}

//! What a strategy decided: kept in memory on the path, written to a file after the run.

use std::io::{self, Write};

use tickline_shared::msg::Side;
use tickline_shared::units::{Price, Symbol};

use crate::run::Tick;

/// Signals that are kept; later ones are counted only. 64 Ki of 48 bytes are 3 MiB.
const KEPT_MAX: usize = 1 << 16;

/// A decision to buy or sell.
#[derive(Clone, Copy, Debug)]
struct Signal {
    number: u64,
    exchange_ts: u64,
    symbol: Symbol,
    price: Price,
    quantity: u32,
    side: Side,
}

/// A strategy's decisions, in the order in which it made them.
pub struct Signals {
    kept: Vec<Signal>,
    count: u64,
}

impl Default for Signals {
    fn default() -> Signals {
        let nothing = Signal {
            number: 0,
            exchange_ts: 0,
            symbol: Symbol::NONE,
            price: Price::NONE,
            quantity: 0,
            side: Side::None,
        };
        // Written once, so that no later write faults a page in.
        let mut kept = vec![nothing; KEPT_MAX];
        kept.clear();
        Signals { kept, count: 0 }
    }
}

impl Signals {
    /// Decides to trade `quantity` of the tick's symbol at `price`.
    #[inline]
    pub fn send(&mut self, tick: &Tick, side: Side, price: Price, quantity: u32) {
        self.count += 1;
        if self.kept.len() < KEPT_MAX {
            let Tick { number, exchange_ts, msg, .. } = *tick;
            let symbol = msg.symbol;
            self.kept.push(Signal { number, exchange_ts, symbol, price, quantity, side });
        }
    }

    /// Decisions made.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Writes the decisions that were kept, as CSV with a header line.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "record,exchange_ts,symbol,side,price,quantity")?;
        for s in &self.kept {
            let (side, number) = (s.side, s.number);
            writeln!(
                out,
                "{number},{},{},{side:?},{},{}",
                s.exchange_ts, s.symbol, s.price, s.quantity
            )?;
        }
        Ok(())
    }
}

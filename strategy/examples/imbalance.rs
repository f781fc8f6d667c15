//! A strategy that looks behind the best prices: buys where five times as much is asked for as is
//! offered, within the best five levels of each side. The feed has to publish `orders` or `levels`.
//!
//! `cargo build --release --example imbalance`, then in the scenario:
//! `run = "target/release/examples/imbalance"`.

use tickline_shared::book::{MsgBook, State};
use tickline_shared::{exit::Exit, msg::Flags, msg::Side};
use tickline_strategy::{Signals, Strategy, Tick};

struct Imbalance {
    book: MsgBook,
}

impl Strategy for Imbalance {
    fn on_msg(&mut self, tick: &Tick, out: &mut Signals) {
        let symbol = tick.msg.symbol;
        let _ = self.book.apply(&tick.msg);
        // Within an event of the venue, and after a gap, a book is not what it shows.
        if !tick.msg.flags.contains(Flags::LAST) || self.book.is_stale(symbol) {
            return;
        }
        let top = self.book.bbo(symbol);
        let waiting = |side| -> u64 {
            self.book.depth(symbol, side).take(5).map(|level| level.quantity).sum()
        };
        if top.state() == State::Normal && waiting(Side::Bid) >= 5 * waiting(Side::Ask) {
            out.send(tick, Side::Bid, top.ask.price, 100);
        }
    }
}

fn main() -> Exit {
    tickline_strategy::main(|ring| {
        let book = match ring.streams.levels {
            true => MsgBook::of_levels(200_000, 16_384)?,
            false => MsgBook::with_capacity(2_000_000, 16_384)?,
        };
        Ok(Imbalance { book })
    })
}

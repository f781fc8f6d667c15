//! A strategy of your own: buys a hundred where the spread is at least ten cents.
//!
//! `cargo build --release --example spread`, then in the scenario:
//! `run = "target/release/examples/spread"`.

use tickline_shared::{exit::Exit, msg::Kind, msg::Side, units::Price};
use tickline_strategy::{Signals, Strategy, Tick};

struct Spread {
    bid: Price,
}

impl Strategy for Spread {
    fn on_msg(&mut self, tick: &Tick, out: &mut Signals) {
        match (tick.msg.kind, tick.msg.side) {
            (Kind::Quote, Side::Bid) => self.bid = tick.msg.price,
            (Kind::Quote, Side::Ask) => {
                let prices = self.bid.get().zip(tick.msg.price.get());
                if prices.is_some_and(|(bid, ask)| ask - bid >= Price::SCALE / 10) {
                    out.send(tick, Side::Bid, self.bid, 100);
                }
            }
            _ => {}
        }
    }
}

fn main() -> Exit {
    tickline_strategy::main(|_ring| Ok(Spread { bid: Price::NONE }))
}

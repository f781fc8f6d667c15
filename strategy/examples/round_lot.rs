//! A strategy that knows its instruments: where the spread is at least ten cents it buys a round lot,
//! of what trades and is not halted.
//!
//! `cargo build --release --example round_lot`, then in the scenario:
//! `run = "target/release/examples/round_lot"`.

use tickline_shared::instruments::Instruments;
use tickline_shared::{exit::Exit, msg::Kind, msg::Side, units::Price};
use tickline_strategy::{Signals, Strategy, Tick};

#[derive(Default)]
struct RoundLot {
    instruments: Instruments,
    bid: Option<Price>,
}

impl Strategy for RoundLot {
    fn on_attach(&mut self, instruments: &Instruments) {
        self.instruments = instruments.clone();
    }

    fn on_msg(&mut self, tick: &Tick, out: &mut Signals) {
        match (tick.msg.kind, tick.msg.side) {
            (Kind::Quote, Side::Bid) => self.bid = Some(tick.msg.price),
            (Kind::Quote, Side::Ask) => {
                let Some(bid) = self.bid.and_then(Price::get) else { return };
                let Some(ask) = tick.msg.price.get() else { return };
                if ask - bid < Price::SCALE / 10 {
                    return;
                }
                // What the feed knows now; the record does not have to carry it.
                let Some(known) = self.instruments.get(tick.msg.symbol) else { return };
                if let Some(lot) = known.listing.lot().filter(|_| known.trades()) {
                    out.send(tick, Side::Bid, Price(bid), lot);
                }
            }
            _ => {}
        }
    }
}

fn main() -> Exit {
    tickline_strategy::main(|_ring| Ok(RoundLot::default()))
}

//! A strategy with a flaw: it looks at nothing, but takes two milliseconds for one record. What
//! `spikes = "1ms"` in its `[[strategy]]` makes of that is one line of the run's report.

use std::time::{Duration, Instant};

use tickline_shared::exit::Exit;
use tickline_strategy::{Signals, Strategy, Tick};

/// The record that takes long.
const NUMBER: u64 = 5_000;

struct Stall;

impl Strategy for Stall {
    fn on_msg(&mut self, tick: &Tick, _out: &mut Signals) {
        if tick.number == NUMBER {
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(2) {
                std::hint::spin_loop();
            }
        }
    }
}

fn main() -> Exit {
    tickline_strategy::main(|_ring| Ok(Stall))
}

//! `null`: the floor of every measurement.

use crate::run::{Strategy, Tick};
use crate::signals::Signals;

/// Takes every record and does nothing with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Null;

impl Strategy for Null {
    #[inline(always)]
    fn on_msg(&mut self, tick: &Tick, _out: &mut Signals) {
        // The record must be read as a strategy would, so the copy cannot be left out.
        std::hint::black_box(tick);
    }
}

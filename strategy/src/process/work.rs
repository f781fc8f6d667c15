//! The loop with what it owns, and what it cost.

use tickline_shared::allocations::allocations;
use tickline_shared::attach::Attached;
use tickline_shared::clock::Clock;
use tickline_shared::process::page_faults;
use tickline_shared::ring::layout::Geometry;

use crate::breakdown::Breakdown;
use crate::idle::Idle;
use crate::recorder::Recorder;
use crate::run::{Ending, Notices, Strategy, run};
use crate::signals::Signals;

/// What the loop's thread owns while it runs.
pub(super) struct Loop<S, C, B> {
    pub(super) strategy: S,
    pub(super) signals: Signals,
    pub(super) recorder: Recorder<B>,
    pub(super) idle: Idle<C>,
    pub(super) cost: Cost,
}

/// What the loop cost its thread, over all attachments.
#[derive(Default)]
pub(super) struct Cost {
    pub(super) cycles: u64,
    pub(super) allocations: Option<u64>,
    pub(super) page_faults: u64,
}

impl Cost {
    pub(super) fn seconds(&self, geometry: &Geometry) -> f64 {
        geometry.scale.nanos(self.cycles) as f64 / 1e9
    }
}

impl<S: Strategy, C: Clock, B: Breakdown> Loop<S, C, B> {
    pub(super) fn read(&mut self, attached: Attached, notices: &Notices) -> Ending {
        let Attached { mut reader, geometry, connection, region, instruments } = attached;
        self.strategy.on_attach(&instruments);
        self.recorder.attach(geometry.scale, region, C::now());
        let (faults, allocated, start) = (page_faults(), allocations(), C::now());
        let ending = run(
            &mut reader,
            &mut self.strategy,
            &mut self.signals,
            &mut self.recorder,
            &mut self.idle,
            notices,
        );
        self.cost.cycles += C::now().wrapping_sub(start);
        let allocated = allocations().zip(allocated).map(|(after, before)| after - before);
        self.cost.allocations =
            allocated.map(|more| more + self.cost.allocations.unwrap_or_default());
        self.cost.page_faults += page_faults() - faults;
        reader.release();
        self.recorder.show();
        // The thread that watches the connection returns, and the feed lets the reader go.
        connection.hang_up();
        ending
    }
}

//! Waiting: spin, then yield, then park.

use std::marker::PhantomData;
use std::time::Duration;

use tickline_shared::clock::{Clock, Scale};
use tickline_shared::ring::reader::{Parked, Reader};
use tickline_shared::scenario::{Then, WaitConfig};
use tickline_shared::summary::Waited;

use crate::breakdown::Breakdown;
use crate::recorder::Recorder;

/// Polls between two looks at the clock and at what other threads have to say: about a
/// microsecond. A clock reading costs as much as a poll, and would make each poll come later.
const POLLS_PER_LOOK: u32 = 64;

/// Turns given away before parking: on a core shared with others, one of them may be the feed.
const YIELDS: u32 = 4;

/// The longest sleep. The feed wakes a parked reader, so this only bounds what is lost should the
/// feed die between a commit and its wake-up; ten wake-ups a second are 0.02 % of a core.
const SLEEP: Duration = Duration::from_millis(100);

/// What the loop did before it polled a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Before {
    /// Records polled right before it, without a poll in between that found nothing.
    pub burst: u64,
    /// How it had waited for the first record of those.
    pub waited: Waited,
    /// Where it yielded or parked: when it ran again, in cycles.
    pub back: u64,
}

/// The state of one waiting.
pub struct Idle<C> {
    spin_cycles: u64,
    then: Then,
    polls: u32,
    yields: u32,
    since: u64,
    /// The number of the record that was last polled for in vain.
    missed: u64,
    /// The number of the record before which the loop last left its core, how, and when it ran
    /// again.
    left: (u64, Waited, u64),
    clock: PhantomData<C>,
}

impl<C: Clock> Idle<C> {
    /// Waits as the scenario says.
    pub fn new(config: &WaitConfig, scale: Scale) -> Idle<C> {
        let spin_ns = u64::try_from(config.spin.as_nanos()).unwrap_or(u64::MAX);
        Idle {
            spin_cycles: scale.cycles(spin_ns),
            then: config.then,
            polls: 0,
            yields: 0,
            since: 0,
            missed: 0,
            left: (u64::MAX, Waited::Spinning, 0),
            clock: PhantomData,
        }
    }

    /// A loop begins with record `next`: nothing of another ring's numbers is left.
    pub fn begin(&mut self, next: u64) {
        (self.missed, self.left.0) = (next, u64::MAX);
    }

    /// What the loop did before it polled record `number`, its latest.
    #[cold]
    pub fn before(&self, number: u64) -> Before {
        let (left, how, back) = self.left;
        let (waited, back) = match left == self.missed {
            true => (how, back),
            false => (Waited::Spinning, 0),
        };
        Before { burst: number.saturating_sub(self.missed), waited, back }
    }

    /// A record came: the next waiting begins anew.
    #[inline(always)]
    pub fn interrupt(&mut self) {
        self.polls = 0;
    }

    /// Waits a little for the next record. Whether it is time to see what other threads say.
    #[inline(always)]
    pub fn wait<B: Breakdown>(&mut self, reader: &mut Reader, recorder: &mut Recorder<B>) -> bool {
        self.polls = self.polls.wrapping_add(1);
        self.missed = reader.next();
        if !self.polls.is_multiple_of(POLLS_PER_LOOK) {
            // `pause`: leaves the load ports to the line that is on its way.
            std::hint::spin_loop();
            return false;
        }
        self.look(reader, recorder);
        true
    }

    #[cold]
    fn look<B: Breakdown>(&mut self, reader: &mut Reader, recorder: &mut Recorder<B>) {
        reader.release();
        let now = C::now();
        recorder.idle(now);
        if self.polls == POLLS_PER_LOOK {
            (self.since, self.yields) = (now, 0);
        }
        if self.then == Then::Spin || now.wrapping_sub(self.since) < self.spin_cycles {
            return;
        }
        if self.then == Then::Yield || self.yields < YIELDS {
            self.yields = self.yields.saturating_add(1);
            std::thread::yield_now();
            self.left = (reader.next(), Waited::Yielding, C::now());
            // Look again after the next poll, not after 64.
            self.polls = POLLS_PER_LOOK.wrapping_mul(2).wrapping_sub(1);
            return;
        }
        recorder.parked();
        if reader.park(SLEEP) == Parked::Woken {
            recorder.woken();
        }
        self.left = (reader.next(), Waited::Parked, C::now());
        self.polls = POLLS_PER_LOOK.wrapping_mul(2).wrapping_sub(1);
    }
}

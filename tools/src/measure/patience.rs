//! How long one end of a measurement waits for the other.

use tickline_shared::clock::{Clock, Scale};

/// How long an end waits for the other one before it takes the rest for lost.
const PATIENCE_NS: u64 = 5_000_000_000;

/// Vain tries between two looks at the clock, as in a strategy's loop.
const TRIES_PER_LOOK: u32 = 64;

/// Waits for the other end, but not for ever.
pub(super) struct Patience {
    tries: u32,
    cycles: u64,
    /// When it ends; 0 until the first look.
    until: u64,
}

impl Patience {
    pub(super) fn new(scale: Scale) -> Patience {
        Patience { tries: 0, cycles: scale.cycles(PATIENCE_NS), until: 0 }
    }

    /// The other end lives: waiting begins anew.
    #[inline(always)]
    pub(super) fn renew(&mut self) {
        (self.tries, self.until) = (0, 0);
    }

    /// After a vain try: whether it was the last.
    #[inline(always)]
    pub(super) fn ends<C: Clock>(&mut self) -> bool {
        self.tries = self.tries.wrapping_add(1);
        self.tries.is_multiple_of(TRIES_PER_LOOK) && self.look::<C>()
    }

    #[cold]
    fn look<C: Clock>(&mut self) -> bool {
        let now = C::now();
        if self.until == 0 {
            self.until = now + self.cycles;
        }
        now > self.until
    }
}

//! The clock of a pcapng interface.

const NS_PER_S: u128 = 1_000_000_000;

/// Turns an interface's timestamps into nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    unit: Unit,
    /// Added to every time.
    offset_ns: i128,
}

/// One tick.
#[derive(Clone, Copy, Debug)]
enum Unit {
    /// So many nanoseconds.
    Ns(u64),
    /// One part in so many of a nanosecond.
    PartOfNs(u128),
    /// Two to the minus this, in seconds.
    Binary(u8),
}

impl Clock {
    /// `if_tsresol` where an interface has none: 10^-6 s.
    pub(super) const MICROSECONDS: u8 = 6;

    /// From `if_tsresol` (top bit clear: 10^-n s, set: 2^-n s) and `if_tsoffset` (seconds).
    pub(super) fn new(resolution: u8, offset_s: i64) -> Clock {
        let exponent = resolution & 0x7f;
        let unit = if resolution & 0x80 != 0 {
            Unit::Binary(exponent)
        } else if let Some(digits) = 9u32.checked_sub(exponent.into()) {
            Unit::Ns(10u64.pow(digits))
        } else {
            let digits = u32::from(exponent) - 9;
            // Ticks shorter than 10^-47 s never add up to a nanosecond.
            Unit::PartOfNs(10u128.checked_pow(digits).unwrap_or(u128::MAX))
        };
        Clock { unit, offset_ns: i128::from(offset_s) * NS_PER_S as i128 }
    }

    /// Saturates at the ends of what a `u64` holds: the years 1970 and 2554.
    #[inline]
    pub(super) fn ns(self, ticks: u64) -> u64 {
        if let (Unit::Ns(length), 0) = (self.unit, self.offset_ns) {
            return ticks.saturating_mul(length);
        }
        let ticks = u128::from(ticks);
        let ns = match self.unit {
            Unit::Ns(length) => ticks * u128::from(length),
            Unit::PartOfNs(parts) => ticks / parts,
            // At most 2^64 * 10^9, so nothing is lost before the shift.
            Unit::Binary(exponent) => (ticks * NS_PER_S) >> exponent,
        };
        (ns as i128 + self.offset_ns).clamp(0, u64::MAX.into()) as u64
    }
}

//! The cycle counter that every process of a ring stamps its records with, and its scale.
//!
//! The feed measures the scale once and writes it into the ring's header, so that all processes
//! turn a difference of stamps into the same number of nanoseconds. Where the counter does not
//! run at one rate on all cores and in all power states, `CLOCK_MONOTONIC` takes its place: a
//! stamp then costs about twice as much, and a "cycle" is a nanosecond.
#![allow(unsafe_code)] // `_rdtsc` has no safe form.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What the stamps of a ring count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u32)]
pub enum ClockKind {
    /// The invariant time-stamp counter of x86-64.
    Tsc = 1,
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    Monotonic = 2,
}

impl ClockKind {
    /// The cheapest clock that all cores of this machine agree on.
    pub fn detect() -> ClockKind {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        if cfg!(target_arch = "x86_64") && counter_is_invariant(&info) {
            ClockKind::Tsc
        } else {
            ClockKind::Monotonic
        }
    }

    /// The kind that a header names.
    pub fn from_number(number: u32) -> Option<ClockKind> {
        [ClockKind::Tsc, ClockKind::Monotonic].into_iter().find(|kind| *kind as u32 == number)
    }
}

/// Whether `/proc/cpuinfo` promises one rate on every core (`constant_tsc`) and in every power
/// state (`nonstop_tsc`).
pub fn counter_is_invariant(cpuinfo: &str) -> bool {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    ["constant_tsc", "nonstop_tsc"].iter().all(|flag| flags.split(' ').any(|f| f == *flag))
}

/// A source of stamps. The loops are compiled once for each kind: no branch on the path.
pub trait Clock: Copy + Send + 'static {
    /// Which kind this is.
    const KIND: ClockKind;

    /// The stamp of this moment, in cycles.
    fn now() -> u64;
}

/// [`ClockKind::Tsc`].
#[derive(Clone, Copy, Debug)]
pub struct Tsc;

impl Clock for Tsc {
    const KIND: ClockKind = ClockKind::Tsc;

    // Not `rdtscp`, which waits for all earlier loads and costs twice as much: a stamp taken after
    // a poll depends on the branch on the sequence word, and a stamp that precedes a store is only
    // ever too early, which makes a latency too long, never too short.
    #[inline(always)]
    fn now() -> u64 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every x86-64 processor has the instruction, and Linux lets user space run it.
        return unsafe { core::arch::x86_64::_rdtsc() };
        #[cfg(not(target_arch = "x86_64"))]
        return Monotonic::now();
    }
}

/// [`ClockKind::Monotonic`].
#[derive(Clone, Copy, Debug)]
pub struct Monotonic;

impl Clock for Monotonic {
    const KIND: ClockKind = ClockKind::Monotonic;

    #[inline(always)]
    fn now() -> u64 {
        nanoseconds(ClockId::Monotonic)
    }
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// `CLOCK_MONOTONIC` in nanoseconds: for heartbeats and time-outs, never for stages.
pub fn monotonic_ns() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

/// The wall clock in nanoseconds since the Unix epoch.
pub fn unix_ns() -> u64 {
    nanoseconds(ClockId::Realtime)
}

/// How long a cycle is: `ns = cycles * multiplier / 2^32`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// Nanoseconds per 2^32 cycles.
    pub multiplier: u64,
}

impl Scale {
    /// One cycle is one nanosecond.
    pub const NANOSECONDS: Scale = Scale { multiplier: 1 << 32 };

    /// Measures `C` against `CLOCK_MONOTONIC_RAW` for 50 ms; the error is below 2 parts in a
    /// million (two readings of ±50 ns).
    pub fn measure<C: Clock>() -> Scale {
        if C::KIND == ClockKind::Monotonic {
            return Scale::NANOSECONDS;
        }
        let (cycles_before, ns_before) = pair::<C>();
        std::thread::sleep(Duration::from_millis(50));
        let (cycles_after, ns_after) = pair::<C>();
        let cycles = u128::from(cycles_after.saturating_sub(cycles_before)).max(1);
        let ns = u128::from(ns_after - ns_before);
        Scale { multiplier: ((ns << 32) / cycles) as u64 }
    }

    /// The length of `cycles` in nanoseconds.
    #[inline]
    pub fn nanos(self, cycles: u64) -> u64 {
        ((u128::from(cycles) * u128::from(self.multiplier)) >> 32) as u64
    }

    /// The number of cycles in `ns` nanoseconds; saturates.
    #[inline]
    pub fn cycles(self, ns: u64) -> u64 {
        let cycles = (u128::from(ns) << 32) / u128::from(self.multiplier.max(1));
        u64::try_from(cycles).unwrap_or(u64::MAX)
    }

    /// Cycles per nanosecond, for people.
    pub fn ghz(self) -> f64 {
        (1u64 << 32) as f64 / self.multiplier.max(1) as f64
    }
}

/// A reading of both clocks at one moment: of several tries, the one that took least time.
fn pair<C: Clock>() -> (u64, u64) {
    let sample = |_| {
        let before = C::now();
        let ns = nanoseconds(ClockId::MonotonicRaw);
        let took = C::now().wrapping_sub(before);
        (took, before + took / 2, ns)
    };
    let best = (0..64).map(sample).min().expect("64 samples");
    (best.1, best.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_agrees_with_the_kernel() {
        fn check<C: Clock>() {
            let scale = Scale::measure::<C>();
            let (ns, cycles) = (monotonic_ns(), C::now());
            std::thread::sleep(Duration::from_millis(100));
            let measured = scale.nanos(C::now() - cycles) as f64;
            let error = measured / (monotonic_ns() - ns) as f64 - 1.0;
            // Wide, because the machine may stop this thread between two readings.
            assert!(error.abs() < 0.05, "{:?}: {error}", C::KIND);
        }
        check::<Monotonic>();
        if ClockKind::detect() == ClockKind::Tsc {
            check::<Tsc>();
        }
    }

    #[test]
    fn cycles_and_nanoseconds_are_inverse() {
        let scale = Scale { multiplier: (1u64 << 32) * 10 / 26 };
        for ns in [0, 1, 999, 1_000_000_007, 86_400_000_000_000] {
            let back = scale.nanos(scale.cycles(ns));
            assert!(back.abs_diff(ns) <= 1, "{ns} became {back}");
        }
        assert_eq!(scale.cycles(u64::MAX), u64::MAX);
    }

    #[test]
    fn both_flags_are_needed() {
        assert!(counter_is_invariant("flags\t\t: fpu tsc constant_tsc nonstop_tsc\n"));
        assert!(!counter_is_invariant("flags\t\t: fpu tsc constant_tsc\n"));
        assert!(!counter_is_invariant(""));
    }
}

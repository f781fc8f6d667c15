//! From a value to its place on an axis, and the values that the axis names.

use tickline_shared::units::grouped;

/// How values are laid out along an axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scale {
    /// By their logarithm; both ends are larger than 0.
    Log {
        /// The value at the start.
        low: f64,
        /// The value at the end.
        high: f64,
    },
    /// Evenly, between two values.
    Linear {
        /// The value at the start.
        low: f64,
        /// The value at the end.
        high: f64,
        /// Between two values that are named.
        step: f64,
    },
}

/// Steps of 1, 2 or 5 times a power of ten.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];
/// Within so many decades there is room for the steps between powers of ten.
const DECADES_WITH_STEPS: f64 = 2.5;

impl Scale {
    /// A logarithmic one that holds all of these; values of 0 lie at its start.
    pub fn log(values: impl Iterator<Item = f64>) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            (low, high) = (low.min(value), high.max(value));
        }
        if high == 0.0 {
            (low, high) = (1.0, 1.0);
        }
        let (low, mut end) = (step_below(low), step_below(high));
        while end < high || end < low * 9.99 {
            end = step_after(end);
        }
        Scale::Log { low, high: end }
    }

    /// An even one from 0 that holds all of these.
    pub fn linear(values: impl Iterator<Item = f64>) -> Scale {
        let most = values.fold(0.0, f64::max);
        let most = if most > 0.0 { most } else { 1.0 };
        let step = even_step(most);
        Scale::Linear { low: 0.0, high: (most / step - 1e-9).ceil() * step, step }
    }

    /// An even one whose ends are these, whatever they are.
    pub fn between(low: f64, high: f64) -> Scale {
        let high = if high > low { high } else { low + 1.0 };
        Scale::Linear { low, high, step: even_step(high - low) }
    }

    /// Where a value lies: 0 at the start, 1 at the end; what is beyond lies at the end it is
    /// beyond.
    pub fn place(&self, value: f64) -> f64 {
        let place = match *self {
            Scale::Log { low, high } => (value.max(low) / low).ln() / (high / low).ln(),
            Scale::Linear { low, high, .. } => (value - low) / (high - low),
        };
        place.clamp(0.0, 1.0)
    }

    /// The values that are named.
    pub fn ticks(&self) -> Vec<f64> {
        match *self {
            Scale::Log { low, high } => {
                let every = (high / low).log10() <= DECADES_WITH_STEPS;
                let all = std::iter::successors(Some(low), |value| Some(step_after(*value)));
                let all = all.take_while(|value| *value <= high * 1.0001);
                all.filter(|value| every || mantissa(*value) == 1.0).collect()
            }
            Scale::Linear { low, high, step } => {
                let first = (low / step - 1e-9).ceil();
                let count = ((high - first * step) / step + 1e-9).floor().max(0.0) as u32;
                (0..=count).map(|at| (first + f64::from(at)) * step).collect()
            }
        }
    }
}

/// About five steps.
fn even_step(span: f64) -> f64 {
    let mut step = step_below(span / 6.0);
    while span / step > 6.0 {
        step = step_after(step);
    }
    step
}

/// The largest power of ten that is no larger.
fn power(value: f64) -> i32 {
    let power = value.log10().floor() as i32;
    // The logarithm of a power of ten may be rounded to either side.
    if 10_f64.powi(power + 1) <= value { power + 1 } else { power }
}

fn mantissa(value: f64) -> f64 {
    (value / 10_f64.powi(power(value * 1.0001))).round()
}

fn step_below(value: f64) -> f64 {
    let unit = 10_f64.powi(power(value));
    STEPS.iter().rev().map(|step| step * unit).find(|step| *step <= value).unwrap_or(unit)
}

fn step_after(step: f64) -> f64 {
    // Computed anew from its power: products of products would drift.
    let power = power(step * 1.0001);
    match mantissa(step) as u32 {
        1 => 2.0 * 10_f64.powi(power),
        2 => 5.0 * 10_f64.powi(power),
        _ => 10_f64.powi(power + 1),
    }
}

/// What the values of an axis are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Nanoseconds.
    Nanos,
    /// Percent of all values.
    Percent,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// A value that an axis names, as short as it goes.
    pub fn name(self, value: f64) -> String {
        match self {
            Unit::Nanos => {
                let (unit, name) = match value {
                    _ if value < 1e3 => (1.0, "ns"),
                    _ if value < 1e6 => (1e3, "us"),
                    _ if value < 1e9 => (1e6, "ms"),
                    _ => (1e9, "s"),
                };
                format!("{} {name}", plain(value / unit))
            }
            Unit::Percent => format!("{} %", plain(value)),
            Unit::Seconds => format!("{} s", plain(value)),
        }
    }
}

/// Without zeros that say nothing.
fn plain(value: f64) -> String {
    match value {
        _ if value >= 1e4 => grouped(value.round() as u64),
        // A sum of tenths is a hair beside what it means.
        _ => ((value * 1e9).round() / 1e9).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic() {
        let scale = Scale::log([0.0, 30.0, 14_000_000.0].into_iter());
        assert_eq!(scale, Scale::Log { low: 20.0, high: 20_000_000.0 });
        assert_eq!(scale.ticks(), [1e2, 1e3, 1e4, 1e5, 1e6, 1e7]);
        assert_eq!([0.0, 20.0, 2e7, 1e9].map(|value| scale.place(value)), [0.0, 0.0, 1.0, 1.0]);
        assert!((scale.place(20_000.0) - 0.5).abs() < 1e-9);

        let narrow = Scale::log([100.0, 100.0].into_iter());
        assert_eq!(narrow.ticks(), [100.0, 200.0, 500.0, 1000.0]);
        assert_eq!(Scale::log(std::iter::empty()).ticks(), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(Scale::log([1e-3].into_iter()).ticks().len(), 4);
        let largest = Scale::log([u64::MAX as f64].into_iter());
        assert!(largest.place(u64::MAX as f64) <= 1.0);
    }

    #[test]
    fn linear() {
        let scale = Scale::linear([3.0, 14.1].into_iter());
        assert_eq!(scale, Scale::Linear { low: 0.0, high: 15.0, step: 5.0 });
        assert_eq!(scale.ticks(), [0.0, 5.0, 10.0, 15.0]);
        assert_eq!(scale.place(7.5), 0.5);
        assert_eq!(Scale::linear(std::iter::empty()).place(0.0), 0.0);
        let between = Scale::between(2.5, 13.0);
        assert_eq!(between.ticks(), [4.0, 6.0, 8.0, 10.0, 12.0]);
        assert_eq!(Scale::between(3.0, 3.0).place(3.0), 0.0);
    }

    #[test]
    fn names() {
        let check = |unit: Unit, value: f64, expected: &str| assert_eq!(unit.name(value), expected);
        check(Unit::Nanos, 0.0, "0 ns");
        check(Unit::Nanos, 2e4, "20 us");
        check(Unit::Nanos, 2.5e6, "2.5 ms");
        check(Unit::Nanos, 3.6e12, "3600 s");
        check(Unit::Percent, 0.1 + 0.2, "0.3 %");
        check(Unit::Percent, 1e-5, "0.00001 %");
        check(Unit::Seconds, 12_000.0, "12,000 s");
    }
}

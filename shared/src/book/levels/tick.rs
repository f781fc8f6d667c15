//! The tick of a ladder, from the levels that it shall hold.

use super::Level;
use crate::units::Price;

/// Levels whose distances say the tick.
const LOOKED_AT: usize = 8;

/// Fewer levels than this say nothing of it.
const LEVELS_MIN: usize = 3;

/// A cent: the tick of most prices of shares, in 1e-9.
const CENT: u64 = 10_000_000;

/// The greatest tick: a ladder of it spans half of all prices.
const TICK_MAX: u64 = 1 << 57;

/// The greatest tick on which the best of these levels all stand; of fewer than three a cent, or
/// the greatest power of ten below it that divides the price.
pub(super) fn of(levels: impl Iterator<Item = Level>) -> u64 {
    let mut levels = levels.take(LOOKED_AT).map(|level| level.price);
    let Some(best) = levels.next() else { return CENT };
    let (count, tick) = levels
        .fold((1, 0), |(count, tick), price| (count + 1, gcd(tick, best.0.abs_diff(price.0))));
    if count < LEVELS_MIN { usual(best) } else { tick.min(TICK_MAX) }
}

fn usual(price: Price) -> u64 {
    let mut tick = CENT;
    while !price.0.unsigned_abs().is_multiple_of(tick) {
        tick /= 10;
    }
    tick
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// What times the odd factor of a tick is 1 in 64 bits, by Newton's iteration: an odd number is its
/// own inverse in 3 bits, and each step doubles those that are right.
pub(super) fn inverse(tick: u64) -> u64 {
    let odd = tick >> tick.trailing_zeros();
    (0..5)
        .fold(odd, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(prices: &[i64]) -> impl Iterator<Item = Level> {
        prices.iter().map(|&price| Level { price: Price(price), quantity: 1, orders: 1 })
    }

    #[test]
    fn an_inverse_undoes_a_multiplication() {
        for tick in [1, 2, 3, 7, 10, 25, 100, 1_000, CENT, 250_000_000, 31_250_000, TICK_MAX] {
            let odd = tick >> tick.trailing_zeros();
            assert_eq!(odd.wrapping_mul(inverse(tick)), 1, "{tick}");
        }
    }

    #[test]
    fn levels_say_their_tick() {
        assert_eq!(of(levels(&[])), CENT);
        assert_eq!(of(levels(&[5_000_000_000])), CENT);
        assert_eq!(of(levels(&[512_300_000])), 100_000);
        assert_eq!(of(levels(&[0])), CENT);
        assert_eq!(of(levels(&[5_000_000_001, 5_000_000_000])), 1);
        let quarters = [5_000_500_000_000, 5_000_250_000_000, 4_999_500_000_000];
        assert_eq!(of(levels(&quarters)), 250_000_000);
        assert_eq!(of(levels(&[-30, -10, 40])), 10);
        assert_eq!(of(levels(&[i64::MAX - 1, 0, i64::MIN])), 2);
        let halves = [i64::MIN / 2, 0, i64::MAX / 2 + 1];
        assert_eq!(of(levels(&halves)), TICK_MAX);
    }
}

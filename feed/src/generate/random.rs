//! Random numbers that are the same on every machine and in every version of this program, which
//! no crate promises: a seed names a day for ever.

/// xoshiro256++ 1.0 (Blackman and Vigna, 2019), seeded by SplitMix64 as its authors advise.
#[derive(Clone, Debug)]
pub(crate) struct Random([u64; 4]);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        let mut state = seed;
        Random([(); 4].map(|()| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }))
    }

    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// Uniform in `0..bound`, 0 for a bound of 0. Off from uniform by less than `bound` / 2^64.
    #[inline]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// In `1..2^bits`: each power of two as likely as the next: small numbers are common, large
    /// ones happen. The shape of lifetimes, distances and pauses in a market, without a logarithm,
    /// whose last digit differs between machines. `bits` is 32 at most: the high half of a number
    /// chooses the power, the low half the rest.
    #[inline]
    pub(crate) fn spread(&mut self, bits: u32) -> u64 {
        let random = self.next();
        let power = 1 << (((random >> 32) * u64::from(bits)) >> 32);
        power + (random & (power - 1))
    }

    /// Whether something of probability `part` / `whole` happens.
    #[inline]
    pub(crate) fn chance(&mut self, part: u64, whole: u64) -> bool {
        self.below(whole) < part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_reference_implementation() {
        let mut random = Random([1, 2, 3, 4]);
        let expected = [41943041, 58720359, 3588806011781223, 3591011842654386];
        assert_eq!(expected.map(|_| random.next()), expected);
        assert_eq!(Random::new(0).0[0], 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn stays_in_range() {
        let mut random = Random::new(1);
        for _ in 0..10_000 {
            assert!(random.below(7) < 7);
            assert!((1..1024).contains(&random.spread(10)));
        }
        assert_eq!(random.below(0), 0);
    }
}

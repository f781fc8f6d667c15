//! The securities of a generated day: how they are called, what they cost and how much they trade.

use tickline_shared::units::{Price, Symbol};

use super::random::Random;

/// Added to the rank of a security before Zipf's law: of 8,000 securities the busiest then has
/// 0.8 % of the messages, and the first hundred 30 %.
const RANK_OFFSET: u64 = 20;

/// A security by its stock locate, which starts at 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Security {
    pub(super) locate: u16,
    /// Padded with spaces, as it stands in messages.
    pub(super) stock: [u8; 8],
    pub(super) symbol: Symbol,
    /// What it costs when its book is empty.
    pub(super) base: Price,
}

/// All securities, and a way to draw one in constant time: Walker's alias method, in integers.
#[derive(Clone, Debug)]
pub(super) struct Securities {
    all: Vec<Security>,
    /// A column for each security: below the mark it is the column's own, above it the other.
    columns: Vec<(u64, u16)>,
}

impl Securities {
    /// `tick` is the unit in which prices differ.
    pub(super) fn new(count: u16, tick: i64, random: &mut Random) -> Securities {
        let mut ranks: Vec<u64> = (0..u64::from(count)).collect();
        for last in (1..ranks.len()).rev() {
            ranks.swap(last, random.below(last as u64 + 1) as usize);
        }
        let security = |locate| {
            let stock = name(locate);
            // 5.12 to 655.35 dollars at a tick of one cent, each power of two as likely.
            let base = Price(tick * (random.spread(7) << 9 | random.below(512)) as i64);
            Security { locate, stock, symbol: Symbol::from_padded(stock), base }
        };
        let all = (1..=count).map(security).collect();
        Securities { all, columns: columns(&ranks) }
    }

    /// Draws a security, a popular one more often.
    #[inline]
    pub(super) fn draw(&self, random: &mut Random) -> Security {
        let column = random.below(self.all.len() as u64) as usize;
        let (mark, other) = self.columns[column];
        self.all[if random.next() < mark { column } else { usize::from(other) }]
    }

    /// The security with this stock locate.
    #[inline]
    pub(super) fn get(&self, locate: u16) -> Security {
        self.all[usize::from(locate) - 1]
    }
}

/// The columns for securities of these ranks.
fn columns(ranks: &[u64]) -> Vec<(u64, u16)> {
    let weights: Vec<u64> = ranks.iter().map(|rank| (1 << 40) / (rank + RANK_OFFSET)).collect();
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    // Scaled so that a full column, the average, is `FULL`.
    const FULL: u64 = 1 << 32;
    let scale = |&weight: &u64| {
        (u128::from(weight) * u128::from(FULL) * weights.len() as u128 / total) as u64
    };
    let mut heights: Vec<u64> = weights.iter().map(scale).collect();
    let (mut low, mut high): (Vec<usize>, Vec<usize>) =
        (0..heights.len()).partition(|&at| heights[at] < FULL);
    let mut columns: Vec<_> = (0..heights.len()).map(|at| (u64::MAX, at as u16)).collect();
    while let (Some(small), Some(&large)) = (low.pop(), high.last()) {
        columns[small] = (heights[small] << 32, large as u16);
        heights[large] -= FULL - heights[small];
        if heights[large] < FULL {
            low.extend(high.pop());
        }
    }
    columns
}

/// A to Z, AA to ZZ and so on, padded with spaces.
fn name(locate: u16) -> [u8; 8] {
    let mut letters = Vec::new();
    let mut rest = u32::from(locate);
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + (rest % 26) as u8);
        rest /= 26;
    }
    let mut stock = [b' '; 8];
    stock.iter_mut().zip(letters.iter().rev()).for_each(|(place, letter)| *place = *letter);
    stock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_read_like_symbols() {
        let shown = [1, 26, 27, 702, 703, 65_535].map(name);
        let expected = ["A", "Z", "AA", "ZZ", "AAA", "CRXO"];
        assert_eq!(shown.map(|stock| Symbol::from_padded(stock).name()), expected);
    }

    #[test]
    fn popular_securities_are_drawn_as_often_as_they_should() {
        let mut random = Random::new(5);
        let securities = Securities::new(8_000, 10_000_000, &mut random);
        let mut drawn = vec![0_u32; 8_001];
        (0..1_000_000).for_each(|_| drawn[usize::from(securities.draw(&mut random).locate)] += 1);
        drawn.sort_unstable_by(|a, b| b.cmp(a));
        assert!((7_500..9_300).contains(&drawn[0]), "{}", drawn[0]);
        let hundred: u32 = drawn[..100].iter().sum();
        assert!((280_000..320_000).contains(&hundred), "{hundred}");
        assert!(drawn[4_000] > 20, "{}", drawn[4_000]);
    }
}

//! How many messages of each type a day has: a real day's proportions, drawn without replacement,
//! so that every day has exactly its share of each.

use super::random::Random;

/// Messages by type on 30 December 2019, without the directory and the six system events that
/// every day has (published counts of `12302019.NASDAQ_ITCH50`, on which two sources agree). H and
/// Y: beyond one per security. W, h, N, O and B did not occur; a day here has one of each.
const REAL: [(u8, u64); KINDS] = [
    (b'A', 117_145_568),
    (b'D', 114_360_997),
    (b'U', 21_639_067),
    (b'E', 5_722_824),
    (b'I', 4_024_315),
    (b'X', 2_787_676),
    (b'F', 1_485_888),
    (b'P', 1_218_602),
    (b'L', 215_161),
    (b'C', 99_917),
    (b'Q', 17_836),
    (b'Y', 107),
    (b'H', 60),
    (b'J', 34),
    (b'K', 3),
    (b'V', 1),
    (b'W', 0),
    (b'h', 0),
    (b'N', 0),
    (b'O', 0),
    (b'B', 0),
];

const KINDS: usize = 21;

/// All messages of that day.
pub(super) const REAL_MESSAGES: u64 = 268_744_780;

/// Most orders that were live at a time on that day.
pub(super) const REAL_LIVE_ORDERS: u64 = 1_924_078;

/// Of the 5,822,741 executions of that day, those that left nothing of their order: the orders
/// added less the orders deleted, for none was left at the end.
const REAL_FILLS: u64 = 4_270_459;

/// Fewest messages, beside directory and system events, that still hold one of each type.
pub(super) const LEAST: u64 = 100;

/// What is left to send.
#[derive(Clone, Debug)]
pub(super) struct Mix {
    left: [(u8, u64); KINDS],
    total: u64,
    /// Of the executions left, those that have to take all that is left of an order.
    fills: u64,
}

impl Mix {
    /// `messages`, at least [`LEAST`], in the proportions of the real day.
    pub(super) fn new(messages: u64) -> Mix {
        let real: u64 = REAL.iter().map(|(_, count)| count).sum();
        let mut left = REAL.map(|(kind, count)| (kind, share_of(messages, count, real).max(1)));
        let total = messages.max(LEAST);
        let mut mix = Mix { left, total, fills: 0 };

        // Adding and deleting share what the other types leave, so that all orders end.
        let executions = mix.left(b'E') + mix.left(b'C');
        let fills = share_of(executions, REAL_FILLS, REAL[3].1 + REAL[9].1);
        let rest = total - left[2..].iter().map(|(_, count)| count).sum::<u64>();
        let adds = (rest + fills - mix.left(b'F')) / 2;
        left[0].1 = adds;
        left[1].1 = rest - adds;
        mix.left = left;
        mix.fills = mix.left(b'A') + mix.left(b'F') - mix.left(b'D');
        mix
    }

    /// Draws a type, each message that is left being as likely; does not [`take`](Mix::take) it.
    /// `None` when nothing is left.
    #[inline]
    pub(super) fn draw(&self, random: &mut Random) -> Option<u8> {
        let mut at = random.below(self.total);
        for &(kind, count) in &self.left {
            if at < count {
                return Some(kind);
            }
            at -= count;
        }
        None
    }

    /// One message of this type is sent.
    #[inline]
    pub(super) fn take(&mut self, kind: u8) {
        if let Some((_, count)) = self.left.iter_mut().find(|(k, count)| *k == kind && *count > 0) {
            *count -= 1;
            self.total -= 1;
        }
    }

    /// One of the executions that are sent takes all of an order.
    #[inline]
    pub(super) fn take_fill(&mut self) {
        self.fills -= 1;
    }

    /// Messages left of a type.
    #[inline]
    pub(super) fn left(&self, kind: u8) -> u64 {
        self.left.iter().find(|(k, _)| *k == kind).map_or(0, |(_, count)| *count)
    }

    /// Messages left of all types.
    #[inline]
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Executions left that take all of an order.
    #[inline]
    pub(super) fn fills(&self) -> u64 {
        self.fills
    }
}

/// `amount` times `part` / `whole`, rounded down; `part` is not greater than `whole`.
fn share_of(amount: u64, part: u64, whole: u64) -> u64 {
    (u128::from(amount) * u128::from(part) / u128::from(whole)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_adds_up_and_lets_every_order_end() {
        for messages in (LEAST..3_000).chain([1_000_000, 268_744_780, 1 << 40]) {
            let mix = Mix::new(messages);
            assert_eq!(mix.left.iter().map(|(_, count)| count).sum::<u64>(), messages);
            assert!(mix.left.iter().all(|(_, count)| *count > 0), "{messages}: {mix:?}");
            let executions = mix.left(b'E') + mix.left(b'C');
            assert!(mix.fills <= executions, "{messages}: {mix:?}");
            assert_eq!(mix.left(b'A') + mix.left(b'F'), mix.left(b'D') + mix.fills);
        }
    }

    #[test]
    fn drawing_ends_with_nothing_left() {
        let (mut mix, mut random) = (Mix::new(5_000), Random::new(9));
        for _ in 0..5_000 {
            let kind = mix.draw(&mut random).unwrap();
            mix.take(kind);
        }
        assert_eq!((mix.total(), mix.draw(&mut random)), (0, None));
    }
}

//! Which books may be out of date: those of which messages are missing, until something makes up
//! for what was lost.
//!
//! - A gap of the venue makes every book stale, also those that nothing was heard of yet; a gap of
//!   a symbol that symbol's book. One without [`Flags::STALE`](crate::msg::Flags::STALE) does
//!   neither: the feed knows which books lack something of it, and clears those.
//! - A clear makes the books that it empties whole again: what stands in them from then on was said
//!   after it. Venues clear at the start of a day or a session, and of an instrument before they
//!   send it anew.
//! - A snapshot makes the book of its symbol whole. It begins with the clear before it, or with the
//!   first record of it after records that were not; the rest of one that lost its beginning or its
//!   middle makes nothing whole.
//! - Nothing else does. Of a venue that sends orders and no snapshots, such as Nasdaq, books stay
//!   stale until the next session or day: an order that was lost may rest until then. Whether to go
//!   on with such a book is for the strategy to decide.

/// Which books are stale, by instrument.
#[derive(Clone, Debug, Default)]
pub struct Stale {
    known: Vec<Standing>,
    /// Whether the books beyond the end of `known` are.
    others: bool,
}

/// What is known of one book.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    stale: bool,
    /// Whether the last that came of it was part of a snapshot, or a clear that begins one.
    in_snapshot: bool,
}

impl Stale {
    /// All books are whole; room for so many, more are taken as they come.
    pub fn with_capacity(instruments: usize) -> Stale {
        Stale { known: vec![Standing::default(); instruments], others: false }
    }

    /// Whether the book of an instrument is stale.
    #[inline]
    pub fn contains(&self, instrument: u16) -> bool {
        self.known.get(usize::from(instrument)).map_or(self.others, |it| it.stale)
    }

    /// Whether a book is stale that nothing was heard of yet.
    #[inline]
    pub fn contains_unknown(&self) -> bool {
        self.others
    }

    /// Messages of the venue are missing.
    #[cold]
    pub fn gap(&mut self) {
        self.known.iter_mut().for_each(|standing| standing.stale = true);
        self.others = true;
    }

    /// Messages of one instrument are missing.
    #[cold]
    pub fn gap_of(&mut self, instrument: u16) {
        self.standing(instrument).stale = true;
    }

    /// Every book was emptied.
    #[cold]
    pub fn clear(&mut self) {
        self.known.fill(Standing::default());
        self.others = false;
    }

    /// The book of one instrument was emptied.
    #[cold]
    pub fn clear_of(&mut self, instrument: u16) {
        *self.standing(instrument) = Standing { stale: false, in_snapshot: true };
    }

    /// A part of a snapshot comes. Whether it begins one that makes a stale book whole: what stands
    /// in the book is void.
    #[cold]
    pub fn snapshot(&mut self, instrument: u16) -> bool {
        let standing = self.standing(instrument);
        let begins = !standing.in_snapshot;
        let before = std::mem::replace(
            standing,
            Standing { stale: standing.stale && !begins, in_snapshot: true },
        );
        begins && before.stale
    }

    /// Something comes that is no part of a snapshot.
    #[inline]
    pub fn event(&mut self, instrument: u16) {
        match self.known.get_mut(usize::from(instrument)) {
            Some(standing) => standing.in_snapshot = false,
            None => self.standing(instrument).in_snapshot = false,
        }
    }

    #[inline(never)]
    fn standing(&mut self, instrument: u16) -> &mut Standing {
        let index = usize::from(instrument);
        if index >= self.known.len() {
            let standing = Standing { stale: self.others, in_snapshot: false };
            self.known.resize((index + 1).next_power_of_two(), standing);
        }
        &mut self.known[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens, and the instruments of 0, 1 and 9 that are stale after it.
    #[test]
    fn gaps_and_what_makes_up_for_them() {
        let mut stale = Stale::with_capacity(2);
        let mut check = |what: &dyn Fn(&mut Stale), expected: &[u16]| {
            what(&mut stale);
            let found: Vec<_> = [0, 1, 9].into_iter().filter(|it| stale.contains(*it)).collect();
            assert_eq!(found, expected);
        };
        check(&|_| {}, &[]);
        check(&|it| it.gap_of(1), &[1]);
        check(&|it| it.gap(), &[0, 1, 9]);
        check(&|it| it.event(9), &[0, 1, 9]);
        check(&|it| it.clear_of(0), &[1, 9]);
        check(&|it| assert!(it.snapshot(9)), &[1]);
        check(&|it| assert!(!it.snapshot(9)), &[1]);
        // A gap within the snapshot: the rest of it makes nothing whole, the next one does.
        check(&|it| it.gap_of(9), &[1, 9]);
        check(&|it| assert!(!it.snapshot(9)), &[1, 9]);
        check(&|it| it.event(9), &[1, 9]);
        check(&|it| assert!(it.snapshot(9)), &[1]);
        // A gap between the clear that begins a snapshot and the rest of it.
        check(&|it| it.clear_of(1), &[]);
        check(&|it| it.gap_of(1), &[1]);
        check(&|it| assert!(!it.snapshot(1)), &[1]);
        check(&|it| it.clear(), &[]);
        // What is whole a snapshot does not empty.
        check(&|it| assert!(!it.snapshot(0)), &[]);
    }
}

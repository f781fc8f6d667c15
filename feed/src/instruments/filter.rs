//! The instruments that the scenario or the command line asks for.

use tickline_shared::instruments::Name;
use tickline_shared::units::Symbol;

/// Which instruments are published.
pub(super) struct Filter {
    /// Names or aliases, sorted; none for all.
    wanted: Vec<Name>,
    /// Which of them were seen.
    seen: Vec<bool>,
}

impl Filter {
    pub(super) fn new(mut wanted: Vec<Name>) -> Filter {
        wanted.sort();
        wanted.dedup();
        let seen = vec![false; wanted.len()];
        Filter { wanted, seen }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    pub(super) fn wants(&mut self, name: &Name, symbol: Symbol) -> bool {
        let found = [*name, symbol.into()].map(|name| self.wanted.binary_search(&name));
        found.iter().flatten().for_each(|&index| self.seen[index] = true);
        self.is_empty() || found.iter().any(Result::is_ok)
    }

    pub(super) fn missing(&self) -> Vec<Name> {
        let unseen = self.wanted.iter().zip(&self.seen).filter(|(_, seen)| !**seen);
        unseen.map(|(name, _)| *name).collect()
    }
}

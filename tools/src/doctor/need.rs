//! What a scenario needs of the machine.

use tickline_shared::ring::layout::ring_bytes;
use tickline_shared::scenario::{Pages, RingConfig};

use crate::scenario::Scenario;

/// What a scenario needs of the machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// Bytes of the ring.
    pub ring_bytes: usize,
    /// The pages behind it.
    pub pages: Pages,
    /// No other pages will do.
    pub pages_strict: bool,
    /// The feed and the strategies, each with its core where one is named.
    pub processes: Vec<(String, Option<usize>)>,
}

/// One feed and one strategy, and the ring that they get without a scenario.
impl Default for Need {
    fn default() -> Need {
        let processes = vec![("the feed".to_owned(), None), ("a strategy".to_owned(), None)];
        Need::new(&RingConfig::new("any"), processes)
    }
}

impl Need {
    fn new(ring: &RingConfig, processes: Vec<(String, Option<usize>)>) -> Need {
        let (pages, pages_strict) = (ring.pages, ring.pages_strict);
        Need { ring_bytes: ring_bytes(ring.slots), pages, pages_strict, processes }
    }

    /// Of this scenario.
    pub fn of(scenario: &Scenario) -> Need {
        let feed = ("the feed".to_owned(), scenario.feed.core);
        let strategies = scenario.strategies.iter();
        let strategies = strategies.map(|s| (format!("strategy `{}`", s.name), s.core));
        Need::new(&scenario.ring, [feed].into_iter().chain(strategies).collect())
    }

    /// The cores that the scenario names, as often as it names them.
    pub fn cores(&self) -> impl Iterator<Item = usize> {
        self.processes.iter().filter_map(|(_, core)| *core)
    }
}

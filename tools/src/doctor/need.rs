//! What a scenario needs of the machine.

use tickline_shared::ring::layout::ring_bytes;
use tickline_shared::scenario::{IdleStates, Pages, RingConfig, Then};

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
    /// Some strategy parks.
    pub parks: bool,
    /// The strategies that ask for shallow idle states.
    pub shallow: Vec<String>,
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
        let (parks, shallow) = (true, Vec::new());
        let ring_bytes = ring_bytes(ring.slots);
        Need { ring_bytes, pages, pages_strict, processes, parks, shallow }
    }

    /// Of this scenario.
    pub fn of(scenario: &Scenario) -> Need {
        let feed = ("the feed".to_owned(), scenario.feed.core);
        let strategies = scenario.strategies.iter();
        let strategies = strategies.map(|s| (format!("strategy `{}`", s.name), s.core));
        let processes = [feed].into_iter().chain(strategies).collect();
        let asks = scenario.strategies.iter().filter(|s| s.idle == IdleStates::Shallow);
        Need {
            parks: scenario.strategies.iter().any(|s| s.wait.then == Then::Park),
            shallow: asks.map(|s| format!("`{}`", s.name)).collect(),
            ..Need::new(&scenario.ring, processes)
        }
    }

    /// The cores that the scenario names, as often as it names them.
    pub fn cores(&self) -> impl Iterator<Item = usize> {
        self.processes.iter().filter_map(|(_, core)| *core)
    }
}

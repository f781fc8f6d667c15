//! What a scenario needs of the machine.

use std::collections::BTreeSet;

use tickline_feed::scenario::Speed;
use tickline_shared::ring::layout::ring_bytes;
use tickline_shared::scenario::{Cores, IdleStates, Pages, Priority, RingConfig, Then};

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
    /// The feed, then the strategies.
    pub processes: Vec<Process>,
    /// Some strategy parks.
    pub parks: bool,
    /// The strategies that ask for shallow idle states.
    pub shallow: Vec<String>,
    /// The processes that ask for a real-time priority, and for which.
    pub real_time: Vec<(String, u8)>,
    /// The processes that lock their memory.
    pub locks: Vec<String>,
    /// The network interface that the data comes from.
    pub interface: Option<String>,
    /// Messages a second, where the scenario says how many.
    pub rate: Option<u64>,
}

/// A process of the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Names it for people.
    pub owner: String,
    /// The key that names its core.
    pub key: String,
    /// The core that the scenario names.
    pub core: Option<usize>,
}

impl Process {
    fn feed(core: Option<usize>) -> Process {
        Process { owner: "the feed".to_owned(), key: "feed.core".to_owned(), core }
    }

    fn strategy(name: &str, core: Option<usize>) -> Process {
        Process { owner: format!("strategy `{name}`"), key: format!("strategy.{name}.core"), core }
    }
}

/// One feed and one strategy, and the ring that they get without a scenario.
impl Default for Need {
    fn default() -> Need {
        let strategy = Process { owner: "a strategy".to_owned(), ..Process::strategy("any", None) };
        Need::new(&RingConfig::new("any"), vec![Process::feed(None), strategy])
    }
}

impl Need {
    fn new(ring: &RingConfig, processes: Vec<Process>) -> Need {
        Need {
            ring_bytes: ring_bytes(ring.slots),
            pages: ring.pages,
            pages_strict: ring.pages_strict,
            processes,
            parks: true,
            shallow: Vec::new(),
            real_time: Vec::new(),
            locks: Vec::new(),
            interface: None,
            rate: None,
        }
    }

    /// Of a feed and strategies on these cores, and nothing else that is unusual; as without a
    /// scenario where there are none.
    pub fn on(cores: &[usize]) -> Need {
        let Some((feed, strategies)) = cores.split_first() else { return Need::default() };
        let names = (1..).map(|number| format!("s{number}"));
        let strategies =
            names.zip(strategies).map(|(name, core)| Process::strategy(&name, Some(*core)));
        let processes = [Process::feed(Some(*feed))].into_iter().chain(strategies).collect();
        Need { processes, ..Need::default() }
    }

    /// Of this scenario.
    pub fn of(scenario: &Scenario) -> Need {
        let strategies = scenario.strategies.iter();
        let strategies = strategies.map(|s| Process::strategy(&s.name, s.core));
        let processes = [Process::feed(scenario.feed.core)].into_iter().chain(strategies).collect();
        let feed = ("the feed".to_owned(), scenario.feed.priority, scenario.feed.lock_memory);
        let asking = scenario.strategies.iter();
        let asking = asking.map(|s| (format!("strategy `{}`", s.name), s.priority, s.lock_memory));
        let (mut real_time, mut locks) = (Vec::new(), Vec::new());
        for (owner, priority, locks_memory) in [feed].into_iter().chain(asking) {
            if let Priority::Fifo(level) = priority {
                real_time.push((owner.clone(), level));
            }
            if locks_memory {
                locks.push(owner);
            }
        }
        let asks = scenario.strategies.iter().filter(|s| s.idle == IdleStates::Shallow);
        Need {
            parks: scenario.strategies.iter().any(|s| s.wait.then == Then::Park),
            shallow: asks.map(|s| format!("`{}`", s.name)).collect(),
            real_time,
            locks,
            rate: match scenario.feed.speed {
                Speed::Rate(rate) => Some(rate),
                Speed::Max | Speed::Times(_) => None,
            },
            ..Need::new(&scenario.ring, processes)
        }
    }

    /// The cores that the scenario names, as often as it names them.
    pub fn named(&self) -> impl Iterator<Item = usize> {
        self.processes.iter().filter_map(|process| process.core)
    }

    /// The core that each process will run on; `None` where none is left for it.
    pub fn placed(&self, cores: &Cores) -> Vec<Option<usize>> {
        cores.place(&self.processes.iter().map(|process| process.core).collect::<Vec<_>>())
    }

    /// The cores that spin: those of all processes.
    pub fn hot(&self, cores: &Cores) -> BTreeSet<usize> {
        self.placed(cores).into_iter().flatten().collect()
    }

    /// The cores for everything else: isolated ones only where there are no others.
    pub fn others(&self, cores: &Cores) -> BTreeSet<usize> {
        let others = &cores.online - &self.hot(cores);
        let busy = &others - &cores.isolated;
        if busy.is_empty() { others } else { busy }
    }
}

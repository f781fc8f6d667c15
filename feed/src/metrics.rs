//! The metrics page: what a feed and its readers show in shared memory, as text for Prometheus,
//! served over HTTP by a thread of the feed's process.
//!
//! Nothing of it touches a loop: the thread sleeps until it is asked, reads what the loops show
//! anyway, and answers from a core of its own where the machine has one. Without the key `metrics`
//! there is neither port nor thread.
//!
//! Series live as long as the feed. A strategy that leaves keeps its counters and histograms as
//! they were last, with `tickline_strategy_up` at 0 and its gauges gone, so what it counted between
//! the last request and its end is not lost. A new process under the same name begins at 0, which
//! Prometheus takes for what it is: a restart.

use tickline_shared::attach::{RingSample, Roll, Seated};
use tickline_shared::memory::Shared;
use tickline_shared::ring::layout::{Geometry, Header};

pub mod table;

pub mod page;

pub mod http;

pub mod client;

pub mod server;

pub use page::{Build, Format, Snapshot};
pub use server::{MetricsError, MetricsServer, Reserved};
pub use table::{Kind, METRICS, Metric};

/// Looks at the ring of this process.
pub struct Lookout {
    /// What the feed knows of itself.
    pub build: Build,
    /// The ring.
    pub header: Shared<Header>,
    /// Its constants.
    pub geometry: Geometry,
    /// Who is attached.
    pub seated: Seated,
    /// Who left, too.
    pub roll: Roll,
    /// Strategies of the scenario.
    pub expected: Vec<String>,
}

impl Lookout {
    /// What there is to see now.
    pub fn look(&mut self) -> Snapshot {
        // First the readers, then the ring: nobody has read more than was published.
        self.roll.update(&self.seated.readers());
        let readers = self.roll.sample();
        let pid = std::process::id().cast_signed();
        let ring = RingSample { readers, ..RingSample::of(&self.header, &self.geometry, pid) };
        Snapshot { build: Some(self.build.clone()), ring, expected: self.expected.clone() }
    }
}

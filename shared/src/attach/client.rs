//! The side that attaches: a strategy, or a tool that only looks.

use std::sync::Arc;

use super::connection::Connection;
use super::{AttachError, role};
use crate::instruments::Instruments;
use crate::memory::{Access, Shared};
use crate::ring::layout::{Geometry, Header, ReaderRegion, SLOTS_OFFSET};
use crate::ring::park::Barrier;
use crate::ring::reader::{Reader, membarrier_works};
use crate::scenario::ReaderMode;

/// A reader and what it needs to know.
pub struct Attached {
    /// The reading end.
    pub reader: Reader,
    /// The ring's constants.
    pub geometry: Geometry,
    /// The connection to the feed, which one thread watches and another one may end. Keep it as
    /// long as the reader reads: once it is dropped, the feed waits for this reader no more.
    pub connection: Arc<Connection>,
    /// The reader's own memory, for threads beside the one that reads.
    pub region: Shared<ReaderRegion>,
    /// What the feed knows of its instruments.
    pub instruments: Instruments,
}

/// What a tool sees of a ring.
pub struct Observed {
    /// The ring's header.
    pub header: Shared<Header>,
    /// The ring's constants.
    pub geometry: Geometry,
    /// The readers attached.
    pub readers: Vec<ObservedReader>,
    /// The connection to the feed.
    pub connection: Connection,
}

/// What a tool sees of a reader.
#[derive(Clone)]
pub struct ObservedReader {
    /// The strategy's name.
    pub name: String,
    /// Its process, as the kernel names it to the feed; 0 where the feed cannot name it.
    pub pid: i32,
    /// Whether the feed waits for it.
    pub mode: ReaderMode,
    /// Its memory.
    pub region: Shared<ReaderRegion>,
}

/// Attaches as a reader of `ring` under the strategy's name.
pub fn attach(ring: &str, name: &str, mode: ReaderMode) -> Result<Attached, AttachError> {
    let membarrier = membarrier_works();
    let connection = Connection::dial(ring)?;
    connection.greet(name, role::of(mode), membarrier)?;
    let mut answer = connection.answer()?;
    let (region, header, geometry) = answer.ring()?;
    let own = answer.reader_memory(Access::Write)?;
    let instruments = answer.instruments()?;
    let slots = region.view_slice(SLOTS_OFFSET, geometry.slots);
    let barrier = if membarrier { Barrier::Membarrier } else { Barrier::Fence };
    let index = answer.welcome.index as usize;
    if index >= header.wake.len() {
        return Err(connection.refused("it gave a place that does not exist"));
    }
    let start = answer.welcome.start;
    let reader = Reader::new(slots, header, own.clone(), index, start, barrier);
    Ok(Attached { reader, geometry, connection: Arc::new(connection), region: own, instruments })
}

/// Looks at a ring without taking part. See [`super::Observer`] for more than one look.
pub fn observe(ring: &str) -> Result<Observed, AttachError> {
    let connection = Connection::dial(ring)?;
    connection.greet("", role::OBSERVER, false)?;
    let mut answer = connection.answer()?;
    let (header, geometry) = answer.ring_header()?;
    let readers = answer.readers()?;
    Ok(Observed { header, geometry, readers, connection })
}

//! Datagrams that came before their turn, copied into memory that was taken beforehand.

use std::collections::VecDeque;

use super::Arrival;
use crate::session::{Header, PATIENCE_NS, SessionId};

/// Datagrams kept at once: a millisecond of a million a second.
const KEPT_MAX: usize = 1_024;

/// Bytes of a datagram that can be kept: venues stay below the 1,500 of an Ethernet frame. 2 MiB for
/// all.
const LONGEST: usize = 2_048;

/// A datagram that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) header: Header,
    pub(super) arrival: Arrival,
    /// Offset in its payload of the first message.
    pub(super) at: usize,
    place: Place,
}

/// Where the payload of a datagram lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    index: u16,
    length: u16,
}

/// The datagrams that wait, those of a session in the order of their numbers.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Box<[u8]>,
    free: Vec<u16>,
    kept: VecDeque<Kept>,
    /// None of them came before this.
    oldest: u64,
    /// The one that is being read, which does not wait any more.
    opened: Option<Place>,
}

impl Default for Window {
    fn default() -> Window {
        let mut window = Window {
            bytes: vec![0; KEPT_MAX * LONGEST].into(),
            free: Vec::with_capacity(KEPT_MAX),
            kept: VecDeque::with_capacity(KEPT_MAX),
            oldest: u64::MAX,
            opened: None,
        };
        window.clear();
        window
    }
}

impl Window {
    /// Touches all memory, so that keeping a datagram never faults.
    pub(super) fn touch(&mut self) {
        // Nothing reads it before something is kept there.
        self.bytes.fill(0xff);
    }

    /// Whether nothing waits and nothing is being read.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.free.len() == KEPT_MAX
    }

    /// Whether a payload is short enough to be kept.
    #[inline]
    pub(super) fn takes(payload: &[u8]) -> bool {
        payload.len() <= LONGEST
    }

    /// The session whose turn it is to give up its oldest gap, where one has waited too long at this
    /// time or there is no room for more.
    pub(super) fn overdue(&mut self, now: Option<u64>) -> Option<SessionId> {
        let late = |since: u64| now.is_some_and(|now| now.saturating_sub(since) > PATIENCE_NS);
        if !self.free.is_empty() && !late(self.oldest) {
            return None;
        }
        let since = |kept: &&Kept| kept.arrival.capture_ts.unwrap_or(u64::MAX);
        let oldest = self.kept.iter().min_by_key(since)?;
        self.oldest = since(&oldest);
        (self.free.is_empty() || late(self.oldest)).then_some(oldest.header.session)
    }

    /// Copies a datagram. There has to be room for it: it [takes](Window::takes) the payload, and
    /// nothing is [overdue](Window::overdue).
    #[cold]
    pub(super) fn keep(&mut self, payload: &[u8], header: Header, arrival: Arrival, at: usize) {
        let index = self.free.pop().expect("whoever keeps a datagram has looked for room");
        let start = usize::from(index) * LONGEST;
        self.bytes[start..start + payload.len()].copy_from_slice(payload);
        let place = Place { index, length: payload.len() as u16 };
        self.oldest = self.oldest.min(arrival.capture_ts.unwrap_or(u64::MAX));
        let behind = self.kept.partition_point(|kept| key(&kept.header) <= key(&header));
        self.kept.insert(behind, Kept { header, arrival, at, place });
    }

    /// The lowest number of a session that waits.
    pub(super) fn lowest(&self, session: SessionId) -> Option<u64> {
        let kept = self.kept.get(self.find(session))?;
        (kept.header.session == session).then_some(kept.header.sequence)
    }

    /// Any session of which something waits.
    pub(super) fn any(&self) -> Option<SessionId> {
        self.kept.front().map(|kept| kept.header.session)
    }

    /// Takes the lowest number of a session out; its payload can be read until the next one is taken.
    pub(super) fn take_lowest(&mut self, session: SessionId) -> Option<Kept> {
        self.close();
        self.lowest(session)?;
        let kept = self.kept.remove(self.find(session))?;
        if self.kept.is_empty() {
            self.oldest = u64::MAX;
        }
        self.opened = Some(kept.place);
        Some(kept)
    }

    /// The payload of the datagram that was taken out last; `None` once it was closed.
    pub(super) fn opened(&self) -> Option<&[u8]> {
        let place = self.opened?;
        let start = usize::from(place.index) * LONGEST;
        self.bytes.get(start..start + usize::from(place.length))
    }

    /// What was taken out has been read.
    pub(super) fn close(&mut self) {
        self.free.extend(self.opened.take().map(|place| place.index));
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.free.clear();
        // The lowest first.
        self.free.extend((0..KEPT_MAX as u16).rev());
        (self.oldest, self.opened) = (u64::MAX, None);
    }

    fn find(&self, session: SessionId) -> usize {
        self.kept.partition_point(|kept| kept.header.session < session)
    }
}

fn key(header: &Header) -> (SessionId, u64) {
    (header.session, header.sequence)
}

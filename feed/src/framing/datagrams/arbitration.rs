//! Lines A and B: what waits behind a gap until the other line closes it, or nobody will.
//!
//! A datagram that is ahead of numbers which another line may still bring is kept; what it brings is
//! said in order, once its turn comes. It gives up waiting when every line that is alive has passed
//! the missing numbers, when it has waited for [`PATIENCE_NS`](crate::session::PATIENCE_NS) of
//! capture time, when there is no room for more, when its session begins anew, and at the end of the
//! input. With one line nothing ever waits, and nothing here runs.

use super::{Arrival, Datagrams, Event, Next, Source, Transport};
use crate::counts::Counts;
use crate::session::{Header, LineId, SessionId, Sessions};
use crate::source::Error;

impl<S: Source, T: Transport> Datagrams<S, T> {
    /// Makes one channel of the lines of each group, whatever their addresses say; whether the protocol
    /// goes by addresses at all.
    pub fn join(&mut self, groups: &[Vec<LineId>]) -> bool {
        let pairs = |group: &Vec<LineId>| {
            let first = group.first().copied();
            let joined = group.iter().filter_map(|line| Some((*line, first?)));
            joined.collect::<Vec<_>>()
        };
        self.joined = groups.iter().flat_map(pairs).collect();
        T::BY_LINE
    }

    /// The line of the same channel by whose address that is known.
    #[inline]
    pub(super) fn stands_for(&self, line: Option<LineId>) -> Option<LineId> {
        let joined = self.joined.iter().find(|(joined, _)| Some(*joined) == line);
        joined.map_or(line, |(_, first)| Some(*first))
    }

    /// One step while the window is in use, in the order in which things have to be said: the rest of
    /// the datagram at hand, what was kept and is due, the next one of the source.
    #[cold]
    #[inline(never)]
    pub(super) fn beside_window(
        &mut self,
        sessions: &mut Sessions,
        counts: &mut Counts,
    ) -> Result<Option<Next>, Error> {
        if self.current.held > 0 {
            if self.window.opened().is_none() {
                self.current.left = std::mem::take(&mut self.current.held);
                return Ok(Some(Next::Ready));
            }
            return Ok(self.message_of_kept(sessions, counts));
        }
        self.window.close();
        if let Some(session) = sessions.current()
            && let Some(lowest) = self.window.lowest(session)
            && sessions.due(session, lowest)
        {
            self.release(session, sessions, counts);
            return Ok(None);
        }
        let arrival = match self.deferred.take() {
            Some(arrival) => arrival,
            None => match self.source.advance(counts)? {
                Some(arrival) => arrival,
                None => {
                    // Nobody brings anything any more.
                    let Some(session) = self.window.any() else {
                        return Ok(Some(Next::Event(Event::End)));
                    };
                    self.release(session, sessions, counts);
                    return Ok(None);
                }
            },
        };
        self.admit(&arrival, sessions, counts);
        Ok(None)
    }

    /// The next message of a datagram that was kept; `None` where it is not in it.
    fn message_of_kept(&mut self, sessions: &mut Sessions, counts: &mut Counts) -> Option<Next> {
        let current = &mut self.current;
        let Some(message) = T::cut(self.window.opened()?, current.at) else {
            self.broken(sessions, counts);
            return None;
        };
        current.held -= 1;
        current.at = message.end;
        let sequence = current.sequence;
        current.sequence = sequence.saturating_add(current.step);
        Some(Next::Kept { sequence, message })
    }

    /// Begins to read what waits of a session with the lowest number.
    fn release(&mut self, session: SessionId, sessions: &mut Sessions, counts: &mut Counts) {
        let Some(kept) = self.window.take_lowest(session) else {
            return sessions.nothing_waits(session);
        };
        let admission = sessions.settle(&kept.header, counts);
        self.begin(&kept.arrival, &kept.header, kept.at, admission);
        self.pass_over(admission.skip, sessions, counts);
    }

    /// Whether something that waits goes before a datagram that arrives, whatever that brings: it has
    /// waited too long, there is no room for more, or what arrives cannot itself wait.
    #[cold]
    pub(super) fn gives_way(
        &mut self,
        arrival: &Arrival,
        header: &Header,
        keepable: bool,
        sessions: &mut Sessions,
        counts: &mut Counts,
    ) -> bool {
        let too_long = || (!keepable).then_some(header.session);
        let session = self.window.overdue(arrival.capture_ts).or_else(too_long);
        let Some(session) = session.filter(|session| self.window.lowest(*session).is_some()) else {
            return false;
        };
        self.give_way(arrival, session, sessions, counts);
        true
    }

    /// Lets what waits of a session with the lowest number go before a datagram that arrives, which
    /// is looked at again afterwards.
    #[cold]
    pub(super) fn give_way(
        &mut self,
        arrival: &Arrival,
        session: SessionId,
        sessions: &mut Sessions,
        counts: &mut Counts,
    ) {
        self.deferred = Some(*arrival);
        self.release(session, sessions, counts);
    }
}

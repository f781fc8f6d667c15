//! A tool that watches a ring over time: through readers that come and go, and feeds that end and
//! come back. It never waits, neither for a feed that is stopped nor for one that is not there.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::client::Observed;
use super::connection::{Answer, Connection};
use super::{AttachError, role};

/// Watches a ring.
pub struct Observer {
    ring: String,
    /// What was seen last; stays when its feed is gone.
    observed: Option<Observed>,
    /// Whether its feed is gone.
    gone: bool,
    /// A feed that was asked and has not answered yet.
    asked: Option<Connection>,
    /// Changes of the roster when the readers were last asked for.
    changes: u64,
    /// Whether the answer to that is still to come.
    asked_readers: bool,
}

/// What a look found.
pub struct Sight<'a> {
    /// The feed that is there, or that was there last.
    pub observed: &'a Observed,
    /// Whether its process is gone.
    pub gone: bool,
    /// Whether this is another feed than at the look before.
    pub new: bool,
}

impl Observer {
    /// An observer that has not looked yet.
    pub fn new(ring: &str) -> Observer {
        Observer {
            ring: ring.to_owned(),
            observed: None,
            gone: false,
            asked: None,
            changes: 0,
            asked_readers: false,
        }
    }

    /// Looks; `None` where no feed has answered so far. An error says why a feed cannot be
    /// watched; the next look tries again.
    pub fn look(&mut self) -> Result<Option<Sight<'_>>, AttachError> {
        let mut new = false;
        if let Some(observed) = &self.observed {
            self.gone = self.gone || observed.connection.wait_gone(Some(Duration::ZERO));
        }
        if self.observed.is_none() || self.gone {
            new = self.find()?;
        } else {
            self.follow()?;
        }
        let gone = self.gone;
        Ok(self.observed.as_ref().map(|observed| Sight { observed, gone, new }))
    }

    /// Whether a feed was asked for the first time and has not answered yet.
    pub fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// Looks for a feed. Whether one has answered.
    fn find(&mut self) -> Result<bool, AttachError> {
        let connection = match self.asked.take() {
            Some(connection) => connection,
            None => match Connection::dial(&self.ring) {
                Ok(connection) => {
                    connection.greet("", role::OBSERVER, false)?;
                    connection
                }
                Err(AttachError::NoFeed { .. }) => return Ok(false),
                Err(error) => return Err(error),
            },
        };
        let Some(mut answer) = connection.answer_within(Duration::ZERO)? else {
            self.asked = Some(connection);
            return Ok(false);
        };
        let (header, geometry) = answer.ring_header()?;
        // Read before the readers are asked for again: a change in between is seen next time.
        (self.changes, self.asked_readers, self.gone) = (0, false, false);
        let readers = answer.readers()?;
        self.observed = Some(Observed { header, geometry, readers, connection });
        Ok(true)
    }

    /// Asks for the readers anew when some came or went, and takes the answer when it is there.
    fn follow(&mut self) -> Result<(), AttachError> {
        let Some(observed) = &mut self.observed else { return Ok(()) };
        if self.asked_readers {
            let Some(answer) = observed.connection.answer_within(Duration::ZERO)? else {
                return Ok(());
            };
            self.asked_readers = false;
            observed.readers = readers(answer)?;
        }
        // Relaxed: whatever is behind it is asked for on the socket.
        let changes = observed.header.progress.roster_changes.load(Ordering::Relaxed);
        if changes != self.changes {
            observed.connection.greet("", role::OBSERVER, false)?;
            (self.changes, self.asked_readers) = (changes, true);
        }
        Ok(())
    }
}

fn readers(mut answer: Answer) -> Result<Vec<super::ObservedReader>, AttachError> {
    // The ring is known already.
    drop(answer.next_descriptor()?);
    answer.readers()
}

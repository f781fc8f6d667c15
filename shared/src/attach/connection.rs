//! The connection to a feed: the greeting and the answer with its descriptors.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{Shutdown, shutdown};
use rustix::process::geteuid;
use zerocopy::{FromZeros, IntoBytes};

use super::client::ObservedReader;
use super::{
    AttachError, Hello, MAGIC, SeatInfo, Welcome, directory, pad_name, read_name, reason,
    receive_with, role, send_with, status,
};
use crate::instruments::{Instruments, Table};
use crate::memory::{Access, Region, Shared};
use crate::ring::layout::{
    Geometry, Header, LAYOUT_VERSION, ReaderRegion, SLOTS_OFFSET, ring_bytes,
};
use crate::scenario::ReaderMode;

/// How long the feed may take to answer: it does so between two records, unless it is stopped.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The connection to a feed; it ends when either process does.
pub struct Connection {
    socket: OwnedFd,
    path: PathBuf,
    ring: String,
}

impl Connection {
    /// Finds the feed of a ring.
    pub(super) fn dial(ring: &str) -> Result<Connection, AttachError> {
        let mut looked_at = Vec::new();
        for directory in directory::candidates() {
            let path = directory.join(format!("{ring}.sock"));
            if let Ok(socket) = directory::dial(&path) {
                return Ok(Connection { socket, path, ring: ring.to_owned() });
            }
            looked_at.push(path);
        }
        Err(AttachError::NoFeed { ring: ring.to_owned(), looked_at })
    }

    /// Says what this process wants. An observer may do so again and again.
    pub(super) fn greet(&self, name: &str, role: u32, membarrier: bool) -> Result<(), AttachError> {
        let peer = socket_peercred(&self.socket).map_err(|error| self.failed("identify", error))?;
        let (expected, found) = (geteuid().as_raw(), peer.uid.as_raw());
        if found != expected && found != 0 {
            return Err(AttachError::OtherUser { socket: self.path.clone(), expected, found });
        }
        let hello = Hello {
            magic: MAGIC,
            layout: LAYOUT_VERSION,
            role,
            membarrier: membarrier.into(),
            pad: 0,
            name: pad_name(name),
        };
        send_with(&self.socket, hello.as_bytes(), &[])
            .map_err(|error| self.failed("write to", error))
    }

    /// Waits for the feed's answer, and takes it.
    pub(super) fn answer(&self) -> Result<Answer, AttachError> {
        self.answer_within(ANSWER_WITHIN)?
            .ok_or_else(|| self.refused("it did not answer within 10 s; is it stopped?"))
    }

    /// The feed's answer, if it comes in time.
    pub(super) fn answer_within(&self, within: Duration) -> Result<Option<Answer>, AttachError> {
        if !self.has(PollFlags::IN, Some(within)) {
            return Ok(None);
        }
        let mut welcome = Welcome::new_zeroed();
        let (length, descriptors) = receive_with(&self.socket, welcome.as_mut_bytes())
            .map_err(|error| self.failed("read from", error))?;
        if length == 0 {
            return Err(self.refused("it hung up"));
        }
        // A feed of another version may answer more or less; the status stands first in all.
        if length < Welcome::MINIMUM || welcome.magic != MAGIC {
            return Err(self.refused("its answer is not tickline's"));
        }
        if welcome.status != status::OK {
            return Err(self.refused(&reason(&welcome)));
        }
        let descriptors = descriptors.into_iter();
        Ok(Some(Answer { ring: self.ring.clone(), welcome, descriptors }))
    }

    /// Sleeps until the feed's process is gone, or [`Connection::hang_up`], or the time-out.
    /// Whether the connection ended.
    pub fn wait_gone(&self, timeout: Option<Duration>) -> bool {
        self.has(PollFlags::RDHUP, timeout)
    }

    /// Sleeps until the socket has one of `events` or is closed, or the time-out. Whether it has.
    fn has(&self, events: PollFlags, timeout: Option<Duration>) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(self.socket.as_fd(), events)];
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: i64::from(timeout.subsec_nanos()),
        });
        // Interrupted by a signal, it looks once more.
        while poll(&mut fds, timeout.as_ref()) == Err(Errno::INTR) {}
        fds[0].revents().intersects(events | PollFlags::HUP | PollFlags::ERR)
    }

    /// Ends the connection: the feed lets the reader go, and whoever waits here returns.
    pub fn hang_up(&self) {
        let _ = shutdown(&self.socket, Shutdown::Both);
    }

    /// The feed's process.
    pub fn feed_pid(&self) -> i32 {
        socket_peercred(&self.socket).map_or(0, |peer| peer.pid.as_raw_nonzero().get())
    }

    /// The socket's path.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    pub(super) fn refused(&self, reason: &str) -> AttachError {
        AttachError::Refused { ring: self.ring.clone(), reason: reason.to_owned() }
    }

    fn failed(&self, step: &'static str, source: Errno) -> AttachError {
        AttachError::System { step, socket: self.path.clone(), source: source.into() }
    }
}

/// What the feed answered: the memory that came with it, in the order in which it is taken.
pub(super) struct Answer {
    ring: String,
    pub(super) welcome: Welcome,
    descriptors: std::vec::IntoIter<OwnedFd>,
}

impl Answer {
    pub(super) fn next_descriptor(&mut self) -> Result<OwnedFd, AttachError> {
        self.descriptors.next().ok_or_else(|| AttachError::Refused {
            ring: self.ring.clone(),
            reason: "it passed too few descriptors".to_owned(),
        })
    }

    /// The whole ring, for a reader.
    pub(super) fn ring(&mut self) -> Result<(Arc<Region>, Shared<Header>, Geometry), AttachError> {
        let descriptor = self.next_descriptor()?;
        let region = Arc::new(Region::open(descriptor, ring_bytes(2), Access::Read)?);
        let (header, geometry) = self.header(&region, region.bytes())?;
        Ok((region, header, geometry))
    }

    /// The ring's header, for an observer: the slots stay out of its address space, and the
    /// kernel is asked to move no page.
    pub(super) fn ring_header(&mut self) -> Result<(Shared<Header>, Geometry), AttachError> {
        let descriptor = self.next_descriptor()?;
        let (region, bytes) = Region::open_start(descriptor, SLOTS_OFFSET, ring_bytes(2))?;
        self.header(&Arc::new(region), bytes)
    }

    fn header(
        &self,
        region: &Arc<Region>,
        bytes: usize,
    ) -> Result<(Shared<Header>, Geometry), AttachError> {
        let header = region.view::<Header>(0);
        let geometry = header
            .identity
            .read(bytes)
            .map_err(|source| AttachError::Layout { ring: self.ring.clone(), source })?;
        Ok((header, geometry))
    }

    /// The table of the ring's instruments, for a reader. Its pages stay as they are.
    pub(super) fn instruments(&mut self) -> Result<Instruments, AttachError> {
        let (descriptor, bytes) = (self.next_descriptor()?, size_of::<Table>());
        let (region, _) = Region::open_start(descriptor, bytes, bytes)?;
        Ok(Instruments::new(Arc::new(region).view(0)))
    }

    /// The readers of the ring, for an observer.
    pub(super) fn readers(&mut self) -> Result<Vec<ObservedReader>, AttachError> {
        let (seats, count) = (self.welcome.seats, self.welcome.readers as usize);
        let reader = |seat: &SeatInfo| {
            let (name, pid) = (read_name(&seat.name), seat.pid.max(0));
            let lossless = seat.role == role::LOSSLESS;
            let mode = if lossless { ReaderMode::Lossless } else { ReaderMode::Lossy };
            let region = self.reader_memory(Access::Read)?;
            Ok(ObservedReader { name, pid, mode, region })
        };
        seats.iter().take(count).map(reader).collect()
    }

    /// A reader's own memory.
    pub(super) fn reader_memory(
        &mut self,
        access: Access,
    ) -> Result<Shared<ReaderRegion>, AttachError> {
        let descriptor = self.next_descriptor()?;
        let region = Arc::new(Region::open(descriptor, size_of::<ReaderRegion>(), access)?);
        Ok(region.view(0))
    }
}

impl Welcome {
    /// Bytes up to and with the status.
    const MINIMUM: usize = 16;
}

const _: () = assert!(size_of::<Welcome>() == 32 + 40 * 16 && Welcome::MINIMUM == 16);

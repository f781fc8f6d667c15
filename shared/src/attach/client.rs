//! The side that attaches: a strategy, or a tool that only looks.

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

use super::{
    AttachError, Hello, MAGIC, SeatInfo, Welcome, directory, pad_name, read_name, reason,
    receive_with, role, send_with, status,
};
use crate::memory::{Access, Region, Shared};
use crate::ring::layout::{
    Geometry, Header, LAYOUT_VERSION, ReaderRegion, SLOTS_OFFSET, ring_bytes,
};
use crate::ring::park::Barrier;
use crate::ring::reader::{Reader, membarrier_works};
use crate::scenario::ReaderMode;

/// How long the feed may take to answer: it does so between two records, unless it is stopped.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The connection to a feed; it ends when either process does.
pub struct Connection {
    socket: OwnedFd,
    path: PathBuf,
}

impl Connection {
    /// Sleeps until the feed's process is gone, or [`Connection::hang_up`], or the time-out.
    /// Whether the connection ended.
    pub fn wait_gone(&self, timeout: Option<Duration>) -> bool {
        let mut fds = [PollFd::new(&self.socket, PollFlags::RDHUP)];
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: i64::from(timeout.subsec_nanos()),
        });
        // Interrupted by a signal, it looks once more.
        while poll(&mut fds, timeout.as_ref()) == Err(Errno::INTR) {}
        fds[0].revents().intersects(PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR)
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
}

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
    let mut session = Session::open(ring, name, role::of(mode), membarrier)?;
    let (region, header, geometry) = session.ring_memory()?;
    let own = session.reader_memory(Access::Write)?;
    let slots = region.view_slice(SLOTS_OFFSET, geometry.slots);
    let barrier = if membarrier { Barrier::Membarrier } else { Barrier::Fence };
    let index = session.welcome.index as usize;
    if index >= header.wake.len() {
        return Err(session.refused("it gave a place that does not exist"));
    }
    let start = session.welcome.start;
    let reader = Reader::new(slots, header, own.clone(), index, start, barrier);
    let connection = Arc::new(session.connection);
    Ok(Attached { reader, geometry, connection, region: own })
}

/// Looks at a ring without taking part.
pub fn observe(ring: &str) -> Result<Observed, AttachError> {
    let mut session = Session::open(ring, "", role::OBSERVER, false)?;
    let (_, header, geometry) = session.ring_memory()?;
    let readers = session.readers()?;
    Ok(Observed { header, geometry, readers, connection: session.connection })
}

/// A connection whose welcome has come.
struct Session {
    ring: String,
    connection: Connection,
    welcome: Welcome,
    descriptors: std::vec::IntoIter<OwnedFd>,
}

impl Session {
    fn open(ring: &str, name: &str, role: u32, membarrier: bool) -> Result<Session, AttachError> {
        let mut looked_at = Vec::new();
        for directory in directory::candidates() {
            let path = directory.join(format!("{ring}.sock"));
            if let Ok(socket) = directory::dial(&path) {
                let connection = Connection { socket, path };
                return Session::greet(ring, connection, name, role, membarrier);
            }
            looked_at.push(path);
        }
        Err(AttachError::NoFeed { ring: ring.to_owned(), looked_at })
    }

    fn greet(
        ring: &str,
        connection: Connection,
        name: &str,
        role: u32,
        membarrier: bool,
    ) -> Result<Session, AttachError> {
        let path = connection.path.clone();
        let failed = |step| {
            let socket = path.clone();
            move |source: Errno| AttachError::System { step, socket, source: source.into() }
        };
        let peer = socket_peercred(&connection.socket).map_err(failed("identify"))?;
        let (expected, found) = (geteuid().as_raw(), peer.uid.as_raw());
        if found != expected && found != 0 {
            return Err(AttachError::OtherUser { socket: path, expected, found });
        }
        let hello = Hello {
            magic: MAGIC,
            layout: LAYOUT_VERSION,
            role,
            membarrier: membarrier.into(),
            pad: 0,
            name: pad_name(name),
        };
        send_with(&connection.socket, hello.as_bytes(), &[]).map_err(failed("write to"))?;
        let mut welcome = Welcome::new_zeroed();
        let mut fds = [PollFd::from_borrowed_fd(connection.socket.as_fd(), PollFlags::IN)];
        let within = Timespec { tv_sec: ANSWER_WITHIN.as_secs() as i64, tv_nsec: 0 };
        let _ = poll(&mut fds, Some(&within));
        let refused = |reason: &str| AttachError::Refused {
            ring: ring.to_owned(),
            reason: reason.to_owned(),
        };
        if fds[0].revents().is_empty() {
            return Err(refused("it did not answer within 10 s; is it stopped?"));
        }
        let (length, descriptors) = receive_with(&connection.socket, welcome.as_mut_bytes())
            .map_err(failed("read from"))?;
        if length == 0 {
            return Err(refused("it hung up"));
        }
        // A feed of another version may answer more or less; the status stands first in all.
        if length < Welcome::MINIMUM || welcome.magic != MAGIC {
            return Err(refused("its answer is not tickline's"));
        }
        if welcome.status != status::OK {
            return Err(refused(&reason(&welcome)));
        }
        let descriptors = descriptors.into_iter();
        Ok(Session { ring: ring.to_owned(), connection, welcome, descriptors })
    }

    fn refused(&self, reason: &str) -> AttachError {
        AttachError::Refused { ring: self.ring.clone(), reason: reason.to_owned() }
    }

    fn next_descriptor(&mut self) -> Result<OwnedFd, AttachError> {
        self.descriptors.next().ok_or_else(|| self.refused("it passed too few descriptors"))
    }

    fn ring_memory(&mut self) -> Result<(Arc<Region>, Shared<Header>, Geometry), AttachError> {
        let descriptor = self.next_descriptor()?;
        let region = Arc::new(Region::open(descriptor, ring_bytes(2), Access::Read)?);
        let header = region.view::<Header>(0);
        let geometry = header
            .identity
            .read(region.bytes())
            .map_err(|source| AttachError::Layout { ring: self.ring.clone(), source })?;
        Ok((region, header, geometry))
    }

    fn readers(&mut self) -> Result<Vec<ObservedReader>, AttachError> {
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

    fn reader_memory(&mut self, access: Access) -> Result<Shared<ReaderRegion>, AttachError> {
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

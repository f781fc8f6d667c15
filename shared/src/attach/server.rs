//! The feed's side: a thread that lets readers and observers in and sees them go.
//!
//! It sleeps in `poll` and never touches the ring: what it learns it leaves in the [`Roster`],
//! which the writer takes when it next looks up.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{SocketFlags, accept_with};
use rustix::process::geteuid;
use zerocopy::{FromBytes, IntoBytes};

use super::{
    AttachError, Hello, MAGIC, NAME_BYTES, ObservedReader, SeatInfo, Welcome, directory, pad_name,
    read_name, receive_with, role, send_with, status,
};
use crate::memory::Region;
use crate::ring::layout::{LAYOUT_VERSION, READERS_MAX, ReaderRegion};
use crate::ring::park::Barrier;
use crate::ring::writer::{Change, Roster};
use crate::scenario::{Pages, ReaderMode};

/// How long a reader that was let in waits for the writer to look up. The writer looks up between
/// two records; a feed that is stopped (`SIGSTOP`) does not.
const WRITER_WITHIN: Duration = Duration::from_secs(5);

/// Serves a ring's socket until dropped.
pub struct Server {
    path: PathBuf,
    stop: Arc<Stop>,
    seated: Seated,
    thread: Option<JoinHandle<()>>,
}

/// The readers that are attached now, for other threads of the feed's process.
#[derive(Clone, Default)]
pub struct Seated(Arc<Mutex<Vec<ObservedReader>>>);

impl Seated {
    /// All of them.
    pub fn readers(&self) -> Vec<ObservedReader> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ObservedReader>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Stop {
    asked: AtomicBool,
    event: OwnedFd,
}

impl Server {
    /// Listens for `ring` and passes its memory, and to readers that of its instruments, to whoever
    /// may have it.
    ///
    /// Starts a thread: call it before the process pins itself, so that the thread keeps off the
    /// feed's core.
    pub fn start(
        ring: &str,
        memory: Arc<Region>,
        instruments: Arc<Region>,
        roster: Arc<Roster>,
    ) -> Result<Server, AttachError> {
        let (listener, path) = directory::listen_on(ring)?;
        let failed = |source: Errno| AttachError::System {
            step: "serve",
            socket: path.clone(),
            source: source.into(),
        };
        let event = eventfd(0, EventfdFlags::CLOEXEC).map_err(failed)?;
        let stop = Arc::new(Stop { asked: AtomicBool::new(false), event });
        let seated = Seated::default();
        let door = Door {
            listener,
            memory,
            instruments,
            roster,
            stop: Arc::clone(&stop),
            seated: seated.clone(),
            guests: Vec::new(),
        };
        let thread =
            std::thread::Builder::new().name("attach".into()).spawn(move || door.serve()).map_err(
                |source| AttachError::System { step: "serve", socket: path.clone(), source },
            )?;
        Ok(Server { path, stop, seated, thread: Some(thread) })
    }

    /// The socket's path.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The names of the readers attached now.
    pub fn readers(&self) -> Vec<String> {
        self.seated.lock().iter().map(|reader| reader.name.clone()).collect()
    }

    /// The readers attached now and later.
    pub fn seated(&self) -> Seated {
        self.seated.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Relaxed: the event below wakes the thread, and the kernel orders the two.
        self.stop.asked.store(true, Ordering::Relaxed);
        let _ = rustix::io::write(&self.stop.event, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // The listener is closed now, so the name leads nowhere and may go.
        if let Some(ring) = self.path.file_stem().and_then(|stem| stem.to_str()) {
            directory::sweep(ring);
        }
    }
}

/// A process that is connected.
struct Guest {
    socket: OwnedFd,
    pid: i32,
    reader: Option<Seat>,
}

impl Guest {
    /// What the rest of the process sees of a reader.
    fn observed(&self) -> Option<ObservedReader> {
        let Seat { name, mode, memory, .. } = self.reader.as_ref()?;
        let (name, region) = (name.clone(), memory.view(0));
        Some(ObservedReader { name, pid: self.pid, mode: *mode, region })
    }
}

/// A reader's place.
struct Seat {
    index: usize,
    name: String,
    mode: ReaderMode,
    memory: Arc<Region>,
}

struct Door {
    listener: OwnedFd,
    memory: Arc<Region>,
    instruments: Arc<Region>,
    roster: Arc<Roster>,
    stop: Arc<Stop>,
    seated: Seated,
    guests: Vec<Guest>,
}

impl Door {
    fn serve(mut self) {
        // Relaxed: see `Server::drop`.
        while !self.stop.asked.load(Ordering::Relaxed) {
            let (knock, ready) = {
                let mut fds = vec![
                    PollFd::new(&self.stop.event, PollFlags::IN),
                    PollFd::new(&self.listener, PollFlags::IN),
                ];
                fds.extend(
                    self.guests
                        .iter()
                        .map(|guest| PollFd::new(&guest.socket, PollFlags::IN | PollFlags::RDHUP)),
                );
                if poll(&mut fds, None).is_err() {
                    continue; // interrupted by a signal
                }
                let ready: Vec<bool> = fds[2..].iter().map(|fd| !fd.revents().is_empty()).collect();
                (!fds[1].revents().is_empty(), ready)
            };
            // From the back, so that the indices before stay right.
            for index in (0..ready.len()).rev().filter(|&index| ready[index]) {
                let guest = self.guests.swap_remove(index);
                if let Some(guest) = self.hear(guest) {
                    self.guests.push(guest);
                }
            }
            if knock {
                self.accept();
            }
            *self.seated.lock() = self.guests.iter().filter_map(Guest::observed).collect();
        }
    }

    fn accept(&mut self) {
        // Not blocking: a guest that never reads its answers keeps nobody waiting.
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let Ok(socket) = accept_with(&self.listener, flags) else { return };
        let Ok(peer) = socket_peercred(&socket) else { return };
        // The socket's mode keeps other users out; root passes every mode, and is let in.
        if peer.uid != geteuid() && !peer.uid.is_root() {
            tracing::warn!("user {} asked for the ring and was refused", peer.uid.as_raw());
            return;
        }
        // A crowd that only connects must not exhaust the descriptors of the feed.
        if self.guests.len() >= 4 * READERS_MAX {
            tracing::warn!("too many connections; process {} was refused", peer.pid);
            return;
        }
        let pid = peer.pid.as_raw_nonzero().get();
        self.guests.push(Guest { socket, pid, reader: None });
    }

    /// Something came from a guest: a hello, or the end.
    fn hear(&mut self, mut guest: Guest) -> Option<Guest> {
        let mut bytes = [0; size_of::<Hello>()];
        let heard = receive_with(&guest.socket, &mut bytes);
        let hello = match heard {
            Ok((length, _)) if length == bytes.len() => Hello::read_from_bytes(&bytes).ok(),
            Ok((0, _)) | Err(_) => {
                self.leave(&guest);
                return None;
            }
            Ok(_) => None,
        };
        if let Some(seat) = &guest.reader {
            tracing::warn!("strategy {} (process {}) spoke out of turn", seat.name, guest.pid);
            self.leave(&guest);
            return None;
        }
        let Some(hello) = hello.filter(|hello| hello.magic == MAGIC) else {
            self.refuse(&guest, status::NOT_UNDERSTOOD);
            return None;
        };
        if hello.layout != LAYOUT_VERSION {
            self.refuse(&guest, status::OTHER_LAYOUT);
            return None;
        }
        let name = read_name(&hello.name);
        let mode = match hello.role {
            role::OBSERVER => return self.show(&guest).then_some(guest),
            role::LOSSLESS => ReaderMode::Lossless,
            role::LOSSY => ReaderMode::Lossy,
            _ => {
                self.refuse(&guest, status::NOT_UNDERSTOOD);
                return None;
            }
        };
        match self.seat(&guest, name, mode, hello.membarrier != 0) {
            Ok(seat) => {
                guest.reader = Some(seat);
                Some(guest)
            }
            Err(status) => {
                self.refuse(&guest, status);
                None
            }
        }
    }

    fn leave(&self, guest: &Guest) {
        if let Some(seat) = &guest.reader {
            tracing::info!("strategy {} (process {}) detached", seat.name, guest.pid);
            self.roster.push(Change::Leave { index: seat.index });
        }
    }

    fn refuse(&self, guest: &Guest, status: u32) {
        let welcome = Welcome::of(status);
        let _ = send_with(&guest.socket, welcome.as_bytes(), &[]);
    }

    fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.guests.iter().filter_map(|guest| guest.reader.as_ref())
    }

    /// Gives a reader its memory once the writer knows it.
    fn seat(
        &self,
        guest: &Guest,
        name: String,
        mode: ReaderMode,
        membarrier: bool,
    ) -> Result<Seat, u32> {
        if self.seats().any(|seat| seat.name == name) {
            return Err(status::NAME_TAKEN);
        }
        let free = (0..READERS_MAX).find(|index| self.seats().all(|seat| seat.index != *index));
        let index = free.ok_or(status::RING_TAKEN_UP)?;
        let memory = Region::create(size_of::<ReaderRegion>(), Pages::Small, false);
        let memory = Arc::new(memory.map_err(|error| {
            tracing::warn!("no memory for strategy {name}: {error}");
            status::RING_TAKEN_UP
        })?);
        let (send, receive) = sync_channel(1);
        self.roster.push(Change::Join {
            index,
            mode,
            region: memory.view(0),
            barrier: if membarrier { Barrier::Membarrier } else { Barrier::Fence },
            start: send,
        });
        let Ok(start) = receive.recv_timeout(WRITER_WITHIN) else {
            self.roster.push(Change::Leave { index });
            return Err(status::RING_TAKEN_UP);
        };
        let mut welcome = Welcome::of(status::OK);
        (welcome.index, welcome.start, welcome.readers) = (index as u32, start, 1);
        let regions = [&self.memory, &memory, &self.instruments];
        let descriptors = regions.map(|region| region.descriptor());
        if send_with(&guest.socket, welcome.as_bytes(), &descriptors).is_err() {
            self.roster.push(Change::Leave { index });
            return Err(status::NOT_UNDERSTOOD);
        }
        tracing::info!("strategy {name} (process {}) attached at record {start}", guest.pid);
        Ok(Seat { index, name, mode, memory })
    }

    /// Gives an observer read-only descriptors of the ring and its readers.
    fn show(&self, guest: &Guest) -> bool {
        let mut welcome = Welcome::of(status::OK);
        let mut descriptors = Vec::new();
        let seated =
            self.guests.iter().filter_map(|guest| Some((guest.pid, guest.reader.as_ref()?)));
        for (pid, seat) in seated.take(READERS_MAX) {
            let Ok(descriptor) = read_only(&seat.memory) else { continue };
            let role = role::of(seat.mode);
            let name = pad_name(&seat.name);
            welcome.seats[descriptors.len()] = SeatInfo { name, pid, role };
            descriptors.push(descriptor);
        }
        welcome.readers = descriptors.len() as u32;
        let passed: Vec<_> = std::iter::once(self.memory.descriptor())
            .chain(descriptors.iter().map(AsFd::as_fd))
            .collect();
        send_with(&guest.socket, welcome.as_bytes(), &passed).is_ok()
    }
}

/// Opens a region's file once more, for reading only.
fn read_only(memory: &Region) -> rustix::io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", memory.descriptor().as_raw_fd());
    open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

impl Welcome {
    fn of(status: u32) -> Welcome {
        Welcome {
            magic: MAGIC,
            layout: LAYOUT_VERSION,
            status,
            index: 0,
            readers: 0,
            start: 0,
            seats: [SeatInfo { name: [0; NAME_BYTES], pid: 0, role: role::LOSSY }; READERS_MAX],
        }
    }
}

//! How a process finds a ring and gets at its memory.
//!
//! The feed listens on a Unix socket; whoever connects says what it wants in one datagram
//! (`Hello`) and gets one back (`Welcome`) with the descriptors of the memory. The connection
//! stays open: the kernel closes it when either process dies, however it dies, and so each side
//! learns of the other's end within a millisecond. Nothing else is sent.
//!
//! ```text
//!  $XDG_RUNTIME_DIR/tickline/<ring>.sock   or   <temporary directory>/tickline-<uid>/<ring>.sock
//! ```

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use thiserror::Error;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::memory::MemoryError;
use crate::ring::layout::{LAYOUT_VERSION, LayoutError};

mod connection;

pub mod client;

pub mod observer;

pub mod sample;

pub mod roll;

pub mod directory;

pub mod server;

pub use client::{Attached, Observed, ObservedReader, attach, observe};
pub use connection::Connection;
pub use observer::{Observer, Sight};
pub use roll::Roll;
pub use sample::{ReaderSample, RingSample};
pub use server::{Seated, Server};

/// Bytes of a name on the wire, padded with NUL.
const NAME_BYTES: usize = 32;

/// "TICKATCH" as a number: the first word of every datagram.
const MAGIC: u64 = u64::from_le_bytes(*b"TICKATCH");

/// What a process wants of the feed.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Hello {
    magic: u64,
    layout: u32,
    /// See [`role`].
    role: u32,
    /// Whether the process may use `membarrier`.
    membarrier: u32,
    pad: u32,
    name: [u8; NAME_BYTES],
}

/// Values of [`Hello::role`].
mod role {
    use crate::scenario::ReaderMode;

    pub(super) const OBSERVER: u32 = 0;
    pub(super) const LOSSLESS: u32 = 1;
    pub(super) const LOSSY: u32 = 2;

    pub(super) fn of(mode: ReaderMode) -> u32 {
        match mode {
            ReaderMode::Lossless => LOSSLESS,
            ReaderMode::Lossy => LOSSY,
        }
    }
}

/// The feed's answer. The descriptors come with it: ring memory first, then reader memory. A reader
/// gets its own, and instrument memory; an observer gets everyone's.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Welcome {
    magic: u64,
    layout: u32,
    /// See [`status`].
    status: u32,
    /// A reader's index.
    index: u32,
    /// Readers whose memory is passed.
    readers: u32,
    /// The number of a reader's first record.
    start: u64,
    /// The readers, in the order of the descriptors; for an observer.
    seats: [SeatInfo; crate::ring::layout::READERS_MAX],
}

/// What an observer learns of a reader besides its memory.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct SeatInfo {
    name: [u8; NAME_BYTES],
    /// The process, as the kernel names it to the feed.
    pid: i32,
    /// [`role::LOSSLESS`] or [`role::LOSSY`].
    role: u32,
}

/// Values of [`Welcome::status`].
mod status {
    pub(super) const OK: u32 = 0;
    pub(super) const OTHER_LAYOUT: u32 = 1;
    pub(super) const RING_TAKEN_UP: u32 = 2;
    pub(super) const NAME_TAKEN: u32 = 3;
    pub(super) const NOT_UNDERSTOOD: u32 = 4;
}

/// Why a process could not attach, or a feed not listen.
#[derive(Debug, Error)]
pub enum AttachError {
    /// Nobody listens there.
    #[error(
        "no feed serves ring `{ring}` (looked at {})\n  start one: tickline-feed SCENARIO.toml",
        show(.looked_at)
    )]
    NoFeed {
        /// The ring's name.
        ring: String,
        /// The sockets tried.
        looked_at: Vec<PathBuf>,
    },
    /// Another feed serves the ring.
    #[error(
        "ring `{ring}` is already served by process {pid} ({})\n  stop it, or give this feed's \
         ring another name: [ring] name = …", .socket.display()
    )]
    RingTaken {
        /// The ring's name.
        ring: String,
        /// The other feed.
        pid: i32,
        /// Its socket.
        socket: PathBuf,
    },
    /// The socket's owner is somebody else.
    #[error("the process behind {} runs as user {found}, expected {expected}", .socket.display())]
    OtherUser {
        /// The socket.
        socket: PathBuf,
        /// This process's user.
        expected: u32,
        /// The peer's user.
        found: u32,
    },
    /// The feed said no.
    #[error("the feed of ring `{ring}` refused: {reason}")]
    Refused {
        /// The ring's name.
        ring: String,
        /// Why.
        reason: String,
    },
    /// What was passed is no ring of this version.
    #[error("cannot use ring `{ring}`: {source}")]
    Layout {
        /// The ring's name.
        ring: String,
        /// What is wrong.
        source: LayoutError,
    },
    /// What was passed cannot be mapped.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// A folder for the socket cannot be used.
    #[error("cannot use {} for the ring's socket: {source}", .path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// A system call failed.
    #[error("cannot {step} {}: {source}", .socket.display())]
    System {
        /// What was being done.
        step: &'static str,
        /// The socket.
        socket: PathBuf,
        /// The kernel's reason.
        source: io::Error,
    },
}

fn show(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

fn pad_name(name: &str) -> [u8; NAME_BYTES] {
    let mut bytes = [0; NAME_BYTES];
    let length = name.len().min(NAME_BYTES);
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    bytes
}

/// What a peer says its name is; nothing but printable ASCII comes out.
fn read_name(bytes: &[u8; NAME_BYTES]) -> String {
    let named = bytes.iter().take_while(|&&b| b != 0);
    named.map(|&b| if b.is_ascii_graphic() { b as char } else { '?' }).collect()
}

/// Room for every descriptor that one datagram carries: the ring and all readers.
const DESCRIPTORS_MAX: usize = 1 + crate::ring::layout::READERS_MAX;

fn send_with(
    socket: impl AsFd,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> rustix::io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives one datagram; its length and the descriptors that came with it.
fn receive_with(socket: impl AsFd, bytes: &mut [u8]) -> rustix::io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received =
        recvmsg(socket, &mut [IoSliceMut::new(bytes)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(passed) = message {
            descriptors.extend(passed);
        }
    }
    Ok((received.bytes, descriptors))
}

/// The reason behind a status, for people.
fn reason(welcome: &Welcome) -> String {
    match welcome.status {
        status::OTHER_LAYOUT => format!(
            "it uses ring layout {}, this program knows {LAYOUT_VERSION}: install the same \
             version of both",
            welcome.layout
        ),
        status::RING_TAKEN_UP => {
            format!("all {} places are taken", crate::ring::layout::READERS_MAX)
        }
        status::NAME_TAKEN => "a strategy of this name is attached already".to_owned(),
        status::NOT_UNDERSTOOD => "it did not understand the request".to_owned(),
        other => format!("status {other}"),
    }
}

#[cfg(test)]
mod tests;

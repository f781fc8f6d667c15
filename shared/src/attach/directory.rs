//! Where the sockets are, and who may remove one.
//!
//! A feed that is killed leaves its socket's name in the folder. Whoever comes next and finds that
//! nobody listens there removes it: the next feed, a strategy that lost its feed, `tickline`. All
//! of them hold a lock on the folder meanwhile (on the folder itself: a lock file would be left
//! behind too), so that nobody removes the socket of a feed that is just starting.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
    sockopt::socket_peercred,
};
use rustix::process::geteuid;

use super::AttachError;

/// The folders where a ring's socket may be: the user's runtime folder, then a private one in the
/// temporary directory.
pub fn candidates() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty());
    let private = std::env::temp_dir().join(format!("tickline-{}", geteuid().as_raw()));
    runtime.map(|dir| PathBuf::from(dir).join("tickline")).into_iter().chain([private]).collect()
}

/// Creates the first candidate that can be used.
fn create() -> Result<PathBuf, AttachError> {
    let mut failed = None;
    for path in candidates() {
        match create_private(&path) {
            Ok(()) => return Ok(path),
            Err(source) => failed = Some(AttachError::Directory { path, source }),
        }
    }
    Err(failed.expect("there is always a candidate"))
}

/// A folder that belongs to this user and that nobody else can enter.
fn create_private(path: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = std::fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != geteuid().as_raw() {
        return Err(io::Error::other("it exists and is not a folder of this user; remove it"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o700))?;
    }
    Ok(())
}

/// A connection to whoever listens on a socket.
pub(super) fn dial(socket: &Path) -> Result<OwnedFd, Errno> {
    let address = SocketAddrUnix::new(socket)?;
    let connection =
        socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    connect(&connection, &address)?;
    Ok(connection)
}

/// Holds the folder until dropped.
fn lock(directory: &Path) -> io::Result<OwnedFd> {
    let handle =
        open(directory, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    flock(&handle, FlockOperation::LockExclusive)?;
    Ok(handle)
}

/// Listens on a ring's socket, unless a living feed does.
pub(super) fn listen_on(ring: &str) -> Result<(OwnedFd, PathBuf), AttachError> {
    let directory = create()?;
    let path = directory.join(format!("{ring}.sock"));
    let failed = |step| {
        let socket = path.clone();
        move |source: Errno| AttachError::System { step, socket, source: source.into() }
    };
    let _lock = lock(&directory)
        .map_err(|source| AttachError::Directory { path: directory.clone(), source })?;
    match dial(&path) {
        Ok(other) => {
            let pid = socket_peercred(&other).map_or(0, |peer| peer.pid.as_raw_nonzero().get());
            return Err(AttachError::RingTaken { ring: ring.to_owned(), pid, socket: path });
        }
        Err(Errno::CONNREFUSED) => {
            let _ = std::fs::remove_file(&path);
        }
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(failed("look at")(errno)),
    }
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
        .map_err(failed("open"))?;
    let address = SocketAddrUnix::new(&path).map_err(failed("name"))?;
    bind(&listener, &address).map_err(failed("bind"))?;
    // Before `listen`: until then nobody can connect, whatever the mode.
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600))
        .map_err(|source| AttachError::System { step: "protect", socket: path.clone(), source })?;
    listen(&listener, 64).map_err(failed("listen on"))?;
    Ok((listener, path))
}

/// Removes the socket of a ring whose feed is gone. Whether there was one.
pub fn sweep(ring: &str) -> bool {
    let swept = candidates().into_iter().map(|directory| sweep_in(&directory, ring));
    swept.fold(false, |any, one| any | one)
}

fn sweep_in(directory: &Path, ring: &str) -> bool {
    let path = directory.join(format!("{ring}.sock"));
    let Ok(_lock) = lock(directory) else { return false };
    matches!(dial(&path), Err(Errno::CONNREFUSED)) && std::fs::remove_file(&path).is_ok()
}

/// The names of the rings that have a socket, whether or not somebody serves them.
pub fn rings() -> Vec<String> {
    let folders = candidates().into_iter().filter_map(|path| std::fs::read_dir(path).ok());
    let files = folders.flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> =
        files.filter_map(|name| Some(name.strip_suffix(".sock")?.to_owned())).collect();
    names.sort();
    names.dedup();
    names
}

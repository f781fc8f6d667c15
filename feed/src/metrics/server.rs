//! The thread that serves the page: it sleeps in `poll`, and serves a few clients at a time, each
//! of which may take as long as it wants within its limits without keeping another one waiting.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use thiserror::Error;
use tickline_shared::process::stand_aside;

use super::client::{Client, Next};
use super::page::Format;

/// Connections at a time. One more takes the place of the one that has been there longest: who
/// connects and says nothing keeps nobody out.
const CLIENTS_MAX: usize = 16;

/// The pause after a connection could not be accepted, for want of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// Why there is no page.
#[derive(Debug, Error)]
pub enum MetricsError {
    /// The address cannot be had.
    #[error("cannot serve metrics at {address}: {source}\n  {}", remedy(.source, *.address))]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// No thread, or nothing to wake it with.
    #[error("cannot serve metrics at {address}: no thread: {source}")]
    Thread {
        /// The address asked for.
        address: SocketAddr,
        /// What the kernel said.
        source: std::io::Error,
    },
}

fn remedy(error: &std::io::Error, address: SocketAddr) -> String {
    let port = address.port();
    match error.kind() {
        ErrorKind::AddrInUse => format!(
            "another feed or program serves there (`ss -tlnp 'sport = :{port}'` shows which): stop \
             it, or choose another port: [feed] metrics = …"
        ),
        ErrorKind::PermissionDenied => format!(
            "ports below 1024 take CAP_NET_BIND_SERVICE: choose another one than {port}: [feed] \
             metrics = …"
        ),
        ErrorKind::AddrNotAvailable => {
            "no interface of this machine has that address (`ip addr` shows them); to serve at \
             each of them: \"0.0.0.0:…\", or \"[::]:…\""
                .to_owned()
        }
        _ if error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) => {
            "this machine does not speak that version of IP, or the service that runs the feed may not: \
             choose the other version: [feed] metrics = …, or allow it in the unit: \
             PrivateNetwork=no, RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"
                .to_owned()
        }
        _ => "choose another address, or leave the key out: [feed] metrics = …".to_owned(),
    }
}

/// An address that is taken and not yet served: clients wait in the kernel's queue.
#[derive(Debug)]
pub struct Reserved {
    listener: TcpListener,
    address: SocketAddr,
}

impl Reserved {
    /// Takes an address; port 0 takes any that is free.
    pub fn bind(address: SocketAddr) -> Result<Reserved, MetricsError> {
        let failed = |source| MetricsError::Bind { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Reserved { listener, address })
    }

    /// Serves what `page` makes, on a thread that keeps off `loops` where there are other cores.
    pub fn serve(
        self,
        page: impl FnMut(Format) -> String + Send + 'static,
        loops: BTreeSet<usize>,
    ) -> Result<MetricsServer, MetricsError> {
        let Reserved { listener, address } = self;
        let failed = |source| MetricsError::Thread { address, source };
        let event = eventfd(0, EventfdFlags::CLOEXEC).map_err(|errno| failed(errno.into()))?;
        let stop = Arc::new(Stop { asked: AtomicBool::new(false), event });
        let page = Box::new(page);
        let desk = Desk { listener, stop: Arc::clone(&stop), clients: Vec::new(), page };
        let work = move || {
            if !stand_aside(&loops) {
                tracing::warn!(
                    "no core is left for the metrics page: each request takes a fraction of a \
                     millisecond from one of the loops, which its percentiles show; to mend it: a \
                     core that no `core` of the scenario names, or scrape seldom"
                );
            }
            desk.serve();
        };
        let thread = std::thread::Builder::new().name("metrics".into()).spawn(work);
        let thread = thread.map_err(failed)?;
        tracing::info!("metrics: http://{address}/metrics");
        Ok(MetricsServer { address, stop, thread: Some(thread) })
    }
}

/// Serves the page until dropped.
#[derive(Debug)]
pub struct MetricsServer {
    address: SocketAddr,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Stop {
    asked: AtomicBool,
    event: OwnedFd,
}

impl MetricsServer {
    /// Where the page is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        // Relaxed: the event below wakes the thread, and the kernel orders the two.
        self.stop.asked.store(true, Ordering::Relaxed);
        let _ = rustix::io::write(&self.stop.event, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Desk {
    listener: TcpListener,
    stop: Arc<Stop>,
    /// In the order in which they came.
    clients: Vec<Client>,
    page: Box<dyn FnMut(Format) -> String + Send>,
}

impl Desk {
    fn serve(mut self) {
        // Relaxed: see `MetricsServer::drop`.
        while !self.stop.asked.load(Ordering::Relaxed) {
            let Some((knock, ready)) = self.wait() else { continue };
            let (page, mut ready) = (&mut *self.page, ready.into_iter());
            let now = Instant::now();
            self.clients.retain_mut(|client| {
                let due = ready.next().unwrap_or(false) || now >= client.deadline();
                !due || client.go_on(page) == Next::Wait
            });
            if knock {
                self.accept();
            }
        }
    }

    /// Sleeps until somebody wants something: who connects, and which of the clients.
    fn wait(&self) -> Option<(bool, Vec<bool>)> {
        let mut fds = vec![
            PollFd::new(&self.stop.event, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        fds.extend(self.clients.iter().map(|c| PollFd::new(c.stream(), c.interest())));
        let first = self.clients.iter().map(Client::deadline).min();
        let left = first.map(|first| first.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        // Interrupted by a signal: the caller looks at the flag and comes back.
        poll(&mut fds, timeout.as_ref()).ok()?;
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        Some((ready(&fds[1]), fds[2..].iter().map(ready).collect()))
    }

    /// Lets in who waits, a few at a time, and serves at once who has asked already.
    fn accept(&mut self) {
        for _ in 0..CLIENTS_MAX {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return std::thread::sleep(PAUSE),
            };
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            let mut client = Client::new(stream);
            if client.go_on(&mut *self.page) == Next::Over {
                continue;
            }
            if self.clients.len() == CLIENTS_MAX {
                self.clients.remove(0);
            }
            self.clients.push(client);
        }
    }
}

#[cfg(test)]
mod tests;

//! tokio over a Unix socket: the runtime of one thread, which waits in epoll.

use std::io;

use tickline::measure::Outcome;
use tickline_shared::clock::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

use super::unix::{accept, connect};
use super::{About, Peer};
use crate::asynchronous::{self, Bytes, Socket};
use crate::packet::SIZES;
use crate::process::{Far, Job, Near};

/// See the file's head.
pub struct Tokio;

impl Peer for Tokio {
    const ABOUT: About = About {
        name: "tokio",
        title: "tokio 1, Unix socket (epoll)",
        processes: 2,
        batches: true,
        sizes: &SIZES,
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        let socket = connect(job, near)?;
        runtime()?.block_on(async {
            asynchronous::near::<C>(job, Bytes::new(job, Epoll::new(socket)?)).await
        })
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let socket = accept(job, far)?;
        runtime()?.block_on(async {
            asynchronous::far::<C>(job, Bytes::new(job, Epoll::new(socket)?)).await
        })
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_io().build()
}

struct Epoll(UnixStream);

impl Epoll {
    fn new(socket: std::os::unix::net::UnixStream) -> io::Result<Epoll> {
        socket.set_nonblocking(true)?;
        UnixStream::from_std(socket).map(Epoll)
    }
}

impl Socket for Epoll {
    async fn write(&mut self, buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        (self.0.write_all(&buffer[..length]).await, buffer)
    }

    async fn read(
        &mut self,
        mut buffer: Vec<u8>,
        from: usize,
        to: usize,
    ) -> (io::Result<usize>, Vec<u8>) {
        (self.0.read(&mut buffer[from..to]).await, buffer)
    }
}

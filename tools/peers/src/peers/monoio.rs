//! monoio over a Unix socket: its io_uring driver, one thread.

use std::io;

use monoio::buf::{IoBuf, IoBufMut};
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::UnixStream;
use monoio::{IoUringDriver, Runtime, RuntimeBuilder};
use tickline::measure::Outcome;
use tickline_shared::clock::Clock;

use super::unix::{accept, connect};
use super::{About, Peer};
use crate::asynchronous::{self, Bytes, Socket};
use crate::packet::SIZES;
use crate::process::{Far, Job, Near};

/// See the file's head.
pub struct Monoio;

impl Peer for Monoio {
    const ABOUT: About = About {
        name: "monoio",
        title: "monoio 0.2, Unix socket (io_uring)",
        processes: 2,
        batches: true,
        sizes: &SIZES,
        needs: uring_is_missing,
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        let socket = connect(job, near)?;
        runtime()?.block_on(async {
            let socket = Uring(UnixStream::from_std(socket)?);
            asynchronous::near::<C>(job, Bytes::new(job, socket)).await
        })
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let socket = accept(job, far)?;
        runtime()?.block_on(async {
            let socket = Uring(UnixStream::from_std(socket)?);
            asynchronous::far::<C>(job, Bytes::new(job, socket)).await
        })
    }
}

/// What is missing where the kernel has no io_uring, or forbids it.
pub fn uring_is_missing() -> &'static str {
    if monoio::utils::detect_uring() { "" } else { "a kernel that allows io_uring" }
}

fn runtime() -> io::Result<Runtime<IoUringDriver>> {
    RuntimeBuilder::<IoUringDriver>::new().build()
}

struct Uring(UnixStream);

impl Socket for Uring {
    async fn write(&mut self, buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        let (written, slice) = self.0.write_all(buffer.slice(..length)).await;
        (written.map(|_| ()), slice.into_inner())
    }

    async fn read(
        &mut self,
        buffer: Vec<u8>,
        from: usize,
        to: usize,
    ) -> (io::Result<usize>, Vec<u8>) {
        let (read, slice) = self.0.read(buffer.slice_mut(from..to)).await;
        (read, slice.into_inner())
    }
}

//! tokio-uring over a Unix socket: io_uring below tokio's runtime of one thread.

use std::io;

use tickline::measure::Outcome;
use tickline_shared::clock::Clock;
use tokio_uring::buf::BoundedBuf;
use tokio_uring::net::UnixStream;

use super::monoio::uring_is_missing;
use super::unix::{accept, connect};
use super::{About, Peer};
use crate::asynchronous::{self, Bytes, Socket};
use crate::packet::SIZES;
use crate::process::{Far, Job, Near};

/// See the file's head.
pub struct TokioUring;

impl Peer for TokioUring {
    const ABOUT: About = About {
        name: "tokio-uring",
        title: "tokio-uring 0.5, Unix socket (io_uring)",
        processes: 2,
        batches: true,
        sizes: &SIZES,
        needs: uring_is_missing,
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        let socket = connect(job, near)?;
        tokio_uring::start(async {
            asynchronous::near::<C>(job, Bytes::new(job, Uring(UnixStream::from_std(socket)))).await
        })
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let socket = accept(job, far)?;
        tokio_uring::start(async {
            asynchronous::far::<C>(job, Bytes::new(job, Uring(UnixStream::from_std(socket)))).await
        })
    }
}

struct Uring(UnixStream);

impl Socket for Uring {
    async fn write(&mut self, buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>) {
        let (written, slice) = self.0.write_all(buffer.slice(..length)).await;
        (written, slice.into_inner())
    }

    async fn read(
        &mut self,
        buffer: Vec<u8>,
        from: usize,
        to: usize,
    ) -> (io::Result<usize>, Vec<u8>) {
        let (read, slice) = self.0.read(buffer.slice(from..to)).await;
        (read, slice.into_inner())
    }
}

//! A Unix stream socket, read and written without blocking, with both ends spinning.

use std::os::unix::net::{UnixListener, UnixStream};

use tickline::measure::Outcome;
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::bytes::{Reader, Writer};
use crate::packet::SIZES;
use crate::process::{Far, Job, Near};

/// See the file's head.
pub struct Unix;

impl Peer for Unix {
    const ABOUT: About = About {
        name: "unix",
        title: "Unix stream socket, spinning",
        processes: 2,
        batches: true,
        sizes: &SIZES,
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        let socket = connect(job, near)?;
        socket.set_nonblocking(true)?;
        Ok(near.measure::<C>(job, Writer::new(job, &socket), Reader::new(job, &socket)))
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let socket = accept(job, far)?;
        socket.set_nonblocking(true)?;
        Ok(far.measure::<C>(job, Reader::new(job, &socket), Writer::new(job, &socket)))
    }
}

/// The sender's end of a socket that blocks.
pub fn connect(job: &Job, near: &Near) -> anyhow::Result<UnixStream> {
    near.hear()?;
    let socket = UnixStream::connect(job.path("socket"))?;
    near.hear()?;
    Ok(socket)
}

/// The receiver's end of a socket that blocks.
pub fn accept(job: &Job, far: &Far) -> anyhow::Result<UnixStream> {
    let listener = UnixListener::bind(job.path("socket"))?;
    far.say_ready();
    let (socket, _) = listener.accept()?;
    far.say_ready();
    Ok(socket)
}

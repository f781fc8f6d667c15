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
        needs: "",
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        near.hear()?;
        let socket = UnixStream::connect(job.path("socket"))?;
        socket.set_nonblocking(true)?;
        near.hear()?;
        Ok(near.measure::<C>(job, Writer::new(job, &socket), Reader::new(job, &socket)))
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let listener = UnixListener::bind(job.path("socket"))?;
        far.say_ready();
        let (socket, _) = listener.accept()?;
        socket.set_nonblocking(true)?;
        far.say_ready();
        Ok(far.measure::<C>(job, Reader::new(job, &socket), Writer::new(job, &socket)))
    }
}

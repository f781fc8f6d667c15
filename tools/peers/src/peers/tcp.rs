//! TCP over the loopback device, without Nagle's delay, read and written without blocking, with
//! both ends spinning.

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::Context;
use tickline::measure::Outcome;
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::bytes::{Reader, Writer};
use crate::packet::SIZES;
use crate::process::{Far, Job, Near};

/// See the file's head.
pub struct Tcp;

impl Peer for Tcp {
    const ABOUT: About = About {
        name: "tcp",
        title: "TCP over loopback, spinning",
        processes: 2,
        batches: true,
        sizes: &SIZES,
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        near.hear()?;
        let port = std::fs::read_to_string(job.path("port"))?;
        let port = port.parse().context("the far end's port")?;
        let socket = spinning(TcpStream::connect((Ipv4Addr::LOCALHOST, port))?)?;
        near.hear()?;
        Ok(near.measure::<C>(job, Writer::new(job, &socket), Reader::new(job, &socket)))
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        std::fs::write(job.path("port"), listener.local_addr()?.port().to_string())?;
        far.say_ready();
        let socket = spinning(listener.accept()?.0)?;
        far.say_ready();
        Ok(far.measure::<C>(job, Reader::new(job, &socket), Writer::new(job, &socket)))
    }
}

fn spinning(socket: TcpStream) -> std::io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

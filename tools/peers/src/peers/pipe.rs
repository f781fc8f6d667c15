//! A pipe, read and written without blocking, with both ends spinning. The two processes find it
//! by its name in the measurement's folder.

use std::fs::File;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::pipe::fcntl_setpipe_size;
use tickline::measure::Outcome;
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::bytes::{Reader, Writer};
use crate::packet::SIZES;
use crate::process::{Far, Job, Near};

/// Bytes of a pipe: the most that an ordinary user may have (`/proc/sys/fs/pipe-max-size`).
const PIPE_BYTES: usize = 1 << 20;

/// See the file's head.
pub struct Pipe;

impl Peer for Pipe {
    const ABOUT: About = About {
        name: "pipe",
        title: "pipe, spinning",
        processes: 2,
        batches: true,
        sizes: &SIZES,
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        near.hear()?;
        let there = end(&job.path("there"), OFlags::WRONLY)?;
        let back = end(&job.path("back"), OFlags::RDONLY)?;
        Ok(near.measure::<C>(job, Writer::new(job, there), Reader::new(job, back)))
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        for name in ["there", "back"] {
            mknodat(CWD, job.path(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        }
        let there = end(&job.path("there"), OFlags::RDONLY)?;
        // Read and write: to open the writing end alone takes somebody who reads already.
        let back = end(&job.path("back"), OFlags::RDWR)?;
        far.say_ready();
        Ok(far.measure::<C>(job, Reader::new(job, there), Writer::new(job, back)))
    }
}

fn end(path: &Path, how: OFlags) -> anyhow::Result<File> {
    let file = open(path, how | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    // Refused where the machine allows less: then it is as large as pipes are there.
    let _ = fcntl_setpipe_size(&file, PIPE_BYTES);
    Ok(file.into())
}

//! Aeron IPC: its C client and its C media driver, through the rusteron crates.
//!
//! Only with the feature `aeron`, because the C sources are compiled then.

#[cfg(feature = "aeron")]
mod ends;

use tickline::measure::Outcome;
use tickline_shared::clock::Clock;

use super::{About, Peer};
#[cfg(feature = "aeron")]
use crate::process::Far;
use crate::process::{Job, Near};

/// See the file's head.
pub struct Aeron;

impl Peer for Aeron {
    const ABOUT: About = About {
        name: "aeron",
        title: "Aeron IPC 1.5x (C, through rusteron 0.2)",
        processes: 2,
        batches: true,
        sizes: &[32, 64, 256, 4096],
        needs: || {
            if cfg!(feature = "aeron") {
                ""
            } else {
                "the feature aeron (build: cmake 3.30, clang, libclang-dev, uuid-dev, libbsd-dev)"
            }
        },
    };

    #[cfg(feature = "aeron")]
    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        ends::near::<C>(job, near)
    }

    #[cfg(feature = "aeron")]
    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        ends::far::<C>(job, far)
    }

    #[cfg(not(feature = "aeron"))]
    fn near<C: Clock>(_: &Job, _: &Near) -> anyhow::Result<Option<Outcome>> {
        anyhow::bail!("Aeron needs {}", (Self::ABOUT.needs)())
    }
}

//! The idle states of the cores: how deep they may sleep while a process waits to be woken.
//!
//! A core that sleeps deeply takes longer to leave that state than a wake-up takes besides. The
//! kernel bounds that time, in µs and for all cores of the machine, by the smallest number that
//! some process has written to [`DEVICE`] and holds open. Whichever way that process ends, the
//! kernel takes its number back.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Holds the bound; by default only root may open it.
pub const DEVICE: &str = "/dev/cpu_dma_latency";

/// Gives a group the privilege, from the next boot on.
pub const UDEV_RULE: &str = "KERNEL==\"cpu_dma_latency\", MODE=\"0660\", GROUP=\"tickline\"";

/// How to get the privilege; ends with [`UDEV_RULE`].
pub const MEND: &str = "run as root, or give your group the device with the udev rule \
     KERNEL==\"cpu_dma_latency\", MODE=\"0660\", GROUP=\"tickline\"";

/// What the kernel's bound is when nobody asks for one: PM_QOS_CPU_LATENCY_DEFAULT_VALUE.
pub const UNBOUNDED_US: u32 = 2_000_000_000;

/// While it lives, no core of this machine goes deeper than its shallowest idle state.
#[derive(Debug)]
pub struct Shallow {
    _device: File,
}

impl Shallow {
    /// Asks for it at `device`, which is [`DEVICE`]; an error is the system's: no such privilege,
    /// or no such device.
    pub fn hold(device: &Path) -> io::Result<Shallow> {
        let mut device = OpenOptions::new().write(true).open(device)?;
        device.write_all(&0i32.to_ne_bytes())?;
        Ok(Shallow { _device: device })
    }
}

/// The bound that holds now, in µs, for a process that may change it; an error is that of
/// [`Shallow::hold`].
pub fn bound_us(device: &Path) -> io::Result<u32> {
    let mut bytes = [0; 4];
    // To open it asks for nothing yet: only a write does.
    OpenOptions::new().read(true).write(true).open(device)?.read_exact(&mut bytes)?;
    Ok(u32::try_from(i32::from_ne_bytes(bytes)).unwrap_or(UNBOUNDED_US))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mend_names_the_rule() {
        assert!(MEND.ends_with(UDEV_RULE));
    }

    #[test]
    fn the_device_takes_and_shows_four_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("cpu_dma_latency");
        let missing = Shallow::hold(&device).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound, "it is never created");
        assert_eq!(bound_us(&device).unwrap_err().kind(), io::ErrorKind::NotFound);

        std::fs::write(&device, 2_000_000_000i32.to_ne_bytes()).unwrap();
        assert_eq!(bound_us(&device).unwrap(), UNBOUNDED_US);
        let shallow = Shallow::hold(&device).unwrap();
        assert_eq!(std::fs::read(&device).unwrap(), [0; 4]);
        assert_eq!(bound_us(&device).unwrap(), 0);
        drop(shallow);

        std::fs::write(&device, [0; 3]).unwrap();
        assert_eq!(bound_us(&device).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}

//! What a strategy asks of the cores' idle states, so that its wake-ups out of a park are short.

use std::path::Path;

use tickline_shared::idle_states::{MEND, Shallow};
use tickline_shared::scenario::IdleStates;

/// The wish of one strategy; refused once, it is not uttered again.
pub struct WakeUp<'a> {
    idle: IdleStates,
    device: &'a Path,
}

impl<'a> WakeUp<'a> {
    /// As the scenario says, at the kernel's device for it.
    pub fn new(idle: IdleStates, device: &'a Path) -> WakeUp<'a> {
        WakeUp { idle, device }
    }

    /// Keeps cores in their shallowest idle state until what it returns is dropped. `None` where
    /// nobody asked for that, or where the machine refuses, which is a warning and no error.
    pub fn hold(&mut self) -> Option<Shallow> {
        if self.idle == IdleStates::Deep {
            return None;
        }
        let held = Shallow::hold(self.device).inspect_err(|error| {
            tracing::warn!(
                "no shallow idle states, {} cannot be written ({error}): cores sleep deeply, and \
                 waking a parked strategy takes about six times as long; to get them: {MEND}",
                self.device.display()
            );
            self.idle = IdleStates::Deep;
        });
        held.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_held_when_asked_for_and_a_refusal_is_final() {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("cpu_dma_latency");
        let mut shallow = WakeUp::new(IdleStates::Shallow, &device);
        assert!(shallow.hold().is_none());
        std::fs::write(&device, [1; 4]).unwrap();
        assert!(shallow.hold().is_none(), "one warning is enough");

        assert!(WakeUp::new(IdleStates::Deep, &device).hold().is_none());
        assert_eq!(std::fs::read(&device).unwrap(), [1; 4]);
        assert!(WakeUp::new(IdleStates::Shallow, &device).hold().is_some());
        assert_eq!(std::fs::read(&device).unwrap(), [0; 4]);
    }
}

//! The texts that the kernel keeps about the machine, and the two things that are no text: its
//! cores, and the bound on its idle states.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use tickline_shared::idle_states::{self, DEVICE};
use tickline_shared::scenario::Cores;

/// A machine.
#[derive(Clone, Debug)]
pub struct Host {
    texts: Texts,
    /// Its cores.
    pub cores: Cores,
    /// What leaving an idle state may take now, in us, where this process may change it.
    pub bound_us: Result<u32, ErrorKind>,
}

#[derive(Clone, Debug)]
enum Texts {
    Kernel,
    #[cfg_attr(not(test), allow(dead_code))] // Tests bring their own.
    Sample(BTreeMap<&'static str, String>),
}

impl Host {
    /// The machine that we run on.
    pub fn this() -> Host {
        let bound_us = idle_states::bound_us(Path::new(DEVICE)).map_err(|error| error.kind());
        Host { texts: Texts::Kernel, cores: Cores::present(), bound_us }
    }

    /// A machine made of texts, by path, where idle states are as they are.
    #[cfg(test)]
    pub fn sample(texts: &[(&'static str, &str)], cores: Cores) -> Host {
        let texts = texts.iter().map(|(path, text)| (*path, (*text).to_owned()));
        let bound_us = Ok(idle_states::UNBOUNDED_US);
        Host { texts: Texts::Sample(texts.collect()), cores, bound_us }
    }

    /// A file of /proc or /sys without white space around; `None` where this kernel, or this
    /// container, shows none.
    pub fn text(&self, path: &str) -> Option<String> {
        match &self.texts {
            Texts::Kernel => fs::read_to_string(path).ok().map(|text| text.trim().to_owned()),
            Texts::Sample(texts) => texts.get(path).map(|text| text.trim().to_owned()),
        }
    }

    /// A file that holds one number.
    pub fn number(&self, path: &str) -> Option<u64> {
        self.text(path)?.parse().ok()
    }

    /// A file that lists choices and marks one: from `always [madvise] never`, `madvise`.
    pub fn chosen(&self, path: &str) -> Option<String> {
        let text = self.text(path)?;
        let (_, marked) = text.split_once('[')?;
        Some(marked.split_once(']')?.0.to_owned())
    }
}

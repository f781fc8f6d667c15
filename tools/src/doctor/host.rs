//! The texts that the kernel keeps about the machine, and what is no text: its cores, the programs
//! that run, and the bound on its idle states.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tickline_shared::idle_states::{self, DEVICE};
use tickline_shared::scenario::Cores;

use crate::bench::machine::stat;

/// How long the cores' times are watched: 50 of the kernel's ticks on the usual kernel.
const WATCHED: Duration = Duration::from_millis(500);

/// A machine.
#[derive(Clone, Debug)]
pub struct Host {
    texts: Texts,
    /// Its cores.
    pub cores: Cores,
    /// What leaving an idle state may take now, in us, where this process may change it.
    pub bound_us: Result<u32, ErrorKind>,
    /// /proc/stat a little while ago, against which the present one is compared.
    pub earlier_stat: String,
    /// The programs that run, cut to 15 letters as the kernel does.
    pub programs: BTreeSet<String>,
}

#[derive(Clone, Debug)]
enum Texts {
    Kernel,
    #[cfg_attr(not(test), allow(dead_code))] // Tests bring their own.
    Sample(BTreeMap<&'static str, String>),
}

impl Host {
    /// The machine that we run on; takes half a second.
    pub fn this() -> Host {
        let earlier_stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        thread::sleep(WATCHED);
        Host {
            texts: Texts::Kernel,
            cores: Cores::present(),
            bound_us: idle_states::bound_us(Path::new(DEVICE)).map_err(|error| error.kind()),
            earlier_stat,
            programs: stat::processes().into_values().map(|process| process.name).collect(),
        }
    }

    /// A machine made of texts, by path, where idle states are as they are and nothing runs.
    #[cfg(test)]
    pub fn sample(texts: &[(&'static str, &str)], cores: Cores) -> Host {
        let texts = texts.iter().map(|(path, text)| (*path, (*text).to_owned()));
        Host {
            texts: Texts::Sample(texts.collect()),
            cores,
            bound_us: Ok(idle_states::UNBOUNDED_US),
            earlier_stat: String::new(),
            programs: BTreeSet::new(),
        }
    }

    /// A file of /proc or /sys without white space around; `None` where this kernel, or this
    /// container, shows none.
    pub fn text(&self, path: &str) -> Option<String> {
        match &self.texts {
            Texts::Kernel => fs::read_to_string(path).ok().map(|text| text.trim().to_owned()),
            Texts::Sample(texts) => texts.get(path).map(|text| text.trim().to_owned()),
        }
    }

    /// What lies in a folder, in order; nothing where there is no such folder.
    pub fn names(&self, folder: &str) -> BTreeSet<String> {
        match &self.texts {
            Texts::Kernel => {
                let entries = fs::read_dir(folder).into_iter().flatten();
                entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
            }
            Texts::Sample(texts) => {
                let below = texts.keys().filter_map(|path| {
                    path.strip_prefix(folder)?.strip_prefix('/')?.split('/').next()
                });
                below.map(str::to_owned).collect()
            }
        }
    }

    /// A file that holds one number.
    pub fn number<N: std::str::FromStr>(&self, path: &str) -> Option<N> {
        self.text(path)?.parse().ok()
    }

    /// A file that lists choices and marks one: from `always [madvise] never`, `madvise`.
    pub fn chosen(&self, path: &str) -> Option<String> {
        let text = self.text(path)?;
        let (_, marked) = text.split_once('[')?;
        Some(marked.split_once(']')?.0.to_owned())
    }

    /// Whether this process has a capability, by its number.
    pub fn capable(&self, capability: u32) -> bool {
        let status = self.text("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
        let bits = line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        bits.is_some_and(|bits| bits >> capability & 1 == 1)
    }

    /// A soft limit of this process, by its name in /proc/self/limits: outer `None` where the
    /// kernel does not say, inner `None` where there is none.
    pub fn limit(&self, name: &str) -> Option<Option<u64>> {
        let limits = self.text("/proc/self/limits")?;
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        let soft = line.split_whitespace().next()?;
        Some(soft.parse().ok())
    }
}

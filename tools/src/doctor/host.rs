//! The texts that the kernel keeps about the machine, and nothing that is not a text.

use std::collections::BTreeMap;
use std::fs;

use tickline_shared::scenario::Cores;

/// A machine.
#[derive(Clone, Debug)]
pub struct Host {
    texts: Texts,
    /// Its cores.
    pub cores: Cores,
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
        Host { texts: Texts::Kernel, cores: Cores::present() }
    }

    /// A machine made of texts, by path.
    #[cfg(test)]
    pub fn sample(texts: &[(&'static str, &str)], cores: Cores) -> Host {
        let texts = texts.iter().map(|(path, text)| (*path, (*text).to_owned()));
        Host { texts: Texts::Sample(texts.collect()), cores }
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

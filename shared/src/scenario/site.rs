//! What the checks of a table need to know beyond the table: where files lie, which cores there
//! are, and what the other tables took.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::cores::{Cores, print_list};
use super::fault::Fault;
use super::word::identifier;

/// The surroundings of a scenario, and what its tables claimed of them so far.
#[derive(Debug)]
pub struct Site<'a> {
    folder: &'a Path,
    cores: &'a Cores,
    pinned: Vec<(usize, String)>,
    strategies: Vec<String>,
    warnings: Vec<Fault>,
}

impl<'a> Site<'a> {
    pub(super) fn new(folder: &'a Path, cores: &'a Cores) -> Site<'a> {
        let (pinned, strategies, warnings) = (Vec::new(), Vec::new(), Vec::new());
        Site { folder, cores, pinned, strategies, warnings }
    }

    pub(super) fn into_warnings(self) -> Vec<Fault> {
        self.warnings
    }

    /// A path as typed, seen from the scenario's folder.
    pub fn resolve(&self, typed: &str) -> PathBuf {
        self.folder.join(typed)
    }

    /// A core for `owner`; one that is taken already is allowed, with a warning.
    pub fn core(&mut self, core: &Spanned<u64>, owner: &str) -> Result<usize, Fault> {
        let number = usize::try_from(*core.get_ref()).unwrap_or(usize::MAX);
        if !self.cores.usable(number) {
            return Err(self.unusable(number, core.span()));
        }
        if let Some((_, other)) = self.pinned.iter().find(|(taken, _)| *taken == number) {
            let what = format!("core {number} is given to {other} and to {owner}");
            let fault = Fault::new(core.span(), what).help(
                "processes that spin on one core take turns of milliseconds: give each its own",
            );
            self.warnings.push(fault);
        }
        self.pinned.push((number, owner.to_owned()));
        Ok(number)
    }

    fn unusable(&self, number: usize, span: Range<usize>) -> Fault {
        let usable = self.cores.online.iter().filter(|&&core| self.cores.usable(core)).copied();
        let expected = format!("one of {}", print_list(&usable.collect()));
        let (what, help) = match self.cores.online.contains(&number) {
            true => ("is not allowed for this process", "a container, cgroup or `taskset` sets it"),
            false => ("does not exist on this machine", "leave `core` out to have one chosen"),
        };
        let fault = Fault::new(span, format!("core {number} {what}"));
        fault.expected(expected).found(number).help(help)
    }

    /// A strategy's name, which no other strategy may have.
    pub fn strategy_name(&mut self, name: &Spanned<String>) -> Result<String, Fault> {
        let word = identifier(name, "strategy.name")?;
        if self.strategies.contains(&word) {
            let fault = Fault::new(name.span(), format!("two strategies are called `{word}`"));
            return Err(fault.expected("a name of its own for each strategy"));
        }
        self.strategies.push(word.clone());
        Ok(word)
    }
}

//! What the checks of a table need to know beyond the table: where files lie, which cores there
//! are, and what the other tables took.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::cores::{Cores, print_list};
use super::fault::Fault;
use super::priority::Priority;
use super::word::identifier;

/// The surroundings of a scenario, and what its tables claimed of them so far.
#[derive(Debug)]
pub struct Site<'a> {
    folder: &'a Path,
    cores: &'a Cores,
    claims: Vec<Claim>,
    /// Loops with a real-time priority, on whichever core.
    fifo_loops: usize,
    strategies: Vec<String>,
    warnings: Vec<Fault>,
}

/// A loop's claim to a core.
#[derive(Debug)]
struct Claim {
    core: usize,
    owner: String,
    fifo: bool,
}

impl<'a> Site<'a> {
    pub(super) fn new(folder: &'a Path, cores: &'a Cores) -> Site<'a> {
        let (claims, strategies, warnings) = (Vec::new(), Vec::new(), Vec::new());
        Site { folder, cores, claims, fifo_loops: 0, strategies, warnings }
    }

    pub(super) fn into_warnings(self) -> Vec<Fault> {
        self.warnings
    }

    /// A path as typed, seen from the scenario's folder.
    pub fn resolve(&self, typed: &str) -> PathBuf {
        self.folder.join(typed)
    }

    /// A core for `owner`; one that is taken already is allowed, with a warning, unless a loop
    /// with a real-time priority has it.
    pub fn core(&mut self, core: &Spanned<u64>, owner: &str) -> Result<usize, Fault> {
        let number = usize::try_from(*core.get_ref()).unwrap_or(usize::MAX);
        if !self.cores.usable(number) {
            return Err(self.unusable(number, core.span()));
        }
        if let Some(other) = self.claims.iter().find(|claim| claim.core == number) {
            if other.fifo {
                return Err(starved(core.span(), number, owner, &other.owner));
            }
            let what = format!("core {number} is given to {} and to {owner}", other.owner);
            let fault = Fault::new(core.span(), what).help(
                "processes that spin on one core take turns of milliseconds: give each its own",
            );
            self.warnings.push(fault);
        }
        self.claims.push(Claim { core: number, owner: owner.to_owned(), fifo: false });
        Ok(number)
    }

    /// The priority of `owner`'s loop. One of real time needs a core that no other loop has, and
    /// another one for the rest of the machine.
    pub fn priority(
        &mut self,
        word: Option<&Spanned<String>>,
        core: Option<usize>,
        owner: &str,
    ) -> Result<Priority, Fault> {
        let Some(word) = word else { return Ok(Priority::Normal) };
        let priority = Priority::check(word)?;
        if priority == Priority::Normal {
            return Ok(priority);
        }
        let usable = self.cores.online.iter().filter(|&&core| self.cores.usable(core)).count();
        if usable == 1 {
            let what = format!("{owner} would keep the only core for itself");
            let help = "leave `priority` out: a loop of real time that spins lets nobody else run";
            return Err(Fault::new(word.span(), what).expected("at least 2 cores").help(help));
        }
        for claim in self.claims.iter_mut().filter(|claim| Some(claim.core) == core) {
            if claim.owner != owner {
                return Err(starved(word.span(), claim.core, &claim.owner, owner));
            }
            claim.fifo = true;
        }
        self.fifo_loops += 1;
        if self.fifo_loops == usable {
            let what = format!("loops of real time take all {usable} cores");
            let help = "everything else on this machine, logins and Ctrl-C with it, gets what the \
                        kernel holds back for it, 5 % of a core: leave one without `priority`";
            self.warnings.push(Fault::new(word.span(), what).help(help));
        }
        Ok(priority)
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

/// A loop of real time that spins never lets another one on its core run.
fn starved(span: Range<usize>, core: usize, starved: &str, fifo: &str) -> Fault {
    let what = format!("{starved} would never run on core {core}: {fifo} has a real-time priority");
    Fault::new(span, what).help("give each its own `core`, or leave `priority` out")
}

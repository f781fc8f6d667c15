//! A process of a run: how it is started, heard and ended.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;
use tickline_shared::process::LAUNCHER_OPTION;
use tickline_shared::scenario::Cores;
use tickline_strategy::scenario::{Run, StrategyConfig};

use super::folder::Folder;
use super::progress::Progress;
use crate::scenario::Scenario;

/// A process could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The program is not where it should be.
    #[error(
        "cannot start {}: {source}\n  it must lie beside `tickline`: build the whole workspace \
         (cargo build --release) or install all programs of one version", .program.display()
    )]
    Program {
        /// Its path.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The log cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Log {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Ended {
        let signal = status.signal().map(Ended::Signal);
        signal.unwrap_or_else(|| Ended::Code(status.code().unwrap_or(1)))
    }
}

/// A process of the run.
pub struct Child {
    name: String,
    process: std::process::Child,
    ended: Option<Ended>,
    asked: Option<Instant>,
    log: PathBuf,
    command: String,
    listeners: Vec<JoinHandle<()>>,
    report: Option<JoinHandle<String>>,
}

impl Child {
    /// Starts the feed.
    pub fn feed(file: &Path, folder: &Folder, progress: &Progress) -> Result<Child, StartError> {
        let mut command = Command::new(beside("tickline-feed"));
        command.arg(file);
        Child::start("feed", command, folder, progress)
    }

    /// Starts a strategy.
    pub fn strategy(
        config: &StrategyConfig,
        file: &Path,
        folder: &Folder,
        progress: &Progress,
    ) -> Result<Child, StartError> {
        let mut command = Command::new(match &config.run {
            Run::Binary(path) => path.clone(),
            Run::Null | Run::Bbo => beside("tickline-strategy"),
        });
        command.arg(file).arg("--name").arg(&config.name).arg("--once");
        Child::start(&format!("strategy-{}", config.name), command, folder, progress)
    }

    fn start(
        name: &str,
        mut command: Command,
        folder: &Folder,
        progress: &Progress,
    ) -> Result<Child, StartError> {
        let program = PathBuf::from(command.get_program());
        command.arg("--out").arg(folder.path());
        let shown = shown(&command);
        command.arg(LAUNCHER_OPTION).arg(std::process::id().to_string());
        // A group of its own: Ctrl-C comes to the launcher alone, which ends the feed first and
        // lets the strategies read what is left.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let log = folder.path().join(format!("{name}.log"));
        let file =
            File::create(&log).map_err(|source| StartError::Log { path: log.clone(), source })?;
        let mut process =
            command.spawn().map_err(|source| StartError::Program { program, source })?;
        let stderr = process.stderr.take().expect("it was piped");
        let mut stdout = process.stdout.take().expect("it was piped");
        let listener = {
            let progress = progress.clone();
            std::thread::spawn(move || listen(stderr, file, &progress))
        };
        let report = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stdout.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Ok(Child {
            name: name.to_owned(),
            process,
            ended: None,
            asked: None,
            log,
            command: shown,
            listeners: vec![listener],
            report: Some(report),
        })
    }

    /// How it ended; `None` as long as nobody saw it end.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// How it ended, the first time that this is seen.
    pub fn newly_ended(&mut self) -> Option<Ended> {
        if self.ended.is_some() {
            return None;
        }
        self.ended = self.process.try_wait().ok().flatten().map(Ended::from);
        // Asked before it could say how it ends by itself: that is no accident.
        if self.asked.is_some() && self.ended == Some(Ended::Signal(Signal::TERM.as_raw())) {
            self.ended = Some(Ended::Code(0));
        }
        if self.ended.is_some() {
            // What it said last stands before what is said about its end.
            self.listeners.drain(..).for_each(|listener| drop(listener.join()));
        }
        self.ended
    }

    /// When it was asked to end.
    pub fn asked(&self) -> Option<Instant> {
        self.asked
    }

    /// SIGTERM, once.
    pub fn ask_to_end(&mut self) {
        if self.asked.is_none() {
            self.asked = Some(Instant::now());
            self.signal(Signal::TERM);
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
    }

    fn signal(&mut self, signal: Signal) {
        // Until somebody waited for it, its number is not given to another process.
        if self.ended.is_none()
            && let Some(pid) = Pid::from_raw(self.process.id() as i32)
        {
            let _ = kill_process(pid, signal);
        }
    }

    /// What to say about an end that was not as it should be.
    pub fn obituary(&self, ended: &Ended) -> String {
        let (name, log) = (&self.name, self.log.display());
        match ended {
            Ended::Code(code) => format!("{name} ended with code {code}; its log: {log}"),
            Ended::Signal(signal) => {
                format!("{name} was killed by signal {signal}; its log: {log}")
            }
        }
    }

    /// How a person would start it.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// What it wrote to standard output. Waits for its end.
    pub fn report(&mut self) -> String {
        self.report.take().and_then(|report| report.join().ok()).unwrap_or_default()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.newly_ended().is_none() && self.ended.is_none() {
            self.kill();
            let _ = self.process.wait();
        }
    }
}

/// A program of the same build as this one.
pub fn beside(program: &str) -> PathBuf {
    let here = std::env::current_exe().ok();
    let folder = here.as_deref().and_then(Path::parent).map(Path::to_owned);
    folder.unwrap_or_default().join(program)
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Copies what a process says into its log, and what is more than information to the terminal.
fn listen(stderr: impl Read, mut log: File, progress: &Progress) {
    let mut show = false;
    for line in BufReader::new(stderr).split(b'\n') {
        let Ok(line) = line else { return };
        let line = String::from_utf8_lossy(&line).into_owned();
        let _ = writeln!(log, "{line}");
        match severity(&line) {
            Some(("WARN", text)) => {
                show = true;
                progress.say(&format!("warning: {text}"));
            }
            Some(("ERROR", text)) => {
                show = true;
                progress.say(&format!("error: {text}"));
            }
            Some(_) => show = false,
            // A line without a time goes on with the one before; or it is a panic.
            None if show || line.starts_with("thread '") => {
                show = true;
                progress.say(&line);
            }
            None => {}
        }
    }
}

/// The level and the text of a line of a log: `2026-11-21T02:00:46.010933Z  WARN text`.
fn severity(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.split_once(' ')?;
    let (level, text) = rest.trim_start().split_once(' ')?;
    let is_time = time.ends_with('Z') && time.starts_with(|c: char| c.is_ascii_digit());
    is_time.then_some((level, text))
}

/// Gives a core to every process that has none, as long as there are some; what could not be done.
pub fn choose_cores(scenario: &mut Scenario) -> Vec<String> {
    let named = std::iter::once(scenario.feed.core)
        .chain(scenario.strategies.iter().map(|strategy| strategy.core));
    let placed = Cores::present().place(&named.collect::<Vec<_>>());
    let feed = ("the feed".to_owned(), &mut scenario.feed.core);
    let strategies = scenario
        .strategies
        .iter_mut()
        .map(|strategy| (format!("strategy `{}`", strategy.name), &mut strategy.core));
    let mut warnings = Vec::new();
    for ((owner, core), placed) in std::iter::once(feed).chain(strategies).zip(placed) {
        *core = placed;
        if placed.is_none() {
            warnings.push(format!(
                "{owner} has no core of its own and is not pinned: it shares one with others, and \
                 latencies include their turns; use fewer strategies or more cores"
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_log_show_their_level() {
        let check = |line, expected| assert_eq!(severity(line), expected, "{line}");
        check("2026-11-21T02:00:46.010933Z  WARN no pages", Some(("WARN", "no pages")));
        check("2026-11-21T02:00:46.010933Z ERROR a b", Some(("ERROR", "a b")));
        check("  echo 3 | sudo tee", None);
        check("thread 'feed' panicked at", None);
        check("", None);
    }
}

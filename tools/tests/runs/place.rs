//! A place where runs take place, and a run that goes on.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

/// A folder of its own for the run, its sockets and its files.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        for program in ["tickline-feed", "tickline-strategy"] {
            let path = program_path(program);
            assert!(path.exists(), "{} is missing: cargo build --workspace", path.display());
        }
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program_path(program));
        command.current_dir(self.path()).env("XDG_RUNTIME_DIR", self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn tickline(&self, args: &[&str]) -> Output {
        // A run that hangs fails its test and no other.
        let mut command = self.command("tickline");
        let mut child = command.args(args).process_group(0).spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let stdout = std::thread::spawn(|| read_all(stdout));
        let stderr = std::thread::spawn(|| read_all(stderr));
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > Duration::from_secs(60) {
                child.kill().unwrap();
                panic!("{args:?} hangs");
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }

    /// A scenario with a generated day, a `null` and a `bbo`.
    pub(crate) fn scenario(&self, messages: u64, speed: &str) -> PathBuf {
        let path = self.path().join("test.toml");
        let text = format!(
            r#"
name = "test"
[ring]
slots = 1024
[feed]
live_orders = 4096
publish = ["orders", "quotes", "trades"]
source = {{ generate = {{ messages = {messages}, symbols = 20 }}, speed = "{speed}" }}
[[strategy]]
name = "floor"
run = "null"
[[strategy]]
name = "top"
run = "bbo"
wait = {{ spin = "1us", then = "park" }}
"#
        );
        fs::write(&path, text).unwrap();
        path
    }

    /// Starts a run that goes on for minutes, and returns once records flow.
    pub(crate) fn endless(&self) -> Run {
        self.endless_with(&[])
    }

    pub(crate) fn endless_with(&self, args: &[&str]) -> Run {
        self.scenario(20_000, "rate=2k");
        self.launched(args)
    }

    /// Launches the scenario, and returns once records flow.
    pub(crate) fn launched(&self, args: &[&str]) -> Run {
        let launch = ["launch", "test.toml", "--out", "out"];
        let launcher = self.command("tickline").args(launch).args(args).spawn();
        let mut run = Run { launcher: launcher.unwrap(), feed: 0, strategies: Vec::new() };
        let start = Instant::now();
        loop {
            let rings = self.tickline(&["rings", "--json"]);
            let rings: Value = serde_json::from_slice(&rings.stdout).unwrap();
            // Other rings of this user may be served on this host meanwhile.
            let ring = rings.as_array().unwrap().iter().find(|ring| ring["name"] == "test");
            if let Some(ring) = ring.filter(|ring| ring["published"].as_u64() > Some(0)) {
                run.feed = ring["feed_pid"].as_u64().unwrap();
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "the run did not begin");
            assert!(run.launcher.try_wait().unwrap().is_none(), "{}", run.errors());
            std::thread::sleep(Duration::from_millis(20));
        }
        for name in ["floor", "top"] {
            let log = fs::read_to_string(self.path().join(format!("out/strategy-{name}.log")));
            assert!(log.unwrap().contains("attached"));
        }
        run.strategies = children(run.launcher.id(), "tickline-strat");
        assert_eq!(run.strategies.len(), 2);
        run
    }

    pub(crate) fn summary(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path().join("out/summary.json")).unwrap()).unwrap()
    }

    /// No socket of a ring is left.
    pub(crate) fn assert_nothing_left(&self) {
        // Where no feed came so far, there is no folder either.
        if let Ok(sockets) = fs::read_dir(self.path().join("tickline")) {
            assert_eq!(sockets.count(), 0, "a socket is left");
        }
    }
}

pub(crate) struct Run {
    pub(crate) launcher: Child,
    pub(crate) feed: u64,
    pub(crate) strategies: Vec<u64>,
}

impl Run {
    pub(crate) fn end(mut self) -> (i32, String, String) {
        let start = Instant::now();
        while self.launcher.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(30), "the run hangs");
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut out = String::new();
        self.launcher.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let errors = self.errors();
        (self.launcher.wait().unwrap().code().unwrap_or(-1), out, errors)
    }

    pub(crate) fn errors(&mut self) -> String {
        let mut errors = String::new();
        self.launcher.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        errors
    }
}

/// A test that fails leaves no run behind: the launcher takes its processes with it.
impl Drop for Run {
    fn drop(&mut self) {
        if let Ok(None) = self.launcher.try_wait() {
            let _ = self.launcher.kill().and_then(|()| self.launcher.wait());
        }
    }
}

pub(crate) fn read_all(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    bytes
}

pub(crate) fn program_path(program: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_tickline")).with_file_name(program)
}

/// Processes that `parent` started, by the beginning of their name.
pub(crate) fn children(parent: u32, name: &str) -> Vec<u64> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid: u64 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, tail) = stat.rsplit_once(')')?;
        let is_child = tail.split_whitespace().nth(1)? == parent.to_string();
        (is_child && head.split_once('(')?.1.starts_with(name)).then_some(pid)
    });
    processes.collect()
}

pub(crate) fn signal(pid: u64, signal: Signal) {
    kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
}

pub(crate) fn alive(pid: u64) -> bool {
    test_kill_process(Pid::from_raw(pid as i32).unwrap()).is_ok()
}

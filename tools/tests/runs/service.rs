//! What a service manager hears of a feed and of a strategy.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tickline_shared::process::log::LogArgs;
use tickline_strategy::process::{Args, start};
use tickline_strategy::{Signals, Strategy, Tick};

use crate::place::{Place, signal};

/// A manager's end of the socket.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn listen(path: &Path) -> Manager {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        Manager { socket, heard: Vec::new() }
    }

    fn hear(&mut self) {
        let mut bytes = [0; 512];
        if let Ok(length) = self.socket.recv(&mut bytes) {
            self.heard.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
        }
    }

    /// Listens until a message holds this.
    fn wait_for(&mut self, word: &str) {
        let start = Instant::now();
        while !self.heard.iter().any(|message| message.contains(word)) {
            assert!(start.elapsed() < Duration::from_secs(30), "{word}: {:?}", self.heard);
            self.hear();
        }
    }

    fn forget(&mut self) {
        while self.socket.recv(&mut [0; 512]).is_ok() {}
        self.heard.clear();
    }
}

fn watched(mut command: Command, socket: &Path) -> Child {
    // Half a second between two signs of life.
    command.env("NOTIFY_SOCKET", socket).env("WATCHDOG_USEC", "1000000");
    command.spawn().unwrap()
}

fn end(mut child: Child) {
    signal(child.id().into(), Signal::TERM);
    assert!(child.wait().unwrap().success());
}

/// A scenario that goes on for minutes; its strategy is parked nearly always.
fn one_strategy(place: &Place) -> PathBuf {
    let file = place.scenario(20_000, "rate=2k");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.split("[[strategy]]\nname = \"top\"").next().unwrap()).unwrap();
    file
}

#[test]
fn a_feed_and_a_strategy_say_that_they_are_ready_alive_and_ending() {
    let place = Place::new();
    one_strategy(&place);
    let sockets = ["feed.notify", "floor.notify"].map(|name| place.path().join(name));
    let [mut feed_heard, mut strategy_heard] = sockets.each_ref().map(|path| Manager::listen(path));

    let mut command = place.command("tickline-strategy");
    command.args(["test.toml", "--name", "floor"]);
    let mut strategy = watched(command, &sockets[1]);
    strategy_heard.wait_for("STATUS=waiting for the feed of ring test\n");
    assert_eq!(strategy_heard.heard.len(), 1, "{:?}", strategy_heard.heard);

    let mut command = place.command("tickline-feed");
    command.arg("test.toml");
    let feed = watched(command, &sockets[0]);
    feed_heard.wait_for("READY=1\nSTATUS=ring test: waiting for strategies: floor\n");
    strategy_heard.wait_for("READY=1\nSTATUS=attached to ring test\n");
    feed_heard.wait_for("STATUS=ring test: playing\n");
    for manager in [&mut feed_heard, &mut strategy_heard] {
        manager.forget();
        manager.wait_for("WATCHDOG=1");
    }
    end(feed);
    feed_heard.wait_for("STOPPING=1");
    strategy_heard.wait_for("STOPPING=1");
    assert!(strategy.wait().unwrap().success());
    place.assert_nothing_left();
}

/// Decides nothing, for ever.
struct Hang;

impl Strategy for Hang {
    fn on_msg(&mut self, _: &Tick, _: &mut Signals) {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

#[test]
#[ignore = "the process of the test below"]
fn hangs() {
    let Ok(scenario) = std::env::var("SCENARIO_OF_A_STRATEGY_THAT_HANGS") else { return };
    let (name, log) = ("floor".to_owned(), LogArgs::default());
    let args = Args { scenario: scenario.into(), name, out: None, once: true, launcher: None, log };
    start(&args).unwrap().run(|_| Ok(Hang)).unwrap();
}

/// The loop hangs while the rest of its process goes on: that is what a watchdog is for.
#[test]
fn a_strategy_that_hangs_gives_no_sign_of_life() {
    let place = Place::new();
    let file = one_strategy(&place);
    let path = place.path().join("floor.notify");
    let mut heard = Manager::listen(&path);
    let feed = place.command("tickline-feed").arg("test.toml").spawn().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "service::hangs", "--ignored"]).stdout(Stdio::null());
    command.env("XDG_RUNTIME_DIR", place.path()).env("SCENARIO_OF_A_STRATEGY_THAT_HANGS", file);
    let mut strategy = watched(command, &path);
    heard.wait_for("READY=1");
    // Until its last sign is as old as the manager may see it, some signs still come.
    let start = Instant::now();
    let mut quiet = Instant::now();
    while quiet.elapsed() < Duration::from_secs(2) {
        assert!(start.elapsed() < Duration::from_secs(30), "it is called alive: {:?}", heard.heard);
        heard.heard.clear();
        heard.hear();
        if !heard.heard.is_empty() {
            quiet = Instant::now();
        }
    }
    strategy.kill().unwrap();
    strategy.wait().unwrap();
    end(feed);
}

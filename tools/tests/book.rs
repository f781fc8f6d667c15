//! `tickline book` from outside: real captures against files that TICKLINE_GOLDEN=write writes
//! anew, and small days written out by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

/// The command in a folder, so that what it prints does not say where that folder is.
fn book(folder: &Path, words: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_tickline");
    Command::new(program).current_dir(folder).arg("book").args(words).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn json(folder: &Path, words: &[&str]) -> Value {
    let found = book(folder, &[words, &["--json"]].concat());
    serde_json::from_slice(&found.stdout).unwrap_or_else(|_| panic!("{}", text(&found.stderr)))
}

/// What is printed is what the file says.
#[track_caller]
fn check(folder: &Path, words: &[&str], golden: &str) {
    let found = book(folder, words);
    assert_eq!(found.status.code(), Some(0), "{}", text(&found.stderr));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/book").join(golden);
    if std::env::var("TICKLINE_GOLDEN").is_ok_and(|what| what == "write") {
        fs::write(&path, &found.stdout).unwrap();
    }
    assert_eq!(text(&found.stdout), fs::read_to_string(&path).unwrap(), "{golden}");
}

/// It ends with this code and says this much.
#[track_caller]
fn refused(folder: &Path, words: &[&str], code: i32, says: &str) {
    let found = book(folder, words);
    let errors = text(&found.stderr);
    assert_eq!(found.status.code(), Some(code), "{words:?}: {errors}");
    assert!(errors.contains(says), "{words:?}: expected {says:?} in\n{errors}");
}

/// Every level of these was compared with what another program made of the same files.
#[test]
fn books_of_real_captures() {
    let Some(folder) = captures() else { return };
    let day = "nasdaq/zero-prefix.itch.gz";
    check(&folder, &[day, "--depth", "3"], "orders.txt");
    check(&folder, &[day, "--at", "10:00", "--symbols", "ALC,BOB", "--depth", "2"], "at.txt");
    check(&folder, &["iex/deep10-20231002.pcap.gz", "--limit", "3"], "levels.txt");
    let tops = "iex/tops16-20170710.pcapng.gz";
    check(&folder, &[tops, "--limit", "3", "--at", "2017-07-10T14:36:00Z"], "quotes.txt");
    check(&folder, &[tops], "quotes-at-the-end.txt");
    check(&folder, &["nasdaq/mold-live/Multiple.Packets.pcap"], "stale.txt");
}

#[test]
fn json_holds_everything() {
    let Some(folder) = captures() else { return };
    let deep = json(&folder, &["iex/deep10-20231002.pcap.gz"]);
    let symbols = deep["symbols"].as_array().unwrap();
    let count = |key: &str| symbols.iter().map(|it| it[key].as_array().unwrap().len()).sum();
    let levels: usize = count("bids");
    // Counted by another program.
    assert_eq!((symbols.len(), levels + count("asks")), (200, 838));
    assert_eq!((&deep["venue"], &deep["kept_from"]), (&"iex-deep".into(), &"levels".into()));
    assert_eq!(deep["as_of"], "1696248032417964285");
    assert!(symbols.iter().all(|it| it["bids"][0]["orders"].is_null()));
    let day = json(&folder, &["nasdaq/zero-prefix.itch.gz", "--symbols", "CHAR", "--depth", "1"]);
    let char = &day["symbols"][0];
    assert_eq!((&char["symbol"], &char["state"]), (&"CHAR".into(), &"crossed".into()));
    assert_eq!((&char["bid_levels"], &char["ask_levels"]), (&173.into(), &168.into()));
    let best = serde_json::json!([{ "price": "25.65", "quantity": "30", "orders": 1 }]);
    assert_eq!(char["bids"], best);
    let lost = json(&folder, &["nasdaq/mold-live/Multiple.Packets.pcap"]);
    assert_eq!((&lost["symbols"][0]["stale"], &lost["gaps"]), (&true.into(), &1.into()));
}

/// A day in BinaryFILE: messages of ITCH 5.0, each at its second after midnight.
fn day(messages: &[(u64, u8, u16, Vec<u8>)]) -> Vec<u8> {
    let file = messages.iter().flat_map(|(second, kind, locate, body)| {
        let header = [&[*kind][..], &locate.to_be_bytes(), &[0, 0]].concat();
        let time = &(second * 1_000_000_000).to_be_bytes()[2..];
        let message = [&header, time, &body[..]].concat();
        [&(message.len() as u16).to_be_bytes()[..], &message].concat()
    });
    file.collect()
}

fn add(second: u64, locate: u16, id: u64, side: u8, price: u32) -> (u64, u8, u16, Vec<u8>) {
    let symbol = if locate == 1 { b"ONE     " } else { b"TWO     " };
    let shares = 100u32.to_be_bytes();
    let body = [&id.to_be_bytes()[..], &[side], &shares, symbol, &price.to_be_bytes()].concat();
    (second, b'A', locate, body)
}

#[test]
fn states_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let halted = (40, b'H', 2, b"TWO     H T1  ".to_vec());
    let messages = [
        add(10, 1, 1, b'B', 10_000),
        add(20, 1, 2, b'S', 10_000),
        add(30, 2, 3, b'B', 50_000),
        halted,
        (50, b'D', 1, 1u64.to_be_bytes().to_vec()),
    ];
    fs::write(folder.path().join("day"), day(&messages)).unwrap();
    let state = |at: &str| {
        let found = json(folder.path(), &["day", "--symbols", "ONE", "--at", at]);
        let one = &found["symbols"][0];
        [one["state"].clone(), one["last_ts"].clone()].map(|it| it.as_str().unwrap().to_owned())
    };
    assert_eq!(state("00:00:19.999999999"), ["one-sided", "10000000000"]);
    assert_eq!(state("00:00:20"), ["locked", "20000000000"]);
    assert_eq!(state("50000000000"), ["one-sided", "50000000000"]);
    let found = text(&book(folder.path(), &["day"]).stdout);
    assert!(found.contains("TWO  one-sided, halted (H T1); 1 bid and 0 ask levels"), "{found}");
    let two = json(folder.path(), &["day", "--symbols", "TWO"]);
    assert_eq!(two["symbols"][0]["halt_code"], "H T1");
    let none = json(folder.path(), &["day", "--symbols", "TWO", "--at", "00:00:35"]);
    assert!(none["symbols"][0]["halted"].is_null());
}

#[test]
fn what_cannot_be_shown_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [add(10, 1, 1, b'B', 10_000), add(20, 2, 2, b'S', 10_000)];
    fs::write(folder.path().join("day"), day(&messages)).unwrap();
    let check = |words: &[&str], code, says: &str| refused(folder.path(), words, code, says);
    check(&["day", "--symbols", "ONE,TOW"], 1, "no message names `TOW` (there is `TWO`)");
    check(&["day", "--symbols", "XXXXX"], 1, "no message names `XXXXX`");
    check(&["day", "--at", "00:00:09"], 2, "the first message is of 00:00:10.000000000");
    check(&["day", "--at", "2026-11-21T00:00:11Z"], 2, "give --at as the time of day");
    check(&["day", "--at", "noon"], 2, "`noon` is no time of a venue");
    check(&["day", "--depth", "0"], 2, "a whole number above 0");
    check(&["day", "--symbols", "ONE", "--limit", "1"], 2, "cannot be used with");
    check(&["day", "--venue", "iex-deep"], 2, "iex-deep");
    check(&["none"], 2, "none");
    // What is known of those that are there is shown all the same.
    let found = book(folder.path(), &["day", "--symbols", "TOW,ONE"]);
    assert!(text(&found.stdout).contains("ONE  one-sided"), "{}", text(&found.stdout));
}

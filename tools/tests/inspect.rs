//! `tickline inspect` from outside.

use std::fs;
use std::process::{Command, Output};

fn inspect(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickline")).arg("inspect").args(words).output().unwrap()
}

/// A BinaryFILE of `count` order deletions.
fn capture(count: u64) -> Vec<u8> {
    let header = [0, 19, b'D', 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
    (0..count).flat_map(|reference| [&header[..], &reference.to_be_bytes()].concat()).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_report_for_people_and_one_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("1234 deletions");
    fs::write(&file, capture(1_234)).unwrap();
    let file = file.to_str().unwrap();

    let found = inspect(&[file]);
    assert_eq!(found.status.code(), Some(0));
    let report = text(&found.stdout);
    assert!(report.contains("format       binaryfile"), "{report}");
    assert!(report.contains("messages     1,234"), "{report}");
    assert!(report.contains("00:00:00.000000009"), "{report}");

    let found = inspect(&[file, "--json", "--limit", "1000"]);
    assert_eq!(found.status.code(), Some(0));
    let json: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    let contract = [
        "format",
        "compression",
        "framing",
        "venue",
        "packets",
        "messages",
        "by_type",
        "heartbeats",
        "sessions",
        "gaps",
        "gap_messages",
        "duplicates",
        "truncated",
        "malformed",
        "unknown",
        "first_ts",
        "last_ts",
    ];
    for key in contract {
        assert!(json.get(key).is_some(), "{key} is missing in {json}");
    }
    assert_eq!(json["messages"], 1_000);
    assert_eq!(json["by_type"], serde_json::json!({ "D": 1_000 }));
    assert_eq!((&json["first_ts"], &json["last_ts"]), (&9.into(), &9.into()));
    assert_eq!(json["truncated"], false);
}

#[test]
fn what_cannot_be_read_is_wrong_usage_and_what_breaks_off_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let found = inspect(&[missing.to_str().unwrap()]);
    assert_eq!((found.status.code(), found.stdout.len()), (Some(2), 0));
    assert!(text(&found.stderr).contains("cannot open"), "{}", text(&found.stderr));

    // A pcapng file whose second block has an impossible length.
    let section = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, !0, !0, 28u32];
    let block = [5, 7, 0, 7u32];
    let bytes: Vec<u8> = section.iter().chain(&block).flat_map(|word| word.to_le_bytes()).collect();
    let broken = folder.path().join("broken");
    fs::write(&broken, bytes).unwrap();
    let found = inspect(&[broken.to_str().unwrap(), "--json"]);
    assert_eq!(found.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert!(json["error"].as_str().unwrap().contains("at byte 28"), "{json}");
    assert!(text(&found.stderr).contains("at byte 28"), "{}", text(&found.stderr));
}

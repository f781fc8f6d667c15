//! Every rival that is available here does a little of each kind of work, and loses nothing.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn peers(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickline-peers")).args(args).output().unwrap()
}

fn read(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A core this process may use, for both ends: slow, and always there.
fn core() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    allowed.unwrap().trim().split(['-', ',']).next().unwrap().to_owned()
}

fn cores() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let ends: Vec<&str> = list.trim().split(['-', ',']).collect();
    format!("{},{}", ends[0], ends[ends.len() - 1])
}

fn leftovers() -> Vec<String> {
    let names = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let all = names("/dev/shm").chain(names(&std::env::temp_dir().to_string_lossy()));
    let all = all.map(|file| file.file_name().to_string_lossy().into_owned());
    all.filter(|name| name.starts_with("tickline-peers-")).collect()
}

#[test]
fn every_rival_delivers_everything() {
    let works = [
        ("hop", json!({"Hop": {"rate": 20_000, "messages": 200}})),
        ("round_trip", json!({"RoundTrip": {"messages": 100}})),
        ("stream", json!({"Stream": {"messages": 5_000, "batch": 1}})),
        ("batch", json!({"Stream": {"messages": 5_000, "batch": 16}})),
    ];
    for peer in read(&peers(&["list"])).as_array().unwrap() {
        let name = peer["name"].as_str().unwrap();
        if peer["available"] == json!(false) {
            println!("{name} is left out: it needs {}", peer["needs"]);
            continue;
        }
        for size in peer["sizes"].as_array().unwrap() {
            for (kind, work) in &works {
                if !peer["works"].as_array().unwrap().contains(&json!(kind)) {
                    continue;
                }
                let (work, size) = (work.to_string(), size.to_string());
                let args = ["run", name, "--work", &work, "--size", &size, "--cores", &cores()];
                println!("{args:?}");
                let outcome = read(&peers(&args));
                assert_eq!((&outcome["lost"], &outcome["damaged"]), (&json!(0), &json!(0)));
                let measured = if kind == &"hop" || kind == &"round_trip" {
                    outcome["hop"]["count"].as_u64().unwrap()
                } else {
                    outcome["per_second"].as_f64().unwrap() as u64
                };
                assert!(measured > 0, "{name} {work}: {outcome}");
            }
        }
    }
    assert_eq!(leftovers(), Vec::<String>::new());
}

#[test]
fn decoders_come_to_one_sum() {
    // Two messages, and one that itchy does not know: an order, its end, an operational halt.
    let order = b"A\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x07B\0\0\0dAAPL    \0\x0f\x42\x40";
    let delete = b"D\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x07";
    let halt = b"h\0\x01\0\0\0\0\0\0\0\x03AAPL    QH";
    let mut file = Vec::new();
    for message in [&order[..], delete, halt, b""] {
        file.extend((message.len() as u16).to_be_bytes());
        file.extend(message);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.itch");
    std::fs::write(&path, &file).unwrap();
    let decode = |name: &str, path: &Path| {
        let path = path.to_str().unwrap();
        peers(&["decode", name, path, "--core", &core(), "--rounds", "2"])
    };
    let [one, other] = ["itchy", "itch5"].map(|name| read(&decode(name, &path)));
    assert_eq!((&one["messages"], &one["left_out"]), (&json!(2), &json!(1)));
    assert_eq!(one["checksum"], other["checksum"]);
    assert_eq!(one["ns_per_message"].as_array().unwrap().len(), 2);

    std::fs::write(&path, &file[..20]).unwrap();
    assert_eq!(decode("itch5", &path).status.code(), Some(1));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |args: &[&str]| assert_eq!(peers(args).status.code(), Some(2), "{args:?}");
    let stream = r#"{"Stream":{"messages":10,"batch":1}}"#;
    refused(&["run", "rtrb", "--work", "all of it", "--cores", "0,1"]);
    refused(&["run", "nobody", "--work", stream, "--cores", "0,1"]);
    refused(&["run", "rtrb", "--work", stream, "--cores", "0"]);
    refused(&["run", "rtrb", "--work", stream, "--cores", "0,4000"]);
    refused(&["run", "rtrb", "--work", stream, "--size", "33", "--cores", "0,1"]);
    let batch = r#"{"Stream":{"messages":10,"batch":2}}"#;
    refused(&["run", "crossbeam", "--work", batch, "--cores", "0,1"]);
    let none = r#"{"Hop":{"messages":10,"rate":0}}"#;
    refused(&["run", "rtrb", "--work", none, "--cores", "0,1"]);
}

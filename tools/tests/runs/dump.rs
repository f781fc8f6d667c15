//! `tickline dump` beside a run.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use rustix::process::Signal;

use crate::place::{Place, Run, read_all, signal};

/// The rows of a CSV, checked for what every stream of records holds: numbers follow each other, and
/// what was lost is told exactly. Gives the number after the last, and how many were lost.
fn check(csv: &str, first: Option<u64>) -> (u64, u64) {
    let mut lines = csv.lines();
    let header = "exchange_ts,kind,symbol,side,price,quantity,id,flags,status,number";
    assert_eq!(lines.next(), Some(header));
    let (mut next, mut lost) = (first, 0);
    for line in lines {
        let fields: Vec<_> = line.split(',').collect();
        let [_, kind, _, _, _, quantity, id, flags, _, number] = fields[..] else {
            panic!("{line}");
        };
        let number: u64 = number.parse().unwrap();
        assert_eq!(number, next.unwrap_or(number), "{line}");
        if (kind, flags) == ("Gap", "LAST|OVERRUN") {
            assert_eq!(id.parse(), Ok(number), "{line}");
            lost += quantity.parse::<u64>().unwrap();
            next = Some(number + quantity.parse::<u64>().unwrap());
        } else {
            next = Some(number + 1);
        }
    }
    (next.expect("there are rows"), lost)
}

/// A run of some seconds in a ring of 1,024 slots.
fn short_run(place: &Place) -> Run {
    place.scenario(5_000, "rate=2k");
    place.launched(&[])
}

#[test]
fn a_ring_is_followed_to_the_end_of_its_feed() {
    let place = Place::new();
    let run = short_run(&place);
    let mut follower = place.command("tickline");
    let follower = follower.args(["dump", "test", "--follow", "-o", "rows.csv"]).spawn().unwrap();
    let held = place.tickline(&["dump", "test"]);
    let errors = String::from_utf8_lossy(&held.stderr).into_owned();
    assert_eq!(held.status.code(), Some(0), "{errors}");
    let held = String::from_utf8(held.stdout).unwrap();
    let (end, lost) = check(&held, None);
    assert!(held.lines().count() as u64 + lost <= 1_025 && end > 0, "{held}");
    assert_eq!(errors.contains("overwritten before"), lost > 0, "{errors}");

    let (code, _, errors) = run.end();
    assert_eq!(code, 0, "{errors}");
    let followed = follower.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&followed.stderr).into_owned();
    assert_eq!((followed.status.code(), errors.as_str()), (Some(0), ""));
    let rows = std::fs::read_to_string(place.path().join("rows.csv")).unwrap();
    let published = place.summary()["feed"]["published"].as_u64().unwrap();
    assert_eq!(check(&rows, None), (published, 0));
    place.assert_nothing_left();

    // A dump of the same day as a file has the same rows.
    let day = ["generate", "-o", "day.itch", "--messages", "5000", "--symbols", "20"];
    assert!(place.tickline(&day).status.success());
    let of_file = place.tickline(&["dump", "day.itch"]);
    let of_file = String::from_utf8(of_file.stdout).unwrap();
    assert_eq!(of_file.lines().count() as u64, published + 1);
    assert!(of_file.ends_with(rows.split_once('\n').unwrap().1), "rows of file and ring differ");
}

/// Nobody takes what a reader writes: it falls behind, and says by how much.
#[test]
fn what_a_slow_reader_lost_is_told_exactly() {
    let place = Place::new();
    let run = short_run(&place);
    let mut slow = place.command("tickline").args(["dump", "test", "-f"]).spawn().unwrap();
    let (code, _, errors) = run.end();
    assert_eq!(code, 0, "{errors}");
    let rows = String::from_utf8(read_all(slow.stdout.take().unwrap())).unwrap();
    let mut errors = String::new();
    slow.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert!(slow.wait().unwrap().success(), "{errors}");
    let (end, lost) = check(&rows, None);
    let published = place.summary()["feed"]["published"].as_u64().unwrap();
    assert!(lost > 0 && end <= published, "{lost} lost, {end} of {published}");
    assert!(errors.contains("overwritten before they could be read"), "{errors}");
}

#[test]
fn a_reader_that_may_lose_nothing_slows_the_feed() {
    let place = Place::new();
    let run = short_run(&place);
    let args = ["dump", "test", "-f", "--reader", "lossless", "--format", "json"];
    let mut reader = place.command("tickline").args(args).spawn().unwrap();
    let stdout = reader.stdout.take().unwrap();
    // Longer than the ring lasts.
    std::thread::sleep(Duration::from_millis(1_500));
    let mut next = None;
    for line in BufReader::new(stdout).lines() {
        let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let number = row["number"].as_u64().unwrap();
        // What the ring held before it came may be overwritten.
        if row["flags"].as_array().unwrap().iter().any(|flag| flag == "OVERRUN") {
            assert_eq!(next, None, "{row}");
            let lost: u64 = row["quantity"].as_str().unwrap().parse().unwrap();
            next = Some(number + lost);
        } else {
            assert_eq!(next.unwrap_or(number), number);
            next = Some(number + 1);
        }
    }
    assert_eq!(run.end().0, 0);
    assert!(reader.wait().unwrap().success());
    assert_eq!(next, place.summary()["feed"]["published"].as_u64());
}

#[test]
fn a_dump_ends_with_its_feed_its_reader_and_ctrl_c() {
    let place = Place::new();
    let run = place.endless();
    let first = |args: &[&str]| {
        let mut child =
            place.command("tickline").args(["dump", "test", "-f"]).args(args).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = String::new();
        out.read_line(&mut lines).unwrap();
        out.read_line(&mut lines).unwrap();
        assert!(lines.starts_with("exchange_ts"), "{lines}");
        (child, out)
    };
    // As `| head -2` does.
    let (head, out) = first(&[]);
    drop(out);
    let ended = head.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0));

    let (interrupted, out) = first(&[]);
    signal(interrupted.id().into(), Signal::INT);
    let rest = std::thread::spawn(|| read_all(out));
    let ended = interrupted.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0));
    let rest = String::from_utf8(rest.join().unwrap()).unwrap();
    assert!(rest.is_empty() || rest.ends_with('\n'), "{rest}");

    let few = place.tickline(&["dump", "test", "--follow", "--limit", "7"]);
    let rows = String::from_utf8(few.stdout).unwrap();
    assert_eq!((few.status.code(), rows.lines().count()), (Some(0), 8), "{rows}");

    let (left, out) = first(&["--kinds", "trade,quote"]);
    signal(run.feed, Signal::KILL);
    let rows = String::from_utf8(read_all(out)).unwrap();
    let wrong = rows.lines().find(|row| !row.contains(",Trade,") && !row.contains(",Quote,"));
    assert_eq!(wrong, None);
    let ended = left.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(4), "{errors}");
    assert!(errors.contains("every record that it committed was read"), "{errors}");
    assert_eq!(run.end().0, 4);
    place.assert_nothing_left();
}

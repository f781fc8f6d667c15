//! `tickline dump` of files, from outside. Of rings: tests/runs/dump.rs.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn tickline(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickline"));
    command.args(args);
    command
}

/// What a dump that succeeds prints.
#[track_caller]
fn dump(args: &[&str]) -> String {
    let found = tickline(&[&["dump"], args].concat()).output().unwrap();
    let errors = text(&found.stderr);
    assert_eq!((found.status.code(), errors.as_str()), (Some(0), ""), "{args:?}");
    String::from_utf8(found.stdout).unwrap()
}

#[track_caller]
fn check(args: &[&str], code: i32, words: &[&str]) -> Output {
    let found = tickline(&[&["dump"], args].concat()).output().unwrap();
    let errors = text(&found.stderr);
    assert_eq!(found.status.code(), Some(code), "{args:?}: {errors}");
    for word in words {
        assert!(errors.contains(word), "{args:?}: no {word:?} in {errors}");
    }
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A generated day of 5,000 messages in a folder of its own.
fn day() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("day.itch").to_str().unwrap().to_owned();
    let args = ["generate", "-o", &file, "--messages", "5000", "--symbols", "20"];
    assert!(tickline(&args).output().unwrap().status.success());
    (folder, file)
}

/// The fields of a row by the names of the header. None of the rows here has a quoted field.
fn rows(csv: &str) -> Vec<HashMap<&str, &str>> {
    let mut lines = csv.lines();
    let header: Vec<_> = lines.next().unwrap().split(',').collect();
    lines.map(|line| header.iter().copied().zip(line.split(',')).collect()).collect()
}

#[test]
fn rows_are_those_that_were_asked_for() {
    let (_folder, file) = day();
    let all = dump(&[&file]);
    let (header, lines) = all.split_once('\n').unwrap();
    assert_eq!(header, "exchange_ts,kind,symbol,side,price,quantity,id,flags,status,number");
    let lines: Vec<_> = lines.lines().collect();
    assert!(lines.len() > 5_000);
    let all_rows = rows(&all);
    for (number, row) in all_rows.iter().enumerate() {
        assert_eq!(row["number"], number.to_string());
    }
    // What is selected, by hand, from all rows. Numbers are those of the stream, but for a symbol:
    // then the feed publishes nothing else.
    let select = |args: &[&str], wanted: &dyn Fn(&HashMap<&str, &str>) -> bool| {
        let found = dump(&[&[&*file], args].concat());
        let selected = all_rows.iter().zip(&lines).filter(|(row, _)| wanted(row));
        let expected: Vec<_> = selected.map(|(_, line)| *line).collect();
        assert!(!expected.is_empty(), "{args:?}");
        let cut = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
        let numbered = !args.contains(&"--symbols");
        let shown = |line: &str| if numbered { line.to_owned() } else { cut(line) };
        let found: Vec<_> = found.lines().skip(1).map(shown).collect();
        let expected: Vec<_> = expected.into_iter().map(shown).collect();
        let differ = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert_eq!((found.len(), differ), (expected.len(), None), "{args:?}");
    };
    select(&["--kinds", "trade,Execute"], &|row| ["Trade", "Execute"].contains(&row["kind"]));
    let symbol = all_rows.iter().find(|row| row["kind"] == "Trade").unwrap()["symbol"];
    // The generated day breaks trades of nobody: that is news of another symbol.
    let of_all =
        |row: &HashMap<&str, &str>| row["symbol"].is_empty() && row["kind"] != "TradeBreak";
    select(&["--symbols", symbol], &|row| row["symbol"] == symbol || of_all(row));
    let ts = |row: &HashMap<&str, &str>| row["exchange_ts"].parse::<u64>().unwrap();
    let (from, to) = (ts(&all_rows[1_000]), ts(&all_rows[3_000]));
    let window = |row: &HashMap<&str, &str>| (from..to).contains(&ts(row));
    select(&["--from", &from.to_string(), "--to", &to.to_string()], &window);
    select(&["--from", &of_day(from), "--to", &of_day(to)], &window);
    let quotes = |row: &HashMap<&str, &str>| window(row) && row["kind"] == "Quote";
    select(&["--from", &of_day(from), "--to", &of_day(to), "--kinds", "quote"], &quotes);
    select(&["--limit", "17"], &|row| row["number"].parse::<u64>().unwrap() < 17);

    let published = dump(&[&file, "--publish", "trades"]);
    let published = rows(&published);
    let kinds = ["Trade", "TradeBreak", "Status", "EndOfSession", "Clear"];
    assert!(published.iter().all(|row| kinds.contains(&row["kind"])));
    let trades =
        |rows: &[HashMap<&str, &str>]| rows.iter().filter(|row| row["kind"] == "Trade").count();
    assert_eq!(trades(&published), trades(&all_rows));
    let twice = dump(&[&file, &file, "--publish", "trades"]);
    assert_eq!(trades(&rows(&twice)), 2 * trades(&all_rows));
}

/// As rows show it with `--time iso`.
fn of_day(ns: u64) -> String {
    let (seconds, rest) = (ns / 1_000_000_000, ns % 1_000_000_000);
    format!("{:02}:{:02}:{:02}.{rest:09}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[test]
fn json_says_what_csv_says() {
    let (_folder, file) = day();
    let csv = dump(&[&file, "--time", "iso"]);
    let json = dump(&[&file, "--time", "iso", "--format", "json"]);
    let objects: Vec<Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let csv_rows = rows(&csv);
    assert_eq!(objects.len(), csv_rows.len());
    let header: Vec<_> = csv.lines().next().unwrap().split(',').collect();
    for (object, row) in objects.iter().zip(&csv_rows) {
        assert!(object.as_object().unwrap().keys().eq(&header), "{object}");
        for (key, field) in row {
            let value = match &object[*key] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(flags) => {
                    flags.iter().map(|flag| flag.as_str().unwrap()).collect::<Vec<_>>().join("|")
                }
                other => other.to_string(),
            };
            assert_eq!(value, *field, "{key} of {object}");
        }
    }
    assert!(csv_rows.iter().all(|row| row["exchange_ts"].len() == "09:30:00.000000000".len()));
}

#[test]
fn a_file_is_whole_and_never_replaced_unasked() {
    let (folder, file) = day();
    let expected = dump(&[&file]);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let out = path("rows.csv");
    assert_eq!(dump(&[&file, "-o", &out]), "");
    assert_eq!(fs::read_to_string(&out).unwrap(), expected);
    fs::write(&out, "mine").unwrap();
    check(&[&file, "-o", &out], 2, &["rows.csv exists; --force replaces it"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    dump(&[&file, "-o", &out, "--force", "--limit", "3"]);
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 4);
    assert_eq!(dump(&[&file, "-o", "-"]), expected);

    // The name says how it is written and packed.
    let packed = path("rows.jsonl.gz");
    dump(&[&file, "-o", &packed]);
    let mut unpacked = String::new();
    let gzip = fs::File::open(packed).unwrap();
    flate2::read::GzDecoder::new(gzip).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, dump(&[&file, "--format", "json"]));

    let full = check(&[&file, "-o", "/dev/full"], 1, &["cannot write /dev/full", "No space left"]);
    assert_eq!(text(&full.stderr).lines().count(), 1, "{}", text(&full.stderr));
    let nowhere = path("no/folder.csv");
    check(&[&file, "-o", &nowhere], 1, &["cannot write", "No such file"]);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_pipe_that_closes_ends_it_quietly() {
    let (_folder, file) = day();
    let mut dump = tickline(&["dump", &file, &file, &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(dump.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("exchange_ts,"));
    let ended = dump.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(0), String::new()));
}

#[test]
fn what_can_be_read_of_a_broken_file_is_written() {
    let (folder, file) = day();
    let whole = dump(&[&file]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&fs::read(&file).unwrap()).unwrap();
    let packed = packed.finish().unwrap();
    let cut = folder.path().join("cut.gz");
    fs::write(&cut, &packed[..packed.len() / 2]).unwrap();
    let found = check(&[cut.to_str().unwrap()], 1, &["cut.gz is cut short"]);
    let part = text(&found.stdout);
    assert!(part.lines().count() > 1_000 && whole.starts_with(&part));
    let out = folder.path().join("part.csv");
    check(&[cut.to_str().unwrap(), "-o", out.to_str().unwrap()], 1, &["cut.gz is cut short"]);
    assert_eq!(fs::read_to_string(out).unwrap(), part);
}

#[test]
fn mistakes_are_named() {
    let (folder, file) = day();
    let other = folder.path().join("text.txt");
    fs::write(&other, "no capture at all, but a text\n").unwrap();
    let other = other.to_str().unwrap();
    check(&["nowhere"], 2, &["neither a file (No such file", "nor a ring", "tickline rings"]);
    check(&["no/where.itch"], 2, &["neither a file (No such file", "no ring can have this name"]);
    check(&[&file, "nowhere"], 2, &["`nowhere` is no file", "one ring alone"]);
    check(&[other], 2, &["text.txt"]);
    check(&[&file, "--venue", "iex-tops"], 2, &["day.itch"]);
    check(&[&file, "--venue", "iex-tip"], 2, &["iex-tip", "iex-tops"]);
    check(&[&file, "--follow"], 2, &["--follow is for rings"]);
    check(&[&file, "--publish", "levels"], 2, &["--publish", "`orders`"]);
    check(&[&file, "--publish", "news"], 2, &["`news` is no stream"]);
    check(&[&file, "--kinds", "Quota"], 2, &["Quota", "Quote, Trade"]);
    check(&[&file, "--from", "morning"], 2, &["`morning` is no time", "09:30:00"]);
    check(&[&file, "--from", "2026-11-21T09:30:00Z"], 2, &["no date", "09:30:00"]);
    check(&[&file, "--limit", "0"], 2, &["0"]);
    check(&[&file, "--format", "xml"], 2, &["csv", "json"]);
    check(&[&file, "--symbols", "NOBODY"], 1, &["no message names `NOBODY`", "tickline inspect"]);
}

/// What is written is read with the crate of those who own the format.
#[test]
fn a_file_of_dbn_is_one_for_their_tools() {
    use dbn::decode::{DbnMetadata, DecodeRecord};

    let (folder, file) = day();
    let out = folder.path().join("day.dbn");
    let midnight = ["--midnight", "2019-12-30T00:00:00-05:00"];
    check(
        &[&[&*file, "-o", "x.dbn"], &midnight[..]].concat(),
        2,
        &["`mbo` or `mbp-1`", "--schema"],
    );
    check(&[&file, "-o", "x.dbn", "--schema", "mbo"], 2, &["--midnight 2019-12-30T00:00:00-05:00"]);
    check(&[&file, "--schema", "mbo"], 2, &["--format dbn"]);
    check(&[&file, "--format", "dbn", "--schema", "mbo2"], 2, &["mbo2", "mbp-1"]);
    let args = [&file, "-o", out.to_str().unwrap(), "--schema", "mbo"];
    check(&[&args[..], &midnight].concat(), 0, &["have no place in schema mbo"]);

    let mut decoder = dbn::decode::dbn::Decoder::from_file(&out).unwrap();
    assert_eq!(decoder.metadata().dataset, "XNAS.ITCH");
    let csv = dump(&[&file, "--publish", "orders"]);
    // A Replace and its Add may be one message: others are not.
    let mut adds = rows(&csv).into_iter().filter(|row| row["kind"] == "Add").peekable();
    // Midnight in New York.
    let start = 1_577_682_000_000_000_000;
    let mut found = 0;
    while let Some(order) = decoder.decode_record::<dbn::MboMsg>().unwrap() {
        if order.action as u8 != b'A' {
            continue;
        }
        let id = order.order_id.to_string();
        let row = adds.find(|row| row["id"] == id).unwrap();
        let ts = row["exchange_ts"].parse::<u64>().unwrap() + start;
        assert_eq!((order.hd.ts_event, order.size.to_string().as_str()), (ts, row["quantity"]));
        assert_eq!(order.price, (row["price"].parse::<f64>().unwrap() * 1e9).round() as i64);
        found += 1;
    }
    assert!(found > 1_000, "{found}");
}

/// Another build has it: `tools/check-parquet` reads what that writes.
#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_how_to_get_one() {
    let (_folder, file) = day();
    check(&[&file, "-o", "day.parquet"], 2, &["without Parquet", "--features parquet"]);
}

fn captures() -> Option<PathBuf> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    if !captures.exists() {
        println!("skipped: {} is not there", captures.display());
        return None;
    }
    Some(captures)
}

/// Rows of a real capture, checked against a file that `TICKLINE_GOLDEN=write` writes.
#[test]
fn rows_of_real_captures() {
    let Some(captures) = captures() else { return };
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let check = |name: &str, capture: &str, args: &[&str]| {
        let capture = captures.join(capture);
        let found = dump(&[&[capture.to_str().unwrap()], args].concat());
        let path = golden.join(name);
        if std::env::var("TICKLINE_GOLDEN").is_ok_and(|what| what == "write") {
            fs::create_dir_all(&golden).unwrap();
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "{}", path.display());
    };
    let live = "nasdaq/mold-live/Multiple.Packets.pcap";
    check("dump-nasdaq.csv", live, &[]);
    check("dump-nasdaq-iso.jsonl", live, &["--time", "iso", "--format", "json", "--limit", "9"]);
    let tops = "iex/tops16-20170710.pcapng.gz";
    check("dump-iex-tops.csv", tops, &["--symbols", "ZXIET", "--time", "iso", "--limit", "40"]);
}

/// Two level updates and six trades that others found in the capture, as they wrote them.
#[test]
fn rows_of_iex_deep_are_those_that_others_found() {
    let Some(captures) = captures() else { return };
    let capture = captures.join("iex/deep10-20231002.pcap.gz");
    let expected = captures.join("iex/deep10-20231002.expected");
    let symbols = fs::read_to_string(expected.join("symbols.txt")).unwrap();
    let symbols: Vec<_> = symbols.split_whitespace().collect();
    let csv = dump(&[
        capture.to_str().unwrap(),
        "--symbols",
        &symbols.join(","),
        "--kinds",
        "Level,Trade",
    ]);
    let of_kind = |kind| rows(&csv).into_iter().filter(move |row| row["kind"] == kind);
    let number = |text: &str| text.parse::<f64>().unwrap();
    let theirs = |name: &str| fs::read_to_string(expected.join(name)).unwrap();

    let levels = theirs("test_prl.csv");
    let levels: Vec<Vec<_>> = levels.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!((levels.len(), of_kind("Level").count()), (2, 2));
    for (ours, theirs) in of_kind("Level").zip(&levels) {
        let [_, _, is_ask, ts, _, symbol, price, size, ..] = theirs[..] else { panic!() };
        let side = if is_ask == "1" { "Ask" } else { "Bid" };
        assert_eq!((ours["exchange_ts"], ours["symbol"], ours["side"]), (ts, symbol, side));
        assert_eq!((number(ours["price"]), ours["quantity"]), (number(price), size));
    }
    let trades = theirs("test_trd.csv");
    let trades: Vec<Vec<_>> = trades.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!((trades.len(), of_kind("Trade").count()), (6, 6));
    for (ours, theirs) in of_kind("Trade").zip(&trades) {
        let [_, _, ts, _, symbol, size, price, id, _] = theirs[..] else { panic!() };
        assert_eq!((ours["exchange_ts"], ours["symbol"], ours["id"]), (ts, symbol, id));
        assert_eq!((number(ours["price"]), ours["quantity"]), (number(price), size));
    }
}

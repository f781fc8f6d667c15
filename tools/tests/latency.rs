//! `tickline latency` on logs that HdrHistogram's own implementations wrote, and its exit codes.
//! `tools/check-hdr-interop --fixtures` writes the logs again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn latency(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickline")).arg("latency").args(words).output().unwrap()
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// What the implementation that wrote the log says of it.
fn check(log: &str, stage: &str, expected: Value) {
    let output = latency(&[data(log).to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&rows[0]["stages"][stage][key], value, "{log} {stage} {key}");
    }
    assert_eq!(rows[0]["damaged_lines"], json!([]));
    assert_eq!(rows[0]["began_unix_ns"].as_u64().unwrap() / 1_000_000_000, 1_600_000_000);
}

#[test]
fn logs_of_the_reference_tools() {
    check(
        "java.hlog",
        "hop",
        json!({
            "count": 3000, "min": 0, "p50": 817, "p90": 2103, "p99": 2913, "p99.9": 2995,
            "p99.99": 3_601_330_077_695_u64, "max": 3_601_330_077_695_u64, "hour_or_more": 3,
        }),
    );
    check(
        "java.hlog",
        "total",
        json!({
            "count": 3000, "min": 0, "p50": 249_036_799, "p90": 808_452_095, "p99": 978_321_407,
            "p99.9": 996_147_199, "max": i64::MAX, "hour_or_more": 3,
        }),
    );
    let squares = json!({
        "count": 3000, "min": 0, "p50": 430_591, "p90": 1_752_063, "p99": 2_830_335,
        "p99.9": 2_988_031, "max": 3_601_330_077_695_u64, "hour_or_more": 3,
    });
    check("python.hlog", "untagged", squares.clone());
    check("js.hlog", "total", squares);
}

#[test]
fn a_window_of_a_log_that_java_wrote() {
    let file = data("java.hlog");
    let words = [file.to_str().unwrap(), "--from", "2020-09-13T12:26:41Z", "--to", "2s"];
    let output = latency(&words);
    let text = String::from_utf8_lossy(&output.stdout);
    let taken = "(1 interval, number 2 of 3: from 1.000 s (2020-09-13T12:26:41Z) to 2.000 s";
    assert!(text.contains(taken), "{text}");
}

#[test]
fn mistakes_are_told_with_code_2() {
    let file = data("js.hlog");
    let file = file.to_str().unwrap();
    let check = |words: &[&str], expected: &str| {
        let output = latency(&[&[file], words].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?} {errors}");
        assert!(errors.contains(expected), "{words:?} {errors}");
    };
    check(&["--percentiles", "101"], "`101` is no percentile");
    check(&["--from", "noon"], "`noon` is no time in a log");
    check(&["--from", "1m"], "no interval begins in the window");
    check(&["--fail-on", "p99"], "--compare");
    check(&["--compare", file, "--fail-on", "p99:5"], "`p99:5` is no rule");
    check(&["--compare", file, "--threshold", "5"], "`5` is no threshold");
    check(&["--compare", file, "--fail-on", "hop:p99"], "no stage of this name is on both sides");
    check(&["--compare", "/no/file"], "/no/file: cannot read the log");
}

/// Two logs of four equal seconds, made of the first and the last second of one: values there are
/// three times those here.
#[test]
fn a_regression_ends_with_6() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read_to_string(data("js.hlog")).unwrap();
    let lines: Vec<_> = log.lines().filter(|line| line.starts_with("Tag=")).collect();
    let write = |name: &str, line: &str| {
        let path = folder.path().join(name);
        let fields: Vec<_> = line.split(',').collect();
        let again =
            (0..4).map(|second| format!("Tag=total,{second}.000,{}\n", fields[2..].join(",")));
        fs::write(&path, again.collect::<String>()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (fast, slow) = (write("fast.hlog", lines[0]), write("slow.hlog", lines[2]));
    let code = |words: &[&str]| latency(words).status.code().unwrap();
    assert_eq!(code(&[&slow, "--compare", &fast]), 0);
    assert_eq!(code(&[&slow, "--compare", &fast, "--fail-on", "p99:5%"]), 6);
    assert_eq!(code(&[&slow, "--compare", &fast, "--fail-on", "total:p50", "--json"]), 6);
    assert_eq!(code(&[&slow, "--compare", &fast, "--fail-on", "p99:300%"]), 0);
    assert_eq!(code(&[&fast, "--compare", &slow, "--fail-on", "p99:5%"]), 0);
    assert_eq!(code(&[&fast, "--compare", &fast, "--fail-on", "p99:0%"]), 0);
    // Nothing can be said of a percentile with too few values beyond it.
    let output = latency(&[&slow, "--compare", &fast, "--fail-on", "p99.99"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("--fail-on p99.99 cannot be judged"), "{errors}");
}

#[test]
fn a_page_beside_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let (log, page_text) = (data("java.hlog"), page.to_str().unwrap());
    let log = log.to_str().unwrap();
    fs::write(&page, "an older report").unwrap();
    let output = latency(&[log, "--html", page_text, "--sla", "hop:p50:1us", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let html = fs::read_to_string(&page).unwrap();
    let block = html.split_once("id=\"percentiles-json\">").unwrap().1;
    let block: Value = serde_json::from_str(block.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(block[0]["stages"], rows[0]["stages"]);
    assert!(html.contains("met by 183 ns") && !html.contains("NaN"));

    let check = |words: &[&str], code: i32, message: &str| {
        let output = latency(&[&[log], words].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(message), "{error}");
    };
    let absent = folder.path().join("absent/report.html");
    check(&["--html", absent.to_str().unwrap()], 1, "cannot write the page");
    check(&["--html", folder.path().to_str().unwrap()], 1, "is a directory");
    check(&["--sla", "p99:1us"], 2, "--html");
    check(&["--html", page_text, "--sla", "p99"], 2, "such as p99:50us");
    check(&["--html", page_text, "--sla", "hopp:p99:1us"], 2, "recorded are: hop, total");
}

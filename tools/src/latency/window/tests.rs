use super::*;
use crate::latency::log::tests::written;
use crate::latency::{input, run::Run};

#[test]
fn moments() {
    let check = |text: &str, moment: Option<Moment>| {
        assert_eq!(text.parse::<Moment>().ok(), moment, "{text}");
    };
    let since = |ms: u64| Some(Moment::SinceStart(ms * 1_000_000));
    check("12", since(12_000));
    check("12s", since(12_000));
    check("2.5", since(2_500));
    check("1m30s", since(90_000));
    check("1h2m3.5s", since(3_723_500));
    check("250ms", since(250));
    check("1m500ms", since(60_500));
    check("0", since(0));
    let nine = Some(Moment::Utc(1_763_717_400_500_000_000));
    check("2025-11-21T09:30:00.5Z", nine);
    check("2025-11-21T09:30:00.5", nine);
    check("2025-11-21T10:30:00.5+01:00", nine);
    for wrong in ["", "s", "1x", "1s2m", "1m2", "1s1s", ".", "-1", "1e9", "99999999999999999999"] {
        check(wrong, None);
    }
    for wrong in ["09:30", "2025-11-21", "2025-13-21T09:30:00Z", "1960-01-01T00:00:00Z"] {
        check(wrong, None);
    }
}

/// What a window takes of a log of five seconds that began at the epoch's second 1.6e9.
fn taken(from: &str, to: &str) -> Result<(Vec<u64>, Option<Taken>), WindowError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hlog");
    let head = "#[StartTime: 1600000000.000 (seconds since epoch)]\n";
    let log = [head.as_bytes(), &written(&[&[1], &[2], &[3], &[4], &[5]])].concat();
    std::fs::write(&path, log).unwrap();
    let input = input::find(&[path]).unwrap().remove(0);
    let mut run = Run::read(input).unwrap();
    let end = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    let taken = Window { from: end(from), to: end(to) }.narrow(&mut run)?;
    let values = |stage: &str| {
        let intervals = run.stages[stage].intervals.iter();
        intervals.map(|interval| interval.counts.max()).collect::<Vec<_>>()
    };
    assert_eq!(values("hop"), values("total"));
    Ok((values("hop"), taken))
}

#[test]
fn whole_intervals_that_begin_in_the_window() {
    let check = |from: &str, to: &str, values: &[u64], numbers: (usize, usize)| {
        let (seen, taken) = taken(from, to).unwrap();
        let taken = taken.unwrap();
        assert_eq!((seen.as_slice(), (taken.first, taken.last)), (values, numbers), "{from} {to}");
        assert_eq!(taken.of, 5);
        assert_eq!(taken.end_ns - taken.start_ns, 1_000_000_000 * values.len() as u64);
    };
    check("1s", "3s", &[2, 3], (2, 3));
    check("0.5", "3.001", &[2, 3, 4], (2, 4));
    check("", "1", &[1], (1, 1));
    check("4", "", &[5], (5, 5));
    check("4", "1h", &[5], (5, 5));
    check("2020-09-13T12:26:41Z", "2020-09-13T12:26:42Z", &[2], (2, 2));
    check("2020-09-13T00:00:00Z", "1s", &[1], (1, 1));
    assert_eq!(taken("", "").unwrap(), (vec![1, 2, 3, 4, 5], None));
}

#[test]
fn nothing_in_the_window() {
    let check = |from: &str, to: &str| {
        let error = taken(from, to).unwrap_err().to_string();
        let expected = "a.hlog: no interval begins in the window; the log has 5, which begin at \
                        0.000 to 4.000 s after its start, 2020-09-13T12:26:40Z";
        assert!(error.ends_with(expected), "{error}");
    };
    check("5s", "");
    check("3s", "3s");
    check("3s", "1s");
    check("0.1", "0.9");
    check("2030-01-01T00:00:00Z", "");
}

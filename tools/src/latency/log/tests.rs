use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use hdrhistogram::serialization::{V2DeflateSerializer, V2Serializer};

use super::*;

fn histogram(values: &[u64]) -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    values.iter().for_each(|value| histogram.record(*value).unwrap());
    histogram
}

/// A log as a strategy writes it: two stages, one interval a second.
pub fn written(intervals: &[&[u64]]) -> Vec<u8> {
    let intervals = intervals.iter().map(|values| [("hop", *values), ("total", *values)]);
    let intervals: Vec<_> = intervals.collect();
    tagged(&intervals.iter().map(|tags| &tags[..]).collect::<Vec<_>>())
}

/// A log of these tags and their values, one interval a second.
pub fn tagged(intervals: &[&[(&str, &[u64])]]) -> Vec<u8> {
    let (mut bytes, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let mut builder = IntervalLogWriterBuilder::new();
    builder.add_comment("a test").with_start_time(SystemTime::UNIX_EPOCH);
    let mut writer = builder.begin_log_with(&mut bytes, &mut serializer).unwrap();
    for (second, tags) in intervals.iter().enumerate() {
        let start = Duration::from_secs(second as u64);
        for (tag, values) in tags.iter() {
            let (tag, length) = (Tag::new(tag), Duration::from_secs(1));
            writer.write_histogram(&histogram(values), start, length, tag).unwrap();
        }
    }
    bytes
}

fn read(bytes: &[u8]) -> Log {
    Reader::read(bytes).unwrap()
}

fn intervals(log: &Log) -> u64 {
    log.stages.values().map(|stage| stage.intervals.len() as u64).sum()
}

#[test]
fn intervals_of_a_tag_become_one() {
    let log = read(&written(&[&[1, 2, 3], &[1_000_000], &[]]));
    assert!(log.damaged.is_empty(), "{:?}", log.damaged);
    assert_eq!(log.stages.keys().collect::<Vec<_>>(), ["hop", "total"]);
    let hop = &log.stages["hop"];
    assert_eq!(hop.sum(), histogram(&[1, 2, 3, 1_000_000]));
    let seen: Vec<_> = hop.intervals.iter().map(|i| (i.start_ns, i.length_ns)).collect();
    assert_eq!(seen, [0, 1, 2].map(|second| (second * 1_000_000_000, 1_000_000_000)));
}

#[test]
fn times_count_from_the_start_of_the_log() {
    let line = {
        let text = String::from_utf8(written(&[&[1]])).unwrap();
        let line = text.lines().find(|line| line.starts_with("Tag=hop")).unwrap();
        line.rsplit_once(',').unwrap().1.to_owned()
    };
    let check = |header: &str, start: &str, expected: (Option<u64>, u64)| {
        let log = read(format!("{header}\nTag=a,{start},1.0,1.0,{line}\n").as_bytes());
        let began = log.began_unix_ns.map(|ns| ns / 1_000_000);
        let start = log.stages["a"].intervals[0].start_ns / 1_000_000;
        assert_eq!((began, start), expected, "{header} {start}");
    };
    // Times of day after a start, distances to a start, to a base, to both, and to nothing.
    let start = "#[StartTime: 1600000000.000 (seconds since epoch)]";
    let base = "#[BaseTime: 1600000000.000 (seconds since epoch)]";
    check(start, "1600000002.500", (Some(1_600_000_000_000), 2_500));
    check(start, "2.500", (Some(1_600_000_000_000), 2_500));
    check(base, "2.500", (Some(1_600_000_002_500), 0));
    check(&format!("{start}\n{base}"), "2.500", (Some(1_600_000_000_000), 2_500));
    check("#", "2.500", (None, 0));
    check("#", "1600000002.500", (Some(1_600_000_002_500), 0));
    check(
        start,
        "18446744073709551615.5",
        (Some(1_600_000_000_000), u64::MAX / 1_000_000 - 1_600_000_000_000),
    );
}

/// Written by hand: uncompressed, two digits, the count 5 at value 3, then 1 at value 7.
#[test]
fn a_log_that_was_checked_by_hand() {
    let mut plain = Vec::new();
    plain.extend(0x1c84_9313_u32.to_be_bytes());
    plain.extend(4_u32.to_be_bytes()); // bytes of counts
    plain.extend(0_u32.to_be_bytes()); // normalizing offset
    plain.extend(2_u32.to_be_bytes()); // digits
    plain.extend(1_u64.to_be_bytes()); // lowest value
    plain.extend(1000_u64.to_be_bytes()); // highest value
    plain.extend(1.0_f64.to_be_bytes()); // ratio
    plain.extend([5, 10, 5, 2]); // 3 zeros, 5, 3 zeros, 1, each in zig-zag
    let line = format!("Tag=hop,0.000,1.000,7.0,{}\r\n", STANDARD.encode(plain));
    let log = read(format!("#[a comment]\n\"StartTimestamp\",\"…\"\n\n{line}").as_bytes());
    assert!(log.damaged.is_empty(), "{:?}", log.damaged);
    let hop = log.stages["hop"].sum();
    assert_eq!((hop.len(), hop.count_at(3), hop.count_at(7)), (6, 5, 1));
}

#[test]
fn logs_of_other_tools() {
    // Without tags, uncompressed, of another range, and without an end of line.
    let (mut bytes, mut serializer) = (Vec::new(), V2Serializer::new());
    let builder = IntervalLogWriterBuilder::new();
    let mut writer = builder.begin_log_with(&mut bytes, &mut serializer).unwrap();
    for high in [1_000, 1_000_000] {
        let mut histogram = Histogram::<u64>::new_with_bounds(1, high, 2).unwrap();
        histogram.record(high).unwrap();
        writer.write_histogram(&histogram, Duration::ZERO, Duration::ZERO, None).unwrap();
    }
    let log = read(bytes.trim_ascii_end());
    assert!(log.damaged.is_empty(), "{:?}", log.damaged);
    let all = log.stages["untagged"].sum();
    assert_eq!((intervals(&log), all.len(), all.count_between(900, 1_100)), (2, 2, 1));
    assert!(all.max() >= 1_000_000);
}

#[test]
fn damaged_lines_cost_only_themselves() {
    let check = |text: &str, expected: &str| {
        let log = read(text.as_bytes());
        let shown = log.damaged.iter().map(|(line, damage)| format!("{line}: {damage}"));
        let shown = shown.collect::<Vec<_>>().join("\n");
        assert_eq!(shown, expected, "\n{shown}");
        intervals(&log)
    };
    let good = String::from_utf8(written(&[&[1], &[2]])).unwrap();
    let lines: Vec<_> = good.lines().collect();
    let count = lines.len();

    // A process that was killed while it wrote: the last line ends anywhere.
    let cut = &good[..good.len() - 10];
    let message = "expected base64 after the third comma: Invalid padding";
    assert_eq!(check(cut, &format!("{count}: {message}")), 3);
    let cut = good.trim_end().rsplit_once(',').unwrap().0;
    let message = "expected `Tag=…,start,length,max,histogram`";
    assert_eq!(check(cut, &format!("{count}: {message}")), 3);

    let message = "expected a histogram in the base64: 4 bytes, fewer than its header has";
    let text = format!("{good}Tag=hop,0.0,1.0,1.0,AAAAAA==\n{good}");
    assert_eq!(check(&text, &format!("{}: {message}", count + 1)), 8);
    assert_eq!(check("not a log", "1: expected `Tag=…,start,length,max,histogram`"), 0);
}

#[test]
fn headers_that_lie_reserve_nothing() {
    let plain = |claimed: u32, counts: &[u8]| {
        let mut plain = Vec::new();
        plain.extend(0x1c84_9313_u32.to_be_bytes());
        plain.extend(claimed.to_be_bytes());
        plain.extend([0; 4]);
        plain.extend(2_u32.to_be_bytes());
        plain.extend(1_u64.to_be_bytes());
        plain.extend(1000_u64.to_be_bytes());
        plain.extend(1.0_f64.to_be_bytes());
        plain.extend(counts);
        decode(&plain, &mut Deserializer::new())
    };
    let error = plain(u32::MAX, &[1]).unwrap_err();
    assert_eq!(error, "4294967295 bytes of counts announced, 1 there");
    assert_eq!(plain(9, &[0xff; 9]).unwrap_err(), "a run of 2^63 zeros");
    assert!(plain(20, &[0xfe; 20]).is_err());
    assert_eq!(plain(0, &[]).unwrap().len(), 0);
}

#[test]
fn errors_name_file_line_and_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hlog");
    let error = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let log = super::read(&path);
        let result = log.and_then(|log| check(&path, intervals(&log), &log.damaged));
        result.unwrap_err().to_string().replace(&folder.path().display().to_string(), "DIR")
    };
    assert_eq!(
        error(b"#[only a comment]\n"),
        "DIR/a.hlog: expected an HdrHistogram log, found no interval; \
         a run that ended within its first second may have none"
    );
    let mut bytes = written(&[&[1]]);
    bytes.extend(b"x\ny\n");
    let lines = bytes.split(|byte| *byte == b'\n').count() - 2;
    assert_eq!(
        error(&bytes),
        format!(
            "DIR/a.hlog:{lines}: expected `Tag=…,start,length,max,histogram`; left out: 2 damaged of \
             4 lines, the percentiles are those of 2 whole intervals"
        )
    );
    assert_eq!(
        error(b"\x7fELF\n"),
        "DIR/a.hlog:1: expected `Tag=…,start,length,max,histogram`; no interval is whole: \
         expected an HdrHistogram log"
    );
    let error = super::read(&folder.path().join("none.hlog")).unwrap_err().to_string();
    assert!(error.contains("none.hlog: cannot read the log: No such file"), "{error}");
}

proptest::proptest! {
    // Each case builds histograms of 280 KB, several times.
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, base64: Vec<u8>, at in 0usize..4000, with: u8) {
        let _ = read(&bytes);
        let _ = read(format!("Tag=a,1.0,1.0,1.0,{}\n", STANDARD.encode(&base64)).as_bytes());
        let mut damaged = written(&[&[1, 1_000, 1_000_000], &[7]]);
        let at = at % damaged.len();
        damaged[at] = with;
        let log = read(&damaged);
        for stage in log.stages.values() {
            let _ = super::super::spectrum::print(&stage.sum());
        }
    }

    #[test]
    fn no_counts_panic(mut counts: Vec<u8>, digits in 0u32..7, high: u64, long: bool) {
        if long {
            counts.iter_mut().for_each(|byte| *byte |= 0x80);
        }
        let mut plain = Vec::new();
        plain.extend(0x1c84_9313_u32.to_be_bytes());
        plain.extend((counts.len() as u32).to_be_bytes());
        plain.extend([0; 4]);
        plain.extend(digits.to_be_bytes());
        plain.extend(1_u64.to_be_bytes());
        plain.extend(high.to_be_bytes());
        plain.extend(1.0_f64.to_be_bytes());
        plain.extend(counts);
        let _ = decode(&plain, &mut Deserializer::new());
    }
}

use std::collections::BTreeMap;

use super::report::{Report, Run};
use super::*;

fn lost(stalls_ns: &[u64], measured_ns: u64) -> Lost {
    let mut stalls = histogram();
    stalls_ns.iter().for_each(|ns| stalls.saturating_record(*ns));
    Lost { measured_ns, stalled_ns: stalls_ns.iter().sum(), stalls, preemptions: 3 }
}

fn measured() -> Measured {
    let timer = Source {
        name: "LOC".to_owned(),
        what: "Local timer interrupts".to_owned(),
        counts: BTreeMap::new(),
    };
    let owners = |name: &str| vec![name.to_owned()];
    let (first, second) = (lost(&[2_000, 2_000, 100_000], 1_000_000_000), lost(&[], 1_000_000_000));
    Measured {
        threshold: THRESHOLD,
        interrupted: true,
        cores: vec![
            Core {
                core: 0,
                owners: owners("the feed"),
                lost: first,
                interrupts: vec![(timer, 250)],
                steal: 0.01,
            },
            Core { core: 1, owners: owners("`bbo`"), lost: second, interrupts: vec![], steal: 0.0 },
        ],
    }
}

#[test]
fn a_report_for_people() {
    let text = Report::new(measured(), None, None).text();
    let expected = "\
what the cores lost by themselves, in stalls of 1us and more (1.0 s, interrupted):
  core  for       stalls  a second  of the time      p50     p99     max
     0  the feed       3       3.0     0.0104 %  2.00 us  100 us  100 us
     1  `bbo`          0       0.0     0.0000 %        -       -       -
  core 0: 250 local timer interrupts, 3 preemptions, 1.00 % steal
  core 1: 3 preemptions, 0.00 % steal

A message that is due while a core stalls waits until the stall is over: 0.0104 % of all messages,
whatever their rate; at 1,000,000 a second that is 104 every second. Without the queue behind a
stall, and without any work, this alone puts the percentiles of a paced run at
  stage             count   min   p50   p90   p99  p99.9   p99.99     max
  stalls alone  1,000,000  0 ns  0 ns  0 ns  0 ns   0 ns  1.34 us  100 us
Compare them with `total` of `tickline latency`, or give the run: --run DIR.
";
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn a_report_for_scripts_beside_a_run() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Run::read(folder.path()).is_err());
    let summary = r#"{"name": "day", "environment": {}, "feed": {}, "strategies":
        [{"name": "bbo", "stages": {"total": {"count": 9, "min": 1, "p50": 2, "p90": 3, "p99": 4,
        "p99.9": 5, "p99.99": 6, "max": 7, "unit": "ns"}}}]}"#;
    std::fs::write(folder.path().join("summary.json"), summary).unwrap();
    let run = Run::read(folder.path()).unwrap();
    let report = Report::new(measured(), Some(1_000), Some(run));
    let json = report.json();
    assert_eq!((json["rate"].as_u64(), json["interrupted"].as_bool()), (Some(1_000), Some(true)));
    assert_eq!(json["cores"][0]["stalls"]["count"], 3);
    assert_eq!(json["cores"][0]["interrupts"]["LOC"], 250);
    assert_eq!(json["cores"][1]["share"], 0.0);
    assert_eq!(json["run"]["stages"]["total of bbo"]["p99"], 4);
    assert!(report.text().contains("total of bbo"), "{}", report.text());
}

#[test]
fn this_core_is_measured_and_ctrl_c_ends_it() {
    let core = Host::this().cores.allowed.first().copied().unwrap();
    let stop = AtomicBool::new(false);
    let watch = |threshold, stop: &AtomicBool| {
        watch_all::<Monotonic>(&[core], Duration::from_millis(20), threshold, stop).unwrap().0
    };
    // Every look is a stall of 1 ns and more.
    let all = watch(Duration::from_nanos(1), &stop).remove(0);
    assert!(all.stalls.len() > 10 && all.measured_ns >= 20_000_000, "{all:?}");
    assert!(all.stalled_ns <= all.measured_ns && all.share() <= 1.0);
    let ended = AtomicBool::new(true);
    assert_eq!(watch(Duration::from_secs(1), &ended).remove(0).stalls.len(), 0);
}

#[test]
fn a_core_that_is_not_there_ends_all() {
    let stop = AtomicBool::new(false);
    let core = Host::this().cores.allowed.first().copied().unwrap();
    let failed = watch_all::<Monotonic>(&[core, 1023], Duration::from_secs(600), THRESHOLD, &stop);
    assert!(matches!(failed, Err(ProcessError::Core { core: 1023, .. })));
}

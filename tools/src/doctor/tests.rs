use std::io::ErrorKind;

use tickline_shared::scenario::{Cores, Pages};

use super::*;

const POOL: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB";

/// A machine on which all is well, with hugepages and four cores.
const GOOD: [(&str, &str); 10] = [
    ("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n"),
    ("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "8\n"),
    ("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "0\n"),
    ("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
    ("/proc/self/limits", "Limit  Soft Limit  Hard Limit\nMax locked memory  8388608  1  bytes\n"),
    ("/proc/cpuinfo", "processor : 0\nflags\t\t: fpu constant_tsc nonstop_tsc\n"),
    ("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2\n"),
    ("/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "3\n"),
    ("/sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "1-2\n"),
];

fn host(changes: &[(&'static str, &str)]) -> Host {
    let cores = Cores { online: (0..4).collect(), allowed: [0, 1].into(), isolated: [2, 3].into() };
    Host::sample(&[&GOOD[..], changes].concat(), cores)
}

fn need(feed: usize, strategy: usize) -> Need {
    let processes =
        vec![("the feed".to_owned(), Some(feed)), ("strategy `bbo`".to_owned(), Some(strategy))];
    Need { processes, ..Need::default() }
}

/// The conditions that fail, with what there is instead.
#[track_caller]
fn check(need: &Need, host: &Host, expected: &[(&str, &str, Severity)]) {
    let checks = examine(need, host);
    let failed = checks.iter().filter(|check| !check.passed);
    let failed: Vec<_> =
        failed.map(|c| (c.condition.as_str(), c.current.as_str(), c.severity)).collect();
    assert_eq!(failed, expected, "\n{}", check::table(&checks));
}

#[test]
fn a_good_machine_passes() {
    check(&need(2, 3), &host(&[]), &[]);
    check(&Need::default(), &host(&[]), &[]);
}

#[test]
fn hugepages() {
    let free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
    let reserved = "/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages";
    let condition = "2 MiB hugepages for the ring";
    // The ring's 4 MiB and its header need three.
    let two = host(&[(free, "2")]);
    check(&need(2, 3), &two, &[(condition, "2 free of 8", Severity::Warning)]);
    let taken = host(&[(reserved, "6")]);
    check(&need(2, 3), &taken, &[(condition, "2 free of 8", Severity::Warning)]);
    let strict = Need { pages_strict: true, ..need(2, 3) };
    check(&strict, &two, &[(condition, "2 free of 8", Severity::Error)]);
    assert!(!passed(&examine(&strict, &two)) && passed(&examine(&need(2, 3), &two)));
    let small = Need { pages: Pages::Small, ..need(2, 3) };
    check(&small, &two, &[]);

    let mend = &examine(&strict, &two)[0].mend;
    assert_eq!(*mend, format!("echo 9 | sudo tee {POOL}/nr_hugepages"));
}

#[test]
fn other_pages() {
    let never = host(&[("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]")]);
    check(&need(2, 3), &never, &[("transparent hugepages", "never", Severity::Warning)]);
    let large = Need { ring_bytes: 9 << 20, ..need(2, 3) };
    let condition = "memory that may be locked";
    check(&large, &host(&[]), &[(condition, "8.0 MiB", Severity::Note)]);
    let unlimited = host(&[("/proc/self/limits", "Max locked memory  unlimited unlimited bytes")]);
    check(&large, &unlimited, &[]);
}

#[test]
fn cores() {
    let isolated = ("isolated cores", "2-3", Severity::Note);
    check(
        &need(2, 7),
        &host(&[]),
        &[("core 7 for strategy `bbo`", "not there", Severity::Error), isolated],
    );
    let shared = "a core of its own for each process";
    check(&need(2, 2), &host(&[]), &[(shared, "2 given twice", Severity::Warning)]);
    check(
        &need(1, 2),
        &host(&[]),
        &[isolated, ("no two threads of one core", "2", Severity::Warning)],
    );
}

#[test]
fn a_machine_with_two_cores() {
    let mut host = host(&[]);
    host.cores = Cores { online: [0, 1].into(), allowed: [0, 1].into(), isolated: [].into() };
    let spare = |current| ("a core for everything else", current, Severity::Note);
    let isolated = ("isolated cores", "none", Severity::Note);
    check(&need(0, 1), &host, &[spare("2 (0-1)"), isolated]);
    host.cores.online = [0].into();
    let enough = ("cores to run on", "1", Severity::Warning);
    check(&Need::default(), &host, &[enough, spare("1 (0)")]);
}

#[test]
fn clocks() {
    let old = host(&[
        ("/proc/cpuinfo", "flags : fpu constant_tsc"),
        ("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet"),
    ]);
    let expected = [
        ("cycle counter of constant pace", "without nonstop_tsc", Severity::Warning),
        ("clock source of the kernel", "hpet", Severity::Warning),
    ];
    check(&need(2, 3), &old, &expected);
}

#[test]
fn idle_states() {
    let states = [
        ("/sys/devices/system/cpu/cpu1/cpuidle/state0/name", "POLL\n"),
        ("/sys/devices/system/cpu/cpu1/cpuidle/state0/latency", "0\n"),
        ("/sys/devices/system/cpu/cpu1/cpuidle/state1/name", "C1\n"),
        ("/sys/devices/system/cpu/cpu1/cpuidle/state1/latency", "2\n"),
        ("/sys/devices/system/cpu/cpu1/cpuidle/state2/name", "C6\n"),
        ("/sys/devices/system/cpu/cpu1/cpuidle/state2/latency", "133\n"),
        ("/sys/devices/system/cpu/cpu1/cpuidle/state2/disable", "0\n"),
    ];
    let bounded = |bound_us| {
        let mut host = host(&states);
        host.bound_us = bound_us;
        host
    };
    let parked = "idle states while a strategy is parked";
    let deep = (parked, "C6, 133 us to leave", Severity::Note);
    let light = (parked, "C1, 2 us to leave", Severity::Note);
    check(&need(2, 3), &host(&states), &[deep]);
    check(&need(2, 3), &bounded(Err(ErrorKind::PermissionDenied)), &[deep]);
    check(&need(2, 3), &bounded(Ok(132)), &[light]);
    check(&need(2, 3), &bounded(Ok(0)), &[]);
    let disable = [("/sys/devices/system/cpu/cpu1/cpuidle/state2/disable", "1\n")];
    check(&need(2, 3), &host(&[&states[..], &disable].concat()), &[light]);
    check(&Need { parks: false, ..need(2, 3) }, &host(&states), &[]);

    let shallow = Need { shallow: vec!["`bbo`".to_owned()], ..need(2, 3) };
    check(&shallow, &host(&states), &[]);
    let condition = "shallow idle states for `bbo`";
    let refused = "permission denied; else C6, 133 us to leave";
    let denied = bounded(Err(ErrorKind::PermissionDenied));
    check(&shallow, &denied, &[(condition, refused, Severity::Warning)]);
    assert!(passed(&examine(&shallow, &denied)), "the run goes on");
    let checks = examine(&shallow, &denied);
    let failed = checks.iter().find(|check| !check.passed).unwrap();
    assert!(failed.mend.contains("udev rule"), "{}", failed.mend);
    let mut none = host(&[]);
    none.bound_us = Err(ErrorKind::NotFound);
    check(&shallow, &none, &[(condition, "entity not found", Severity::Warning)]);
}

#[test]
fn a_scenario_says_whether_it_parks_and_asks() {
    let need = |strategy: &str| {
        let text = format!(
            "name = \"a\"\nfeed = {{ source = {{ generate = {{}} }} }}\n\
             strategy = [{{ name = \"b\", run = \"null\", {strategy} }}]\n"
        );
        Need::of(&scenario::parse(&text, "a", std::path::Path::new(".")).unwrap())
    };
    let check = |strategy: &str, parks: bool, shallow: &[&str]| {
        let need = need(strategy);
        assert_eq!(
            (need.parks, need.shallow),
            (parks, shallow.iter().map(|s| (*s).to_owned()).collect())
        );
    };
    check("idle = \"deep\"", true, &[]);
    check("idle = \"shallow\"", true, &["`b`"]);
    check("wait = { then = \"spin\" }", false, &[]);
}

#[test]
fn a_machine_that_hides_everything_is_no_reason_to_panic() {
    let none = Host::sample(&[], Cores::default());
    let checks = examine(&need(0, 1), &none);
    assert!(!passed(&checks));
    assert!(check::table(&checks).contains("this kernel has none"));
}

#[test]
fn the_table() {
    let checks = [
        Check {
            condition: "a".to_owned(),
            required: "1".to_owned(),
            current: "1".to_owned(),
            severity: Severity::Error,
            passed: true,
            costs: "much",
            mend: "b".to_owned(),
        },
        Check {
            condition: "long name".to_owned(),
            required: "2".to_owned(),
            current: "none at all".to_owned(),
            severity: Severity::Warning,
            passed: false,
            costs: "some",
            mend: "sudo c".to_owned(),
        },
    ];
    let expected = "\
Condition  Required  Current      Severity  Passed
a          1         1            error     yes
long name  2         none at all  warning   no
    costs: some
    mend:  sudo c
";
    assert_eq!(check::table(&checks), expected, "\n{}", check::table(&checks));
}

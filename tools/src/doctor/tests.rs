use std::path::Path;

use need::Process;
use tickline_shared::scenario::{Cores, Pages};

use super::*;

mod kernel;
mod machine;
mod script;

/// A machine on which all is well: four cores of one cache, of which the last two are isolated.
const GOOD: [(&str, &str); 37] = [
    ("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n"),
    ("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "8\n"),
    ("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "0\n"),
    ("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
    ("/sys/kernel/mm/ksm/run", "0\n"),
    ("/proc/swaps", "Filename Type Size Used Priority\n"),
    ("/proc/self/limits", "Limit  Soft Limit  Hard Limit\nMax locked memory  8388608  1  bytes\n"),
    ("/proc/cpuinfo", "processor : 0\nflags\t\t: fpu constant_tsc nonstop_tsc\n"),
    ("/proc/cmdline", "quiet isolcpus=2-3 nohz_full=2-3 irqaffinity=0-1\n"),
    ("/proc/interrupts", INTERRUPTS),
    ("/proc/irq/default_smp_affinity", "3\n"),
    ("/proc/irq/24/smp_affinity_list", "0-1\n"),
    ("/proc/irq/25/smp_affinity_list", "1\n"),
    ("/proc/self/cgroup", "0::/user.slice/a.scope\n"),
    ("/sys/fs/cgroup/user.slice/a.scope/cpu.max", "max 100000\n"),
    ("/sys/fs/cgroup/cpuset.cpus.effective", "0-3\n"),
    ("/proc/stat", "cpu 9 9 9 9 9 9 9 9\ncpu2 1 0 0 999 0 0 0 0 0 0\ncpu3 1 0 0 999 0 0 0 1 0 0\n"),
    ("/proc/sys/kernel/numa_balancing", "0\n"),
    ("/proc/sys/kernel/watchdog", "1\n"),
    ("/proc/sys/kernel/watchdog_cpumask", "0-1\n"),
    ("/proc/sys/kernel/nmi_watchdog", "0\n"),
    ("/proc/sys/vm/stat_interval", "10\n"),
    ("/proc/sys/vm/swappiness", "60\n"),
    ("/run/systemd/timesync/synchronized", ""),
    ("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet\n"),
    ("/sys/devices/system/node/online", "0\n"),
    ("/sys/devices/system/node/node0/cpulist", "0-3\n"),
    ("/sys/devices/system/cpu/nohz_full", "2-3\n"),
    ("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2\n"),
    ("/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "3\n"),
    ("/sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "1-2\n"),
    ("/sys/devices/system/cpu/cpu2/cache/index0/level", "1\n"),
    ("/sys/devices/system/cpu/cpu2/cache/index1/level", "3\n"),
    ("/sys/devices/system/cpu/cpu2/cache/index1/shared_cpu_list", "0-3\n"),
    ("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "performance\n"),
    ("/sys/devices/virtual/workqueue/cpumask", "3\n"),
];

const INTERRUPTS: &str = "\
            CPU0       CPU1       CPU2       CPU3
  24:          7          0          0          0  IO-APIC   4-edge      ttyS0
  25:          0       7047          5          6  PCI-MSIX-0000:00:02.0   1-edge      eth0-rx-0
 NMI:          0          0          0          0   Non-maskable interrupts
 LOC:        100        200       2500          4   Local timer interrupts
 ERR:          3
";

fn host(changes: &[(&'static str, &str)]) -> Host {
    let cores = Cores { online: (0..4).collect(), allowed: [0, 1].into(), isolated: [2, 3].into() };
    let mut host = Host::sample(&[&GOOD[..], changes].concat(), cores);
    host.earlier_stat = "cpu2 1 0 0 899 0 0 0 0\ncpu3 1 0 0 899 0 0 0 1\n".to_owned();
    host
}

fn need(feed: usize, strategy: usize) -> Need {
    let mut need = Need::on(&[feed, strategy]);
    need.processes[1].owner = "strategy `bbo`".to_owned();
    need.processes[1].key = "strategy.bbo.core".to_owned();
    need
}

/// The conditions that fail, with what there is instead.
#[track_caller]
fn check(need: &Need, host: &Host, expected: &[(&str, &str, Severity)]) {
    let checks = examine(need, host);
    let failed = checks.iter().filter(|check| check.failed());
    let failed: Vec<_> =
        failed.map(|c| (c.condition.as_str(), c.current.as_str(), c.severity)).collect();
    assert_eq!(failed, expected, "\n{}", table::print(&checks));
}

/// A condition by its name.
#[track_caller]
fn found(condition: &str, need: &Need, host: &Host) -> Check {
    let checks = examine(need, host);
    let found = checks.into_iter().find(|check| check.condition == condition);
    found.unwrap_or_else(|| panic!("no condition `{condition}`"))
}

/// What to paste against a condition that fails.
#[track_caller]
fn mend(condition: &str, need: &Need, host: &Host) -> String {
    let check = found(condition, need, host);
    assert!(check.failed(), "{check:?}");
    check.mend.command()
}

/// Why nobody looked at a condition.
#[track_caller]
fn skipped(condition: &str, need: &Need, host: &Host) -> String {
    let check = found(condition, need, host);
    check.skipped().unwrap_or_else(|| panic!("{check:?}")).to_owned()
}

#[test]
fn a_good_machine_passes() {
    check(&need(2, 3), &host(&[]), &[]);
}

#[test]
fn a_machine_that_hides_everything_is_no_reason_to_panic() {
    let none = Host::sample(&[], Cores::default());
    let checks = examine(&need(0, 1), &none);
    assert!(!passed(&checks));
    assert!(table::print(&checks).contains("this kernel has none"));
    let nobody = Need { processes: Vec::<Process>::new(), ..Need::default() };
    examine(&nobody, &none);
}

#[test]
fn texts_that_are_something_else_are_no_reason_to_panic() {
    for text in ["", "\u{0}", "garbage", "-1", "99999999999999999999", "3-1", ",", "[", ":::", "0-"]
    {
        let texts: Vec<_> = GOOD.iter().map(|(path, _)| (*path, text)).collect();
        let mut host = Host::sample(&texts, host(&[]).cores);
        host.earlier_stat = text.to_owned();
        let checks = examine(&Need { locks: vec!["a".to_owned()], ..need(2, 3) }, &host);
        table::print(&checks);
        super::script::print(text, &checks);
    }
}

#[test]
fn a_scenario_says_what_it_needs() {
    let need = |strategy: &str| {
        let text = format!(
            "name = \"a\"\nfeed = {{ source = {{ generate = {{}}, speed = \"rate=2k\" }} }}\n\
             strategy = [{{ name = \"b\", run = \"null\", {strategy} }}]\n"
        );
        Need::of(&scenario::parse(&text, "a", Path::new(".")).unwrap())
    };
    let check = |strategy: &str, parks: bool, shallow: &[&str]| {
        let need = need(strategy);
        let expected: Vec<_> = shallow.iter().map(|s| (*s).to_owned()).collect();
        assert_eq!((need.parks, need.shallow, need.rate), (parks, expected, Some(2_000)));
    };
    check("idle = \"deep\"", true, &[]);
    check("idle = \"shallow\"", true, &["`b`"]);
    check("wait = { then = \"spin\" }", false, &[]);
    let asks = need("priority = \"fifo:50\", lock_memory = true");
    let strategy = || "strategy `b`".to_owned();
    assert_eq!((asks.real_time, asks.locks), (vec![(strategy(), 50)], vec![strategy()]));
}

#[test]
fn cores_without_a_scenario() {
    let owners = |cores: &[usize]| {
        let processes = Need::on(cores).processes.into_iter();
        processes.map(|process| (process.key, process.core)).collect::<Vec<_>>()
    };
    let key = |key: &str| key.to_owned();
    assert_eq!(owners(&[]), [(key("feed.core"), None), (key("strategy.any.core"), None)]);
    assert_eq!(owners(&[4, 5]), [(key("feed.core"), Some(4)), (key("strategy.s1.core"), Some(5))]);
}

#[test]
fn the_table() {
    let checks = [
        Check::new("a", Severity::Error).wants("1").finds("1", true).costs("much", "b"),
        Check::new("long name", Severity::Warning)
            .wants("2")
            .finds("none at all", false)
            .costs("some", mend::Step::set("/proc/sys/vm/a", 2)),
        Check::new("moon", Severity::Note).skip("the sun shines"),
    ];
    let expected = "\
Condition  Required  Current      Severity  Passed
a          1         1            error     yes
long name  2         none at all  warning   no
    costs: some
    mend:  sudo sysctl -w vm.a=2
           until the next boot; over a reboot: printf '%s\\n' 'vm.a = 2' | sudo tee \
/etc/sysctl.d/90-tickline-vm.a.conf

skipped
    moon  the sun shines

1 passed, 1 failed (errors: 0, warnings: 1, notes: 0), 1 skipped
`--script` prints the mends as a shell script, `--jitter 10s` measures what the cores lose.
";
    assert_eq!(table::print(&checks), expected, "\n{}", table::print(&checks));
}

#[test]
fn json_has_a_verdict_each() {
    let set = mend::Step::set("/proc/irq/9/smp_affinity_list", "0-1");
    let check = Check::new("a", Severity::Note).wants("1").finds("2", false).costs("some", set);
    let expected = serde_json::json!({
        "condition": "a", "required": "1", "current": "2", "severity": "note", "passed": false,
        "costs": "some", "mend": "echo 0-1 | sudo tee /proc/irq/9/smp_affinity_list",
        "lasts": false,
    });
    assert_eq!(serde_json::to_value(&check).unwrap(), expected);
    let skipped = serde_json::to_value(check.skip("why")).unwrap();
    assert_eq!((&skipped["skipped"], skipped.get("passed")), (&"why".into(), None));
}

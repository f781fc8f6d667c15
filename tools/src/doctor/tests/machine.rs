//! Pages, cores, control groups, topology, isolation, frequency.

use super::*;

const POOL: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB";

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
    assert_eq!(skipped(condition, &small, &two), "the scenario asks for small pages");
    let mended = mend(condition, &strict, &two);
    assert_eq!(mended, format!("echo 9 | sudo tee {POOL}/nr_hugepages"));
}

#[test]
fn hugepages_on_the_feeds_node() {
    const ONE: &str = "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages";
    let nodes = [
        ("/sys/devices/system/node/online", "0-1"),
        ("/sys/devices/system/node/node0/cpulist", "0-1"),
        ("/sys/devices/system/node/node1/cpulist", "2-3"),
        ("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "8"),
        ("/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "4"),
        (ONE, "4"),
    ];
    check(&need(2, 3), &host(&nodes), &[]);
    let condition = "hugepages on the feed's NUMA node";
    let far = host(&[&nodes[..], &[(ONE, "1")]].concat());
    check(&need(2, 3), &far, &[(condition, "free on node 0: 8, 1: 1", Severity::Warning)]);
    let mended = mend(condition, &need(2, 3), &far);
    assert!(mended.starts_with("echo 6 | sudo tee /sys/devices/system/node/node1"), "{mended}");
    let both = ("one NUMA node for all cores", "0-1", Severity::Warning);
    let failed = examine(&need(1, 3), &host(&nodes));
    assert!(failed.iter().any(|c| (&*c.condition, &*c.current, c.severity) == both && c.failed()));
    assert_eq!(skipped(condition, &need(2, 3), &host(&[])), "this machine has one node");
}

#[test]
fn other_pages() {
    let never = host(&[("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]")]);
    check(&need(2, 3), &never, &[("transparent hugepages", "never", Severity::Warning)]);
    let locks = Need { locks: vec!["the feed".to_owned()], ..need(2, 3) };
    let condition = "memory that may be locked";
    check(&locks, &host(&[]), &[(condition, "8.0 MiB", Severity::Warning)]);
    let unlimited = host(&[("/proc/self/limits", "Max locked memory  unlimited unlimited bytes")]);
    check(&locks, &unlimited, &[]);
    check(&locks, &host(&[("/proc/self/status", "CapEff:\t0000000000004000\n")]), &[]);
    assert!(mend(condition, &locks, &host(&[])).contains("prlimit"));
    let swaps = "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n";
    let swapping = host(&[("/proc/swaps", swaps)]);
    check(&need(2, 3), &swapping, &[("swap", "1 in use, swappiness 60", Severity::Note)]);
    let calm = host(&[("/proc/swaps", swaps), ("/proc/sys/vm/swappiness", "1")]);
    check(&need(2, 3), &calm, &[]);
}

#[test]
fn cores() {
    let usable = "core 7 for strategy `bbo`";
    let strange = need(2, 7);
    assert_eq!(found(usable, &strange, &host(&[])).current, "not there");
    let mended = mend(usable, &strange, &host(&[]));
    assert_eq!(mended, "tickline launch … --set feed.core=2 --set strategy.bbo.core=3");
    assert!(!passed(&examine(&strange, &host(&[]))));
    let shared = "a core of its own for each process";
    check(&need(2, 2), &host(&[]), &[(shared, "2 given twice", Severity::Warning)]);
    let paired = found("no two threads of one core", &need(1, 2), &host(&[]));
    assert_eq!((&*paired.current, paired.failed()), ("1-2", true));
}

#[test]
fn one_thread_of_two_is_seen_from_either() {
    let also = host(&[("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "1-2")]);
    let paired = found("no two threads of one core", &need(1, 2), &also);
    assert_eq!((&*paired.current, paired.failed()), ("1-2", true));
    let hidden = need(0, 2);
    let why = "the kernel does not show the threads of core 0";
    assert_eq!(skipped("no two threads of one core", &hidden, &also), why);
}

#[test]
fn a_machine_with_two_cores() {
    let mut host = host(&[]);
    host.cores = Cores { online: [0, 1].into(), allowed: [0, 1].into(), isolated: [].into() };
    let spare = found("a core for everything else", &need(0, 1), &host);
    assert_eq!((&*spare.current, spare.failed()), ("2 (0-1)", true));
    let mended = mend("isolated cores (isolcpus)", &need(0, 1), &host);
    assert!(mended.starts_with("a machine with more cores"), "{mended}");
    assert!(mend("device interrupts on these cores", &need(0, 1), &host).contains("more cores"));
    host.cores = Cores { online: [0].into(), allowed: [0].into(), isolated: [].into() };
    let enough = found("cores to run on", &Need::default(), &host);
    assert_eq!((&*enough.current, enough.failed()), ("1", true));
}

#[test]
fn control_groups() {
    let group = "/sys/fs/cgroup/user.slice/a.scope";
    let quota = host(&[
        ("/sys/fs/cgroup/user.slice/a.scope/cpu.max", "150000 100000"),
        ("/sys/fs/cgroup/user.slice/a.scope/cpu.stat", "usage_usec 5\nnr_throttled 12\n"),
        ("/sys/fs/cgroup/user.slice/cpu.max", "800000 100000"),
    ]);
    let condition = "cgroup's quota of processor time";
    let expected = (condition, "1.50 cores, stopped 12 times", Severity::Warning);
    check(&need(2, 3), &quota, &[expected]);
    let mended = mend(condition, &need(2, 3), &quota);
    assert_eq!(mended, format!("echo max | sudo tee {group}/cpu.max"));
    let narrow = host(&[("/sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-2")]);
    check(&need(2, 3), &narrow, &[("cores in the cgroup's cpuset", "0-2", Severity::Error)]);
}

#[test]
fn control_groups_of_the_first_version() {
    let old = host(&[
        ("/proc/self/cgroup", "3:cpuset:/a\n1:cpu,cpuacct:/a\n0::/\n"),
        ("/sys/fs/cgroup/cpuset/a/cpuset.effective_cpus", "0-2"),
        ("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "50000"),
        ("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000"),
        ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1"),
    ]);
    let quota = ("cgroup's quota of processor time", "0.50 cores, stopped 0 times");
    let expected = [
        ("cores in the cgroup's cpuset", "0-2", Severity::Error),
        (quota.0, quota.1, Severity::Warning),
    ];
    check(&need(2, 3), &old, &expected);
    assert!(mend(quota.0, &need(2, 3), &old).starts_with("echo -1 | sudo tee"));
    let none = host(&[("/proc/self/cgroup", "")]);
    let why = skipped("cores in the cgroup's cpuset", &need(2, 3), &none);
    assert_eq!(why, "no cgroup shows a cpuset");
}

#[test]
fn caches() {
    let condition = "one L3 cache for feed and strategies";
    let away = host(&[
        ("/sys/devices/system/cpu/cpu2/cache/index1/shared_cpu_list", "0,2"),
        ("/sys/devices/system/cpu/cpu0/cache/index0/level", "3"),
        ("/sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_list", "0,2"),
        ("/sys/devices/system/cpu/cpu3/cache/index0/level", "3"),
        ("/sys/devices/system/cpu/cpu3/cache/index0/shared_cpu_list", "1,3"),
    ]);
    check(&need(2, 3), &away, &[(condition, "not by 3", Severity::Warning)]);
    let mended = mend(condition, &need(2, 3), &away);
    assert_eq!(mended, "tickline launch … --set feed.core=1 --set strategy.bbo.core=3");
    let hidden = host(&[("/sys/devices/system/cpu/cpu2/cache/index1/level", "2")]);
    assert!(skipped(condition, &need(2, 3), &hidden).contains("no L3 cache"));
}

#[test]
fn isolation() {
    let debian = ("/etc/os-release", "ID=debian\n");
    let cold = |cmdline: &str, nohz: &str| {
        let texts =
            [debian, ("/proc/cmdline", cmdline), ("/sys/devices/system/cpu/nohz_full", nohz)];
        let mut host = host(&texts);
        host.cores.isolated.clear();
        host.cores.allowed = (0..4).collect();
        host
    };
    let note = |condition, current| (condition, current, Severity::Note);
    let isolated = note("isolated cores (isolcpus)", "none");
    let ticks = note("cores without timer ticks (nohz_full)", "none");
    let callbacks = |current| note("cores without RCU callbacks (rcu_nocbs)", current);
    check(&need(2, 3), &cold("quiet", "(null)"), &[isolated, ticks, callbacks("none")]);
    check(&need(2, 3), &cold("rcu_nocbs=1-2", ""), &[isolated, ticks, callbacks("1-2")]);
    check(&need(2, 3), &cold("rcu_nocbs=2-N", "2-3"), &[isolated]);
    check(&need(2, 3), &cold("rcu_nocbs=all", "2-3"), &[isolated]);
    let mended = mend(isolated.0, &need(2, 3), &cold("", ""));
    assert!(mended.contains("isolcpus=2-3") && mended.contains("update-grub"), "{mended}");
    // Where no core is named, it says which to name, and asks for nothing else.
    let why = skipped(isolated.0, &Need::default(), &cold("", ""));
    assert!(why.contains("--set feed.core=2 --set strategy.any.core=3"), "{why}");
}

#[test]
fn frequency() {
    let slow = host(&[
        ("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "schedutil"),
        ("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "performance"),
        ("/sys/devices/system/cpu/cpu2/cpufreq/energy_performance_preference", "balance_power"),
        ("/sys/devices/system/cpu/intel_pstate/no_turbo", "1"),
    ]);
    let governor = "frequency governor";
    let expected = [
        (governor, "performance (3), schedutil (2)", Severity::Warning),
        ("energy preference (EPP)", "balance_power (2)", Severity::Warning),
        ("turbo", "off", Severity::Note),
    ];
    check(&need(2, 3), &slow, &expected);
    let file = "/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor";
    let mended = mend(governor, &need(2, 3), &slow);
    assert_eq!(mended, format!("echo performance | sudo tee {file}"));
    let boost = host(&[("/sys/devices/system/cpu/cpufreq/boost", "0")]);
    check(&need(2, 3), &boost, &[("turbo", "off", Severity::Note)]);
    assert!(skipped("turbo", &need(2, 3), &host(&[])).contains("no say"));
}

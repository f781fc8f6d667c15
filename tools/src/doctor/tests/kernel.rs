//! Interrupts, idle states, priorities, the kernel's own work, clocks, time, network.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use super::super::interrupts::{parse_mask, print_mask, sources};
use super::*;

#[test]
fn interrupts() {
    let condition = "device interrupts on these cores";
    let texts =
        [("/proc/irq/25/smp_affinity_list", "0-3"), ("/proc/irq/24/smp_affinity_list", "2")];
    let both = host(&texts);
    check(&need(2, 3), &both, &[(condition, "2: eth0-rx-0 11", Severity::Note)]);
    let mended = mend(condition, &need(2, 3), &both);
    let files = "/proc/irq/25/smp_affinity_list /proc/irq/24/smp_affinity_list";
    assert_eq!(mended, format!("echo 0-1 | sudo tee {files}"));
    let quiet = host(&[("/proc/irq/24/smp_affinity_list", "2")]);
    check(&need(2, 3), &quiet, &[(condition, "1, none fired", Severity::Note)]);

    let to_come = host(&[("/proc/irq/default_smp_affinity", "f")]);
    let expected = ("interrupts of devices to come", "0-3", Severity::Note);
    check(&need(2, 3), &to_come, &[expected]);
    let mended = mend(expected.0, &need(2, 3), &to_come);
    assert_eq!(mended, "echo 3 | sudo tee /proc/irq/default_smp_affinity");
}

#[test]
fn lines_of_interrupts() {
    let all = sources(INTERRUPTS);
    let names: Vec<_> = all.iter().map(|source| (&*source.name, &*source.what)).collect();
    let expected = [
        ("24", "ttyS0"),
        ("25", "eth0-rx-0"),
        ("NMI", "Non-maskable interrupts"),
        ("LOC", "Local timer interrupts"),
        ("ERR", ""),
    ];
    assert_eq!(names, expected);
    assert_eq!(all[3].counts.values().collect::<Vec<_>>(), [&100, &200, &2500, &4]);
    assert_eq!(sources(""), []);
}

#[test]
fn irqbalance() {
    let balanced = |changes: &[(&'static str, &str)]| {
        let mut host = host(changes);
        host.programs.insert("irqbalance".to_owned());
        host
    };
    check(&need(2, 3), &balanced(&[]), &[]);
    let mut all = balanced(&[("/sys/devices/system/cpu/nohz_full", "3"), ("/proc/cmdline", "")]);
    all.cores.isolated.clear();
    assert!(mend("irqbalance", &need(2, 3), &all).contains("stop irqbalance"));
    let file = ("/etc/default/irqbalance", "#x\nIRQBALANCE_BANNED_CPULIST=\"2\"\n");
    let mut banned = balanced(&[("/sys/devices/system/cpu/nohz_full", "3"), file]);
    banned.cores.isolated.clear();
    assert!(!found("irqbalance", &need(2, 3), &banned).failed());
}

#[test]
fn masks() {
    #[track_caller]
    fn check(mask: &str, cores: &[usize]) {
        let cores: BTreeSet<usize> = cores.iter().copied().collect();
        assert_eq!(parse_mask(mask).unwrap(), cores);
        assert_eq!(print_mask(&cores, mask), mask);
    }
    check("3", &[0, 1]);
    check("00f0", &[4, 5, 6, 7]);
    check("00000001,00000000,80000000", &[31, 64]);
    check("0", &[]);
    assert_eq!(print_mask(&[33].into(), "3"), "2,00000000");
    assert_eq!((parse_mask("x"), parse_mask("")), (None, None));
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
    let awake = Need { parks: false, ..need(2, 3) };
    check(&awake, &host(&states), &[]);
    assert_eq!(skipped(parked, &awake, &host(&states)), "no strategy of the scenario parks");

    let shallow = Need { shallow: vec!["`bbo`".to_owned()], ..need(2, 3) };
    check(&shallow, &host(&states), &[]);
    let condition = "shallow idle states for `bbo`";
    let refused = "permission denied; else C6, 133 us to leave";
    let denied = bounded(Err(ErrorKind::PermissionDenied));
    check(&shallow, &denied, &[(condition, refused, Severity::Warning)]);
    assert!(passed(&examine(&shallow, &denied)), "the run goes on");
    let mend = found(condition, &shallow, &denied).mend;
    assert!(mend.for_good().unwrap().contains("/etc/udev/rules.d/"), "{mend:?}");
    let mut none = host(&[]);
    none.bound_us = Err(ErrorKind::NotFound);
    check(&shallow, &none, &[(condition, "entity not found", Severity::Warning)]);
}

#[test]
fn real_time() {
    let condition = "real-time priority";
    let asks = Need { real_time: vec![("the feed".to_owned(), 50)], ..need(2, 3) };
    let limits = |limit: &str| format!("Max realtime priority     {limit}   {limit}\n");
    let user = ("/proc/self/status", "CapInh:\t0\nCapEff:\t0000000000000000\n");
    let runtime = "/proc/sys/kernel/sched_rt_runtime_us";
    let none = limits("0");
    let refused = host(&[("/proc/self/limits", &none), user, (runtime, "950000")]);
    let whole = ("real-time processes may run all the time", "950000", Severity::Warning);
    check(&asks, &refused, &[(condition, "limit 0", Severity::Warning), whole]);
    assert_eq!(mend(whole.0, &asks, &refused), "sudo sysctl -w kernel.sched_rt_runtime_us=-1");
    let few = limits("49");
    let few = host(&[("/proc/self/limits", &few), user, (runtime, "-1")]);
    check(&asks, &few, &[(condition, "limit 49", Severity::Warning)]);
    let some = limits("50");
    check(&asks, &host(&[("/proc/self/limits", &some), user, (runtime, "-1")]), &[]);
    let root = ("/proc/self/status", "CapEff:\t000001ffffffffff\n");
    check(&asks, &host(&[("/proc/self/limits", &none), root, (runtime, "-1")]), &[]);
    assert!(skipped(condition, &need(2, 3), &refused).contains("no process"));
    assert!(skipped(condition, &asks, &host(&[])).contains("does not show"));
}

#[test]
fn the_kernels_own_work() {
    let busy = host(&[
        ("/proc/sys/kernel/numa_balancing", "1"),
        ("/proc/sys/kernel/watchdog_cpumask", "0-3"),
        ("/proc/sys/kernel/nmi_watchdog", "1"),
        ("/proc/sys/vm/stat_interval", "1"),
        ("/sys/devices/virtual/workqueue/cpumask", "f"),
        ("/sys/kernel/mm/ksm/run", "1"),
    ]);
    let note = |condition, current| (condition, current, Severity::Note);
    let expected = [
        ("automatic NUMA balancing", "1", Severity::Warning),
        note("watchdog of soft lockups", "on 0-3"),
        note("NMI watchdog", "1"),
        note("interval of memory statistics (s)", "1"),
        note("the kernel's deferred work", "0-3"),
        note("merging of equal pages (KSM)", "1"),
    ];
    check(&need(2, 3), &busy, &expected);
    let mended = |condition| mend(condition, &need(2, 3), &busy);
    assert_eq!(mended(expected[1].0), "sudo sysctl -w kernel.watchdog_cpumask=0-1");
    assert_eq!(mended(expected[4].0), "echo 3 | sudo tee /sys/devices/virtual/workqueue/cpumask");
    let off =
        host(&[("/proc/sys/kernel/watchdog", "0"), ("/proc/sys/kernel/watchdog_cpumask", "0-3")]);
    check(&need(2, 3), &off, &[]);
}

#[test]
fn clocks() {
    let sources = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
    let old = host(&[
        ("/proc/cpuinfo", "flags : fpu constant_tsc"),
        ("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet"),
    ]);
    let source = "clock source of the kernel";
    let expected = [
        ("cycle counter of constant pace", "without nonstop_tsc", Severity::Warning),
        (source, "hpet", Severity::Warning),
    ];
    check(&need(2, 3), &old, &expected);
    assert!(mend(source, &need(2, 3), &old).starts_with("echo tsc | sudo tee"));
    let given_up = host(&[
        ("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet"),
        (sources, "hpet acpi_pm"),
    ]);
    assert!(mend(source, &need(2, 3), &given_up).contains("dmesg"));
}

#[test]
fn times() {
    let stolen = "cpu2 0 0 0 500 0 0 0 0\ncpu3 0 0 0 450 0 0 0 50\n";
    let mut host = host(&[("/proc/stat", stolen)]);
    host.earlier_stat = "cpu2 0 0 0 400 0 0 0 0\ncpu3 0 0 0 380 0 0 0 20\n".to_owned();
    let condition = "time that the host takes (steal)";
    let expected = (condition, "15.00 % now, 5.00 % since boot", Severity::Warning);
    check(&need(2, 3), &host, &[expected]);
    let mut alone = Host::sample(&GOOD, host.cores.clone());
    alone.programs.insert("systemd-timesyn".to_owned());
    let kept = found("the wall clock is kept right", &need(2, 3), &alone);
    assert_eq!((&*kept.current, kept.failed()), ("systemd-timesyncd, synchronized", false));
    let nobody = Host::sample(&[], host.cores);
    assert!(mend("the wall clock is kept right", &need(2, 3), &nobody).contains("timedatectl"));
    assert_eq!(skipped(condition, &need(2, 3), &nobody), "the kernel does not show it");
}

#[test]
fn network() {
    let from = |interface: &str| Need { interface: Some(interface.to_owned()), ..need(2, 3) };
    let small = host(&[
        ("/proc/sys/net/core/rmem_max", "212992"),
        ("/proc/sys/net/core/busy_read", "0"),
        ("/sys/class/net/eth0/mtu", "1500"),
        ("/sys/class/net/lo/mtu", "65536"),
    ]);
    let expected = [
        ("receive buffers (bytes)", "212992", Severity::Warning),
        ("sockets look before they sleep (us)", "0", Severity::Note),
        ("hardware timestamps", "none", Severity::Note),
    ];
    check(&from("eth0"), &small, &expected);
    check(&need(2, 3), &small, &[]);
    assert!(skipped(expected[0].0, &need(2, 3), &small).contains("--interface"));
    assert_eq!(mend("hardware timestamps", &from("eth9"), &small), "choose one of eth0, lo");
    let good = host(&[
        ("/proc/sys/net/core/rmem_max", "67108864"),
        ("/proc/sys/net/core/busy_read", "50"),
        ("/sys/class/net/eth0/device/ptp/ptp0/clock_name", "ice"),
    ]);
    check(&from("eth0"), &good, &[]);
}

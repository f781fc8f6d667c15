//! The script is a script, and does what it says.

use std::fs;
use std::process::{Command, Output};

use super::super::mend::{Loader, Step};
use super::*;

fn bad() -> Vec<Check> {
    let mut host = host(&[
        ("/etc/os-release", "ID=debian\n"),
        ("/proc/irq/25/smp_affinity_list", "0-3"),
        ("/proc/irq/default_smp_affinity", "f"),
        ("/proc/sys/vm/stat_interval", "1"),
        ("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave"),
        ("/sys/devices/system/cpu/nohz_full", "(null)"),
        ("/proc/cmdline", ""),
    ]);
    host.cores.isolated.clear();
    host.cores.allowed = (0..4).collect();
    host.programs.insert("irqbalance".to_owned());
    examine(&Need { locks: vec!["a".to_owned()], ..need(2, 3) }, &host)
}

fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    Command::new(program).args(arguments).output().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_holds_every_mend() {
    let script = super::super::script::print("my.toml", &bad());
    for part in [
        "set_value 10 /proc/sys/vm/stat_interval",
        "keep_file /etc/sysctl.d/90-tickline-vm.stat_interval.conf 'vm.stat_interval = 10'",
        "set_value 0-1 /proc/irq/25/smp_affinity_list",
        "run systemctl stop irqbalance\nkeep systemctl disable irqbalance",
        "boot_option isolcpus=2-3",
        "keep_file /etc/default/grub.d/tickline.cfg",
        "isolcpus=2-3 nohz_full=2-3 rcu_nocbs=2-3 irqaffinity=0-1\"'",
        "keep update-grub",
        "keep_file /etc/security/limits.d/90-tickline-memlock.conf '* - memlock unlimited'",
        "# found:    powersave (2)",
    ] {
        assert!(script.contains(part), "{part} is not in\n{script}");
    }
    assert!(!script.contains("@SCENARIO@") && script.contains("for: my.toml\n"));
}

#[test]
fn the_shell_and_its_critic_like_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mend.sh");
    let hostile = "a\nrm -rf /; '$(x)'\u{1b}";
    let strange = Check::new(hostile, Severity::Note).wants(hostile).finds(hostile, false);
    let strange = strange.costs("some", Step::set("/proc/sys/a/'b", hostile));
    let other = Check::new("b", Severity::Note).finds("", false);
    let other = other.costs("", Step::Boot("a=1".to_owned(), Loader::Other));
    for checks in [bad(), Vec::new(), vec![strange], vec![other]] {
        fs::write(&file, super::super::script::print(hostile, &checks)).unwrap();
        let path = file.to_str().unwrap();
        let parsed = run("bash", &["-n", path]).expect("bash");
        assert!(parsed.status.success(), "{}", text(&parsed.stderr));
        // Where it is installed.
        if let Some(critic) = run("shellcheck", &[path]) {
            assert!(critic.status.success(), "{}", text(&critic.stdout));
        }
    }
}

/// The script with its first lines changed, so that anybody may run it.
fn tried(checks: &[Check], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mend.sh");
    let script = super::super::script::print("any", checks);
    let script = script.replace("[ \"$(id -u)\" -ne 0 ]", "false");
    fs::write(&file, script).unwrap();
    run("bash", &[&[file.to_str().unwrap()], arguments].concat()).expect("bash")
}

#[test]
fn it_goes_on_counts_and_does_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("chosen"), "always [madvise] never\n").unwrap();
    fs::write(path("new"), "1\n").unwrap();
    let fails = |name: &str, step: Step| {
        Check::new(name, Severity::Note).wants("b").finds("c", false).costs("much", step)
    };
    let checks = [
        fails("first", Step::set(path("no/such/folder"), 10)),
        fails("second", Step::set(path("new"), 10)),
        fails("third", Step::set(path("chosen"), "madvise")),
        fails("fourth", Step::Run("false".to_owned())),
        fails("fifth", Step::File { path: path("etc/kept"), line: "* - a b".to_owned() }),
    ];
    let once = tried(&checks, &[]);
    let (said, errors) = (text(&once.stdout), text(&once.stderr));
    assert_eq!(once.status.code(), Some(1), "{said}{errors}");
    assert!(said.ends_with("\n1 done, 1 so already, 2 failed\n"), "{said}");
    assert!(errors.contains("no/such/folder stays as it is: No such file"), "{errors}");
    assert!(said.contains("second\n  as it is: much\n  done: "), "{said}");
    assert_eq!(fs::read_to_string(path("new")).unwrap(), "10\n");
    assert!(!folder.path().join("etc").exists(), "nothing is kept that was not asked for");

    let kept = text(&tried(&checks, &["--keep"]).stdout);
    assert!(kept.ends_with("\n1 done, 2 so already, 2 failed\n"), "{kept}");
    assert_eq!(fs::read_to_string(path("etc/kept")).unwrap(), "* - a b\n");
    let again = text(&tried(&checks, &["--keep"]).stdout);
    assert!(again.ends_with("\n0 done, 3 so already, 2 failed\n"), "{again}");
    assert_eq!(tried(&checks, &["--kep"]).status.code(), Some(2));
}

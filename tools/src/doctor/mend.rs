//! A mend: commands that can be pasted, which of them last over a reboot, or words where no command
//! can do it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::host::Host;

/// How to mend a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mend {
    /// No command can: what to do instead.
    Words(String),
    /// Root's steps.
    Steps(Vec<Step>),
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A value for some files of /proc or /sys, which a reboot forgets.
    Set {
        /// The value.
        value: String,
        /// Where it goes.
        files: Vec<String>,
    },
    /// Options of the kernel's command line, which the next boot reads.
    Boot(String, Loader),
    /// A file of /etc with one line.
    File {
        /// Its path.
        path: String,
        /// The line.
        line: String,
    },
    /// A command for the shell that it is pasted into, and for what is started there.
    Here(&'static str),
    /// A command, without `sudo`, whose effect a reboot forgets.
    Run(String),
    /// A command, without `sudo`, whose effect lasts over a reboot.
    Keep(String),
}

/// Who writes the kernel's command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loader {
    /// Debian's and Ubuntu's GRUB.
    UpdateGrub,
    /// Fedora's and Red Hat's tool.
    Grubby,
    /// Somebody else.
    Other,
}

impl Loader {
    /// That of this machine's distribution.
    pub fn of(host: &Host) -> Loader {
        let release = host.text("/etc/os-release").unwrap_or_default();
        let ids = release
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")));
        let ids: Vec<_> = ids.flat_map(|ids| ids.trim_matches('"').split(' ')).collect();
        match () {
            () if ids.contains(&"debian") => Loader::UpdateGrub,
            () if ids.contains(&"fedora") || ids.contains(&"rhel") => Loader::Grubby,
            () => Loader::Other,
        }
    }
}

impl Default for Mend {
    fn default() -> Mend {
        Mend::Words(String::new())
    }
}

impl From<Step> for Mend {
    fn from(step: Step) -> Mend {
        Mend::Steps(vec![step])
    }
}

/// Words.
impl From<&str> for Mend {
    fn from(words: &str) -> Mend {
        Mend::Words(words.to_owned())
    }
}

impl From<String> for Mend {
    fn from(words: String) -> Mend {
        Mend::Words(words)
    }
}

impl Step {
    /// Writes `value` to a file of /proc or /sys.
    pub fn set(file: impl Into<String>, value: impl ToString) -> Step {
        Step::Set { value: value.to_string(), files: vec![file.into()] }
    }

    /// What works at once, for a shell; `None` where only a boot, or a new log-in, helps.
    fn now(&self) -> Option<String> {
        match self {
            Step::Set { value, files } => Some(match &files[..] {
                [file] if sysctl(file).is_some() => {
                    format!("sudo sysctl -w {}", quote(&format!("{}={value}", sysctl(file)?)))
                }
                files => format!("echo {} | sudo tee {}", quote(value), files.join(" ")),
            }),
            Step::Here(command) => Some(format!("sudo {command}")),
            Step::Run(command) => Some(format!("sudo {command}")),
            Step::Boot(..) | Step::File { .. } | Step::Keep(_) => None,
        }
    }

    /// What makes it last, for a shell; `None` where nothing does, or `now` did already.
    fn for_good(&self) -> Option<String> {
        match self {
            Step::Boot(options, loader) => Some(boot(options, *loader)),
            Step::Keep(command) => Some(format!("sudo {command}")),
            Step::Run(_) | Step::Here(_) => None,
            Step::Set { .. } | Step::File { .. } => {
                let (path, text) = self.file()?;
                let lines = text.lines().map(quote).collect::<Vec<_>>().join(" ");
                Some(format!("printf '%s\\n' {lines} | sudo tee {path}"))
            }
        }
    }

    /// The file of /etc that makes it last, and its text.
    pub fn file(&self) -> Option<(String, String)> {
        match self {
            Step::File { path, line } => Some((path.clone(), line.clone())),
            // After a boot interrupts have other numbers, and groups are made anew.
            Step::Set { files, .. }
                if files.iter().any(|file| {
                    ["/proc/irq/", "/sys/fs/"].iter().any(|fleeting| file.starts_with(fleeting))
                }) =>
            {
                None
            }
            Step::Set { value, files } => match &files[..] {
                [file] if sysctl(file).is_some() => {
                    let key = sysctl(file)?;
                    Some((
                        format!("/etc/sysctl.d/90-tickline-{key}.conf"),
                        format!("{key} = {value}"),
                    ))
                }
                files if files.iter().all(|file| file.starts_with("/sys/")) => {
                    let name = files.first()?.trim_start_matches('/').replace('/', "-");
                    let lines = files.iter().map(|file| format!("w {file} - - - - {value}"));
                    let text = lines.collect::<Vec<_>>().join("\n");
                    Some((format!("/etc/tmpfiles.d/tickline-{name}.conf"), text))
                }
                _ => None,
            },
            Step::Boot(..) | Step::Here(_) | Step::Run(_) | Step::Keep(_) => None,
        }
    }
}

/// How options get on the kernel's command line.
fn boot(options: &str, loader: Loader) -> String {
    match loader {
        Loader::UpdateGrub => {
            let name = options.split(['=', ' ']).next().unwrap_or_default();
            let line = quote(&grub_line(options));
            let path = format!("/etc/default/grub.d/tickline-{name}.cfg");
            format!("echo {line} | sudo tee {path} && sudo update-grub")
        }
        Loader::Grubby => format!("sudo grubby --update-kernel=ALL --args={}", quote(options)),
        Loader::Other => format!("add `{options}` to the kernel's command line, and boot"),
    }
}

/// What GRUB's configuration says for some options.
pub fn grub_line(options: &str) -> String {
    format!("GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT {options}\"")
}

/// From `/proc/sys/vm/swappiness`, `vm.swappiness`.
fn sysctl(file: &str) -> Option<String> {
    Some(file.strip_prefix("/proc/sys/")?.replace('/', "."))
}

/// As one word of a shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

impl Mend {
    /// Its steps; none for words.
    pub fn steps(&self) -> &[Step] {
        match self {
            Mend::Words(_) => &[],
            Mend::Steps(steps) => steps,
        }
    }

    /// What to paste: what works at once, or else what the next boot reads; or words.
    pub fn command(&self) -> String {
        if let Mend::Words(words) = self {
            return words.clone();
        }
        let now: Vec<_> = self.steps().iter().filter_map(Step::now).collect();
        match now.is_empty() {
            true => self.for_good_of_all(),
            false => now.join("; "),
        }
    }

    /// What to paste so that it holds over a reboot, where [`Mend::command`] alone does not.
    pub fn for_good(&self) -> Option<String> {
        let now = self.steps().iter().any(|step| step.now().is_some());
        let command = self.for_good_of_all();
        (now && !command.is_empty()).then_some(command)
    }

    /// What of it the next boot or log-in reads.
    fn for_good_of_all(&self) -> String {
        self.steps().iter().filter_map(Step::for_good).collect::<Vec<_>>().join("; ")
    }

    /// Whether [`Mend::command`] holds over a reboot; `None` for words.
    pub fn lasts(&self) -> Option<bool> {
        let lasts = |step: &Step| match step {
            Step::Set { .. } | Step::Here(_) | Step::Run(_) => false,
            Step::Boot(..) | Step::File { .. } | Step::Keep(_) => true,
        };
        (!self.steps().is_empty()).then(|| self.steps().iter().all(lasts))
    }

    /// Whether nothing helps before the next boot.
    pub fn needs_boot(&self) -> bool {
        !self.steps().is_empty() && self.steps().iter().all(|step| matches!(step, Step::Boot(..)))
    }
}

/// `mend`; where it is a command, `lasts` as well; and `for_good` where it does not.
impl Serialize for Mend {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("mend", &self.command())?;
        if let Some(lasts) = self.lasts() {
            map.serialize_entry("lasts", &lasts)?;
        }
        if let Some(command) = self.for_good() {
            map.serialize_entry("for_good", &command)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use tickline_shared::scenario::Cores;

    use super::*;

    #[track_caller]
    fn check(step: Step, command: &str, lasts: bool, for_good: Option<&str>) {
        let mend = Mend::from(step);
        assert_eq!(mend.command(), command);
        assert_eq!((mend.lasts(), mend.for_good().as_deref()), (Some(lasts), for_good));
    }

    #[test]
    fn commands_can_be_pasted() {
        check(
            Step::set("/proc/sys/vm/stat_interval", 10),
            "sudo sysctl -w vm.stat_interval=10",
            false,
            Some(
                "printf '%s\\n' 'vm.stat_interval = 10' | sudo tee \
                  /etc/sysctl.d/90-tickline-vm.stat_interval.conf",
            ),
        );
        let files = vec!["/sys/a/b".to_owned(), "/sys/a/c".to_owned()];
        check(
            Step::Set { value: "x y".to_owned(), files },
            "echo 'x y' | sudo tee /sys/a/b /sys/a/c",
            false,
            Some(
                "printf '%s\\n' 'w /sys/a/b - - - - x y' 'w /sys/a/c - - - - x y' | sudo tee \
                  /etc/tmpfiles.d/tickline-sys-a-b.conf",
            ),
        );
        let irq = Step::set("/proc/irq/24/smp_affinity_list", "0-1");
        check(irq, "echo 0-1 | sudo tee /proc/irq/24/smp_affinity_list", false, None);
        let group = Step::set("/sys/fs/cgroup/a/cpu.max", "max");
        check(group, "echo max | sudo tee /sys/fs/cgroup/a/cpu.max", false, None);
        let kept = Step::Keep("timedatectl set-ntp true".to_owned());
        check(kept, "sudo timedatectl set-ntp true", true, None);
        let stop = Step::Run("systemctl stop irqbalance".to_owned());
        check(stop, "sudo systemctl stop irqbalance", false, None);
    }

    #[test]
    fn boot_options_by_distribution() {
        let step = |release: &str| {
            let host = Host::sample(&[("/etc/os-release", release)], Cores::default());
            Step::Boot("isolcpus=2-3".to_owned(), Loader::of(&host))
        };
        check(
            step("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n"),
            "echo 'GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT isolcpus=2-3\"' | \
             sudo tee /etc/default/grub.d/tickline-isolcpus.cfg && sudo update-grub",
            true,
            None,
        );
        let rocky = step("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n");
        check(rocky, "sudo grubby --update-kernel=ALL --args=isolcpus=2-3", true, None);
        let other = "add `isolcpus=2-3` to the kernel's command line, and boot";
        check(step("ID=nixos"), other, true, None);
        assert!(Mend::from(step("")).needs_boot());
    }

    #[test]
    fn words_are_no_command() {
        let mend = Mend::from("a machine with more cores");
        assert_eq!((mend.lasts(), mend.for_good(), mend.needs_boot()), (None, None, false));
        let json = serde_json::to_string(&mend).unwrap();
        assert_eq!(json, r#"{"mend":"a machine with more cores"}"#);
    }

    #[test]
    fn no_word_leaves_its_quotes() {
        assert_eq!(quote("a-b"), "a-b");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("$(rm)"), "'$(rm)'");
        assert_eq!(quote("a'b"), "'a'\\''b'");
    }
}

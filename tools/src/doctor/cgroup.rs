//! Control groups: the cores that ours may use, and a quota that stops it.

use tickline_shared::scenario::{parse_list, print_list};

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::Step;
use super::need::Need;

const ROOT: &str = "/sys/fs/cgroup";

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    vec![cpuset(need, host), quota(need, host)]
}

/// The folders of our group for a controller, from our own up to the root.
fn folders(controller: &str, host: &Host) -> Vec<String> {
    let groups = host.text("/proc/self/cgroup").unwrap_or_default();
    let mut folders = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let root = match controllers {
            "" => ROOT.to_owned(),
            all if all.split(',').any(|one| one == controller) => format!("{ROOT}/{controller}"),
            _ => continue,
        };
        let mut path = path.trim_end_matches('/');
        loop {
            folders.push(format!("{root}{path}"));
            let Some((above, _)) = path.rsplit_once('/') else { break };
            path = above;
        }
    }
    folders
}

/// Whether the cores are in the group's set, which the scheduler enforces for isolated ones too.
fn cpuset(need: &Need, host: &Host) -> Check {
    let check = Check::new("cores in the cgroup's cpuset", Severity::Error);
    let files = folders("cpuset", host).into_iter().flat_map(|folder| {
        ["cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"]
            .map(|file| format!("{folder}/{file}"))
    });
    let set = files.filter_map(|file| parse_list(&host.text(&file)?)).find(|set| !set.is_empty());
    let Some(set) = set else { return check.skip("no cgroup shows a cpuset") };
    let hot = need.hot(&host.cores);
    check.wants(print_list(&hot)).finds(print_list(&set), hot.is_subset(&set)).costs(
        "the kernel refuses to run the processes there",
        "widen the set: AllowedCPUs= in the systemd slice, --cpuset-cpus of the container",
    )
}

/// A quota, in cores.
struct Quota {
    cores: f64,
    file: String,
    /// What lifts it.
    none: &'static str,
    /// How often it stopped the group.
    throttled: u64,
}

fn quota(need: &Need, host: &Host) -> Check {
    let check = Check::new("cgroup's quota of processor time", Severity::Warning);
    let quotas = folders("cpu", host).into_iter().filter_map(|folder| quota_of(&folder, host));
    let wanted = need.processes.len();
    let check = check.wants(format!("none, or {wanted} cores and more"));
    let Some(quota) = quotas.min_by(|a, b| a.cores.total_cmp(&b.cores)) else {
        return check.finds("none", true);
    };
    let current = format!("{:.2} cores, stopped {} times", quota.cores, quota.throttled);
    check.finds(current, quota.cores >= wanted as f64).costs(
        "once the quota is used the kernel stops all processes until the next period, for up to \
         100 ms; CPUQuota= of a systemd unit and --cpus of a container set it",
        Step::set(quota.file, quota.none),
    )
}

fn quota_of(folder: &str, host: &Host) -> Option<Quota> {
    let stat = host.text(&format!("{folder}/cpu.stat")).unwrap_or_default();
    let throttled = stat.lines().find_map(|line| line.strip_prefix("nr_throttled "));
    let throttled = throttled.and_then(|count| count.trim().parse().ok()).unwrap_or(0);
    let number = |word: Option<&str>| word?.parse::<f64>().ok().filter(|number| *number > 0.0);
    let file = format!("{folder}/cpu.max");
    if let Some(text) = host.text(&file) {
        let mut words = text.split_whitespace();
        let (time, period) = (number(words.next())?, number(words.next())?);
        return Some(Quota { cores: time / period, file, none: "max", throttled });
    }
    let file = format!("{folder}/cpu.cfs_quota_us");
    let time = number(host.text(&file).as_deref())?;
    let period = number(host.text(&format!("{folder}/cpu.cfs_period_us")).as_deref())?;
    Some(Quota { cores: time / period, file, none: "-1", throttled })
}

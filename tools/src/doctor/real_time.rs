//! Real-time priority, where the scenario asks for one.

use super::background::setting;
use super::check::{Check, Severity};
use super::host::Host;
use super::mend::{Mend, Step};
use super::need::Need;

const CAP_SYS_NICE: u32 = 23;
const RUNTIME: &str = "/proc/sys/kernel/sched_rt_runtime_us";

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let allowed = Check::new("real-time priority", Severity::Warning);
    let whole = Check::new("real-time processes may run all the time", Severity::Warning);
    if need.real_time.is_empty() {
        let why = "no process of the scenario asks for a real-time priority";
        return vec![allowed.skip(why), whole.skip(why)];
    }
    let costs = "a process that spins is stopped for 50 ms of every second, by default";
    let whole = setting(whole.wants("-1"), host, (RUNTIME, -1), |value| value == -1, costs);
    vec![limit(allowed, need, host), whole]
}

fn limit(check: Check, need: &Need, host: &Host) -> Check {
    let Some(limit) = host.limit("Max realtime priority") else {
        return check.skip("the kernel does not show the limit");
    };
    let wanted = need.real_time.iter().map(|(_, level)| *level).max().unwrap_or(1);
    let privileged = host.capable(CAP_SYS_NICE);
    let current = match (privileged, limit) {
        (true, _) => "CAP_SYS_NICE".to_owned(),
        (false, None) => "unlimited".to_owned(),
        (false, Some(limit)) => format!("limit {limit}"),
    };
    let passed = privileged || limit.is_none_or(|limit| limit >= u64::from(wanted));
    let owners: Vec<_> = need.real_time.iter().map(|(owner, _)| owner.as_str()).collect();
    let check = check.wants(format!("{wanted} may be had, for {}", owners.join(", ")));
    check.finds(current, passed).costs(
        "they run at the priority of everybody else, and take turns of milliseconds",
        Mend::Steps(vec![
            Step::Here("prlimit --pid $$ --rtprio=99"),
            Step::File {
                path: "/etc/security/limits.d/90-tickline-rtprio.conf".to_owned(),
                line: "* - rtprio 99".to_owned(),
            },
        ]),
    )
}

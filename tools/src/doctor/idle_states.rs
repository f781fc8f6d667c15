//! Idle states: what a parked strategy waits for until its core is awake, against power.

use std::io::ErrorKind;

use tickline_shared::idle_states::{DEVICE, MEND, UDEV_RULE, UNBOUNDED_US};

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::{Mend, Step};
use super::need::Need;

/// Who pastes the command, or starts the script with sudo.
const USER: &str = "\"${SUDO_USER:-${USER:-root}}\"";

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    vec![if need.shallow.is_empty() { depth(need, host) } else { allowed(need, host) }]
}

/// Whether the strategies that ask for shallow states will get them.
fn allowed(need: &Need, host: &Host) -> Check {
    let (passed, current) = match host.bound_us {
        Ok(_) => (true, "may be written".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    let besides = deepest(host).map_or_else(String::new, |state| format!("; else {state}"));
    let condition = format!("shallow idle states for {}", need.shallow.join(", "));
    Check::new(condition, Severity::Warning).wants(DEVICE).finds(current + &besides, passed).costs(
        "cores sleep deeply: waking a parked strategy takes about six times as long",
        match host.bound_us {
            Err(ErrorKind::NotFound) => Mend::from(format!("give this container {DEVICE}; {MEND}")),
            _ => Mend::Steps(vec![
                Step::Run(format!("chown {USER} {DEVICE}")),
                Step::Keep("groupadd --force tickline".to_owned()),
                Step::Keep(format!("usermod --append --groups tickline {USER}")),
                Step::File {
                    path: "/etc/udev/rules.d/90-tickline.rules".to_owned(),
                    line: UDEV_RULE.to_owned(),
                },
            ]),
        },
    )
}

/// How deep cores sleep while a strategy is parked that lets them.
fn depth(need: &Need, host: &Host) -> Check {
    let check = Check::new("idle states while a strategy is parked", Severity::Note);
    if !need.parks {
        return check.skip("no strategy of the scenario parks");
    }
    let Some(deepest) = deepest(host) else {
        return check.skip("the kernel shows no idle states");
    };
    check.wants("the shallowest only").finds(deepest.to_string(), deepest.number == 0).costs(
        "a core that sleeps deeply wakes late: most of a parked strategy's wake-up, and in a \
         virtual machine more than the kernel knows of",
        "idle = \"shallow\" in its [[strategy]]: a fraction of the wake-up, for the power and \
         heat of cores that never sleep deeply, and some turbo of the others",
    )
}

/// An idle state of a core.
struct State {
    /// From 0, the shallowest.
    number: usize,
    name: String,
    /// What the kernel counts for leaving it.
    latency_us: u64,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} us to leave", self.name, self.latency_us)
    }
}

/// The deepest state that a core may go to now; `None` where the kernel shows none.
fn deepest(host: &Host) -> Option<State> {
    // Who may not look sees no bound: the states are then those of a machine left as it is.
    let bound_us = host.bound_us.unwrap_or(UNBOUNDED_US);
    let cores = host.cores.online.iter();
    let states = cores.flat_map(|core| (0..).map_while(|number| state(*core, number, host)));
    let entered = states.filter(|(state, enabled)| {
        // At a bound of 0 the kernel looks no further than the first.
        state.number == 0 || *enabled && bound_us > 0 && state.latency_us <= u64::from(bound_us)
    });
    entered.map(|(state, _)| state).max_by_key(|state| (state.number, state.latency_us))
}

/// A state of a core, and whether it is enabled.
fn state(core: usize, number: usize, host: &Host) -> Option<(State, bool)> {
    let folder = format!("/sys/devices/system/cpu/cpu{core}/cpuidle/state{number}");
    let name = host.text(&format!("{folder}/name"))?;
    let latency_us = host.number(&format!("{folder}/latency"))?;
    let disabled =
        host.number(&format!("{folder}/disable")).is_some_and(|disable: u64| disable != 0);
    Some((State { number, name, latency_us }, !disabled))
}

//! What happened, in words: from what was seen of a spike, and nothing else.

use tickline_shared::summary::{Behind, CoreCounts, Spike, ThreadCounts, Waited};
use tickline_shared::units::{grouped, print_nanos};

/// Slots of a full ring that its reader may have read and not yet given back, and as many that
/// the feed filled meanwhile.
const RING_SLACK: u64 = 64;

/// Beside a few times its own time in the strategy, what a record of a burst takes at most, so that
/// the burst explains the wait: twenty times what a built-in strategy needs for one.
const LONG_NS: u64 = 1_000;

/// A host takes a core away for milliseconds, and counts it in steps of 10 ms.
const HOST_NS: u64 = 1_000_000;

/// Why the record was slow, by the stage that took longest. `slots` is the size of its ring.
pub(super) fn verdict(spike: &Spike, slots: u64) -> String {
    let Spike { decode_ns, hop_ns, strategy_ns, .. } = *spike;
    if strategy_ns >= decode_ns.max(hop_ns) {
        return strategy(spike);
    }
    if decode_ns >= hop_ns { feed(spike, slots) } else { hop(spike) }
}

/// Between ingress and publish.
fn feed(spike: &Spike, slots: u64) -> String {
    if slots > RING_SLACK && spike.burst >= slots - RING_SLACK {
        return "the ring was full: the feed waited for its slowest reader".to_owned();
    }
    match spike.gap_ns {
        Some(gap) if gap >= spike.decode_ns / 2 => {
            format!("the feed was late with it: it published nothing for {}", print_nanos(gap))
        }
        Some(_) => "the feed was late with it, and with those before it".to_owned(),
        None => "the feed was late with it".to_owned(),
    }
}

/// Between publish and poll.
fn hop(spike: &Spike) -> String {
    if let Some(Behind { record, strategy_ns }) = spike.behind {
        let took = print_nanos(strategy_ns);
        return format!("the strategy was busy with record {record} before it, for {took}");
    }
    let wake_up = print_nanos(spike.wake_up_ns.unwrap_or(0));
    // Else it was back early enough, and something else took the time.
    let came_late = spike.wake_up_ns.is_some_and(|wake_up| wake_up >= spike.hop_ns / 2);
    match spike.waited {
        Waited::Parked if came_late => format!("woken from park {wake_up} after the publish"),
        Waited::Yielding if came_late => {
            format!("the loop had given its turn away, and ran {wake_up} after the publish")
        }
        _ if spike.burst > 0
            && spike.hop_ns / spike.burst
                < spike.strategy_ns.saturating_mul(4).saturating_add(LONG_NS) =>
        {
            format!("queued behind a burst of {}", grouped(spike.burst))
        }
        _ => taken_away(spike, spike.hop_ns).unwrap_or_else(|| unknown(spike)),
    }
}

/// Between poll and egress.
fn strategy(spike: &Spike) -> String {
    let ThreadCounts { over_ns, page_faults, involuntary_switches, waited_for_core_ns } =
        spike.thread.unwrap_or_default();
    // Its own work may have taken all of the time: only losses of the core as long as the stage
    // explain it.
    let each_ns = waited_for_core_ns.checked_div(involuntary_switches).unwrap_or(0);
    let fits = involuntary_switches == 0 || each_ns >= spike.strategy_ns / 2;
    if let Some(taken) = fits.then(|| taken_away(spike, spike.strategy_ns)).flatten() {
        return format!("{taken}, while the strategy had it");
    }
    let mut words = format!("the strategy took {} over it", print_nanos(spike.strategy_ns));
    let switches = if fits { 0 } else { involuntary_switches };
    let also = [(page_faults, "page fault"), (switches, "involuntary switch")];
    for (number, what) in also.into_iter().filter(|(number, _)| *number > 0) {
        words += &format!(", {} in that {}", counted(number, what), print_nanos(over_ns));
    }
    words
}

/// Whether something else had the core for a stage of this length, and the evidence for it: what
/// was counted over a while, so it fits only where losses of the core are no longer than the stage.
fn taken_away(spike: &Spike, stage_ns: u64) -> Option<String> {
    let ThreadCounts { over_ns, involuntary_switches, waited_for_core_ns, .. } =
        spike.thread.unwrap_or_default();
    let each_ns = waited_for_core_ns.checked_div(involuntary_switches);
    if waited_for_core_ns >= stage_ns / 2 && each_ns.is_some_and(|each| each / 2 <= stage_ns) {
        let (without, over) = (print_nanos(waited_for_core_ns), print_nanos(over_ns));
        return Some(match involuntary_switches {
            1 => format!("the core was taken away for {without}: 1 involuntary switch"),
            many => format!(
                "the core was likely taken away: {} and {without} without it in that {over}",
                counted(many, "involuntary switch")
            ),
        });
    }
    let CoreCounts { over_ns, stolen_ns, .. } = spike.core.unwrap_or_default();
    (stage_ns >= HOST_NS && stolen_ns >= stage_ns / 2).then(|| {
        let (stolen, over) = (print_nanos(stolen_ns), print_nanos(over_ns));
        format!("the host likely took the core away: {stolen} stolen in that {over}")
    })
}

/// Nothing that is counted explains it: then what was counted, so that nobody looks for it again.
fn unknown(spike: &Spike) -> String {
    let switches = spike.thread.map(|thread| {
        let switches = counted(thread.involuntary_switches, "involuntary switch");
        format!("; {switches} in that {}", print_nanos(thread.over_ns))
    });
    let interrupts = spike.core.map(|core| {
        format!("; {} in that {}", counted(core.interrupts, "interrupt"), print_nanos(core.over_ns))
    });
    let counts = [switches, interrupts].into_iter().flatten().collect::<String>();
    format!("unknown: nothing that was counted explains it{counts}")
}

/// `1 interrupt`, `1,024 interrupts`.
fn counted(number: u64, what: &str) -> String {
    let plural = match what {
        _ if number == 1 => "",
        _ if what.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{} {what}{plural}", grouped(number))
}

#[cfg(test)]
mod tests;

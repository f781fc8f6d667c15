//! Network: what a feed that receives datagrams needs of its interface and its sockets.

use super::background::setting;
use super::check::{Check, Severity};
use super::host::Host;
use super::need::Need;

/// Room for 10 ms of a 10 Gbit/s line.
const BUFFER_BYTES: i64 = 16 << 20;
/// What a quiet line's next datagram is waited for.
const BUSY_US: i64 = 50;

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let buffer = Check::new("receive buffers (bytes)", Severity::Warning);
    let busy = Check::new("sockets look before they sleep (us)", Severity::Note);
    let stamps = Check::new("hardware timestamps", Severity::Note);
    let Some(interface) = &need.interface else {
        let why = "no data comes from the network; --interface NAME looks all the same";
        return [buffer, busy, stamps].map(|check| check.skip(why)).into();
    };
    vec![
        setting(
            buffer.wants(format!("{BUFFER_BYTES} or more")),
            host,
            ("/proc/sys/net/core/rmem_max", BUFFER_BYTES),
            |value| value >= BUFFER_BYTES,
            "a burst overflows the socket's queue: datagrams are lost before anybody saw them",
        ),
        setting(
            busy.wants(format!("{BUSY_US} or more")),
            host,
            ("/proc/sys/net/core/busy_read", BUSY_US),
            |value| value >= BUSY_US,
            "a datagram waits for an interrupt and a wake-up, some 10 us, before it is read",
        ),
        clock(stamps, interface, host),
    ]
}

/// A card that stamps packets has a clock of its own, which the kernel shows as a PTP clock.
fn clock(check: Check, interface: &str, host: &Host) -> Check {
    let folder = format!("/sys/class/net/{interface}");
    let check = check.wants(format!("a clock on {interface}"));
    if host.names(&folder).is_empty() {
        let known: Vec<_> = host.names("/sys/class/net").into_iter().collect();
        return check
            .finds(format!("no interface `{interface}`"), false)
            .costs("nothing can be received", format!("choose one of {}", known.join(", ")));
    }
    let clocks = host.names(&format!("{folder}/device/ptp"));
    let current = match clocks.first() {
        Some(clock) => clock.clone(),
        None => "none".to_owned(),
    };
    check.finds(current, !clocks.is_empty()).costs(
        "when a datagram arrived is known only once the kernel saw it, some us later",
        format!("a network card with a PTP clock; `ethtool -T {interface}` shows what it can do"),
    )
}

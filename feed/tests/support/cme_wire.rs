//! CME MDP 3.0 packets and captures of them, written out by hand. Included by path.

pub const TIME: u64 = 1_449_000_000_000_000_000;

/// Where a packet is sent to: address and port.
pub type To = ([u8; 4], u16);

/// Line A and line B of channel 340.
pub const A: To = ([224, 0, 31, 64], 14_340);
pub const B: To = ([224, 0, 32, 64], 15_340);

/// The end of an event.
pub const END_OF_EVENT: u8 = 0x80;

/// An SBE message of schema 1.6 without the size before it.
pub fn message(template: u16, root: &[u8], groups: &[u8]) -> Vec<u8> {
    let header = [root.len() as u16, template, 1, 6].map(u16::to_le_bytes).concat();
    [&header, root, groups].concat()
}

/// An incremental message: the root of all of them, and one group.
pub fn incremental(template: u16, indicator: u8, block: u16, entries: &[Vec<u8>]) -> Vec<u8> {
    let root = [&TIME.to_le_bytes()[..], &[indicator, 0, 0]].concat();
    let mut group = [&block.to_le_bytes()[..], &[entries.len() as u8]].concat();
    for entry in entries {
        let mut entry = entry.clone();
        entry.resize(block.into(), 0);
        group.extend(entry);
    }
    message(template, &root, &group)
}

/// A price level: instrument and number, what happens and to what, position, price and quantity.
pub fn level(
    (id, number): (u32, u32),
    (action, kind): (u8, u8),
    position: u8,
    price: i64,
    size: i32,
) -> Vec<u8> {
    let mut entry = price.to_le_bytes().to_vec();
    entry.extend(size.to_le_bytes());
    entry.extend([id, number, 1].map(u32::to_le_bytes).concat());
    entry.extend([position, action, kind]);
    entry
}

/// A heartbeat.
pub fn heartbeat() -> Vec<u8> {
    message(12, &[], &[])
}

/// A packet whose sizes tell the truth.
pub fn packet(sequence: u32, messages: &[Vec<u8>]) -> Vec<u8> {
    let mut packet = [&sequence.to_le_bytes()[..], &TIME.to_le_bytes()].concat();
    for message in messages {
        packet.extend((message.len() as u16 + 2).to_le_bytes());
        packet.extend(message);
    }
    packet
}

/// A capture of packets, each sent to its address, one second apart; raw IP, microseconds.
pub fn capture(packets: &[(To, Vec<u8>)]) -> Vec<u8> {
    let mut file = [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65_535, 101].map(u32::to_le_bytes).concat();
    for (second, ((address, port), payload)) in (1u32..).zip(packets) {
        let udp = 8 + payload.len() as u16;
        let mut ip = vec![0x45, 0];
        ip.extend((20 + udp).to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 205, 209, 223, 70]);
        ip.extend(address);
        ip.extend([14_310u16, *port, udp, 0].map(u16::to_be_bytes).concat());
        ip.extend(payload);
        let length = ip.len() as u32;
        file.extend([second, 0, length, length].map(u32::to_le_bytes).concat());
        file.extend(ip);
    }
    file
}

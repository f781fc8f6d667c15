//! IEX-TP datagrams and captures of them, written out by hand. Included by path.

/// Where a datagram stands.
#[derive(Clone, Copy)]
pub struct Place {
    pub protocol: u16,
    pub channel: u32,
    pub session: u32,
    pub sequence: i64,
}

pub const TOPS: Place = Place { protocol: 0x8003, channel: 1, session: 7, sequence: 1 };

impl Place {
    pub fn at(self, sequence: i64) -> Place {
        Place { sequence, ..self }
    }

    /// A datagram whose header tells the truth.
    pub fn datagram(self, messages: &[Vec<u8>]) -> Vec<u8> {
        let payload: Vec<u8> = messages
            .iter()
            .flat_map(|message| [&(message.len() as u16).to_le_bytes()[..], message].concat())
            .collect();
        let (length, count) = (payload.len() as u16, messages.len() as u16);
        [self.header(length, count), payload].concat()
    }

    pub fn header(self, length: u16, count: u16) -> Vec<u8> {
        let mut header = vec![1, 0];
        header.extend(self.protocol.to_le_bytes());
        header.extend(self.channel.to_le_bytes());
        header.extend(self.session.to_le_bytes());
        header.extend([length.to_le_bytes(), count.to_le_bytes()].concat());
        header.extend(
            [0i64, self.sequence, 1_500_000_000_000_000_000].map(i64::to_le_bytes).concat(),
        );
        header
    }
}

pub const TIME: u64 = 1_500_000_000_000_000_000;

/// A message of a symbol, at [`TIME`].
pub fn message(kind: u8, code: u8, symbol: &str, body: &[&[u8]]) -> Vec<u8> {
    let symbol = format!("{symbol:<8}");
    [&[kind, code], &TIME.to_le_bytes()[..], symbol.as_bytes(), &body.concat()].concat()
}

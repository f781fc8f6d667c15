//! The types of records, and what is known of them.

/// Types of records, their schemas, and the lengths that they have had.
pub const TYPES: &[(u8, &str, &[usize])] = &[
    (TRADES, "trades", &[48]),
    (MBP_1, "mbp-1", &[80]),
    (MBP_10, "mbp-10", &[368]),
    (0x11, "ohlcv", &[56]),
    (STATUS, "status", &[40]),
    (DEFINITION, "definition", &[360, 400, 520]),
    (IMBALANCE, "imbalance", &[112]),
    (0x15, "error", &[80, 320]),
    (SYMBOL_MAPPING, "symbol-mapping", &[80, 176]),
    (0x17, "system", &[80, 320]),
    (STATISTICS, "statistics", &[64, 80]),
    (0x20, "ohlcv-1s", &[56]),
    (0x21, "ohlcv-1m", &[56]),
    (0x22, "ohlcv-1h", &[56]),
    (0x23, "ohlcv-1d", &[56]),
    (0x24, "ohlcv-eod", &[56]),
    (MBO, "mbo", &[56]),
    (CMBP_1, "cmbp-1", &[80]),
    (CBBO_1S, "cbbo-1s", &[80]),
    (CBBO_1M, "cbbo-1m", &[80]),
    (TCBBO, "tcbbo", &[80]),
    (BBO_1S, "bbo-1s", &[80]),
    (BBO_1M, "bbo-1m", &[80]),
];

/// The schema of records of a type; `None` for one that DBN 3 lacks.
pub fn schema(rtype: u8) -> Option<&'static str> {
    TYPES.iter().find(|(known, ..)| *known == rtype).map(|(_, schema, _)| *schema)
}

/// The lengths that records of a type have had, shortest first; `None` for one that DBN 3 lacks.
pub fn lengths(rtype: u8) -> Option<&'static [usize]> {
    TYPES.iter().find(|(known, ..)| *known == rtype).map(|(_, _, lengths)| *lengths)
}

/// [`super::records::Trade`].
pub const TRADES: u8 = 0x00;
/// [`super::records::Top`]; also those of schema `tbbo`.
pub const MBP_1: u8 = 0x01;
/// [`super::records::Ten`].
pub const MBP_10: u8 = 0x0a;
/// [`super::records::Status`].
pub const STATUS: u8 = 0x12;
/// [`super::records::Definition3`] and older ones.
pub const DEFINITION: u8 = 0x13;
/// Where an auction is heading.
pub const IMBALANCE: u8 = 0x14;
/// What a venue publishes about its own data.
pub const STATISTICS: u8 = 0x18;
/// [`super::records::Mapping2`] and an older one.
pub const SYMBOL_MAPPING: u8 = 0x16;
/// [`super::records::Mbo`].
pub const MBO: u8 = 0xa0;
/// [`super::records::Top`].
pub const CMBP_1: u8 = 0xb1;
/// [`super::records::Top`].
pub const CBBO_1S: u8 = 0xc0;
/// [`super::records::Top`].
pub const CBBO_1M: u8 = 0xc1;
/// [`super::records::Top`].
pub const TCBBO: u8 = 0xc2;
/// [`super::records::Top`].
pub const BBO_1S: u8 = 0xc3;
/// [`super::records::Top`].
pub const BBO_1M: u8 = 0xc4;

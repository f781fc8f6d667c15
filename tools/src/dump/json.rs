//! JSON lines: one object for each record. Whatever may have 64 bits or a fraction is a string, so
//! that no reader rounds it; what a record does not have is `null`.

use tickline_shared::instruments::Instruments;
use tickline_shared::ring::Record;

use super::lines::Line;
use super::rows::About;
use super::text::{Names, Parts, Times, number, price, quantity, status, symbol};

/// See the head of this file.
pub struct Json {
    names: Names,
    times: Times,
    instruments: Instruments,
}

impl Json {
    /// Objects of these records.
    pub fn new(about: &About) -> Json {
        let word = |text: &str| match text {
            "" => "null".to_owned(),
            text => format!("\"{text}\""),
        };
        let list = |flags: &[String]| {
            let words: Vec<_> = flags.iter().map(|flag| word(flag)).collect();
            format!("[{}]", words.join(","))
        };
        let times = Times::new(about.time, about.epoch);
        Json { names: Names::new(word, list), times, instruments: about.instruments.clone() }
    }
}

impl Line for Json {
    const HEADER: &str = "";

    fn write(&mut self, out: &mut Vec<u8>, record: &Record) {
        let msg = &record.msg;
        let parts = Parts::of(msg, &self.instruments);
        out.extend_from_slice(b"{\"exchange_ts\":\"");
        self.times.write(out, record.exchange_ts);
        out.extend_from_slice(b"\",\"kind\":");
        out.extend_from_slice(self.names.kind(msg.kind));
        out.extend_from_slice(b",\"symbol\":");
        text_or_null(out, symbol(&msg.symbol));
        out.extend_from_slice(b",\"side\":");
        out.extend_from_slice(self.names.side(msg.side));
        out.extend_from_slice(b",\"price\":");
        quoted_or_null(out, parts.price, price);
        out.extend_from_slice(b",\"quantity\":");
        quoted_or_null(out, parts.quantity, quantity);
        out.extend_from_slice(b",\"id\":");
        quoted_or_null(out, parts.id, number);
        out.extend_from_slice(b",\"flags\":");
        out.extend_from_slice(self.names.flags(msg.flags));
        out.extend_from_slice(b",\"status\":");
        match &parts.status {
            None => out.extend_from_slice(b"null"),
            Some(it) => text_or_null(out, &status(it)),
        }
        out.extend_from_slice(b",\"number\":");
        number(out, record.number);
        out.extend_from_slice(b"}\n");
    }
}

fn quoted_or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl Fn(&mut Vec<u8>, T)) {
    match value {
        None => out.extend_from_slice(b"null"),
        Some(value) => {
            out.push(b'"');
            write(out, value);
            out.push(b'"');
        }
    }
}

/// A text that may hold any bytes. What is not printable ASCII shows as `\x1f`, as in CSV.
fn text_or_null(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.is_empty() {
        return out.extend_from_slice(b"null");
    }
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            // The backslash of the escape is text, and escaped in its turn.
            _ => {
                out.push(b'\\');
                out.extend(byte.escape_ascii());
            }
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use tickline_shared::msg::{Flags, Kind, Msg, Side};
    use tickline_shared::ring::layout::{Epoch, Streams};
    use tickline_shared::units::{Price, Symbol};

    use super::*;
    use crate::dump::text::Time;

    fn record(msg: Msg) -> Record {
        Record { number: 7, msg, exchange_ts: u64::MAX, ingress: 0, publish: 0 }
    }

    fn line(record: &Record) -> String {
        let mut out = Vec::new();
        let (source, streams) = (String::new(), Streams::default());
        let (epoch, instruments) = (Epoch::Unix, Instruments::default());
        let about = About { source, streams, epoch, time: Time::Ns, instruments };
        Json::new(&about).write(&mut out, record);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_is_rounded_and_what_is_not_there_is_null() {
        let quote = Msg {
            id: u64::MAX,
            price: Price(-1),
            quantity: u32::MAX,
            kind: Kind::Quote,
            side: Side::Bid,
            flags: Flags::LAST | Flags::SATURATED,
            venue: 0,
            symbol: Symbol(*b"A\"\\\n\xff\0\0\0"),
        };
        let expected = r#"{"exchange_ts":"18446744073709551615","kind":"Quote","symbol":"A\"\\\\n\\xff","side":"Bid","price":"-0.000000001","quantity":"4294967295","id":"18446744073709551615","flags":["LAST","SATURATED"],"status":null,"number":7}"#;
        assert_eq!(line(&record(quote)).trim_end(), expected);
        let none = Msg { price: Price::NONE, side: Side::None, symbol: Symbol::NONE, ..quote };
        let row: serde_json::Value = serde_json::from_str(&line(&record(none))).unwrap();
        for key in ["price", "side", "symbol"] {
            assert!(row[key].is_null(), "{row}");
        }
    }

    #[test]
    fn every_record_is_an_object() {
        for byte in 0..=u8::MAX {
            let msg = Msg {
                id: u64::from_ne_bytes([byte; 8]),
                price: Price(i64::from_ne_bytes([byte; 8])),
                quantity: u32::from_ne_bytes([byte; 4]),
                kind: Kind(byte),
                side: Side(byte),
                flags: Flags(byte),
                venue: byte,
                symbol: Symbol([byte; 8]),
            };
            let text = line(&record(msg));
            let row: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(row.as_object().unwrap().len(), 10, "{text}");
        }
    }
}

//! Comma-separated values as RFC 4180 has them, but for the line end, which is a line feed.

use tickline_shared::instruments::Instruments;
use tickline_shared::ring::Record;

use super::lines::Line;
use super::rows::About;
use super::text::{Names, Parts, Times, number, price, quantity, status, symbol};

/// See the head of this file.
pub struct Csv {
    names: Names,
    times: Times,
    instruments: Instruments,
}

impl Csv {
    /// Rows of these records.
    pub fn new(about: &About) -> Csv {
        let names = Names::new(str::to_owned, |flags| flags.join("|"));
        let times = Times::new(about.time, about.epoch);
        Csv { names, times, instruments: about.instruments.clone() }
    }
}

impl Line for Csv {
    const HEADER: &str = "exchange_ts,kind,symbol,side,price,quantity,id,flags,status,number\n";

    fn write(&mut self, out: &mut Vec<u8>, record: &Record) {
        let msg = &record.msg;
        let parts = Parts::of(msg, &self.instruments);
        self.times.write(out, record.exchange_ts);
        out.push(b',');
        out.extend_from_slice(self.names.kind(msg.kind));
        out.push(b',');
        field(out, symbol(&msg.symbol));
        out.push(b',');
        out.extend_from_slice(self.names.side(msg.side));
        out.push(b',');
        if let Some(at) = parts.price {
            price(out, at);
        }
        out.push(b',');
        if let Some(it) = parts.quantity {
            quantity(out, it);
        }
        out.push(b',');
        if let Some(id) = parts.id {
            number(out, id);
        }
        out.push(b',');
        out.extend_from_slice(self.names.flags(msg.flags));
        out.push(b',');
        if let Some(it) = &parts.status {
            field(out, &status(it));
        }
        out.push(b',');
        number(out, record.number);
        out.push(b'\n');
    }
}

/// A field that may hold any bytes. What is not printable ASCII shows as `\x1f`.
fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    let plain = |&byte: &u8| byte.is_ascii_graphic() && byte != b',' && byte != b'"';
    if bytes.iter().all(plain) {
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' => out.extend_from_slice(b"\"\""),
            b' '..=b'~' => out.push(byte),
            _ => out.extend(byte.escape_ascii()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let check = |bytes: &[u8], expected: &str| {
            let mut out = Vec::new();
            field(&mut out, bytes);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(b"BRK.A", "BRK.A");
        check(b"", "");
        check(b"A,B", "\"A,B\"");
        check(b"A\"B", "\"A\"\"B\"");
        check(b"A B", "\"A B\"");
        check(b"A\n\xff\x00B", "\"A\\n\\xff\\x00B\"");
    }
}

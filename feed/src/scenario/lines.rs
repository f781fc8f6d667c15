//! `source = { faults = …, lines = … }`: what is done to the lines of a capture.

use std::net::SocketAddrV4;

use serde::Deserialize;
use tickline_shared::scenario::Fault;
use toml::Spanned;

use crate::framing::damaged::Damage;
use crate::session::LineId;

/// `faults = { … }` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table { drop = 0.01, seed = 7 }")]
pub(super) struct RawFaults {
    drop: Option<Spanned<f64>>,
    duplicate: Option<Spanned<f64>>,
    reorder: Option<Spanned<f64>>,
    seed: Option<u64>,
    line: Option<Spanned<String>>,
}

/// `lines = [[…]]` as typed.
pub(super) type RawGroups = Vec<Spanned<Vec<Spanned<String>>>>;

/// What is done to datagrams on purpose.
pub(super) fn check_faults(raw: &Spanned<RawFaults>) -> Result<Damage, Fault> {
    let RawFaults { drop, duplicate, reorder, seed, line } = raw.get_ref();
    let damage = Damage {
        drop: share(drop, "drop")?,
        duplicate: share(duplicate, "duplicate")?,
        reorder: share(reorder, "reorder")?,
        seed: seed.unwrap_or(1),
        line: line.as_ref().map(|line| check_line(line, "feed.source.faults.line")).transpose()?,
    };
    let sum = damage.drop + damage.duplicate + damage.reorder;
    let expected = "`drop`, `duplicate` and `reorder` that are 1 together at most, and not all 0";
    if sum > 1.0 {
        let fault = Fault::new(raw.span(), "the shares of datagrams are more than all");
        return Err(fault.expected(expected).found(sum));
    }
    if sum == 0.0 {
        let fault = Fault::new(raw.span(), "these faults do nothing").expected(expected);
        return Err(fault.help("leave `faults` out to play the data as it is"));
    }
    Ok(damage)
}

fn share(value: &Option<Spanned<f64>>, key: &str) -> Result<f64, Fault> {
    let Some(value) = value else { return Ok(0.0) };
    let share = *value.get_ref();
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    let fault = Fault::new(value.span(), format!("`feed.source.faults.{key}` is out of range"));
    Err(fault.expected("a share of the datagrams, 0 to 1").found(share))
}

/// Lines that are one channel, each group for itself.
pub(super) fn check_groups(raw: &RawGroups) -> Result<Vec<Vec<LineId>>, Fault> {
    let mut seen = Vec::new();
    let mut groups = Vec::new();
    for group in raw {
        if group.get_ref().len() < 2 {
            let fault = Fault::new(group.span(), "one line is no pair");
            return Err(fault.expected("the lines of one channel, as in [\"…\", \"…\"]"));
        }
        let mut lines = Vec::new();
        for word in group.get_ref() {
            let line = check_line(word, "feed.source.lines")?;
            if seen.contains(&line) {
                let fault = Fault::new(word.span(), "this line stands there twice");
                return Err(fault.expected("each line once").found(format!("`{line}`")));
            }
            seen.push(line);
            lines.push(line);
        }
        groups.push(lines);
    }
    Ok(groups)
}

fn check_line(word: &Spanned<String>, key: &str) -> Result<LineId, Fault> {
    let address = word.get_ref().parse::<SocketAddrV4>();
    address.map(|address| LineId::new((*address.ip()).into(), address.port())).map_err(|_| {
        let fault = Fault::new(word.span(), format!("`{key}` names no line"));
        let fault = fault.expected("an IPv4 address and a port, as in \"224.0.31.64:14340\"");
        let fault = fault.found(format!("`{}`", word.get_ref()));
        fault.help("`tickline inspect FILE` shows the lines of a capture")
    })
}

//! Where the metrics page is served: an address and a port, as typed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use tickline_shared::scenario::Fault;
use toml::Spanned;

/// What an address looks like.
const EXPECTED: &str = "an address and a port, as in \"127.0.0.1:9464\" or \"[::1]:9464\"";

/// Checks `feed.metrics`. Names of hosts are not looked up: an answer that comes late, or another
/// one tomorrow, is nothing that a feed should depend on.
pub(super) fn check(word: &Spanned<String>) -> Result<SocketAddr, Fault> {
    let typed = word.get_ref().as_str();
    typed.parse().map_err(|_| {
        let fault = Fault::new(word.span(), "`feed.metrics` is no address to serve at");
        let fault = fault.expected(EXPECTED).found(format!("`{typed}`"));
        match remedy(typed) {
            Some(help) => fault.help(help),
            None => fault,
        }
    })
}

/// What was likely meant.
fn remedy(typed: &str) -> Option<String> {
    if typed.contains("://") || typed.contains('/') {
        return Some("leave the scheme and the path out: the page is /metrics".to_owned());
    }
    match typed.parse() {
        Ok(IpAddr::V4(ip)) => return Some(format!("the port is missing: \"{ip}:9464\"")),
        Ok(IpAddr::V6(ip)) => return Some(format!("the port is missing: \"[{ip}]:9464\"")),
        Err(_) => {}
    }
    let (host, port) = typed.rsplit_once(':')?;
    if port.parse::<u16>().is_err() {
        return Some("a port is a number from 0 to 65535; 0 takes any that is free".to_owned());
    }
    if host.is_empty() {
        let this_host = format!("\"127.0.0.1:{port}\" is seen on this host alone");
        return Some(format!("{this_host}, \"0.0.0.0:{port}\" from other hosts as well"));
    }
    if host.parse::<Ipv6Addr>().is_ok() {
        return Some(format!("an IPv6 address takes brackets: \"[{host}]:{port}\""));
    }
    let local = if host == "localhost" { "127.0.0.1" } else { "192.0.2.1" };
    Some(format!("names are not looked up, write the address itself: \"{local}:{port}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(typed: &str) -> Result<SocketAddr, Fault> {
        check(&Spanned::new(0..typed.len(), typed.to_owned()))
    }

    #[test]
    fn addresses_of_both_families() {
        for typed in ["127.0.0.1:9464", "0.0.0.0:0", "[::1]:9464", "[::]:65535", "[fe80::1%2]:1"] {
            assert_eq!(checked(typed).unwrap().to_string(), typed);
        }
    }

    #[test]
    fn what_is_no_address_is_told_what_to_write() {
        let check = |typed: &str, expected: Option<&str>| {
            let help = remedy(typed);
            assert!(checked(typed).is_err(), "{typed}");
            assert_eq!(help.is_some(), expected.is_some(), "{typed}: {help:?}");
            let help = help.unwrap_or_default();
            assert!(help.contains(expected.unwrap_or_default()), "{typed}: {help}");
        };
        check("9464", None);
        check("", None);
        check(":9464", Some("\"0.0.0.0:9464\""));
        check("127.0.0.1", Some("\"127.0.0.1:9464\""));
        check("::1", Some("\"[::1]:9464\""));
        check("fe80::1:2:3:4:5:6:99999", Some("number from 0 to 65535"));
        check("127.0.0.1:99999", Some("0 to 65535"));
        check("127.0.0.1:http", Some("0 to 65535"));
        check("localhost:9464", Some("\"127.0.0.1:9464\""));
        check("metrics.example:80", Some("names are not looked up"));
        check("http://127.0.0.1:9464/metrics", Some("leave the scheme"));
        check("1:2:3:4:5:6:7:8:9464", Some("\"[1:2:3:4:5:6:7:8]:9464\""));
    }
}

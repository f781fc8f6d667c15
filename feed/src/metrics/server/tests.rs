use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::AtomicUsize;

use super::*;

/// A server whose page is so many bytes, and how often it was made.
fn server(bytes: usize) -> (MetricsServer, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let page = move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        "x".repeat(bytes)
    };
    let reserved = Reserved::bind(([127, 0, 0, 1], 0).into()).unwrap();
    (reserved.serve(page, BTreeSet::new()).unwrap(), made)
}

/// A client that gives up where it would hang.
fn connect(server: &MetricsServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn ask(server: &MetricsServer) -> String {
    let mut stream = connect(server);
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    answer(stream)
}

/// Whether the other end has hung up.
fn is_over(mut stream: TcpStream) -> bool {
    stream.read(&mut [0; 64]).is_ok_and(|read| read == 0)
}

#[test]
fn a_page_larger_than_any_buffer_arrives_whole() {
    let (server, _) = server(20 << 20);
    let answer = ask(&server);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Length: 20971520"), "{head}");
    assert_eq!(body.len(), 20 << 20);
}

/// Where the kernel speaks IPv6; elsewhere the error says that it does not.
#[test]
fn a_page_over_ipv6() {
    match Reserved::bind("[::1]:0".parse().unwrap()) {
        Ok(reserved) => {
            let server = reserved.serve(|_| "x".to_owned(), BTreeSet::new()).unwrap();
            assert!(server.address().is_ipv6());
            assert!(ask(&server).ends_with('x'));
        }
        Err(error) => assert!(error.to_string().contains("cannot serve metrics at [::1]:0")),
    }
}

#[test]
fn a_request_may_come_in_pieces() {
    let (server, _) = server(1);
    let mut stream = connect(&server);
    for byte in b"GET /metrics HTTP/1.1\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_micros(100));
    }
    assert!(answer(stream).ends_with("\r\n\r\nx"));
}

#[test]
fn who_says_nothing_or_takes_nothing_keeps_nobody_out() {
    let (server, made) = server(20 << 20);
    let mut silent: Vec<TcpStream> = (0..CLIENTS_MAX / 2).map(|_| connect(&server)).collect();
    silent.iter_mut().for_each(|stream| stream.write_all(b"GET /met").unwrap());
    let slow: Vec<TcpStream> = (0..CLIENTS_MAX / 2).map(|_| connect(&server)).collect();
    for mut stream in &slow {
        stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    }
    for _ in 0..3 {
        assert!(ask(&server).ends_with('x'));
    }
    assert!(made.load(Ordering::Relaxed) >= 3);
    // The first ones made room for those that came after.
    assert!(is_over(silent.swap_remove(0)));
}

#[test]
fn what_is_no_request_is_refused_and_leaves_nothing() {
    let (server, made) = server(1);
    let mut garbage = connect(&server);
    garbage.write_all(b"\0\x01\x02\r\n\r\n").unwrap();
    assert!(answer(garbage).starts_with("HTTP/1.1 400 "));
    let mut endless = connect(&server);
    // It stops reading at its limit; what follows it only throws away.
    endless.write_all(&[b'x'; 16 << 10]).unwrap();
    assert!(answer(endless).starts_with("HTTP/1.1 431 "));
    drop(connect(&server));
    assert_eq!(made.load(Ordering::Relaxed), 0);
    assert!(ask(&server).ends_with('x'));
}

#[test]
fn the_end_waits_for_nobody() {
    let (server, _) = server(20 << 20);
    let (silent, mut slow) = (connect(&server), connect(&server));
    slow.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let address = server.address();
    drop(server);
    TcpStream::connect(address).unwrap_err();
    drop((silent, slow));
    // The next feed may have the address at once, whatever connections linger.
    Reserved::bind(address).unwrap();
}

#[test]
fn an_address_that_cannot_be_had_says_why() {
    let check = |address: SocketAddr, expected: &str| {
        let error = Reserved::bind(address).unwrap_err().to_string();
        assert!(error.contains(&format!("cannot serve metrics at {address}")), "{error}");
        assert!(error.contains(expected), "{error}");
    };
    let taken = Reserved::bind(([127, 0, 0, 1], 0).into()).unwrap();
    check(taken.address, "another feed or program serves there");
    // Of a network that is only for examples.
    check(([192, 0, 2, 1], 9464).into(), "no interface of this machine has that address");
    let denied = remedy(&ErrorKind::PermissionDenied.into(), ([127, 0, 0, 1], 80).into());
    assert!(denied.contains("CAP_NET_BIND_SERVICE"), "{denied}");
    let no_ipv6 = std::io::Error::from_raw_os_error(Errno::AFNOSUPPORT.raw_os_error());
    assert!(remedy(&no_ipv6, "[::1]:1".parse().unwrap()).contains("version of IP"));
}

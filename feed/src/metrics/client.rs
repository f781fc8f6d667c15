//! One connection: a request of limited size within a limited time, one answer, the end.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::http::{REQUEST_BYTES_MAX, Request};
use super::page::Format;

/// How long a connection may take for everything: as long as Prometheus waits for a page.
pub const WITHIN: Duration = Duration::from_secs(10);

/// Bytes that are read after the request, and thrown away, until the client hangs up. A connection
/// that is closed before they are read may lose the answer on its way.
const REST_BYTES_MAX: usize = 64 << 10;

/// A client.
pub struct Client {
    /// Does not block.
    stream: TcpStream,
    /// When it is over, whatever was said.
    deadline: Instant,
    state: State,
}

enum State {
    Asking { request: Vec<u8>, length: usize },
    Answering { answer: Vec<u8>, sent: usize },
    Leaving { read: usize },
}

/// Whether there is more to do with a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// It has to be waited for.
    Wait,
    /// The connection may be dropped.
    Over,
}

impl Client {
    /// A client that has just connected; `stream` does not block.
    pub fn new(stream: TcpStream) -> Client {
        let state = State::Asking { request: vec![0; REQUEST_BYTES_MAX], length: 0 };
        Client { stream, deadline: Instant::now() + WITHIN, state }
    }

    /// The connection.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// When it is over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What it is waited for.
    pub fn interest(&self) -> PollFlags {
        match self.state {
            State::Asking { .. } | State::Leaving { .. } => PollFlags::IN,
            State::Answering { .. } => PollFlags::OUT,
        }
    }

    /// Goes as far as it goes without waiting.
    pub fn go_on(&mut self, page: &mut dyn FnMut(Format) -> String) -> Next {
        if Instant::now() >= self.deadline {
            return Next::Over;
        }
        match self.step(page) {
            Ok(next) => next,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Next::Wait,
            Err(error) if error.kind() == ErrorKind::Interrupted => Next::Wait,
            // It hung up, or the network did.
            Err(_) => Next::Over,
        }
    }

    fn step(&mut self, page: &mut dyn FnMut(Format) -> String) -> std::io::Result<Next> {
        loop {
            match &mut self.state {
                State::Asking { request, length } => {
                    let read = self.stream.read(&mut request[*length..])?;
                    if read == 0 {
                        return Ok(Next::Over);
                    }
                    *length += read;
                    if let Some(request) = Request::read(&request[..*length]) {
                        let answer = request.respond(&mut *page);
                        self.state = State::Answering { answer, sent: 0 };
                    }
                }
                State::Answering { answer, sent } => {
                    *sent += self.stream.write(&answer[*sent..])?;
                    if *sent == answer.len() {
                        self.stream.shutdown(Shutdown::Write)?;
                        self.state = State::Leaving { read: 0 };
                    }
                }
                State::Leaving { read } => {
                    let more = self.stream.read(&mut [0; 4096])?;
                    *read += more;
                    if more == 0 || *read > REST_BYTES_MAX {
                        return Ok(Next::Over);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn time_runs_out_for_who_sends_a_byte_now_and_then() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, _) = listener.accept().unwrap();
        near.set_nonblocking(true).unwrap();
        let mut client = Client::new(near);
        let page = &mut |_| String::new();
        for byte in b"GET /me" {
            far.write_all(&[*byte]).unwrap();
            assert_eq!(client.go_on(page), Next::Wait);
        }
        assert_eq!(client.interest(), PollFlags::IN);
        client.deadline = Instant::now();
        far.write_all(b"t").unwrap();
        assert_eq!(client.go_on(page), Next::Over);
    }
}

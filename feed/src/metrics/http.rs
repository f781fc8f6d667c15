//! As much of HTTP/1.1 as one page takes: bytes in, an answer out. No input and output.

use super::page::Format;

/// Bytes that a request may have, its head and whatever follows it.
pub const REQUEST_BYTES_MAX: usize = 8 << 10;

/// What a client wants, or why it gets something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The page.
    Page(Format),
    /// A refusal.
    Refused(Refusal),
}

/// Why there is no page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// This is no HTTP.
    BadRequest,
    /// There is only one page.
    NotFound,
    /// Pages are only read.
    MethodNotAllowed,
    /// The head is longer than [`REQUEST_BYTES_MAX`].
    TooLarge,
    /// A version other than 1.0 and 1.1.
    Version,
}

impl Refusal {
    const fn status(self) -> &'static str {
        match self {
            Refusal::BadRequest => "400 Bad Request",
            Refusal::NotFound => "404 Not Found",
            Refusal::MethodNotAllowed => "405 Method Not Allowed",
            Refusal::TooLarge => "431 Request Header Fields Too Large",
            Refusal::Version => "505 HTTP Version Not Supported",
        }
    }
}

/// A whole request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Only the head of the answer is wanted.
    pub head: bool,
    /// What to answer.
    pub answer: Answer,
}

impl Request {
    const fn refused(refusal: Refusal) -> Request {
        Request { head: false, answer: Answer::Refused(refusal) }
    }

    /// Reads what came so far; `None` where the end of the head is missing.
    pub fn read(bytes: &[u8]) -> Option<Request> {
        let Some(end) = end_of_head(bytes) else {
            let full = bytes.len() >= REQUEST_BYTES_MAX;
            return full.then_some(Request::refused(Refusal::TooLarge));
        };
        let refused = Request::refused(Refusal::BadRequest);
        let Ok(head) = str::from_utf8(&bytes[..end]) else { return Some(refused) };
        let mut lines = head.lines();
        let line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let &[method, target, version] = line.as_slice() else { return Some(refused) };
        let accept = lines.filter_map(|line| line.split_once(':'));
        let accept = accept.filter(|(name, _)| name.eq_ignore_ascii_case("accept"));
        let accepted: Vec<&str> = accept.flat_map(|(_, value)| value.split(',')).collect();
        let refusal = match (method, version) {
            (_, version) if !version.starts_with("HTTP/") => Some(Refusal::BadRequest),
            (_, version) if !version.starts_with("HTTP/1.") => Some(Refusal::Version),
            _ if path(target) != "/metrics" => Some(Refusal::NotFound),
            ("GET" | "HEAD", _) => None,
            _ => Some(Refusal::MethodNotAllowed),
        };
        let answer = refusal.map_or_else(|| Answer::Page(preferred(&accepted)), Answer::Refused);
        Some(Request { head: method == "HEAD", answer })
    }

    /// The bytes of the answer; `page` makes the page.
    pub fn respond(self, page: impl FnOnce(Format) -> String) -> Vec<u8> {
        let plain = "text/plain; charset=utf-8";
        let (status, content_type, body) = match self.answer {
            Answer::Page(format) => ("200 OK", format.content_type(), page(format)),
            Answer::Refused(Refusal::NotFound) => {
                (Refusal::NotFound.status(), plain, "the only page here is /metrics\n".to_owned())
            }
            Answer::Refused(refusal) => {
                (refusal.status(), plain, format!("{}\n", refusal.status()))
            }
        };
        let allow = match self.answer {
            Answer::Refused(Refusal::MethodNotAllowed) => "Allow: GET, HEAD\r\n",
            _ => "",
        };
        let mut bytes = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             {allow}Connection: close\r\n\r\n",
            body.len()
        )
        .into_bytes();
        if !self.head {
            bytes.extend_from_slice(body.as_bytes());
        }
        bytes
    }
}

/// Where the empty line after the head ends; lone line feeds are tolerated, as elsewhere.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let feeds = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    feeds.map(|(at, _)| at + 1).find(|&at| {
        let rest = &bytes[at..];
        rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
    })
}

/// The path of `/path?query`, or of a whole URL as proxies send it.
fn path(target: &str) -> &str {
    let target = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    target.split(['?', '#']).next().unwrap_or_default()
}

/// OpenMetrics where it is asked for, and at least as much as text.
fn preferred(accepted: &[&str]) -> Format {
    let (mut open_metrics, mut text) = (0.0f32, 0.0f32);
    for range in accepted {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let parameter = |name: &str| {
            let found = parts.clone().filter_map(|part| part.split_once('='));
            let mut found = found.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.trim().trim_matches('"'))
        };
        let quality = parameter("q").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let version = parameter("version");
        match media.to_ascii_lowercase().as_str() {
            "application/openmetrics-text" if matches!(version, None | Some("1.0.0")) => {
                open_metrics = open_metrics.max(quality);
            }
            "text/plain" if matches!(version, None | Some("0.0.4")) => text = text.max(quality),
            _ => {}
        }
    }
    if open_metrics > 0.0 && open_metrics >= text { Format::OpenMetrics } else { Format::Text }
}

#[cfg(test)]
mod tests;

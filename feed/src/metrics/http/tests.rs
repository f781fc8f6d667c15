use proptest::prelude::*;

use super::*;

fn answer(request: &str) -> Answer {
    Request::read(request.as_bytes()).unwrap_or_else(|| panic!("{request:?} goes on")).answer
}

fn format(accept: &str) -> Format {
    match answer(&format!("GET /metrics HTTP/1.1\r\nHost: a\r\nACCEPT: {accept}\r\n\r\n")) {
        Answer::Page(format) => format,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whoever_asks_for_the_page_gets_it() {
    for request in [
        "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /metrics HTTP/1.0\n\n",
        "HEAD /metrics HTTP/1.1\r\n\r\n",
        "GET /metrics?name[]=tickline_up HTTP/1.1\r\n\r\n",
        "GET http://a:9464/metrics HTTP/1.1\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    ] {
        assert_eq!(answer(request), Answer::Page(Format::Text), "{request:?}");
    }
}

#[test]
fn everything_else_is_refused() {
    let check = |request: &str, expected: Refusal| {
        assert_eq!(answer(request), Answer::Refused(expected), "{request:?}");
    };
    check("GET / HTTP/1.1\r\n\r\n", Refusal::NotFound);
    check("GET /metrics/ HTTP/1.1\r\n\r\n", Refusal::NotFound);
    check("GET http://a HTTP/1.1\r\n\r\n", Refusal::NotFound);
    check("GET * HTTP/1.1\r\n\r\n", Refusal::NotFound);
    check("POST /metrics HTTP/1.1\r\n\r\n", Refusal::MethodNotAllowed);
    check("get /metrics HTTP/1.1\r\n\r\n", Refusal::MethodNotAllowed);
    check("PRI * HTTP/2.0\r\n\r\n", Refusal::Version);
    check("GET /metrics\r\n\r\n", Refusal::BadRequest);
    check("GET  /metrics HTTP/1.1\r\n\r\n", Refusal::BadRequest);
    check("GET /metrics SPDY/1\r\n\r\n", Refusal::BadRequest);
    check("\r\n\r\n", Refusal::BadRequest);
    check(&"x".repeat(REQUEST_BYTES_MAX), Refusal::TooLarge);
    let not_text = Request::read(b"GET /\xff HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(not_text.answer, Answer::Refused(Refusal::BadRequest));
}

#[test]
fn a_request_ends_with_its_empty_line() {
    let request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    for end in 0..request.len() {
        assert_eq!(Request::read(&request.as_bytes()[..end]), None, "{end}");
    }
}

/// What scrapers send, and what they expect.
#[test]
fn the_format_is_the_one_that_the_client_prefers() {
    let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                        application/openmetrics-text;version=0.0.1;q=0.4,\
                        text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                        text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    assert_eq!(format(prometheus_3), Format::OpenMetrics);
    let prometheus_2_5 =
        "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    assert_eq!(format(prometheus_2_5), Format::Text);
    let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
                    encoding=delimited;q=0.6,application/openmetrics-text;version=\"1.0.0\";q=0.5";
    assert_eq!(format(protobuf), Format::OpenMetrics);
    assert_eq!(format("*/*"), Format::Text);
    assert_eq!(format("text/html,application/xhtml+xml,*/*;q=0.8"), Format::Text);
    assert_eq!(format("application/openmetrics-text"), Format::OpenMetrics);
    assert_eq!(format("application/openmetrics-text;q=0"), Format::Text);
    assert_eq!(format("application/openmetrics-text;q=0.4,text/plain"), Format::Text);
    assert_eq!(format("application/openmetrics-text;q=x, ;;=,"), Format::Text);
}

#[test]
fn answers_have_a_length_and_a_type() {
    let respond = |request: &str| {
        let request = Request::read(request.as_bytes()).unwrap();
        String::from_utf8(request.respond(|_| "page\n".to_owned())).unwrap()
    };
    let expected = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
                    Content-Length: 5\r\nConnection: close\r\n\r\n";
    assert_eq!(respond("GET /metrics HTTP/1.1\r\n\r\n"), format!("{expected}page\n"));
    assert_eq!(respond("HEAD /metrics HTTP/1.1\r\n\r\n"), expected);
    let refused = respond("PUT /metrics HTTP/1.1\r\n\r\n");
    assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("\r\nAllow: GET, HEAD\r\n"));
    assert!(respond("GET / HTTP/1.1\r\n\r\n").ends_with("the only page here is /metrics\n"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Some(request) = Request::read(&bytes) {
            request.respond(|_| String::new());
        }
    }

    #[test]
    fn no_accept_panics(value in "[ -~]{0,60}") {
        format(&value);
    }
}

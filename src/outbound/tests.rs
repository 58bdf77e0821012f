//! Proves that no spelling of an address, no answer of a name server and no redirect leads inside.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::tls::pinned::{FirstContact, client_config};

/// A name server that answers one thing first and another afterwards.
struct Turning {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Resolve for Turning {
    fn resolve(&self, _: &str) -> Found {
        let turn = self
            .asked
            .fetch_add(1, Ordering::SeqCst)
            .min(self.answers.len() - 1);
        let found = self.answers[turn]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        Box::pin(async move { Ok(found) })
    }
}

fn turning(answers: &[&[&'static str]]) -> Arc<Turning> {
    Arc::new(Turning {
        answers: answers.iter().map(|answer| answer.to_vec()).collect(),
        asked: AtomicUsize::new(0),
    })
}

fn outbound(resolver: Arc<dyn Resolve>, allowed: &[&str]) -> Outbound {
    let tls = client_config(FirstContact::new()).unwrap();
    Outbound::new(
        resolver,
        tls,
        allowed.iter().map(|range| range.parse().unwrap()).collect(),
    )
}

fn get(url: &str) -> Call {
    Call {
        method: Method::GET,
        url: url.to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

const SPELLINGS: [&str; 44] = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://１２７.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://127%2e0%2e0%2e1/",
    "https://127.0.0.1./",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://10.0.0.1/",
    "https://10.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1:8443/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://user@127.0.0.1/",
    "https://good.example@127.0.0.1/",
    "https:127.0.0.1/",
    "https:\\\\127.0.0.1\\",
    "http://127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "https://\t127.0.0.1/",
];

#[tokio::test]
async fn no_spelling_of_an_inner_address_is_called() {
    let resolver = turning(&[&["127.0.0.1"]]);
    let outbound = outbound(resolver, &[]);
    for spelling in SPELLINGS {
        let refused = outbound.call(get(spelling)).await.unwrap_err();
        assert!(
            matches!(refused, OutboundError::Private | OutboundError::BadAddress),
            "{spelling}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_name_is_resolved_once_and_one_inner_address_spoils_it() {
    for inner in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "fd00::1",
    ] {
        let outbound = outbound(turning(&[&["1.1.1.1", inner]]), &[]);
        assert_eq!(
            outbound.call(get("https://a.example/")).await.unwrap_err(),
            OutboundError::Private
        );
    }
    // Public at first, inner afterwards: nobody asks a second time.
    let resolver = turning(&[&["1.1.1.1"], &["127.0.0.1"]]);
    let target = outbound(resolver.clone(), &[])
        .target("https://a.example/x")
        .await
        .unwrap();
    assert_eq!(target.addresses, ["1.1.1.1:443".parse::<SocketAddr>().unwrap()]);
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
}

/// A server on this machine that gives this answer to one request.
fn answering(answer: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read(&mut [0; 4_096]);
            // It may have hung up.
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    port
}

#[tokio::test]
async fn a_range_that_is_allowed_is_called_and_its_redirect_is_not_followed() {
    let port = answering(
        "HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
            .to_owned(),
    );
    let resolver = turning(&[&["127.0.0.1"], &["1.1.1.1"]]);
    let outbound = outbound(resolver.clone(), &["127.0.0.0/8"]);
    let answer = outbound
        .call(get(&format!("http://hook.example:{port}/")))
        .await
        .unwrap();
    assert_eq!((answer.status, answer.body), (302, Bytes::from("no")));
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let huge = "x".repeat(ANSWER_BYTES_MAX + 1);
    let port = answering(format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{huge}"));
    let outbound = outbound(turning(&[&["127.0.0.1"]]), &["127.0.0.1"]);
    let url = format!("http://127.0.0.1:{port}/");
    assert_eq!(
        outbound.call(get(&url)).await.unwrap_err(),
        OutboundError::TooLarge
    );
}

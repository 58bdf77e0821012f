//! TLS versions and ciphers, tried with OpenSSL at its lowest security level. A server that does take
//! TLS 1.1 proves that a refusal is the server's and not the client's.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::raw::assert_serves;
use crate::running::Server;

/// With these OpenSSL offers everything it ever learnt.
const ANYTHING: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

/// Whether a handshake with these arguments succeeds.
fn agrees(port: u16, arguments: &[&str]) -> bool {
    let output = Command::new("openssl")
        .args(["s_client", "-connect", &format!("127.0.0.1:{port}")])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let has_cipher = said.lines().any(|line| {
        let cipher = line
            .trim()
            .strip_prefix("New, ")
            .or(line.trim().strip_prefix("Reused, "));
        cipher.is_some_and(|cipher| !cipher.contains("(NONE)"))
    });
    output.status.success() && has_cipher
}

/// OpenSSL as a server that takes every version, with the same certificate.
struct Permissive(Child, u16);

impl Permissive {
    fn start(data: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("openssl")
            .args(["s_server", "-www", "-quiet", "-cipher", ANYTHING, "-accept"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("-cert")
            .arg(data.join("server.crt"))
            .arg("-key")
            .arg(data.join("server.key"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let waited = (0..100).any(|_| {
            std::thread::park_timeout(std::time::Duration::from_millis(50));
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(waited, "openssl s_server does not listen");
        Self(child, port)
    }
}

impl Drop for Permissive {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn only_tls_1_2_and_1_3_with_modern_ciphers() {
    let server = Server::start();
    let permissive = Permissive::start(&server.folder.path().join(".fleet_monitoring/data"));
    for version in ["-tls1", "-tls1_1"] {
        let arguments = [version, "-cipher", ANYTHING];
        assert!(agrees(permissive.1, &arguments), "the control refuses {version}");
        assert!(!agrees(server.port(), &arguments), "{version} is taken");
    }
    let old = [
        "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA",
        "ECDHE-ECDSA-AES128-SHA256",
        "ECDHE-ECDSA-AES256-SHA384",
        "ECDHE-ECDSA-NULL-SHA",
    ];
    for cipher in old {
        let offered = format!("{cipher}:@SECLEVEL=0");
        let arguments = ["-tls1_2", "-cipher", &offered];
        assert!(agrees(permissive.1, &arguments), "the control refuses {cipher}");
        assert!(!agrees(server.port(), &arguments), "{cipher} is taken");
    }
    let good = [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ];
    for cipher in good {
        assert!(agrees(server.port(), &["-tls1_2", "-cipher", cipher]), "{cipher}");
    }
    assert!(agrees(server.port(), &["-tls1_3"]));
    assert_serves(&server, "afterwards");
}

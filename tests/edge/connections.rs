//! A server that is full takes no more connections, and takes them again when there is room.

use std::time::Duration;

use crate::raw::Raw;
use crate::running::Server;

const PLACES: usize = 8;

#[test]
fn a_full_server_lets_others_wait_until_there_is_room() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let config = folder.path().join(".fleet_monitoring");
    std::fs::create_dir(&config).unwrap();
    std::fs::write(
        config.join("config.yaml"),
        format!("fleet:\n  server:\n    max_connections: {PLACES}\n"),
    )
    .unwrap();
    let mut server = Server::start_in(folder, "server", &[]);
    let mut open = Vec::new();
    while let Ok(mut raw) = Raw::try_connect(&server, Duration::from_secs(2)) {
        raw.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(raw.answer().status, 200);
        open.push(raw);
        assert!(open.len() <= PLACES, "more than {PLACES} connections are served");
    }
    assert!(open.len() >= PLACES / 2, "{} are served", open.len());
    drop(open);
    assert!(Raw::try_connect(&server, Duration::from_secs(20)).is_ok());
    server.kill();
}

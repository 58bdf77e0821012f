//! A real server in a folder of its own, as the tests start it, kill it and ask it.

pub mod agent;
pub mod commands;
pub mod enrolled;
pub mod evil;
pub mod provider;
pub mod small_disk;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use atlas::tls::pinned::{FirstContact, client_config};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// The key that agents of 2.0 share in tests.
pub const KEY: &str = "shared-key-of-the-tests";
/// The administrator's password in tests.
pub const PASSWORD: &str = "correct horse battery";

/// No test leaves this machine: those of the network monitors name targets of their own.
pub const SWITCHED_OFF: [&str; 2] = [
    "ATLAS__FLEET__AGENT__MONITORS__PING__ENABLED",
    "ATLAS__FLEET__AGENT__MONITORS__DNS__ENABLED",
];

/// A running server.
pub struct Server {
    child: Child,
    /// Its folder, which outlives it.
    pub folder: std::sync::Arc<tempfile::TempDir>,
    /// Its address.
    pub url: String,
    /// A client with a cookie of its own.
    pub client: Client,
    /// The administrator's cookie.
    pub cookie: String,
}

impl Server {
    /// Starts one in a new folder.
    pub fn start() -> Self {
        Self::start_in(std::sync::Arc::new(tempfile::tempdir().unwrap()), "server", &[])
    }

    /// Starts one in that folder.
    pub fn start_in(folder: std::sync::Arc<tempfile::TempDir>, command: &str, more: &[(&str, &str)]) -> Self {
        let mut server = Self::start_unseen(folder, command, more);
        server.cookie = server.cookie_of("admin", PASSWORD);
        server
    }

    /// Starts one whose administrator has that name.
    pub fn start_as(folder: std::sync::Arc<tempfile::TempDir>, administrator: &str) -> Self {
        let mut server = Self::start_unseen(folder, "server", &[]);
        server.cookie = server.cookie_of(administrator, PASSWORD);
        server
    }

    fn start_unseen(folder: std::sync::Arc<tempfile::TempDir>, command: &str, more: &[(&str, &str)]) -> Self {
        let mut program = atlas(folder.path());
        program
            .args([command, "--json"])
            .env("FLEET_SERVER_PORT", "0")
            .envs(more.iter().copied());
        Self::launch(program, folder)
    }

    /// Starts what that command line says, in that folder.
    pub fn start_by(command: Command, folder: std::sync::Arc<tempfile::TempDir>) -> Self {
        let mut server = Self::launch(command, folder);
        server.cookie = server.sign_in("admin");
        server
    }

    /// Starts it, and signs nobody in.
    pub fn launch(mut command: Command, folder: std::sync::Arc<tempfile::TempDir>) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let banner: Value = serde_json::from_str(&line).unwrap();
        let url = banner["local"].as_str().unwrap().to_owned();
        let client = Client::builder()
            .tls_backend_preconfigured(client_config(FirstContact::new()).unwrap())
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            child,
            folder,
            url,
            client,
            cookie: String::new(),
        }
    }

    /// Starts one in that folder, for somebody who has that cookie.
    pub fn start_with_cookie(folder: std::sync::Arc<tempfile::TempDir>, cookie: &str) -> Self {
        let mut server = Self::start_unseen(folder, "server", &[]);
        server.cookie = cookie.to_owned();
        server
    }

    /// Kills it as a power cut would, and starts it again.
    pub fn kill_and_restart(mut self) -> Self {
        self.kill();
        let folder = self.folder.clone();
        drop(self);
        Self::start_in(folder, "server", &[])
    }

    /// As [`Server::kill_and_restart`], with an administrator of that name.
    pub fn kill_and_restart_as(mut self, administrator: &str) -> Self {
        self.kill();
        let folder = self.folder.clone();
        drop(self);
        Self::start_as(folder, administrator)
    }

    /// Starts it again where it was, for pages that still show what it said.
    pub fn restart_at_its_address(&mut self, command: &str) {
        self.kill();
        let port = self.url.rsplit(':').next().unwrap().to_owned();
        *self = Self::start_in(self.folder.clone(), command, &[("FLEET_SERVER_PORT", &port)]);
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself; answers with its status.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it a signal: `TERM`, `INT`, `KILL`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended by itself; its status.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Signs somebody in with the tests' password; answers with the cookie.
    pub fn sign_in(&self, name: &str) -> String {
        self.cookie_of(name, PASSWORD)
    }

    /// Asks for a session.
    pub fn sign_in_as(&self, user: &str, password: &str) -> Response {
        let body = json!({"username": user, "password": password});
        self.client
            .post(format!("{}/api/auth/login", self.url))
            .header("sec-fetch-site", "same-origin")
            .json(&body)
            .send()
            .unwrap()
    }

    /// The session's cookie of somebody who signs in now.
    pub fn cookie_of(&self, user: &str, password: &str) -> String {
        let answer = self.sign_in_as(user, password);
        let cookie = cookie(&answer, "__Host-atlas=");
        assert_eq!(answer.status(), 200, "{:?}", answer.text());
        cookie.unwrap()
    }

    /// A request with that cookie.
    pub fn request_as(&self, cookie: &str, method: &str, path: &str) -> RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header("cookie", cookie)
    }

    /// A request with the administrator's cookie.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.request_as(&self.cookie, method, path)
    }

    /// The JSON at a path.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path).send().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().unwrap()
    }

    /// Sends a report body as an agent of 2.0 does.
    pub fn report(&self, body: impl Into<reqwest::blocking::Body>) -> Response {
        let request = self.client.post(format!("{}/api/fleet/report", self.url));
        request
            .header("x-api-key", KEY)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .unwrap()
    }

    /// Waits until the machine list satisfies the condition.
    pub fn until(&self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let began = std::time::Instant::now();
        loop {
            let list = self.get("/api/fleet/machines");
            if condition(&list) {
                return list;
            }
            assert!(
                began.elapsed() < Duration::from_secs(15),
                "waited in vain: {what}: {list}"
            );
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The cookie of that name that an answer sets, safe as cookies of secrets must be.
pub fn cookie(answer: &Response, name: &str) -> Option<String> {
    let set = answer.headers().get_all("set-cookie").iter();
    let cookie = set
        .filter_map(|value| value.to_str().ok())
        .find(|value| value.starts_with(name))?;
    assert!(cookie.contains("HttpOnly") && cookie.contains("Secure") && cookie.contains("SameSite=Strict"));
    cookie.split(';').next().map(ToOwned::to_owned)
}

/// What an error says to programs.
pub fn code(answer: Response) -> String {
    let said: Value = answer.json().unwrap();
    let code = said["error"]["code"].as_str().or_else(|| said["code"].as_str());
    code.unwrap_or_default().to_owned()
}

/// The program, at home in that folder.
pub fn atlas(home: &Path) -> Command {
    at_home(Command::new(env!("CARGO_BIN_EXE_atlas")), home)
}

/// The same for a program that starts it.
pub fn at_home(mut command: Command, home: &Path) -> Command {
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("FLEET_API_KEY", KEY)
        .env("FLEET_WEB_PASSWORD", PASSWORD)
        .envs(SWITCHED_OFF.map(|name| (name, "false")))
        .stdin(Stdio::null());
    command
}

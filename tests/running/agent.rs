//! A real agent in a folder of its own, as the tests enrol it, start it and end it.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};

use tempfile::TempDir;

use super::enrolled::token;
use super::{Server, atlas};

/// An enrolled agent, running or not.
pub struct Agent {
    /// Its home, which outlives its processes.
    pub home: TempDir,
    config: String,
    child: Option<Child>,
}

impl Agent {
    /// Enrols a machine and does not start its agent. `config` is what stands under `fleet.agent`.
    pub fn enrol(server: &Server, machine: &str, config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let enrolled = atlas(home.path())
            .args(["agent", "enroll", &server.url, "--machine-id", machine])
            .args(["--token", &token(server, 1)])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&enrolled.stderr).into_owned();
        assert!(enrolled.status.success(), "{said}");
        Self {
            home,
            config: format!("fleet: {{agent: {{{config}}}}}"),
            child: None,
        }
    }

    /// Enrols a machine and starts its agent.
    pub fn start(server: &Server, machine: &str, config: &str) -> Self {
        let mut agent = Self::enrol(server, machine, config);
        agent.run();
        agent
    }

    /// Starts its process.
    pub fn run(&mut self) {
        let config = self.home.path().join("agent.yaml");
        std::fs::write(&config, &self.config).unwrap();
        let mut command = atlas(self.home.path());
        command.args(["agent", "--quiet", "--config"]).arg(&config);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.unwrap());
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// The folder in which it keeps what it must not lose.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join(".fleet_monitoring/data/agent")
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Sends its process a signal: `TERM`, `KILL`, `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = std::process::Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits until its process has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.take().unwrap().wait().unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The reports that wait in that spool.
pub fn waiting(spool: &Path) -> usize {
    let files = std::fs::read_dir(spool).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names
        .filter(|name| name.ends_with(".json") && name.starts_with(|c: char| c.is_ascii_digit()))
        .count()
}

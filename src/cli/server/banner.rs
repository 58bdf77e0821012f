//! What a server says once it serves.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::cli::{Failure, Global};

/// Where the server is and how to go on.
#[derive(Serialize)]
pub(super) struct Banner {
    pub(super) dashboard: String,
    pub(super) local: String,
    pub(super) user: String,
    /// Only at the first start, and nowhere else ever.
    pub(super) password: Option<String>,
    pub(super) data_dir: PathBuf,
    pub(super) agent: Option<String>,
    pub(super) add_machine: String,
    #[serde(rename = "started_ms", serialize_with = "as_millis")]
    pub(super) started: Duration,
}

fn as_millis<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

impl Banner {
    /// Prints it: JSON on one line if asked, else for people. Quiet leaves the password, which can't
    /// be had again.
    pub(super) fn print(&self, global: &Global) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        if global.json {
            serde_json::to_writer(&mut out, self)?;
            writeln!(out)?;
        } else if global.quiet {
            self.write_password(&mut out)?;
        } else {
            self.write(&mut out, std::io::stdout().is_terminal())?;
        }
        out.flush()?;
        Ok(())
    }

    fn write(&self, out: &mut impl Write, colour: bool) -> std::io::Result<()> {
        let (bold, plain) = if colour { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        writeln!(
            out,
            "\n  {bold}ATLAS {}{plain} serves after {:.1} s\n",
            env!("CARGO_PKG_VERSION"),
            self.started.as_secs_f64()
        )?;
        writeln!(out, "  Dashboard    {bold}{}{plain}", self.dashboard)?;
        writeln!(out, "               {} on this machine", self.local)?;
        self.write_password(out)?;
        if let Some(agent) = &self.agent {
            writeln!(out, "  This machine reports as {agent}")?;
        }
        writeln!(out, "  Data         {}\n", self.data_dir.display())?;
        writeln!(
            out,
            "  The certificate is this server's own: the browser asks once whether to trust it."
        )?;
        writeln!(
            out,
            "  To add a machine, type there within the hour:\n\n    {}\n",
            self.add_machine
        )?;
        writeln!(
            out,
            "  More machines: `atlas token create --uses N`. Stop with Ctrl-C.\n"
        )
    }

    fn write_password(&self, out: &mut impl Write) -> std::io::Result<()> {
        match &self.password {
            Some(password) => {
                writeln!(out, "  Sign in as   {}", self.user)?;
                writeln!(out, "  Password     {password}   (shown this once: keep it)")
            }
            None => Ok(()),
        }
    }
}

//! `atlas`: one binary that is the server, the agent and the tools around them.

use std::process::ExitCode;

fn main() -> ExitCode {
    atlas::cli::run()
}

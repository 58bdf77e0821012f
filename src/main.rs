//! `atlas`: one binary that is the server, the agent and the tools around them.

fn main() {}

//! Owns what this agent has begun and how it ended, on disk. That a command begins is written and
//! synced before anything is done; so whatever was begun when the agent died is known to have perhaps
//! run, and is never begun again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use atlas_actors::command_queue::command::CommandState;
use atlas_actors::limits::OUTPUT_BYTES_MAX;
use serde::{Deserialize, Serialize};

use super::super::spool::durable::write_durably;
use crate::secret_file;
use crate::wire::enrolment::CommandKey;
use crate::wire::hex_id::AgentId;

const FILE: &str = "ledger.json";
const FORMAT: u32 = 1;
/// Commands that are remembered at once. Reason: one runs at a time, and its end is told before the next
/// one is fetched; more than a few are those that were called off.
const ENTRIES_MAX: usize = 64;

/// What is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    format: u32,
    agent_id: AgentId,
    /// No command up to this number is begun any more.
    highest_seq: u64,
    /// The server's keys, for an agent that was enrolled before there were commands.
    #[serde(default)]
    command_keys: Vec<CommandKey>,
    entries: Vec<Entry>,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// How it ended; nothing while it runs.
    pub end: Option<End>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The state's name.
    pub state: String,
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The exit status.
    pub exit_code: Option<i32>,
    /// Whether there was more output than is kept.
    pub is_cut: bool,
}

impl End {
    /// An end without an exit status.
    #[must_use]
    pub fn new(state: CommandState, code: &str, message: impl Into<String>) -> Self {
        Self {
            state: state.name().to_owned(),
            code: code.to_owned(),
            message: message.into(),
            exit_code: None,
            is_cut: false,
        }
    }
}

/// The ledger of one agent.
#[derive(Debug)]
pub struct Ledger {
    dir: PathBuf,
    written: Written,
}

impl Ledger {
    /// Opens the ledger in that folder, or begins one. What had begun when the agent died ends as
    /// unknown.
    ///
    /// # Errors
    /// When the folder can't be used or the file is damaged: then nothing is begun, since nobody knows
    /// what was.
    pub fn open(dir: &Path, agent_id: AgentId) -> io::Result<Self> {
        secret_file::make_folder(dir)?;
        let written = match fs::read(dir.join(FILE)) {
            Ok(file) => serde_json::from_slice(&file).map_err(|_| {
                io::Error::other("the ledger of commands is damaged: remove it once you know what has run")
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Written::new(agent_id),
            Err(error) => return Err(error),
        };
        let mut ledger = Self {
            dir: dir.to_owned(),
            written,
        };
        if ledger.written.agent_id != agent_id {
            // Another agent's commands are no business of this one, and their server takes no word of it.
            ledger.forget_all();
            ledger.written = Written::new(agent_id);
        }
        let interrupted = End::new(
            CommandState::Unknown,
            "agent_stopped",
            "The agent ended while this was under way: it may or may not have been done.",
        );
        let begun = ledger
            .written
            .entries
            .iter_mut()
            .filter(|entry| entry.end.is_none());
        begun.for_each(|entry| entry.end = Some(interrupted.clone()));
        ledger.save()?;
        Ok(ledger)
    }

    fn save(&self) -> io::Result<()> {
        let json = serde_json::to_vec(&self.written).map_err(io::Error::other)?;
        write_durably(&self.dir, FILE, &json)
    }

    fn change(&mut self, change: impl FnOnce(&mut Written)) -> io::Result<()> {
        let mut changed = self.written.clone();
        change(&mut changed);
        let before = std::mem::replace(&mut self.written, changed);
        self.save().inspect_err(|_| self.written = before)
    }

    /// No command up to this number is begun any more.
    #[must_use]
    pub const fn highest_seq(&self) -> u64 {
        self.written.highest_seq
    }

    /// The server's keys that were learnt after enrolment.
    #[must_use]
    pub fn command_keys(&self) -> &[CommandKey] {
        &self.written.command_keys
    }

    /// Keeps the server's keys; those that are there stay.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn learn_keys(&mut self, keys: Vec<CommandKey>) -> io::Result<()> {
        if self.written.command_keys.is_empty() {
            self.change(|written| written.command_keys = keys)?;
        }
        Ok(())
    }

    /// Whether that command is known here.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.written.entries.iter().any(|entry| entry.id == id)
    }

    /// The first command whose end is to be told.
    #[must_use]
    pub fn ended(&self) -> Option<&Entry> {
        self.written.entries.iter().find(|entry| entry.end.is_some())
    }

    /// Writes down that a command begins now; only then may it.
    ///
    /// # Errors
    /// When that is not on disk: then it must not begin.
    pub fn begin(&mut self, id: &str, seq: u64) -> io::Result<()> {
        if seq <= self.written.highest_seq || self.knows(id) || self.written.entries.len() >= ENTRIES_MAX {
            return Err(io::Error::other("the ledger does not take this command"));
        }
        let entry = Entry {
            id: id.to_owned(),
            end: None,
        };
        self.change(|written| {
            written.highest_seq = seq;
            written.entries.push(entry);
        })
    }

    /// Writes down how a command ended, whether it had begun or not.
    ///
    /// # Errors
    /// When that is not on disk; after a restart the command counts as unknown then.
    pub fn end(&mut self, id: &str, seq: Option<u64>, end: End) -> io::Result<()> {
        self.change(|written| {
            written.highest_seq = written.highest_seq.max(seq.unwrap_or(0));
            let has_room = written.entries.len() < ENTRIES_MAX;
            match written.entries.iter_mut().find(|entry| entry.id == id) {
                Some(entry) => entry.end = Some(end),
                None if has_room => written.entries.push(Entry {
                    id: id.to_owned(),
                    end: Some(end),
                }),
                None => {}
            }
        })
    }

    /// Drops a command whose end the server has.
    ///
    /// # Errors
    /// When the disk refuses: its end is told once more then.
    pub fn forget(&mut self, id: &str) -> io::Result<()> {
        self.remove_files(id);
        self.change(|written| written.entries.retain(|entry| entry.id != id))
    }

    fn forget_all(&self) {
        self.written
            .entries
            .iter()
            .for_each(|entry| self.remove_files(&entry.id));
    }

    fn remove_files(&self, id: &str) {
        // Most commands write nothing.
        let _ = fs::remove_file(self.output(id));
        // And what an agent that died left of a script goes with its command.
        let _ = fs::remove_dir_all(self.work_folder(id));
    }

    /// Where a command's output is kept until the server has it.
    #[must_use]
    pub fn output(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.out"))
    }

    /// Where a command may work.
    #[must_use]
    pub fn work_folder(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.work"))
    }
}

impl Written {
    const fn new(agent_id: AgentId) -> Self {
        Self {
            format: FORMAT,
            agent_id,
            highest_seq: 0,
            command_keys: Vec::new(),
            entries: Vec::new(),
        }
    }
}

/// What a command writes, on disk, up to what is kept of it.
#[derive(Debug)]
pub struct OutputFile {
    file: fs::File,
    bytes: usize,
    /// Whether there was more.
    pub is_cut: bool,
}

impl OutputFile {
    /// Begins one.
    ///
    /// # Errors
    /// When the file can't be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: fs::File::create(path)?,
            bytes: 0,
            is_cut: false,
        })
    }

    /// Adds bytes; answers with how many there are now.
    pub fn add(&mut self, bytes: &[u8]) -> u32 {
        let kept = bytes.len().min(OUTPUT_BYTES_MAX - self.bytes);
        self.is_cut |= kept < bytes.len();
        match self.file.write_all(&bytes[..kept]) {
            Ok(()) => self.bytes += kept,
            // A full disk costs the output, not the command.
            Err(_) => self.is_cut = true,
        }
        u32::try_from(self.bytes).unwrap_or(u32::MAX)
    }

    /// Syncs it.
    pub fn close(self) {
        if let Err(error) = self.file.sync_all() {
            tracing::warn!(%error, "a command's output could not be synced");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(byte: u8) -> AgentId {
        AgentId::new([byte; 16])
    }

    fn done() -> End {
        End::new(CommandState::Succeeded, "", "done")
    }

    #[test]
    fn what_had_begun_when_the_agent_died_is_unknown_and_never_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path(), agent(1)).unwrap();
        ledger.begin("a", 5).unwrap();
        assert_eq!(ledger.ended(), None);
        let mut ledger = Ledger::open(folder.path(), agent(1)).unwrap();
        let entry = ledger.ended().unwrap().clone();
        assert_eq!(
            (entry.id.as_str(), entry.end.unwrap().state.as_str()),
            ("a", "unknown")
        );
        assert!(ledger.begin("a", 6).is_err(), "the same");
        assert!(ledger.begin("b", 5).is_err(), "an old number");
        ledger.forget("a").unwrap();
        assert!(
            ledger.begin("a", 5).is_err(),
            "forgotten, and its number is used up"
        );
        ledger.begin("b", 6).unwrap();
    }

    #[test]
    fn an_end_stays_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path(), agent(1)).unwrap();
        ledger.begin("a", 1).unwrap();
        ledger.end("a", None, done()).unwrap();
        let mut ledger = Ledger::open(folder.path(), agent(1)).unwrap();
        assert_eq!(ledger.ended().unwrap().end, Some(done()));
        ledger.forget("a").unwrap();
        assert_eq!(Ledger::open(folder.path(), agent(1)).unwrap().ended(), None);
    }

    #[test]
    fn another_agent_begins_a_ledger_of_its_own_and_a_damaged_one_begins_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path(), agent(1)).unwrap();
        ledger.begin("a", 9).unwrap();
        let other = Ledger::open(folder.path(), agent(2)).unwrap();
        assert_eq!((other.highest_seq(), other.ended()), (0, None));
        fs::write(folder.path().join(FILE), b"{").unwrap();
        assert!(Ledger::open(folder.path(), agent(2)).is_err());
    }

    #[test]
    fn keys_are_learnt_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path(), agent(1)).unwrap();
        let key = |seed| {
            let identity = crate::wire::secret::Secret::new([seed; 32]);
            crate::wire::signed_command::CommandSigner::of_server(&identity).public_key()
        };
        ledger.learn_keys(vec![key(1)]).unwrap();
        ledger.learn_keys(vec![key(2)]).unwrap();
        assert_eq!(ledger.command_keys(), [key(1)]);
    }

    #[test]
    fn keeps_so_much_of_an_output_and_says_that_there_was_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.out");
        let mut output = OutputFile::create(&path).unwrap();
        output.add(&vec![b'a'; OUTPUT_BYTES_MAX - 1]);
        assert!(!output.is_cut);
        assert_eq!(output.add(b"bc") as usize, OUTPUT_BYTES_MAX);
        assert!(output.is_cut);
        output.close();
        assert_eq!(fs::metadata(&path).unwrap().len() as usize, OUTPUT_BYTES_MAX);
    }
}

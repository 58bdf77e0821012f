//! `atlas operator key`: the key with which an operator signs dangerous commands and opens what agents
//! sealed to operators. It is made and kept on the operator's own machine.

use std::io::{BufRead, IsTerminal, stdin};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Failure, Global};
use crate::config::files::home;
use crate::local_server::LocalServer;
use crate::secret_file;
use crate::wire::operator_key::OperatorKey;
use crate::wire::operator_key::file::OperatorKeyFile;
use crate::wire::views::OperatorKeysView;

/// Where the key is unless another file is named, in the home folder: never in the data folder, whose
/// backups go elsewhere.
const PLACE: &str = ".fleet_monitoring/operator.key";

/// What an operator keeps on a machine of their own.
#[derive(Debug, Args)]
pub struct OperatorArgs {
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Make, show and list operators' keys.
    Key(KeyArgs),
}

#[derive(Debug, Args)]
struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

/// Which file the key is in.
#[derive(Clone, Debug, Args)]
pub struct KeyFile {
    /// The file that holds the key [default: ~/.fleet_monitoring/operator.key].
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key in a file that only its owner can read; its public part is printed, to be registered
    /// in the dashboard.
    Create {
        #[command(flatten)]
        file: KeyFile,
        /// Lock it with a passphrase, which is asked for, or read from standard input.
        #[arg(long)]
        passphrase: bool,
        /// Put it in the place of one that is there: what was sealed to that one is lost.
        #[arg(long)]
        force: bool,
    },
    /// Print a key's public part.
    Show {
        #[command(flatten)]
        file: KeyFile,
    },
    /// List the public keys that are registered at the server on this machine.
    List {
        /// The server's port, when it is not the one it was started with.
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
}

/// Runs it.
///
/// # Errors
/// When the file can't be read or written, or the server does not run.
pub fn run(global: &Global, args: OperatorArgs) -> Result<(), Failure> {
    let OperatorCommand::Key(KeyArgs { command }) = args.command;
    match command {
        KeyCommand::Create {
            file,
            passphrase,
            force,
        } => create(global, &file, passphrase, force),
        KeyCommand::Show { file } => show(global, &file),
        KeyCommand::List { port } => list(global, port),
    }
}

fn create(global: &Global, file: &KeyFile, is_locked: bool, force: bool) -> Result<(), Failure> {
    let path = file.path()?;
    if path.exists() && !force {
        return Err(Failure::new(format!(
            "there is a key already, {}: --force puts a new one in its place, and what was sealed to the old one is lost",
            path.display()
        )));
    }
    let passphrase = is_locked.then(new_passphrase).transpose()?;
    let key = OperatorKey::random()?;
    let file = OperatorKeyFile::of(&key, passphrase.as_ref().map(|text| text.as_str()))?;
    let json = file.to_json()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), secret_file::make_folder)
        .and_then(|()| secret_file::write(&path, &json))
        .map_err(|error| {
            Failure::new(format!(
                "the key {} can't be written ({error}): check the permissions of its folder",
                path.display()
            ))
        })?;
    print(global, &file, &path);
    if !global.quiet && !global.json {
        eprintln!(
            "{} has the private part: keep a copy of it in a safe place. Register the line above in the dashboard, under My account.",
            path.display()
        );
    }
    Ok(())
}

fn show(global: &Global, file: &KeyFile) -> Result<(), Failure> {
    print(global, &file.read()?, &file.path()?);
    Ok(())
}

fn print(global: &Global, file: &OperatorKeyFile, path: &std::path::Path) {
    let public = file.public();
    if global.json {
        let (id, is_locked) = (public.id(), file.is_locked());
        println!(
            "{}",
            json!({"id": id, "public_key": public, "file": path, "has_passphrase": is_locked})
        );
    } else {
        println!("{public}");
    }
}

fn list(global: &Global, port: Option<u16>) -> Result<(), Failure> {
    let list: OperatorKeysView = actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, port)?;
        server.get("/api/v2/operator-keys").await
    })?;
    if global.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(());
    }
    for key in &list.keys {
        let may = if key.signs_commands {
            "  signs commands"
        } else {
            ""
        };
        println!(
            "{}  {}  {}  since {}{may}",
            key.id, key.owner, key.name, key.created_at
        );
    }
    Ok(())
}

impl KeyFile {
    fn path(&self) -> Result<PathBuf, Failure> {
        match &self.key {
            Some(path) => Ok(path.clone()),
            None => home().map(|home| home.join(PLACE)).ok_or_else(|| {
                Failure::new("there is no home folder to keep the key in: name a file with --key")
            }),
        }
    }

    fn read(&self) -> Result<OperatorKeyFile, Failure> {
        let path = self.path()?;
        let file = std::fs::read(&path).map(Zeroizing::new).map_err(|error| {
            Failure::new(format!(
                "the key {} can't be read ({error}): `atlas operator key create` makes one",
                path.display()
            ))
        })?;
        Ok(OperatorKeyFile::from_json(&file)?)
    }

    /// The key; asks for its passphrase where one is needed.
    ///
    /// # Errors
    /// When there is no key, or the passphrase is wrong.
    pub fn open(&self) -> Result<OperatorKey, Failure> {
        let file = self.read()?;
        let passphrase = file.is_locked().then(|| passphrase("Passphrase: ")).transpose()?;
        Ok(file.key(passphrase.as_ref().map(|text| text.as_str()))?)
    }
}

/// From the terminal without showing it; from anything else one line.
fn passphrase(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password(prompt)?));
    }
    let mut line = Zeroizing::new(String::new());
    stdin().lock().read_line(&mut line)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn new_passphrase() -> Result<Zeroizing<String>, Failure> {
    let first = passphrase("New passphrase: ")?;
    if first.is_empty() {
        return Err(Failure::new("there is no passphrase: nothing was made"));
    }
    if stdin().is_terminal() && *first != *passphrase("Once more: ")? {
        return Err(Failure::new(
            "these were two different passphrases: nothing was made",
        ));
    }
    Ok(first)
}

//! `atlas user`: the people who sign in. Works beside a running server and without one.

mod door;

use std::io::{BufRead, IsTerminal, stdin};

use atlas_actors::model::{Role, UserName};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Global};
use crate::wire::views::UserEntryView;
use door::{Door, Order};

/// What to do with users.
#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
    /// The server's port, when it is not the one it was started with.
    #[arg(long, value_name = "PORT", global = true)]
    port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make a user. The password is asked for, or read from standard input.
    Add {
        /// The name.
        name: String,
        /// What they may do: viewer, operator or admin.
        #[arg(long, default_value = "viewer", value_parser = role)]
        role: Role,
        /// They must choose a password of their own at their first sign-in.
        #[arg(long)]
        must_change_password: bool,
        /// Ask for none: they sign in by the identity provider, under this name.
        #[arg(long, conflicts_with = "must_change_password")]
        without_password: bool,
    },
    /// List all users.
    List,
    /// Give a user another password, which is asked for, or read from standard input. All their
    /// sessions end.
    Passwd {
        /// The name.
        name: String,
    },
    /// Give a user another role. All their sessions end.
    Role {
        /// The name.
        name: String,
        /// viewer, operator or admin.
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Remove a user, with sessions and API keys.
    Remove {
        /// The name.
        name: String,
    },
    /// Take a user's second factor away: the phone is lost.
    #[command(name = "disable-2fa")]
    Disable2fa {
        /// The name.
        name: String,
    },
}

fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| "it must be viewer, operator or admin".to_owned())
}

/// Runs it.
///
/// # Errors
/// When there is no such user, the password is refused, or neither server nor store can be reached.
pub fn run(global: &Global, args: UserArgs) -> Result<(), Failure> {
    let order = match args.command {
        UserCommand::List => None,
        command => Some(order(command)?),
    };
    actix_rt::System::new().block_on(async {
        let door = Door::find(global, args.port)?;
        let done = match order {
            None => list(global, &door).await,
            Some((order, words)) => door.carry_out(order).await.map(|()| say(global, &words)),
        };
        door.close().await;
        done
    })
}

/// The order, and what is said when it is carried out. Asks for a password where one is needed.
fn order(command: UserCommand) -> Result<(Order, String), Failure> {
    let parse = |name: &str| {
        UserName::parse(name).map_err(|error| Failure::new(format!("that can't be a user name: {error}")))
    };
    Ok(match command {
        UserCommand::Add {
            name,
            role,
            must_change_password,
            without_password,
        } => {
            let name = parse(&name)?;
            let words = format!("{name} is made, as {}", role.name());
            let password = (!without_password).then(|| new_password(&name)).transpose()?;
            (
                Order::Add {
                    name,
                    role,
                    password,
                    must_change_password,
                },
                words,
            )
        }
        UserCommand::Passwd { name } => {
            let name = parse(&name)?;
            let words = format!("{name} has a new password; all their sessions have ended");
            let password = new_password(&name)?;
            (Order::Password { name, password }, words)
        }
        UserCommand::Role { name, role } => {
            let name = parse(&name)?;
            let words = format!("{name} is now {}; all their sessions have ended", role.name());
            (Order::Role { name, role }, words)
        }
        UserCommand::Remove { name } => {
            let name = parse(&name)?;
            let words = format!("{name} is removed");
            (Order::Remove { name }, words)
        }
        UserCommand::Disable2fa { name } => {
            let name = parse(&name)?;
            let words = format!("{name} signs in without a second factor");
            (Order::DropSecondFactor { name }, words)
        }
        UserCommand::List => return Err(Failure::new("a list is no order")),
    })
}

/// From the terminal without showing it, twice; from anything else one line.
fn new_password(name: &UserName) -> Result<String, Failure> {
    if stdin().is_terminal() {
        let first = rpassword::prompt_password(format!("New password for {name}: "))?;
        let second = rpassword::prompt_password("Once more: ")?;
        if first != second {
            return Err(Failure::new(
                "these were two different passwords: nothing was changed",
            ));
        }
        return Ok(first);
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::new(
            "there is no password on standard input: nothing was changed",
        ));
    }
    Ok(password.to_owned())
}

fn say(global: &Global, words: &str) {
    if global.json {
        println!("{}", json!({"done": words}));
    } else if !global.quiet {
        println!("{words}");
    }
}

async fn list(global: &Global, door: &Door) -> Result<(), Failure> {
    let list = door.list().await?;
    if global.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(());
    }
    println!("{:<24} {:<9} {:<25} ", "user", "role", "last sign-in");
    for user in &list.users {
        let last = user.last_sign_in.as_deref().unwrap_or("never");
        println!(
            "{:<24} {:<9} {last:<25} {}",
            user.username,
            user.role,
            notes(user)
        );
    }
    Ok(())
}

/// What stands out about a user.
fn notes(user: &UserEntryView) -> String {
    let notes = [
        (!user.is_active, "may not sign in"),
        (user.has_totp, "second factor"),
        (user.is_locked, "somebody guesses the password"),
        (user.must_change_password, "must choose a password"),
        (user.hash == "none", "by the identity provider"),
        (
            user.hash == "wrapped_unsalted",
            "weak old hash: give a new password",
        ),
    ];
    let notes = notes
        .into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, note)| note);
    notes.collect::<Vec<_>>().join(", ")
}

//! Where an order about users goes: to the server that runs with the data folder, or, when none
//! does, to the store itself. So a lost password can be replaced whatever state the server is in.

use std::sync::Arc;

use atlas_actors::Fleet;
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::auth::LOCAL_ADMIN;
use atlas_actors::auth::password::Password;
use atlas_actors::auth::password_hash::PasswordHash;
use atlas_actors::clock::SystemClock;
use atlas_actors::messages::{ChangeUser, CreateUser};
use atlas_actors::model::{Role, UserName};
use atlas_store::SqliteStore;
use atlas_store::sqlite::OpenError;
use reqwest::Method;
use serde_json::{Value, json};

use crate::audit_signer::AuditSigner;
use crate::cli::server::{open_store, ports, settings};
use crate::cli::{Failure, Global, config};
use crate::data_dir::DataDir;
use crate::http::users::view;
use crate::local_server::LocalServer;
use crate::vault::FileVault;
use crate::wire::fleet_stream::StreamEncoder;
use crate::wire::views::UsersView;

/// What is to be done.
pub(super) enum Order {
    Add {
        name: UserName,
        role: Role,
        /// None: they sign in by the identity provider.
        password: Option<String>,
        must_change_password: bool,
    },
    Password {
        name: UserName,
        password: String,
    },
    Role {
        name: UserName,
        role: Role,
    },
    Remove {
        name: UserName,
    },
    DropSecondFactor {
        name: UserName,
    },
}

/// Who takes orders.
pub(super) enum Door {
    Server(LocalServer),
    Store(Box<Fleet>, Arc<SqliteStore>),
}

impl Door {
    /// The server when it runs, else the store.
    pub(super) fn find(global: &Global, port: Option<u16>) -> Result<Self, Failure> {
        let data_dir = DataDir::find(global.data_dir.as_deref())?;
        if !data_dir.store().exists() {
            // It says what to do.
            return LocalServer::find(global, port).map(Self::Server);
        }
        let clock = Arc::new(SystemClock);
        match open_store(&data_dir, &clock) {
            Ok(store) => {
                let store = Arc::new(store);
                let signer = Arc::new(AuditSigner::load(&data_dir.identity_key())?);
                let encoder = Arc::new(StreamEncoder::new(0));
                let config = config::settings(global, None)?.config;
                let vault = FileVault::open(&data_dir.vault_key())?;
                let ports = ports(&store, vault, &clock, &encoder, signer);
                let fleet = Fleet::start(ports, &settings(&config));
                Ok(Self::Store(Box::new(fleet), store))
            }
            Err(OpenError::InUse { .. }) => LocalServer::find(global, port).map(Self::Server),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn list(&self) -> Result<UsersView, Failure> {
        match self {
            Self::Server(server) => server.get("/api/v2/users").await,
            Self::Store(fleet, _) => Ok(UsersView {
                users: fleet.users().await?.iter().map(view).collect(),
            }),
        }
    }

    pub(super) async fn carry_out(&self, order: Order) -> Result<(), Failure> {
        match self {
            Self::Server(server) => {
                let (method, path, body) = request(order);
                server.send(method, &path, body.as_ref()).await.map(drop)
            }
            Self::Store(fleet, _) => in_store(fleet, order).await,
        }
    }

    /// Lets go of the store, so that a server can start.
    pub(super) async fn close(self) {
        if let Self::Store(_, store) = self {
            store.close().await;
        }
    }
}

fn request(order: Order) -> (Method, String, Option<Value>) {
    let path = |name: &UserName| {
        let name: String = name.as_str().bytes().map(escaped).collect();
        format!("/api/v2/users/{name}")
    };
    match order {
        Order::Add {
            name,
            role,
            password,
            must_change_password,
        } => {
            let user = json!({"username": name.as_str(), "role": role.name(), "password": password,
                "must_change_password": must_change_password});
            (Method::POST, "/api/v2/users".to_owned(), Some(user))
        }
        Order::Password { name, password } => {
            let change = json!({"password": password, "must_change_password": false});
            (Method::PATCH, path(&name), Some(change))
        }
        Order::Role { name, role } => (Method::PATCH, path(&name), Some(json!({"role": role.name()}))),
        Order::Remove { name } => (Method::DELETE, path(&name), None),
        Order::DropSecondFactor { name } => (Method::DELETE, format!("{}/totp", path(&name)), None),
    }
}

/// A byte of a name as a path carries it.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// The audit log says it too when no server runs: before it is done, as a server does it.
async fn witness(fleet: &Fleet, action: AuditAction, name: &UserName) -> Result<(), Failure> {
    let witness = Witness {
        actor: LOCAL_ADMIN.to_owned(),
        address: String::new(),
        action,
        target: name.to_string(),
        result: Witness::OK.to_owned(),
        request_id: String::new(),
    };
    fleet.witness(witness).await?;
    Ok(())
}

async fn in_store(fleet: &Fleet, order: Order) -> Result<(), Failure> {
    match order {
        Order::Add {
            name,
            role,
            password,
            must_change_password,
        } => {
            let hash = match password {
                Some(password) => fleet.hash_password(Password(password), &name).await?,
                None => PasswordHash::none(),
            };
            let user = CreateUser {
                name,
                role,
                hash,
                must_change_password,
                only_as_first: false,
            };
            witness(fleet, AuditAction::MakeUser, &user.name).await?;
            fleet.create_user(user).await?;
        }
        Order::Password { name, password } => {
            let hash = fleet.hash_password(Password(password), &name).await?;
            let change = ChangeUser {
                hash: Some(hash),
                must_change_password: Some(false),
                ..ChangeUser::of(name)
            };
            witness(fleet, AuditAction::ChangeUser, &change.name).await?;
            fleet.change_user(change).await?;
        }
        Order::Role { name, role } => {
            let change = ChangeUser {
                role: Some(role),
                ..ChangeUser::of(name)
            };
            witness(fleet, AuditAction::ChangeUser, &change.name).await?;
            fleet.change_user(change).await?;
        }
        Order::Remove { name } => {
            witness(fleet, AuditAction::RemoveUser, &name).await?;
            fleet.remove_user(name).await?;
        }
        Order::DropSecondFactor { name } => {
            let change = ChangeUser {
                drop_second_factor: true,
                ..ChangeUser::of(name)
            };
            witness(fleet, AuditAction::ChangeUser, &change.name).await?;
            fleet.change_user(change).await?;
        }
    }
    Ok(())
}

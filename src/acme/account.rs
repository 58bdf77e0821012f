//! The account at the authority: made at the first order and kept in a file, with the directory that
//! it belongs to.

use std::path::Path;

use instant_acme::{Account, AccountCredentials, NewAccount};
use serde::{Deserialize, Serialize};

use super::client::AcmeClient;
use super::{AcmeError, AcmeSettings};
use crate::outbound::Outbound;
use crate::secret_file;

/// The file. Never shown: it holds the account's key.
#[derive(Serialize, Deserialize)]
struct Kept {
    directory: String,
    credentials: AccountCredentials,
}

/// The account that is kept, or a new one.
pub(super) async fn load_or_make(settings: &AcmeSettings, outbound: &Outbound) -> Result<Account, AcmeError> {
    match load(settings)? {
        Some(credentials) => {
            let builder = Account::builder_with_http(Box::new(AcmeClient(outbound.clone())));
            Ok(builder.from_credentials(credentials).await?)
        }
        None => make(settings, outbound).await,
    }
}

/// What is kept, when it is of this authority.
fn load(settings: &AcmeSettings) -> Result<Option<AccountCredentials>, AcmeError> {
    let path = &settings.account_file;
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(file_error(path, source)),
    };
    let kept: Kept = serde_json::from_slice(&text).map_err(|_| AcmeError::DamagedAccount(path.clone()))?;
    Ok((kept.directory == settings.directory).then_some(kept.credentials))
}

/// A new account, in place of the one that is kept.
pub(super) async fn make(settings: &AcmeSettings, outbound: &Outbound) -> Result<Account, AcmeError> {
    let builder = Account::builder_with_http(Box::new(AcmeClient(outbound.clone())));
    let contact: Vec<_> = settings.contact.iter().map(String::as_str).collect();
    let asked = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let directory = settings.directory.clone();
    let (account, credentials) = builder.create(&asked, directory.clone(), None).await?;
    let kept = serde_json::to_vec(&Kept {
        directory,
        credentials,
    });
    let kept = kept.map_err(instant_acme::Error::from)?;
    let path = &settings.account_file;
    secret_file::write(path, &kept).map_err(|source| file_error(path, source))?;
    Ok(account)
}

pub(super) fn file_error(path: &Path, source: std::io::Error) -> AcmeError {
    AcmeError::File {
        path: path.to_owned(),
        source,
    }
}

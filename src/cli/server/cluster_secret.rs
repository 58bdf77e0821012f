//! The secret that a whole cluster of 1.x and 2.0 shares: made when there is none, and what their agents
//! may do with it here: ask to be enrolled.

use crate::cli::Failure;
use crate::config::files::expand_home;
use crate::config::schema::EncryptionConfig;
use crate::data_dir::DataDir;
use crate::wire::enrolment::token::TokenHash;

/// What stands for a token when the secret is used; `None` when it is of a form that can't be.
pub(super) fn open(config: &EncryptionConfig, data_dir: &DataDir) -> Result<Option<TokenHash>, Failure> {
    let text = match &config.cluster_secret {
        Some(secret) => secret.expose().to_owned(),
        None => {
            let named = config.cluster_secret_file.as_deref().map(expand_home);
            let path = data_dir.ensure_cluster_secret(named)?;
            tracing::debug!(path = %path.display(), "cluster secret");
            std::fs::read_to_string(path)?
        }
    };
    match TokenHash::of_shared_secret(&text) {
        Ok(shared) => Ok(Some(shared)),
        Err(error) => {
            tracing::warn!(%error, "no agent can ask to be enrolled with the cluster secret");
            Ok(None)
        }
    }
}

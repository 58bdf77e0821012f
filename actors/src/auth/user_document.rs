//! How a user rests in the store: as they are, but for the second factor, whose secret would let a
//! thief of the disk make codes. That is wrapped by the vault. Users of the forms before are read too,
//! and written anew at start if they hold a bare secret.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::provider::ExternalIdentity;
use super::read;
use super::second_factor::SecondFactor;
use super::user::{User, UserFirst};
use crate::store::{Document, DocumentKind, PutError, Revision, Store, StoreError};
use crate::stored::{DecodeError, decode_fourth, decode_second, decode_third, encode_fourth};
use crate::vault::{Vault, VaultError};

const KIND: DocumentKind = DocumentKind::User;

/// A user without second factor, and the second factor wrapped.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct UserThird {
    user: User,
    second_factor: Option<Vec<u8>>,
}

/// The same, and who they are at the identity provider.
#[derive(Serialize, Deserialize)]
struct UserFourth {
    user: User,
    second_factor: Option<Vec<u8>>,
    external: Option<ExternalIdentity>,
}

/// What is written.
///
/// # Errors
/// Without randomness.
pub(super) fn document_of(vault: &dyn Vault, user: &User) -> Result<Bytes, VaultError> {
    let factor = user.second_factor.as_ref();
    let wrapped = factor.map(|factor| vault.wrap(KIND, user.name.as_str(), &factor.document()));
    Ok(encode_fourth(&UserFourth {
        user: User {
            second_factor: None,
            ..user.clone()
        },
        second_factor: wrapped.transpose()?.map(|wrapped| wrapped.to_vec()),
        external: user.external.clone(),
    }))
}

/// The user of a document; nobody when it is unreadable.
pub(super) async fn read_user(
    store: &dyn Store,
    vault: &dyn Vault,
    document: &Document,
) -> Result<Option<(User, Revision)>, StoreError> {
    let Some((mut user, wrapped)) = read(document, decode_user) else {
        return Ok(None);
    };
    if let Some(wrapped) = wrapped {
        user.second_factor = Some(opened(vault, document, &wrapped));
        return Ok(Some((user, document.revision)));
    }
    if user.second_factor.is_none() {
        return Ok(Some((user, document.revision)));
    }
    let Ok(body) = document_of(vault, &user) else {
        // At the next write, then.
        return Ok(Some((user, document.revision)));
    };
    match store
        .put(KIND, document.key.clone(), document.revision, body)
        .await
    {
        Ok(revision) => Ok(Some((user, revision))),
        Err(PutError::Conflict { .. }) => Ok(None),
        Err(PutError::Store(error)) => Err(error),
    }
}

/// The user and the wrapped second factor, of whichever form.
fn decode_user(body: &[u8]) -> Result<(User, Option<Vec<u8>>), DecodeError> {
    match decode_fourth::<UserFourth>(body) {
        Ok(mut fourth) => {
            fourth.user.external = fourth.external;
            return Ok((fourth.user, fourth.second_factor));
        }
        Err(DecodeError::UnknownFormat(_)) => {}
        Err(error) => return Err(error),
    }
    match decode_third::<UserThird>(body) {
        Err(DecodeError::UnknownFormat(_)) => decode_second::<User, UserFirst>(body).map(|user| (user, None)),
        third => third.map(|third| (third.user, third.second_factor)),
    }
}

/// Without the right key the user has a second factor still, which no code fits: losing a file must
/// not be a way around it. An administrator takes it away.
fn opened(vault: &dyn Vault, document: &Document, wrapped: &[u8]) -> SecondFactor {
    let plain = vault.unwrap(KIND, &document.key, wrapped);
    let factor = plain.and_then(|plain| SecondFactor::read(&plain).map_err(|_| VaultError::Unreadable));
    factor.unwrap_or_else(|error| {
        tracing::error!(user = %document.key, %error, "a second factor can't be used: take it away and set it up anew");
        SecondFactor::unusable()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password_hash::PasswordHash;
    use crate::clock::Timestamp;
    use crate::model::{Role, UserName};
    use crate::stored::{encode, encode_second, encode_third};

    #[expect(
        clippy::disallowed_types,
        reason = "mockall keeps what it expects behind a lock"
    )]
    mod expecting {
        use super::*;

        mockall::mock! {
            pub(super) Vault {}

            impl Vault for Vault {
                fn wrap(&self, kind: DocumentKind, key: &str, plain: &[u8]) -> Result<Bytes, VaultError>;
                fn unwrap(&self, kind: DocumentKind, key: &str, wrapped: &[u8]) -> Result<Vec<u8>, VaultError>;
            }
        }
    }

    use expecting::MockVault;

    /// Turns each byte around.
    struct Turned;

    impl Vault for Turned {
        fn wrap(&self, _: DocumentKind, _: &str, plain: &[u8]) -> Result<Bytes, VaultError> {
            Ok(plain.iter().map(|byte| !byte).collect())
        }

        fn unwrap(&self, _: DocumentKind, key: &str, wrapped: &[u8]) -> Result<Vec<u8>, VaultError> {
            let plain = || wrapped.iter().map(|byte| !byte).collect();
            (key == "ann").then(plain).ok_or(VaultError::WrongKey)
        }
    }

    fn ann() -> User {
        let name = UserName::parse("ann").unwrap();
        let hash = PasswordHash::kept("$2b$12$".to_owned());
        User {
            second_factor: Some(SecondFactor::unusable()),
            ..User::new(name, Role::Admin, hash, Timestamp::from_secs(9))
        }
    }

    fn stored(body: &[u8], key: &str) -> (User, Option<Vec<u8>>) {
        let (user, second_factor) = decode_user(body).unwrap();
        assert_eq!(key, user.name.as_str());
        (user, second_factor)
    }

    #[test]
    fn a_second_factor_rests_wrapped_and_is_lost_to_nobody_but_who_has_the_wrong_key() {
        let (body, plain) = (
            document_of(&Turned, &ann()).unwrap(),
            encode(&ann().second_factor),
        );
        assert!(!body.windows(20).any(|part| part == &plain[2..22]));
        let bare = encode_second(&ann());
        assert!(bare.windows(20).any(|part| part == &plain[2..22]));
        let (user, wrapped) = stored(&body, "ann");
        assert!(user.second_factor.is_none() && wrapped.is_some());
        for key in ["ann", "eve"] {
            let document = Document {
                key: key.to_owned(),
                revision: Revision(1),
                body: body.clone(),
            };
            let mut factor = opened(&Turned, &document, wrapped.as_ref().unwrap());
            assert!(!factor.take("000000", None, Timestamp::from_secs(1_000_000)));
        }
    }

    #[test]
    fn a_second_factor_that_can_not_be_wrapped_is_not_written_bare() {
        let mut vault = MockVault::new();
        vault
            .expect_wrap()
            .withf(|kind, key, _| *kind == KIND && key == "ann")
            .once()
            .returning(|_, _, _| Err(VaultError::NoRandomness));
        assert!(matches!(
            document_of(&vault, &ann()),
            Err(VaultError::NoRandomness)
        ));
    }

    #[test]
    fn a_user_of_the_third_form_loads_and_the_fourth_keeps_who_they_are_elsewhere() {
        let third = encode_third(&UserThird {
            user: User {
                second_factor: None,
                ..ann()
            },
            second_factor: Some(vec![1]),
        });
        let (mut user, wrapped) = decode_user(&third).unwrap();
        assert_eq!((user.name.as_str(), wrapped), ("ann", Some(vec![1])));
        assert!(user.external.is_none());
        user.external = Some(ExternalIdentity {
            issuer: "https://id.example".to_owned(),
            subject: "42".to_owned(),
        });
        let again = decode_user(&document_of(&Turned, &user).unwrap()).unwrap();
        assert_eq!(again.0, user);
    }

    #[test]
    fn a_user_without_a_second_factor_needs_no_vault() {
        let vault = MockVault::new();
        let bob = User {
            second_factor: None,
            ..ann()
        };
        assert!(document_of(&vault, &bob).is_ok());
    }
}

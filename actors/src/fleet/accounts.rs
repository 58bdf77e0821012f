//! What the edge may ask about people: signing in, sessions, users, second factors, API keys. Where a
//! password must be hashed, the steps of it are walked here, so that no actor waits for the hasher.

use crate::auth::Session;
use crate::auth::password::{
    CheckPassword, Checked, HashPassword, HashRecoveryCodes, Password, PasswordError,
};
use crate::auth::password_hash::PasswordHash;
use crate::auth::recovery::{may_be_recovery_code, recovery_codes};
use crate::auth::second_factor::TotpSecret;
use crate::clock::Timestamp;
use crate::messages::{
    BeginProof, BeginSignIn, ChangePassword, ChangeUser, ConfirmTotp, CreateUser, EndSession, FindUser,
    FinishSignIn, HashToCheck, IssueKey, IssuedKey, KeyError, ListUsers, OperatorKeyError, Origin,
    ProveByProvider, ProviderSignInError, Reauthenticate, RegisterOperatorKey, RemoveOperatorKey, RemoveUser,
    RevokeKey, SecondFactorError, SignIn, SignInByProvider, SignInError, SignOut, SignedIn, StartTotp,
    UserError, UserSummary,
};
use crate::model::{Role, UserName};
use crate::store::{PutError, StoreError};

use super::{Busy, Fleet};

impl Fleet {
    /// Signs somebody in.
    ///
    /// # Errors
    /// When name, password or code are wrong, a code is missing, or they must wait.
    pub async fn sign_in(&self, who: SignIn) -> Result<SignedIn, SignInError> {
        let begin = BeginSignIn {
            user: who.user.clone(),
            origin: who.origin.clone(),
            waited: who.waited,
        };
        let _place = self.hashing.try_acquire().map_err(|_| SignInError::Busy)?;
        let hash = self.ask(&self.auth, begin).await.map_err(busy_sign_in)??;
        let checked = self.check(who.password, who.code.as_ref(), &hash).await?;
        let finish = FinishSignIn {
            user: who.user,
            code: who.code,
            origin: who.origin,
            hash,
            checked,
        };
        self.ask(&self.auth, finish).await.map_err(busy_sign_in)?
    }

    /// Signs somebody in for whom the identity provider vouches.
    ///
    /// # Errors
    /// When there is no account for them, or they may not use it.
    pub async fn sign_in_by_provider(&self, who: SignInByProvider) -> Result<SignedIn, ProviderSignInError> {
        let signed_in = self.ask(&self.auth, who).await;
        signed_in.map_err(|Busy| ProviderSignInError::Busy)?
    }

    /// The identity provider has seen the session's user just now; until when that counts.
    ///
    /// # Errors
    /// When it was somebody else, or the session has ended.
    pub async fn prove_by_provider(&self, proof: ProveByProvider) -> Result<Timestamp, SignInError> {
        self.ask(&self.auth, proof).await.map_err(busy_sign_in)?
    }

    /// The session's user gives the password again; until when that counts.
    ///
    /// # Errors
    /// As for [`Fleet::sign_in`], or when the session has ended.
    pub async fn reauthenticate(
        &self,
        session: &Session,
        password: Password,
        code: Option<Password>,
    ) -> Result<Timestamp, SignInError> {
        let _place = self.hashing.try_acquire().map_err(|_| SignInError::Busy)?;
        let (hash, checked) = self.prove(session, password, code.as_ref()).await?;
        let finish = Reauthenticate {
            session: session.key(),
            code,
            hash,
            checked,
        };
        self.ask(&self.auth, finish).await.map_err(busy_sign_in)?
    }

    /// Gives the session's user another password. All their sessions end; a new one begins.
    ///
    /// # Errors
    /// When the old password is wrong or the new one is refused.
    pub async fn change_password(
        &self,
        session: &Session,
        old: Password,
        new: Password,
        origin: Origin,
    ) -> Result<SignedIn, SignInError> {
        let _place = self.hashing.try_acquire().map_err(|_| SignInError::Busy)?;
        if old == new {
            return Err(PasswordError::Unchanged.into());
        }
        let (hash, checked) = self.prove(session, old, None).await?;
        if !checked.matches {
            return Err(SignInError::Refused);
        }
        self.give_password(session, hash, new, origin).await
    }

    /// Ends the session of that token.
    ///
    /// # Errors
    /// When the disk does not take it; the session has ended all the same until the next start.
    pub async fn sign_out(&self, token: &str) -> Result<(), PutError> {
        let ended = self
            .ask(&self.auth, SignOut(crate::auth::digest(token.as_bytes())))
            .await;
        ended.map_err(|Busy| PutError::Store(StoreError::Busy))?
    }

    /// Ends one of a user's sessions.
    ///
    /// # Errors
    /// When they have none of that id.
    pub async fn end_session(&self, user: UserName, id: String) -> Result<(), UserError> {
        let ended = self.ask(&self.auth, EndSession { user, id }).await;
        ended.map_err(|Busy| UserError::Busy)?
    }

    /// Makes the first administrator; false when there is a user already.
    ///
    /// # Errors
    /// When the password is refused or the disk is.
    pub async fn ensure_admin(&self, name: UserName, password: Password) -> Result<bool, UserError> {
        if !self.users().await.map_err(|Busy| UserError::Busy)?.is_empty() {
            return Ok(false);
        }
        let create = CreateUser {
            hash: self.hash_password(password, &name).await?,
            name,
            role: Role::Admin,
            must_change_password: false,
            only_as_first: true,
        };
        let made = self
            .ask(&self.auth, create)
            .await
            .map_err(|Busy| UserError::Busy)?;
        made.map(|()| true)
    }

    /// All users, by their names.
    ///
    /// # Errors
    /// When the auth service does not answer.
    pub async fn users(&self) -> Result<Vec<UserSummary>, Busy> {
        self.ask(&self.auth, ListUsers).await
    }

    /// One user.
    ///
    /// # Errors
    /// When the auth service does not answer.
    pub async fn user(&self, name: UserName) -> Result<Option<UserSummary>, Busy> {
        self.ask(&self.auth, FindUser(name)).await
    }

    /// Gives the session's user another password without asking for the old one: they have just
    /// signed in and must change it.
    ///
    /// # Errors
    /// As for [`Fleet::change_password`].
    pub async fn replace_password(
        &self,
        session: &Session,
        new: Password,
        origin: Origin,
    ) -> Result<SignedIn, SignInError> {
        let _place = self.hashing.try_acquire().map_err(|_| SignInError::Busy)?;
        let (hash, checked) = self.prove(session, new.clone(), None).await?;
        if checked.matches {
            return Err(PasswordError::Unchanged.into());
        }
        self.give_password(session, hash, new, origin).await
    }

    /// A new password's hash, for [`CreateUser`] and [`ChangeUser`].
    ///
    /// # Errors
    /// When the password is refused.
    pub async fn hash_password(
        &self,
        password: Password,
        user: &UserName,
    ) -> Result<PasswordHash, PasswordError> {
        let _place = self.hashing.try_acquire().map_err(|_| PasswordError::Busy)?;
        self.make_hash(password, user).await
    }

    /// Makes a user.
    ///
    /// # Errors
    /// When there is one of that name.
    pub async fn create_user(&self, user: CreateUser) -> Result<(), UserError> {
        let made = self.ask(&self.auth, user).await;
        made.map_err(|Busy| UserError::Busy)?
    }

    /// Changes a user.
    ///
    /// # Errors
    /// When there is none, or it is the last administrator.
    pub async fn change_user(&self, change: ChangeUser) -> Result<(), UserError> {
        let changed = self.ask(&self.auth, change).await;
        changed.map_err(|Busy| UserError::Busy)?
    }

    /// Removes a user, with sessions and API keys.
    ///
    /// # Errors
    /// As for [`Fleet::change_user`].
    pub async fn remove_user(&self, name: UserName) -> Result<(), UserError> {
        let removed = self.ask(&self.auth, RemoveUser(name)).await;
        removed.map_err(|Busy| UserError::Busy)?
    }

    /// Draws a secret for a user's authenticator app.
    ///
    /// # Errors
    /// When they have one.
    pub async fn start_totp(&self, user: UserName) -> Result<TotpSecret, SecondFactorError> {
        let started = self.ask(&self.auth, StartTotp(user)).await;
        started.map_err(|Busy| SecondFactorError::Busy)?
    }

    /// Takes the secret into use; answers with the recovery codes, which are shown this once.
    ///
    /// # Errors
    /// When the code is wrong.
    pub async fn confirm_totp(
        &self,
        user: UserName,
        code: Password,
    ) -> Result<Vec<String>, SecondFactorError> {
        let _place = self.hashing.try_acquire().map_err(|_| SecondFactorError::Busy)?;
        let codes = recovery_codes().map_err(|_| SecondFactorError::Busy)?;
        let hashing = HashRecoveryCodes(codes.iter().cloned().map(Password).collect());
        let recovery = self.ask(&self.hasher, hashing).await;
        let Ok(Ok(recovery)) = recovery else {
            return Err(SecondFactorError::Busy);
        };
        let confirm = ConfirmTotp { user, code, recovery };
        let confirmed = self.ask(&self.auth, confirm).await;
        confirmed.map_err(|Busy| SecondFactorError::Busy)??;
        Ok(codes)
    }

    /// Makes an API key.
    ///
    /// # Errors
    /// When it would do more than whoever makes it.
    pub async fn issue_key(&self, key: IssueKey) -> Result<IssuedKey, KeyError> {
        self.ask(&self.auth, key).await.map_err(|Busy| KeyError::Busy)?
    }

    /// Revokes an API key.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn revoke_key(&self, id: String) -> Result<(), KeyError> {
        let revoked = self.ask(&self.auth, RevokeKey(id)).await;
        revoked.map_err(|Busy| KeyError::Busy)?
    }

    /// Takes an operator's public key.
    ///
    /// # Errors
    /// When it is registered already.
    pub async fn register_operator_key(&self, key: RegisterOperatorKey) -> Result<(), OperatorKeyError> {
        let registered = self.ask(&self.auth, key).await;
        registered.map_err(|Busy| OperatorKeyError::Busy)?
    }

    /// Takes an operator's public key away.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn remove_operator_key(&self, key: RemoveOperatorKey) -> Result<(), OperatorKeyError> {
        let removed = self.ask(&self.auth, key).await;
        removed.map_err(|Busy| OperatorKeyError::Busy)?
    }

    async fn give_password(
        &self,
        session: &Session,
        hash: HashToCheck,
        new: Password,
        origin: Origin,
    ) -> Result<SignedIn, SignInError> {
        let change = ChangePassword {
            session: session.key(),
            hash,
            new: self.make_hash(new, &session.user).await?,
            origin,
        };
        self.ask(&self.auth, change).await.map_err(busy_sign_in)?
    }

    async fn prove(
        &self,
        session: &Session,
        password: Password,
        code: Option<&Password>,
    ) -> Result<(HashToCheck, Checked), SignInError> {
        let begun = self.ask(&self.auth, BeginProof(session.key())).await;
        let hash = begun.map_err(busy_sign_in)??;
        let checked = self.check(password, code, &hash).await?;
        Ok((hash, checked))
    }

    async fn check(
        &self,
        password: Password,
        code: Option<&Password>,
        against: &HashToCheck,
    ) -> Result<Checked, SignInError> {
        let code = code.filter(|code| may_be_recovery_code(&code.0)).cloned();
        let question = CheckPassword {
            password,
            hash: against.hash.clone(),
            code: code.map(|code| (code, against.salt)),
        };
        self.ask(&self.hasher, question).await.map_err(busy_sign_in)
    }

    async fn make_hash(&self, password: Password, user: &UserName) -> Result<PasswordHash, PasswordError> {
        let question = HashPassword {
            password,
            user: user.to_string(),
        };
        let made = self.ask(&self.hasher, question).await;
        made.map_err(|Busy| PasswordError::Busy)?
    }
}

const fn busy_sign_in(_: Busy) -> SignInError {
    SignInError::Busy
}

//! A user as stored, in its second form; the first one still loads.

use serde::{Deserialize, Serialize};

use super::credentials::Digest;
use super::password_hash::PasswordHash;
use super::provider::ExternalIdentity;
use super::second_factor::SecondFactor;
use crate::clock::Timestamp;
use crate::limits::DEVICES_PER_USER;
use crate::model::{Role, UserName};

/// A user as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: UserName,
    pub(crate) role: Role,
    pub(crate) password_hash: PasswordHash,
    pub(crate) created_at: Timestamp,
    pub(crate) is_active: bool,
    /// Until they have chosen a password of their own they may do nothing else.
    pub(crate) must_change_password: bool,
    pub(crate) last_sign_in: Option<Timestamp>,
    /// Sessions from before that moment have ended, even if one is still on disk.
    pub(crate) sessions_since: Timestamp,
    pub(crate) second_factor: Option<SecondFactor>,
    /// Digests of the cookies of devices on which they have signed in, the newest last.
    pub(crate) devices: Vec<Digest>,
    /// Who they are at the identity provider. Kept beside the user, since the forms before had none.
    #[serde(skip)]
    pub(crate) external: Option<ExternalIdentity>,
}

impl User {
    /// A new user.
    pub(crate) const fn new(name: UserName, role: Role, password_hash: PasswordHash, now: Timestamp) -> Self {
        Self {
            name,
            role,
            password_hash,
            created_at: now,
            is_active: true,
            must_change_password: false,
            last_sign_in: None,
            sessions_since: now,
            second_factor: None,
            devices: Vec::new(),
            external: None,
        }
    }

    /// Remembers a device; the one that was not used for longest is forgotten when there are many.
    pub(crate) fn remember_device(&mut self, device: Digest) {
        self.devices.retain(|known| *known != device);
        self.devices.push(device);
        let too_many = self.devices.len().saturating_sub(DEVICES_PER_USER);
        self.devices.drain(..too_many);
    }
}

/// A user as versions before 3.0's second form stored one.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(crate) struct UserFirst {
    name: UserName,
    role: Role,
    password_hash: PasswordHash,
    created_at: Timestamp,
    is_active: bool,
}

impl From<UserFirst> for User {
    fn from(first: UserFirst) -> Self {
        Self {
            is_active: first.is_active,
            ..Self::new(first.name, first.role, first.password_hash, first.created_at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored::{decode_second, encode_second};

    /// A user as it was written before there was a second form: `admin`, an administrator of
    /// 2025-10-09.
    const FIRST: &[u8] = b"\x01\x05admin\x02\x07$2b$12$\x80\xe0\xc0\xcc\xb8f\x01";

    #[test]
    fn a_user_that_was_stored_in_the_first_form_loads_and_is_kept_in_the_second() {
        let user: User = decode_second::<_, UserFirst>(FIRST).unwrap();
        assert_eq!(
            (user.name.as_str(), user.role, user.is_active),
            ("admin", Role::Admin, true)
        );
        assert!(user.second_factor.is_none() && !user.must_change_password);
        assert_eq!(user.created_at, user.sessions_since);
        let again: User = decode_second::<_, UserFirst>(&encode_second(&user)).unwrap();
        assert_eq!(again, user);
    }

    #[test]
    fn remembers_some_devices_and_no_more() {
        let mut user: User = decode_second::<_, UserFirst>(FIRST).unwrap();
        for n in 0..30 {
            user.remember_device([n; 32]);
            user.remember_device([0; 32]);
        }
        assert_eq!(user.devices.len(), DEVICES_PER_USER);
        assert!(user.devices.contains(&[0; 32]) && user.devices.contains(&[29; 32]));
    }
}

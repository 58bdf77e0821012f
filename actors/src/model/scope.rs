//! What a caller may do: scopes, sets of them, and which set a role stands for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::user::Role;

/// One right. The order is part of the stored form of [`Scopes`]: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// See machines.
    MachinesRead,
    /// See their values over time.
    MetricsRead,
    /// See commands and what came of them.
    CommandsRead,
    /// Queue commands that can do no harm.
    CommandsRunSafe,
    /// Queue any command.
    CommandsRunDangerous,
    /// Acknowledge and silence alerts, change their rules.
    AlertsWrite,
    /// Make, change and remove users.
    UsersAdmin,
    /// Make, see and revoke API keys.
    KeysAdmin,
    /// Read the audit log.
    AuditRead,
    /// Tag and forget machines.
    MachinesWrite,
    /// Enrolment tokens, agents and their keys.
    EnrolAdmin,
    /// The server itself: certificate, quarantine, settings.
    ServerAdmin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 12] = [
        Self::MachinesRead,
        Self::MetricsRead,
        Self::CommandsRead,
        Self::CommandsRunSafe,
        Self::CommandsRunDangerous,
        Self::AlertsWrite,
        Self::UsersAdmin,
        Self::KeysAdmin,
        Self::AuditRead,
        Self::MachinesWrite,
        Self::EnrolAdmin,
        Self::ServerAdmin,
    ];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MachinesRead => "machines:read",
            Self::MetricsRead => "metrics:read",
            Self::CommandsRead => "commands:read",
            Self::CommandsRunSafe => "commands:run:safe",
            Self::CommandsRunDangerous => "commands:run:dangerous",
            Self::AlertsWrite => "alerts:write",
            Self::UsersAdmin => "users:admin",
            Self::KeysAdmin => "keys:admin",
            Self::AuditRead => "audit:read",
            Self::MachinesWrite => "machines:write",
            Self::EnrolAdmin => "enrol:admin",
            Self::ServerAdmin => "server:admin",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes(u16);

impl Scopes {
    /// These scopes.
    #[must_use]
    pub const fn of(scopes: &[Scope]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < scopes.len() {
            bits |= scopes[at].bit();
            at += 1;
        }
        Self(bits)
    }

    /// Whether that one is among them.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of these are among those.
    #[must_use]
    pub const fn are_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Scope::name)).finish()
    }
}

const VIEWER: &[Scope] = &[Scope::MachinesRead, Scope::MetricsRead, Scope::CommandsRead];
const OPERATOR: &[Scope] = &[
    Scope::MachinesRead,
    Scope::MetricsRead,
    Scope::CommandsRead,
    Scope::CommandsRunSafe,
    Scope::AlertsWrite,
    Scope::MachinesWrite,
];

impl Role {
    /// What somebody of that role may do.
    #[must_use]
    pub const fn scopes(self) -> Scopes {
        match self {
            Self::Viewer => Scopes::of(VIEWER),
            Self::Operator => Scopes::of(OPERATOR),
            Self::Admin => Scopes::of(&Scope::ALL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_all_that_the_ones_before_it_may() {
        assert!(Role::Viewer.scopes().are_within(Role::Operator.scopes()));
        assert!(Role::Operator.scopes().are_within(Role::Admin.scopes()));
        assert!(!Role::Operator.scopes().contains(Scope::UsersAdmin));
        assert!(!Role::Viewer.scopes().contains(Scope::MachinesWrite));
    }

    #[test]
    fn a_name_finds_its_scope_and_a_set_keeps_its_stored_form() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.name()), Some(scope));
        }
        assert_eq!(Scope::parse("everything"), None);
        assert_eq!(
            Scopes::of(&[Scope::MachinesRead, Scope::ServerAdmin]),
            Scopes(0x801)
        );
    }
}

//! What the audit log is told, and what can be told.

use actix::Message;

use super::record::AuditHead;
use crate::store::AppendError;

/// Write this down before it takes effect; answers once it is on disk. Whoever gets an error does not
/// do what it was about: no record, no action.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[rtype(result = "Result<AuditHead, WitnessError>")]
pub struct Witness {
    /// Who.
    pub actor: String,
    /// From which address.
    pub address: String,
    /// What.
    pub action: AuditAction,
    /// To what. Never a secret.
    pub target: String,
    /// How it went, or `ok` for what is about to be done.
    pub result: String,
    /// The request's id.
    pub request_id: String,
}

impl Witness {
    /// It was done, or is about to be.
    pub const OK: &'static str = "ok";
    /// It was refused.
    pub const REFUSED: &'static str = "refused";
    /// It was refused unseen, since the same was tried too often.
    pub const LOCKED: &'static str = "locked";

    /// It is not about what somebody does but about what is wrong.
    pub const ALARM: &'static str = "alarm";

    /// Whether anybody can cause it again and again at no cost: then it is written down once a minute.
    pub(super) fn is_cheap(&self) -> bool {
        match self.action {
            AuditAction::SignIn => self.result == Self::LOCKED,
            AuditAction::EnrolAgent => self.result != Self::OK,
            AuditAction::ReportRollback => true,
            _ => false,
        }
    }
}

/// Nothing was written down.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WitnessError {
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The audit log is being rebuilt, or has too much to do.
    #[error("the audit log is busy")]
    Busy,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident => $name:literal,)+) => {
        /// What is written down.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $action,)+
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$action,)+];

            /// The name in the log. Part of the stored format: never changed.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }
        }
    };
}

actions! {
    /// Somebody signed in, or tried to.
    SignIn => "session.sign_in",
    /// A session was ended.
    SignOut => "session.sign_out",
    /// A user was made.
    MakeUser => "user.create",
    /// A user's role, password or state was changed.
    ChangeUser => "user.change",
    /// A user was removed.
    RemoveUser => "user.remove",
    /// An API key was made.
    MakeKey => "key.create",
    /// An API key was revoked.
    RevokeKey => "key.revoke",
    /// An operator's public key was registered.
    RegisterOperatorKey => "operator_key.register",
    /// An operator's public key was taken away.
    RemoveOperatorKey => "operator_key.remove",
    /// An enrolment token was made.
    MakeToken => "token.create",
    /// An enrolment token was revoked.
    RevokeToken => "token.revoke",
    /// An agent used a token, or tried to.
    EnrolAgent => "agent.enroll",
    /// A waiting agent was let in.
    ApproveAgent => "agent.approve",
    /// An agent was shut out.
    RevokeAgent => "agent.revoke",
    /// The agents' keys are being changed.
    RotateKeys => "agent.rotate_keys",
    /// A machine's tags were set.
    TagMachine => "machine.tag",
    /// A machine was forgotten.
    ForgetMachine => "machine.forget",
    /// A command was queued.
    QueueCommand => "command.queue",
    /// Commands were signed by another operator.
    SignCommand => "command.sign",
    /// Commands were called off.
    CancelCommand => "command.cancel",
    /// A machine told how a command ended.
    EndCommand => "command.end",
    /// A version of a script was kept.
    KeepScript => "script.keep",
    /// The server's certificate was changed.
    ChangeCertificate => "certificate.change",
    /// An agent has seen more of this log than there is.
    ReportRollback => "audit.rollback_seen",
}

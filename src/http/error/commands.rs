//! What is told when something about commands goes wrong.

use actix_web::http::StatusCode;
use atlas_actors::fleet::Busy;
use atlas_actors::limits::BUDGET_PERIOD;
use atlas_actors::messages::{
    CancelError, EnqueueError, LeaseError, ReadOutputError, ScriptError, SettleError, SignError,
};

use super::{ApiError, sentence};

impl From<EnqueueError> for ApiError {
    fn from(error: EnqueueError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            EnqueueError::NoTargets => Self::bad_request("no_targets", message),
            EnqueueError::TooManyTargets { .. } => Self::bad_request("too_many_targets", message),
            EnqueueError::QueueFull(_) => Self::new(StatusCode::CONFLICT, "queue_full", message),
            EnqueueError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_commands", message),
            EnqueueError::Outdated(_) => Self::new(StatusCode::CONFLICT, "draft_outdated", message),
            EnqueueError::OverBudget { .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "over_budget", message)
                    .retry_after(BUDGET_PERIOD.as_secs())
            }
            EnqueueError::Append(error) => error.into(),
            EnqueueError::NoRandomness | EnqueueError::Busy => Busy.into(),
        }
    }
}

impl From<LeaseError> for ApiError {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Append(error) => error.into(),
            LeaseError::Busy => Busy.into(),
        }
    }
}

impl From<SettleError> for ApiError {
    fn from(error: SettleError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            SettleError::Unknown => Self::new(StatusCode::NOT_FOUND, "command_not_found", message),
            SettleError::OutputFull { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "output_full", message)
            }
            SettleError::Put(error) => error.into(),
            SettleError::Store(error) => error.into(),
            SettleError::Append(error) => error.into(),
            SettleError::Busy => Busy.into(),
        }
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            CancelError::Unknown => Self::new(StatusCode::NOT_FOUND, "command_not_found", message),
            CancelError::Ended => Self::new(StatusCode::CONFLICT, "command_ended", message),
            CancelError::Append(error) => error.into(),
            CancelError::Busy => Busy.into(),
        }
    }
}

impl From<SignError> for ApiError {
    fn from(error: SignError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            SignError::Unknown => Self::new(StatusCode::NOT_FOUND, "command_not_found", message),
            SignError::HandedOut => Self::new(StatusCode::CONFLICT, "command_handed_out", message),
            SignError::Signed => Self::new(StatusCode::CONFLICT, "command_signed", message),
            SignError::Append(error) => error.into(),
            SignError::Busy => Busy.into(),
        }
    }
}

impl From<ReadOutputError> for ApiError {
    fn from(error: ReadOutputError) -> Self {
        match error {
            ReadOutputError::Unknown => SettleError::Unknown.into(),
            ReadOutputError::Store(error) => error.into(),
        }
    }
}

impl From<ScriptError> for ApiError {
    fn from(error: ScriptError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            ScriptError::Unknown => Self::new(StatusCode::NOT_FOUND, "script_not_found", message),
            ScriptError::Id | ScriptError::Size { .. } | ScriptError::NoInterpreter => {
                Self::bad_request("invalid_script", message)
            }
            ScriptError::TooMany { .. } => Self::new(StatusCode::CONFLICT, "too_many_scripts", message),
            ScriptError::Put(error) => error.into(),
            ScriptError::Store(error) => error.into(),
            ScriptError::Busy => Busy.into(),
        }
    }
}

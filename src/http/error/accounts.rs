//! What is told when something about people goes wrong: signing in, users, second factors, API keys.

use actix_web::http::StatusCode;
use atlas_actors::auth::password::PasswordError;
use atlas_actors::limits::RETRY_AFTER;
use atlas_actors::messages::{KeyError, OperatorKeyError, SecondFactorError, SignInError, UserError};

use super::{ApiError, sentence};

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self {
                legacy: None,
                ..Self::unauthorized("sign_in_refused", "The user name or the password is wrong.")
            },
            SignInError::SecondFactorRequired => Self {
                legacy: None,
                ..Self::unauthorized(
                    "second_factor_required",
                    "Send the code of your authenticator app as well, or a recovery code.",
                )
            },
            SignInError::Ended => {
                Self::unauthorized("not_signed_in", "The session has ended: sign in again.")
            }
            SignInError::Slow(retry_in) | SignInError::Locked { retry_in } => locked_out(retry_in),
            SignInError::Busy => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "sign_in_busy",
                "Too many people sign in at once: try again in a few seconds.",
            )
            .retry_after(RETRY_AFTER.as_secs()),
            SignInError::Password(error) => error.into(),
            SignInError::Put(error) => error.into(),
        }
    }
}

fn locked_out(retry_in: std::time::Duration) -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "locked_out",
        "Too many wrong passwords or codes: wait as long as Retry-After says and try again.",
    )
    .retry_after(retry_in.as_secs())
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        let message = sentence(&error.to_string());
        let code = match error {
            PasswordError::TooShort { .. } => "password_too_short",
            PasswordError::TooLong => "password_too_long",
            PasswordError::HasZero => "password_has_zero",
            PasswordError::TooCommon => "password_too_common",
            PasswordError::Unchanged => "password_unchanged",
            PasswordError::Busy => return SignInError::Busy.into(),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            UserError::Unknown => Self::new(StatusCode::NOT_FOUND, "user_not_found", message),
            UserError::UnknownSession => Self::new(StatusCode::NOT_FOUND, "session_not_found", message),
            UserError::Taken => Self::new(StatusCode::CONFLICT, "user_exists", message),
            UserError::Reserved => Self::new(StatusCode::CONFLICT, "user_name_reserved", message),
            UserError::LastAdmin => Self::new(StatusCode::CONFLICT, "last_admin", message),
            UserError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_users", message),
            UserError::Password(error) => error.into(),
            UserError::Put(error) => error.into(),
            UserError::Busy => Self::busy(&message),
        }
    }
}

impl From<SecondFactorError> for ApiError {
    fn from(error: SecondFactorError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            SecondFactorError::Unknown => UserError::Unknown.into(),
            SecondFactorError::Present => Self::new(StatusCode::CONFLICT, "second_factor_present", message),
            SecondFactorError::NotStarted => {
                Self::new(StatusCode::CONFLICT, "second_factor_not_started", message)
            }
            SecondFactorError::WrongCode => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_code", message)
            }
            SecondFactorError::Locked { retry_in } => locked_out(retry_in),
            SecondFactorError::Put(error) => error.into(),
            SecondFactorError::Busy => Self::busy(&message),
        }
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            KeyError::Unknown => Self::new(StatusCode::NOT_FOUND, "key_not_found", message),
            KeyError::BeyondMaker => Self::new(StatusCode::FORBIDDEN, "scope_missing", message),
            KeyError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_keys", message),
            KeyError::Put(error) => error.into(),
            KeyError::Busy => Self::busy(&message),
        }
    }
}

impl From<OperatorKeyError> for ApiError {
    fn from(error: OperatorKeyError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            OperatorKeyError::Unknown => Self::new(StatusCode::NOT_FOUND, "operator_key_not_found", message),
            OperatorKeyError::Taken => Self::new(StatusCode::CONFLICT, "operator_key_registered", message),
            OperatorKeyError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_operator_keys", message),
            OperatorKeyError::Put(error) => error.into(),
            OperatorKeyError::Busy => Self::busy(&message),
        }
    }
}

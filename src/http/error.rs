//! From what went wrong to what the client is told: a status by what it should do next, a code for
//! programs, a sentence for people. Nothing of the input is echoed, no path and no trace is told.

mod accounts;
mod commands;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use atlas_actors::audit_log::WitnessError;
use atlas_actors::clock::Timestamp;
use atlas_actors::fleet::Busy;
use atlas_actors::limits::RETRY_AFTER;
use atlas_actors::messages::{MachineError, RecordError, TokenError};
use atlas_actors::store::{AppendError, PutError, StoreError};

use super::request_id;
use crate::wire::incoming_report::ReadReportError;
use crate::wire::views::{ErrorBody, ErrorView, LegacyErrorBody};

/// An answer that is no success.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// What 2.0 says here; its clients read `error` as a text.
    legacy: Option<&'static str>,
    retry_after_s: Option<u64>,
    server_time: Option<Timestamp>,
}

impl ApiError {
    /// An error with its word and its sentence.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            legacy: None,
            retry_after_s: None,
            server_time: None,
        }
    }

    /// The request can't be understood.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Nobody is signed in, or the key is wrong.
    pub fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message).told_as_in_2_0("Unauthorized")
    }

    /// There is no machine of that id.
    pub fn no_such_machine() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "machine_not_found",
            "There is no machine of that id or serial number.",
        )
        .told_as_in_2_0("Machine not found")
    }

    /// The same, with the text that 2.0 sends.
    #[must_use]
    pub fn told_as_in_2_0(mut self, text: &'static str) -> Self {
        self.legacy = Some(text);
        self
    }

    /// The same, and when to come again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    fn busy(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).retry_after(RETRY_AFTER.as_secs())
    }

    fn body(&self) -> Vec<u8> {
        let request_id = request_id::current();
        let (code, message) = (self.code, &*self.message);
        let json = match self.legacy {
            Some(error) => serde_json::to_vec(&LegacyErrorBody {
                error,
                code,
                message,
                request_id: &request_id,
                e2ee_verified: (code == "decrypt_failed").then_some(false),
            }),
            None => serde_json::to_vec(&ErrorBody {
                error: ErrorView {
                    code,
                    message,
                    request_id: &request_id,
                    server_time: self.server_time.map(|time| time.to_string()),
                },
            }),
        };
        // Texts always serialise.
        json.unwrap_or_default()
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        if self.status.is_server_error() {
            tracing::warn!(code = self.code, message = %self.message, "request failed");
        }
        let mut response = HttpResponse::build(self.status);
        response.content_type("application/json");
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if matches!(
            self.status,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
        ) {
            // What is left of the body must not be taken for the next request.
            response.force_close();
        }
        response.body(self.body())
    }
}

impl From<Busy> for ApiError {
    fn from(_: Busy) -> Self {
        Self::busy("The server is busy: try again in a few seconds.")
    }
}

impl From<ReadReportError> for ApiError {
    fn from(error: ReadReportError) -> Self {
        let (code, legacy) = match &error {
            ReadReportError::MissingMachineId => ("missing_machine_id", Some("Missing machine_id")),
            ReadReportError::MachineId(_) => ("invalid_machine_id", None),
            ReadReportError::Name { .. } => ("invalid_name", None),
            ReadReportError::Time(_) => ("invalid_time", None),
            ReadReportError::Shape(_) | ReadReportError::Malformed(_) => ("malformed_report", None),
        };
        Self {
            legacy,
            ..Self::bad_request(code, sentence(&error.to_string()))
        }
    }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            RecordError::ClockSkew { server_time } => Self {
                server_time: Some(server_time),
                ..Self::new(StatusCode::CONFLICT, "clock_skew", message)
            },
            RecordError::TooOld => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_old", message),
            RecordError::SeqReused => Self::new(StatusCode::CONFLICT, "seq_reuse", message),
            RecordError::ReplayTooOld => Self::new(StatusCode::CONFLICT, "replay_too_old", message),
            RecordError::BacklogPaced => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "backlog_paced", message).retry_after(2)
            }
            RecordError::TooManyMachines => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "too_many_machines", message)
            }
            RecordError::Poisonous => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "set_aside", message),
            RecordError::Append(error) => error.into(),
            RecordError::Rebuilding | RecordError::Busy => Self::busy(&message),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "storage_full",
                "The server's disk is full: nothing was stored. Make room; it goes on by itself.",
            )
            .retry_after(RETRY_AFTER.as_secs()),
            StoreError::Busy | StoreError::Closed => {
                Self::busy("The server is busy: try again in a few seconds.")
            }
            StoreError::Damaged(_) | StoreError::Engine(_) => {
                tracing::error!(%error, "the store failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "store_failed",
                    "The server could not read or write its data: its log says why.",
                )
            }
        }
    }
}

impl From<WitnessError> for ApiError {
    fn from(error: WitnessError) -> Self {
        match error {
            WitnessError::Append(error) => error.into(),
            WitnessError::Busy => Busy.into(),
        }
    }
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Store(error) => error.into(),
            AppendError::Conflict { .. } => Self::busy("The record was changed elsewhere: try again."),
        }
    }
}

impl From<PutError> for ApiError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Store(error) => error.into(),
            PutError::Conflict { .. } => {
                Self::busy("This was changed elsewhere at the same time: try again.")
            }
        }
    }
}

impl From<MachineError> for ApiError {
    fn from(error: MachineError) -> Self {
        match error {
            MachineError::Unknown => Self::no_such_machine(),
            MachineError::Tags(error) => Self::bad_request("too_many_tags", sentence(&error.to_string())),
            MachineError::Append(error) => error.into(),
            MachineError::Store(error) => error.into(),
            MachineError::Busy => Busy.into(),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let message = sentence(&error.to_string());
        match error {
            TokenError::Unknown => Self {
                legacy: None,
                ..Self::unauthorized("token_refused", message)
            },
            TokenError::MachineEnrolled => Self::new(StatusCode::FORBIDDEN, "machine_is_enrolled", message),
            TokenError::Revoked => Self {
                legacy: None,
                ..Self::unauthorized("agent_revoked", message)
            },
            TokenError::TooManyPending => Self::new(StatusCode::CONFLICT, "too_many_pending", message),
            TokenError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_tokens", message),
            TokenError::NoRandomness | TokenError::Busy => Self::busy(&message),
            TokenError::Put(error) => error.into(),
            TokenError::Store(error) => error.into(),
        }
    }
}

/// An error's words as a sentence.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

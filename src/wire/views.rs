//! What the API answers with: one type for each shape. The OpenAPI document is made from these, and
//! the dashboard's types from that document.

mod audit;
mod certificate;
mod channel;
mod commands;
mod enrolment;
mod errors;
mod fleet;
mod history;
mod live;
mod operator_keys;
mod prometheus;
mod quarantine;
mod session;
mod users;

pub use audit::{AuditHeadView, AuditLineView, AuditRecordView, AuditView};
pub use certificate::{CertificateView, RenewRequest};
pub use channel::{HealthCheckView, ReportAskedView};
pub use commands::{
    CommandAckRequest, CommandCreatedView, CommandParams, CommandRequest, CommandView, CommandsView,
    ReceiptView, StatusView,
};
pub use enrolment::{
    EnrolledAgentView, EnrolledAgentsView, OpenTokenView, RotationRequest, RotationView, TokenRequest,
    TokenView, TokensView,
};
pub use errors::{ErrorBody, ErrorView, LegacyErrorBody, ToldError, ToldSentence};
pub use fleet::{AgentView, AlertView, HealthView, MachineView, MachinesView, SummaryView, TagsView};
pub use history::{HistoryEntryView, HistoryView, SeriesColumnView, SeriesView};
pub use live::{AlarmView, CardView, DeltaFrame, OsView, PresenceView, SnapshotFrame, TickFrame};
pub use operator_keys::{OperatorKeyRequest, OperatorKeyView, OperatorKeysView};
pub use prometheus::{ScrapeLabels, ScrapeTargetView};
pub use quarantine::{QuarantineView, QuarantinedMessageView};
pub use session::{
    CodeRequest, MeView, PasswordRequest, ReauthenticateRequest, ReauthenticatedView, RecoveryCodesView,
    RoleView, ScopeView, ScopesView, SessionView, SessionsView, SignInRequest, SuccessView, TotpView,
    UserView,
};
pub use users::{
    ApiKeyRequest, ApiKeyView, ApiKeysView, NewApiKeyView, NewPasswordRequest, PasswordUpdateView,
    UserChangeRequest, UserEntryView, UserNameRequest, UserRequest, UsersView,
};

//! What the API answers with: one type for each shape. The OpenAPI document is made from these, and
//! the dashboard's types from that document.

mod audit;
mod certificate;
mod channel;
mod command_batches;
mod commands;
mod enrolment;
mod errors;
mod fleet;
mod history;
mod live;
mod network;
mod operator_keys;
mod prometheus;
mod quarantine;
mod query;
mod sections;
mod session;
mod speed_tests;
mod users;
mod words;

pub use audit::{AuditHeadView, AuditLineView, AuditRecordView, AuditView};
pub use certificate::{CertificateView, RenewRequest};
pub use channel::{HealthCheckView, ReportAskedView};
pub use command_batches::{
    BatchCommandView, BatchRequest, BatchView, CommandListView, OutputView, PreviewView, ScriptRequest,
    ScriptView, ScriptsView, SignaturesRequest, SignedDraft, SkippedView, TargetView, TargetsRequest,
    WavesRequest,
};
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
pub use history::{GapView, HistoryEntryView, HistoryView, SeriesColumnView, SeriesView};
pub use live::{
    AlarmView, CardView, CauseView, DeltaFrame, OsView, OutageView, PresenceView, SnapshotFrame, TickFrame,
};
pub use network::{
    MosRequest, MosView, NetworkAnalysisView, NetworkGroupView, NetworkMachineView, NetworkView,
    SpeedTestView, TestMetricsView, TestServerView, TestServersView, TestSummaryView,
};
pub use operator_keys::{OperatorKeyRequest, OperatorKeyView, OperatorKeysView};
pub use prometheus::{ScrapeLabels, ScrapeTargetView};
pub use quarantine::{QuarantineView, QuarantinedMessageView};
pub use query::{
    QueryHeadView, QueryLineView, QuerySeriesView, QueryValueView, QueryView, StorageView, TierView,
};
pub use sections::{
    ChangedItemView, ChangesView, LatestView, SectionChangeView, SectionEntryView, SectionView, SectionsView,
};
pub use session::{
    CodeRequest, MeView, MethodsView, PasswordRequest, ProviderView, ReauthenticateRequest,
    ReauthenticatedView, RecoveryCodesView, RoleView, ScopeView, ScopesView, SessionView, SessionsView,
    SignInRequest, SignInWayView, SuccessView, TotpView, UserView,
};
pub use speed_tests::{
    MachineSpeedView, SpeedAnomaliesView, SpeedAnomalyView, SpeedComparisonView, SpeedGroupView,
    SpeedSummaryView, SpeedSumsView, SpeedTestsView,
};
pub use users::{
    ApiKeyRequest, ApiKeyView, ApiKeysView, NewApiKeyView, NewPasswordRequest, PasswordUpdateView,
    UserChangeRequest, UserEntryView, UserNameRequest, UserRequest, UsersView,
};
pub use words::{
    AgentStateWord, CertificateSourceWord, CertificateStateWord, HashWord, KeyStateWord, ScopeWord,
};

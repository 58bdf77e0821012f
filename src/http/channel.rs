//! The agents' channels: one answer of theirs stays open, and brings what the server has to tell them
//! at once. Who has one and what is said, the fleet knows; here it is sealed, line by line.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::limits::CHANNEL_QUEUE;
use atlas_actors::messages::{
    ChannelId, ChannelMessage, CloseChannel, OpenChannel, OpenChannelError, RecordPong, ReportAsked,
};
use atlas_actors::model::MachineId;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

use super::Edge;
use super::body::LimitedBody;
use super::error::ApiError;
use super::machines::{find, json};
use super::sealed::{self, decrypt_failed};
use super::streams;
use crate::wire::channel::{self, CHANNEL_ROUTE, LineWriter, MessageV2, OpeningV2, PONG_ROUTE, PongV2};
use crate::wire::hex_id;
use crate::wire::views::ReportAskedView;

/// Characters of an agent's version that are kept.
const VERSION_CHARS_MAX: usize = 64;

/// Opens an agent's channel; one that it had before ends.
///
/// # Errors
/// 401 or 403 when the agent is not let in, 409 when its clock is off or the opening is a repeat, 429
/// when it opens them too often, 503 when too many are open.
#[utoipa::path(post, path = "/api/v2/agents/channel", tag = "agents",
    request_body(content = Object, description = "Sealed; docs/protocol.md gives its fields"),
    responses((status = 200, description = "Stays open: a sealed message a line",
        content_type = "application/x-ndjson", body = String)))]
pub async fn open(
    edge: web::Data<Edge>,
    request: HttpRequest,
    LimitedBody(body): LimitedBody,
) -> Result<HttpResponse, ApiError> {
    let sealed = sealed::open_fresh(&edge, &body, CHANNEL_ROUTE).await?;
    let opening: OpeningV2 = content(&sealed.content.plaintext)?;
    let key = edge
        .desk
        .seal_key(&sealed.agent, &sealed.key)
        .ok_or_else(decrypt_failed)?;
    let (messages, received) = mpsc::channel(CHANNEL_QUEUE);
    let (machine, channel) = (sealed.agent.machine.clone(), id(opening.channel));
    let version: String = opening.agent_version.chars().take(VERSION_CHARS_MAX).collect();
    edge.fleet
        .open_channel(OpenChannel {
            machine: machine.clone(),
            agent_id: sealed.agent.agent_id.clone(),
            kid: sealed.key.kid.clone(),
            channel,
            agent_version: version.into(),
            messages,
        })
        .await?;
    let speaker = Speaker {
        stopping: edge.stopping.clone(),
        connection: streams::connection_of(&request).unwrap_or_else(|| watch::channel(()).1),
        edge,
        received,
        lines: LineWriter::new(key, opening.channel),
        machine,
        channel,
    };
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // nginx would hold the lines back otherwise.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(speaker.into_stream()))
}

/// Takes the answer to a ping.
///
/// # Errors
/// 401 or 403 when the agent is not let in, 404 when nobody asked.
#[utoipa::path(post, path = "/api/v2/agents/channel/pong", tag = "agents",
    request_body(content = Object, description = "Sealed; docs/protocol.md gives its fields"),
    responses((status = 204, description = "It is noted")))]
pub async fn pong(edge: web::Data<Edge>, LimitedBody(body): LimitedBody) -> Result<HttpResponse, ApiError> {
    let sealed = sealed::open_fresh(&edge, &body, PONG_ROUTE).await?;
    let pong: PongV2 = content(&sealed.content.plaintext)?;
    let was_asked = edge
        .fleet
        .record_pong(RecordPong {
            machine: sealed.agent.machine.clone(),
            channel: id(pong.channel),
            ping: pong.id,
            uptime: Duration::from_secs(pong.uptime_s),
        })
        .await?;
    if was_asked {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_ping",
            "No answer is waited for: the ping was answered, or its channel has ended.",
        ))
    }
}

/// Has a machine report now, since somebody looks at it. Nothing is changed by it, and however many
/// look, it is asked once in five seconds: it leaves no trace in the audit log.
///
/// # Errors
/// 404 when there is no such machine.
#[utoipa::path(post, path = "/api/v2/machines/{id}/report-now", tag = "machines",
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "How the agent hears of it", body = ReportAskedView)))]
pub async fn ask_report(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    let status = match edge.fleet.ask_report(machine).await? {
        ReportAsked::Told => "told",
        ReportAsked::ToldBefore => "told_before",
        ReportAsked::WithNextReport => "with_next_report",
    };
    Ok(json(&ReportAskedView { status }))
}

fn content<T: DeserializeOwned>(plaintext: &[u8]) -> Result<T, ApiError> {
    channel::parse(plaintext).map_err(|_| {
        ApiError::bad_request(
            "malformed_channel",
            "What was sealed is not what this route takes: docs/protocol.md has its fields.",
        )
    })
}

fn id(id: hex_id::ChannelId) -> ChannelId {
    ChannelId(*id.as_bytes())
}

/// Says what is in a channel's queue for as long as both sides want it.
struct Speaker {
    edge: web::Data<Edge>,
    received: mpsc::Receiver<ChannelMessage>,
    stopping: watch::Receiver<bool>,
    connection: watch::Receiver<()>,
    lines: LineWriter,
    machine: MachineId,
    channel: ChannelId,
}

impl Speaker {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
        stream::unfold(self, |mut speaker| async move {
            let line = speaker.next().await?;
            Some((Ok(line), speaker))
        })
    }

    /// The next line; nothing when the fleet has dropped the channel, its connection is gone or the
    /// server stops.
    async fn next(&mut self) -> Option<Bytes> {
        if *self.stopping.borrow() {
            return None;
        }
        let message = tokio::select! {
            message = self.received.recv() => message?,
            _ = self.stopping.changed() => return None,
            _ = self.connection.changed() => return None,
        };
        let message = match message {
            ChannelMessage::Ping { id } => MessageV2::Ping { id },
            ChannelMessage::ReportNow => MessageV2::ReportNow,
            ChannelMessage::CommandsDue => MessageV2::CommandsDue,
        };
        self.lines.line(message, self.edge.fleet.now()).map(Bytes::from)
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.edge.fleet.close_channel(CloseChannel {
            machine: self.machine.clone(),
            channel: self.channel,
        });
    }
}

impl From<OpenChannelError> for ApiError {
    fn from(error: OpenChannelError) -> Self {
        match error {
            OpenChannelError::TooMany => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_channels",
                "This server has as many channels open as it takes: reports go on without one.",
            )
            .retry_after(60),
            OpenChannelError::Repeated => Self::new(
                StatusCode::CONFLICT,
                "channel_repeated",
                "This opening was sent before: draw another id.",
            ),
            OpenChannelError::TooOften => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "channel_too_often",
                "This agent opens channels too often: wait.",
            )
            .retry_after(60),
            OpenChannelError::Busy => atlas_actors::fleet::Busy.into(),
        }
    }
}

//! `GET /api/fleet/stream`: the fleet as server-sent events. A snapshot, then what changes; a viewer
//! who comes back with the revision it has gets only what it missed.

use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::messages::Frame;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Edge;
use super::caller::{Caller, Principal};
use super::error::ApiError;
use super::limits::TICK;

/// Opens the live stream.
///
/// # Errors
/// 503 when too many look on.
#[utoipa::path(get, path = "/api/fleet/stream", tag = "machines",
    responses((status = 200, description = "Server-sent events: `snapshot` (SnapshotFrame, in parts), then `delta` (DeltaFrame) and `tick` (TickFrame)",
        content_type = "text/event-stream", body = String)))]
pub async fn open(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    let place = Arc::clone(&edge.viewers).try_acquire_owned().map_err(|_| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_viewers",
            "Too many pages look on: close some.",
        )
        .retry_after(30)
    })?;
    let last = request
        .headers()
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let viewer = Viewer::new(edge.clone(), last, caller, place);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // nginx would hold the events back otherwise.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(viewer.into_stream()))
}

struct Viewer {
    edge: web::Data<Edge>,
    frames: broadcast::Receiver<Frame>,
    stopping: watch::Receiver<bool>,
    caller: Arc<Principal>,
    revision: u64,
    ready: VecDeque<Bytes>,
    _place: OwnedSemaphorePermit,
}

impl Viewer {
    fn new(
        edge: web::Data<Edge>,
        last: Option<&str>,
        caller: Arc<Principal>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        // Listening starts before the view is read, so that no frame falls in between.
        let frames = edge.fleet.frames();
        let stopping = edge.stopping.clone();
        let mut viewer = Self {
            edge,
            frames,
            stopping,
            caller,
            revision: 0,
            ready: VecDeque::new(),
            _place: place,
        };
        viewer.catch_up(last);
        viewer
    }

    fn catch_up(&mut self, last: Option<&str>) {
        let view = self.edge.fleet.view().clone();
        let known = last.and_then(|last| self.edge.encoder.revision(last));
        match known.and_then(|revision| view.frames_after(revision)) {
            Some(missed) => self.ready.extend(missed.into_iter().map(|frame| frame.bytes)),
            None => self
                .ready
                .extend(self.edge.encoder.snapshot(&view, self.edge.fleet.now())),
        }
        self.revision = view.revision();
        // The first sign of life comes at once: the page knows that it is connected.
        self.ready
            .push_back(self.edge.encoder.tick(self.edge.fleet.now()));
    }

    fn into_stream(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
        stream::unfold(self, |mut viewer| async move {
            let bytes = viewer.next().await?;
            Some((Ok(bytes), viewer))
        })
    }

    /// The next bytes; nothing when the session has ended or the server stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if *self.stopping.borrow() || !self.is_signed_in() {
                return None;
            }
            tokio::select! {
                frame = self.frames.recv() => self.take(frame)?,
                _ = self.stopping.changed() => return None,
                () = tokio::time::sleep(TICK) => {
                    self.ready.push_back(self.edge.encoder.tick(self.edge.fleet.now()));
                }
            }
        }
    }

    fn take(&mut self, frame: Result<Frame, RecvError>) -> Option<()> {
        match frame {
            Ok(frame) if frame.revision > self.revision => {
                self.revision = frame.revision;
                self.ready.push_back(frame.bytes);
            }
            // It was in the view already.
            Ok(_) => {}
            // Too slow for the frames: the whole again.
            Err(RecvError::Lagged(_)) => self.catch_up(None),
            Err(RecvError::Closed) => return None,
        }
        Some(())
    }

    /// Looking on is no use of the session: a page that is left open ends with it.
    fn is_signed_in(&self) -> bool {
        self.caller.is_live(&self.edge)
    }
}

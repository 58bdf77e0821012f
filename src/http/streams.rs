//! Counts the requests that each connection has under way, bodies of answers included, and refuses
//! more than [`STREAMS_PER_CONNECTION`]: HTTP/2 lets a client open any number at once, and actix-web
//! has no way to announce a bound. Streams that the client resets count until their handler is done.
//! Also tells an answer that has nothing to send that its connection is gone, which actix-web notices only
//! when it sends.

use std::any::Any;
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, ResponseError};
use bytes::Bytes;
use tokio::sync::watch;

use super::error::ApiError;
use super::limits::STREAMS_PER_CONNECTION;

/// Requests under way on one connection.
#[derive(Clone, Default)]
struct UnderWay(Rc<Cell<u32>>);

/// A place on a connection; free again when it is dropped.
struct Place(UnderWay);

impl UnderWay {
    fn take_place(&self) -> Option<Place> {
        if self.0.get() >= STREAMS_PER_CONNECTION {
            return None;
        }
        self.0.set(self.0.get() + 1);
        Some(Place(self.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let count = &self.0.0;
        count.set(count.get().saturating_sub(1));
    }
}

/// Lives as long as its connection, and is never sent anything.
struct Alive(watch::Sender<()>);

/// Gives a new connection its count.
pub fn count_on(_: &dyn Any, connection: &mut Extensions) {
    connection.insert(UnderWay::default());
    connection.insert(Alive(watch::channel(()).0));
}

/// Fails when the request's connection is gone; never otherwise.
#[must_use]
pub fn connection_of(request: &HttpRequest) -> Option<watch::Receiver<()>> {
    request.conn_data::<Alive>().map(|alive| alive.0.subscribe())
}

/// The middleware that refuses.
///
/// # Errors
/// Those of the service within.
pub async fn limit(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let under_way = request.conn_data::<UnderWay>().cloned().unwrap_or_default();
    let Some(place) = under_way.take_place() else {
        return Ok(request.into_response(too_many().error_response()));
    };
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| BoxBody::new(Placed { body, _place: place })))
}

fn too_many() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_streams",
        format!(
            "This connection has {STREAMS_PER_CONNECTION} requests under way: wait for their answers, or open another one."
        ),
    )
    .retry_after(1)
}

/// A body that holds its request's place until it is sent.
struct Placed {
    body: BoxBody,
    _place: Place,
}

impl MessageBody for Placed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_answer_is_gone() {
        let under_way = UnderWay::default();
        let mut places: Vec<_> = (0..STREAMS_PER_CONNECTION)
            .map(|_| under_way.take_place().unwrap())
            .collect();
        assert!(under_way.take_place().is_none());
        places.pop();
        assert!(under_way.take_place().is_some());
    }
}

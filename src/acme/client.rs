//! Lets the ACME library speak through the one client that calls foreign addresses.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};

use crate::outbound::{Call, Outbound};

/// The library's client.
pub(super) struct AcmeClient(pub(super) Outbound);

type Answering = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl HttpClient for AcmeClient {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Answering {
        let outbound = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|error| Error::Other(error.into()))?;
            let call = Call {
                method: parts.method,
                url: parts.uri.to_string(),
                headers: parts.headers,
                body: body.to_bytes(),
            };
            let answer = outbound
                .call(call)
                .await
                .map_err(|error| Error::Other(Box::new(error)))?;
            let mut response = Response::new(Full::new(answer.body));
            *response.status_mut() =
                http::StatusCode::from_u16(answer.status).map_err(|error| Error::Other(Box::new(error)))?;
            *response.headers_mut() = answer.headers;
            Ok(response.into())
        })
    }
}

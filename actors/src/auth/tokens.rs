//! Enrolment tokens: made for an administrator, used up by agents.

use actix::{ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, WrapFuture};
use serde::{Deserialize, Serialize};

use super::AuthService;
use super::credentials::{Digest, digest};
use super::messages::{FindToken, IssueToken, IssuedToken, TokenError};
use super::sessions::hex;
use crate::clock::Timestamp;
use crate::limits::TOKENS_MAX;
use crate::store::{DocumentKind, Revision};
use crate::stored::encode;
use crate::supervision::{ActorName, shielded};

/// A token as stored: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EnrolmentToken {
    pub(super) secret: Digest,
    pub(super) uses_left: u32,
    pub(super) expires_at: Timestamp,
}

/// 256 random bits.
pub(super) fn random() -> Result<[u8; 32], getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// 256 random bits as text.
pub(super) fn random_text() -> Result<String, getrandom::Error> {
    random().map(|bytes| hex(&bytes))
}

impl AuthService {
    /// The open token of that name.
    pub(super) fn open_token(&self, id: &str) -> Result<&(EnrolmentToken, Revision), TokenError> {
        let now = self.clock.now();
        let open = |(token, _): &&(EnrolmentToken, Revision)| token.expires_at > now && token.uses_left > 0;
        self.tokens.get(id).filter(open).ok_or(TokenError::Unknown)
    }

    pub(super) fn drop_expired_tokens(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let ended: Vec<_> = self
            .tokens
            .extract_if(|_, (token, _)| token.expires_at <= now)
            .collect();
        for (id, (_, revision)) in ended {
            let dropped = self.store.delete(DocumentKind::Token, id, revision);
            ctx.spawn(
                async move {
                    if let Err(error) = dropped.await {
                        tracing::warn!(%error, "an ended enrolment token stays on disk for now");
                    }
                }
                .into_actor(self),
            );
        }
    }
}

impl Handler<IssueToken> for AuthService {
    type Result = AtomicResponse<Self, Result<IssuedToken, TokenError>>;

    fn handle(&mut self, msg: IssueToken, _: &mut Context<Self>) -> Self::Result {
        if self.tokens.len() >= TOKENS_MAX {
            return AtomicResponse::new(Box::pin(actix::fut::ready(Err(TokenError::TooMany))));
        }
        let (Ok(secret), Ok(id)) = (random(), random_text()) else {
            return AtomicResponse::new(Box::pin(actix::fut::ready(Err(TokenError::NoRandomness))));
        };
        let id = id[..16].to_owned();
        let token = EnrolmentToken {
            secret: digest(&secret),
            uses_left: msg.uses_max,
            expires_at: self.clock.now().plus(msg.ttl),
        };
        let issued = IssuedToken {
            id: id.clone(),
            secret,
            expires_at: token.expires_at,
            uses_max: msg.uses_max,
        };
        let written = self.store.put(
            DocumentKind::Token,
            id.clone(),
            Revision::default(),
            encode(&token),
        );
        AtomicResponse::new(Box::pin(written.into_actor(self).map(
            move |written, service, _| {
                service.tokens.insert(id, (token, written?));
                Ok(issued)
            },
        )))
    }
}

impl Handler<FindToken> for AuthService {
    type Result = Result<Digest, TokenError>;

    fn handle(&mut self, FindToken(id): FindToken, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let find = || self.open_token(&id).map(|(token, _)| token.secret);
        shielded(&safety, ctx, || ActorName::AuthService, &id, find).unwrap_or(Err(TokenError::Busy))
    }
}

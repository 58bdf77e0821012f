//! Enrolment tokens: made for an administrator, used up by agents. Their digests rest wrapped, since
//! a digest is as good as its token.

use std::fmt;

use actix::{ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, MessageResult, WrapFuture};
use serde::{Deserialize, Serialize};

use super::AuthService;
use super::agents::messages::{
    FindToken, IssueToken, IssuedToken, ListTokens, OpenToken, RevokeToken, TokenError,
};
use super::agents::ready;
use super::credentials::{Digest, digest};
use super::sessions::hex;
use crate::clock::Timestamp;
use crate::limits::TOKENS_MAX;
use crate::store::{DocumentKind, Revision, Store};
use crate::supervision::{ActorName, shielded};
use crate::vault::{self, Vault};

/// A token as stored: without its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EnrolmentToken {
    pub(super) secret: Digest,
    pub(super) uses_left: u32,
    pub(super) uses_max: u32,
    pub(super) expires_at: Timestamp,
    pub(super) created_at: Timestamp,
    /// Nothing when it was made before that was kept.
    pub(super) created_by: String,
}

impl fmt::Debug for EnrolmentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolmentToken({} uses left)", self.uses_left)
    }
}

/// A use of a token that is to be written down, or is.
pub(super) struct TokenUse {
    id: String,
    left: EnrolmentToken,
    revision: Revision,
}

impl TokenUse {
    /// Writes it down; a token that is used up goes.
    pub(super) async fn write(self, store: &dyn Store, vault: &dyn Vault) -> Result<Self, TokenError> {
        const KIND: DocumentKind = DocumentKind::Token;
        let Self { id, left, revision } = self;
        if left.uses_left == 0 {
            store.delete(KIND, id.clone(), revision).await?;
            return Ok(Self { id, left, revision });
        }
        let body = vault::wrap(vault, KIND, &id, &left)?;
        let revision = store.put(KIND, id.clone(), revision, body).await?;
        Ok(Self { id, left, revision })
    }
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
    fn open_token(&self, id: &str) -> Result<&(EnrolmentToken, Revision), TokenError> {
        let now = self.clock.now();
        let open = |(token, _): &&(EnrolmentToken, Revision)| token.expires_at > now && token.uses_left > 0;
        self.tokens.get(id).filter(open).ok_or(TokenError::Unknown)
    }

    /// One use of an open token.
    pub(super) fn use_token(&self, id: &str) -> Result<TokenUse, TokenError> {
        let (token, revision) = self.open_token(id)?;
        Ok(TokenUse {
            id: id.to_owned(),
            left: EnrolmentToken {
                uses_left: token.uses_left - 1,
                ..token.clone()
            },
            revision: *revision,
        })
    }

    /// The use is on disk.
    pub(super) fn note_use(&mut self, used: TokenUse) {
        if used.left.uses_left == 0 {
            self.tokens.remove(&used.id);
        } else {
            self.tokens.insert(used.id, (used.left, used.revision));
        }
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
            return ready(Err(TokenError::TooMany));
        }
        let (Ok(secret), Ok(id)) = (random(), random_text()) else {
            return ready(Err(TokenError::NoRandomness));
        };
        let id = id[..16].to_owned();
        let token = EnrolmentToken {
            secret: digest(&secret),
            uses_left: msg.uses_max,
            uses_max: msg.uses_max,
            expires_at: self.clock.now().plus(msg.ttl),
            created_at: self.clock.now(),
            created_by: msg.by,
        };
        let Ok(body) = vault::wrap(&*self.vault, DocumentKind::Token, &id, &token) else {
            return ready(Err(TokenError::NoRandomness));
        };
        let issued = IssuedToken {
            id: id.clone(),
            secret,
            expires_at: token.expires_at,
            uses_max: msg.uses_max,
        };
        let written = self
            .store
            .put(DocumentKind::Token, id.clone(), Revision::default(), body);
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

impl Handler<ListTokens> for AuthService {
    type Result = MessageResult<ListTokens>;

    fn handle(&mut self, msg: ListTokens, ctx: &mut Context<Self>) -> Self::Result {
        let (safety, now) = (self.safety.clone(), self.clock.now());
        let list = || {
            let open = |(_, (token, _)): &(&String, &(EnrolmentToken, Revision))| token.expires_at > now;
            let mut shown: Vec<_> = self.tokens.iter().filter(open).map(show).collect();
            shown.sort_by_key(|token| std::cmp::Reverse(token.created_at));
            shown
        };
        let listed = shielded(&safety, ctx, || ActorName::AuthService, &msg, list);
        MessageResult(listed.unwrap_or_default())
    }
}

fn show((id, (token, _)): (&String, &(EnrolmentToken, Revision))) -> OpenToken {
    OpenToken {
        id: id.clone(),
        uses_left: token.uses_left,
        uses_max: token.uses_max,
        expires_at: token.expires_at,
        created_at: token.created_at,
        created_by: token.created_by.clone(),
    }
}

impl Handler<RevokeToken> for AuthService {
    type Result = AtomicResponse<Self, Result<(), TokenError>>;

    fn handle(&mut self, RevokeToken(id): RevokeToken, _: &mut Context<Self>) -> Self::Result {
        let revision = match self.open_token(&id) {
            Ok((_, revision)) => *revision,
            Err(error) => return ready(Err(error)),
        };
        let dropped = self.store.delete(DocumentKind::Token, id.clone(), revision);
        AtomicResponse::new(Box::pin(dropped.into_actor(self).map(
            move |dropped, service, _| {
                dropped?;
                service.tokens.remove(&id);
                Ok(())
            },
        )))
    }
}

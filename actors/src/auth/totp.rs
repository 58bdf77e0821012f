//! A user's second factor: begun, confirmed with a code, and from then on asked for.

use actix::{ActorFutureExt, AtomicResponse, Context, Handler, WrapFuture};

use super::account_messages::{ConfirmTotp, SecondFactorError, StartTotp};
use super::lockout::Bucket;
use super::second_factor::{SecondFactor, TotpSecret};
use super::user::User;
use super::{AuthService, done};

impl Handler<StartTotp> for AuthService {
    type Result = Result<TotpSecret, SecondFactorError>;

    /// The secret waits in memory until a code proves that an app has it.
    fn handle(&mut self, StartTotp(name): StartTotp, _: &mut Context<Self>) -> Self::Result {
        let (user, _) = self.users.get(&name).ok_or(SecondFactorError::Unknown)?;
        if user.second_factor.is_some() {
            return Err(SecondFactorError::Present);
        }
        let secret = TotpSecret::random().map_err(|_| SecondFactorError::Busy)?;
        self.unconfirmed.insert(name, secret.clone());
        Ok(secret)
    }
}

impl Handler<ConfirmTotp> for AuthService {
    type Result = AtomicResponse<Self, Result<(), SecondFactorError>>;

    fn handle(&mut self, msg: ConfirmTotp, _: &mut Context<Self>) -> Self::Result {
        let user = match self.confirmed(&msg) {
            Ok(confirmed) => confirmed,
            Err(error) => return done(Err(error)),
        };
        let writing = self.write_user(&user);
        AtomicResponse::new(Box::pin(writing.into_actor(self).map(
            move |written, service, _| {
                service.unconfirmed.remove(&user.name);
                service.keep_user(user, written?);
                Ok(())
            },
        )))
    }
}

impl AuthService {
    fn confirmed(&mut self, msg: &ConfirmTotp) -> Result<User, SecondFactorError> {
        let now = self.clock.now();
        let (user, _) = self.users.get(&msg.user).ok_or(SecondFactorError::Unknown)?;
        let secret = self
            .unconfirmed
            .get(&msg.user)
            .ok_or(SecondFactorError::NotStarted)?;
        let bucket = Bucket::Codes(msg.user.clone());
        if let Some(retry_in) = self.lockout.locked(&bucket, now) {
            return Err(SecondFactorError::Locked { retry_in });
        }
        let recovery = msg.recovery.clone();
        let Some(factor) = SecondFactor::confirm(secret.clone(), recovery, &msg.code.0, now) else {
            self.lockout.note_failure(bucket, now);
            return Err(SecondFactorError::WrongCode);
        };
        Ok(User {
            second_factor: Some(factor),
            ..user.clone()
        })
    }
}

//! Keeps actors alive. A shield catches what its core panics with, and knows the message; whatever
//! panics elsewhere (a timer, the end of a write, a handler without a core) is caught here. Stands in
//! for actix's own supervisor, for which an actor that panicked is gone for good.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use actix::dev::ContextFut;
use actix::dev::channel::channel;
use actix::{Actor, Addr, Arbiter, Context, Supervised};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{ActorName, Panicked, Safety, panic_text};
use crate::limits::{RESTART_PAUSE_MAX, RESTART_PAUSE_MIN, RESTART_WINDOW, SERVICE_MAILBOX};

/// Polls an actor for as long as somebody has its address.
struct Keeper<A>
where
    A: Actor<Context = Context<A>> + Supervised,
{
    actor: ContextFut<A, Context<A>>,
    name: ActorName,
    safety: Option<Safety>,
    /// The last panic and how long it was waited after it.
    last: Option<(Instant, std::time::Duration)>,
    pause: Option<Pin<Box<Sleep>>>,
}

/// Starts an actor in this arbiter that is started again whenever it stops or panics. `safety` says
/// where panics are told; without one they are only logged.
#[must_use]
pub fn keep<A>(name: ActorName, safety: Option<Safety>, actor: A) -> Addr<A>
where
    A: Actor<Context = Context<A>> + Supervised,
{
    use actix::AsyncContext;
    let ctx = Context::new();
    let addr = ctx.address();
    actix_rt::spawn(Keeper::new(name, safety, ctx.into_future(actor)));
    addr
}

/// As [`keep`], on another arbiter's thread.
#[must_use]
pub fn keep_in<A>(arbiter: &Arbiter, name: ActorName, safety: Option<Safety>, actor: A) -> Addr<A>
where
    A: Actor<Context = Context<A>> + Supervised + Send,
{
    // The bound until the actor has started and set its own.
    let (sender, receiver) = channel(SERVICE_MAILBOX);
    let is_there = arbiter.spawn_fn(move || {
        let ctx = Context::with_receiver(receiver);
        actix_rt::spawn(Keeper::new(name, safety, ctx.into_future(actor)));
    });
    if !is_there {
        tracing::error!("a thread of the fleet has ended: its actors answer nothing");
    }
    Addr::new(sender)
}

impl<A> Keeper<A>
where
    A: Actor<Context = Context<A>> + Supervised,
{
    fn new(name: ActorName, safety: Option<Safety>, actor: ContextFut<A, Context<A>>) -> Self {
        Self {
            actor,
            name,
            safety,
            last: None,
            pause: None,
        }
    }

    /// Tells of a panic, and waits before the actor goes on: the first time hardly, then twice as
    /// long each time, so that an actor that panics whenever it starts leaves its thread to others.
    fn after_panic(&mut self, panic: &(dyn Any + Send)) {
        match &self.safety {
            Some(safety) => {
                let Panicked = safety.quarantine(self.name.clone(), &"outside of its core", panic);
            }
            None => {
                tracing::error!(actor = %self.name, reason = %panic_text(panic), "an actor panicked; it starts again");
            }
        }
        let now = Instant::now();
        let earlier = self
            .last
            .filter(|(at, _)| now.duration_since(*at) < RESTART_WINDOW);
        let pause = earlier.map_or(RESTART_PAUSE_MIN, |(_, pause)| (pause * 2).min(RESTART_PAUSE_MAX));
        self.last = Some((now, pause));
        self.pause = Some(Box::pin(sleep_until(now + pause)));
    }

    /// Starts the actor again; false when nobody can reach it any more.
    fn restart(&mut self) -> bool {
        catch_unwind(AssertUnwindSafe(|| self.actor.restart())).unwrap_or_else(|panic| {
            self.after_panic(&*panic);
            true
        })
    }
}

impl<A> Future for Keeper<A>
where
    A: Actor<Context = Context<A>> + Supervised,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        let keeper = self.get_mut();
        loop {
            if let Some(pause) = &mut keeper.pause {
                ready!(pause.as_mut().poll(task));
                keeper.pause = None;
            }
            match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut keeper.actor).poll(task))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(())) => {}
                Err(panic) => keeper.after_panic(&*panic),
            }
            if !keeper.restart() {
                return Poll::Ready(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix::{AsyncContext, Handler, Message};

    use super::*;

    /// Counts how often it was started; panics when told, wherever it is told.
    #[derive(Default)]
    struct Fragile {
        started: u32,
        restarts_badly: bool,
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    enum PanicIn {
        Handler,
        Timer,
        Future,
        Restart,
    }

    #[derive(Message)]
    #[rtype(result = "u32")]
    struct CountStarts;

    impl Actor for Fragile {
        type Context = Context<Self>;

        fn started(&mut self, _: &mut Self::Context) {
            self.started += 1;
        }
    }

    impl Supervised for Fragile {
        fn restarting(&mut self, _: &mut Self::Context) {
            assert!(!std::mem::take(&mut self.restarts_badly), "on purpose");
        }
    }

    impl Handler<PanicIn> for Fragile {
        type Result = ();

        fn handle(&mut self, msg: PanicIn, ctx: &mut Self::Context) {
            use actix::ActorContext;
            match msg {
                PanicIn::Handler => panic!("on purpose"),
                PanicIn::Timer => {
                    ctx.run_later(std::time::Duration::ZERO, |_, _| panic!("on purpose"));
                }
                PanicIn::Future => ctx.wait(actix::fut::wrap_future(async { panic!("on purpose") })),
                PanicIn::Restart => {
                    self.restarts_badly = true;
                    ctx.stop();
                }
            }
        }
    }

    impl Handler<CountStarts> for Fragile {
        type Result = u32;

        fn handle(&mut self, _: CountStarts, _: &mut Self::Context) -> u32 {
            self.started
        }
    }

    async fn until_started(addr: &Addr<Fragile>, times: u32) {
        while addr.send(CountStarts).await.unwrap() < times {
            tokio::task::yield_now().await;
        }
    }

    #[actix::test]
    async fn an_actor_answers_again_wherever_it_panicked() {
        let addr = keep(ActorName::Roster, None, Fragile::default());
        let all = [
            PanicIn::Handler,
            PanicIn::Timer,
            PanicIn::Future,
            PanicIn::Restart,
        ];
        for (times, panic) in (2..).zip(all) {
            // Whoever sent the message is told that there is no answer, or there was one before.
            let _ = addr.send(panic).await;
            until_started(&addr, times).await;
        }
    }

    #[actix::test]
    async fn what_waits_in_the_mailbox_outlives_a_panic() {
        let addr = keep(ActorName::Roster, None, Fragile::default());
        let (poison, waiting) = (addr.send(PanicIn::Handler), addr.send(CountStarts));
        let (poison, waiting) = futures_util::future::join(poison, waiting).await;
        assert!(poison.is_err());
        assert_eq!(waiting.unwrap(), 2);
    }

    #[actix::test]
    async fn ends_when_nobody_has_its_address() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        struct Holder(
            #[expect(dead_code, reason = "dropped with its actor")] tokio::sync::oneshot::Sender<()>,
        );
        impl Actor for Holder {
            type Context = Context<Self>;
        }
        impl Supervised for Holder {}
        drop(keep(ActorName::Roster, None, Holder(sender)));
        assert!(receiver.await.is_err());
    }
}

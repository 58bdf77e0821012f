//! The signal that ends a process which runs until it is told to stop.

use super::Failure;

/// Waits for SIGTERM or Ctrl-C.
#[cfg(unix)]
pub(super) async fn next() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Waits for SIGUSR1: the machine is about to sleep. See docs/operations.md for what sends it.
#[cfg(unix)]
pub(super) async fn sleep() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::user_defined1())?.recv().await;
    Ok(())
}

/// Never: here nobody says so.
#[cfg(not(unix))]
pub(super) async fn sleep() -> Result<(), Failure> {
    std::future::pending().await
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn next() -> Result<(), Failure> {
    Ok(tokio::signal::ctrl_c().await?)
}

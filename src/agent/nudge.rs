//! What the server wants of this agent at once, however it said so: over the channel, or with the
//! answer to a report. Whoever hears it rings; whoever can do it listens.

use std::sync::Arc;

use tokio::sync::watch;

/// The bells of one agent.
#[derive(Clone, Debug)]
pub struct Bells {
    report: Arc<watch::Sender<()>>,
    commands: Arc<watch::Sender<()>>,
}

impl Bells {
    /// Bells that nobody has rung.
    #[must_use]
    pub fn new() -> Self {
        Self {
            report: Arc::new(watch::channel(()).0),
            commands: Arc::new(watch::channel(()).0),
        }
    }

    /// Somebody looks at the machine: a report should come soon.
    pub fn ring_for_report(&self) {
        self.report.send_replace(());
    }

    /// Commands wait at the server.
    pub fn ring_for_commands(&self) {
        self.commands.send_replace(());
    }

    /// Hears when a report should come soon.
    #[must_use]
    pub fn on_report(&self) -> watch::Receiver<()> {
        self.report.subscribe()
    }

    /// Hears when commands wait.
    #[must_use]
    pub fn on_commands(&self) -> watch::Receiver<()> {
        self.commands.subscribe()
    }
}

impl Default for Bells {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_listens_hears_each_bell_by_itself() {
        let bells = Bells::new();
        let (mut report, commands) = (bells.on_report(), bells.on_commands());
        bells.clone().ring_for_report();
        report.changed().await.unwrap();
        assert!(!commands.has_changed().unwrap());
        bells.ring_for_commands();
        assert!(commands.has_changed().unwrap());
    }
}

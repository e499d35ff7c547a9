//! Follows rules files while services run.

use super::files::{RulesFileError, RulesFiles};
use chassis::{LiveRules, Shutdown};
use domain::RulesChange;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often rules files are read again.
pub const RULES_POLL: Duration = Duration::from_secs(1);

/// Keeps the rules in force as the files say. Files that cannot be used leave in force what is.
#[derive(Debug)]
pub struct RulesFollower {
    paths: Vec<PathBuf>,
    rules: LiveRules,
    /// What was read last.
    read: Option<Reading>,
    /// What was judged last, and whether it was refused.
    judged: Option<Reading>,
    is_refused: bool,
}

type Reading = Result<RulesFiles, RulesFileError>;

/// What came of one poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Polled {
    /// The files say what is in force, or what was refused before, or may still be being written.
    Nothing,
    /// What the files say is in force now. Without changes, they were bad before and are mended.
    Taken(Vec<RulesChange>),
    /// The files cannot be used: the rules before stay in force.
    Refused(RulesFileError),
}

impl RulesFollower {
    /// `paths` are what [`load_rules`](super::load_rules) takes.
    pub fn new(paths: Vec<PathBuf>, rules: LiveRules) -> Self {
        Self { paths, rules, read: None, judged: None, is_refused: false }
    }

    /// Polls each [`RULES_POLL`] until `shutdown`, and logs what comes of it.
    pub async fn run(mut self, shutdown: Shutdown) {
        let following = async {
            let mut ticks = tokio::time::interval(RULES_POLL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                // On a thread of its own: files may lie where reading takes long.
                let polling = tokio::task::spawn_blocking(move || (self.poll(), self));
                match polling.await {
                    Ok((polled, follower)) => {
                        polled.tell();
                        self = follower;
                    }
                    Err(error) => return tracing::error!(%error, "rules files are not followed any more"),
                }
            }
        };
        shutdown.run_until_cancelled(following).await;
    }

    /// Reads the files once, and takes what they say if it is new and was read the same the time before: a file that is still being
    /// written may look whole and say something else. Each content is judged once. Blocks while it reads.
    ///
    /// Contents are compared, not times or names: a Kubernetes ConfigMap is renewed by turning a symlink round.
    pub fn poll(&mut self) -> Polled {
        let reading = RulesFiles::read(&self.paths);
        if self.read.as_ref() != Some(&reading) {
            self.read = Some(reading);
            return Polled::Nothing;
        }
        if self.judged.as_ref() == Some(&reading) {
            return Polled::Nothing;
        }
        self.judged = Some(reading.clone());
        self.judge(reading)
    }

    fn judge(&mut self, reading: Reading) -> Polled {
        let rules = reading.and_then(|files| files.parse());
        let was_refused = std::mem::replace(&mut self.is_refused, rules.is_err());
        match rules.map(|rules| self.rules.replace(rules)) {
            Ok(changes) if changes.is_empty() && !was_refused => Polled::Nothing,
            Ok(changes) => Polled::Taken(changes),
            Err(error) => Polled::Refused(error),
        }
    }
}

impl Polled {
    fn tell(&self) {
        match self {
            Self::Nothing => {}
            Self::Taken(changes) if changes.is_empty() => {
                tracing::info!("rules files can be used again: they say what is in force");
            }
            Self::Taken(changes) => {
                let queues: Vec<String> = changes.iter().map(ToString::to_string).collect();
                tracing::info!(queues = queues.join(", "), "rules reloaded");
            }
            Self::Refused(error) => tracing::warn!(%error, "rules not reloaded: those in force stay"),
        }
    }
}

#[cfg(test)]
mod tests;

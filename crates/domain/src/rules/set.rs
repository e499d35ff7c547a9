use super::{Rules, RulesError};
use crate::{QueueName, RulesVersion};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Versions of one queue that are known after others took their place.
pub const EARLIER_VERSIONS_MAX: usize = 4;
/// Versions of all queues together that are known so.
pub const EARLIER_VERSIONS_OF_ALL_MAX: usize = 1_024;

/// A realm's rules at one moment: one version in force for each queue, and the last few that were in force before.
///
/// Services take up new rules some moments apart, and what was begun under the old ones is on its way meanwhile. So whoever
/// searches or commits still knows versions that are no longer in force.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    queues: BTreeMap<QueueName, Arc<Rules>>,
    /// Those replaced last come first. None of them is in force.
    earlier: Vec<Arc<Rules>>,
}

/// What became of one queue when one set of rules succeeded another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulesChange {
    Added { queue: QueueName, now: RulesVersion },
    Changed { queue: QueueName, now: RulesVersion, before: RulesVersion },
    Removed { queue: QueueName, before: RulesVersion },
}

impl RuleSet {
    /// Errors when two of them are for the same queue, or there are none.
    pub fn try_new(rules: Vec<Rules>) -> Result<Self, RulesError> {
        if rules.is_empty() {
            return Err(RulesError("no rules: give at least one rules file".into()));
        }
        let mut queues = BTreeMap::new();
        for rules in rules {
            let queue = rules.queue().clone();
            if queues.insert(queue.clone(), Arc::new(rules)).is_some() {
                return Err(RulesError(format!("two rules files name the queue {queue}: rename one or leave it out")));
            }
        }
        Ok(Self { queues, earlier: Vec::new() })
    }

    /// These rules in the place of `old`, whose versions stay known: up to [`EARLIER_VERSIONS_MAX`] of each queue, and up to
    /// [`EARLIER_VERSIONS_OF_ALL_MAX`] of all.
    #[must_use]
    pub fn succeed(self, old: &Self) -> Self {
        let mut next = Self { queues: self.queues, earlier: Vec::new() };
        for rules in old.queues.values().chain(&old.earlier) {
            let of_queue = next.earlier.iter().filter(|earlier| earlier.queue() == rules.queue()).count();
            let is_known = next.of_version(rules.queue(), rules.version()).is_some();
            if !is_known && of_queue < EARLIER_VERSIONS_MAX {
                next.earlier.push(rules.clone());
            }
        }
        next.earlier.truncate(EARLIER_VERSIONS_OF_ALL_MAX);
        next
    }

    /// Which queues have another version in force than in `old`, by queue name.
    pub fn changes_since(&self, old: &Self) -> Vec<RulesChange> {
        let queues: BTreeSet<&QueueName> = old.queues.keys().chain(self.queues.keys()).collect();
        let version = |set: &Self, queue: &QueueName| set.get(queue).map(|rules| rules.version());
        let change = |queue: &QueueName| match (version(old, queue), version(self, queue)) {
            (Some(before), Some(now)) if before != now => {
                Some(RulesChange::Changed { queue: queue.clone(), now, before })
            }
            (None, Some(now)) => Some(RulesChange::Added { queue: queue.clone(), now }),
            (Some(before), None) => Some(RulesChange::Removed { queue: queue.clone(), before }),
            _ => None,
        };
        queues.into_iter().filter_map(change).collect()
    }

    /// The rules in force; none for a queue that takes no tickets.
    pub fn get(&self, queue: &QueueName) -> Option<&Arc<Rules>> {
        self.queues.get(queue)
    }

    /// The rules for tickets that wait in the queue: those in force or, once the queue is removed, those that it had last.
    pub fn latest(&self, queue: &QueueName) -> Option<&Arc<Rules>> {
        self.get(queue).or_else(|| self.earlier.iter().find(|rules| rules.queue() == queue))
    }

    /// The queue's rules of this version, in force or earlier.
    pub fn of_version(&self, queue: &QueueName, version: RulesVersion) -> Option<&Arc<Rules>> {
        let mut known = self.get(queue).into_iter().chain(self.earlier.iter().filter(|rules| rules.queue() == queue));
        known.find(|rules| rules.version() == version)
    }

    /// Every queue's rules in force, by queue name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Rules>> {
        self.queues.values()
    }
}

impl fmt::Display for RulesChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { queue, now } => write!(f, "{queue} {now} (new)"),
            Self::Changed { queue, now, before } => write!(f, "{queue} {now} (was {before})"),
            Self::Removed { queue, before } => write!(f, "{queue} removed (was {before})"),
        }
    }
}

#[cfg(test)]
mod tests;

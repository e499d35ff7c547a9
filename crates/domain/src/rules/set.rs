use super::{Rules, RulesError};
use crate::QueueName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A realm's rules, one set for each queue.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    queues: BTreeMap<QueueName, Arc<Rules>>,
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
        Ok(Self { queues })
    }

    pub fn get(&self, queue: &QueueName) -> Option<&Arc<Rules>> {
        self.queues.get(queue)
    }

    /// Every queue's rules, by queue name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Rules>> {
        self.queues.values()
    }
}

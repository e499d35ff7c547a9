use domain::{RuleSet, RulesChange};
use std::sync::Arc;
use tokio::sync::watch;

/// The rules in force, which change while services run. Cheap to clone: every clone shows the same.
#[derive(Debug, Clone)]
pub struct LiveRules(watch::Sender<Arc<RuleSet>>);

impl LiveRules {
    pub fn new(rules: RuleSet) -> Self {
        Self(watch::Sender::new(Arc::new(rules)))
    }

    /// The rules in force now. What must be judged by one and the same rules takes them once.
    pub fn current(&self) -> Arc<RuleSet> {
        self.0.borrow().clone()
    }

    /// Puts `next` in force for every clone, with the versions before it still known; answers what that changed, by queue name.
    pub fn replace(&self, next: RuleSet) -> Vec<RulesChange> {
        let mut changes = Vec::new();
        self.0.send_modify(|rules| {
            changes = next.changes_since(rules);
            *rules = Arc::new(next.succeed(rules));
        });
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Rules, RulesVersion};

    fn rules(price: &str) -> RuleSet {
        let text = format!(
            "queue = \"duel\"\nteams = [1, 1]\nlongest_wait_s = 60\nlongest_match_s = 60\n[price]\nrating_gap = {price}\n"
        );
        RuleSet::try_new(vec![Rules::parse(&text).unwrap()]).unwrap()
    }

    fn version(rules: &RuleSet) -> RulesVersion {
        rules.get(&"duel".parse().unwrap()).unwrap().version()
    }

    #[test]
    fn every_clone_shows_the_rules_in_force_and_knows_those_before() {
        let live = LiveRules::new(rules("1"));
        let (elsewhere, before) = (live.clone(), live.current());
        assert_eq!(live.replace(rules("2")).len(), 1);
        assert_eq!(version(&elsewhere.current()), version(&rules("2")));
        assert_eq!(version(&before), version(&rules("1")), "a set that was taken stays as it is");
        assert!(elsewhere.current().of_version(&"duel".parse().unwrap(), version(&before)).is_some());
        assert!(live.replace(rules("2.0")).is_empty(), "the same content changes nothing");
    }
}

use super::Ripening;
use super::{Outcome, Proposal, Rejection};
use crate::Rules;
use crate::rules::{Breach, Verdict, rule};
use std::collections::BTreeMap;

/// Why matches did not come about, counted by rule.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<&'static str, u32>,
    nearest_miss_s: Option<f64>,
    /// Of each ticket that stays, what the match that is nearest to being worth making lacks, in seconds.
    lacks_s: BTreeMap<usize, f64>,
}

impl Tally {
    pub fn reject(&mut self, rule: &'static str) {
        self.reject_many(rule, 1);
    }

    pub fn reject_many(&mut self, rule: &'static str, count: u32) {
        if count > 0 {
            *self.counts.entry(rule).or_default() += count;
        }
    }

    /// A match that the hard rules allow but that is not worth making yet.
    pub fn miss(&mut self, cost_s: f64) {
        self.nearest_miss_s = Some(self.nearest_miss_s.map_or(cost_s, |least_s| least_s.min(cost_s)));
    }

    /// Notes how much a match lacks until it is worth making, for the ticket that it was looked for.
    pub fn lacks(&mut self, ticket: usize, verdict: &Verdict) {
        if verdict.is_worth_making() {
            return;
        }
        let lack_s = verdict.cost_s - verdict.patience_s();
        let least_s = self.lacks_s.entry(ticket).or_insert(f64::INFINITY);
        *least_s = least_s.min(lack_s);
    }

    /// Whether a miss of so many seconds would be the nearest yet.
    pub fn is_nearer(&self, cost_s: f64) -> bool {
        self.nearest_miss_s.is_none_or(|least_s| cost_s < least_s)
    }

    /// The rule that kept the judged match from being made, if one did.
    pub fn rule_against(&mut self, judged: &Result<Verdict, Breach>) -> Option<&'static str> {
        match judged {
            Ok(verdict) if verdict.is_worth_making() => None,
            Ok(verdict) => {
                self.miss(verdict.cost_s);
                Some(rule::PATIENCE)
            }
            Err(breach) => Some(breach.rule),
        }
    }

    pub fn into_outcome(mut self, proposals: Vec<Proposal>, rules: &Rules) -> Outcome {
        for ticket in proposals.iter().flat_map(|proposal| &proposal.teams).flatten() {
            self.lacks_s.remove(ticket);
        }
        let ripens = |(ticket, lack_s)| Some(Ripening { ticket, in_ms: rules.patience_grows_in_ms(lack_s)? });
        let ripening = self.lacks_s.into_iter().filter_map(ripens).collect();
        let rejections = self.counts.into_iter().map(|(rule, count)| Rejection { rule, count }).collect();
        Outcome { proposals, rejections, nearest_miss_s: self.nearest_miss_s, ripening }
    }
}

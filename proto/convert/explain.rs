use crate::v1;
use domain::{Explanation, Miss, Rejection, Remedy, Rules, TicketId};

/// What keeps a ticket waiting in the queue of these rules.
pub fn explanation_to_wire(rules: &Rules, explanation: &Explanation) -> v1::Explanation {
    v1::Explanation {
        queue: rules.queue().to_string(),
        rules_version: rules.version().to_string(),
        age_ms: explanation.age_ms,
        seen: explanation.seen,
        rejections: explanation.rejections.iter().map(v1::Rejection::from).collect(),
        patience_s: explanation.patience_s,
        nearest_miss: explanation.nearest_miss.as_ref().map(v1::Miss::from),
        remedies: explanation.remedies.iter().map(v1::Remedy::from).collect(),
        matches_at_age_ms: explanation.matches_at_age_ms,
    }
}

impl From<&Rejection> for v1::Rejection {
    fn from(rejection: &Rejection) -> Self {
        Self { rule: rejection.rule.to_owned(), count: rejection.count }
    }
}

impl From<&Miss> for v1::Miss {
    fn from(miss: &Miss) -> Self {
        let team = |team: &Vec<TicketId>| v1::MissTeam { ticket_ids: team.iter().map(TicketId::to_string).collect() };
        let part = |(key, cost_s): &(&str, f64)| v1::CostPart { key: (*key).to_owned(), cost_s: *cost_s };
        Self {
            teams: miss.teams.iter().map(team).collect(),
            region: miss.region.clone(),
            cost_s: miss.cost_s,
            patience_s: miss.patience_s,
            parts: miss.costs.iter().map(part).collect(),
        }
    }
}

impl From<&Remedy> for v1::Remedy {
    fn from(remedy: &Remedy) -> Self {
        Self { key: remedy.key.clone(), is: remedy.is, needed: remedy.needed }
    }
}

/// As programs read it: `no_matchmaker`.
pub fn outage_name(outage: v1::Outage) -> String {
    outage.as_str_name().trim_start_matches("OUTAGE_").to_lowercase()
}

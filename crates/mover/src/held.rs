//! What is told of a proposal in work.

use crate::commit::Checked;
use api::v1;
use chassis::Describe;

/// A proposal that keeps the rules, until its outcome is known.
pub struct Proposed {
    pub checked: Checked,
    pub now_ms: u64,
}

impl Describe for Proposed {
    fn describe(&self) -> v1::Hold {
        let Checked { match_id, queue, rules, teams, region, cost_s, .. } = &self.checked;
        let of_team = |(team, tickets): (u32, &Vec<_>)| -> Vec<v1::HeldTicket> {
            tickets.iter().map(|ticket| v1::HeldTicket { team, ..api::held_ticket(ticket, rules) }).collect()
        };
        v1::Hold {
            stage: v1::Stage::Proposed.into(),
            queue: queue.to_string(),
            tickets: (0..).zip(teams).flat_map(of_team).collect(),
            match_id: match_id.to_string(),
            match_region: region.clone(),
            cost_s: *cost_s,
            matched_ms: self.now_ms,
            ..Default::default()
        }
    }
}

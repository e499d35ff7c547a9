//! What is told of a search in work.

use api::v1;
use chassis::Describe;
use domain::{Candidate, Rules};
use std::collections::HashSet;
use std::sync::Arc;

/// A search that was taken on, and the rules that it goes by.
pub struct Searched {
    pub request: v1::SearchRequest,
    pub rules: Arc<Rules>,
}

impl Describe for Searched {
    /// Those that are sought. All others of the range are only looked at, as they are in other ranges at the same time.
    fn describe(&self) -> v1::Hold {
        let v1::SearchRequest { candidates, anchor, due, .. } = &self.request;
        let sought: HashSet<_> = due.iter().chain(Some(anchor).filter(|anchor| !anchor.is_empty())).collect();
        let sought = candidates.iter().filter(|candidate| sought.is_empty() || sought.contains(&candidate.ticket_id));
        let tickets = sought.filter_map(|candidate| Candidate::try_from(candidate).ok());
        v1::Hold {
            stage: v1::Stage::Searched.into(),
            queue: self.request.queue.clone(),
            tickets: tickets.map(|ticket| api::held_ticket(&ticket, &self.rules)).collect(),
            ..Default::default()
        }
    }
}

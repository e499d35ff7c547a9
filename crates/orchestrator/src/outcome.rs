//! What came of a request to be matched, as it is counted.

use api::v1::EnqueueResponse;
use domain::RuleSet;
use domain::limits::TICKET_QUEUES_MAX;
use tonic::{Code, Status};

/// Counts a request once for each queue that it names; of names that the rules do not know, a client may have any number.
pub fn count(queues: &[String], rules: &RuleSet, answer: Result<&EnqueueResponse, &Status>) {
    let known = |name: &String| rules.iter().map(|rules| rules.queue().as_str()).find(|queue| queue == name);
    let named = queues.iter().take(TICKET_QUEUES_MAX).map(known);
    // One that names none is one request all the same.
    let nameless = queues.is_empty().then_some(None);
    for queue in named.chain(nameless) {
        telemetry::metrics().enqueue(queue, outcome(answer));
    }
}

pub fn outcome(answer: Result<&EnqueueResponse, &Status>) -> &'static str {
    match answer.map_err(Status::code) {
        Ok(response) if response.repeated => "repeated",
        Ok(_) => "queued",
        Err(Code::InvalidArgument) => "invalid",
        Err(Code::AlreadyExists) => "busy",
        Err(Code::ResourceExhausted) => "overloaded",
        Err(Code::Unavailable) => "unavailable",
        Err(_) => "failed",
    }
}

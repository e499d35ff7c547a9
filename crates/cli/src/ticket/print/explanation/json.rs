use api::v1::{Explanation, Miss, Remedy};
use serde_json::{Value, json};

pub fn explanation(ticket_id: &str, explanation: &Explanation, outages: &[String]) -> Value {
    json!({
        "ticket_id": ticket_id,
        "queue": explanation.queue,
        "rules_version": explanation.rules_version,
        "age_ms": explanation.age_ms,
        "seen": explanation.seen,
        "rejections": explanation.rejections.iter().map(|r| json!({"rule": r.rule, "count": r.count})).collect::<Vec<_>>(),
        "patience_s": number(explanation.patience_s),
        "nearest_miss": explanation.nearest_miss.as_ref().map(miss),
        "remedies": explanation.remedies.iter().map(remedy).collect::<Vec<_>>(),
        "matches_at_age_ms": explanation.matches_at_age_ms,
        "outages": outages,
    })
}

fn miss(miss: &Miss) -> Value {
    json!({
        "teams": miss.teams.iter().map(|team| &team.ticket_ids).collect::<Vec<_>>(),
        "region": miss.region,
        "cost_s": number(miss.cost_s),
        "patience_s": number(miss.patience_s),
        "parts": miss.parts.iter().map(|part| json!({"key": part.key, "cost_s": number(part.cost_s)})).collect::<Vec<_>>(),
    })
}

fn remedy(remedy: &Remedy) -> Value {
    json!({"key": remedy.key, "is": number(remedy.is), "needed": number(remedy.needed)})
}

/// JSON knows no infinity: as protobuf's own JSON, it is written as a word.
fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { json!("Infinity") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_is_a_word() {
        let remedies = vec![Remedy { key: "limit.rtt_ms".into(), is: 80.0, needed: f64::INFINITY }];
        let told = explanation("t1", &Explanation { patience_s: f64::INFINITY, remedies, ..Default::default() }, &[]);
        assert_eq!((&told["patience_s"], &told["remedies"][0]["needed"]), (&json!("Infinity"), &json!("Infinity")));
        assert_eq!(told["remedies"][0]["is"], 80.0);
    }
}

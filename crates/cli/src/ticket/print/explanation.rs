//! How an explanation looks: for people what keeps a ticket waiting, and which one change would not.

mod json;
mod numbers;

use super::line;
use api::v1::{ExplainResponse, Explanation, Miss, MissTeam, Remedy};
use numbers::numbers;

pub fn explanations(ticket_id: &str, told: &ExplainResponse, json: bool) -> anyhow::Result<()> {
    let outages: Vec<String> = told.outages().map(api::outage_name).collect();
    if json {
        return told
            .explanations
            .iter()
            .try_for_each(|explanation| line(&json::explanation(ticket_id, explanation, &outages).to_string()));
    }
    line(&format!("ticket  {ticket_id}"))?;
    if !outages.is_empty() {
        line(&format!("halted  nobody is matched now: there is {}", outages.join(", ").replace('_', " ")))?;
    }
    told.explanations.iter().flat_map(lines).try_for_each(|text| line(&text))
}

fn lines(explanation: &Explanation) -> Vec<String> {
    let mut lines = vec![
        format!("queue   {}", explanation.queue),
        format!("waits   {:.1} s; accepts {}", explanation.age_ms as f64 / 1e3, accepts(explanation.patience_s)),
        format!("seen    {}", seen(explanation)),
    ];
    if let Some(miss) = &explanation.nearest_miss {
        lines.extend(miss_lines(miss));
    }
    lines.extend(remedy_lines(&explanation.remedies));
    lines.push(format!("later   {}", later(explanation)));
    lines
}

fn accepts(patience_s: f64) -> String {
    if patience_s.is_finite() {
        format!("a match that costs {patience_s:.1} s")
    } else {
        "any match that the limits allow".to_owned()
    }
}

fn seen(explanation: &Explanation) -> String {
    let others = match explanation.seen {
        0 => "nobody else".to_owned(),
        1 => "1 other".to_owned(),
        seen => format!("{seen} others"),
    };
    let against = explanation.rejections.iter().map(|r| format!("{} by {}", r.count, r.rule));
    let against = against.collect::<Vec<_>>().join(", ");
    // With nobody else there, what is rejected is the ticket itself.
    if against.is_empty() || explanation.seen == 0 { others } else { format!("{others}; rejected: {against}") }
}

/// What the nearest miss costs, largest part first, and who would be in it.
fn miss_lines(miss: &Miss) -> Vec<String> {
    let mut parts = miss.parts.clone();
    parts.sort_by(|a, b| b.cost_s.total_cmp(&a.cost_s));
    let parts = parts.iter().map(|part| format!("{} {:.1}", part.key, part.cost_s)).collect::<Vec<_>>().join(", ");
    let parts = if parts.is_empty() { parts } else { format!(" ({parts})") };
    let place = if miss.region.is_empty() { String::new() } else { format!(", in {}", miss.region) };
    let told = format!("miss    costs {:.1} s{parts}; they would give {:.1} s{place}", miss.cost_s, miss.patience_s);
    let team = |(number, team): (usize, &MissTeam)| format!("team {number}  {}", team.ticket_ids.join(" "));
    std::iter::once(told).chain((1..).zip(&miss.teams).map(team)).collect()
}

/// Any one of these changes would match it now.
fn remedy_lines(remedies: &[Remedy]) -> Vec<String> {
    let width = remedies.iter().map(|remedy| remedy.key.len()).max().unwrap_or(0);
    let told = |(at, remedy): (usize, &Remedy)| {
        let label = if at == 0 { "change" } else { "or" };
        let (is, needed) = numbers(remedy);
        format!("{label:<6}  {:<width$}  {is} -> {needed}", remedy.key)
    };
    remedies.iter().enumerate().map(told).collect()
}

fn later(explanation: &Explanation) -> String {
    match explanation.matches_at_age_ms {
        Some(at_ms) if at_ms <= explanation.age_ms => "the next look matches it".to_owned(),
        Some(at_ms) => {
            let (at_s, ahead_s) = (at_ms as f64 / 1e3, (at_ms - explanation.age_ms) as f64 / 1e3);
            format!("the present rules match it at an age of {at_s:.1} s, in {ahead_s:.1} s")
        }
        None if explanation.seen == 0 => "when someone comes whom the rules allow".to_owned(),
        None => "the present rules never match it with those it sees".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::v1::{CostPart, Rejection};

    fn remedy(key: &str, is: f64, needed: f64) -> Remedy {
        Remedy { key: key.into(), is, needed }
    }

    fn explanation() -> Explanation {
        let part = |key: &str, cost_s| CostPart { key: key.into(), cost_s };
        let team = |id: &str| MissTeam { ticket_ids: vec![id.into()] };
        Explanation {
            queue: "duel".into(),
            age_ms: 12_400,
            seen: 37,
            rejections: vec![Rejection { rule: "rating_gap_limit".into(), count: 20 }],
            patience_s: f64::INFINITY,
            nearest_miss: Some(Miss {
                teams: vec![team("t1"), team("t2")],
                region: "eu".into(),
                cost_s: 8.1,
                patience_s: 6.0,
                parts: vec![part("price.rtt", 2.9), part("price.rating_gap", 5.2)],
            }),
            remedies: vec![
                remedy("limit.rating_gap", 250.0, 310.2),
                remedy("price.rtt", 0.35, 0.2199),
                remedy("limit.rtt_ms", 80.0, f64::INFINITY),
                remedy("patience", 6.0, 8.1),
            ],
            matches_at_age_ms: Some(21_000),
            ..Default::default()
        }
    }

    #[test]
    fn an_explanation_says_what_keeps_it_waiting_and_what_would_not() {
        assert_eq!(
            lines(&explanation()),
            [
                "queue   duel",
                "waits   12.4 s; accepts any match that the limits allow",
                "seen    37 others; rejected: 20 by rating_gap_limit",
                "miss    costs 8.1 s (price.rating_gap 5.2, price.rtt 2.9); they would give 6.0 s, in eu",
                "team 1  t1",
                "team 2  t2",
                "change  limit.rating_gap  250 -> 311",
                "or      price.rtt         0.35 -> 0.219",
                "or      limit.rtt_ms      80 -> none",
                "or      patience          6 -> 8.1",
                "later   the present rules match it at an age of 21.0 s, in 8.6 s",
            ]
        );
    }

    #[test]
    fn one_who_is_alone_is_told_so() {
        let rejections = vec![Rejection { rule: "team_fill".into(), count: 1 }];
        let alone = Explanation { queue: "duel".into(), patience_s: 0.5, rejections, ..Default::default() };
        assert_eq!(
            lines(&alone)[1..],
            [
                "waits   0.0 s; accepts a match that costs 0.5 s",
                "seen    nobody else",
                "later   when someone comes whom the rules allow",
            ]
        );
    }
}

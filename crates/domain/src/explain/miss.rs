use super::{Miss, judged, matched};
use crate::{Range, Rules};

/// The cheapest match that the limits allow: what players who take any match would be given.
pub(super) fn nearest(range: &Range, rules: &Rules, now_ms: u64) -> Option<Miss> {
    let teams = matched(range, &rules.with_unlimited_patience(), now_ms)?;
    let verdict = judged(&teams, range, rules, now_ms).ok()?;
    Some(Miss {
        teams: teams.iter().map(|team| team.iter().map(|candidate| candidate.id).collect()).collect(),
        region: rules.region_name(verdict.region).to_owned(),
        cost_s: verdict.cost_s,
        patience_s: verdict.patience_s(),
        costs: rules.cost_parts_s(&verdict),
    })
}

use super::{Arrival, Outlook, Prospect, rate};
use crate::Rules;
use crate::unit::Unit;
use std::collections::BTreeMap;

/// Ratings at which a queue's outlook is worked out, shared by its home regions.
const KNOTS_MAX: usize = 64;
/// Fewest of them in a region that anyone came from.
const KNOTS_MIN: usize = 8;
/// Most that waiting on is ever said to be worth, in seconds: a day, the longest wait there is.
const WORTH_S_MAX: f64 = 86_400.0;

impl Outlook {
    /// What waiting on is worth in one pool, to which these tickets came lately, newest first, whatever became of them.
    ///
    /// It is the cost V at which a ticket may as well wait: what further arrivals are expected to save him in each second, over a
    /// match that costs him V, is one second. Of one against one, both save: Σ over arrivals of rate × 2 × max(0, V − cost with it) = 1.
    /// In a match of n, n/2 pairs have to come together. For a straight price p on one scale with λ arrivals per second and point this is
    /// V = √(p / 2λ), the waiting time and the cost of the threshold policy being equal there.
    pub fn survey(rules: &Rules, arrivals: &[Arrival], now_ms: u64) -> Self {
        let per_s = rate::per_s(arrivals, now_ms);
        let units: Vec<Unit<'_>> = arrivals.iter().map(|arrival| Unit::of(&arrival.party, rules)).collect();
        let mut homes: BTreeMap<usize, Vec<&Unit<'_>>> = BTreeMap::new();
        for unit in &units {
            homes.entry(unit.home()).or_default().push(unit);
        }
        let knots_max = (KNOTS_MAX / homes.len().max(1)).max(KNOTS_MIN);
        let survey = Survey { rules, units: &units, per_s, crowding: crowding(rules, &units) };
        let prospects = homes.into_iter().flat_map(|(home, units)| survey.prospects(home, units, knots_max));
        Self { prospects: prospects.collect() }
    }
}

struct Survey<'a> {
    rules: &'a Rules,
    units: &'a [Unit<'a>],
    per_s: f64,
    crowding: Vec<f64>,
}

impl Survey<'_> {
    /// Of one home region: for any role, and for each role that someone wants.
    fn prospects(&self, home: usize, mut units: Vec<&Unit<'_>>, knots_max: usize) -> Vec<Prospect> {
        units.sort_by(|a, b| a.rating.total_cmp(&b.rating));
        units.dedup_by(|a, b| a.rating == b.rating);
        let costs: Vec<(f64, Vec<(f64, f64)>)> =
            knots(&units, knots_max).map(|unit| (unit.rating, self.costs(unit))).collect();
        let prospect = |role: &str, crowding: f64| {
            let worth_s = costs.iter().map(|(rating, costs)| (*rating, self.worth_s(costs, crowding))).collect();
            Prospect { region: self.rules.region_name(home).to_owned(), role: role.to_owned(), worth_s }
        };
        let of_role =
            self.rules.roles().iter().zip(&self.crowding).map(|(role, crowding)| prospect(role.as_str(), *crowding));
        std::iter::once(prospect("", 1.0)).chain(of_role).collect()
    }

    /// What a match with each arrival costs the unit, ascending, and the players who come with it.
    fn costs(&self, unit: &Unit<'_>) -> Vec<(f64, f64)> {
        let with = |other: &Unit<'_>| Some((self.rules.company_s(unit, other)?, other.players()));
        let mut costs: Vec<(f64, f64)> = self.units.iter().filter_map(with).collect();
        costs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        costs
    }

    /// Solves Σ rate × 2 × players × max(0, V − cost) = n/2 for V, a straight line between two costs.
    fn worth_s(&self, costs: &[(f64, f64)], crowding: f64) -> f64 {
        let needed = crowding * self.rules.seats() as f64 / 2.0 * self.units.len() as f64 / (2.0 * self.per_s);
        let (mut players, mut spent) = (0.0, 0.0);
        for (at, (cost_s, size)) in costs.iter().enumerate() {
            players += size;
            spent += size * cost_s;
            let worth_s = (needed + spent) / players;
            if costs.get(at + 1).is_none_or(|(next_s, _)| worth_s <= *next_s) {
                return worth_s.min(WORTH_S_MAX);
            }
        }
        WORTH_S_MAX
    }
}

/// How many times more players want each role than there are seats for, at least 1: of the matches that come within reach of so common
/// a role's players, only so many have a seat for one of them.
fn crowding(rules: &Rules, units: &[Unit<'_>]) -> Vec<f64> {
    let wishes = || units.iter().flat_map(|unit| &unit.wishes);
    let wanted = |role: usize| wishes().filter(|wishes| wishes.first() == Some(&role)).count() as f64;
    let players = wishes().count().max(1) as f64;
    let crowd = |role: usize| (wanted(role) / players / rules.share_of_seats(role)).max(1.0);
    (0..rules.roles().len()).map(crowd).collect()
}

/// So many of the units, evenly by rank, the first and the last among them.
fn knots<'a, 'b>(units: &'a [&'b Unit<'b>], most: usize) -> impl Iterator<Item = &'b Unit<'b>> + use<'a, 'b> {
    let count = units.len().min(most);
    (0..count).map(move |at| units[if count < 2 { 0 } else { at * (units.len() - 1) / (count - 1) }])
}

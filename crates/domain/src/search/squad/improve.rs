//! A found match made cheaper by exchanging one party at a time.

use super::sketch::Sketch;
use crate::rules::Verdict;
use crate::search::field::{Field, Found};

/// Exchanges that one improvement may reckon.
const SKETCHED_MAX: usize = 4_000;
/// Exchanges that one improvement may judge, of those that promise something.
const JUDGED_MAX: usize = 400;

/// Exchanges parties for others of their size, from `near` or from another team, while that makes the match cheaper; the anchor stays in it.
pub(super) fn improve(field: &Field<'_>, anchor: usize, near: &[usize], found: Found) -> Found {
    let Found { teams, verdict } = found;
    let is_spare = |unit: &usize| !teams.iter().flatten().any(|taken| taken == unit);
    let spare = near.iter().copied().filter(is_spare).collect();
    let mut improve = Improve { field, anchor, rows: teams, verdict, sketched: 0, judged: 0 };
    improve.rows.push(spare);
    while improve.step() {}
    field.spend(improve.sketched);
    improve.rows.pop();
    Found { teams: improve.rows, verdict: improve.verdict }
}

struct Improve<'a> {
    field: &'a Field<'a>,
    anchor: usize,
    /// The teams, then those who could stand in for somebody.
    rows: Vec<Vec<usize>>,
    verdict: Verdict,
    sketched: usize,
    judged: usize,
}

/// Two seats, by row and place in it.
type Exchange = [(usize, usize); 2];

impl Improve<'_> {
    /// Makes the exchange that saves most; false when none saves anything or the steps are spent.
    fn step(&mut self) -> bool {
        let Some((exchange, verdict)) = self.best() else { return false };
        self.swap(exchange);
        self.verdict = verdict;
        true
    }

    fn best(&mut self) -> Option<(Exchange, Verdict)> {
        let spare = self.rows.len() - 1;
        let sketch = Sketch::of(self.field, &self.rows[..spare], self.verdict.region);
        let mut best = None;
        let mut least_s = self.verdict.cost_s;
        for exchange in self.exchanges() {
            if self.sketched == SKETCHED_MAX || self.judged == JUDGED_MAX {
                break;
            }
            self.sketched += 1;
            let [a, b] = exchange.map(|(row, place)| (row, self.rows[row][place]));
            let promised_s = if b.0 == spare { sketch.replaced_s(a.0, a.1, b.1) } else { sketch.swapped_s(a, b) };
            if promised_s >= least_s {
                continue;
            }
            self.judged += 1;
            self.swap(exchange);
            let judged = self.field.judge(&self.rows[..spare]);
            self.swap(exchange);
            // Whoever is exchanged may be the one whose patience pays for the match.
            let is_kept = |verdict: &Verdict| verdict.is_worth_making() || !self.verdict.is_worth_making();
            if let Some(verdict) = judged.ok().filter(|verdict| verdict.cost_s < least_s && is_kept(verdict)) {
                least_s = verdict.cost_s;
                best = Some((exchange, verdict));
            }
        }
        best
    }

    /// Every exchange of a party in a team with one of its size in a later row.
    fn exchanges(&self) -> Vec<Exchange> {
        let spare = self.rows.len() - 1;
        let size = |(row, place): (usize, usize)| self.field.units[self.rows[row][place]].size;
        let seats = |row: usize| (0..self.rows[row].len()).map(move |place| (row, place));
        let stays = |(row, place): (usize, usize)| self.rows[row][place] == self.anchor;
        let mut exchanges = Vec::new();
        for from in (0..spare).flat_map(seats) {
            let to = (from.0 + 1..=spare).flat_map(seats).filter(|to| size(*to) == size(from));
            exchanges.extend(to.filter(|to| to.0 < spare || !stays(from)).map(|to| [from, to]));
        }
        exchanges
    }

    fn swap(&mut self, [a, b]: Exchange) {
        let unit = self.rows[a.0][a.1];
        self.rows[a.0][a.1] = std::mem::replace(&mut self.rows[b.0][b.1], unit);
    }
}

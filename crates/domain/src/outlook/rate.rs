use super::Arrival;

/// Shortest and longest time looked back over for a rate, in ms.
const BACK_MS: std::ops::RangeInclusive<u64> = 5_000..=600_000;
/// Arrivals that say enough about a rate: their span is what is looked back over, within the bounds.
const ENOUGH: usize = 60;
/// Parts into which that time is cut.
const BINS: usize = 10;
/// A part with more than this many times the median counts as so many: an opening rush does not come again.
const RUSH: f64 = 3.0;
/// Where nobody came for a time, the rate is hardly more than so many in that time: the rule of three, a bound at 95 % confidence
/// (Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983).
const UNSEEN: f64 = 3.0;
/// Slowest rate that is told, in tickets per second: one an hour.
const LEAST_PER_S: f64 = 1.0 / 3600.0;

/// How many tickets arrive per second, by those that came lately, newest first; a rush within them counts as an ordinary crowd, and
/// silence since then as a sign that fewer come.
pub(super) fn per_s(arrivals: &[Arrival], now_ms: u64) -> f64 {
    let ago_ms = |arrival: &Arrival| now_ms.saturating_sub(arrival.queued_ms);
    let (Some(newest), Some(oldest)) = (arrivals.first(), arrivals.last()) else { return LEAST_PER_S };
    let enough_ms = arrivals.get(ENOUGH - 1).map_or(*BACK_MS.end(), ago_ms);
    let back_ms = enough_ms.clamp(*BACK_MS.start(), *BACK_MS.end()).min(ago_ms(oldest)).max(1_000);
    let mut bins = [0.0; BINS];
    for arrival in arrivals.iter().take_while(|arrival| ago_ms(arrival) < back_ms) {
        bins[(ago_ms(arrival) as usize * BINS) / back_ms as usize] += 1.0;
    }
    let mut sorted = bins;
    sorted.sort_unstable_by(f64::total_cmp);
    let most = (RUSH * sorted[BINS / 2]).max(RUSH);
    let count = bins.iter().map(|count: &f64| count.min(most)).sum::<f64>();
    let most_per_s = UNSEEN * 1000.0 / ago_ms(newest).max(1) as f64;
    (count * 1000.0 / back_ms as f64).min(most_per_s).max(LEAST_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Party, Player};

    /// One arrival each 100 ms for a minute, newest first.
    fn steady() -> Vec<Arrival> {
        let party = Party::try_new(vec![Player::new("p".parse().unwrap(), 1500.0)]).unwrap();
        (0..600).rev().map(|at| Arrival { queued_ms: at * 100, party: party.clone() }).collect()
    }

    #[test]
    fn a_steady_queue_is_told_its_rate() {
        let rate = per_s(&steady(), 60_000);
        assert!((9.0..=11.0).contains(&rate), "{rate}");
    }

    #[test]
    fn a_queue_gone_silent_expects_ever_fewer() {
        let rates = [60_000, 61_000, 63_000, 70_000].map(|now_ms| per_s(&steady(), now_ms));
        assert!(rates.is_sorted_by(|earlier, later| earlier > later) && rates[3] < 0.3, "{rates:?}");
    }
}

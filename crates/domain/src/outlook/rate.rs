use super::Arrival;

/// Shortest and longest time looked back over for a rate, in ms.
const BACK_MS: std::ops::RangeInclusive<u64> = 10_000..=600_000;
/// Arrivals that say enough about a rate: their span is what is looked back over, within the bounds.
const ENOUGH: usize = 100;
/// Parts into which that time is cut.
const BINS: usize = 10;
/// A part with more than this many times the median counts as so many: an opening rush does not come again.
const RUSH: f64 = 3.0;
/// Slowest rate that is told, in tickets per second: one an hour.
const LEAST_PER_S: f64 = 1.0 / 3600.0;

/// How many tickets arrive per second, by those that came lately, newest first; a rush within them counts as an ordinary crowd.
pub(super) fn per_s(arrivals: &[Arrival], now_ms: u64) -> f64 {
    let ago_ms = |arrival: &Arrival| now_ms.saturating_sub(arrival.queued_ms);
    let Some(oldest) = arrivals.last() else { return LEAST_PER_S };
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
    (count * 1000.0 / back_ms as f64).max(LEAST_PER_S)
}

//! Where a ticket stands in the index, and what is read of the index for it.

use super::Rules;
use super::ramp::Ramp;
use crate::limits::RATING_ABS_MAX;
use crate::{Party, QueueName};

/// Where a ticket stands in a queue's index. Tickets of different pools can never match; regions are laid out apart so that
/// a look reads near ones first.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub queue: QueueName,
    /// What can never match across: the values of the string attributes that the rules require to be equal.
    pub pool: String,
    /// The region nearest to the party; empty when the queue knows no regions.
    pub region: String,
    /// The party's mean rating, in rating points.
    pub rating: f64,
}

/// A part of a queue's index to read: one pool, some regions, ratings from `low` to `high` inclusive. The party's own rating
/// is the middle, so a reader with a limit reads outward from there.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub queue: QueueName,
    pub pool: String,
    /// Home regions to read, nearest first.
    pub regions: Vec<String>,
    pub low: f64,
    pub high: f64,
    /// Of those in a region from the middle up, so many of the nearest are passed over.
    pub passed_over: usize,
}

impl Look {
    /// The rating from which it reads outward: the middle of its range, or what of it is nearest to 0 where the range has none.
    /// Within its bounds, unless these are reversed.
    pub fn middle(&self) -> f64 {
        let middle = f64::midpoint(self.low, self.high);
        if middle.is_finite() { middle } else { 0_f64.max(self.low).min(self.high) }
    }
}

/// How looks widen.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    pub width_max: u32,
    /// Half-range of ratings at width 0, in rating points.
    pub rating_start: f64,
    /// How many times wider at each further width.
    pub rating_factor: f64,
    /// Time to the next look, by age.
    pub again_ms: Ramp,
}

/// Bounds on the time between two looks whatever the file says: never a spin, never forgotten.
const AGAIN_MS: std::ops::RangeInclusive<u64> = 10..=60_000;

impl Rules {
    /// Where the party stands in this queue's index.
    pub fn place(&self, party: &Party) -> Placement {
        let region = self.regions_by_distance(party).first().map_or("", |(_, region)| *region).to_owned();
        Placement { queue: self.queue.clone(), pool: self.pool(party), region, rating: party.rating() }
    }

    /// The highest width.
    pub fn width_max(&self) -> u32 {
        self.reach.width_max
    }

    /// How wide to look for a ticket of this age and tries: 0 at first, up to [`Rules::width_max`].
    ///
    /// Widths last longer and longer: they begin after 0, 1, 2, 4, 8, ... seconds waited, tries included. Unlimited patience
    /// looks everywhere.
    pub fn width(&self, age_ms: u64, tries: u32) -> u32 {
        if age_ms >= self.patience.unlimited_ms {
            return self.reach.width_max;
        }
        let waited_s = self.patience.waited_s(age_ms, tries);
        (0..self.reach.width_max).find(|width| waited_s < width_end_s(*width)).unwrap_or(self.reach.width_max)
    }

    /// What to read around a party that is looked for at `width`: ratings around its own, and regions nearest to it first.
    ///
    /// Never narrower than what the party's own patience accepts while it has this width, where the file bounds it: of two who would
    /// play each other, the more patient one sees the other.
    pub fn look(&self, party: &Party, width: u32) -> Look {
        let placement = self.place(party);
        let half_range = self.half_range(width);
        Look {
            queue: placement.queue,
            pool: placement.pool,
            regions: self.near_regions(party, width),
            low: placement.rating - half_range,
            high: placement.rating + half_range,
            passed_over: 0,
        }
    }

    /// How long after a look at this age (ms) the next one is worth its cost, in ms: 10 to 60,000.
    pub fn look_again_ms(&self, age_ms: u64) -> u64 {
        (self.reach.again_ms.at_ms(age_ms) as u64).clamp(*AGAIN_MS.start(), *AGAIN_MS.end())
    }

    pub(super) fn half_range(&self, width: u32) -> f64 {
        let everything = 2.0 * RATING_ABS_MAX;
        if width >= self.reach.width_max {
            return everything.min(self.range_limit(u64::MAX));
        }
        let declared = self.reach.rating_start * self.reach.rating_factor.powi(width as i32);
        let accepted = self.patience.highest_s(width_end_s(width)) / self.range_price();
        // Without a bound on patience every range is accepted, and every range would be read: what is declared then says how far.
        let accepted = if accepted.is_finite() { accepted } else { 0.0 };
        declared.max(accepted).min(self.range_limit((width_end_s(width) * 1000.0) as u64)).min(everything)
    }

    /// The least that one rating point between two players of a match costs, in seconds.
    ///
    /// Two of n players that stand R apart give the n ratings a standard deviation of at least R / √(2n): least when all
    /// others stand in the middle.
    fn range_price(&self) -> f64 {
        let spread = self.prices.rating_spread / (2.0 * self.seats() as f64).sqrt();
        if self.is_solo() { spread + self.prices.rating_gap } else { spread }
    }

    /// Most rating points between two players of a match whose oldest ticket has waited `age_ms`.
    pub(crate) fn range_limit(&self, age_ms: u64) -> f64 {
        let range = self.limits.rating_range.at_ms(age_ms);
        if self.is_solo() { range.min(self.limits.rating_gap.at_ms(age_ms)) } else { range }
    }

    /// The home region and one more for each width, and any whose distance alone the party's patience would pay.
    fn near_regions(&self, party: &Party, width: u32) -> Vec<String> {
        let regions = self.regions_by_distance(party);
        if regions.is_empty() {
            return vec![String::new()];
        }
        let highest_s = self.patience.highest_s(width_end_s(width));
        let patience_s = if highest_s.is_finite() { highest_s } else { 0.0 };
        let is_near = |at: usize, rtt_ms: f64| {
            let price_s = self.rtt_price_s((rtt_ms - self.prices.rtt_free_ms).max(0.0));
            at <= width as usize || width >= self.reach.width_max || price_s <= patience_s
        };
        let near = regions.iter().enumerate().filter(|(at, (rtt_ms, _))| is_near(*at, *rtt_ms));
        near.map(|(_, (_, region))| (*region).to_owned()).collect()
    }

    /// Every declared region with the party's mean round trip to it in ms, nearest first.
    fn regions_by_distance(&self, party: &Party) -> Vec<(f64, &str)> {
        let mut sums_ms = vec![0.0; self.regions.len()];
        for player in party.players() {
            sums_ms.iter_mut().zip(self.rtts_ms(player)).for_each(|(sum_ms, rtt_ms)| *sum_ms += rtt_ms);
        }
        let mut regions: Vec<(f64, &str)> = sums_ms
            .iter()
            .zip(&self.regions)
            .map(|(sum_ms, region)| (sum_ms / party.size() as f64, region.as_str()))
            .collect();
        // Stable: equally near regions keep the declared order.
        regions.sort_by(|a, b| a.0.total_cmp(&b.0));
        regions
    }
}

/// The waited time at which a width ends, in seconds.
fn width_end_s(width: u32) -> f64 {
    2f64.powi(width as i32)
}

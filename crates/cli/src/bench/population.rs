//! Who comes. Each ticket is drawn from its number alone: the same each time, on every machine, and again when one asks who it was.

use crate::dice::Dice;
use crate::misuse::Misuse;
use crate::trace::Source;
use api::v1;
use std::collections::BTreeMap;

/// How far the members of a party stand from one another, in rating points.
const PARTY_SPREAD: f64 = 80.0;
/// Of a hundred parties, how many have one player, two and so on.
const PARTY_SIZES: [u64; 5] = [55, 22, 8, 5, 10];
const REGIONS: u64 = 20;
/// Round trip to one's own region, and how much longer it is to each further one, in ms.
const RTT_HOME_MS: (u64, u64) = (10, 40);
const RTT_STEP_MS: (u64, u64) = (25, 45);
/// Regions that a player measures on either side of his own.
const MEASURED_AROUND: u64 = 2;
/// A skill is a normal deviate, this many points for each deviation, and no farther out.
const SKILL_POINTS: f64 = 1_000.0;
const SKILL_MAX: f64 = 3.0;
/// How many play each mode.
const MODES: [(&str, u64); 2] = [("payload", 100), ("capture", 25)];
const SHOOTER_REGIONS: u64 = 2;
/// What is added to an arena's rating to be far from all of them, in points.
const OF_NOBODY: f64 = 10_000.0;

pub struct Population {
    draw: fn(&mut Draw) -> Vec<v1::Player>,
    ratings: Vec<f64>,
    /// Of all names of this run.
    prefix: String,
}

/// What one ticket is drawn from.
pub struct Draw {
    number: usize,
    /// The arena's rating whose turn it is.
    rating: f64,
    dice: Dice,
}

impl Population {
    pub fn open(draw: fn(&mut Draw) -> Vec<v1::Player>, prefix: &str) -> Result<Self, Misuse> {
        let source = Source { trace: "arena", rtt: None, rows_max: None, prefix: "" };
        let ratings = source.load(&[])?.arrivals.iter().map(|arrival| arrival.players[0].rating).collect();
        Ok(Self { draw, ratings, prefix: prefix.to_owned() })
    }

    /// The players of a ticket, by name.
    pub fn players(&self, number: usize) -> Vec<v1::Player> {
        let rating = self.ratings[number % self.ratings.len()];
        let mut players = (self.draw)(&mut Draw { number, rating, dice: Dice::new(number as u64) });
        for (at, player) in players.iter_mut().enumerate() {
            player.id = format!("{}-{number}.{at}", self.prefix);
        }
        players
    }

    /// The number of the ticket that a player of this name is of; none where he is of another run.
    pub fn number(&self, player_id: &str) -> Option<usize> {
        let (number, _) = player_id.strip_prefix(&self.prefix)?.strip_prefix('-')?.split_once('.')?;
        number.parse().ok()
    }
}

/// One of the arena's.
pub fn alone(draw: &mut Draw) -> Vec<v1::Player> {
    vec![player(draw.rating)]
}

/// Friends, who play about alike.
pub fn party(draw: &mut Draw) -> Vec<v1::Player> {
    let size = draw.weighted(PARTY_SIZES) + 1;
    let rating = draw.rating;
    (0..size).map(|_| player(rating + draw.normal() * PARTY_SPREAD)).collect()
}

/// One who lives in a region and measures it and those around it. The second largest region has half as many as the largest, the
/// third a third.
pub fn at_home(draw: &mut Draw) -> Vec<v1::Player> {
    let weights: [u64; REGIONS as usize] = std::array::from_fn(|at| 10_000 / (at as u64 + 1));
    let home = draw.weighted(weights) as u64;
    let mut rtt_ms = BTreeMap::from([(region(home), draw.between(RTT_HOME_MS))]);
    for step in 1..=MEASURED_AROUND {
        for at in [home + step, home + REGIONS - step] {
            let own = rtt_ms[&region(home)];
            rtt_ms.insert(region(at % REGIONS), own + step as u32 * draw.between(RTT_STEP_MS));
        }
    }
    vec![v1::Player { rtt_ms, ..player(draw.rating) }]
}

/// One who names his region: the first is drawn 72 times as often as the last.
pub fn of_one_region(draw: &mut Draw) -> Vec<v1::Player> {
    let within = draw.dice.roll(REGIONS) + 1;
    let home = draw.dice.roll(within);
    let strings = BTreeMap::from([("region".to_owned(), region(home))]);
    vec![v1::Player { strings, ..player(draw.rating) }]
}

/// One of a skill, who names mode and region.
pub fn of_near_skill(draw: &mut Draw) -> Vec<v1::Player> {
    let skill = draw.normal().clamp(-SKILL_MAX, SKILL_MAX);
    let (mode, _) = MODES[draw.weighted(MODES.map(|(_, weight)| weight))];
    let home = draw.dice.roll(SHOOTER_REGIONS);
    let strings = BTreeMap::from([("mode".to_owned(), mode.to_owned()), ("region".to_owned(), region(home))]);
    vec![v1::Player { strings, ..player(skill * SKILL_POINTS) }]
}

/// One who is no opponent for anybody: nobody else is on his level, nor near his rating but for others like him.
pub fn on_a_level_of_his_own(draw: &mut Draw) -> Vec<v1::Player> {
    let numbers = BTreeMap::from([("level".to_owned(), draw.number as f64)]);
    vec![v1::Player { numbers, ..player(draw.rating + OF_NOBODY) }]
}

impl Draw {
    /// The place of one of these weights, as often as it weighs.
    fn weighted<const N: usize>(&mut self, weights: [u64; N]) -> usize {
        let mut left = self.dice.roll(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        N - 1
    }

    fn between(&mut self, (low, high): (u64, u64)) -> u32 {
        self.dice.between(low, high) as u32
    }

    /// A standard normal deviate (Box and Muller).
    fn normal(&mut self) -> f64 {
        let [one, other] = [(); 2].map(|()| self.dice.share());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }
}

fn player(rating: f64) -> v1::Player {
    v1::Player { rating, ..Default::default() }
}

fn region(at: u64) -> String {
    format!("region-{}", at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::scenario::ALL;

    fn population(name: &str) -> Population {
        Population::open(ALL.iter().find(|scenario| scenario.name == name).unwrap().draw, "x").unwrap()
    }

    #[test]
    fn who_comes_is_known_by_the_name() {
        for name in ["duel", "teams", "region", "team-shooter"] {
            let population = population(name);
            assert_eq!(population.players(7), population.players(7));
            assert!(population.players(7).iter().all(|player| population.number(&player.id) == Some(7)));
        }
        assert_eq!(population("duel").number("y-7.0"), None);
    }

    #[test]
    fn parties_have_one_to_five_players() {
        let population = population("teams");
        let mut sizes = [0; 5];
        (0..10_000).for_each(|number| sizes[population.players(number).len() - 1] += 1);
        for (size, weight) in sizes.into_iter().zip(PARTY_SIZES) {
            let share = f64::from(size) / 100.0;
            assert!((share - weight as f64).abs() < 1.5, "{sizes:?}");
        }
    }

    #[test]
    fn regions_are_skewed() {
        let population = population("battle-royale");
        let of =
            |name: &str| (0..20_000).filter(|number| population.players(*number)[0].strings["region"] == name).count();
        let (first, last) = (of("region-1"), of("region-20"));
        assert!(first > 3_300 && last > 20 && last < 90, "{first} {last}");
    }

    #[test]
    fn skills_are_normal() {
        let population = population("team-shooter");
        let skills = || (0..10_000).map(|number| population.players(number)[0].rating / SKILL_POINTS);
        let (mean, square) = (skills().sum::<f64>() / 1e4, skills().map(|skill| skill * skill).sum::<f64>() / 1e4);
        assert!(mean.abs() < 0.05 && (square - 1.0).abs() < 0.05, "{mean} {square}");
    }
}

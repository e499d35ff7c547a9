//! What a match costs by the words of `rules/README.md`, worked out from the file and the players and not by the engine.

use crate::support::rules;
use domain::{Candidate, Party, Player, Rules};
use toml::{Table, Value};

/// Round trip to a region that a player left out of his report, in ms.
const LEFT_OUT_MS: f64 = 60_000.0;

/// A rules file, and teams to reckon the cost of.
pub struct Declared<'a> {
    file: &'a Table,
    teams: &'a [Vec<Candidate>],
}

impl<'a> Declared<'a> {
    pub fn new(file: &'a Table, teams: &'a [Vec<Candidate>]) -> Self {
        Self { file, teams }
    }

    /// The parts of the cost by price when the match is played in `region`, in seconds, in the order of the README.
    pub fn parts_s(&self, region: &str) -> [(&'static str, f64); 8] {
        let players = self.players().count() as f64;
        let amounts = [
            ("rating_gap", self.highest_team().1 - self.lowest_team().1),
            ("win_probability", 100.0 * (self.win_probability() - 0.5)),
            ("rating_spread", self.rating_spread()),
            ("rtt", self.players().map(|player| self.not_free_ms(player, region)).sum::<f64>() / players),
            ("rtt_difference", self.rtt_difference_ms(region)),
            ("off_role", self.off_roles() as f64 / players),
            ("party_size", self.party_difference() as f64),
            ("rematch", self.rematches() as f64 / players),
        ];
        amounts.map(|(key, amount)| (key, self.price(key) * amount))
    }

    pub fn cost_s(&self, region: &str) -> f64 {
        self.parts_s(region).iter().map(|(_, part_s)| part_s).sum()
    }

    fn price(&self, key: &str) -> f64 {
        let price = self.file.get("price").and_then(|prices| prices.get(key));
        price.map_or(0.0, |price| price.as_float().unwrap_or_else(|| price.as_integer().unwrap() as f64))
    }

    fn players(&self) -> impl Iterator<Item = &Player> {
        self.teams.iter().flatten().flat_map(|ticket| ticket.party.players())
    }

    /// A team's place and its mean rating: of the highest mean.
    fn highest_team(&self) -> (usize, f64) {
        self.teams.iter().map(|team| mean_rating(team)).enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
    }

    fn lowest_team(&self) -> (usize, f64) {
        self.teams.iter().map(|team| mean_rating(team)).enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
    }

    /// Of the team with the highest mean against that with the lowest: E = 1 / (1 + 10^(-g × gap / scale)), where Glicko's g is
    /// 1 / √(1 + 3 q² RD² / π²) with q = ln 10 / scale, and RD that of the difference of the means.
    fn win_probability(&self) -> f64 {
        let scale = self.file.get("rating_scale").map_or(400.0, |scale| scale.as_float().unwrap());
        let ((high, high_mean), (low, low_mean)) = (self.highest_team(), self.lowest_team());
        let variance = mean_variance(&self.teams[high]) + mean_variance(&self.teams[low]);
        let q = 10f64.ln() / scale;
        let g = 1.0 / (1.0 + 3.0 * q.powi(2) * variance / std::f64::consts::PI.powi(2)).sqrt();
        1.0 / (1.0 + 10f64.powf(-g * (high_mean - low_mean) / scale))
    }

    fn rating_spread(&self) -> f64 {
        let ratings: Vec<f64> = self.players().map(|player| player.rating).collect();
        let mean = ratings.iter().sum::<f64>() / ratings.len() as f64;
        (ratings.iter().map(|rating| (rating - mean).powi(2)).sum::<f64>() / ratings.len() as f64).sqrt()
    }

    /// A player's round trip above the free part, in ms.
    fn not_free_ms(&self, player: &Player, region: &str) -> f64 {
        let regions = self.file.get("regions").and_then(Value::as_array);
        let ways_ms = regions.into_iter().flatten().filter_map(|region| way_ms(player, region.as_str().unwrap()));
        let best_ms = ways_ms.fold(f64::INFINITY, f64::min);
        let free_ms = self.price("rtt_free_ms").max(best_ms + self.price("rtt_free_over_best_ms"));
        way_ms(player, region).map_or(0.0, |way_ms| (way_ms - free_ms).max(0.0))
    }

    fn rtt_difference_ms(&self, region: &str) -> f64 {
        let ways_ms: Vec<f64> = self.players().filter_map(|player| way_ms(player, region)).collect();
        let longest_ms = ways_ms.iter().copied().fold(0.0, f64::max);
        ways_ms.iter().map(|way_ms| longest_ms - way_ms).fold(0.0, f64::max)
    }

    fn off_roles(&self) -> usize {
        let roles = |team: usize| match self.file.get("roles") {
            Some(Value::Array(tables)) => tables[team].as_table(),
            roles => roles.and_then(Value::as_table),
        };
        let off = |(at, team): (usize, &Vec<Candidate>)| {
            let Some(table) = roles(at) else { return 0 };
            let seat = |(role, seats): (&String, &Value)| vec![role.clone(); seats.as_integer().unwrap() as usize];
            let seats: Vec<String> = table.iter().flat_map(seat).collect();
            let players: Vec<&Player> = team.iter().flat_map(|ticket| ticket.party.players()).collect();
            players.len() - most_seated(&players, &seats)
        };
        self.teams.iter().enumerate().map(off).sum()
    }

    fn party_difference(&self) -> usize {
        let largest = |team: &Vec<Candidate>| team.iter().map(|ticket| ticket.party.size()).max().unwrap();
        let largest: Vec<usize> = self.teams.iter().map(largest).collect();
        largest.iter().max().unwrap() - largest.iter().min().unwrap()
    }

    /// Players who meet someone they met lately: not in their own party, with whom they came.
    fn rematches(&self) -> usize {
        let tickets = || self.teams.iter().flatten();
        let others = |party: &Party| {
            let others = tickets().filter(|other| other.party != *party);
            others.flat_map(|other| other.party.player_ids()).collect::<Vec<_>>()
        };
        let meets = |player: &&Player, party| others(party).iter().any(|other| player.recent.contains(other));
        tickets().map(|one| one.party.players().iter().filter(|player| meets(player, &one.party)).count()).sum()
    }
}

/// The file with only this price, and what is free.
pub fn with_only(file: &Table, price: &str) -> (Table, Rules) {
    let mut file = file.clone();
    let prices = file.get_mut("price").and_then(Value::as_table_mut).unwrap();
    prices.retain(|key, _| key == price || key.starts_with("rtt_free"));
    let rules = rules(&file.to_string());
    (file, rules)
}

fn mean_rating(team: &[Candidate]) -> f64 {
    let ratings: Vec<f64> = team.iter().flat_map(|one| one.party.players()).map(|player| player.rating).collect();
    ratings.iter().sum::<f64>() / ratings.len() as f64
}

/// Of the mean of as many independent ratings.
fn mean_variance(team: &[Candidate]) -> f64 {
    let deviations: Vec<f64> = team.iter().flat_map(|one| one.party.players()).map(|player| player.deviation).collect();
    deviations.iter().map(|deviation| deviation.powi(2)).sum::<f64>() / (deviations.len() as f64).powi(2)
}

/// None where nothing is known against any region.
fn way_ms(player: &Player, region: &str) -> Option<f64> {
    let reported = player.rtt_ms.iter().find(|(name, _)| name.as_str() == region);
    let is_silent = player.rtt_ms.is_empty();
    (!is_silent).then(|| reported.map_or(LEFT_OUT_MS, |(_, rtt_ms)| f64::from(*rtt_ms)))
}

/// Most players who get a role that they named, or any when they named none: by trying every way to hand out the seats.
fn most_seated(players: &[&Player], seats: &[String]) -> usize {
    let Some((player, others)) = players.split_first() else { return 0 };
    let on_seat = |at: usize| {
        let mut left = seats.to_vec();
        let role = left.remove(at);
        let is_named = player.roles.is_empty() || player.roles.iter().any(|named| named.as_str() == role);
        usize::from(is_named) + most_seated(others, &left)
    };
    (0..seats.len()).map(on_seat).max().unwrap_or(0)
}

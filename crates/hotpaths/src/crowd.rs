//! Crowds that wait: real ratings and cities, drawn by a fixed series, so that every run searches the same ones.

use domain::{Arrival, Candidate, Party, Player, RealmId, RegionName, RoleName, TicketId};

/// The clock of every search, in ms since the Unix epoch.
pub const NOW_MS: u64 = 1_700_000_000_000;

const ARENA: &str = include_str!("../../cli/traces/arena-10min.csv");
const CITIES: &str = include_str!("cities.csv");

/// How many of a hundred parties have 1, 2, 3, 4 and 5 players.
const PARTIES_PERCENT: [u32; 5] = [72, 15, 6, 3, 4];
/// Standard deviation of a party's ratings around its mean, in rating points.
const PARTY_SPREAD: f64 = 176.0;
/// Rating deviation of someone who plays often, in rating points.
const DEVIATION: f64 = 60.0;
/// What players of a queue with roles name, and how many of a hundred do: damage is wanted too much, tank too little.
const WISHES_PERCENT: [(&[&str], u32); 5] =
    [(&["damage"], 45), (&["support"], 15), (&["tank"], 10), (&["damage", "support"], 15), (&[], 15)];
/// Regions of a world in which most players live in a few.
const SKEWED_REGIONS: u32 = 20;
/// Round trip within a region, and to each one farther, in ms.
const SKEWED_RTT_MS: (u32, u32) = (20, 15);
/// The longest that anyone of a crowd has waited, in ms.
const AGE_MS_MAX: f64 = 60_000.0;

/// What is known of the players of a crowd.
#[derive(Debug, Clone, Copy)]
pub enum Knows {
    Ratings,
    Regions,
    Roles,
}

/// Where crowds come from.
pub struct Source {
    series: Series,
    /// Drawn so far.
    players: usize,
    ratings: Vec<f64>,
    cities: Vec<City>,
}

/// A place that players live in.
struct City {
    players_permille: u32,
    rtt_ms: Vec<(RegionName, u32)>,
}

impl Source {
    /// Players of the real cities.
    pub fn new() -> Self {
        Self::of(cities())
    }

    /// Players of 20 regions in a row, half as many in the second as in the first, a third in the third and so on.
    pub fn skewed() -> Self {
        let regions: Vec<RegionName> = skewed_regions().map(|name| name.parse().unwrap()).collect();
        let (near_ms, farther_ms) = SKEWED_RTT_MS;
        let city = |home: u32| {
            let rtt_ms = regions.iter().cloned().zip((0..).map(|at: u32| near_ms + farther_ms * home.abs_diff(at)));
            City { players_permille: 1_000 / (home + 1), rtt_ms: rtt_ms.collect() }
        };
        Self::of((0..SKEWED_REGIONS).map(city).collect())
    }

    fn of(cities: Vec<City>) -> Self {
        let ratings = ARENA.lines().skip(1).map(|row| row.rsplit(',').next().unwrap().parse().unwrap()).collect();
        Self { series: Series(1), players: 0, ratings, cities }
    }

    /// Tickets of one player each.
    pub fn solos(&mut self, count: usize, knows: Knows) -> Vec<Candidate> {
        (0..count).map(|_| self.ticket(1, knows)).collect()
    }

    /// Tickets of one to five players.
    pub fn parties(&mut self, count: usize, knows: Knows) -> Vec<Candidate> {
        (0..count).map(|_| self.party(knows)).collect()
    }

    /// The last arrivals of a queue of such parties, two in a second, newest first.
    pub fn arrivals(&mut self, count: usize, knows: Knows) -> Vec<Arrival> {
        let arrival = |at: usize| Arrival { queued_ms: NOW_MS - 500 * at as u64, party: self.party(knows).party };
        (0..count).map(arrival).collect()
    }

    fn party(&mut self, knows: Knows) -> Candidate {
        let size = 1 + self.series.weighted(PARTIES_PERCENT.into_iter());
        self.ticket(size, knows)
    }

    fn ticket(&mut self, size: usize, knows: Knows) -> Candidate {
        let mean = self.ratings[self.series.below(self.ratings.len())];
        let city = self.series.weighted(self.cities.iter().map(|city| city.players_permille));
        let spread = if size == 1 { 0.0 } else { PARTY_SPREAD };
        let players = (0..size).map(|_| self.player(mean, spread, city, knows)).collect();
        let party = Party::try_new(players).unwrap();
        let realm: RealmId = "bench".parse().unwrap();
        let id = TicketId::derive(&realm, "", party.player_ids());
        let age_ms = (AGE_MS_MAX * self.series.draw()) as u64;
        Candidate { id, version: 1, queued_ms: NOW_MS - age_ms, tries: 0, party }
    }

    fn player(&mut self, mean: f64, spread: f64, city: usize, knows: Knows) -> Player {
        self.players += 1;
        let id = format!("p{}", self.players).parse().unwrap();
        let mut player = Player { deviation: DEVIATION, ..Player::new(id, mean + spread * self.series.bell()) };
        match knows {
            Knows::Ratings => {}
            Knows::Regions => player.rtt_ms = self.cities[city].rtt_ms.iter().cloned().collect(),
            Knows::Roles => player.roles = self.wishes(),
        }
        player
    }

    fn wishes(&mut self) -> Vec<RoleName> {
        let at = self.series.weighted(WISHES_PERCENT.into_iter().map(|(_, percent)| percent));
        WISHES_PERCENT[at].0.iter().map(|role| role.parse().unwrap()).collect()
    }
}

/// Those that [`Source::skewed`] players know.
pub fn skewed_regions() -> impl Iterator<Item = String> {
    (1..=SKEWED_REGIONS).map(|number| format!("region-{number}"))
}

fn cities() -> Vec<City> {
    let mut rows = CITIES.lines().map(|row| row.split(',').skip(2));
    let regions: Vec<RegionName> = rows.next().unwrap().skip(1).map(|name| name.parse().unwrap()).collect();
    let city = |row: std::iter::Skip<std::str::Split<'_, char>>| {
        let figures: Vec<u32> = row.map(|figure| figure.parse().unwrap()).collect();
        City { players_permille: figures[0], rtt_ms: regions.iter().cloned().zip(figures[1..].to_vec()).collect() }
    };
    rows.map(city).collect()
}

/// Knuth's MMIX generator: any fixed series will do.
struct Series(u64);

impl Series {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// From 0 on, less than 1.
    fn draw(&mut self) -> f64 {
        self.next() as f64 / (1u64 << 31) as f64
    }

    /// Of mean 0 and standard deviation 1, nearly normal.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.draw()).sum::<f64>() - 6.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.draw() * end as f64) as usize
    }

    /// An index, drawn as often as its weight says.
    fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.draw() * f64::from(weights.clone().sum::<u32>());
        let is_past = |weight: u32| {
            left -= f64::from(weight);
            left < 0.0
        };
        weights.map(is_past).position(|is_past| is_past).unwrap_or(0)
    }
}

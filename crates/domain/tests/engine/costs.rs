//! A match costs what its rules file declares.

use crate::declared::{Declared, with_only};
use crate::support::{rules, ticket};
use domain::{Candidate, Party, Player};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use toml::Table;

const ALL_PRICES: &str = "
queue = \"all-prices\"
teams = [1, 2, 3]
longest_wait_s = 60
longest_match_s = 600
regions = [\"east\", \"middle\", \"west\"]
roles = [{ tank = 1 }, { tank = 1, healer = 1 }, { damage = 2, healer = 1 }]
rating_scale = 300.0

[price]
rating_gap = 0.05
win_probability = 1.5
rating_spread = 0.1
rtt = 0.2
rtt_free_ms = 40
rtt_free_over_best_ms = 15
rtt_difference = 0.07
off_role = 40
party_size = 6
rematch = 5
";

/// Every way to seat whole parties in the three teams.
const SEATINGS: [[&[usize]; 3]; 6] = [
    [&[1], &[2], &[3]],
    [&[1], &[2], &[2, 1]],
    [&[1], &[2], &[1, 1, 1]],
    [&[1], &[1, 1], &[3]],
    [&[1], &[1, 1], &[2, 1]],
    [&[1], &[1, 1], &[1, 1, 1]],
];

fn any_player() -> impl Strategy<Value = Player> {
    let regions = subsequence(vec!["east", "middle", "west"], 0..=3);
    let roles = subsequence(vec!["tank", "damage", "healer"], 0..=3).prop_shuffle();
    let recent = subsequence(vec!["p1-0", "p2-0", "p2-1", "p3-0", "p4-0", "p5-0", "p9-0"], 0..=2);
    let numbers = (-500.0..3500.0f64, select(vec![0.0, 60.0, 350.0]), proptest::array::uniform3(0u32..300));
    (numbers, regions, roles, recent).prop_map(|((rating, deviation, rtts_ms), regions, roles, recent)| Player {
        deviation,
        rtt_ms: regions.iter().map(|region| region.parse().unwrap()).zip(rtts_ms).collect(),
        roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        recent: recent.iter().map(|id| id.parse().unwrap()).collect(),
        ..Player::new("nobody".parse().unwrap(), rating)
    })
}

fn any_teams() -> impl Strategy<Value = Vec<Vec<Candidate>>> {
    (select(SEATINGS.to_vec()), proptest::collection::vec(any_player(), 6)).prop_map(|(seating, players)| {
        let (mut ids, mut players) = (1u32.., players.into_iter());
        let mut party = |size: &usize| {
            let id = ids.next().unwrap();
            let named = |(at, player)| Player { id: format!("p{id}-{at}").parse().unwrap(), ..player };
            let players = players.by_ref().take(*size).enumerate().map(named).collect();
            Candidate { party: Party::try_new(players).unwrap(), ..ticket(id, 0, &[0.0]) }
        };
        seating.map(|team| team.iter().map(&mut party).collect()).to_vec()
    })
}

proptest! {
    /// All together, and each price by itself.
    #[test]
    fn a_match_costs_what_the_words_of_the_readme_say(teams in any_teams()) {
        let file: Table = ALL_PRICES.parse().unwrap();
        let each = Declared::new(&file, &teams).parts_s("east").map(|(price, _)| with_only(&file, price));
        for (file, rules) in each.into_iter().chain([(file.clone(), rules(ALL_PRICES))]) {
            let declared = Declared::new(&file, &teams);
            let (cost_s, region) = (rules.cost_s(&teams, 0), rules.region(&teams, 0).unwrap());
            let is_near = (cost_s - declared.cost_s(region)).abs() <= 1e-9 * cost_s.max(1.0);
            prop_assert!(is_near, "{} s, but {:?} for {:?}", cost_s, declared.parts_s(region), file["price"]);
            for other in ["east", "middle", "west"] {
                prop_assert!(cost_s <= declared.cost_s(other) + 1e-9 * cost_s.max(1.0), "cheaper in {}", other);
            }
        }
    }
}

#[test]
fn only_a_price_above_nothing_asks_whom_players_met() {
    let asks =
        ["rematch = 0", "rematch = 0.5"].map(|price| rules(&ALL_PRICES.replace("rematch = 5", price)).prices_rematch());
    assert_eq!(asks, [false, true]);
}

use super::*;
use api::v1::{self, Sheet};
use api::{Message, encode_party};
use domain::{Encoded, InstanceId, MatchId, Party, Player, TicketId};

const NOW_MS: u64 = 100_000;

fn rules() -> RuleSet {
    let rules = r#"
        queue = "pairs"
        teams = [2, 2]
        longest_wait_s = 30
        longest_match_s = 10
        equal = ["input"]
        [limit]
        rating_gap = { start = 50, per_s = 10, max = 300 }
    "#;
    RuleSet::try_new(vec![Rules::parse(rules).unwrap()]).unwrap()
}

/// A party of these ratings that has waited so long.
fn party(id: u128, ratings: &[f64], waited_ms: u64) -> Candidate {
    let player = |(seat, rating): (usize, &f64)| Player::new(format!("p{id}-{seat}").parse().unwrap(), *rating);
    let party = Party::try_new(ratings.iter().enumerate().map(player).collect()).unwrap();
    Candidate { id: TicketId(id), version: 1, queued_ms: NOW_MS - waited_ms, tries: 0, party }
}

/// With a pad in place of a mouse.
fn on_a_pad(mut ticket: Candidate) -> Candidate {
    let mut players = ticket.party.players().to_vec();
    players.iter_mut().for_each(|player| drop(player.strings.insert("input".to_owned(), "pad".to_owned())));
    ticket.party = Party::try_new(players).unwrap();
    ticket
}

fn sheet(teams: &[&[&Candidate]]) -> Sheet {
    let seat = |ticket: &Candidate, player: &Player| v1::Seat {
        ticket_id: ticket.id.to_string(),
        player_id: player.id.to_string(),
        ..Default::default()
    };
    let seats = |ticket: &&Candidate| ticket.party.players().iter().map(|player| seat(ticket, player)).collect();
    let team = |team: &&[&Candidate]| v1::Team { seats: team.iter().flat_map::<Vec<_>, _>(seats).collect() };
    Sheet { teams: teams.iter().map(team).collect(), ..Default::default() }
}

fn request(tickets: &[&Candidate], sheet: &Sheet) -> CommitRequest {
    let versioned = |ticket: &&Candidate| Versioned {
        id: ticket.id,
        version: ticket.version,
        queued_ms: ticket.queued_ms,
        tries: ticket.tries,
        party: encode_party(&ticket.party),
    };
    CommitRequest {
        match_id: MatchId(1),
        queue: "pairs".parse().unwrap(),
        tickets: tickets.iter().map(versioned).collect(),
        sheet: Encoded(sheet.encode_to_vec().into()),
        host: "playserver-1".parse::<InstanceId>().unwrap(),
        now_ms: NOW_MS,
        due_ms: NOW_MS,
    }
}

/// What is wrong with a match of these teams.
fn wrong(teams: &[&[&Candidate]]) -> String {
    violation(&rules(), &request(&teams.concat(), &sheet(teams))).unwrap_or_default()
}

#[test]
fn a_match_that_the_rules_allow_is_none_against_them() {
    let (friends, one, other) = (party(1, &[1500.0, 1500.0], 0), party(2, &[1500.0], 0), party(3, &[1540.0], 0));
    assert_eq!(wrong(&[&[&friends], &[&one, &other]]), "");
}

#[test]
fn teams_of_other_sizes_are_against_the_rules() {
    let (friends, one) = (party(1, &[1500.0, 1500.0], 0), party(2, &[1500.0], 0));
    assert_eq!(wrong(&[&[&friends], &[&one]]), "team_sizes: must be [2, 2], are [2, 1]");
}

#[test]
fn teams_farther_apart_than_the_limit_allows_at_their_age_are_against_the_rules() {
    let (weak, strong) = (party(1, &[1500.0, 1500.0], 4_900), party(2, &[1600.0, 1600.0], 0));
    assert_eq!(wrong(&[&[&weak], &[&strong]]), "rating_gap_limit: is 100.0, may be at most 99.0");
    let weak = party(1, &[1500.0, 1500.0], 5_000);
    assert_eq!(wrong(&[&[&weak], &[&strong]]), "");
}

#[test]
fn tickets_of_two_pools_are_against_the_rules() {
    let (mouse, pad) = (party(1, &[1500.0, 1500.0], 0), on_a_pad(party(2, &[1500.0, 1500.0], 0)));
    let told = wrong(&[&[&mouse], &[&pad]]);
    assert!(told.starts_with("equal: ticket"), "{told}");
}

#[test]
fn a_sheet_that_seats_others_than_are_matched_is_against_the_rules() {
    let (one, two, three) =
        (party(1, &[1500.0, 1500.0], 0), party(2, &[1500.0, 1500.0], 0), party(3, &[1500.0, 1500.0], 0));
    let wrong = |tickets: &[&Candidate], sheet: &Sheet| violation(&rules(), &request(tickets, sheet)).unwrap();
    let id = |ticket: &Candidate| ticket.id.to_string();
    let sits_nowhere = wrong(&[&one, &two, &three], &sheet(&[&[&one], &[&two]]));
    assert_eq!(sits_nowhere, format!("ticket {} sits nowhere", id(&three)));
    let sits_twice = wrong(&[&one, &two], &sheet(&[&[&one], &[&one]]));
    assert_eq!(sits_twice, format!("ticket {} is none of it, or sits there twice", id(&one)));
    let mut apart = sheet(&[&[&one], &[&two]]);
    apart.teams[0].seats.pop();
    assert_eq!(wrong(&[&one, &two], &apart), "player p1-1 has no seat beside his party");
}

#[test]
fn whoever_might_have_had_a_match_is_told_with_whom() {
    let (solo, friends, other) = (party(1, &[1500.0], 0), party(2, &[1500.0, 1500.0], 0), party(3, &[1540.0], 0));
    let rules = rules();
    let rules = rules.get(&"pairs".parse().unwrap()).unwrap();
    let with = |others: &[&Candidate]| possible(rules, &solo, others, NOW_MS);
    assert_eq!(with(&[&friends, &other]), Some(vec![vec![solo.clone(), other.clone()], vec![friends.clone()]]));
    assert_eq!(with(&[&friends]), None);
    let far = party(4, &[2500.0, 2500.0], 0);
    assert_eq!(with(&[&far, &other]), None);
}

use super::*;
use api::encode_party;
use domain::{Cursor, InstanceId, Party, Player, Rules, TicketState};

const START_MS: u64 = 100_000;
const LONGEST_WAIT_MS: u64 = 30_000;

fn rules() -> RuleSet {
    let rules = r#"
        queue = "duel"
        teams = [1, 1]
        longest_wait_s = 30
        longest_match_s = 10
        [limit]
        rating_gap = 300
    "#;
    RuleSet::try_new(vec![Rules::parse(rules).unwrap()]).unwrap()
}

fn ticket(id: u128, rating: f64, queued_ms: u64) -> Ticket {
    let party = Party::try_new(vec![Player::new(format!("p{id}").parse().unwrap(), rating)]).unwrap();
    Ticket {
        id: TicketId(id),
        version: 1,
        state: TicketState::Queued,
        queued_ms,
        expires_ms: queued_ms + LONGEST_WAIT_MS,
        tries: 0,
        width: 0,
        players: party.player_ids().cloned().collect(),
        places: vec![rules().get(&"duel".parse().unwrap()).unwrap().place(&party)],
        party: encode_party(&party),
        holder: "orchestrator-1".parse::<InstanceId>().unwrap(),
        trace: String::new(),
        match_id: None,
        changed: Cursor::default(),
        reason: String::new(),
    }
}

/// Two who wait: the first from the start on, of 1,500 points, and the second as it is said.
fn two(rating: f64, since_ms: u64) -> Waiting {
    let mut waiting = Waiting::default();
    waiting.came(&ticket(1, 1_500.0, START_MS), START_MS).unwrap();
    waiting.came(&ticket(2, rating, since_ms), since_ms).unwrap();
    waiting
}

const EXPIRES_MS: u64 = START_MS + LONGEST_WAIT_MS;

/// That the first of them expires.
fn expires(mut waiting: Waiting) -> Result<(), String> {
    waiting.expired(&rules(), TicketId(1), EXPIRES_MS)
}

#[test]
fn whoever_expires_beside_one_whom_he_might_have_played_starved() {
    let starved = expires(two(1_600.0, EXPIRES_MS - TOGETHER_MS)).unwrap_err();
    let both = format!("{} {}", TicketId(1), TicketId(2));
    assert_eq!(
        starved,
        format!("starved: ticket {} expired, and for 4000 ms might have had a match of {both}", TicketId(1))
    );
}

#[test]
fn whoever_expires_alone_or_beside_one_beyond_the_limits_did_not_starve() {
    let mut alone = two(1_600.0, START_MS);
    alone.went(TicketId(2), START_MS + 1).unwrap();
    assert_eq!(expires(alone), Ok(()));
    assert_eq!(expires(two(1_801.0, START_MS)), Ok(()));
}

#[test]
fn whoever_expires_beside_one_who_came_or_came_back_just_now_did_not_starve() {
    assert_eq!(expires(two(1_600.0, EXPIRES_MS - TOGETHER_MS + 1)), Ok(()));
    let mut back = two(1_600.0, START_MS);
    back.came(&ticket(1, 1_500.0, START_MS), EXPIRES_MS - 1).unwrap();
    assert_eq!(expires(back), Ok(()));
}

#[test]
fn a_ticket_that_waits_on_after_its_longest_wait_is_overdue() {
    let mut waiting = two(1_600.0, START_MS + 1);
    let late_ms = EXPIRES_MS + OVERDUE_MS + 1;
    assert_eq!(waiting.overdue(late_ms - 1), Vec::<String>::new());
    let overdue = format!("overdue: ticket {} was still queued 3001 ms after its longest wait", TicketId(1));
    assert_eq!(waiting.overdue(late_ms), std::slice::from_ref(&overdue));
    assert_eq!(waiting.went(TicketId(1), late_ms), Err(overdue));
}

//! A clean run passes; each fault, planted into it, is found and named.

use super::*;
use crate::record::{Lost, Member, Point, Seen, Told};
use api::v1::{self, Change, TicketState};
use std::sync::Arc;

fn told(match_id: &str, teams: &[&[(&str, &[&str])]]) -> Arc<Told> {
    let seat = |ticket: &str, player: &str| v1::Seat {
        player_id: player.to_owned(),
        ticket_id: ticket.to_owned(),
        rating: 1500.0,
        ..Default::default()
    };
    let side = |side: &&[(&str, &[&str])]| v1::Team {
        seats: side.iter().flat_map(|(ticket, players)| players.iter().map(|player| seat(ticket, player))).collect(),
    };
    let ticket_ids = teams.iter().flat_map(|team| team.iter().map(|(ticket, _)| (*ticket).to_owned())).collect();
    let sheet = v1::Sheet { teams: teams.iter().map(side).collect(), ..Default::default() };
    Arc::new(Told { match_id: match_id.to_owned(), ticket_ids, sheet })
}

fn seen(at_us: u64, seq: u64, change: Change, told: Option<&Arc<Told>>) -> Seen {
    let state = TicketState::from(change);
    Seen { at_us, cursor: (1, seq), snapshot: false, change, state, told: told.cloned() }
}

/// From queue to end: matched at `from`, ended at `from + 10`, the first cursor `from`.
fn played(player: &str, from: u64, told: &Arc<Told>) -> Member {
    let mut member = Member::new(player.into());
    member.seen = vec![
        seen(from, from, Change::Queued, None),
        seen(from + 1, from + 1, Change::Matched, Some(told)),
        seen(from + 2, from + 2, Change::Assigned, Some(told)),
        seen(from + 10, from + 10, Change::Ended, Some(told)),
    ];
    member
}

fn ticket(ticket_id: &str, members: Vec<Member>) -> TicketRecord {
    TicketRecord { ticket_id: ticket_id.to_owned(), members, ..Default::default() }
}

/// A party of two against two solos, and later a rematch of one of them.
fn clean() -> Vec<TicketRecord> {
    let first = told("m1", &[&[("ta", &["a1", "a2"])], &[("tb", &["b"]), ("tc", &["c"])]]);
    let second = told("m2", &[&[("tb2", &["b"])], &[("td", &["d"])]]);
    vec![
        ticket("ta", vec![played("a1", 100, &first), played("a2", 100, &first)]),
        ticket("tb", vec![played("b", 100, &first)]),
        ticket("tc", vec![played("c", 100, &first)]),
        ticket("tb2", vec![played("b", 200, &second)]),
        ticket("td", vec![played("d", 200, &second)]),
    ]
}

#[track_caller]
fn finds(records: &[TicketRecord], which: Which, player: &str) {
    let found = audit(records);
    let named = found.iter().any(|broken| broken.which == which && broken.player == player);
    assert!(named, "{} of player {player} should be among {found:#?}", which.name());
}

#[test]
fn a_clean_run_passes() {
    assert_eq!(audit(&clean()), []);
}

#[test]
fn a_match_that_failed_and_another_after_it_pass() {
    let failed = told("m0", &[&[("ta", &["a"])], &[("tb", &["b"])]]);
    let real = told("m1", &[&[("ta", &["a"])], &[("tb", &["b"])]]);
    let member = |player| {
        let mut member = played(player, 100, &real);
        let before = [seen(50, 50, Change::Matched, Some(&failed)), seen(60, 60, Change::Requeued, Some(&failed))];
        member.seen.splice(1..1, before);
        member.seen[0] = seen(40, 40, Change::Queued, None);
        member
    };
    assert_eq!(audit(&[ticket("ta", vec![member("a")]), ticket("tb", vec![member("b")])]), []);
}

#[test]
fn no_outcome() {
    let mut records = clean();
    records[1].members[0].seen.pop();
    records[1].members[0].lost = Some(Lost::Untold);
    finds(&records, Which::OneOutcome, "b");
    // Whoever could not reach the system can't blame it.
    records[1].members[0].lost = Some(Lost::Failed("UNAVAILABLE".into()));
    assert_eq!(audit(&records), []);
}

#[test]
fn two_outcomes() {
    let mut records = clean();
    records[0].members[1].seen[3] = seen(110, 110, Change::Expired, None);
    finds(&records, Which::OneOutcome, "a2");

    let mut records = clean();
    records[2].members[0].seen.push(seen(120, 120, Change::Cancelled, None));
    finds(&records, Which::OneOutcome, "c");

    let mut records = clean();
    records[2].last_look = Some((TicketState::Queued, (1, 130), String::new()));
    finds(&records, Which::OneOutcome, "c");
}

#[test]
fn one_ticket_given_twice() {
    let mut records = clean();
    records.push(records[4].clone());
    finds(&records, Which::OneOutcome, "d");
}

#[test]
fn another_content() {
    let mut records = clean();
    let other = told("m1", &[&[("ta", &["a1", "a2"])], &[("tc", &["c"]), ("tb", &["b"])]]);
    records[2].members[0].seen[1].told = Some(other);
    finds(&records, Which::SameContent, "c");
}

#[test]
fn one_who_was_not_told() {
    let mut records = clean();
    records[1].members[0].seen.truncate(1);
    records[1].members[0].seen.push(seen(110, 110, Change::Cancelled, None));
    finds(&records, Which::EveryoneTold, "b");
}

#[test]
fn two_live_matches_at_once() {
    let mut records = clean();
    let second = told("m2", &[&[("tb2", &["b"])], &[("td", &["d"])]]);
    records[3].members[0] = played("b", 105, &second);
    finds(&records, Which::OneLiveMatch, "b");
    // Who has ended his match himself is out of it, before anyone tells him so.
    let ended = records[1].members[0].seen[1].told.clone().unwrap();
    records[1].members[0].ended = Some((104, ended));
    assert_eq!(audit(&records), []);
}

#[test]
fn from_match_to_match() {
    let mut records = clean();
    let other = told("m3", &[&[("tc", &["c"])], &[("tx", &["x"])]]);
    records[2].members[0].seen[2].told = Some(other);
    finds(&records, Which::OneMatchPerTicket, "c");
}

#[test]
fn torn_parties() {
    let torn = told("m1", &[&[("ta", &["a1"])], &[("ta", &["a2"]), ("tb", &["b"])]]);
    let records = [
        ticket("ta", vec![played("a1", 100, &torn), played("a2", 100, &torn)]),
        ticket("tb", vec![played("b", 100, &torn)]),
    ];
    finds(&records, Which::WholeTickets, "a2");

    let short = told("m1", &[&[("ta", &["a1"])], &[("tb", &["b"])]]);
    let records = [
        ticket("ta", vec![played("a1", 100, &short), played("a2", 100, &short)]),
        ticket("tb", vec![played("b", 100, &short)]),
    ];
    finds(&records, Which::WholeTickets, "a1");
}

#[test]
fn a_match_of_other_tickets() {
    let mut records = clean();
    let foreign = told("m9", &[&[("tx", &["x"])], &[("ty", &["y"])]]);
    records[4].members[0] = played("d", 200, &foreign);
    finds(&records, Which::WholeTickets, "d");

    let mut unnamed = (*told("m1", &[&[("ta", &["a"])], &[("tb", &["b"])]])).clone();
    unnamed.ticket_ids.push("tx".to_owned());
    let unnamed = Arc::new(unnamed);
    let records = [ticket("ta", vec![played("a", 1, &unnamed)]), ticket("tb", vec![played("b", 1, &unnamed)])];
    finds(&records, Which::WholeTickets, "a");
}

#[test]
fn a_cancel_that_did_not_hold() {
    let cancelled: Point = (1, 100);
    let mut records = clean();
    records[1].cancelled = Some(cancelled);
    finds(&records, Which::CancelHolds, "b");

    let mut member = Member::new("e".into());
    member.seen = vec![seen(1, 1, Change::Queued, None), seen(2, 100, Change::Cancelled, None)];
    let mut record = TicketRecord { cancelled: Some(cancelled), ..ticket("te", vec![member]) };
    assert_eq!(audit(std::slice::from_ref(&record)), []);
    record.last_look = Some((TicketState::Matched, (1, 101), "m7".to_owned()));
    finds(&[record], Which::CancelHolds, "e");
}

#[test]
fn a_cursor_that_goes_back() {
    let mut records = clean();
    records[4].members[0].seen[2].cursor = (1, 150);
    finds(&records, Which::CursorGrows, "d");
    // A new epoch is further on, whatever its numbers.
    for (at, seen) in records[4].members[0].seen.iter_mut().skip(2).enumerate() {
        seen.cursor = (2, at as u64);
    }
    assert_eq!(audit(&records), []);
}

#[test]
fn news_of_another_ticket() {
    let mut records = clean();
    records[0].members[0].astray = 1;
    finds(&records, Which::RightTicket, "a1");
}

#[test]
fn the_line_names_the_player() {
    let broken = Broken { which: Which::OneLiveMatch, player: "17".into(), detail: "was in two".into() };
    assert_eq!(broken.to_string(), "one-live-match: player 17 was in two");
}

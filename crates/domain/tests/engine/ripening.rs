use crate::support::{DUEL, TEAMS, anchored, rules, search_soundly, ticket, window};
use domain::{Outcome, Range};

const NOW_MS: u64 = 1_000_000;

/// Each ticket that stays, and in how many ms it is ripe.
fn ripe(range: &Range, outcome: &Outcome) -> Vec<(u128, u64)> {
    outcome.ripening.iter().map(|ripening| (range.candidates[ripening.ticket].id.0, ripening.in_ms)).collect()
}

#[test]
fn a_pair_is_made_when_it_was_foretold_to_be_ripe_and_not_before() {
    // 30 points cost 1.5 s; half a second of patience has grown to 1.2 and 0.6 s.
    let (rules, tickets) = (rules(DUEL), [ticket(1, NOW_MS - 700, &[1500.0]), ticket(2, NOW_MS - 100, &[1530.0])]);
    for range in [window(&tickets), anchored(1, &tickets)] {
        let outcome = search_soundly(&range, &rules, NOW_MS);
        let ripe = ripe(&range, &outcome);
        let (ticket, in_ms) = ripe[0];
        assert!(ticket == 1 && (600..=601).contains(&in_ms), "to the ms, rounded up: {ripe:?}");
        assert_eq!(search_soundly(&range, &rules, NOW_MS + in_ms - 2).proposals.len(), 0);
        assert_eq!(search_soundly(&range, &rules, NOW_MS + in_ms).proposals.len(), 1);
    }
}

#[test]
fn no_pair_is_foretold_a_moment_too_early() {
    let rules = rules(DUEL);
    for gap in 31..=90 {
        let tickets = [ticket(1, NOW_MS - 450, &[1500.0]), ticket(2, NOW_MS - 260, &[1500.0 + f64::from(gap)])];
        let in_ms = ripe(&window(&tickets), &search_soundly(&window(&tickets), &rules, NOW_MS))[0].1;
        let then = search_soundly(&window(&tickets), &rules, NOW_MS + in_ms);
        assert_eq!(then.proposals.len(), 1, "{gap} points, after {in_ms} ms");
    }
}

#[test]
fn whoever_is_matched_is_not_told_when_another_match_is_ripe() {
    let tickets = [ticket(1, NOW_MS, &[1500.0]), ticket(2, NOW_MS, &[1501.0]), ticket(3, NOW_MS, &[1540.0])];
    let range = window(&tickets);
    let outcome = search_soundly(&range, &rules(DUEL), NOW_MS);
    assert_eq!((outcome.proposals.len(), ripe(&range, &outcome)), (1, vec![]));
}

#[test]
fn a_match_of_teams_that_is_too_dear_is_ripe_when_its_players_have_the_patience() {
    let tickets: Vec<_> = (1..=10).map(|id| ticket(id, NOW_MS, &[1500.0 + 20.0 * f64::from(id)])).collect();
    let (rules, range) = (rules(TEAMS), anchored(1, &tickets));
    let outcome = search_soundly(&range, &rules, NOW_MS);
    let [(1, in_ms)] = ripe(&range, &outcome)[..] else { panic!("{outcome:?}") };
    assert_eq!(search_soundly(&range, &rules, NOW_MS + in_ms).proposals.len(), 1, "after {in_ms} ms");
}

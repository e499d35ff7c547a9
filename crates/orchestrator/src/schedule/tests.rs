use super::*;
use crate::waiting::testing::{NOW_MS, solos};

fn waiting(number: usize) -> Waiting {
    solos(&[1500.0; 5]).remove(number)
}

fn ids(due: Vec<Waiting>) -> Vec<u128> {
    due.into_iter().map(|waiting| waiting.id.0).collect()
}

fn due(schedule: &mut Schedule, now_ms: u64) -> Vec<u128> {
    ids(schedule.take_due(now_ms).round)
}

/// More than two rounds take, all due at one time; the later a ticket was added, the lower is its rating.
fn crowd(size: usize) -> Schedule {
    let ratings: Vec<f64> = (0..size).map(|number| 9_000.0 - number as f64).collect();
    let mut schedule = Schedule::default();
    solos(&ratings).into_iter().for_each(|solo| schedule.add(ROUND_MS, solo));
    schedule
}

#[test]
fn tickets_come_due_in_order_of_time_and_none_before() {
    let mut schedule = Schedule::default();
    for (at_ms, number) in [(20, 1), (10, 2), (10, 3), (30, 4)] {
        schedule.add(at_ms, waiting(number));
    }
    assert_eq!(due(&mut schedule, 9), [0_u128; 0]);
    assert_eq!(due(&mut schedule, 20), [2, 3, 1]);
    assert_eq!(schedule.len(), 1);
}

#[test]
fn a_ticket_added_twice_is_looked_for_once_and_can_be_added_again_after() {
    let mut schedule = Schedule::default();
    schedule.add(10, waiting(1));
    schedule.add(20, waiting(1));
    assert_eq!(due(&mut schedule, 20), [1]);
    schedule.add(20, waiting(1));
    assert_eq!(due(&mut schedule, 20), [1]);
}

#[test]
fn a_ticket_comes_back_as_it_was() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let was = || Waiting { tries: 2, width: 3, looks: 4, trace: trace.into(), ..waiting(1) };
    let mut schedule = Schedule::default();
    schedule.add(10, was());
    let is = schedule.take_due(10).round.remove(0);
    let told = |waiting: &Waiting| {
        let Waiting { id, queued_ms, tries, width, looks, .. } = *waiting;
        (id, queued_ms, tries, width, looks, waiting.trace.clone(), waiting.place.clone(), waiting.party.clone())
    };
    assert_eq!(told(&is), told(&was()));
    assert_eq!(is.rules.version(), was().rules.version());
}

#[test]
fn of_more_than_there_is_time_for_a_round_takes_the_first_then_neighbours_of_the_others_and_each_has_his_turn() {
    let size = ROUND_IN_TIME_MAX + 2 * ROUND_BACKLOG_MAX + 7;
    let mut schedule = crowd(size);
    let mut seen = due(&mut schedule, ROUND_MS);
    assert!(seen.iter().copied().eq(0..ROUND_IN_TIME_MAX as u128), "whoever is due first");
    let middle_ms = |round: u64| round * ROUND_MS + ROUND_MS / 2;
    assert_eq!((schedule.next_ms(), due(&mut schedule, middle_ms(1) - 1)), (Some(middle_ms(1)), vec![]));
    let neighbours = due(&mut schedule, middle_ms(1));
    assert!(
        neighbours.iter().copied().eq((0..size as u128).rev().take(ROUND_BACKLOG_MAX)),
        "from the lowest rating on"
    );
    assert_eq!((schedule.next_ms(), due(&mut schedule, middle_ms(2) - 1)), (Some(middle_ms(2)), vec![]));
    seen.extend(neighbours);
    seen.extend([2, 3].iter().flat_map(|round| due(&mut schedule, middle_ms(*round))));
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..size as u128));
    assert!(schedule.is_empty());
}

#[test]
fn whoever_was_put_off_leaves_the_places_in_time_to_others_as_long_as_there_is_a_backlog() {
    let mut schedule = crowd(ROUND_IN_TIME_MAX + 2 * ROUND_BACKLOG_MAX);
    schedule.take_due(ROUND_MS);
    let again = schedule.take_due(2 * ROUND_MS - 1).round.pop().unwrap();
    let (id, newcomer) = (again.id.0, Waiting { id: TicketId(u128::MAX), ..waiting(0) });
    schedule.add(2 * ROUND_MS, again);
    schedule.add(2 * ROUND_MS, newcomer);
    assert_eq!(due(&mut schedule, 2 * ROUND_MS), [u128::MAX]);
    assert!(!due(&mut schedule, 3 * ROUND_MS - 1).contains(&id), "the others of the backlog come before him");
    assert_eq!(due(&mut schedule, 4 * ROUND_MS - 1), [id]);
}

#[test]
fn whoever_is_ripe_at_a_time_is_looked_for_then_and_whoever_is_asked_for_as_well() {
    let mut schedule = crowd(ROUND_IN_TIME_MAX + 3 * ROUND_BACKLOG_MAX);
    let ripe_ms = Some(ROUND_MS + 3);
    schedule.add(ROUND_MS, Waiting { id: TicketId(u128::MAX), ripe_ms, ..waiting(0) });
    schedule.take_due(ROUND_MS);
    assert_eq!(ids(schedule.take_due(ROUND_MS + 3).ripe), [u128::MAX]);
    // The highest rating of the backlog: his turn would be the last.
    let last = solos(&(0..=ROUND_IN_TIME_MAX).map(|number| 9_000.0 - number as f64).collect::<Vec<_>>()).pop().unwrap();
    schedule.add(2 * ROUND_MS, last);
    assert_eq!(due(&mut schedule, 2 * ROUND_MS)[0], ROUND_IN_TIME_MAX as u128);
}

#[test]
fn whoever_is_put_off_is_looked_for_when_he_is_ripe_where_his_turn_would_be_later() {
    let turns = RIPE_AWAITED_MS / ROUND_MS + 8;
    let mut schedule = crowd(ROUND_IN_TIME_MAX + (turns as usize) * ROUND_BACKLOG_MAX);
    (0..2).for_each(|_| drop(schedule.take_due(ROUND_MS)));
    let ripe_ms = ROUND_MS + RIPE_AWAITED_MS + 2 * ROUND_MS;
    let late = Waiting { id: TicketId(u128::MAX), ripe_ms: Some(ripe_ms), ..waiting(0) };
    schedule.add(ROUND_MS, late);
    schedule.take_due(ROUND_MS);
    assert_eq!(ids(schedule.take_due(ripe_ms).ripe), [u128::MAX]);
}

#[test]
fn a_ticket_is_looked_for_when_it_is_ripe_or_in_a_round_before() {
    let ripe = |ripe_ms| Waiting { ripe_ms, ..waiting(1) };
    let next_ms = |ripe_ms| {
        let mut schedule = Schedule::new(Arc::default(), 100);
        schedule.add_again(NOW_MS, ripe(ripe_ms));
        schedule.next_ms().unwrap()
    };
    assert_eq!(next_ms(Some(NOW_MS - 7)), NOW_MS - 7);
    let round_ms = NOW_MS.next_multiple_of(ROUND_MS) + ROUND_MS - 100;
    assert_eq!((next_ms(None), next_ms(Some(NOW_MS + 1_000))), (round_ms, round_ms));
    assert_eq!(next_ms(Some(round_ms - 1)), round_ms - 1, "also after the time from which a round takes it");
}

#[test]
fn whoever_could_not_be_looked_for_keeps_his_turn_and_others_wait_for_it() {
    let mut schedule = crowd(2 * ROUND_IN_TIME_MAX + ROUND_BACKLOG_MAX);
    let first = schedule.take_due(ROUND_MS).round;
    let owed = ids(solos(&[1500.0; ROUND_IN_TIME_MAX]));
    first.into_iter().for_each(|waiting| schedule.put_back(2 * ROUND_MS, waiting));
    let newcomer = Waiting { id: TicketId(u128::MAX), ..waiting(0) };
    schedule.add(2 * ROUND_MS - 1, newcomer);
    assert_eq!(due(&mut schedule, 2 * ROUND_MS), owed);
}

#[test]
fn of_those_who_are_ripe_a_round_takes_so_many_and_the_next_ones_the_others() {
    let mut schedule = Schedule::default();
    let ripe = |solo| Waiting { ripe_ms: Some(5), ..solo };
    let solos = solos(&[1500.0; ROUND_RIPE_MAX + 3]);
    solos.into_iter().for_each(|solo| schedule.add(5, ripe(solo)));
    assert_eq!(schedule.take_due(5).ripe.len(), ROUND_RIPE_MAX);
    assert_eq!((schedule.take_due(6).ripe.len(), schedule.next_ms()), (0, Some(ROUND_MS)));
    assert_eq!(schedule.take_due(ROUND_MS).ripe.len(), 3);
}

#[test]
fn a_clock_that_is_put_back_stops_no_rounds() {
    let mut schedule = crowd(ROUND_IN_TIME_MAX);
    schedule.take_due(NOW_MS);
    let (later_ms, newcomer) = (NOW_MS - 60_000, waiting(0));
    schedule.add(later_ms, newcomer);
    assert_eq!(due(&mut schedule, later_ms), [0]);
}

#[test]
fn a_clock_that_is_put_back_keeps_nobody_waiting_until_it_has_caught_up() {
    let mut schedule = Schedule::default();
    schedule.take_due(NOW_MS);
    schedule.add(NOW_MS + 1_000, waiting(1));
    schedule.add(NOW_MS + 400, Waiting { ripe_ms: Some(NOW_MS + 400), ..waiting(2) });
    let later_ms = NOW_MS - 600_000;
    assert_eq!(due(&mut schedule, later_ms), [0_u128; 0]);
    assert_eq!(schedule.next_ms(), Some(later_ms + 400));
    assert_eq!(ids(schedule.take_due(later_ms + 400).ripe), [2]);
    assert_eq!(due(&mut schedule, later_ms + 1_000), [1]);
}

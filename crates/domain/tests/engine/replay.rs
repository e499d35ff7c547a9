//! A few hundred tickets on a virtual clock, scheduled as the live system does: an anchored search on arrival, then windows.

use crate::support::{DUEL, TEAMS, matches, rules, search_soundly, ticket};
use domain::{Candidate, Outlook, Range, Rules, Sought};

const WINDOW_MS: u64 = 250;

struct Played {
    waits_ms: Vec<u64>,
    gaps: Vec<f64>,
    expired: usize,
}

fn play(rules: &Rules, arrivals: Vec<Candidate>) -> Played {
    let mut played = Played { waits_ms: Vec::new(), gaps: Vec::new(), expired: 0 };
    let mut waiting: Vec<Candidate> = Vec::new();
    let mut arrivals = arrivals.into_iter().peekable();
    let mut now_ms = 0;
    while arrivals.peek().is_some() || !waiting.is_empty() {
        now_ms += WINDOW_MS;
        while let Some(arrived) = arrivals.next_if(|next| next.queued_ms <= now_ms) {
            let (anchor, at_ms) = (Some(arrived.id), arrived.queued_ms);
            waiting.push(arrived);
            look(rules, anchor, at_ms, &mut waiting, &mut played);
        }
        look(rules, None, now_ms, &mut waiting, &mut played);
        let all = waiting.len();
        waiting.retain(|one| one.age_ms(now_ms) < rules.longest_wait_ms());
        played.expired += all - waiting.len();
    }
    played
}

fn look(
    rules: &Rules,
    anchor: Option<domain::TicketId>,
    now_ms: u64,
    waiting: &mut Vec<Candidate>,
    played: &mut Played,
) {
    let range = Range { sought: Sought::around(anchor), candidates: waiting.clone(), outlook: Outlook::default() };
    for teams in matches(&range, &search_soundly(&range, rules, now_ms)) {
        let mean = |team: &Vec<Candidate>| {
            let players = team.iter().flat_map(|one| one.party.players());
            players.clone().map(|player| player.rating).sum::<f64>() / players.count() as f64
        };
        played.gaps.push((mean(&teams[0]) - mean(&teams[1])).abs());
        played.waits_ms.extend(teams.iter().flatten().map(|one| one.age_ms(now_ms)));
        waiting.retain(|one| !teams.iter().flatten().any(|taken| taken.id == one.id));
    }
}

/// Arrivals each `every_ms`, ratings spread like a bell around 1850, sizes as in `mix`, all from one fixed series.
fn arrivals(count: u32, every_ms: u64, mix: &[usize]) -> Vec<Candidate> {
    let mut state = 1u64;
    let mut draw = move || {
        // Knuth's MMIX generator: any fixed series will do.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let bell = |draw: &mut dyn FnMut() -> f64| 1850.0 + 800.0 * ((0..4).map(|_| draw()).sum::<f64>() - 2.0);
    let one = |id: u32| {
        let size = mix[(draw() * mix.len() as f64) as usize];
        let rating = bell(&mut draw);
        ticket(id, u64::from(id) * every_ms, &vec![rating; size])
    };
    (1..=count).map(one).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[test]
fn duels_at_nine_arrivals_a_second_are_close_and_quick() {
    let played = play(&rules(DUEL), arrivals(600, 110, &[1]));
    assert!(played.waits_ms.len() >= 594, "over 99 % are matched, not {} of 600", played.waits_ms.len());
    assert!(mean(played.gaps.iter().copied()) < 60.0, "mean gap {}", mean(played.gaps.iter().copied()));
    let wait_ms = mean(played.waits_ms.iter().map(|wait_ms| *wait_ms as f64));
    assert!(wait_ms < 4_000.0, "mean wait {wait_ms} ms");
}

#[test]
fn teams_with_parties_are_balanced_and_nearly_all_are_matched() {
    let played = play(&rules(TEAMS), arrivals(400, 150, &[1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5]));
    assert!(played.expired <= 20, "at most 5 % expire, not {} of 400", played.expired);
    assert!(mean(played.gaps.iter().copied()) < 20.0, "mean gap {}", mean(played.gaps.iter().copied()));
}

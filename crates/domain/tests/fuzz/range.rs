//! Ranges that no orderly queue holds: the same ticket twice, clocks that disagree, names that nobody declared, numbers at their bounds.

use super::draw::{below, byte, is_ordinary, one_of, some_of};
use arbitrary::Unstructured;
use domain::{Candidate, Outlook, Party, Player, PlayerId, Prospect, Range, Rules, Sought, TicketId};
use std::collections::BTreeSet;
use std::str::FromStr;

/// What is asked of the engine.
pub struct Asked {
    pub range: Range,
    pub now_ms: u64,
}

/// Most tickets in a range: what can go wrong among many goes wrong among few.
const TICKETS_MAX: usize = 24;

const CLOCKS_MS: [u64; 5] = [1_700_000_000_000, 0, 1, 86_400_000, u64::MAX];
const AGES_MS: [u64; 8] = [0, 1, 29_999, 60_000, 119_999, 299_999, 86_400_000, u64::MAX];
const TRIES: [u32; 4] = [0, 1, 7, u32::MAX];
const SIZES: [usize; 6] = [1, 1, 1, 2, 3, 5];
const ODD_SIZES: [usize; 4] = [0, 4, 64, 65];
const NUMBERS: [f64; 10] =
    [0.0, -0.0, 1e-300, -100_000.0, 100_000.0, 1_000_000.0, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
const RTTS_MS: [u32; 4] = [0, 1, 60_000, u32::MAX];
const WORTHS_S: [f64; 5] = [0.0, 5e-324, 30.0, 1e9, f64::MAX];

/// Reads tickets until the input ends.
pub fn asked(rules: &Rules, bytes: &mut Unstructured<'_>) -> Asked {
    let now_ms = if is_ordinary(bytes) { CLOCKS_MS[0] } else { one_of(bytes, &CLOCKS_MS) };
    let is_anchored = !byte(bytes).is_multiple_of(4);
    let outlook = outlook(rules, bytes);
    let mut candidates = Vec::new();
    while !bytes.is_empty() && candidates.len() < TICKETS_MAX {
        candidates.extend(candidate(rules, now_ms, candidates.len(), bytes));
    }
    let anchor = candidates.first().filter(|_| is_anchored).map(|first: &Candidate| first.id);
    Asked { range: Range { sought: Sought::around(anchor), candidates, outlook }, now_ms }
}

/// None where its party is refused.
fn candidate(rules: &Rules, now_ms: u64, at: usize, bytes: &mut Unstructured<'_>) -> Option<Candidate> {
    let ordinary = is_ordinary(bytes);
    let age_ms = if ordinary { u64::from(byte(bytes)) * 1_000 } else { one_of(bytes, &AGES_MS) };
    let is_ahead = !ordinary && byte(bytes).is_multiple_of(2);
    let size = if ordinary { one_of(bytes, &SIZES) } else { one_of(bytes, &ODD_SIZES) };
    let players = (0..size).map(|_| player(rules, bytes)).collect();
    Some(Candidate {
        id: TicketId(if ordinary { at as u128 } else { below(bytes, TICKETS_MAX) as u128 }),
        version: u64::from(byte(bytes)),
        queued_ms: if is_ahead { now_ms.saturating_add(age_ms) } else { now_ms.saturating_sub(age_ms) },
        tries: if ordinary { 0 } else { one_of(bytes, &TRIES) },
        party: Party::try_new(players).ok()?,
    })
}

fn player(rules: &Rules, bytes: &mut Unstructured<'_>) -> Player {
    let mut player = Player::new(player_id(bytes), number(bytes, 1_500.0));
    if is_ordinary(bytes) {
        player.rtt_ms =
            some_of(bytes, rules.regions()).into_iter().map(|region| (region, u32::from(byte(bytes)))).collect();
        player.roles = some_of(bytes, rules.roles());
        return player;
    }
    player.deviation = number(bytes, 60.0);
    let known_or_not = [rules.regions(), &[name("moon")]].concat();
    player.rtt_ms = some_of(bytes, &known_or_not).into_iter().map(|region| (region, one_of(bytes, &RTTS_MS))).collect();
    player.roles = some_of(bytes, &[rules.roles(), &[name("bard")]].concat());
    player.strings = some_of(bytes, &["input", "mode"]).into_iter().map(|key| (key.into(), text(bytes))).collect();
    player.numbers = some_of(bytes, &["rank"]).into_iter().map(|key| (key.into(), number(bytes, 5.0))).collect();
    let maps: BTreeSet<String> =
        some_of(bytes, &["dunes", "harbour", "mill", "nowhere"]).into_iter().map(str::to_owned).collect();
    player.sets = some_of(bytes, &["maps"]).into_iter().map(|key| (key.into(), maps.clone())).collect();
    let mut others = || (0..below(bytes, 3)).map(|_| player_id(bytes)).collect();
    (player.blocked, player.avoided, player.recent) = (others(), others(), others());
    player
}

/// From one of 65,536, so that a player stands in two tickets now and then.
fn player_id(bytes: &mut Unstructured<'_>) -> PlayerId {
    name(&format!("p{}", bytes.arbitrary::<u16>().unwrap_or(0)))
}

fn name<T: FromStr>(text: &str) -> T {
    text.parse().ok().expect("a plain name")
}

fn text(bytes: &mut Unstructured<'_>) -> String {
    one_of(bytes, &["", "pad", "mouse", "a,b%"]).into()
}

/// Near `middle` mostly.
fn number(bytes: &mut Unstructured<'_>, middle: f64) -> f64 {
    if is_ordinary(bytes) { middle * (0.5 + f64::from(byte(bytes)) / 255.0) } else { one_of(bytes, &NUMBERS) }
}

/// Of any region and role that the rules know, within the bounds of the wire.
fn outlook(rules: &Rules, bytes: &mut Unstructured<'_>) -> Outlook {
    let regions = rules.regions().iter().map(|region| region.as_str()).chain([""]);
    let regions: Vec<&str> = some_of(bytes, &regions.collect::<Vec<_>>());
    let of_one = |region: &str| {
        let ratings = some_of(bytes, &[f64::MIN, -100_000.0, 1_000.0, 1_500.0, 2_000.0, f64::MAX]);
        let worth_s = ratings.into_iter().map(|rating| (rating, one_of(bytes, &WORTHS_S))).collect();
        Prospect { region: region.into(), role: String::new(), worth_s }
    };
    Outlook { prospects: regions.into_iter().map(of_one).collect() }
}

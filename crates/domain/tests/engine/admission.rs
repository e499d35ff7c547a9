use crate::support::{DUEL, TEAMS, rules, ticket, with};
use domain::{Player, Rules};

fn refused(rules: &Rules, ratings: &[f64], change: impl Fn(&mut Player)) -> (String, String) {
    let invalid = rules.admit(&with(ticket(1, 0, ratings), change).party).unwrap_err();
    (invalid.field, invalid.bound)
}

#[test]
fn a_party_must_fit_a_team() {
    let (field, bound) = refused(&rules(DUEL), &[1500.0, 1500.0], |_| {});
    assert_eq!((field.as_str(), bound.as_str()), ("players", "must hold at most 1 in queue duel, holds 2"));
    rules(TEAMS).admit(&ticket(1, 0, &[1500.0; 5]).party).unwrap();
    assert!(refused(&rules(TEAMS), &[1500.0; 6], |_| {}).1.contains("at most 5"));
}

#[test]
fn an_unknown_region_or_role_is_refused_where_the_queue_declares_them() {
    let to_the_moon = |player: &mut Player| player.rtt_ms = [("moon".parse().unwrap(), 1_300)].into();
    let (field, bound) = refused(&rules(TEAMS), &[1500.0], to_the_moon);
    assert_eq!(field, "players[0].rtt_ms[moon]");
    assert!(bound.contains("unknown region"), "{bound}");
    rules(DUEL).admit(&with(ticket(1, 0, &[1500.0]), to_the_moon).party).unwrap();

    let with_roles = format!("roles = {{ tank = 2, healer = 3 }}\n{TEAMS}");
    let as_bard = |player: &mut Player| player.roles.push("bard".parse().unwrap());
    let (field, bound) = refused(&rules(&with_roles), &[1500.0, 1500.0], as_bard);
    assert_eq!(field, "players[0].roles");
    assert!(bound.contains("unknown role bard"), "{bound}");
}

#[test]
fn members_of_a_party_share_what_must_be_equal() {
    let rules = rules(&format!("equal = [\"input\"]\n{TEAMS}"));
    let only_second = |player: &mut Player| {
        if player.id.as_str().ends_with("-1") {
            player.strings.insert("input".into(), "pad".into());
        }
    };
    let (field, bound) = refused(&rules, &[1500.0, 1500.0], only_second);
    assert_eq!(field, "players[1].strings[input]");
    assert!(bound.contains("must equal players[0]'s"), "{bound}");
}

#[test]
fn the_pool_tells_values_apart_and_needs_no_quoting() {
    let rules = rules(&format!("equal = [\"a\", \"b\"]\n{DUEL}"));
    let pool = |a: &str, b: &str| {
        let party = with(ticket(1, 0, &[1500.0]), |player| {
            player.strings = [("a", a), ("b", b)].map(|(key, value)| (key.into(), value.into())).into();
        });
        rules.place(&party.party).pool
    };
    assert_eq!(pool("", ""), ",");
    assert_eq!(pool("pad", "1.2"), "pad,1.2");
    assert_eq!(pool("a,b", "{x}"), "a%2Cb,%7Bx%7D");
    assert_ne!(pool("a,", "b"), pool("a", ",b"));
    assert_eq!(crate::support::rules(DUEL).place(&ticket(1, 0, &[1500.0]).party).pool, "");
}

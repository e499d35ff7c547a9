use crate::support::{DUEL, TEAMS, anchored, rules, search_soundly, ticket, with};
use domain::Player;
use proptest::prelude::*;

fn in_europe(player: &mut Player) {
    let far = |region: &domain::RegionName| (region.clone(), 250);
    player.rtt_ms = rules(TEAMS).regions().iter().map(far).collect();
    player.rtt_ms.insert("northeurope".parse().unwrap(), 20);
    player.rtt_ms.insert("westeurope".parse().unwrap(), 35);
}

#[test]
fn widths_begin_after_0_1_2_4_8_seconds_and_end_at_the_highest() {
    let rules = rules(DUEL);
    let widths = [0, 999, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 96_000].map(|age_ms| rules.width(age_ms, 0));
    assert_eq!(widths, [0, 0, 1, 2, 3, 4, 5, 6, 6]);
    assert!(rules.width(0, 2) > 0, "tries count as time waited");
}

#[test]
fn a_look_reads_the_home_region_first_and_everything_at_the_highest_width() {
    let rules = rules(TEAMS);
    let party = with(ticket(1, 0, &[1500.0, 1700.0]), in_europe).party;
    assert_eq!(rules.place(&party).region, "northeurope");
    assert_eq!(rules.place(&party).rating, 1600.0);
    let young = rules.look(&party, 0);
    assert_eq!(young.regions, ["northeurope", "westeurope"], "the second costs nothing, so it is near too");
    let old = rules.look(&party, rules.width_max());
    assert_eq!(old.regions.len(), 14);
    assert!(old.low <= -100_000.0 && old.high >= 100_000.0);
    assert_eq!((old.low + old.high) / 2.0, 1600.0, "the middle stays the party's rating");
}

#[test]
fn a_queue_without_regions_has_one_without_a_name() {
    let party = ticket(1, 0, &[1500.0]).party;
    assert_eq!(rules(DUEL).place(&party).region, "");
    assert_eq!(rules(DUEL).look(&party, 0).regions, [""]);
}

#[test]
fn the_next_look_is_later_for_older_tickets_within_bounds() {
    let rules = rules(DUEL);
    assert_eq!(rules.look_again_ms(0), 250);
    assert!(rules.look_again_ms(5_000) > rules.look_again_ms(1_000));
    assert_eq!(rules.look_again_ms(u64::MAX), 2_000);
}

proptest! {
    #[test]
    fn looks_never_narrow(widths in (0u32..9, 0u32..9), rating in -3000.0..3000.0) {
        let (narrow, wide) = (widths.0.min(widths.1), widths.0.max(widths.1));
        let rules = rules(TEAMS);
        let party = with(ticket(1, 0, &[rating]), in_europe).party;
        let (narrow, wide) = (rules.look(&party, narrow), rules.look(&party, wide));
        prop_assert!(wide.low <= narrow.low && wide.high >= narrow.high);
        prop_assert!(wide.regions.starts_with(&narrow.regions));
    }

    #[test]
    fn of_two_who_would_play_the_more_patient_sees_the_other(ages in (0u64..90_000, 0u64..90_000), gap in 0.0..4000.0) {
        let rules = rules(DUEL);
        let now_ms = 200_000;
        let pair = [ticket(1, now_ms - ages.0, &[1000.0]), ticket(2, now_ms - ages.1, &[1000.0 + gap])];
        if !search_soundly(&anchored(1, &pair), &rules, now_ms).proposals.is_empty() {
            let (patient, other) = if ages.0 >= ages.1 { (&pair[0], &pair[1]) } else { (&pair[1], &pair[0]) };
            let look = rules.look(&patient.party, rules.width(patient.age_ms(now_ms), 0));
            prop_assert!((look.low..=look.high).contains(&other.party.rating()), "{look:?}");
        }
    }
}

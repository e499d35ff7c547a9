use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::Result;
use api::v1::{Change, TicketState};
use domain::{Party, Player, Role, TicketId};
use sandbox::Counts;

/// More than any range holds.
const EQUALS: u128 = 600;

const TEAMS: &str = include_str!("../../rules/teams-5v5.toml");

on_both_stores! {
    async fn two_players_meet_and_are_told_the_same_match(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1510.0)?.enqueues("duel").await?;

        let matched = ann.is_matched_with(&mut ben).await?;
        let sheet = matched.sheet.clone().unwrap_or_default();
        assert_eq!(sheet.queue, "duel");
        assert_eq!(sheet.teams.len(), 2);
        assert!(!matched.address.is_empty(), "an assigned match has an address");

        ann.ends(&matched).await?;
        assert_eq!(ben.reaches(TicketState::Ended).await?.change(), Change::Ended);
        Ok(())
    }

    async fn a_party_of_five_plays_against_five_others(on: On) -> Result<()> {
        // By the rules that ship the party would wait for another one before it took on five solos.
        let rules = TEAMS.replace("party_size = 28", "party_size = 0");
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, &rules).await?;
        let mut party = fixture.player("p0", 1500.0)?;
        for n in 1..5 {
            party = party.with(&format!("p{n}"), 1490.0 + f64::from(n));
        }
        let mut party = party.enqueues("teams-5v5").await?;
        let mut others = Vec::new();
        for n in 0..5 {
            others.push(fixture.player(&format!("s{n}"), 1495.0 + f64::from(n))?.enqueues("teams-5v5").await?);
        }

        let matched = party.is_assigned().await?;
        for other in &mut others {
            assert_eq!(other.is_assigned().await?.sheet, matched.sheet);
        }
        let sheet = matched.sheet.clone().unwrap_or_default();
        let of_party = |team: &api::v1::Team| team.seats.iter().filter(|seat| seat.player_id.starts_with('p')).count();
        let mut split: Vec<usize> = sheet.teams.iter().map(of_party).collect();
        split.sort_unstable();
        assert_eq!(split, [0, 5], "the party stays together");
        Ok(())
    }

    async fn who_is_one_of_many_equals_meets_the_one_who_will_have_him(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let holder = fixture.first(Role::Orchestrator)?;
        let solo = |name: String, blocked| {
            Party::try_new(vec![Player { blocked, ..Player::new(name.parse().unwrap(), 1500.0) }]).unwrap()
        };
        // Equals are read in the order of their ids. Ann's comes after all of these.
        for number in (0..EQUALS).filter(|number| *number != EQUALS / 2) {
            let other = solo(format!("other-{number}"), vec!["ann".parse()?]);
            fixture.writes_party(TicketId(number), &other, holder.clone()).await?;
        }
        let ben = fixture.writes_party(TicketId(EQUALS / 2), &solo("ben".to_owned(), Vec::new()), holder).await?;
        let mut ben = fixture.player("ben", 1500.0)?.watches(ben).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        ann.is_matched_with(&mut ben).await?;
        Ok(())
    }

    async fn a_player_who_comes_back_after_the_match_may_queue_again(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        for _ in 0..2 {
            let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
            let mut ben = fixture.player("ben", 1510.0)?.enqueues("duel").await?;
            let matched = ann.is_matched_with(&mut ben).await?;
            ben.ends(&matched).await?;
            ann.reaches(TicketState::Ended).await?;
        }
        Ok(())
    }
}

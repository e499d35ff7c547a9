use crate::fixture::{Fixture, On, on_both_stores, rule_set};
use anyhow::{Context, Result};
use api::v1::{EnqueueRequest, Player};
use sandbox::Counts;
use tonic::Code;

const DUEL: &str = include_str!("../../rules/duel.toml");
const SQUADS: &str = r#"
queue = "squads"
teams = [2, 2]
longest_wait_s = 60
longest_match_s = 60
regions = ["earth"]
roles = { tank = 2 }
[price]
rating_gap = 0.05
[patience]
start_s = 0.5
per_s = 1
"#;

/// A good request that `spoil` makes bad.
fn request(spoil: impl FnOnce(&mut EnqueueRequest)) -> EnqueueRequest {
    let player = Player { id: "ann".into(), rating: 1500.0, ..Default::default() };
    let mut request = EnqueueRequest { queues: vec!["duel".into()], players: vec![player], ..Default::default() };
    spoil(&mut request);
    request
}

/// Every player's attributes are within their bounds.
fn large_party() -> Vec<Player> {
    let strings: Vec<_> = (0..16).map(|n| (format!("k{n}"), "v".repeat(128))).collect();
    let of_one =
        |n| Player { id: format!("p{n}"), strings: strings.clone().into_iter().collect(), ..Default::default() };
    (0..50).map(of_one).collect()
}

fn bad_requests() -> Vec<(EnqueueRequest, &'static str)> {
    vec![
        (request(|r| r.realm = "other".into()), "realm: must be empty or `test`"),
        (request(|r| r.client_key = "k".repeat(129)), "client_key: must have at most 128 bytes"),
        (request(|r| r.queues.clear()), "queues: must name 1 to 8 queues"),
        (request(|r| r.queues = vec!["chess".into()]), "queues[0]: unknown queue `chess`: must be one of duel"),
        (request(|r| r.queues.push("duel".into())), "queues[1]: `duel` is named twice"),
        (request(|r| r.players.clear()), "players: must hold 1 to 64 players"),
        (request(|r| r.players = vec![r.players[0].clone(); 65]), "players: must hold 1 to 64 players"),
        (request(|r| r.players.push(r.players[0].clone())), "players[1].id: ann stands in the party twice"),
        (request(|r| r.players[0].id.clear()), "players[0].id: must have 1 to 64 bytes"),
        (request(|r| r.players[0].id = "x".repeat(65)), "players[0].id: must have 1 to 64 bytes"),
        (request(|r| r.players[0].id = "a b".into()), "players[0].id: may contain only"),
        (request(|r| r.players[0].rating = f64::NAN), "players[0].rating: must be a number"),
        (request(|r| r.players[0].rating = f64::INFINITY), "players[0].rating: must be a number"),
        (request(|r| r.players[0].deviation = -1.0), "players[0].deviation: must be a number"),
        (request(|r| r.players[0].roles = vec!["healer".into()]), "players[0].roles"),
        (request(|r| r.players[0].rtt_ms = [("moon".into(), 5)].into()), "players[0].rtt_ms"),
        (
            request(|r| r.players[0].strings = (0..17).map(|n| (format!("k{n}"), String::new())).collect()),
            "players[0].strings: must hold at most 16",
        ),
        (request(|r| r.players = large_party()), "players: must have at most 65536 bytes in all, has "),
    ]
}

on_both_stores! {
    async fn bad_requests_are_refused_by_field_and_bound_and_nothing_is_written(on: On) -> Result<()> {
        let fixture = Fixture::open_with(on, Counts::ONE_EACH, rule_set(&[DUEL, SQUADS])?).await?;
        let ann = fixture.player("ann", 1500.0)?;
        for (mut request, expected) in bad_requests() {
            if expected.contains("roles") || expected.contains("rtt_ms") {
                // These depend on a queue whose rules name its roles and regions.
                request.queues = vec!["squads".into()];
            }
            let status = ann.is_refused(request).await?;
            assert_eq!(status.code(), Code::InvalidArgument, "{expected}: {status}");
            assert!(status.message().starts_with(expected), "{} should start with {expected}", status.message());
        }
        assert_eq!(fixture.system.world.store.waiting().await?, 0, "nothing was written");
        Ok(())
    }

    async fn an_oversized_message_is_refused(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        let status = ann.is_refused(request(|r| r.client_key = "k".repeat(2 * api::CLIENT_MESSAGE_BYTES_MAX))).await?;
        assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status}");
        assert_eq!(fixture.system.world.store.waiting().await?, 0, "nothing was written");
        Ok(())
    }

    async fn a_player_in_a_live_ticket_is_told_which(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        let queued = ann.enqueues("duel").await?;
        let status = ann.is_refused(ann.request("duel")).await?;
        assert_eq!(status.code(), Code::AlreadyExists);
        let ticket = status.metadata().get(api::TICKET_ID_METADATA).context("metadata names the ticket")?;
        assert_eq!(ticket.to_str()?, queued.ticket.id);
        Ok(())
    }

    async fn a_repeated_enqueue_with_the_same_key_is_the_same_ticket(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?;
        let request = request(|r| r.client_key = "once".into());
        let first = ann.queue.enqueue(request.clone()).await?.into_inner();
        let again = ann.queue.enqueue(request).await?.into_inner();
        assert!(!first.repeated && again.repeated);
        assert_eq!(first.ticket.context("ticket")?.id, again.ticket.context("ticket")?.id);
        Ok(())
    }
}

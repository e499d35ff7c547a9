use crate::fixture::{Fixture, On, on_both_stores, stored};
use crate::processes::Processes;
use anyhow::{Context, Result};
use api::v1::play_client::PlayClient;
use api::v1::watch_request::Subject;
use api::v1::{self, Change, TicketState, Update};
use domain::{Cursor, Role};
use sandbox::{Counts, Queued, Watcher};
use tonic::Code;
use tonic::transport::Endpoint;

const TWO_PLAYSERVERS: Counts = Counts { playservers: 2, ..Counts::ONE_EACH };
/// So little may be sent to a client that does not read.
const SMALL_WINDOW_BYTES: u32 = 1_024;
/// Far more changes than all buffers between a playserver and such a client hold.
const CHANGES: u32 = 1_000;
/// Changes that even a small queue takes.
const BURST: usize = 20;

fn cursor(update: &Update) -> Cursor {
    update.cursor.map(Cursor::from).unwrap_or_default()
}

/// The first playserver leaves under a watcher's feet.
async fn loses_his_playserver(fixture: &mut Fixture, watcher: &mut Watcher) -> Result<()> {
    fixture.system.take(Role::Playserver, 0)?.stop().await?;
    let status = watcher.is_cut_off().await;
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    Ok(())
}

/// As [`loses_his_playserver`], and goes on at the other with his cursor.
async fn moves_on(fixture: &mut Fixture, mut queued: Queued) -> Result<Queued> {
    loses_his_playserver(fixture, &mut queued.watcher).await?;
    queued.resumes_at(&fixture.address(Role::Playserver, 0)?).await
}

/// A watcher of the ticket behind a connection that takes next to nothing until it is read.
async fn watches_slowly(fixture: &Fixture, ticket: &v1::Ticket) -> Result<Watcher> {
    let endpoint = Endpoint::from_shared(fixture.address(Role::Playserver, 0)?)?;
    let channel = endpoint.initial_stream_window_size(SMALL_WINDOW_BYTES).connect().await?;
    let subject = Some(Subject::TicketId(ticket.id.clone()));
    let request = v1::WatchRequest { subject, ..Default::default() };
    let updates = PlayClient::new(channel).watch(request).await?.into_inner();
    Ok(Watcher::hearing("slow", updates))
}

/// Changes the ticket [`CHANGES`] times, no faster than `reader` hears of it.
async fn changes_often(fixture: &Fixture, reader: &mut Queued) -> Result<()> {
    let id = reader.ticket.id.parse()?;
    // Above every width that the rules would give it.
    let widths: Vec<u32> = (100..100 + CHANGES).collect();
    for burst in widths.chunks(BURST) {
        for width in burst {
            assert!(fixture.store().widen(id, *width, 0).await?);
        }
        let changed = stored(fixture.store(), &reader.ticket.id).await?.changed;
        while cursor(&reader.watcher.last) < changed {
            reader.hears().await?;
        }
    }
    Ok(())
}

on_both_stores! {
    async fn a_watcher_who_missed_nothing_hears_nothing_twice_at_another_playserver(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, TWO_PLAYSERVERS).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let reached = cursor(&ann.hears().await?);
        let mut ann = moves_on(&mut fixture, ann).await?;

        let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
        let news = ann.hears().await?;
        assert!(cursor(&news) > reached, "{news:?} after {reached:?}");
        ann.is_matched_with(&mut ben).await?;
        Ok(())
    }

    async fn a_watcher_who_missed_a_change_hears_the_present_state_once(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, TWO_PLAYSERVERS).await?;
        let ann = fixture.player("ann", 1500.0)?;
        let mut watcher = ann.watches_himself().await?;
        let mut queued = ann.enqueues("duel").await?;
        watcher.sees(Change::Queued).await?;
        loses_his_playserver(&mut fixture, &mut watcher).await?;

        queued.cancels().await?;
        let ann = ann.at(&fixture.address(Role::Playserver, 0)?)?;
        let mut watcher = ann.watches_from(Subject::PlayerId("ann".into()), watcher.last.cursor).await?;
        let present = watcher.hears().await?;
        assert!(present.snapshot, "{present:?}");
        assert_eq!((present.change(), &present.ticket_id), (Change::Cancelled, &queued.ticket.id));

        let ticket = ann.queues("duel").await?;
        let next = watcher.hears().await?;
        assert_eq!((next.change(), next.ticket_id), (Change::Queued, ticket.id), "and nothing of the old ticket");
        Ok(())
    }

    async fn a_player_finds_his_match_though_nobody_watched_when_it_was_made(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let (ann, ben) = (fixture.player("ann", 1500.0)?, fixture.player("ben", 1505.0)?);
        let mut of_ben = ben.enqueues("duel").await?;
        let ticket = ann.queues("duel").await?;
        let matched = of_ben.is_assigned().await?;
        let mut ann = ann.watches_himself().await?;
        let present = ann.hears().await?;
        assert!(present.snapshot, "{present:?}");
        assert_eq!((present.ticket_id.as_str(), present.state()), (ticket.id.as_str(), TicketState::Assigned));
        assert_eq!(present.r#match.context("match")?.sheet, matched.sheet);
        Ok(())
    }

    async fn a_player_watched_before_he_ever_queues_hears_of_his_ticket(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        let mut watcher = ann.watches_himself().await?;
        let idle = watcher.hears().await?;
        assert!(idle.snapshot && idle.ticket_id.is_empty(), "{idle:?}");

        let ticket = ann.queues("duel").await?;
        let queued = watcher.hears().await?;
        assert_eq!((queued.change(), queued.ticket_id), (Change::Queued, ticket.id));
        assert_eq!(queued.player_ids, ["ann"]);
        Ok(())
    }

    async fn everyone_who_watches_a_player_hears_wherever_he_watches(on: On) -> Result<()> {
        let fixture = Fixture::open(on, TWO_PLAYSERVERS).await?;
        let (ann, elsewhere) = (fixture.player("ann", 1500.0)?, fixture.player_at("ann", 1500.0, 0, 1)?);
        let mut watchers =
            [ann.watches_himself().await?, ann.watches_himself().await?, elsewhere.watches_himself().await?];
        for watcher in &mut watchers {
            watcher.hears().await?;
        }
        let mut ann = ann.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
        let matched = ann.is_matched_with(&mut ben).await?;
        for watcher in &mut watchers {
            let told = watcher.reaches(TicketState::Assigned).await?.r#match.context("match")?;
            assert_eq!((told.id, told.sheet), (matched.id.clone(), matched.sheet.clone()));
        }
        Ok(())
    }

    async fn a_reader_too_slow_is_cut_off_alone_and_finds_the_present_state_again(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut slow = watches_slowly(&fixture, &ann.ticket).await?;
        changes_often(&fixture, &mut ann).await?;
        let status = slow.is_cut_off().await;
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");

        let changed = stored(fixture.store(), &ann.ticket.id).await?.changed;
        assert!(cursor(&slow.last) < changed, "he missed something");
        let subject = Subject::TicketId(ann.ticket.id.clone());
        let present = ann.actor.watches_from(subject, slow.last.cursor).await?.hears().await?;
        assert!(present.snapshot && cursor(&present) == changed, "{present:?}");
        Ok(())
    }
}

/// The killed one is taken for alive until its lease runs out, so that the match may be given to it first.
#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_of_a_killed_playserver_goes_on_at_another_and_plays_at_one_that_lives() -> Result<()> {
    let mut processes = Processes::start(TWO_PLAYSERVERS).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    ann.hears().await?;
    processes.take(Role::Playserver, 0)?.dies().await?;
    let status = ann.watcher.is_cut_off().await;
    assert_ne!(status.code(), Code::DeadlineExceeded, "{status}");

    let alive = processes.of(Role::Playserver, 0)?;
    let mut ann = ann.resumes_at(&alive.address).await?;
    let mut ben = processes.player("ben", 1505.0)?.enqueues("duel").await?;
    let matched = ann.is_matched_with(&mut ben).await?;
    assert_eq!(matched.host, alive.id.as_str());
    Ok(())
}

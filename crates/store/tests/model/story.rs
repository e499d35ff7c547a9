//! A story: steps one after the other, told to a store, and what the next ones may name.

use crate::step::{HOLDERS, HOSTS, Newcomer, PLAYERS, Pick, Spot, Step, Whom, ahead};
use domain::{Cursor, Instance, MatchId, Placement, PlayerId, Role, Ticket, TicketId};
use proptest::sample::Index;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;
use store::conformance::people::*;
use store::{CommitRequest, Enqueue, Fence, Leadership, Store, Subject};

/// What the story has come to. Learnt of one store, and told to both.
pub struct Story {
    now_ms: u64,
    /// Every ticket that was to be written, and every match that was to be made.
    enqueued: Vec<Enqueue>,
    dealt: Vec<CommitRequest>,
    waiting: Vec<TicketId>,
    live: Vec<MatchId>,
    fence: Fence,
    last: Cursor,
}

impl Story {
    /// Begins where `fence` leads.
    pub fn begin(fence: Fence) -> Self {
        let (enqueued, dealt) = (vec![solo("nobody")], vec![deal(&[])]);
        Self { now_ms: 1_000, enqueued, dealt, waiting: Vec::new(), live: Vec::new(), fence, last: Cursor::default() }
    }

    /// Learns the step's own words first: both stores are told the same ones.
    pub async fn prepare(&mut self, store: &dyn Store, step: &Step) {
        self.now_ms += 1;
        match step {
            Step::Enqueue(newcomer) => self.enqueued.push(self.enqueue(newcomer)),
            Step::Commit(picks) => {
                let mut tickets: Vec<Ticket> = Vec::new();
                for pick in picks {
                    tickets.extend(store.snapshot(&Subject::Ticket(self.ticket(pick))).await.unwrap().ticket);
                }
                let request = deal(&tickets.iter().collect::<Vec<_>>());
                self.dealt.push(CommitRequest { now_ms: self.now_ms, due_ms: self.now_ms + 20, ..request });
            }
            _ => {}
        }
    }

    pub async fn tell(&self, store: &dyn Store, step: &Step) -> String {
        let (now_ms, due_ms, fence) = (self.now_ms, self.now_ms + 20, &self.fence);
        match step {
            Step::Enqueue(_) => said(store.enqueue(self.enqueued.last().unwrap().clone()).await),
            Step::EnqueueAgain(which) => said(store.enqueue(which.get(&self.enqueued).clone()).await),
            Step::Leave(pick, how) => said(store.leave(self.ticket(pick), *how, "why", now_ms).await),
            Step::Widen(pick, width) => said(store.widen(self.ticket(pick), *width, now_ms).await),
            Step::Relocate(pick, holder, spot) => {
                said(store.relocate(self.ticket(pick), &instance_id(holder), &placement(spot)).await)
            }
            Step::Commit(_) => said(store.commit(fence, self.dealt.last().unwrap().clone()).await),
            Step::CommitAgain(which) => said(store.commit(fence, which.get(&self.dealt).clone()).await),
            Step::Assign(pick, host) => {
                said(store.assign(self.match_id(pick), &instance_id(host), "address", now_ms, due_ms).await)
            }
            Step::Acknowledge(pick, who) => said(store.acknowledge(self.match_id(pick), &nth_player(*who)).await),
            Step::Remind(pick, later_ms) => {
                said(store.remind(fence, self.match_id(pick), now_ms, now_ms + later_ms).await)
            }
            Step::NoShow(pick) => said(store.no_show(fence, self.match_id(pick), "why", now_ms).await),
            Step::End(pick) => said(store.end(self.match_id(pick), "why", now_ms).await),
            Step::Requeue(pick) => said(store.requeue(fence, self.match_id(pick), "why", now_ms).await),
            Step::Rehost(pick, host, later_ms) => {
                let due_ms = now_ms + later_ms;
                said(store.rehost(fence, self.match_id(pick), &instance_id(host), now_ms, due_ms).await)
            }
            Step::Watch(whom, playserver) => said(store.watch(&self.subject(whom), &instance_id(playserver)).await),
            Step::Unwatch(whom, playserver) => said(store.unwatch(&self.subject(whom), &instance_id(playserver)).await),
            Step::Release(holder) => said(store.release(&instance_id(holder)).await),
            Step::Adopt(holder) => {
                let mut adopted = store.adopt(&instance_id(holder), &[instance_id(HOLDERS[0])], 1_000).await.unwrap();
                adopted.sort_by_key(|ticket| ticket.id);
                said(adopted)
            }
            Step::Trim => said(store.trim(fence, self.last).await),
            Step::Lead(mover, lost) => {
                said(store.lead(&instance_id(mover), LEASE, now_ms, ahead(self.last, *lost)).await)
            }
            Step::Resign => said(store.resign(fence).await),
            Step::Register(role, id) => {
                let instance = Instance { role: *role, ..playserver(id, (now_ms % 10) as u32) };
                // What time it is depends on when it is asked.
                said(store.register(&instance, LEASE).await.map(drop))
            }
            Step::Deregister(role, id) => said(store.deregister(*role, &instance_id(id)).await),
        }
    }

    /// Learns what the next steps may name.
    pub async fn learn(&mut self, store: &dyn Store, step: &Step) {
        // Whoever leads is answered his fence when he asks again.
        if let Step::Lead(..) = step
            && let Some(leader) = store.leader().await.unwrap()
            && let Ok(Leadership::Leading { fence, .. }) =
                store.lead(&leader, LEASE, self.now_ms, Cursor::default()).await
        {
            self.fence = fence;
        }
        self.waiting = [found(store, "duel", "eu").await, found(store, "duel", "us").await].concat();
        self.live = store.due(u64::MAX, 1_000).await.unwrap().into_iter().map(|matched| matched.id).collect();
        let events = store.events(self.last, 1_000, Duration::ZERO).await.unwrap();
        self.last = events.last().map_or(self.last, |last| last.cursor);
    }

    /// Everything that can be read of a store.
    pub async fn read(&self, store: &dyn Store) -> Vec<String> {
        let everywhere = look("duel", &["us", "eu"], f64::NEG_INFINITY, f64::INFINITY);
        let mut read = vec![
            said(store.events(Cursor::default(), 1_000, Duration::ZERO).await),
            said(store.range(&everywhere, 7).await),
            said(found(store, "brawl", "").await),
            said(store.arrivals(&"duel".parse().unwrap(), 7).await),
            said(store.arrivals(&"brawl".parse().unwrap(), 1_000).await),
            said(store.expiring(self.now_ms, 5).await),
            said(store.due(self.now_ms, 5).await),
            said((store.waiting().await, store.leader().await)),
            said((store.instances(Role::Playserver).await, store.instances(Role::Matchmaker).await)),
        ];
        for holder in HOLDERS {
            let held = store.held(&instance_id(holder), 0).await;
            read.push(said(held.map(|held| held.tickets.into_iter().collect::<BTreeSet<_>>())));
        }
        for playserver in HOSTS {
            let watched = store.watched_on(&instance_id(playserver), 0).await;
            read.push(said(
                watched.map(|watched| watched.tickets.iter().map(|ticket| ticket.id).collect::<BTreeSet<_>>()),
            ));
        }
        let players: Vec<PlayerId> = (0..PLAYERS).map(nth_player).collect();
        read.push(said(store.recent(&players).await));
        for player in players {
            read.push(said(store.snapshot(&Subject::Player(player)).await));
        }
        read
    }

    fn enqueue(&self, newcomer: &Newcomer) -> Enqueue {
        let mut places = vec![placement(&newcomer.spot)];
        if newcomer.brawls {
            places.push(place("brawl", "", -2.5));
        }
        Enqueue {
            players: newcomer.players.iter().map(|number| nth_player(*number)).collect(),
            places,
            queued_ms: self.now_ms,
            expires_ms: self.now_ms + newcomer.stays_ms,
            holder: instance_id(newcomer.holder),
            ..party(&format!("ticket-{}", self.now_ms), &[])
        }
    }

    fn ticket(&self, pick: &Pick) -> TicketId {
        chosen(pick, &self.waiting).copied().unwrap_or_else(|index| index.get(&self.enqueued).id)
    }

    fn match_id(&self, pick: &Pick) -> MatchId {
        chosen(pick, &self.live).copied().unwrap_or_else(|index| index.get(&self.dealt).match_id)
    }

    fn subject(&self, whom: &Whom) -> Subject {
        match whom {
            Whom::Player(number) => Subject::Player(nth_player(*number)),
            Whom::Ticket(pick) => Subject::Ticket(self.ticket(pick)),
        }
    }
}

/// One of those that live, or which of all it is to be.
fn chosen<'a, T>(pick: &'a Pick, live: &'a [T]) -> Result<&'a T, &'a Index> {
    match pick {
        Pick::Live(index) if !live.is_empty() => Ok(index.get(live)),
        Pick::Live(index) | Pick::Any(index) => Err(index),
    }
}

fn nth_player(number: usize) -> PlayerId {
    player(&format!("player-{number}"))
}

fn placement(spot: &Spot) -> Placement {
    place("duel", spot.region, spot.rating)
}

fn said(answer: impl Debug) -> String {
    format!("{answer:?}")
}

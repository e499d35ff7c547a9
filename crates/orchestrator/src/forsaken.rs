//! Tickets whose watchers were on a playserver that has gone. A living playserver has tickets leave the queue that nobody watches any
//! more; here the same is done for one that cannot any more.

use crate::config::{FORSAKEN_IN_WORK_MAX, GONE_MAX, MATCH_STARTS_MAX, SWEEP_EVERY};
use chassis::{Clock, LiveRules, Shutdown};
use domain::{InstanceId, Role, Ticket};
use std::sync::Arc;
use std::time::Duration;
use store::{Leave, LeaveOutcome, Store, StoreError, Subject, UNWATCHED_REASON};
use tokio::time::Instant;

/// Lets them leave once `unwatched_max` has passed, until `shutdown`. Everyone does who saw the playserver alive: whoever was not there
/// then does not know of it, and what one of them did, the others find done.
pub async fn run(
    store: Arc<dyn Store>,
    rules: LiveRules,
    clock: Clock,
    unwatched_max: Option<Duration>,
    shutdown: Shutdown,
) {
    let Some(unwatched_max) = unwatched_max else { return };
    let mut forsaken = Forsaken { store, rules, clock, unwatched_max, alive: Vec::new(), gone: Vec::new() };
    let looking = async {
        let mut streak = telemetry::Streak::new("look after tickets that nobody watches any more");
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            streak.saw(&forsaken.once().await);
        }
    };
    shutdown.run_until_cancelled(looking).await;
}

struct Forsaken {
    store: Arc<dyn Store>,
    rules: LiveRules,
    clock: Clock,
    unwatched_max: Duration,
    /// Playservers, as of the last look.
    alive: Vec<InstanceId>,
    gone: Vec<Gone>,
}

struct Gone {
    playserver: InstanceId,
    since_ms: u64,
    /// When its tickets are walked over next.
    due: Instant,
    was_walked: bool,
}

impl Forsaken {
    async fn once(&mut self) -> Result<(), StoreError> {
        let playservers = self.store.instances(Role::Playserver).await?;
        self.meet(playservers.into_iter().map(|playserver| playserver.id).collect());
        while let Some(at) = self.gone.iter().position(|gone| gone.due <= Instant::now()) {
            let gone = self.gone.remove(at);
            let walked = self.walk(&gone).await;
            if let Some(again) = self.walked_again_after(&gone, walked.as_ref().ok()) {
                let was_walked = gone.was_walked || walked.is_ok();
                self.gone.push(Gone { due: Instant::now() + again, was_walked, ..gone });
            }
            walked?;
        }
        Ok(())
    }

    /// A walk comes only to those who wait. Whoever was in a match, or is now, is come to by a further one: if that match fails, it has
    /// failed by then. `walked` is whether one came into a match meanwhile, where the walk was done.
    fn walked_again_after(&self, gone: &Gone, walked: Option<&bool>) -> Option<Duration> {
        match walked {
            // What cannot be read must not keep others from their turn.
            None => Some(self.unwatched_max),
            Some(is_one_in_match) if *is_one_in_match || !gone.was_walked => Some(self.matches_fail_within()),
            Some(_) => None,
        }
    }

    /// Because no playserver starts them, or not everybody acknowledges them.
    fn matches_fail_within(&self) -> Duration {
        let acknowledged_ms = self.rules.current().iter().filter_map(|rules| rules.acknowledge_within_ms()).max();
        MATCH_STARTS_MAX + Duration::from_millis(acknowledged_ms.unwrap_or_default())
    }

    /// Notes who has gone, and forgets who came back under his name.
    fn meet(&mut self, alive: Vec<InstanceId>) {
        let (due, since_ms) = (Instant::now() + self.unwatched_max, self.clock.now_ms());
        let gone = std::mem::take(&mut self.alive).into_iter().filter(|known| !alive.contains(known));
        self.gone.extend(gone.map(|playserver| Gone { playserver, since_ms, due, was_walked: false }));
        self.gone.retain(|gone| !alive.contains(&gone.playserver));
        self.gone.truncate(GONE_MAX);
        self.alive = alive;
    }

    /// Whether one that was to leave has come into a match.
    async fn walk(&self, gone: &Gone) -> Result<bool, StoreError> {
        let (mut place, mut is_one_in_match) = (0, false);
        // One that was only cut off from the store has watchers still.
        while !self.is_back(&gone.playserver).await? {
            let watched = self.store.watched_on(&gone.playserver, place).await?;
            // A later one was watched there by nobody: a note on one of its players is an older one's.
            let forsaken = watched.tickets.into_iter().filter(|ticket| ticket.queued_ms <= gone.since_ms);
            let leaving = forsaken.map(|ticket| self.let_go(ticket, &gone.playserver));
            is_one_in_match |= chassis::all_readable(leaving, FORSAKEN_IN_WORK_MAX).await?.contains(&true);
            let Some(next) = watched.next else { break };
            place = next;
        }
        Ok(is_one_in_match)
    }

    async fn is_back(&self, playserver: &InstanceId) -> Result<bool, StoreError> {
        Ok(self.store.instances(Role::Playserver).await?.iter().any(|alive| alive.id == *playserver))
    }

    /// Refused where others watch it by now. One that has come into a match meanwhile is noted again, for the next walk to come to. Whether
    /// it has.
    async fn let_go(&self, ticket: Ticket, playserver: &InstanceId) -> Result<bool, StoreError> {
        for subject in Subject::all_of(&ticket) {
            self.store.unwatch(&subject, playserver).await?;
        }
        let left = self.store.leave(ticket.id, Leave::Unwatched, UNWATCHED_REASON, self.clock.now_ms()).await?;
        let is_in_match = matches!(left, LeaveOutcome::Refused(found) if found.state.is_in_match());
        if is_in_match {
            self.store.watch(&Subject::Ticket(ticket.id), playserver).await?;
        }
        Ok(is_in_match)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{NOW_MS, rules_with, solos, stored};
    use domain::{Cursor, Encoded, Instance, MatchId, TicketId, TicketState};
    use store::{CommitRequest, Fence, Leadership, Leases, Matches, MemoryStore, Outbox, Tickets, Versioned};

    const UNWATCHED_MAX: Duration = Duration::from_secs(30);
    const MATCH: MatchId = MatchId(1);

    fn playserver() -> InstanceId {
        "playserver-1".parse().unwrap()
    }

    /// Who looks after the tickets of a playserver that he saw alive, on which this ticket is watched.
    async fn looks_after(solo: &crate::waiting::Waiting) -> (Arc<MemoryStore>, Forsaken) {
        let store = Arc::new(MemoryStore::new());
        let (id, address, region) = (playserver(), String::new(), String::new());
        let instance = Instance { id, role: Role::Playserver, address, region, capacity: 1, load: 0 };
        store.register(&instance, Duration::from_secs(600)).await.unwrap();
        store.enqueue(stored(solo)).await.unwrap();
        store.watch(&Subject::Ticket(solo.id), &playserver()).await.unwrap();
        let (rules, clock) =
            (LiveRules::new(rules_with("[price]", "acknowledge_within_s = 40\n[price]")), Clock::simulated(NOW_MS));
        let (alive, gone) = (Vec::new(), Vec::new());
        let mut forsaken = Forsaken { store: store.clone(), rules, clock, unwatched_max: UNWATCHED_MAX, alive, gone };
        forsaken.once().await.unwrap();
        (store, forsaken)
    }

    async fn ticket(store: &MemoryStore, id: TicketId) -> Ticket {
        store.snapshot(&Subject::Ticket(id)).await.unwrap().ticket.unwrap()
    }

    async fn is_matched(store: &MemoryStore, id: TicketId) -> Fence {
        let led = store.lead(&"mover-1".parse().unwrap(), Duration::from_secs(600), NOW_MS, Cursor::default()).await;
        let Leadership::Leading { fence, .. } = led.unwrap() else { unreachable!("nobody else leads") };
        let request = CommitRequest {
            match_id: MATCH,
            queue: "duel".parse().unwrap(),
            tickets: vec![Versioned::from(&ticket(store, id).await)],
            sheet: Encoded::default(),
            host: "playserver-2".parse().unwrap(),
            now_ms: NOW_MS,
            due_ms: NOW_MS,
        };
        store.commit(&fence, request).await.unwrap();
        assert_eq!(ticket(store, id).await.state, TicketState::Matched);
        fence
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_in_a_match_when_his_playserver_died_leaves_once_that_has_failed() {
        let solo = solos(&[1500.0]).remove(0);
        let (store, mut forsaken) = looks_after(&solo).await;
        let fence = is_matched(&store, solo.id).await;
        store.deregister(Role::Playserver, &playserver()).await.unwrap();
        for passes in [Duration::ZERO, UNWATCHED_MAX] {
            tokio::time::advance(passes).await;
            forsaken.once().await.unwrap();
        }
        tokio::time::advance(Duration::from_secs(40)).await;
        store.requeue(&fence, MATCH, "not everybody came", NOW_MS).await.unwrap();
        forsaken.once().await.unwrap();
        assert_eq!(ticket(&store, solo.id).await.state, TicketState::Queued);
        tokio::time::advance(MATCH_STARTS_MAX).await;
        forsaken.once().await.unwrap();
        assert_eq!(ticket(&store, solo.id).await.state, TicketState::Cancelled);
        assert!(forsaken.gone.is_empty());
    }

    #[tokio::test]
    async fn whoever_is_matched_just_when_he_is_to_leave_is_come_to_again() {
        let solo = solos(&[1500.0]).remove(0);
        let (store, forsaken) = looks_after(&solo).await;
        let waiting = ticket(&store, solo.id).await;
        let fence = is_matched(&store, solo.id).await;
        forsaken.let_go(waiting, &playserver()).await.unwrap();
        store.requeue(&fence, MATCH, "no playserver started it", NOW_MS).await.unwrap();
        let watched = store.watched_on(&playserver(), 0).await.unwrap().tickets;
        assert_eq!(watched.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [solo.id]);
    }
}

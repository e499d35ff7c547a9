//! One player of a party: watches his ticket, acknowledges his match, plays it, ends it and leaves.

use super::record::{Lost, Member, News, Told, UPDATES_MAX, is_over};
use super::stage::Stage;
use super::tally::Tally;
use crate::client::{Subject, Watch, code_name};
use api::v1::{self, TicketState};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};
use tonic::{Code, Status};

/// Past a ticket's own lifetime, for its outcome to be told.
const OUTCOME_GRACE: Duration = Duration::from_secs(60);
/// From telling that the match is over to hearing so.
const END_TOLD_WITHIN: Duration = Duration::from_secs(30);
/// How long a cancelled ticket is watched on, for a match that must not come.
const CANCEL_LINGER: Duration = Duration::from_secs(1);
/// No rules let anyone wait longer.
const LIFETIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What the members of a party share.
#[derive(Clone, Copy)]
pub struct Role<'a> {
    pub stage: &'a Stage,
    pub ticket: &'a v1::Ticket,
    /// The arrival's place in the trace.
    pub number: usize,
    pub sent_us: u64,
    /// When the party goes away without a word.
    pub vanish_at: Option<Instant>,
}

/// Follows the ticket for the player in `seat` until it is over or lost. The first seat ends matches for the party.
pub async fn follow(role: Role<'_>, seat: usize, player: Arc<str>) -> Member {
    let turn = role.number + seat;
    let watch = role.stage.client.watch(turn, &role.stage.plan.realm, Subject::TicketId(role.ticket.id.clone()));
    let due = Instant::now() + lifetime(role.ticket) + OUTCOME_GRACE;
    let mut playing =
        Playing { role, turn, leads: seat == 0, me: Member::new(player), watch, due, game_over: None, told: None };
    let played = tokio::select! {
        played = playing.run() => played,
        // Whatever call he waits for.
        () = role.stage.stop.cancelled() => Err(Lost::Stopped),
    };
    playing.me.lost = played.err();
    playing.leave();
    (playing.me.opened, playing.me.broken) = (playing.watch.opened, playing.watch.broken);
    playing.me.mended = playing.watch.mended;
    playing.me
}

/// How long the ticket may wait, by the server's own figures.
fn lifetime(ticket: &v1::Ticket) -> Duration {
    Duration::from_millis(ticket.expires_ms.saturating_sub(ticket.queued_ms)).min(LIFETIME_MAX)
}

/// A ticket that was acknowledged and is unknown was lost by the system, not by its watcher.
fn lost(status: Status) -> Lost {
    match status.code() {
        Code::NotFound => Lost::Forgotten,
        code => Lost::Failed(format!("{}: {}", code_name(code), status.message())),
    }
}

struct Playing<'a> {
    role: Role<'a>,
    turn: usize,
    leads: bool,
    me: Member,
    watch: Watch,
    /// When the next news is overdue.
    due: Instant,
    game_over: Option<Instant>,
    /// The match he is in.
    told: Option<Arc<Told>>,
}

impl Playing<'_> {
    async fn run(&mut self) -> Result<(), Lost> {
        loop {
            let update = tokio::select! {
                update = self.watch.next() => update.map_err(lost)?,
                () = sleep_until(self.game_over.unwrap_or(self.due)) => {
                    if self.game_over.take().is_none() {
                        return Err(Lost::Untold);
                    }
                    self.end_match().await;
                    continue;
                }
                () = sleep_until(self.role.vanish_at.unwrap_or(self.due)), if self.may_vanish() => return Err(Lost::Vanished),
            };
            match self.note(&update) {
                News::Nothing => continue,
                News::TooMuch => return Err(Lost::Failed(format!("was told more than {UPDATES_MAX} updates"))),
                News::Change => self.act(update.state()).await,
            }
            if is_over(update.state()) {
                self.linger(update.state()).await;
                return Ok(());
            }
        }
    }

    fn may_vanish(&self) -> bool {
        self.role.vanish_at.is_some() && self.told.is_none()
    }

    fn note(&mut self, update: &v1::Update) -> News {
        let seen = self.role.stage.seen(update);
        self.me.note(&self.role.ticket.id, seen, &update.ticket_id)
    }

    async fn act(&mut self, state: TicketState) {
        match state {
            TicketState::Queued => self.back_to_queue(),
            TicketState::Matched | TicketState::Assigned => {
                let is_new = self.enter();
                if state == TicketState::Assigned && self.game_over.is_none() && !self.has_ended() {
                    self.start_game();
                }
                if is_new {
                    self.acknowledge().await;
                }
            }
            TicketState::Ended => {
                self.enter();
                // The other side was quicker; this side tells it too, as players do.
                if !self.has_ended() {
                    self.end_match().await;
                }
            }
            _ => {}
        }
    }

    fn start_game(&mut self) {
        let game_over = Instant::now() + self.role.stage.plan.game;
        self.game_over = Some(game_over);
        self.due = game_over + END_TOLD_WITHIN;
    }

    /// Did this player tell of his present match that it is over?
    fn has_ended(&self) -> bool {
        let Some((_, ended)) = &self.me.ended else { return false };
        self.told.as_ref().is_some_and(|told| told.match_id == ended.match_id)
    }

    /// Into the match that was told last; true when it is a new one.
    fn enter(&mut self) -> bool {
        let Some(told) = self.me.seen.last().and_then(|seen| seen.told.clone()) else { return false };
        if self.told.as_ref().is_some_and(|known| known.match_id == told.match_id) {
            return false;
        }
        let tally = &self.role.stage.tally;
        if self.told.is_none() {
            Tally::sub(&tally.waiting, 1);
            Tally::add(&tally.in_match, 1);
        }
        Tally::add(&tally.matched, 1);
        tally.waited(self.role.stage.now_us().saturating_sub(self.role.sent_us));
        self.told = Some(told);
        self.game_over = None;
        true
    }

    /// His match failed before it started.
    fn back_to_queue(&mut self) {
        if self.told.take().is_some() {
            Tally::sub(&self.role.stage.tally.in_match, 1);
            Tally::add(&self.role.stage.tally.waiting, 1);
            self.game_over = None;
            self.due = Instant::now() + lifetime(self.role.ticket) + OUTCOME_GRACE;
        }
    }

    fn leave(&mut self) {
        let tally = &self.role.stage.tally;
        let was_in = if self.told.take().is_some() { &tally.in_match } else { &tally.waiting };
        Tally::sub(was_in, 1);
    }

    async fn acknowledge(&mut self) {
        let plan = &self.role.stage.plan;
        let (Some(told), Some(delay)) = (&self.told, plan.ack_delay) else { return };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let (match_id, player_id) = (told.match_id.clone(), self.me.player.to_string());
        let request = v1::AcknowledgeRequest { realm: plan.realm.clone(), match_id, player_id };
        if self.role.stage.client.acknowledge(self.turn, request).await.is_err() {
            Tally::add(&self.role.stage.tally.acknowledge_failures, 1);
        }
    }

    /// Once for each party; the others wait to be told.
    async fn end_match(&mut self) {
        let Some(told) = self.told.clone().filter(|_| self.leads) else { return };
        let stage = self.role.stage;
        // Noted before it is said: from here on the match may be over.
        self.me.ended = Some((stage.now_us(), told.clone()));
        let (realm, match_id) = (stage.plan.realm.clone(), told.match_id.clone());
        let request = v1::EndMatchRequest { realm, match_id, reason: String::new() };
        if stage.client.end_match(self.turn, request).await.is_err() {
            Tally::add(&stage.tally.end_failures, 1);
        }
    }

    /// Watches a cancelled ticket a little longer.
    async fn linger(&mut self, state: TicketState) {
        if state != TicketState::Cancelled {
            return;
        }
        let _ = timeout(CANCEL_LINGER, async {
            while let Ok(update) = self.watch.next().await {
                if self.note(&update) == News::TooMuch {
                    return;
                }
            }
        })
        .await;
    }
}

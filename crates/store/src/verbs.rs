//! The store's promise: few verbs, in four traits so that a service asks only for what it needs.

use crate::StoreError;
use async_trait::async_trait;
use domain::{
    Cursor, Encoded, Event, Instance, InstanceId, Look, Match, MatchId, Placement, PlayerId, QueueName, Role, Ticket,
    TicketId, TicketState,
};
use std::time::Duration;

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The holder of a ticket that nobody looks for: released, or returned by a match that failed. Never alive.
pub const NOBODY: &str = "-";

/// A ticket to write. The store adds version, tries, state and cursor.
#[derive(Debug, Clone)]
pub struct Enqueue {
    pub id: TicketId,
    pub players: Vec<PlayerId>,
    pub places: Vec<Placement>,
    /// The encoded party.
    pub party: Encoded,
    /// Now, in ms since the Unix epoch.
    pub queued_ms: u64,
    pub expires_ms: u64,
    pub holder: InstanceId,
    /// W3C `traceparent` of the ticket's trace; may be empty.
    pub trace: String,
}

impl Enqueue {
    /// The ticket as it is first written.
    pub(crate) fn queued(self, tries: u32, changed: Cursor) -> Ticket {
        Ticket {
            id: self.id,
            version: 1,
            state: TicketState::Queued,
            queued_ms: self.queued_ms,
            expires_ms: self.expires_ms,
            tries,
            width: 0,
            players: self.players,
            places: self.places,
            party: self.party,
            holder: self.holder,
            trace: self.trace,
            match_id: None,
            changed,
            reason: String::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum EnqueueOutcome {
    Queued(Ticket),
    /// This ticket was written before; here it is as it stands now.
    Repeated(Ticket),
    /// One of the players is in another live ticket. Nothing was written.
    Busy {
        player: PlayerId,
        ticket: TicketId,
    },
    /// A bound of the realm is reached (waiting tickets, or events nobody took). Nothing was written.
    Full {
        bound: &'static str,
    },
}

/// How a waiting ticket leaves its queues without a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    Cancelled,
    Expired,
    /// CANCELLED, unless somebody watches it or one of its players: then it is refused.
    Unwatched,
}

/// What is told of a ticket that left [`Leave::Unwatched`].
pub const UNWATCHED_REASON: &str = "nobody watches it any more";

impl From<Leave> for TicketState {
    fn from(how: Leave) -> Self {
        match how {
            Leave::Cancelled | Leave::Unwatched => Self::Cancelled,
            Leave::Expired => Self::Expired,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum LeaveOutcome {
    /// It left, now or at an earlier try of the same call: it is in the state that was asked for.
    Left(Ticket),
    /// It is in another state, and stays in it.
    Refused(Ticket),
    NotFound,
}

/// A waiting ticket as the index holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedTicket {
    pub id: TicketId,
    /// Where it stands, in rating points.
    pub rating: f64,
    pub version: u64,
    pub queued_ms: u64,
    pub tries: u32,
    pub party: Encoded,
}

impl IndexedTicket {
    /// As the index holds it where it stands with this rating.
    pub fn of(ticket: &Ticket, rating: f64) -> Self {
        let Ticket { id, version, queued_ms, tries, .. } = *ticket;
        Self { id, rating, version, queued_ms, tries, party: ticket.party.clone() }
    }
}

/// What was read of a part of the index.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedRange {
    pub tickets: Vec<IndexedTicket>,
    /// The part holds no others. False where a bound was reached, though there may be none beyond.
    pub is_whole: bool,
}

/// A party that came to a queue not long ago. It may have left since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// When it came, in ms since the Unix epoch.
    pub queued_ms: u64,
    /// The input pool it stood in; of several places in this queue, the first's.
    pub pool: String,
    /// The encoded party.
    pub party: Encoded,
}

/// Whom a watcher asks about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Player(PlayerId),
    Ticket(TicketId),
}

impl Subject {
    /// All by which whoever waits for the ticket may watch: it itself, then its players.
    pub fn all_of(ticket: &Ticket) -> impl Iterator<Item = Self> {
        std::iter::once(Self::Ticket(ticket.id)).chain(ticket.players.iter().cloned().map(Self::Player))
    }
}

/// The present state of a subject: its ticket (for a player: the last one he queued with, while it is kept) and its match.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    pub ticket: Option<Ticket>,
    pub matched: Option<Match>,
}

/// What one step of a walk over what somebody holds came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    pub tickets: Vec<TicketId>,
    /// Where the walk goes on; none at its end.
    pub next: Option<u64>,
}

/// Tickets and the queues they wait in.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// Writes the ticket into all of its queues, unless one of its players is taken.
    async fn enqueue(&self, ticket: Enqueue) -> Result<EnqueueOutcome>;

    /// Takes a QUEUED ticket out of its queues for good: that was a try of each of its players. After `Left(Cancelled)` it is never matched.
    async fn leave(&self, id: TicketId, how: Leave, reason: &str, now_ms: u64) -> Result<LeaveOutcome>;

    /// Raises a QUEUED ticket's width, and tells its watchers; false when it is not queued or already that wide.
    async fn widen(&self, id: TicketId, width: u32, now_ms: u64) -> Result<bool>;

    /// Moves a QUEUED ticket that `holder` holds to another place in its index of that place's queue. Its version stays, so what
    /// was read of it before can still be committed. True when it stands there, now or since an earlier try; false when it does not
    /// wait in that queue, or is held by another.
    async fn relocate(&self, id: TicketId, holder: &InstanceId, place: &Placement) -> Result<bool>;

    /// The waiting tickets of a part of the index, at most `limit` in all: nearest region first, and within a region those nearest
    /// to the middle of the ratings first (of two as near, the higher); it ends before that where their parties come to more than
    /// [`parties_bytes_max`](crate::bounds::parties_bytes_max). May be stale: a commit confirms what it read.
    async fn range(&self, look: &Look, limit: usize) -> Result<IndexedRange>;

    /// Who came to the queue lately, the last to come first: up to `limit`, and at most
    /// [`ARRIVALS_KEPT`](crate::bounds::ARRIVALS_KEPT) and [`parties_bytes_max`](crate::bounds::parties_bytes_max). Each ticket counts
    /// once, however often its Enqueue was repeated or a failed match returned it. A hint, to estimate from how fast and with what
    /// ratings players come: it may be lost or stale without harm.
    async fn arrivals(&self, queue: &QueueName, limit: usize) -> Result<Vec<Arrived>>;

    /// The present state of a player or ticket.
    async fn snapshot(&self, subject: &Subject) -> Result<Snapshot>;

    /// Gives up to `limit` QUEUED tickets whose holder is neither `holder` nor in `alive` to `holder`, and returns them; at most
    /// [`BATCH_MAX`](crate::bounds::BATCH_MAX) and [`parties_bytes_max`](crate::bounds::parties_bytes_max) at once. One that this build cannot
    /// read is given too, told, and left out of the answer. After a failure some may have been given all the same, but for
    /// [`StoreError::Corrupt`]: [`Tickets::held`] says which. Whoever was started again under his old id releases all that he held.
    async fn adopt(&self, holder: &InstanceId, alive: &[InstanceId], limit: usize) -> Result<Vec<Ticket>>;

    /// One step of a walk over the tickets that `holder` holds, from `place` (0: its beginning). What he holds throughout the walk is come
    /// to at least once.
    async fn held(&self, holder: &InstanceId, place: u64) -> Result<Held>;

    /// Lets go of every ticket held by `holder`, so that the next [`Tickets::adopt`] finds them whoever is alive. Goes ticket
    /// by ticket: after a failure some may still be held, and repeating it goes on, unless that is [`StoreError::Corrupt`].
    async fn release(&self, holder: &InstanceId) -> Result<()>;

    /// Up to `limit` QUEUED tickets that expire at or before `until_ms`, soonest first; at most
    /// [`BATCH_MAX`](crate::bounds::BATCH_MAX) and [`parties_bytes_max`](crate::bounds::parties_bytes_max) at once. One that this build cannot
    /// read is told, and left out of the answer.
    async fn expiring(&self, until_ms: u64, limit: usize) -> Result<Vec<Ticket>>;

    /// How many tickets are QUEUED.
    async fn waiting(&self) -> Result<u64>;
}

/// What a mover holds while it leads, and shows at each write. Compared as text, never as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence(pub String);

/// A ticket as the proposal read it. The commit confirms every part of it: the rules were checked on nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    pub id: TicketId,
    pub version: u64,
    pub queued_ms: u64,
    pub tries: u32,
    pub party: Encoded,
}

impl From<&Ticket> for Versioned {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id,
            version: ticket.version,
            queued_ms: ticket.queued_ms,
            tries: ticket.tries,
            party: ticket.party.clone(),
        }
    }
}

/// A match to commit.
#[derive(Debug, Clone)]
pub struct CommitRequest {
    pub match_id: MatchId,
    /// Whose rules made the match. Every ticket must have a place in it.
    pub queue: QueueName,
    pub tickets: Vec<Versioned>,
    /// The encoded sheet.
    pub sheet: Encoded,
    pub host: InstanceId,
    /// Now, in ms since the Unix epoch.
    pub now_ms: u64,
    /// When the mover looks at the match again if it has not started, in ms since the Unix epoch.
    pub due_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// `traces` are the stored traces of its tickets, in the order of the request; a ticket without one has an empty one.
    Committed { traces: Vec<String> },
    /// This very match was committed before. `traces` as above, of those of its tickets that are still kept.
    Duplicate { traces: Vec<String> },
    /// This ticket is not queued as it was read: gone, matched, of another version, or not in that queue.
    Conflict(TicketId),
    /// The caller no longer leads. Nothing was written, nor will be.
    Fenced,
}

/// What came of a step in a match's life.
#[derive(Debug, Clone, PartialEq)]
pub enum MatchOutcome {
    /// It is in the state that was asked for, now or since an earlier try.
    Done(Match),
    /// It is in another state, and stays in it.
    Refused(Match),
    NotFound,
    /// The caller no longer leads. Only where the verb takes a fence.
    Fenced,
}

/// What came of a player's acknowledgement.
#[derive(Debug, Clone, PartialEq)]
pub enum AcknowledgeOutcome {
    /// He is noted to know of it, now or since an earlier try. `trace` is his ticket's; empty where it has none, or he has another ticket by now.
    Done { trace: String },
    /// It is over, and he did not know of it.
    Refused(Match),
    /// No such match, or he is not in it.
    NotFound,
}

/// Matches, from commit to end.
#[async_trait]
pub trait Matches: Send + Sync {
    /// Takes every ticket out of all its queues, writes the match and publishes MATCHED; or changes nothing. Unlike other verbs it
    /// is tried once: a caller who got no answer asks again himself, and knows then that the first try may have happened.
    async fn commit(&self, fence: &Fence, request: CommitRequest) -> Result<CommitOutcome>;

    /// MATCHED → ASSIGNED by its host: the match is played at `address`. Its players' tries start from 0 again.
    /// The mover looks at it next at `due_ms`. Refused when another host has it.
    async fn assign(
        &self,
        id: MatchId,
        host: &InstanceId,
        address: &str,
        now_ms: u64,
        due_ms: u64,
    ) -> Result<MatchOutcome>;

    /// Notes that `player` knows of the match; repeating it changes nothing.
    async fn acknowledge(&self, id: MatchId, player: &PlayerId) -> Result<AcknowledgeOutcome>;

    /// ASSIGNED stays ASSIGNED, and is looked at next at `due_ms`; publishes ASSIGNED again to the tickets of which a player
    /// did not acknowledge it, if there are any. The `due_ms` that it has already is a repeated call.
    async fn remind(&self, fence: &Fence, id: MatchId, now_ms: u64, due_ms: u64) -> Result<MatchOutcome>;

    /// ASSIGNED → FAILED: tickets of which a player did not acknowledge it are CANCELLED, the others are QUEUED again as by
    /// [`Matches::requeue`]. Refused when all players acknowledged it.
    async fn no_show(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome>;

    /// MATCHED or ASSIGNED → ENDED: its players are free to queue again. Those of an ASSIGNED match have met the players of its
    /// other tickets, which [`Matches::recent`] answers from then on; for the others it was a try.
    async fn end(&self, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome>;

    /// Whom each of the players met in his last matches that were assigned and ended: the latest first, each once, at most
    /// [`PLAYER_RECENT_MAX`](domain::limits::PLAYER_RECENT_MAX), never someone who was then in his own party. Forgotten
    /// [`RECENT_KEPT_MS`](crate::bounds::RECENT_KEPT_MS) after the end of the last of them. One list for each player, in their order, for up
    /// to [`BATCH_MAX`](crate::bounds::BATCH_MAX) of them.
    async fn recent(&self, players: &[PlayerId]) -> Result<Vec<Vec<PlayerId>>>;

    /// MATCHED → FAILED: its tickets are QUEUED again, with their age and tries, under a new version and without a holder.
    async fn requeue(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome>;

    /// MATCHED stays MATCHED under another host; publishes MATCHED again, to both hosts, and is looked at next at `due_ms`. The host and
    /// `due_ms` that it has already are a repeated call; the same host with another `due_ms` is told once more.
    async fn rehost(
        &self,
        fence: &Fence,
        id: MatchId,
        host: &InstanceId,
        now_ms: u64,
        due_ms: u64,
    ) -> Result<MatchOutcome>;

    /// Up to `limit` live matches whose `due_ms` has come, soonest first; at most
    /// [`BATCH_MAX`](crate::bounds::BATCH_MAX) at once. One that this build cannot read is told, and left out of the answer.
    async fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<Match>>;
}

/// What one step of a walk came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watched {
    pub tickets: Vec<Ticket>,
    /// Where the walk goes on; none at its end.
    pub next: Option<u64>,
}

/// What happened, in order, until it is delivered; and who wants to hear of it.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Events after `after`, oldest first, at most `limit` and [`EVENTS_MAX`](crate::bounds::EVENTS_MAX). With none there,
    /// waits for the first up to `wait`, and at most [`EVENTS_WAIT_MAX`](crate::bounds::EVENTS_WAIT_MAX). One may wait at a time: others may
    /// be told of none although there are some. Ends before an event that this build cannot read; where that is the first, it is
    /// [`StoreError::Corrupt`], and [`Outbox::unreadable`] says where to go on.
    async fn events(&self, after: Cursor, limit: usize, wait: Duration) -> Result<Vec<Event>>;

    /// The place of the first event after `after`, if this build cannot read it. A store that reads back all that it holds, as one in
    /// memory does, never has such an event.
    async fn unreadable(&self, _after: Cursor) -> Result<Option<Cursor>> {
        Ok(None)
    }

    /// Forgets every event up to and including `upto`: all of them were taken by whoever should hear of them.
    /// False when the caller no longer leads. An `upto` that this history has not come to is from another one, which the store
    /// lost: then nothing is forgotten, for what has those numbers here was taken by nobody.
    async fn trim(&self, fence: &Fence, upto: Cursor) -> Result<bool>;

    /// Notes that `subject` is watched on `playserver`, and answers its present state: whatever happens later is published
    /// with `playserver` among its watchers. At most [`WATCHERS_MAX`](crate::bounds::WATCHERS_MAX) playservers are kept per
    /// subject; the one noted longest ago gives way, and noting it again makes it the latest.
    async fn watch(&self, subject: &Subject, playserver: &InstanceId) -> Result<Snapshot>;

    /// Takes that note back.
    async fn unwatch(&self, subject: &Subject, playserver: &InstanceId) -> Result<()>;

    /// One step of a walk over all QUEUED tickets, from `place` (0: its beginning): those that are noted as watched on `playserver`,
    /// themselves or by one of their players. What waits throughout the walk is come to at least once. One that this build cannot read is
    /// told, and left out of the answer.
    async fn watched_on(&self, playserver: &InstanceId, place: u64) -> Result<Watched>;
}

/// Who leads a realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leadership {
    /// The caller does, for the time it asked for; `epoch` is the history's since it took over.
    Leading {
        fence: Fence,
        epoch: u64,
    },
    Held {
        by: InstanceId,
    },
}

/// Who is alive, and who leads. Leases run out on the store's own clock.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Makes `instance` known, as it now stands, for `ttl`. Answers the time by the store's own clock, in ms since the Unix epoch; none where
    /// it has none but this process's.
    async fn register(&self, instance: &Instance, ttl: Duration) -> Result<Option<u64>>;

    /// Forgets the instance at once.
    async fn deregister(&self, role: Role, id: &InstanceId) -> Result<()>;

    /// Those of a role whose lease has not run out, by id.
    async fn instances(&self, role: Role) -> Result<Vec<Instance>>;

    /// Takes or renews the lead for `ttl`. Taking it makes a new fence, which no earlier leader holds, and a new epoch,
    /// at least `now_ms` and after that of `seen`. Renewing keeps both. A process that was given the name of one that leads is
    /// another, also if it is the same one started again.
    ///
    /// `seen` is the farthest place in history that the caller knows of. A store that has not come so far lost a part of it
    /// (it was restored from an older state), and would use the same cursors again: then renewing is taking.
    async fn lead(&self, id: &InstanceId, ttl: Duration, now_ms: u64, seen: Cursor) -> Result<Leadership>;

    /// Gives the lead up at once, if `fence` still holds it.
    async fn resign(&self, fence: &Fence) -> Result<()>;

    /// Who leads now.
    async fn leader(&self) -> Result<Option<InstanceId>>;
}

/// All of it.
pub trait Store: Tickets + Matches + Outbox + Leases {}

impl<T: Tickets + Matches + Outbox + Leases> Store for T {}

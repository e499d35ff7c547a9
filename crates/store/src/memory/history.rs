use domain::{Change, Cursor, Event, EventTicket, InstanceId, Match, Ticket};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;

/// The realm's events, oldest first, and the place of the last.
#[derive(Debug)]
pub(super) struct History {
    pub(super) last: Cursor,
    events: VecDeque<Event>,
    appended: Arc<Notify>,
}

/// A change that is about to be told.
pub(super) struct News<'a> {
    pub(super) change: Change,
    pub(super) at_ms: u64,
    pub(super) tickets: &'a [&'a Ticket],
    pub(super) matched: Option<&'a Match>,
    pub(super) watchers: Vec<InstanceId>,
    pub(super) reason: &'a str,
}

impl History {
    pub(super) fn new(appended: Arc<Notify>) -> Self {
        Self { last: Cursor { epoch: 1, seq: 0 }, events: VecDeque::new(), appended }
    }

    pub(super) fn append(&mut self, news: News<'_>) -> Cursor {
        self.last.seq += 1;
        let told = |ticket: &&Ticket| EventTicket {
            id: ticket.id,
            players: ticket.players.clone(),
            trace: ticket.trace.clone(),
        };
        self.events.push_back(Event {
            cursor: self.last,
            change: news.change,
            at_ms: news.at_ms,
            tickets: news.tickets.iter().map(told).collect(),
            matched: news.matched.map(|matched| Match { acknowledged: Vec::new(), ..matched.clone() }),
            watchers: news.watchers,
            reason: news.reason.to_owned(),
        });
        self.appended.notify_waiters();
        self.last
    }

    pub(super) fn after(&self, cursor: Cursor, limit: usize) -> Vec<Event> {
        let first = self.events.partition_point(|event| event.cursor <= cursor);
        self.events.range(first..).take(limit).cloned().collect()
    }

    /// Nothing, when it has not come so far.
    pub(super) fn trim(&mut self, upto: Cursor) {
        if self.last < upto {
            return;
        }
        let kept = self.events.partition_point(|event| event.cursor <= upto);
        self.events.drain(..kept);
    }

    pub(super) fn begin_epoch(&mut self, at_least: u64) {
        self.last = Cursor { epoch: at_least.max(self.last.epoch + 1), seq: 0 };
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }
}

//! What all players of one replay share.

use super::record::{Seen, Sheets, point};
use super::tally::Tally;
use crate::Plan;
use crate::client::Client;
use api::v1;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;

pub struct Stage {
    pub client: Client,
    pub plan: Plan,
    /// Names this replay in client keys, so that another one's tickets are never taken for ours.
    pub run_id: String,
    pub started: Instant,
    pub tally: Tally,
    pub sheets: Sheets,
    /// Whoever still waits cancels now.
    pub give_up: CancellationToken,
    /// Everyone leaves now, whatever he is told.
    pub stop: CancellationToken,
    /// Told by hand to give up.
    pub interrupted: CancellationToken,
    /// Nothing answers any more.
    pub deserted: CancellationToken,
    fatal: Mutex<Option<Status>>,
}

impl Stage {
    pub fn new(client: Client, plan: Plan) -> Self {
        Self {
            client,
            plan,
            run_id: uuid::Uuid::new_v4().simple().to_string(),
            started: Instant::now(),
            tally: Tally::default(),
            sheets: Sheets::default(),
            give_up: CancellationToken::new(),
            stop: CancellationToken::new(),
            interrupted: CancellationToken::new(),
            deserted: CancellationToken::new(),
            fatal: Mutex::new(None),
        }
    }

    pub fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    pub fn seen(&self, update: &v1::Update) -> Seen {
        Seen {
            at_us: self.now_us(),
            cursor: point(update.cursor),
            snapshot: update.snapshot,
            change: update.change(),
            state: update.state(),
            told: update.r#match.as_ref().map(|told| self.sheets.keep(told)),
        }
    }

    /// No row can go better than this one did: the replay ends.
    pub fn abandon(&self, status: Status) {
        self.fatal.lock().get_or_insert(status);
        self.give_up.cancel();
    }

    pub fn fatal(&self) -> Option<Status> {
        self.fatal.lock().clone()
    }
}

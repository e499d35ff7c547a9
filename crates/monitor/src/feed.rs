//! How pages are told what changed: a snapshot first, then differences under sequence numbers, so that one that lost its connection goes
//! on where it was.

use crate::config::VIEWERS_MAX;
use crate::history::Sample;
use crate::picture::Picture;
use chassis::{Reader, Record};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

pub struct Feed {
    /// Names this run of the monitor.
    run: String,
    record: Arc<Record<Message>>,
    /// The last that was told. Held while something is told and while a page comes, so that both are of one moment.
    last: Mutex<Last>,
    /// Somebody came.
    pub came: Notify,
}

#[derive(Default)]
struct Last {
    picture: Picture,
    samples: VecDeque<Sample>,
}

/// One event for a page.
#[derive(Debug, Clone)]
pub struct Message {
    pub kind: &'static str,
    /// What the browser says to go on behind it.
    pub id: String,
    pub data: String,
}

/// What the page is told besides the picture.
pub struct News<'a> {
    pub now_ms: u64,
    pub sample: Option<Sample>,
    pub samples: &'a VecDeque<Sample>,
    /// Parties that were spawned and are here, and how many come a second.
    pub spawned: (usize, f64),
}

impl Feed {
    pub fn new() -> Self {
        Self {
            run: uuid::Uuid::new_v4().simple().to_string(),
            record: Record::new(VIEWERS_MAX),
            last: Mutex::default(),
            came: Notify::new(),
        }
    }

    /// Tells everyone what is other in `picture`.
    pub fn tell(&self, picture: Picture, news: &News<'_>) {
        let mut last = self.last.lock();
        let difference = picture.since(&last.picture);
        if difference.is_empty() && news.sample.is_none() {
            return;
        }
        let data = json!({
            "now_ms": news.now_ms,
            "picture": difference,
            "sample": news.sample,
            "spawned": news.spawned.0,
            "rate": news.spawned.1,
        });
        self.record.push(|seq| Message { kind: "change", id: self.id(seq), data: data.to_string() });
        last.samples.clone_from(news.samples);
        last.picture = picture;
    }

    /// Nothing is known any more.
    pub fn clear(&self) {
        *self.last.lock() = Last::default();
        self.record.clear();
    }

    /// A page's place behind the message `after`; where that is not kept, with a snapshot first. `about` is told with it. None with
    /// [`VIEWERS_MAX`] pages.
    pub fn open(&self, after: Option<&str>, about: &Value, now_ms: u64) -> Option<(Reader<Message>, Option<Message>)> {
        let last = self.last.lock();
        let after = after.and_then(|id| id.strip_prefix(&self.run)?.strip_prefix('-')?.parse::<u64>().ok());
        let (reader, seen) = self.record.read(after)?;
        self.came.notify_one();
        let snapshot = (after != Some(seen)).then(|| {
            let data = json!({
                "now_ms": now_ms,
                "about": about,
                "picture": last.picture.since(&Picture::default()),
                "samples": last.samples,
            });
            Message { kind: "snapshot", id: self.id(seen), data: data.to_string() }
        });
        Some((reader, snapshot))
    }

    /// Since when no page is open; none while one is.
    pub fn deserted(&self) -> Option<Instant> {
        self.record.deserted()
    }

    fn id(&self, seq: u64) -> String {
        format!("{}-{seq}", self.run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Card;

    fn news(samples: &VecDeque<Sample>) -> News<'_> {
        News { now_ms: 0, sample: None, samples, spawned: (0, 0.0) }
    }

    fn picture(ids: &[&str]) -> Picture {
        let instances = ids.iter().map(|id| ((*id).to_owned(), Card::default())).collect();
        Picture { instances, ..Picture::default() }
    }

    #[tokio::test]
    async fn a_page_that_lost_its_connection_hears_only_what_it_missed() {
        let (feed, samples) = (Feed::new(), VecDeque::new());
        let (_reader, snapshot) = feed.open(None, &Value::Null, 0).unwrap();
        feed.tell(picture(&["a"]), &news(&samples));
        feed.tell(picture(&["a", "b"]), &news(&samples));
        let (mut reader, again) = feed.open(Some(&snapshot.unwrap().id), &Value::Null, 0).unwrap();
        assert!(again.is_none());
        assert!(reader.next().await.unwrap().data.contains("\"a\""));
        let second = reader.next().await.unwrap();
        assert!(second.data.contains("\"b\"") && !second.data.contains("\"a\""), "{second:?}");
    }

    #[tokio::test]
    async fn after_a_restart_of_the_monitor_a_page_begins_with_a_snapshot() {
        let (before, after) = (Feed::new(), Feed::new());
        let (_, snapshot) = before.open(None, &Value::Null, 0).unwrap();
        after.tell(picture(&["a"]), &news(&VecDeque::new()));
        let (_, again) = after.open(Some(&snapshot.unwrap().id), &Value::Null, 0).unwrap();
        assert!(again.unwrap().data.contains("\"a\""));
    }
}

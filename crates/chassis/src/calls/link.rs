//! One open stream of a caller, with the calls that wait for their answers on it.

use api::Call;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// How long it takes until the longest silence counts for a third of what it did.
const FADES: Duration = Duration::from_secs(2);
/// How many answers it takes at least: that a peer was asked nothing for long says nothing of how long it is silent when it is.
const FADES_ANSWERS_MIN: u32 = 16;

pub(super) struct Link<Req, Resp> {
    pub(super) outbound: mpsc::Sender<Req>,
    waiting: Mutex<Waiting<Resp>>,
    /// How many wait; apart from the map, so that a drain can wait for none.
    count: watch::Sender<usize>,
}

struct Waiting<Resp> {
    next_call: u64,
    calls: HashMap<u64, oneshot::Sender<Result<Resp, String>>>,
    /// Since when there is an answer owed: when the last one came, or when a call began to wait with no other waiting, if that was later.
    /// Without meaning where no call waits.
    owing: Instant,
    /// The longest time of late in which some call waited and none was answered, as of the last answer, and when that came; none before the
    /// first answer.
    longest: Option<(Duration, Instant)>,
    /// Why the stream is no more.
    broken: Option<String>,
}

impl<Resp> Waiting<Resp> {
    fn owing(&self) -> Option<Instant> {
        (!self.calls.is_empty()).then_some(self.owing)
    }

    fn note_answer(&mut self) {
        let now = Instant::now();
        let silent = self.owing().map_or(Duration::ZERO, |owing| now - owing);
        self.longest = Some((silent.max(self.longest().unwrap_or_default()), now));
        self.owing = now;
    }

    fn longest(&self) -> Option<Duration> {
        let (longest, at) = self.longest?;
        let passed = at.elapsed().min(FADES / FADES_ANSWERS_MIN);
        Some(longest.mul_f64((-passed.as_secs_f64() / FADES.as_secs_f64()).exp()))
    }
}

impl<Req, Resp: Call> Link<Req, Resp> {
    pub(super) fn new(outbound: mpsc::Sender<Req>) -> Self {
        let waiting =
            Waiting { next_call: 1, calls: HashMap::new(), owing: Instant::now(), longest: None, broken: None };
        Self { outbound, waiting: Mutex::new(waiting), count: watch::Sender::new(0) }
    }

    /// A place for one answer, or why there will be none.
    pub(super) fn expect(self: &Arc<Self>) -> Result<Expected<Req, Resp>, String> {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.waiting.lock();
        if let Some(reason) = &waiting.broken {
            return Err(reason.clone());
        }
        if waiting.calls.is_empty() {
            waiting.owing = Instant::now();
        }
        let call = waiting.next_call;
        waiting.next_call += 1;
        waiting.calls.insert(call, answer);
        self.count.send_replace(waiting.calls.len());
        drop(waiting);
        Ok(Expected { link: self.clone(), call, answered })
    }

    /// Hands an answer to whoever waits for it; one that is no longer waited for is dropped.
    pub(super) fn answered(&self, response: Resp) {
        let mut waiting = self.waiting.lock();
        waiting.note_answer();
        let answer = self.forget(&mut waiting, response.call());
        drop(waiting);
        if let Some(answer) = answer {
            // An error means that it was given up in this very moment.
            let _ = answer.send(Ok(response));
        }
    }

    /// The stream broke: nobody waits any longer, and nobody begins to.
    pub(super) fn close(&self, reason: &str) {
        let mut waiting = self.waiting.lock();
        waiting.broken = Some(reason.to_owned());
        for (_, answer) in waiting.calls.drain() {
            let _ = answer.send(Err(reason.to_owned()));
        }
        self.count.send_replace(0);
    }

    /// Waits until no call waits for its answer.
    pub(super) async fn idle(&self) {
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Since when calls wait and none was answered; none where none waits.
    pub(super) fn owing(&self) -> Option<Instant> {
        self.waiting.lock().owing()
    }

    /// The longest time of late in which some call waited and none was answered; none before the first answer.
    pub(super) fn longest(&self) -> Option<Duration> {
        self.waiting.lock().longest()
    }

    fn forget(&self, waiting: &mut Waiting<Resp>, call: u64) -> Option<oneshot::Sender<Result<Resp, String>>> {
        let answer = waiting.calls.remove(&call);
        self.count.send_replace(waiting.calls.len());
        answer
    }
}

/// A call's place among those that wait. Dropping it frees the place, however the call ended.
pub(super) struct Expected<Req, Resp: Call> {
    link: Arc<Link<Req, Resp>>,
    pub(super) call: u64,
    answered: oneshot::Receiver<Result<Resp, String>>,
}

impl<Req, Resp: Call> Expected<Req, Resp> {
    pub(super) async fn answer(&mut self) -> Result<Resp, String> {
        (&mut self.answered).await.unwrap_or_else(|_| Err("the stream is gone".to_owned()))
    }
}

impl<Req, Resp: Call> Drop for Expected<Req, Resp> {
    fn drop(&mut self) {
        self.link.forget(&mut self.link.waiting.lock(), self.call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::v1::SearchResponse;

    #[tokio::test(start_paused = true)]
    async fn who_was_not_asked_owes_no_answer_for_that_time() {
        let (outbound, _requests) = mpsc::channel::<()>(1);
        let link = Arc::new(Link::<(), SearchResponse>::new(outbound));
        let (idle, silent) = (Duration::from_secs(60), Duration::from_secs(1));
        tokio::time::advance(idle).await;
        let first = link.expect().unwrap();
        assert_eq!(link.owing().unwrap().elapsed(), Duration::ZERO);

        tokio::time::advance(silent).await;
        let second = link.expect().unwrap();
        assert_eq!(link.owing().unwrap().elapsed(), silent, "the first still waits");
        link.answered(SearchResponse { call: second.call, ..Default::default() });
        assert_eq!(link.owing().unwrap().elapsed(), Duration::ZERO);
        link.answered(SearchResponse { call: first.call, ..Default::default() });
        assert_eq!(link.owing(), None, "though whoever asked has not looked yet");
    }

    #[tokio::test(start_paused = true)]
    async fn how_long_it_was_silent_is_known_for_a_while() {
        let (outbound, _requests) = mpsc::channel::<()>(1);
        let link = Arc::new(Link::<(), SearchResponse>::new(outbound));
        let after = async |silent: Duration| {
            let call = link.expect().unwrap();
            tokio::time::advance(silent).await;
            link.answered(SearchResponse { call: call.call, ..Default::default() });
            link.longest().unwrap()
        };
        assert_eq!(link.longest(), None);
        assert_eq!(after(Duration::from_secs(1)).await, Duration::from_secs(1));
        let soon = Duration::from_millis(10);
        assert!(after(soon).await > Duration::from_millis(950), "it is not forgotten at once");
        for _ in 0..100 {
            after(Duration::ZERO).await;
        }
        assert!(after(soon).await > Duration::from_millis(950), "nor by many answers in one moment");
        tokio::time::advance(FADES * 10).await;
        assert!(after(soon).await > Duration::from_millis(900), "nor while nothing was asked");
        for _ in 0..10 * FADES_ANSWERS_MIN {
            tokio::time::advance(FADES).await;
            after(soon).await;
        }
        assert_eq!(after(soon).await, soon);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_is_seldom_asked_and_always_slow_is_known_to_be_slow() {
        let (outbound, _requests) = mpsc::channel::<()>(1);
        let link = Arc::new(Link::<(), SearchResponse>::new(outbound));
        let slow = Duration::from_millis(90);
        for _ in 0..3 {
            let call = link.expect().unwrap();
            tokio::time::advance(slow).await;
            link.answered(SearchResponse { call: call.call, ..Default::default() });
            tokio::time::advance(FADES * 10).await;
            assert!(link.longest().unwrap() > slow * 9 / 10);
        }
    }
}

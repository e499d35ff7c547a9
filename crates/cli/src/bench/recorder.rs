//! What became of every ticket that was to arrive.

use super::fit::{Made, Seated};
use super::latency::Latency;
use super::stats::Stats;
use crate::client::cause;
use crate::tell;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Code, Streaming};

/// One ticket. Times count from when the recorder was opened.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    due: Duration,
    /// How much later the load let it come.
    late: Duration,
    /// Once there is one.
    answer: Option<(Answer, Duration)>,
    delivered: Option<Duration>,
}

/// What was said to its Enqueue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Not even sent: there was no room.
    HeldBack,
    Taken,
    Refused,
    Failed,
}

pub struct Recorder {
    began: Instant,
    recorded: Mutex<Recorded>,
}

#[derive(Default)]
struct Recorded {
    tickets: Vec<Ticket>,
    /// The numbers of each match's teams' tickets, by its id.
    made: HashMap<String, Vec<Vec<usize>>>,
    answered: usize,
    taken: usize,
    matched: usize,
    /// Streams that ended before the load did, and why the last of them did.
    streams_lost: (usize, String),
    /// By which version of the rules the last match was made.
    rules_version: String,
    /// Why the last was refused, or failed, that was.
    why: String,
}

/// How many tickets so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub due: usize,
    /// Whatever the answer was.
    pub answered: usize,
    pub taken: usize,
    pub matched: usize,
}

impl Counts {
    /// Taken and not matched. A match may be told before the Enqueue is answered.
    pub fn waiting(self) -> usize {
        self.taken.saturating_sub(self.matched)
    }

    /// Nothing is known of their Enqueue yet.
    pub fn unanswered(self) -> usize {
        self.due - self.answered
    }
}

impl Ticket {
    fn is_due_in(&self, seconds: &Range<usize>) -> bool {
        seconds.contains(&(self.due.as_secs() as usize))
    }

    /// Taken, and not told of a match.
    fn is_unmatched(&self) -> bool {
        self.delivered.is_none() && matches!(self.answer, Some((Answer::Taken, _)))
    }

    fn answered(&self, expected: Answer) -> Option<Duration> {
        self.answer.filter(|(answer, _)| *answer == expected).map(|(_, at)| at.saturating_sub(self.due))
    }
}

impl Recorder {
    pub fn open() -> Self {
        Self { began: Instant::now(), recorded: Mutex::default() }
    }

    /// Within which second a moment is.
    pub fn second_of(&self, at: Instant) -> usize {
        at.saturating_duration_since(self.began).as_secs() as usize
    }

    /// Takes down a ticket that is due: its number.
    pub fn due(&self, at: Instant) -> usize {
        let (due, now) = (at.saturating_duration_since(self.began), self.began.elapsed());
        self.recorded.lock().due(due, now.saturating_sub(due))
    }

    pub fn held_back(&self, number: usize) {
        self.answered(number, Answer::HeldBack);
    }

    pub fn taken(&self, number: usize) {
        self.answered(number, Answer::Taken);
    }

    /// By the answer to its Enqueue, and why.
    pub fn refused(&self, number: usize, code: Code, why: &str) {
        let answer = if code == Code::ResourceExhausted { Answer::Refused } else { Answer::Failed };
        self.answered(number, answer);
        self.recorded.lock().why = format!("{code:?} {why}");
    }

    /// What comes next on a stream to the services. None where it has ended, which is taken down: the load goes on.
    pub async fn next<T>(&self, stream: &mut Streaming<T>) -> Option<T> {
        match stream.message().await {
            Ok(Some(message)) => return Some(message),
            Ok(None) => self.broke("a stream has ended"),
            Err(status) => self.broke(&format!("a stream broke: {}", cause(&status))),
        }
        None
    }

    /// What tells of a ticket, or of many, ended before the load did, and why: whom it would have told of is taken and waits.
    pub fn broke(&self, why: &str) {
        let count = {
            let (count, last) = &mut self.recorded.lock().streams_lost;
            *count += 1;
            why.clone_into(last);
            *count
        };
        // How many more there are is told at the end.
        if count == 1 {
            tell::err(format_args!("muster: {why}, before the load did"));
        }
    }

    /// In a few words, for whoever finds that nobody was matched.
    pub fn outcome(&self) -> String {
        let Recorded { tickets, taken, streams_lost: (_, lost), why, .. } = &*self.recorded.lock();
        let mut told = format!("{} came, {taken} were taken", tickets.len());
        for (what, why) in [("the last that was refused", why), ("the last stream that ended", lost)] {
            if !why.is_empty() {
                told += &format!("; {what}: {why}");
            }
        }
        told
    }

    /// How many streams ended before the load did, and why the last of them did.
    pub fn streams_lost(&self) -> (usize, String) {
        self.recorded.lock().streams_lost.clone()
    }

    fn answered(&self, number: usize, answer: Answer) {
        let at = self.began.elapsed();
        self.recorded.lock().answered(number, answer, at);
    }

    /// A match was made by this version of the rules.
    pub fn played_by(&self, rules_version: &str) {
        let mut recorded = self.recorded.lock();
        if recorded.rules_version != rules_version {
            rules_version.clone_into(&mut recorded.rules_version);
        }
    }

    /// The version of the rules by which the last match was made; empty before there is one.
    pub fn rules_version(&self) -> String {
        self.recorded.lock().rules_version.clone()
    }

    /// Its player was told of a match, which is of these teams' tickets.
    pub fn matched(&self, number: usize, match_id: &str, teams: impl FnOnce() -> Vec<Vec<usize>>) {
        let at = self.began.elapsed();
        self.recorded.lock().matched(number, at, match_id, teams);
    }

    /// The matches that may have become worth making within these seconds: whose last ticket had come before their end, and of which nobody
    /// was told before they began.
    pub fn matches(&self, seconds: &Range<usize>) -> Vec<Made> {
        self.recorded.lock().matches(seconds)
    }

    /// Who was due within these seconds, was taken and is not told of a match: their numbers, and when they were due.
    pub fn left(&self, seconds: &Range<usize>) -> Vec<(usize, Duration)> {
        let recorded = self.recorded.lock();
        let tickets = recorded.tickets.iter().enumerate();
        let left = tickets.filter(|(_, ticket)| ticket.is_due_in(seconds) && ticket.is_unmatched());
        left.map(|(number, ticket)| (number, ticket.due)).collect()
    }

    pub fn counts(&self) -> Counts {
        let Recorded { tickets, answered, taken, matched, .. } = &*self.recorded.lock();
        Counts { due: tickets.len(), answered: *answered, taken: *taken, matched: *matched }
    }

    pub fn stats(&self, seconds: Range<usize>) -> Stats {
        self.stats_of(seconds, |_| true)
    }

    /// What became of some of the tickets that were due within these seconds: those whose number `is_asked` for.
    pub fn stats_of(&self, seconds: Range<usize>, is_asked: impl Fn(usize) -> bool) -> Stats {
        let now = self.now();
        self.recorded.lock().stats(&seconds, now, is_asked)
    }

    /// How long it has been open.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Recorded {
    fn due(&mut self, due: Duration, late: Duration) -> usize {
        self.tickets.push(Ticket { due, late, answer: None, delivered: None });
        self.tickets.len() - 1
    }

    /// What is said first counts.
    fn answered(&mut self, number: usize, answer: Answer, at: Duration) {
        if let Some(ticket) = self.tickets.get_mut(number).filter(|ticket| ticket.answer.is_none()) {
            ticket.answer = Some((answer, at));
            self.answered += 1;
            self.taken += usize::from(answer == Answer::Taken);
        }
    }

    /// A match is taken down with the first of its tickets that is told of it, whichever that is: the others may never be.
    fn matched(&mut self, number: usize, at: Duration, match_id: &str, teams: impl FnOnce() -> Vec<Vec<usize>>) {
        let Some(ticket) = self.tickets.get_mut(number).filter(|ticket| ticket.delivered.is_none()) else { return };
        ticket.delivered = Some(at);
        self.matched += 1;
        if !self.made.contains_key(match_id) {
            self.made.insert(match_id.to_owned(), teams());
        }
    }

    fn matches(&self, seconds: &Range<usize>) -> Vec<Made> {
        let seated = |number: &usize| {
            let Ticket { due, delivered, .. } = *self.tickets.get(*number)?;
            Some(Seated { number: *number, due, told: delivered })
        };
        let teams = |teams: &Vec<Vec<usize>>| -> Made {
            teams.iter().map(|team| team.iter().filter_map(seated).collect()).collect()
        };
        let second = |at: Duration| at.as_secs() as usize;
        let may_be_of = |made: &Made| {
            let seated = || made.iter().flatten();
            let complete = seated().map(|ticket| second(ticket.due)).max();
            let told = seated().filter_map(|ticket| ticket.told).map(second).min();
            complete.is_some_and(|at| at < seconds.end) && told.is_some_and(|at| at >= seconds.start)
        };
        self.made.values().map(teams).filter(may_be_of).collect()
    }

    fn stats(&self, seconds: &Range<usize>, now: Duration, is_asked: impl Fn(usize) -> bool) -> Stats {
        let asked =
            || self.tickets.iter().enumerate().filter(|(number, _)| is_asked(*number)).map(|(_, ticket)| ticket);
        let due = || asked().filter(|ticket| ticket.is_due_in(seconds));
        let took = |answer: Answer| due().filter_map(move |ticket| ticket.answered(answer));
        let waited = |ticket: &Ticket| Some(ticket.delivered?.saturating_sub(ticket.due));
        let waits_since = |ticket: &Ticket| ticket.answered(Answer::Taken).map(|_| now.saturating_sub(ticket.due));
        let is_told = |ticket: &&Ticket| ticket.delivered.is_some_and(|at| seconds.contains(&(at.as_secs() as usize)));
        let length_s = seconds.len().max(1) as f64;
        Stats {
            offered_per_s: due().count() as f64 / length_s,
            matched_per_s: asked().filter(is_told).count() as f64 / length_s,
            unanswered: due().filter(|ticket| ticket.answer.is_none()).count(),
            held_back: took(Answer::HeldBack).count(),
            refused: took(Answer::Refused).count(),
            failed: took(Answer::Failed).count(),
            unmatched: due().filter(|ticket| ticket.is_unmatched()).count(),
            late_ms: Latency::of(due().map(|ticket| ticket.late)),
            acknowledged_ms: Latency::of(took(Answer::Taken)),
            refused_ms: Latency::of(took(Answer::Refused)),
            delivered_ms: Latency::of(due().filter_map(waited)),
            waited_ms: Latency::of(due().filter_map(|ticket| waited(ticket).or_else(|| waits_since(ticket)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_when_a_ticket_was_due() {
        let (ms, mut recorded) = (Duration::from_millis, Recorded::default());
        let [one, other, third] = [(); 3].map(|()| recorded.due(ms(100), ms(1)));
        recorded.answered(one, Answer::Taken, ms(500));
        recorded.answered(other, Answer::Refused, ms(500));
        recorded.answered(third, Answer::Failed, ms(500));
        recorded.matched(one, ms(1_300), "m", Vec::new);
        recorded.matched(one, ms(2_300), "m", Vec::new);
        recorded.answered(one, Answer::Failed, ms(2_400));
        assert_eq!((recorded.answered, recorded.taken, recorded.matched), (3, 1, 1));
        let stats = recorded.stats(&(0..1), ms(9_000), |_| true);
        assert_eq!((stats.offered_per_s, stats.matched_per_s, stats.failed, stats.not_taken()), (3.0, 0.0, 1, 2));
        let near = |ms: f64, expected: f64| (ms / expected - 1.0).abs() < 0.002;
        assert!(near(stats.acknowledged_ms.max, 400.0) && near(stats.refused_ms.max, 400.0), "{stats:?}");
        assert!(near(stats.delivered_ms.max, 1_200.0) && stats.delivered_ms.count == 1, "{stats:?}");
        assert_eq!(recorded.stats(&(1..2), ms(9_000), |_| true).matched_per_s, 1.0);
        assert!(near(stats.late_ms.p50, 1.0), "{stats:?}");
        let others = recorded.stats(&(0..1), ms(9_000), |number| number != third);
        assert_eq!((others.offered_per_s, others.failed, others.not_taken()), (2.0, 0, 1));
    }

    #[test]
    fn who_was_never_answered_or_never_told_is_not_forgotten() {
        let (ms, mut recorded) = (Duration::from_millis, Recorded::default());
        let [told, waits, _unanswered] = [(); 3].map(|()| recorded.due(ms(100), ms(0)));
        recorded.answered(told, Answer::Taken, ms(200));
        recorded.answered(waits, Answer::Taken, ms(200));
        recorded.matched(told, ms(300), "m", || vec![vec![told]]);
        let stats = recorded.stats(&(0..1), ms(5_100), |_| true);
        assert_eq!((stats.unanswered, stats.not_taken(), stats.unmatched), (1, 1, 1));
        assert_eq!((stats.delivered_ms.count, stats.waited_ms.count), (1, 2));
        assert!((stats.waited_ms.max / 5_000.0 - 1.0).abs() < 0.002, "{stats:?}");
    }

    #[test]
    fn a_match_is_taken_down_once_whichever_of_its_tickets_is_told_first() {
        let (ms, mut recorded) = (Duration::from_millis, Recorded::default());
        let [first, second, third] = [(); 3].map(|()| recorded.due(ms(100), ms(0)));
        let teams = || vec![vec![first, second], vec![third]];
        recorded.matched(second, ms(300), "m", teams);
        recorded.matched(third, ms(400), "m", teams);
        let made = recorded.matches(&(0..1));
        let told = made.iter().flatten().flatten().map(|ticket| ticket.told).collect::<Vec<_>>();
        assert_eq!(told, [None, Some(ms(300)), Some(ms(400))]);
        assert_eq!(recorded.matches(&(1..2)), Vec::<Made>::new(), "it was told of before that");
    }
}

//! Calls of one script that come while others of it are on their way wait for these, and then go together: however many come, Redis is asked,
//! and the script set up, once for all of them. A call that comes alone waits for nobody.

use super::link::Link;
use super::packed::unpacked;
use super::row::shown;
use super::scripts::Call;
use ::redis::{ErrorKind, RedisError, RedisResult, Value, parse_redis_value};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Calls that go together at most: nobody else is answered by Redis meanwhile.
const CALLS_MAX: usize = 128;
/// Arguments, and bytes, from which on no further call goes along.
const ARGUMENTS_MAX: usize = 2_048;
const BYTES_MAX: usize = 256 * 1_024;
/// Calls of one script that wait to go; beyond it a call fails at once.
const WAITING_MAX: usize = 8_192;

/// A script's answer to one call, and with how many calls it went.
pub(super) type Answer = (RedisResult<Value>, usize);

/// The calls of every script, each by its hash.
#[derive(Default)]
pub(super) struct Batches(Mutex<HashMap<&'static str, Lane>>);

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    /// Whether somebody takes those that wait along.
    is_driven: bool,
}

struct Waiting {
    call: Arc<Call>,
    answer: oneshot::Sender<Answer>,
}

impl Batches {
    /// Puts a call in its script's lane: whether nobody drives it yet.
    fn put(&self, waiting: Waiting) -> RedisResult<bool> {
        let mut lanes = self.0.lock();
        let lane = lanes.entry(waiting.call.script.hash()).or_default();
        if lane.waiting.len() >= WAITING_MAX {
            return Err(RedisError::from((ErrorKind::Client, "too many calls wait to go to Redis")));
        }
        lane.waiting.push_back(waiting);
        Ok(!std::mem::replace(&mut lane.is_driven, true))
    }

    /// Those that go next; none when nobody waits any more, and then the lane is driven no longer.
    fn take(&self, hash: &'static str) -> Vec<Waiting> {
        let mut lanes = self.0.lock();
        let lane = lanes.entry(hash).or_default();
        let (mut taken, mut arguments, mut bytes) = (Vec::new(), 0, 0);
        while taken.len() < CALLS_MAX && arguments < ARGUMENTS_MAX && bytes < BYTES_MAX {
            let Some(next) = lane.waiting.pop_front() else { break };
            // Whoever asked may have given up.
            if !next.answer.is_closed() {
                arguments += next.call.arguments();
                bytes += next.call.bytes();
                taken.push(next);
            }
        }
        lane.is_driven = !taken.is_empty();
        taken
    }
}

/// The answer to one call.
pub(super) async fn answer(link: &Arc<Link>, call: &Arc<Call>) -> Answer {
    let (answer, answered) = oneshot::channel();
    match link.batches().put(Waiting { call: call.clone(), answer }) {
        Ok(true) => drop(tokio::spawn(drive(link.clone(), call.script.hash()))),
        Ok(false) => {}
        Err(error) => return (Err(error), 0),
    }
    answered.await.unwrap_or_else(|_| (Err(lost("what was to bring the call to Redis ended")), 0))
}

/// Takes along whoever waits, until nobody does.
async fn drive(link: Arc<Link>, hash: &'static str) {
    loop {
        let together = link.batches().take(hash);
        let Some(first) = together.first() else { return };
        let calls: Vec<Arc<Call>> = together.iter().map(|waiting| waiting.call.clone()).collect();
        let answers = link.bring(first.call.script, &calls).await;
        for (waiting, answer) in together.into_iter().zip(answers_of(answers, calls.len())) {
            // Whoever asked may have given up.
            let _ = waiting.answer.send((answer, calls.len()));
        }
    }
}

/// Each call's own: the flags and answers that [scripts/lib.lua](scripts/lib.lua) packs, or what befell all of them.
fn answers_of(answers: RedisResult<Value>, calls: usize) -> Vec<RedisResult<Value>> {
    let packed = match answers {
        Ok(Value::BulkString(packed)) => packed,
        Ok(other) => return all(calls, misread(&other)),
        Err(error) => return all(calls, error),
    };
    let mut listed = match unpacked(&packed) {
        Some(Value::Array(listed)) if listed.len() == 2 * calls => listed.into_iter(),
        _ => return all(calls, misread(&Value::BulkString(packed))),
    };
    std::iter::from_fn(|| Some(of_one(listed.next()?, listed.next()?))).collect()
}

fn all(calls: usize, error: RedisError) -> Vec<RedisResult<Value>> {
    vec![Err(error); calls]
}

fn of_one(is_answered: Value, answer: Value) -> RedisResult<Value> {
    match (is_answered, answer) {
        (Value::Int(1), answer) => Ok(answer),
        (_, Value::BulkString(problem)) => raised(&problem),
        (_, other) => Err(misread(&other)),
    }
}

fn misread(value: &Value) -> RedisError {
    RedisError::from((ErrorKind::UnexpectedReturnType, "not the answer to a call", shown(value)))
}

/// Reads it as Redis would have told it.
fn raised(problem: &[u8]) -> RedisResult<Value> {
    let line: Vec<u8> = problem.iter().map(|byte| if byte.is_ascii_control() { b' ' } else { *byte }).collect();
    parse_redis_value(&[b"-", line.as_slice(), b"\r\n"].concat())?.extract_error()
}

fn lost(why: &'static str) -> RedisError {
    RedisError::from((ErrorKind::Io, why))
}

//! Scripts called behind the store's back, with whatever arguments.

use super::planted::Plot;
use super::scene::VERBS;
use ::redis::{Value, cmd};
use store::{StoreError, Tickets};

/// Verbs that write nothing: together they read every kind of key.
const READERS: [&str; 10] =
    ["range", "arrivals", "snapshot", "expiring", "waiting", "recent", "due", "events", "instances", "watched_on"];

/// More than wait in a scene.
const EXPIRING_MAX: usize = 100;

/// A script as a verb called it, by its hash.
#[derive(Debug, Clone)]
pub struct Call {
    pub verb: &'static str,
    sha: Vec<u8>,
    key: Vec<u8>,
    pub arguments: Vec<Vec<u8>>,
}

impl Call {
    /// Calls it in the scene: whether it was refused. An error says what it did by half.
    pub async fn run(&self, plot: &mut Plot) -> Result<bool, String> {
        let Plot { raw, scene, kept, .. } = plot;
        raw.put_back(kept).await;
        let mut command = cmd("EVALSHA");
        command.arg(&self.sha).arg(1).arg(&self.key).arg(self.arguments.len()).arg(&self.arguments);
        if let Err(error) =
            raw.try_ask::<Vec<u8>>(&mut command).await.map_err(|error| error.to_string()).and_then(of_one)
        {
            let is_whole = raw.content().await == kept.content;
            return if is_whole { Ok(true) } else { Err(format!("{} wrote half: {error}", self.verb)) };
        }
        for verb in READERS {
            if let Err(error @ StoreError::Corrupt(_)) = scene.run(verb).await {
                return Err(format!("{verb} cannot read what {} wrote: {error}", self.verb));
            }
        }
        // `expiring` passes over what it cannot read, and does not fail.
        let (waiting, read) = (scene.store.waiting().await, scene.store.expiring(u64::MAX, EXPIRING_MAX).await);
        if let (Ok(waiting), Ok(read)) = (waiting, read)
            && read.len() as u64 != waiting
        {
            return Err(format!("expiring reads {} of {waiting} after {}", read.len(), self.verb));
        }
        Ok(false)
    }
}

/// Whether a call that goes alone is answered.
fn of_one(packed: Vec<u8>) -> Result<(), String> {
    let answers = rmpv::decode::read_value(&mut packed.as_slice()).map_err(|error| error.to_string())?;
    let is_answered = answers[0] == rmpv::Value::from(1);
    is_answered.then_some(()).ok_or_else(|| answers[1].to_string())
}

/// The call of every script that these verbs run, as Redis heard it.
pub async fn overheard(plot: &mut Plot, verbs: &[&'static str]) -> Vec<Call> {
    let Plot { raw, scene, kept, .. } = plot;
    let mut ear = raw.monitor();
    let mut calls = Vec::new();
    for verb in verbs.iter().copied() {
        raw.put_back(kept).await;
        scene.run(verb).await.unwrap();
        let _: String = raw.ask(cmd("ECHO").arg(verb)).await;
        loop {
            let Value::SimpleString(line) = ear.recv_response().unwrap() else { panic!("not what MONITOR says") };
            let mut words = words(&line).into_iter();
            match words.next().as_deref() {
                Some(b"ECHO") => break,
                Some(b"EVALSHA") if !line.contains(" lua] ") => {
                    let (sha, _, key) = (words.next().unwrap(), words.next(), words.next().unwrap());
                    assert_eq!(words.next().unwrap(), words.len().to_string().as_bytes(), "one call alone");
                    calls.push(Call { verb, sha, key, arguments: words.collect() });
                }
                _ => {}
            }
        }
    }
    calls
}

/// The words of `… "one" "t\x77o"`.
pub fn words(line: &str) -> Vec<Vec<u8>> {
    let (mut words, mut word, mut rest) = (Vec::new(), None::<Vec<u8>>, line.bytes());
    while let Some(byte) = rest.next() {
        match (byte, &mut word) {
            (b'"', None) => word = Some(Vec::new()),
            (_, None) => {}
            (b'"', Some(_)) => words.extend(word.take()),
            (b'\\', Some(word)) => word.push(match rest.next().unwrap() {
                b'x' => {
                    let hex = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
                }
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'a' => 7,
                b'b' => 8,
                itself => itself,
            }),
            (byte, Some(word)) => word.push(byte),
        }
    }
    words
}

/// What no kind of argument is but text; no number; a rating that is none, and a place that is none. Another rating is too small for Redis.
const WRONG: [&str; 4] = ["a b|;", "-1", "duel|pc|eu nan", "duel|pc 1500"];
/// Those of whose arguments the last may come any number of times.
const OPEN: [&str; 2] = ["adopt", "recent"];

/// Gives these verbs' scripts what they do not take. An error says which of them did something by half, or did not mind.
pub async fn refuse(plot: &mut Plot, verbs: &[&'static str]) -> Result<(), String> {
    let tiny = format!("duel|pc|eu 0.{}1", "0".repeat(330));
    for call in overheard(plot, verbs).await {
        for at in 0..call.arguments.len() {
            for wrong in WRONG.into_iter().chain([tiny.as_str()]) {
                let mut call = call.clone();
                call.arguments[at] = wrong.into();
                call.run(plot).await?;
            }
        }
        if OPEN.contains(&call.verb) {
            let mut call = call;
            *call.arguments.last_mut().unwrap() = WRONG[0].into();
            if !call.run(plot).await? {
                return Err(format!("{} takes {:?}", call.verb, WRONG[0]));
            }
        } else {
            let (mut fewer, mut more) = (call.clone(), call);
            fewer.arguments.pop();
            more.arguments.push("1".into());
            for call in [fewer, more] {
                if !call.run(plot).await? {
                    return Err(format!("{} takes {} arguments", call.verb, call.arguments.len()));
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_script_that_is_given_what_it_does_not_take_does_nothing() {
    refuse(&mut Plot::new().await, &VERBS).await.unwrap();
}

//! What a verb does about keys that are not as they should be.

use super::raw::{Kept, Raw, assert_names, server, store_on};
use super::scene::{Scene, VERBS, a_scene};
use ::redis::cmd;
use domain::Cursor;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;
use store::conformance::people::*;
use store::testing::RedisServer;
use store::{Leases, Outbox, Scripts, StoreError};

/// Tells the test of [`needs`] to write the file anew.
const BLESS: &str = "MUSTER_BLESS";
const FILE: &str = "tests/redis/needs.txt";

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wrong {
    /// It is of another type.
    Type,
    /// It holds what its readers cannot understand.
    Text,
    /// Its hash lacks a field, or the text of a field that holds a number, a state, places or a place in history is none.
    Lacks(String),
    Garbage(String),
    /// It says something that others do not.
    Says(&'static str, &'static str),
}

/// What a ticket or match may say though nothing else says so.
const SAYS: [(&str, &str); 3] =
    [("state", "CANCELLED"), ("holder", "somebody"), ("match", "00000000000040008000000000000000")];

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => write!(f, "of another type"),
            Self::Text => write!(f, "garbage"),
            Self::Lacks(field) => write!(f, "without {field}"),
            Self::Garbage(field) => write!(f, "with garbage in {field}"),
            Self::Says(field, text) => write!(f, "with {field} {text}"),
        }
    }
}

/// Which verbs need a key to be right, for each key and all that can be wrong with it: those that name it as corrupt.
pub type Needs = BTreeMap<String, Vec<&'static str>>;

/// A scene on a server, put back whenever something was done to it.
pub struct Plot {
    server: RedisServer,
    pub raw: Raw,
    pub scene: Scene,
    pub kept: Kept,
}

impl Plot {
    pub async fn new() -> Self {
        let server = server();
        let mut raw = Raw::on(&server).await;
        let scene = a_scene(store_on(&server)).await;
        let kept = raw.keep().await;
        Self { server, raw, scene, kept }
    }

    /// The same with other scripts.
    pub fn play_by(&mut self, scripts: &'static Scripts) {
        self.scene.store = store_on(&self.server).with_scripts(scripts);
    }

    /// Plants everything that can be wrong, tries each of these verbs on it, and says which of them needed it right: each either
    /// does not need the key, or names it as corrupt, and then nothing at all was written.
    ///
    /// An error says what a verb did instead.
    pub async fn needs(&mut self, verbs: &[&'static str]) -> Result<Needs, String> {
        let mut needs = Needs::new();
        for (key, wrong) in self.wrongs().await {
            let named = self.named(verbs, &key, &wrong).await?;
            if !named.is_empty() {
                needs.insert(format!("{key} {wrong}"), named);
            }
        }
        Ok(needs)
    }

    /// The verbs that name the key as corrupt.
    async fn named(&mut self, verbs: &[&'static str], key: &str, wrong: &Wrong) -> Result<Vec<&'static str>, String> {
        let mut named = Vec::new();
        self.raw.put_back(&self.kept).await;
        self.plant(key, wrong).await;
        let planted = self.raw.keep().await;
        for verb in verbs {
            match self.scene.run(verb).await {
                Ok(()) => self.raw.put_back(&planted).await,
                Err(StoreError::Corrupt(text)) => {
                    if self.raw.content().await != planted.content {
                        return Err(format!("{verb} wrote, though {text}"));
                    }
                    // A range is one command on many keys. A field may lead to another key, which is not as it says.
                    let elsewhere = *wrong != Wrong::Type && text.contains("{realm}:");
                    if *verb != "range" && !elsewhere && !text.contains(key.trim_start_matches("{realm}:")) {
                        return Err(format!("{verb} does not name {key} {wrong}: {text}"));
                    }
                    named.push(*verb);
                }
                Err(error) => return Err(format!("{verb} with {key} {wrong}: {error}")),
            }
        }
        Ok(named)
    }

    async fn wrongs(&mut self) -> Vec<(String, Wrong)> {
        self.raw.put_back(&self.kept).await;
        let mut wrongs = Vec::new();
        for key in self.raw.keys().await {
            let kind: String = self.raw.ask(cmd("TYPE").arg(&key)).await;
            wrongs.push((key.clone(), Wrong::Type));
            if key.ends_with(":leader") {
                wrongs.push((key.clone(), Wrong::Text));
            }
            if kind == "hash" {
                let fields: BTreeMap<String, Vec<u8>> = self.raw.ask(cmd("HGETALL").arg(&key)).await;
                let said = SAYS.into_iter().filter(|(field, _)| fields.contains_key(*field));
                wrongs.extend(said.map(|(field, text)| (key.clone(), Wrong::Says(field, text))));
                wrongs.extend(fields.keys().map(|field| (key.clone(), Wrong::Lacks(field.clone()))));
                let checked = |(field, text): &(String, Vec<u8>)| {
                    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
                    is_number || ["state", "places", "changed"].contains(&field.as_str())
                };
                wrongs
                    .extend(fields.into_iter().filter(checked).map(|(field, _)| (key.clone(), Wrong::Garbage(field))));
            }
        }
        wrongs
    }

    async fn plant(&mut self, key: &str, wrong: &Wrong) {
        match wrong {
            Wrong::Type => plant_another_type(&mut self.raw, key).await,
            Wrong::Text => self.raw.ask(cmd("SET").arg(key).arg("garbage").arg("KEEPTTL")).await,
            Wrong::Lacks(field) => self.raw.ask(cmd("HDEL").arg(key).arg(field)).await,
            Wrong::Says(field, text) => self.raw.ask(cmd("HSET").arg(key).arg(field).arg(text)).await,
            Wrong::Garbage(field) => self.raw.ask::<()>(cmd("HSET").arg(key).arg(field).arg("garbage")).await,
        }
    }
}

async fn plant_another_type(raw: &mut Raw, key: &str) {
    let kind: String = raw.ask(cmd("TYPE").arg(key)).await;
    let () = raw.ask(cmd("DEL").arg(key)).await;
    match kind.as_str() {
        "hash" => raw.ask(cmd("SET").arg(key).arg("planted")).await,
        _ => raw.ask::<()>(cmd("HSET").arg(key).arg("planted").arg("1")).await,
    }
}

/// What is written down of what these verbs need.
pub fn known_needs(verbs: &[&'static str]) -> Needs {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).unwrap();
    let lines = text.lines().map(|line| {
        let (what, named) = line.split_once(": ").unwrap();
        let named: Vec<&str> = named.split(' ').collect();
        (what.to_owned(), verbs.iter().copied().filter(|verb| named.contains(verb)).collect::<Vec<_>>())
    });
    lines.filter(|(_, verbs)| !verbs.is_empty()).collect()
}

#[tokio::test]
async fn a_key_that_is_wrong_is_named_before_anything_is_written_by_every_verb_that_needs_it() {
    let needs = Plot::new().await.needs(&VERBS).await.unwrap();
    if std::env::var_os(BLESS).is_some() {
        let line = |(what, verbs): (&String, &Vec<&str>)| format!("{what}: {}\n", verbs.join(" "));
        let text: String = needs.iter().map(line).collect();
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE), text).unwrap();
    }
    let known = known_needs(&VERBS);
    let other: Vec<_> = needs.iter().filter(|(what, verbs)| known.get(*what) != Some(verbs)).collect();
    let gone: Vec<_> = known.keys().filter(|what| !needs.contains_key(*what)).collect();
    let right = format!("right as it is? {BLESS}=1 cargo test -p store wrong");
    assert!(other.is_empty() && gone.is_empty(), "not as in {FILE}: {other:#?}, nobody needs {gone:#?}; {right}");
}

#[tokio::test]
async fn an_outbox_ahead_of_the_clock_refuses_before_anything_is_written_and_a_new_lead_heals_it() {
    let server = server();
    let mut raw = Raw::on(&server).await;
    let scene = a_scene(store_on(&server)).await;
    let () = raw.ask(cmd("HSET").arg("{realm}:clock").arg("seq").arg(0)).await;
    let before = raw.content().await;
    assert_names(scene.run("leave").await, "{realm}:outbox", "leave");
    assert_eq!(raw.content().await, before);

    scene.run("resign").await.unwrap();
    scene.store.lead(&instance_id("mover-2"), LEASE, NOW_MS, Cursor::default()).await.unwrap();
    scene.run("leave").await.unwrap();
}

/// An event that no build wrote, where the next one would have stood.
async fn plant_event(raw: &mut Raw) -> Cursor {
    let epoch: u64 = raw.ask(cmd("HGET").arg("{realm}:clock").arg("epoch")).await;
    let seq: u64 = raw.ask(cmd("HINCRBY").arg("{realm}:clock").arg("seq").arg(1)).await;
    let () = raw.ask(cmd("XADD").arg("{realm}:outbox").arg(format!("{epoch}-{seq}")).arg("e").arg("planted")).await;
    Cursor { epoch, seq }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_named_and_keeps_none_before_or_after_it_from_being_read() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    queued(&store, solo("ann")).await;
    let planted = plant_event(&mut raw).await;
    queued(&store, solo("bob")).await;

    let read = async |after| store.events(after, 10, Duration::ZERO).await;
    let before = read(Cursor::default()).await.unwrap();
    assert_eq!(before.iter().map(|event| event.tickets[0].id).collect::<Vec<_>>(), [ticket_id("ann")]);
    let ann = before[0].cursor;
    assert_eq!(store.unreadable(Cursor::default()).await.unwrap(), None, "what comes first can be read");

    let name = format!("outbox:{}-{}", planted.epoch, planted.seq);
    assert_names(read(ann).await, &name, "events");
    assert_names(store.events(ann, 10, Duration::from_millis(5)).await, &name, "events");
    assert_eq!(store.unreadable(ann).await.unwrap(), Some(planted));

    let after = read(planted).await.unwrap();
    assert_eq!(after.iter().map(|event| event.tickets[0].id).collect::<Vec<_>>(), [ticket_id("bob")]);
    assert_eq!(store.unreadable(after[0].cursor).await.unwrap(), None, "nothing comes after it");
}

#[tokio::test]
async fn a_verb_for_which_redis_has_no_memory_writes_nothing() {
    let mut plot = Plot::new().await;
    let Plot { raw, scene, kept, .. } = &mut plot;
    let mut refused = 0;
    for verb in VERBS {
        raw.put_back(kept).await;
        let () = raw.ask(cmd("CONFIG").arg("SET").arg("maxmemory").arg(1)).await;
        let outcome = scene.run(verb).await;
        let () = raw.ask(cmd("CONFIG").arg("SET").arg("maxmemory").arg(0)).await;
        if let Err(error) = outcome {
            assert_eq!(raw.content().await, kept.content, "{verb} wrote half: {error}");
            assert!(error.to_string().contains("no memory left"), "{verb}: {error}");
            refused += 1;
        }
    }
    assert!(refused > 0, "there was memory");
}

//! What each role's user may do in Redis: `k8s/redis/users.acl` says it, and says no more than its verbs need.

use super::calls::words;
use super::raw::{Raw, server};
use super::sites;
use crate::users::{SHIPPED, TESTER, Users, login};
use ::redis::{Connection, Value, cmd};
use domain::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use store::bounds::ARRIVALS_KEPT;
use store::conformance::BOUNDS;
use store::conformance::people::*;
use store::testing::{Fsync, Listen, Locks, RedisServer, eventually};
use store::{Leases, Matches, RedisStore, Scripts, Store, StoreError, Tickets};

/// What a role asks of the store.
struct Needs {
    user: &'static str,
    /// As what it makes itself known.
    role: Option<Role>,
    verbs: &'static [&'static [&'static str]],
    /// Of which roles it looks for instances.
    looks_for: &'static [Role],
}

/// Whoever serves makes himself known, and looks at the start whether Redis is set to keep what it is given.
const SERVES: &[&str] = &["register", "deregister", "leader", "doubts"];
/// Orchestrators sweep too, while there is no sweeper.
const SWEEPS: &[&str] = &[
    "leave",
    "widen",
    "relocate",
    "range",
    "arrivals",
    "adopt",
    "held",
    "release",
    "expiring",
    "watched_on",
    "unwatch",
    "snapshot",
];
const SWEEPS_FOR: &[Role] = &[Role::Matchmaker, Role::Orchestrator, Role::Playserver, Role::Sweeper];
const ARRIVES: &[&str] = &["enqueue", "recent"];
const LEADS: &[&str] =
    &["lead", "resign", "commit", "events", "trim", "due", "rehost", "requeue", "remind", "no_show", "end"];
const HOSTS: &[&str] = &["watch", "unwatch", "watched_on", "snapshot", "leave", "assign", "acknowledge", "end"];

const ALL: [Needs; 6] = [
    Needs {
        user: "orchestrator",
        role: Some(Role::Orchestrator),
        verbs: &[SERVES, SWEEPS, ARRIVES],
        looks_for: SWEEPS_FOR,
    },
    Needs { user: "sweeper", role: Some(Role::Sweeper), verbs: &[SERVES, SWEEPS], looks_for: SWEEPS_FOR },
    Needs { user: "matchmaker", role: Some(Role::Matchmaker), verbs: &[SERVES], looks_for: &[Role::Mover] },
    Needs { user: "mover", role: Some(Role::Mover), verbs: &[SERVES, LEADS], looks_for: &[Role::Playserver] },
    Needs { user: "playserver", role: Some(Role::Playserver), verbs: &[SERVES, HOSTS], looks_for: &[] },
    Needs { user: "monitor", role: None, verbs: &[], looks_for: &Role::ALL },
];

/// Tells the test to write the file anew.
const BLESS: &str = "MUSTER_BLESS";
const FILE: &str = "../../k8s/redis/users.acl";

/// Verbs that are one command.
const PLAIN: [(&str, &str); 7] = [
    ("zrange", "range"),
    ("lrange", "arrivals"),
    ("sscan", "held"),
    ("zcard", "waiting"),
    ("get", "leader"),
    ("xread", "events"),
    ("info", "doubts"),
];
/// For a Redis whose master is found by sentinels or a cluster, and whose replicas must hold what was written.
const FOR_GUIDED: [&str; 4] = ["cluster|keyslot", "cluster|slots", "role", "wait"];
const FOR_GATE: (&str, &str) = (":gate", "set");
/// A script that Redis does not know is given to it.
const FOR_SCRIPTS: &str = "script|load";
/// What a command without one touches; and the realm's name, by which scripts know it.
const NO_KEY: &str = "";
/// Said after all else.
const OVER: &str = "over";
/// Keys that each role has of its own.
const BY_ROLE: [&str; 2] = [":live:", ":info:"];

/// What a verb does: with what commands it touches which keys, without the realm; no key for what touches none.
type Touches = BTreeMap<String, BTreeSet<(String, String)>>;

/// What every verb was seen to do while every promise was tried.
#[derive(Default)]
struct Seen {
    touches: Touches,
    /// The sites that each came to.
    sites: BTreeMap<String, BTreeSet<String>>,
}

impl Seen {
    async fn of_all() -> Self {
        let (server, scripts) = (server(), sites::telling());
        let mut raw = Raw::on(&server).await;
        let mut ear = raw.monitor();
        let mut turns = 0..;
        macro_rules! try_one {
            ($promise:ident) => {
                let realm = format!("realm-{}", turns.next().unwrap()).parse().unwrap();
                let store = RedisStore::connect_within(server.url(), realm, BOUNDS).unwrap().with_scripts(scripts);
                let store: Arc<dyn Store> = Arc::new(store);
                store::conformance::$promise(store).await;
            };
        }
        store::for_each_promise!(try_one);
        rarities(&server, scripts, &mut raw).await;
        let _: String = raw.ask(cmd("ECHO").arg(OVER)).await;
        Self::heard(&mut ear, scripts)
    }

    fn heard(ear: &mut Connection, scripts: &Scripts) -> Self {
        let names: BTreeMap<_, _> = scripts.hashes().into_iter().map(|(name, hash)| (hash, name)).collect();
        let (mut seen, mut verb) = (Self::default(), String::new());
        loop {
            let Value::SimpleString(line) = ear.recv_response().unwrap() else { panic!("not what MONITOR says") };
            let words: Vec<_> = words(&line).iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            let Some(command) = words.first().map(|word| word.to_lowercase()) else { continue };
            match (command.as_str(), line.contains(" lua] ")) {
                ("echo", true) => {
                    seen.sites.entry(verb.clone()).or_default().insert(words[1].clone());
                    continue;
                }
                ("echo", false) if words[1] == OVER => return seen,
                ("evalsha", false) => verb = names[words[1].as_str()].to_owned(),
                (_, false) => match PLAIN.iter().find(|(plain, _)| *plain == command) {
                    Some((_, plain)) => verb = (*plain).to_owned(),
                    None => continue,
                },
                (_, true) => {}
            }
            seen.touches.entry(verb.clone()).or_default().insert((command.clone(), touched(&command, &words)));
        }
    }

    /// Each site that a script may come to and did not, after the script's name.
    fn missed(&self) -> Vec<String> {
        let reachable = sites::reachable().into_iter();
        let missed = reachable.flat_map(|(verb, sites)| {
            let seen = self.sites.get(&verb).cloned().unwrap_or_default();
            sites.into_iter().filter(move |site| !seen.contains(site)).map(move |site| format!("{verb} {site}"))
        });
        missed.collect()
    }
}

/// What no promise comes to: so many arrivals that the oldest give way, and tickets and matches that are listed and not there.
async fn rarities(server: &RedisServer, scripts: &'static Scripts, raw: &mut Raw) {
    let store = RedisStore::connect(server.url(), "rare".parse().unwrap()).unwrap().with_scripts(scripts);
    store.doubts().await.unwrap();
    let (id, _, _) = a_match(&store).await;
    let waiting = queued(&store, solo("cid")).await.id;
    for key in [format!("m:{id}"), format!("t:{waiting}")] {
        let () = raw.ask(cmd("DEL").arg(format!("{{rare}}:{key}"))).await;
    }
    store.due(u64::MAX, 10).await.unwrap();
    store.expiring(u64::MAX, 10).await.unwrap();
    for number in 0..=2 * ARRIVALS_KEPT {
        queued(&store, solo(&format!("player-{number}"))).await;
    }
}

/// The key of a command, without its realm; of those of a kind, the kind.
fn touched(command: &str, words: &[String]) -> String {
    let key = match command {
        "xread" => words.iter().skip_while(|word| *word != "STREAMS").nth(1),
        "evalsha" => words.get(3),
        _ => words.get(1),
    };
    let Some((_, name)) = key.and_then(|key| key.split_once('}')) else { return String::new() };
    match name.match_indices(':').nth(1) {
        Some((kind, _)) if !name.starts_with(":live:") && !name.starts_with(":info:") => format!("{}*", &name[..=kind]),
        _ => name.to_owned(),
    }
}

/// The keys that stand for `key` where this verb is called by this user.
fn own(key: &str, verb: &str, needs: &Needs) -> Vec<String> {
    let Some(kind) = BY_ROLE.into_iter().find(|kind| key.starts_with(kind)) else { return vec![key.to_owned()] };
    let roles = if verb == "instances" { needs.looks_for } else { needs.role.as_slice() };
    roles.iter().map(|role| format!("{kind}{}", role.as_str())).collect()
}

/// Each key of a user, and with what commands.
fn keys(needs: &Needs, touches: &Touches) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let looks: &[&str] = if needs.looks_for.is_empty() { &[] } else { &["instances"] };
    for verb in needs.verbs.iter().copied().chain([looks]).flatten() {
        for (command, key) in touches.get(*verb).unwrap_or_else(|| panic!("{verb} was never seen")) {
            for key in own(key, verb, needs) {
                keys.entry(key).or_default().insert(command.clone());
            }
        }
    }
    let (gate, command) = FOR_GATE;
    keys.entry(gate.to_owned()).or_default().insert(command.to_owned());
    let without = keys.entry(NO_KEY.to_owned()).or_default();
    without.extend(FOR_GUIDED.into_iter().chain([FOR_SCRIPTS]).map(str::to_owned));
    keys
}

/// The line of a user: each command is allowed together with the keys that it needs, and with no others.
fn line(needs: &Needs, touches: &Touches) -> String {
    let mut alike: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for (key, commands) in keys(needs, touches) {
        alike.entry(commands).or_default().push(format!("~{{default}}{key}"));
    }
    let mut rules: Vec<(Vec<String>, String)> = alike
        .into_iter()
        .map(|(commands, keys)| {
            let commands: Vec<String> = commands.iter().map(|command| format!("+{command}")).collect();
            let rule = format!("{} {}", keys.join(" "), commands.join(" "));
            (keys, rule)
        })
        .collect();
    rules.sort();
    let (first, others) = rules.split_first().unwrap();
    let others: String = others.iter().map(|(_, rule)| format!(" ({rule})")).collect();
    format!("user {} on resetchannels {}{others}\n", needs.user, first.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_may_do_what_its_role_needs_and_nothing_else() {
    let seen = Seen::of_all().await;
    assert_eq!(seen.missed(), [""; 0], "nobody knows what these touch");
    let lines: String = ALL.iter().map(|needs| line(needs, &seen.touches)).collect();
    let needed = format!("user default off\n{lines}");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE), &needed).unwrap();
    }
    assert!(SHIPPED == needed, "{FILE} must say what {BLESS}=1 writes to it:\n{needed}");
}

/// What Redis noted to have refused.
async fn denials(raw: &mut Raw) -> Vec<Value> {
    raw.ask(cmd("ACL").arg("LOG")).await
}

/// Something that each of them may do and that a script does.
async fn asks(store: &RedisStore, needs: &Needs) -> Result<(), StoreError> {
    match (needs.looks_for.first(), needs.role) {
        (Some(role), _) => store.instances(*role).await.map(drop),
        (None, role) => store.deregister(role.unwrap(), &"somebody".parse().unwrap()).await,
    }
}

fn store_at(url: &str) -> RedisStore {
    RedisStore::connect(url, "realm".parse().unwrap()).unwrap()
}

fn behind(users: &Users) -> Locks {
    Locks { tls: None, users: Some(users.file()) }
}

/// Where a cluster says who leads, and replicas must hold what is written; there are none, which is told only after all was allowed.
#[tokio::test]
async fn every_user_finds_a_master_by_its_cluster_and_waits_for_replicas() {
    let users = Users::of("realm", &[]);
    let (node, _) = RedisServer::node(&behind(&users), Fsync::Never).unwrap();
    let at = format!("127.0.0.1:{}", node.port());
    let mut raw = Raw::at(&format!("redis://{}@{at}", login(TESTER))).await;
    let () = raw.ask(cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16_383)).await;
    for needs in &ALL {
        let store = store_at(&format!("redis+cluster://{}@{at}?replicas=1", login(needs.user)));
        eventually("the gate to be closed", || async {
            match asks(&store, needs).await {
                Err(StoreError::Unavailable(why)) if why.contains("0 of 1 replicas hold it") => Ok(()),
                other => Err(format!("{}: {other:?}", needs.user)),
            }
        })
        .await;
    }
    assert_eq!(denials(&mut raw).await, []);
}

#[tokio::test]
async fn every_user_finds_a_master_by_its_sentinels() {
    // Sentinels and replicas have users of their own, which are none of Muster's.
    let users = Users::of("realm", &["user default on nopass ~* &* +@all"]);
    let master = RedisServer::start_behind(&behind(&users), Listen::Tcp, Fsync::Never).unwrap();
    let sentinel = master.sentinel(0).unwrap();
    for needs in &ALL {
        let store = store_at(&sentinel.url().replace("://", &format!("://{}@", login(needs.user))));
        eventually("the master", || async { asks(&store, needs).await.map_err(|error| error.to_string()) }).await;
    }
    assert_eq!(denials(&mut Raw::on(&master).await).await, []);
}

/// What is wrong is told, and not the password.
#[tokio::test]
async fn whoever_is_not_let_in_is_told_why() {
    let users = Users::of("realm", &["user guest on >guest ~* +ping"]);
    let server = RedisServer::start_behind(&behind(&users), Listen::Tcp, Fsync::Never).unwrap();
    let monitor = format!("{}@", login("monitor"));
    for (who, why) in [
        ("", "wants a user and a password"),
        ("monitor:wr0ng@", "refuses the user or the password"),
        ("nobody:wr0ng@", "refuses the user or the password"),
        ("guest:guest@", "lacks a permission"),
        (monitor.as_str(), "lacks a permission"),
    ] {
        let store = store_at(&format!("redis://{who}127.0.0.1:{}", server.port()));
        let told = refusal(store.leader().await);
        assert!(told.contains(why), "{who}: {told}");
        assert!(!told.contains("wr0ng") && !told.contains("s3cret"), "{told}");
    }
    // A script that it may run does what it may not.
    let store = store_at(&format!("redis://{monitor}127.0.0.1:{}", server.port()));
    let told = refusal(store.register(&playserver("ps-1", 0), LEASE).await);
    assert!(told.contains("lacks a permission"), "{told}");
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Err(StoreError::Unavailable(told)) => told,
        other => panic!("{other:?}"),
    }
}

/// Whoever came too early, or under a password that is changed just then, goes on once it is right.
#[tokio::test]
async fn whoever_is_let_in_later_goes_on() {
    let users = Users::of("realm", &["user late on >right ~* +evalsha +get"]);
    let server = RedisServer::start_behind(&behind(&users), Listen::Tcp, Fsync::Never).unwrap();
    let at = format!("127.0.0.1:{}", server.port());
    let mut raw = Raw::at(&format!("redis://{}@{at}", login(TESTER))).await;
    let store = store_at(&format!("redis://late:next@{at}/1"));
    assert!(refusal(store.leader().await).contains("refuses the user or the password"));
    let () = raw.ask(cmd("ACL").arg("SETUSER").arg("late").arg(">next")).await;
    let told = refusal(store.leader().await);
    assert!(told.contains("database"), "{told}");
    let () = raw.ask(cmd("ACL").arg("SETUSER").arg("late").arg("+select")).await;
    assert_eq!(store.leader().await.unwrap(), None);
}

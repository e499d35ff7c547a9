//! What no role's user may do, whatever it is made to ask.

use super::raw::Raw;
use super::scene::a_scene;
use crate::users::{TESTER, Users, login};
use ::redis::{Cmd, RedisResult, Value, cmd};
use store::RedisStore;
use store::testing::{Fsync, Listen, Locks, RedisServer};

const USERS: [&str; 6] = ["orchestrator", "sweeper", "matchmaker", "mover", "playserver", "monitor"];

/// Of the server, of other realms, and of keys that are none of Muster's.
const NOBODYS: [&str; 39] = [
    "FLUSHALL",
    "FLUSHDB",
    "KEYS *",
    "SCAN 0",
    "RANDOMKEY",
    "DBSIZE",
    "SWAPDB 0 1",
    "SELECT 1",
    "CONFIG GET *",
    "CONFIG SET appendonly no",
    "CONFIG REWRITE",
    "ACL LIST",
    "ACL SETUSER monitor +@all",
    "ACL LOG",
    "SHUTDOWN NOSAVE",
    "REPLICAOF NO ONE",
    "PSYNC ? -1",
    "FAILOVER",
    "CLUSTER RESET",
    "SAVE",
    "BGREWRITEAOF",
    "MODULE LIST",
    "MONITOR",
    "SLOWLOG GET",
    "CLIENT LIST",
    "CLIENT PAUSE 1000",
    "SCRIPT FLUSH",
    "SCRIPT KILL",
    "FUNCTION FLUSH",
    "EVAL return 0",
    "PUBLISH any thing",
    "SUBSCRIBE any",
    "GET {other}:leader",
    "HGETALL {other}:t:00000000000000000000000000000000",
    "SET {other}:leader me",
    "ZRANGE {other}:q:duel|pc|eu 0 -1",
    "SET {realm}:mine 1",
    "DEL {realm}:t:00000000000000000000000000000000",
    "RENAME {realm}:outbox {realm}:t:1",
];

/// Of the realm, and not of this role.
const OTHERS: [(&str, &[&str]); 6] = [
    (
        "orchestrator",
        &[
            "SET {realm}:leader me",
            "DEL {realm}:leader",
            "HSET {realm}:m:1 state MATCHED",
            "ZADD {realm}:due 1 1",
            "XREAD STREAMS {realm}:outbox 0",
            "XTRIM {realm}:outbox MAXLEN 0",
            "SET {realm}:r:ann bob",
            "HSET {realm}:info:mover mover-9 x",
            "ZADD {realm}:live:playserver 9999999999999 ps-9",
        ],
    ),
    (
        "sweeper",
        &[
            "SET {realm}:leader me",
            "HSET {realm}:m:1 state MATCHED",
            "HGETALL {realm}:m:1",
            "ZADD {realm}:due 1 1",
            "XTRIM {realm}:outbox MAXLEN 0",
            "LPUSH {realm}:a:duel x",
            "ZADD {realm}:live:orchestrator 9999999999999 o-9",
        ],
    ),
    (
        "matchmaker",
        &[
            "SET {realm}:leader me",
            "HSET {realm}:t:1 state QUEUED",
            "HGETALL {realm}:t:1",
            "HGETALL {realm}:p:ann",
            "HSET {realm}:m:1 state MATCHED",
            "ZRANGE {realm}:q:duel|pc|eu 0 -1",
            "ZADD {realm}:q:duel|pc|eu 1 x",
            "XADD {realm}:outbox * change MATCHED",
            "HSET {realm}:clock epoch 9",
            "ZADD {realm}:live:mover 9999999999999 mover-9",
            "HSET {realm}:info:mover mover-9 x",
        ],
    ),
    (
        "mover",
        &[
            "LPUSH {realm}:a:duel x",
            "HDEL {realm}:t:1 w",
            "PERSIST {realm}:t:1",
            "ZRANGE {realm}:q:duel|pc|eu 0 -1",
            "DEL {realm}:outbox",
            "ZADD {realm}:live:playserver 9999999999999 ps-9",
            "HSET {realm}:info:playserver ps-9 x",
        ],
    ),
    (
        "playserver",
        &[
            "SET {realm}:leader me",
            "DEL {realm}:leader",
            "PEXPIRE {realm}:leader 1",
            "ZADD {realm}:q:duel|pc|eu 1 x",
            "ZRANGE {realm}:q:duel|pc|eu 0 -1",
            "ZADD {realm}:deadlines 1 x",
            "SADD {realm}:h:me 1",
            "SADD {realm}:holders me",
            "XREAD STREAMS {realm}:outbox 0",
            "XTRIM {realm}:outbox MAXLEN 0",
            "DEL {realm}:outbox",
            "ZADD {realm}:live:mover 9999999999999 mover-9",
            "HSET {realm}:info:mover mover-9 x",
        ],
    ),
    (
        "monitor",
        &[
            "GET {realm}:leader",
            "SET {realm}:leader me",
            "HGETALL {realm}:t:1",
            "HGETALL {realm}:p:ann",
            "ZRANGE {realm}:q:duel|pc|eu 0 -1",
            "XREAD STREAMS {realm}:outbox 0",
            "XADD {realm}:outbox * change MATCHED",
            "HSET {realm}:t:1 state QUEUED",
            "ZADD {realm}:live:mover 9999999999999 mover-9",
            "ZREM {realm}:live:mover mover-1",
            "HDEL {realm}:info:mover mover-1",
            "INFO",
        ],
    ),
];

/// One command, by its words.
fn command(line: &str) -> Cmd {
    let mut words = line.split(' ');
    let mut command = cmd(words.next().unwrap());
    match line.strip_prefix("EVAL ") {
        Some(script) => command.arg(script).arg(0),
        None => command.arg(words.collect::<Vec<_>>()),
    };
    command
}

struct Scene {
    server: RedisServer,
    tester: Raw,
    _users: Users,
}

impl Scene {
    /// In which there is something to read and to spoil.
    async fn open() -> Self {
        let users = Users::of("realm", &[]);
        let locks = Locks { tls: None, users: Some(users.file()) };
        let server = RedisServer::start_behind(&locks, Listen::Tcp, Fsync::Never).unwrap();
        for realm in ["realm", "other"] {
            a_scene(RedisStore::connect(&url(&server, TESTER), realm.parse().unwrap()).unwrap()).await;
        }
        let tester = Raw::at(&url(&server, TESTER)).await;
        Self { server, tester, _users: users }
    }

    async fn refuses(&mut self, user: &str, line: &str) {
        // One connection each: some commands would change it.
        let mut raw = Raw::at(&url(&self.server, user)).await;
        let answer: RedisResult<Value> = raw.try_ask(&mut command(line)).await;
        let code = answer.as_ref().err().and_then(|error| error.code());
        assert_eq!(code, Some("NOPERM"), "{user}: {line}: {answer:?}");
    }
}

fn url(server: &RedisServer, user: &str) -> String {
    format!("redis://{}@127.0.0.1:{}", login(user), server.port())
}

#[tokio::test]
async fn nobody_touches_the_server_or_another_realm() {
    let mut scene = Scene::open().await;
    let before = scene.tester.content().await;
    for user in USERS {
        for line in NOBODYS {
            scene.refuses(user, line).await;
        }
        // Refused to all unless the server's settings say otherwise; this asks what they would not refuse.
        let told: Value = scene.tester.ask(&mut command(&format!("ACL DRYRUN {user} DEBUG SLEEP 0"))).await;
        assert!(format!("{told:?}").contains("no permissions"), "{user}: {told:?}");
    }
    assert_eq!(scene.tester.content().await, before);
}

#[tokio::test]
async fn nobody_does_what_is_another_roles() {
    let mut scene = Scene::open().await;
    let before = scene.tester.content().await;
    for (user, lines) in OTHERS {
        for line in lines {
            scene.refuses(user, line).await;
        }
    }
    assert_eq!(scene.tester.content().await, before);
}

/// Whoever may run scripts may run any; they may do no more than he may himself.
#[tokio::test]
async fn a_script_of_ones_own_may_do_no_more() {
    let mut scene = Scene::open().await;
    let before = scene.tester.content().await;
    let scripts = OTHERS.iter().flat_map(|(user, lines)| lines.iter().map(|line| (*user, *line)));
    for (user, line) in
        scripts.chain(USERS.into_iter().flat_map(|user| ["FLUSHALL", "GET {other}:leader"].map(|line| (user, line))))
    {
        let mut raw = Raw::at(&url(&scene.server, user)).await;
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let script = format!("return redis.call({})", words.join(","));
        let hash: String = raw.ask(cmd("SCRIPT").arg("LOAD").arg(script)).await;
        let answer: RedisResult<Value> = raw.try_ask(cmd("EVALSHA").arg(hash).arg(1).arg("{realm}")).await;
        let told = answer.unwrap_err().to_string();
        assert!(
            told.contains("The user executing the script") || told.contains("ACL failure in script"),
            "{user}: {line}: {told}"
        );
    }
    assert_eq!(scene.tester.content().await, before);
}

//! A Redis behind TLS, to which each role comes as a user of its own.

use crate::authority::{Authority, HERE};
use crate::fixture::{REALM, is_held_by, stored};
use crate::processes::{MUSTER, Processes};
use crate::users::{TESTER, Users, login, password};
use anyhow::{Context, Result};
use api::v1::{Change, TicketState};
use domain::{Role, TicketState as Stored};
use sandbox::{Counts, Queued, WAIT_MAX, wait_until};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use store::testing::{Fsync, Listen, Locks, RedisServer};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const TWO_OF_MOST: Counts = Counts { orchestrators: 2, movers: 2, playservers: 2, ..Counts::ONE_EACH };

/// Who finds nobody leaves soon, and who does not say that he knows of his match does too.
const HASTY: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 20
longest_match_s = 60
acknowledge_within_s = 2
[price]
rating_gap = 0.05
[patience]
start_s = 5
"#;

/// What one inline command after the other is answered by the server itself, beside its TLS port.
async fn asks(processes: &Processes, command: &str) -> Result<String> {
    let mut stream = UnixStream::connect(processes.redis_socket()).await?;
    let lines = format!("AUTH {TESTER} {}\r\n{command}\r\nQUIT\r\n", password(TESTER));
    stream.write_all(lines.as_bytes()).await?;
    let mut answer = String::new();
    timeout(WAIT_MAX, stream.read_to_string(&mut answer)).await??;
    let answer = answer.strip_prefix("+OK\r\n").and_then(|rest| rest.strip_suffix("+OK\r\n"));
    answer.map(str::to_owned).context("two answers around it")
}

/// A monitor whose page is open, so that it looks for everybody.
async fn is_monitored(processes: &Processes) -> Result<Child> {
    let mut command = Command::new(MUSTER);
    command
        .args(["monitor", "--insecure", "--realm", REALM, "--listen", "127.0.0.1:0"])
        .arg("--redis-ca")
        .arg(processes.redis_ca()?);
    command.env("MUSTER_REDIS", processes.redis_as("monitor")).env("RUST_LOG", "error");
    let mut monitor = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(monitor.stdout.take().context("its output")?).lines();
    let first = timeout(WAIT_MAX, lines.next_line()).await??.context("it says where it is")?;
    let address = first.strip_prefix("monitor http://").context(first.clone())?;
    let mut page = TcpStream::connect(address).await?;
    page.write_all(format!("GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
    let mut events = BufReader::new(page).lines();
    let ids = Role::ALL.map(|role| processes.of(role, 0).map(|process| process.id.clone()));
    let mut missing = ids.into_iter().collect::<Result<Vec<_>>>()?;
    let seen = async {
        while !missing.is_empty() {
            let line = events.next_line().await?.context("the page ended")?;
            missing.retain(|id| !line.contains(id.as_str()));
        }
        anyhow::Ok(())
    };
    timeout(WAIT_MAX, seen).await.with_context(|| "somebody is not on the page")??;
    Ok(monitor)
}

/// Two meet, play, and end their match; a third gives up.
async fn some_play(processes: &Processes) -> Result<()> {
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = processes.player("ben", 1500.0)?.enqueues("duel").await?;
    let matched = ann.is_matched_with(&mut ben).await?;
    ann.ends(&matched).await?;
    let mut cat = processes.player("cat", 2500.0)?.enqueues("duel").await?;
    cat.sees(Change::Queued).await?;
    assert!(!cat.asks_why().await?.is_empty());
    cat.cancels().await?;
    cat.reaches(TicketState::Cancelled).await?;
    Ok(())
}

/// One of two does not say that he knows of their match: he leaves, and the other waits on.
async fn one_does_not_show(processes: &Processes) -> Result<()> {
    let mut dan = processes.player("dan", 3500.0)?.enqueues("duel").await?;
    let mut eve = processes.player("eve", 3500.0)?.enqueues("duel").await?;
    dan.is_assigned().await?;
    eve.sees(Change::NoShow).await?;
    dan.sees(Change::Requeued).await?;
    dan.cancels().await?;
    Ok(())
}

/// One's client goes away, and another's playserver dies: neither's ticket waits for ever.
async fn some_are_watched_no_more(processes: &mut Processes) -> Result<()> {
    let Queued { ticket: away, watcher, .. } = processes.player("fay", 4500.0)?.enqueues("duel").await?;
    drop(watcher);
    let forsaken = processes.player("gil", 5500.0)?.enqueues("duel").await?;
    processes.take(Role::Playserver, 0)?.dies().await?;
    for ticket in [&away, &forsaken.ticket] {
        wait_until("a ticket to leave that nobody watches", || async {
            let ticket = stored(processes.store(), &ticket.id).await.map_err(|error| error.to_string())?;
            (ticket.state == Stored::Cancelled).then_some(()).ok_or_else(|| format!("{:?}", ticket.state))
        })
        .await?;
    }
    Ok(())
}

/// The orchestrator of one who waits dies: the sweeper adopts him.
async fn one_is_adopted(processes: &mut Processes) -> Result<()> {
    let mut hal = processes.player("hal", 6500.0)?.enqueues("duel").await?;
    processes.take(Role::Orchestrator, 0)?.dies().await?;
    is_held_by(processes.store(), &hal.ticket, &[processes.of(Role::Sweeper, 0)?.id.clone()]).await?;
    let mut ida = processes.player("ida", 6500.0)?.enqueues("duel").await?;
    hal.is_matched_with(&mut ida).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_system_lives_by_the_users_of_its_roles() -> Result<()> {
    let rules = NamedTempFile::with_suffix(".toml")?;
    std::fs::write(rules.path(), HASTY)?;
    let mut processes = Processes::start_locked(TWO_OF_MOST, rules.path(), &["--unwatched-s", "1"]).await?;
    let _monitor = is_monitored(&processes).await?;
    let mut lonely = processes.player_at("joe", 500.0, 1, 1)?.enqueues("duel").await?;
    some_play(&processes).await?;
    one_does_not_show(&processes).await?;
    assert_eq!(asks(&processes, "SCRIPT FLUSH").await?, "+OK\r\n");
    some_are_watched_no_more(&mut processes).await?;
    processes.take_leader().await?.dies().await?;
    one_is_adopted(&mut processes).await?;
    lonely.reaches(TicketState::Expired).await?;
    some_play(&processes).await?;
    for role in Role::ALL {
        let log = processes.take(role, 0)?.leaves().await?;
        assert!(!log.contains("permission") && !log.contains("s3cret"), "{log}");
    }
    assert_eq!(asks(&processes, "ACL LOG").await?, "*0\r\n", "nobody was refused anything");
    Ok(())
}

/// What a mover logs until it tells of its Redis.
async fn told_by_a_mover(redis: &str, ca: Option<&Path>) -> Result<String> {
    let mut command = Command::new(MUSTER);
    command.args(["mover", "--insecure", "--realm", REALM, "--listen", "127.0.0.1:0"]).env_remove("RUST_LOG");
    command.env("MUSTER_REDIS", redis);
    if let Some(ca) = ca {
        command.arg("--redis-ca").arg(ca);
    }
    let mut mover = command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(mover.stderr.take().context("its log")?).lines();
    let telling = async {
        let mut log = String::new();
        while !log.contains("Redis cannot be used") {
            log += &lines.next_line().await?.with_context(|| format!("it ended: {log}"))?;
        }
        anyhow::Ok(log)
    };
    timeout(WAIT_MAX, telling).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_says_at_its_start_why_redis_cannot_be_used() -> Result<()> {
    let (users, authority) = (Users::of(REALM, &[]), Authority::vouching_for(HERE));
    let locks = Locks { users: Some(users.file()), ..authority.locks() };
    let redis = RedisServer::start_behind(&locks, Listen::Tcp, Fsync::Never)?;
    let ca = authority.file();
    let as_user = |login: &str| redis.url().replace("://", &format!("://{login}@"));
    let plain = as_user(&login("mover")).replace("rediss", "redis");
    for (url, ca, why) in [
        (redis.url().to_owned(), Some(&ca), "wants a user and a password"),
        (as_user("mover:wr0ng"), Some(&ca), "refuses the user or the password"),
        (as_user(&login("monitor")), Some(&ca), "lacks a permission"),
        (as_user(&login("mover")), None, "the certificate of Redis is not to be trusted"),
        (plain, None, "begin with rediss"),
        ("redis://127.0.0.1:1".to_owned(), None, "refused"),
    ] {
        let log = told_by_a_mover(&url, ca.map(PathBuf::as_path)).await?;
        assert!(log.contains(why), "{url}: {log}");
        assert!(!log.contains("wr0ng") && !log.contains("s3cret"), "{log}");
    }
    Ok(())
}

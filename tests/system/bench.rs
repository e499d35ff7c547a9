//! What a ticket takes can be measured, scenario by scenario, and set against what it took before.

use crate::fixture::{Fixture, On};
use crate::processes::{MUSTER, Processes, WITH_TERMINAL};
use anyhow::{Context, Result};
use domain::Role;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::Counts;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs::DirEntry;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use store::testing::eventually;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::task::spawn_blocking;

/// As short as it can be.
const BRIEF: [&str; 6] = ["--warm-up", "1", "--seconds", "2", "--ceiling", "0"];
/// On as few processes.
const SMALL: [&str; 6] = ["--orchestrators", "1", "--matchmakers", "1", "--playservers", "1"];

fn bench(scenario: &str, flags: &[&str]) -> Result<Output> {
    Command::new(MUSTER).args(["bench", scenario]).args(flags).output().context("muster bench")
}

/// What a brief run on few processes wrote to `file`.
fn told_of(scenario: &str, file: &Path, flags: &[&str]) -> Result<Value> {
    told_of_brief(scenario, file, &[&SMALL, flags].concat())
}

fn told_of_brief(scenario: &str, file: &Path, flags: &[&str]) -> Result<Value> {
    let path = file.to_str().context("a path in UTF-8")?;
    let ran = bench(scenario, &[&BRIEF[..], &["--json", path], flags].concat())?;
    assert!(ran.status.success(), "{ran:?}");
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

fn figure(told: &Value, path: &str) -> f64 {
    told.pointer(path).and_then(Value::as_f64).unwrap_or_default()
}

/// How much is the machine's affair; that everybody is matched, and that no process is forgotten, is ours.
#[test]
fn a_rate_is_measured_kept_and_set_against_another() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("before.json");
    let path = file.to_str().context("a path in UTF-8")?;
    let duel = ["--rate", "50", "--warm-up", "1", "--seconds", "2", "--ceiling", "1"];
    let ran = bench("duel", &[&duel[..], &["--json", path]].concat())?;
    assert!(ran.status.success(), "{ran:?}");
    let told: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let figure = |path: &str| figure(&told, path);
    assert!(figure("/matched_per_s") > 0.0 && figure("/delivered_ms/p50") > 0.0, "{told:#}");
    assert_eq!((figure("/failed"), figure("/refused")), (0.0, 0.0), "{told:#}");
    assert!(figure("/ceiling/tickets_per_s") > 0.0 && figure("/redis_to_ceiling") > 0.0, "{told:#}");
    for name in ["orchestrator", "sweeper", "matchmaker", "mover", "playserver", "redis", "load"] {
        assert!(figure(&format!("/resident_bytes/{name}")) > 0.0, "{name} in {told:#}");
    }
    let by_process = told["cpu_us_per_ticket_by_process"].as_object().context("processes")?;
    for role in ["orchestrator-", "mover-", "redis-"] {
        assert!(by_process.keys().any(|name| name.starts_with(role)), "{role} in {told:#}");
    }
    for verb in ["enqueue", "watch", "commit", "assign", "end"] {
        assert!(figure(&format!("/round_trips_per_ticket/{verb}")) > 0.0, "{verb} in {told:#}");
    }
    // The highest rate that lasts is searched for, and on a busy machine may be less than is tried.
    let find = ["--rate", "20", "--rate-max", "40", "--find", "--probe", "3", "--p99-ms", "10000", "--against", path];
    let found = dir.path().join("found.json");
    let ran = bench("duel", &[&BRIEF[..], &SMALL, &find[..], &["--json", found.to_str().context("UTF-8")?]].concat())?;
    let told = String::from_utf8(ran.stdout)?;
    assert!(ran.status.success() && told.contains("delivered p99 ms") && told.contains(" ×"), "{told}");
    let found: Value = serde_json::from_slice(&std::fs::read(&found)?)?;
    let figure = |path: &str| self::figure(&found, path);
    assert!((1.0..=40.0).contains(&figure("/sustained_per_s")), "{found:#}");
    assert_eq!((figure("/search/p99_ms"), &found["search"]["since"]), (10_000.0, &json!("fit")), "{found:#}");
    assert!(figure("/delivered_from_fit_ms/count") > 0.0, "{found:#}");
    // What was measured of one scenario says nothing of another.
    let ran = bench("teams", &["--against", path])?;
    let told = String::from_utf8(ran.stderr)?;
    assert_eq!(ran.status.code(), Some(2), "{told}");
    assert!(told.contains("must be of the scenario teams, is of duel"), "{told}");
    Ok(())
}

#[test]
fn other_scenarios_bring_other_players() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let told = told_of("teams", &dir.path().join("teams"), &["--rate", "60"])?;
    assert_eq!(told["scenario"], "teams");
    assert!(figure(&told, "/matched_per_s") > 0.0 && told["peak"].is_null(), "{told:#}");
    let file = dir.path().join("burst");
    let path = file.to_str().context("a path in UTF-8")?;
    let burst = ["--rate", "20", "--warm-up", "1", "--seconds", "9", "--ceiling", "0", "--json", path];
    let ran = bench("burst", &[&SMALL[..], &burst].concat())?;
    assert!(ran.status.success(), "{ran:?}");
    let told: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    assert_eq!(told["scenario"], "burst");
    assert!(figure(&told, "/matched_per_s") > 0.0, "{told:#}");
    // Ten times as many, to whole seconds.
    assert!((150.0..=250.0).contains(&figure(&told, "/peak/offered_per_s")), "{told:#}");
    // What was written is read again.
    let flags = [&SMALL[..], &burst[..8], &["--against", path]].concat();
    let ran = bench("burst", &flags)?;
    assert!(ran.status.success() && String::from_utf8(ran.stdout)?.contains(" ×"));
    Ok(())
}

#[test]
fn players_may_call_for_themselves() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let told =
        told_of("duel", &dir.path().join("unary"), &["--rate", "40", "--via", "unary", "--arrivals", "poisson"])?;
    assert_eq!((&told["via"], &told["arrivals"]), (&json!("unary"), &json!("poisson")));
    assert!(figure(&told, "/matched_per_s") > 0.0, "{told:#}");
    assert_eq!((figure(&told, "/failed"), figure(&told, "/refused")), (0.0, 0.0), "{told:#}");
    Ok(())
}

#[test]
fn what_a_waiting_ticket_takes_is_told() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let told = told_of("deep", &dir.path().join("deep"), &["--rate", "40", "--waiting", "500"])?;
    assert!(figure(&told, "/matched_per_s") > 0.0 && figure(&told, "/waiting") == 500.0, "{told:#}");
    // A ticket is some hundred bytes.
    let redis = figure(&told, "/bytes_per_waiting_ticket/redis");
    assert!((100.0..20_000.0).contains(&redis), "{told:#}");
    Ok(())
}

#[test]
fn what_an_idle_watch_takes_is_told() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("watchers.json");
    let path = file.to_str().context("a path in UTF-8")?;
    let ran = bench("watchers", &["--streams", "200", "--connections", "4", "--seconds", "1", "--json", path])?;
    assert!(ran.status.success(), "{ran:?}");
    let told: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    assert!(figure(&told, "/kib_per_stream") > 0.0, "{told:#}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_there_is_measured() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let roles = [Role::Orchestrator, Role::Playserver, Role::Matchmaker];
    let [target, play, neither] = roles.map(|role| fixture.address(role, 0));
    let (target, play, neither) = (target?, play?, neither?);
    let aside = target.clone();
    let ran = spawn_blocking(move || bench("duel", &["--via", "unary", "--target", &aside, "--play", &neither]));
    let told = String::from_utf8(ran.await??.stderr)?;
    assert!(told.ends_with("answers, but is no playserver: are --target and --play swapped?\n"), "{told}");
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("target");
    let told =
        spawn_blocking(move || told_of_brief("duel", &file, &["--rate", "40", "--target", &target, "--play", &play]));
    let told = told.await??;
    assert!(figure(&told, "/matched_per_s") > 0.0, "{told:#}");
    // What its processes take is seen from outside, but not what it asks of whatever store it has.
    assert!(figure(&told, "/cpu_us_per_ticket/load") > 0.0, "{told:#}");
    assert_eq!((&told["round_trips_per_ticket"], &told["fsync"]), (&json!({}), &Value::Null), "{told:#}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_to_wait_leaves_a_system_that_runs_on() -> Result<()> {
    let deep = include_str!("../../rules/bench/deep.toml");
    let fixture = Fixture::open_by(On::Memory, Counts::ONE_EACH, deep).await?;
    let (target, play) = (fixture.address(Role::Orchestrator, 0)?, fixture.address(Role::Playserver, 0)?);
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("deep");
    let flags = ["--rate", "40", "--waiting", "300", "--target", &target, "--play", &play].map(str::to_owned);
    let told = spawn_blocking(move || told_of_brief("deep", &file, &flags.each_ref().map(String::as_str))).await??;
    assert_eq!(figure(&told, "/waiting"), 300.0, "{told:#}");
    // Who came to be matched leaves when nobody watches him any more.
    eventually("nobody waits", || async {
        match fixture.store().waiting().await.map_err(|error| error.to_string())? {
            0 => Ok(()),
            waiting => Err(format!("{waiting} wait")),
        }
    })
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_not_the_one_that_is_meant_is_not_measured() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let (target, play) = (fixture.address(Role::Orchestrator, 0)?, fixture.address(Role::Playserver, 0)?);
    let dir = tempfile::tempdir()?;
    let rules = dir.path().join("duel.toml");
    let own = include_str!("../../rules/duel.toml");
    std::fs::write(&rules, own.replace("rating_gap = 0.05", "rating_gap = 0.06"))?;
    let rules = rules.to_str().context("a path in UTF-8")?.to_owned();
    for (flags, expected) in
        [(["--rules", &rules], "of the rules, not by "), (["--realm", "elsewhere"], "nobody is taken: ")]
    {
        let common = ["--rate", "40", "--target", &target, "--play", &play];
        let flags: Vec<String> = BRIEF.iter().chain(&common).chain(&flags).map(|flag| (*flag).to_owned()).collect();
        let ran = spawn_blocking(move || bench("duel", &flags.iter().map(String::as_str).collect::<Vec<_>>()));
        let ran = ran.await??;
        let told = String::from_utf8(ran.stderr)?;
        assert!(ran.status.code() == Some(1) && told.contains(expected), "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn whoever_is_taken_and_never_told_is_counted() -> Result<()> {
    is_counted_by("stream").await?;
    is_counted_by("unary").await
}

async fn is_counted_by(via: &str) -> Result<()> {
    let mut system = Processes::start(Counts { playservers: 2, ..Counts::ONE_EACH }).await?;
    let [target, play] = [Role::Orchestrator, Role::Playserver].map(|role| system.addresses(role).join(","));
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("told.json");
    let mut bench = tokio::process::Command::new(MUSTER);
    // A playserver dies in the warm-up, before it is asked what it has used.
    bench.args(["bench", "duel", "--rate", "100", "--warm-up", "2", "--seconds", "4", "--json"]).arg(&file);
    bench.args(["--via", via, "--target", &target, "--play", &play]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut bench = bench.spawn()?;
    let mut lines = BufReader::new(bench.stderr.take().context("what it says")?).lines();
    let second = lines.next_line().await?.context("it tells how it goes")?;
    system.take(Role::Playserver, 0)?.dies().await?;
    let mut told = vec![second];
    while let Some(line) = lines.next_line().await? {
        told.push(line);
    }
    assert!(bench.wait().await?.success(), "{told:#?}");
    for expected in
        [" streams ended before the load did, the last: ", "what was used is not known: one playserver has ended"]
    {
        assert!(told.iter().any(|line| line.contains(expected)), "{told:#?}");
    }
    let told: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    assert!(figure(&told, "/unmatched") > 10.0 && figure(&told, "/streams_lost") > 0.0, "{told:#}");
    Ok(())
}

#[test]
fn a_start_is_measured() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("start.json");
    let path = file.to_str().context("a path in UTF-8")?;
    let ran = bench("cold-start", &["--runs", "1", "--json", path])?;
    assert!(ran.status.success(), "{ran:?}");
    let told: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    assert!(figure(&told, "/median_ms") > 0.0, "{told:#}");
    Ok(())
}

/// How well they are kept apart is the machine's affair; that troubles come and others are still matched is ours.
#[test]
fn troubles_strike_and_others_play_on() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("isolation.json");
    let path = file.to_str().context("a path in UTF-8")?;
    let brief = ["--rounds", "1", "--rate", "40", "--warm-up", "1", "--seconds", "2", "--json", path];
    let ran = bench("isolation", &[&["--trouble", "hung-playserver,noisy-realm"], &brief[..]].concat())?;
    assert!(ran.status.success(), "{ran:?}");
    let told: Vec<Value> = serde_json::from_slice(&std::fs::read(&file)?)?;
    assert_eq!(told.len(), 2, "{told:#?}");
    for struck in told {
        assert!(figure(&struck, "/with_ms/count") > 0.0 && figure(&struck, "/p99_ratio") > 0.0, "{struck:#}");
    }
    Ok(())
}

/// The processes that `pid` started and that are there.
fn children(pid: Pid) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of_thread = |thread: DirEntry| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
    let children = threads.map(of_thread).collect::<Vec<_>>().join(" ");
    children.split_whitespace().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn a_measurement_that_a_signal_ends_leaves_nothing() -> Result<()> {
    for (scenario, signal) in [("duel", Signal::SIGTERM), ("cold-start", Signal::SIGTERM), ("duel", Signal::SIGHUP)] {
        let dir = tempfile::tempdir()?;
        let [env, hears] = WITH_TERMINAL;
        let mut command = Command::new(env);
        command.args([hears, MUSTER, "bench", scenario]).env("TMPDIR", dir.path());
        let mut bench = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let pid = Pid::from_raw(bench.id().cast_signed());
        let started = eventually("a bench starts processes", || async move {
            let started = children(pid);
            if started.is_empty() { Err("none".to_owned()) } else { Ok(started) }
        });
        let started = started.await;
        kill(pid, signal)?;
        assert_eq!(bench.wait()?.code(), Some(1), "it was not measured");
        let of_started = || async {
            let is_there = |pid: &&String| Path::new("/proc").join(pid).exists();
            let left: Vec<&String> = started.iter().filter(is_there).collect();
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?} are there")) }
        };
        eventually("what it started ends with it", of_started).await;
        let files = std::fs::read_dir(dir.path())?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        assert!(files.is_empty(), "{scenario} left {files:?}");
    }
    Ok(())
}

/// A service of a measurement's, by what it was told to be.
async fn started(bench: Pid, role: &str) -> Result<Pid> {
    let found = eventually("a bench starts its services", || async move {
        let line = |pid: &String| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let children = children(bench);
        let of_role = children.iter().find(|pid| line(pid).split('\0').nth(1) == Some(role));
        of_role.cloned().ok_or_else(|| format!("{children:?}"))
    });
    Ok(Pid::from_raw(found.await.parse()?))
}

/// What `bench` says for its end, once the process that it cannot do without was killed.
async fn told_of_end(mut bench: Command, needed: impl AsyncFn(Pid) -> Result<Pid>) -> Result<String> {
    let bench = bench.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let needed = needed(Pid::from_raw(bench.id().cast_signed())).await?;
    kill(needed, Signal::SIGKILL)?;
    let ended = spawn_blocking(|| bench.wait_with_output()).await??;
    assert_eq!(ended.status.code(), Some(1));
    Ok(String::from_utf8(ended.stderr)?)
}

/// The server that a measurement started by way of its keeper, once that has written to it: one that is not up yet would be started again.
async fn redis_of(bench: Pid) -> Result<Pid> {
    let found = eventually("a bench works with its Redis", || async move {
        let keepers = children(bench).into_iter().filter_map(|keeper| keeper.parse().ok());
        let started = keepers.flat_map(|keeper| children(Pid::from_raw(keeper))).next().ok_or("no keeper's child")?;
        let title = std::fs::read_to_string(format!("/proc/{started}/cmdline")).unwrap_or_default();
        let address = title.trim_matches('\0').strip_prefix("redis-server ").ok_or_else(|| title.clone())?;
        let keys = keys_at(address).await.map_err(|error| error.to_string())?;
        if keys == 0 { Err("no key".to_owned()) } else { Ok(started) }
    });
    Ok(Pid::from_raw(found.await.parse()?))
}

async fn keys_at(address: &str) -> redis::RedisResult<u64> {
    let mut redis = redis::Client::open(format!("redis://{address}"))?.get_multiplexed_async_connection().await?;
    redis::cmd("DBSIZE").query_async(&mut redis).await
}

#[tokio::test]
async fn a_measurement_ends_with_what_it_cannot_do_without() -> Result<()> {
    let mut duel = Command::new(MUSTER);
    duel.args(["bench", "duel", "--rate", "20", "--seconds", "3600"]);
    let matchmaker = async |bench| {
        let matchmaker = started(bench, "matchmaker").await;
        // Its last child is started after it.
        started(bench, "orchestrator").await?;
        matchmaker
    };
    let told = told_of_end(duel, matchmaker).await?;
    assert!(told.contains("error: "), "{told}");

    let mut scripts = Command::new(MUSTER);
    scripts.args(["bench", "scripts", "--seconds", "3600"]);
    let told = told_of_end(scripts, redis_of).await?;
    assert!(told.contains("error: ") && told.contains("redis"), "{told}");

    let mut cold_start = Command::new(MUSTER);
    cold_start.args(["bench", "cold-start", "--runs", "100"]);
    let told = told_of_end(cold_start, async |bench| started(bench, "dev").await).await?;
    assert_eq!(told, "error: muster dev ended: signal: 9 (SIGKILL)\n");
    Ok(())
}

#[tokio::test]
async fn what_a_killed_measurement_had_just_started_ends_too() -> Result<()> {
    let dir = tempfile::tempdir()?;
    for _ in 0..5 {
        let mut command = Command::new(MUSTER);
        command.args(["bench", "duel"]).env("TMPDIR", dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut bench = command.spawn()?;
        let child = started(Pid::from_raw(bench.id().cast_signed()), "playserver").await?;
        bench.kill()?;
        bench.wait()?;
        let is_gone = || async move {
            if Path::new(&format!("/proc/{child}")).exists() { Err(format!("{child} is there")) } else { Ok(()) }
        };
        eventually("what it started ends", is_gone).await;
    }
    Ok(())
}

#[test]
fn whoever_stops_reading_is_no_reason_to_panic() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("told.json");
    let mut command = Command::new(MUSTER);
    command.args(["bench", "scripts", "--seconds", "1", "--json"]).arg(&file);
    let ran = command.stdout(std::fs::File::options().write(true).open("/dev/full")?).output()?;
    let told = String::from_utf8(ran.stderr)?;
    assert_eq!((ran.status.code(), told.as_str()), (Some(1), "error: No space left on device (os error 28)\n"));
    let told: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    assert!(figure(&told, "/tickets_per_s") > 0.0, "{told:#}");
    let unwritable = bench("scripts", &["--seconds", "1", "--json", "/proc/nowhere.json"])?;
    let told = String::from_utf8(unwritable.stdout)?;
    assert!(unwritable.status.code() == Some(1) && told.starts_with("scripts: "), "{told} is read all the same");
    // What is told row by row is measured to its end where a file is to have it, and only there.
    let brief = ["--rounds", "1", "--rate", "20", "--warm-up", "1", "--seconds", "2"];
    let isolation = [&["bench", "isolation", "--trouble", "hung-matchmaker"], &brief[..]].concat();
    let on_full_disk = |flags: &[&OsStr]| -> Result<Option<i32>> {
        let full = std::fs::File::options().write(true).open("/dev/full")?;
        Ok(Command::new(MUSTER).args(&isolation).args(flags).stdout(full).output()?.status.code())
    };
    assert_eq!(on_full_disk(&[])?, Some(1));
    assert_eq!(on_full_disk(&["--json".as_ref(), file.as_ref()])?, Some(0));
    let told: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    assert!(figure(&told, "/0/p99_ratio") > 0.0, "{told:#}");
    Ok(())
}

#[test]
fn scripts_are_measured_alone() -> Result<()> {
    let ran = bench("scripts", &["--seconds", "1"])?;
    let told = String::from_utf8(ran.stdout)? + &String::from_utf8(ran.stderr)?;
    assert!(ran.status.success() && told.starts_with("scripts: ") && told.contains(" µs/ticket"), "{told}");
    assert!(!told.starts_with("scripts: 0 "), "{told}");
    Ok(())
}

#[test]
fn a_measurement_that_cannot_be_is_refused() -> Result<()> {
    for (scenario, flags, told) in [
        ("duel", ["--rate", "0.5"], "error: --rate must be 1 to 1000000, is 0.5\n"),
        ("teams", ["--seconds", "1"], "error: --seconds must be 2 to 3600, is 1\n"),
        ("burst", ["--seconds", "5"], "error: --seconds must be 6 to 3600, is 5\n"),
        ("burst", ["--warm-up", "0"], "error: --warm-up must be 1 to 3600, is 0\n"),
        ("region", ["--ceiling", "3601"], "error: --ceiling must be 0 to 3600, is 3601\n"),
        ("duel", ["--find", "--probe=2"], "error: --probe must be 3 to 600, is 2\n"),
        ("duel", ["--find", "--p99-ms=0"], "error: --p99-ms must be above 0 and at most 1000000, is 0\n"),
        ("duel", ["--find", "--rate-max=0"], "error: --rate-max must be 1 to 1000000, is 0\n"),
        ("burst", ["--find", "--rate=500"], "error: --find looks for a steady rate, and burst has none\n"),
        ("duel", ["--find", "--rate-max=500"], "error: --rate must be at most --rate-max (500), is 1000\n"),
        (
            "duel",
            ["--probe", "5"],
            "error: the following required arguments were not provided: --find (--help tells more)\n",
        ),
        (
            "cold-start",
            ["--json", "/nowhere/x"],
            "error: --json must name a file in a directory that is there, is /nowhere/x\n",
        ),
        ("deep", ["--waiting", "0"], "error: --waiting must be 1 to 1000000, is 0\n"),
        (
            "duel",
            ["--waiting", "5"],
            "error: invalid value '5' for '--waiting <N>': nobody waits here (--help tells more)\n",
        ),
        ("watchers", ["--streams", "0"], "error: --streams must be 1 to 100000, is 0\n"),
        ("watchers", ["--connections", "0"], "error: --connections must be 1 to 10000, is 0\n"),
        ("duel", ["--queue", "chess"], "error: --queue must be one of duel, is chess\n"),
        ("duel", ["--against", "/dev/zero"], "error: --against /dev/zero: must be a file of at most 1048576 bytes\n"),
        (
            "duel",
            ["--rate=1000000", "--seconds=20"],
            "error: --rate and --seconds must come to at most 20000000 tickets, come to 25000000\n",
        ),
        ("watchers", ["--via", "unary"], "error: --via has no effect here: each stream is a Watch\n"),
        ("isolation", ["--realms", "2"], "error: --realms has no effect here, is 2\n"),
        ("duel", ["--against", "/nowhere"], "error: --against /nowhere: No such file or directory (os error 2)\n"),
        (
            "duel",
            ["--target", "127.0.0.1:7600"],
            "error: the following required arguments were not provided: --play <ADDR> (--help tells more)\n",
        ),
        (
            "duel",
            ["--target=127.0.0.1:7600", "--realms=2"],
            "error: the argument '--target <ADDR>' cannot be used with '--realms <N>' (--help tells more)\n",
        ),
        ("cold-start", ["--runs", "0"], "error: --runs must be 1 to 100, is 0\n"),
        (
            "isolation",
            ["--trouble=hung-playserver", "--playservers=1"],
            "error: --playservers must be 2 at least where one of them is to hang\n",
        ),
        ("watchers", ["--streams=20000", "--connections=1"], "error: --connections must be 2 to 10000, is 1\n"),
        ("isolation", ["--rounds", "0"], "error: --rounds must be 1 to 100, is 0\n"),
        ("isolation", ["--rate", "0"], "error: --rate must be 1 to 1000000, is 0\n"),
        ("scripts", ["--seconds", "0"], "error: --seconds must be 1 to 3600, is 0\n"),
        (
            "duel",
            ["--orchestrators", "17"],
            "error: invalid value '17' for '--orchestrators <N>': 17 is not in 1..=16 (--help tells more)\n",
        ),
    ] {
        let ran = bench(scenario, &flags)?;
        assert_eq!((ran.status.code(), String::from_utf8(ran.stderr)?.as_str()), (Some(2), told));
    }
    Ok(())
}

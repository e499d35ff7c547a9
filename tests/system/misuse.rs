use crate::processes::MUSTER;
use anyhow::{Context, Result};
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::process::Command;
use tokio::time::timeout;

/// A role that would run if it were asked rightly. Redis is not asked before all else is checked.
const MOVER: [&str; 6] = ["mover", "--insecure", "--redis", "redis://127.0.0.1:1", "--listen", "127.0.0.1:0"];

/// Far above what a refusal takes; a command that was not refused would run on.
const REFUSED_WITHIN: Duration = Duration::from_secs(20);

/// Runs the command, and expects one line that begins with `error: ` and holds each of `words`, nothing else, and exit code 2.
async fn is_refused(arguments: &[&str], words: &[&str]) -> Result<()> {
    // Without an environment: neither settings nor programs of this machine may help.
    let output = Command::new(MUSTER).args(arguments).env_clear().env("PATH", "").kill_on_drop(true).output();
    let output = timeout(REFUSED_WITHIN, output).await.with_context(|| format!("{arguments:?} is not refused"))??;
    let (told, printed) = (String::from_utf8(output.stderr)?, String::from_utf8(output.stdout)?);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}{printed}");
    assert_eq!(told.lines().count(), 1, "{arguments:?}: {told}");
    assert!(told.starts_with("error: "), "{arguments:?}: {told}");
    for word in words {
        assert!(told.contains(word), "{arguments:?} should speak of {word}: {told}");
    }
    assert_eq!(printed, "", "{arguments:?}");
    Ok(())
}

fn mover_with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    MOVER.iter().copied().chain(arguments.iter().copied()).collect()
}

#[tokio::test]
async fn a_port_in_use_is_said_with_its_address() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    is_refused(
        &["mover", "--insecure", "--redis", "redis://127.0.0.1:1", "--listen", &address],
        &["mover cannot listen on", &address],
    )
    .await
}

#[tokio::test]
async fn a_bad_rules_file_is_said_with_its_line() -> Result<()> {
    let mut file = NamedTempFile::with_suffix(".toml")?;
    write!(file, "queue = \"duel\"\nteams = 5\n")?;
    let path = file.path().display().to_string();
    is_refused(&mover_with(&["--rules", &path]), &[&path, "line 2", "teams: ", "a list"]).await
}

#[tokio::test]
async fn a_missing_rules_file_is_said() -> Result<()> {
    is_refused(&mover_with(&["--rules", "no-such-file.toml"]), &["no-such-file.toml"]).await
}

#[tokio::test]
async fn two_rules_files_for_one_queue_are_refused() -> Result<()> {
    let duel = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/duel.toml");
    is_refused(&mover_with(&["--rules", &format!("{duel},{duel}")]), &["duel"]).await
}

#[tokio::test]
async fn a_bad_flag_is_said_by_name() -> Result<()> {
    is_refused(&mover_with(&["--sped", "2"]), &["--sped"]).await?;
    is_refused(&["mover", "--redis", "redis://127.0.0.1:1", "--listen", "everywhere"], &["--listen", "everywhere"])
        .await?;
    is_refused(&mover_with(&["--advertise", "localhost"]), &["--advertise", "localhost"]).await?;
    is_refused(&mover_with(&["--advertise", "http://localhost"]), &["--advertise http://localhost", "port"]).await?;
    let monitor = ["monitor", "--redis", "redis://127.0.0.1:1", "--insecure", "--spawn", "--token-file", "token"];
    is_refused(&monitor, &["--token-file", "plaintext"]).await?;
    is_refused(&mover_with(&["--instance", "a name"]), &["--instance"]).await?;
    is_refused(&["mover"], &["--redis"]).await?;
    is_refused(&["moover"], &["moover"]).await
}

#[tokio::test]
async fn a_bad_realm_is_said_by_name() -> Result<()> {
    is_refused(&mover_with(&["--realm", "my game"]), &["--realm"]).await?;
    is_refused(&["dev", "--realm", ""], &["--realm"]).await
}

#[tokio::test]
async fn an_authority_of_redis_that_cannot_be_used_is_said() -> Result<()> {
    is_refused(&mover_with(&["--redis-ca", "ca.pem"]), &["--redis-ca ca.pem", "asks for no TLS", "rediss://"]).await?;
    let encrypted = ["mover", "--redis", "rediss://127.0.0.1:1", "--redis-ca", "no-such-file.pem"];
    is_refused(&encrypted, &["--redis-ca no-such-file.pem", "No such file"]).await
}

#[tokio::test]
async fn a_redis_url_that_is_none_is_said() -> Result<()> {
    is_refused(&["mover", "--redis", "localhost"], &["--redis", "localhost"]).await
}

#[tokio::test]
async fn a_cluster_without_redis_server_says_what_to_install() -> Result<()> {
    is_refused(&["cluster"], &["redis-server", "--redis"]).await
}

#[tokio::test]
async fn a_trace_that_is_not_there_is_said() -> Result<()> {
    is_refused(&["replay", "no-such-trace.csv", "--queue", "duel"], &["no-such-trace.csv"]).await
}

#[tokio::test]
async fn a_check_of_nothing_is_said() -> Result<()> {
    is_refused(&["check"], &["<FILE>"]).await?;
    is_refused(&["check", "no-such-file.toml"], &["no-such-file.toml"]).await
}

#[tokio::test]
async fn a_simulation_that_cannot_be_is_said() -> Result<()> {
    let rules = |name: &str| format!("{}/../../rules/{name}", env!("CARGO_MANIFEST_DIR"));
    let (duel, teams) = (rules("duel.toml"), rules("teams-5v5.toml"));
    let out = tempfile::tempdir()?;
    let written = |name: &str, text: &str| {
        let file = out.path().join(name);
        std::fs::write(&file, text).map(|()| file.display().to_string())
    };
    let lacks = written("lacks.csv", "queue_ms,player_id\n1,2\n")?;
    let bad = written("bad.csv", "queue_ms,player_id,rating\n1,1,1500\n2,1,high\n")?;
    let party = "queue_ms,party_id,player_id,rating,city,country\n5,1,1,1500,A,X\n5,1,2,1600,A,X\n";
    let party = written("party.csv", party)?;
    let out = out.path().display().to_string();
    let simulate = |rules: &str, trace: &str, more: &[&str]| {
        let flags = ["simulate", "--rules", rules, "--trace", trace, "--out", &out];
        flags.iter().chain(more).map(|flag| (*flag).to_owned()).collect::<Vec<_>>()
    };
    let cases: [(Vec<String>, &[&str]); 9] = [
        (simulate(&duel, "no-such-trace.csv", &[]), &["no-such-trace.csv"]),
        (simulate("no-such-rules.toml", "arena", &[]), &["--rules no-such-rules.toml"]),
        (simulate(&duel, "arena", &["--compare", &bad]), &["--compare", "bad.csv"]),
        (simulate(&duel, &lacks, &[]), &["lacks.csv:1", "queue_ms,player_id,rating"]),
        (simulate(&duel, &bad, &[]), &["bad.csv:3", "rating `high`"]),
        (simulate(&duel, &party, &[]), &["party.csv", "row 0", "queue duel", "at most 1"]),
        (simulate(&teams, &party, &[]), &["party.csv names cities", "--rtt"]),
        (simulate(&duel, "arena", &["--minutes", "0"]), &["--minutes"]),
        (simulate(&duel, "arena", &["--until-ms", "5"]), &["arena has no rows before 5 ms"]),
    ];
    for (arguments, words) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        is_refused(&arguments, words).await?;
    }
    Ok(())
}

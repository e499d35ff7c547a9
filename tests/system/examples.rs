//! The example clients, made and run as their page says, meet each other.

use crate::dev::Dev;
use crate::page::{commands, is_there, shell};
use anyhow::{Context, Result, bail, ensure};
use futures::future::{try_join, try_join_all};
use sandbox::WAIT_MAX;
use tokio::time::timeout;

const PAGE: &str = include_str!("../../examples/README.md");
/// Commands that get something from elsewhere. `tests/run` gives all but the last.
const FETCHING: [&str; 4] = ["python3 -m venv", "pip install", "npm ci", "go mod tidy"];
/// Builds the Go client of Debian's packages, which know no modules.
const GO_BUILD: &str = r#"
mkdir -p target/go/src
ln -sfn "$PWD/examples/go" target/go/src/muster-example
GO111MODULE=off GOPATH="$PWD/target/go:/usr/share/gocode" go build -o target/go/client muster-example
"#;

/// A language by its heading, a program without which nothing can be made in it, its runtime, and what else makes it.
const LANGUAGES: [(&str, &str, &str, &str); 3] = [
    ("Python", "python-grpc-tools-protoc", "python3", ""),
    ("TypeScript", "protoc-gen-es", "npm", ""),
    ("Go", "protoc-gen-go-grpc", "go", GO_BUILD),
];

/// A client that is made; the command that runs it.
struct Client(String);

impl Client {
    /// As the page says below `heading`.
    async fn made(heading: &str, rest: &str) -> Result<Self> {
        let below = PAGE.split("\n## ").find(|part| part.starts_with(heading)).context("no such heading")?;
        let mut lines: Vec<&str> = commands(below).collect();
        let running = lines.pop().context("no commands")?;
        lines.retain(|line| !FETCHING.iter().any(|fetching| line.contains(fetching)));
        let script = lines.join("\n") + rest;
        let making = shell(&script)?.output().await?;
        ensure!(making.status.success(), "{script}\n{}", String::from_utf8_lossy(&making.stderr));
        Ok(Self(running.to_owned()))
    }

    /// Plays; the last thing that it says.
    async fn plays(&self, dev: &Dev) -> Result<String> {
        let Ok(played) = timeout(WAIT_MAX, shell(&dev.at_home(&self.0))?.output()).await else {
            bail!("{} waits still", self.0);
        };
        let played = played?;
        let (said, errors) = (String::from_utf8(played.stdout)?, String::from_utf8(played.stderr)?);
        ensure!(played.status.success(), "{}: {said}{errors}", self.0);
        Ok(said.lines().last().unwrap_or_default().to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_meets_the_one_in_the_next_language() -> Result<()> {
    let mut making = Vec::new();
    for (heading, program, runtime, rest) in LANGUAGES {
        if is_there(program, runtime)? {
            making.push(async move { Client::made(heading, rest).await.with_context(|| heading) });
        }
    }
    let clients = try_join_all(making).await?;
    // One that is alone has nobody to meet.
    let pairs = clients.iter().zip(clients.iter().cycle().skip(1)).filter(|_| clients.len() > 1);
    for (one, other) in pairs {
        let dev = Dev::start().await?;
        let (told, other_told) = try_join(one.plays(&dev), other.plays(&dev)).await?;
        ensure!(told == other_told, "{told} is not {other_told}");
        ensure!(told.starts_with("match ") && told.ends_with(&format!(": play at {}:7610", dev.host)), "{told}");
    }
    Ok(())
}

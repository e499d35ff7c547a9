//! What the README has its reader type is answered as it says, in its order.

use crate::dev::Dev;
use crate::page::{is_there, shell};
use anyhow::{Result, ensure};
use sandbox::WAIT_MAX;
use std::collections::BTreeMap;
use std::time::Instant;

const README: &str = include_str!("../../README.md");
/// What is typed while one system runs. Other commands start one, strike it or play at scale, and have stories of their own.
const TYPED: [&str; 4] = ["grpcurl ", "muster ticket ", "muster check ", "curl "];
/// What grpcurl exits with when the time that it was given is over.
const OUT_OF_TIME: i32 = 68;

/// Each command by a part of it, and what its answer holds.
const ANSWERS: [(&str, &[&str]); 18] = [
    ("enqueue --queue duel --player ada:1510", &["QUEUED"]),
    ("--player bob:1530 --watch --ack --until assigned", &["acknowledged match MATCH_ID", "ada 1510", "bob 1530"]),
    ("watch --player ada --until assigned", &["match MATCH_ID ASSIGNED", "ada 1510", "bob 1530"]),
    ("show TICKET_ID", &["ticket  TICKET_ID", "match   MATCH_ID ASSIGNED", "waited", "play at 127.0.0.1:7610"]),
    ("end MATCH_ID", &["match   MATCH_ID ENDED"]),
    ("describe muster.v1.EnqueueRequest", &["message EnqueueRequest {", "// 1 to 8 different queues"]),
    (r#"{"id":"cleo","rating":1500}"#, &[r#""state": "TICKET_STATE_QUEUED""#]),
    (r#"{"id":"dan","rating":1490}"#, &[r#""state": "TICKET_STATE_QUEUED""#]),
    (r#"{"player_id":"cleo"}"#, &["TICKET_STATE_ASSIGNED", r#""playerId": "dan""#, "DeadlineExceeded"]),
    (r#"{"match_id":"MATCH_ID"}"#, &[r#""id": "MATCH_ID""#, "MATCH_STATE_ENDED", r#""playerId": "dan""#]),
    ("enqueue --queue duel --player eve:3300", &["QUEUED"]),
    ("explain --player eve", &["ticket  TICKET_ID", "queue   duel", "waits   "]),
    (r#"{"ticket_id":"TICKET_ID"}"#, &[r#""queue": "duel""#, r#""patienceS": "#]),
    ("check rules/*.toml", &["rules/duel.toml: duel ", "rules/teams-5v5.toml: teams-5v5 "]),
    ("muster.v1.Inspect/Inspect", &[r#""snapshot": true"#, r#""role": "orchestrator""#, "DeadlineExceeded"]),
    ("127.0.0.1:7660/metrics", &["# TYPE muster_enqueues counter"]),
    ("show --player ada", &["match   MATCH_ID ENDED", "ada 1510", "bob 1530"]),
    (r#""traced": true"#, &[r#""state": "TICKET_STATE_QUEUED""#, r#""id": "ada""#]),
];

/// Everything typed, in order: lines in blocks of commands, and calls in the text.
fn typed(page: &str) -> Vec<&str> {
    let (mut typed, mut is_text) = (Vec::new(), true);
    for part in page.split("```") {
        let lines: Vec<&str> = match is_text {
            true => part.split('`').skip(1).step_by(2).filter(|code| code.starts_with("grpcurl -")).collect(),
            false => part.strip_prefix("sh\n").unwrap_or_default().lines().collect(),
        };
        // Behind locked doors is another system, which has stories of its own.
        let lines = lines.into_iter().filter(|line| !line.contains("--ca "));
        typed.extend(lines.filter(|line| TYPED.iter().any(|start| line.starts_with(start))));
        is_text = !is_text;
    }
    typed
}

/// The system that is asked, and the ids that its last answers named.
struct Tour {
    dev: Dev,
    known: BTreeMap<&'static str, String>,
}

impl Tour {
    /// What is answered to a command, which must hold all of `expected`.
    async fn asks(&mut self, command: &str, expected: &[&str]) -> Result<()> {
        let command = self.here(command);
        let asked = shell(&command)?
            .env("MUSTER_QUEUE_ADDR", self.here("127.0.0.1:7600"))
            .env("MUSTER_PLAY_ADDR", self.here("127.0.0.1:7610"))
            .output()
            .await?;
        let answer = String::from_utf8(asked.stdout)? + &String::from_utf8(asked.stderr)?;
        self.learns(&answer);
        let code = if expected.contains(&"DeadlineExceeded") { OUT_OF_TIME } else { 0 };
        ensure!(asked.status.code() == Some(code), "{command}\n{answer}{}", asked.status);
        for words in expected {
            ensure!(answer.contains(&self.here(words)), "{command}\nshould answer {words:?}, but answers\n{answer}");
        }
        Ok(())
    }

    /// What is written of the documented addresses and of ids to come, said of these.
    fn here(&self, text: &str) -> String {
        self.known.iter().fold(self.dev.at_home(text), |text, (name, id)| text.replace(name, id))
    }

    /// Ids, by the words before them.
    fn learns(&mut self, answer: &str) {
        let words = answer.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<&str> = words.filter(|word| *word != "id").collect();
        for pair in words.windows(2).filter(|pair| pair[1].len() == 32) {
            match pair[0] {
                "ticket" | "ticketId" => self.known.insert("TICKET_ID", pair[1].to_owned()),
                "match" => self.known.insert("MATCH_ID", pair[1].to_owned()),
                _ => None,
            };
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_s_tour_goes_as_it_says() -> Result<()> {
    if !is_there("grpcurl", "python3")? {
        return Ok(());
    }
    let mut tour = Tour { dev: Dev::start().await?, known: BTreeMap::new() };
    let typed = typed(README);
    assert_eq!(typed.len(), ANSWERS.len(), "each command has its answer, in order: {typed:#?}");
    for (command, (part, expected)) in typed.into_iter().zip(ANSWERS) {
        ensure!(command.contains(part), "{command} has no answer; the next is that of {part}");
        let until = Instant::now() + WAIT_MAX;
        // What is to be seen may take longer on a busy machine than the command looks.
        while let Err(error) = tour.asks(command, expected).await {
            ensure!(command.contains("-max-time") && Instant::now() < until, "{error}");
        }
    }
    Ok(())
}

//! A real browser, for stories about the page.

use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use sandbox::wait_until;
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const INSTALL: &str = "tests/run installs chromium and chromium-driver; or install them yourself";
/// How the driver says where it listens.
const LISTENS: &str = "started successfully on port ";
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// One window. Ends with the story: with its driver, which is killed on drop, its Chromium ends too.
pub struct Browser {
    client: Client,
    _driver: Child,
}

impl Browser {
    pub async fn open() -> Result<Self> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut driver = command.spawn().with_context(|| format!("chromedriver cannot be started: {INSTALL}"))?;
        let mut lines = BufReader::new(driver.stdout.take().context("its output")?).lines();
        let port = loop {
            let line = lines.next_line().await?.context("chromedriver ended before it listened")?;
            if let Some((_, port)) = line.split_once(LISTENS) {
                break port.trim_end_matches('.').to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let capabilities = json!({ "goog:chromeOptions": { "args": FLAGS } });
        let capabilities = capabilities.as_object().context("an object")?.clone();
        let opening = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).clone();
        let client = opening.connect(&format!("http://127.0.0.1:{port}")).await;
        Ok(Self { client: client.with_context(|| format!("Chromium cannot be started: {INSTALL}"))?, _driver: driver })
    }

    pub async fn goes_to(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// What a script returns.
    pub async fn says(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Waits until the script returns true; at the end tells what `shown` returns.
    pub async fn shows(&self, what: &str, script: &str, shown: &str) -> Result<()> {
        wait_until(what, || async {
            let answer = self.says(script).await.map_err(|error| error.to_string())?;
            if answer == Value::Bool(true) {
                return Ok(());
            }
            Err(self.says(shown).await.map_or_else(|error| error.to_string(), |shown| shown.to_string()))
        })
        .await
    }

    /// Clicks what the CSS selector names.
    pub async fn clicks(&self, selector: &str) -> Result<()> {
        Ok(self.client.find(Locator::Css(selector)).await?.click().await?)
    }

    /// Goes on in the window that was opened last.
    pub async fn turns_to_the_new_window(&self) -> Result<()> {
        let window = wait_until("a new window", || async {
            let windows = self.client.windows().await.map_err(|error| error.to_string())?;
            let here = self.client.window().await.map_err(|error| error.to_string())?;
            windows.into_iter().rfind(|window| *window != here).ok_or_else(|| "there is only this one".to_owned())
        });
        Ok(self.client.switch_to_window(window.await?).await?)
    }

    /// Writes into a field, in place of what stood there.
    pub async fn writes(&self, selector: &str, text: &str) -> Result<()> {
        let field = self.client.find(Locator::Css(selector)).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Closes the window, and Chromium with it.
    pub async fn closes(self) -> Result<()> {
        Ok(self.client.close().await?)
    }
}

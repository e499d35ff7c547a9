//! nginx as it ships, in front of processes of these stories.

use crate::dev::own_host;
use crate::page::ROOT;
use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::wait_until;
use std::fs::{File, read_to_string, write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// Debian's is not in everyone's path.
const PROGRAM: &str = "/usr/sbin/nginx";
const SHIPPED: &str = "k8s/base/nginx";
/// Taken as they are.
const COPIED: [&str; 3] = ["http.conf", "locations.conf", "streams.conf"];

/// Ends, with its workers, on drop.
pub struct Nginx {
    /// Where clients come in, `host:port`.
    pub address: String,
    child: Child,
    _folder: TempDir,
}

impl Nginx {
    /// Starts it before these, each `host:port`.
    pub async fn start(orchestrators: &[&str], playservers: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let host = own_host().to_string();
        configure(folder.path(), &host, orchestrators, playservers)?;
        let mut command = Command::new(PROGRAM);
        // As whoever runs the test: nobody else may enter the folder.
        command.args(["-g", "daemon off; user root root;", "-c"]).arg(folder.path().join("nginx.conf"));
        // Whatever dies is told there at length, which is what these stories are about.
        let log = folder.path().join("stderr");
        command.stdin(Stdio::null()).stderr(File::create(&log)?);
        let child = command.spawn().context("tests/run installs nginx, or install it yourself")?;
        let nginx = Self { address: format!("{host}:8080"), child, _folder: folder };
        wait_until("nginx to listen", || async {
            let listens = TcpStream::connect(&nginx.address).await.map(drop);
            listens.map_err(|error| format!("{error}; {}", read_to_string(&log).unwrap_or_default()))
        })
        .await?;
        Ok(nginx)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Nginx {
    /// Killed, it would leave its workers behind.
    fn drop(&mut self) {
        let told = i32::try_from(self.child.id()).map(|id| kill(Pid::from_raw(id), Signal::SIGTERM));
        let _ = told.map(|_| self.child.wait());
    }
}

/// What ships, but for what Debian's 1.22 does not know yet (`http2 on`, `resolve`), and where it listens and writes.
fn configure(folder: &Path, host: &str, orchestrators: &[&str], playservers: &[&str]) -> Result<()> {
    let here = folder.to_str().context("a path in UTF-8")?;
    for name in COPIED {
        write(folder.join(name), shipped(name)?)?;
    }
    let clients = changed(shipped("clients.conf")?, "listen 8080", &format!("listen {host}:8080 http2"))?;
    write(folder.join("clients.conf"), changed(clients, "http2 on;", "")?)?;
    let main = changed(shipped("nginx.conf")?, "listen 8081", &format!("listen {host}:8081"))?;
    write(folder.join("nginx.conf"), changed(main, "/tmp/", &format!("{here}/"))?)?;

    let template = shipped("upstreams.conf.template")?;
    let mut upstreams: String = template.split_inclusive('\n').filter(|line| !line.starts_with("resolver")).collect();
    for (name, addresses) in [("ORCHESTRATORS", orchestrators), ("PLAYSERVERS", playservers)] {
        let named = format!("server ${{{name}}} resolve");
        let line = upstreams.lines().find(|line| line.contains(&named)).context("no such upstream")?.to_owned();
        let each = addresses.iter().map(|address| line.replace(&named, &format!("server {address}")));
        upstreams = upstreams.replace(&line, &each.collect::<Vec<_>>().join("\n"));
    }
    Ok(write(folder.join("upstreams.conf"), upstreams)?)
}

fn shipped(name: &str) -> Result<String> {
    let file = Path::new(ROOT).join(SHIPPED).join(name);
    read_to_string(&file).with_context(|| file.display().to_string())
}

fn changed(text: String, from: &str, to: &str) -> Result<String> {
    ensure!(text.contains(from), "{from:?} is no longer in\n{text}");
    Ok(text.replace(from, to))
}

//! nginx as it ships, in front of processes of these stories.

use crate::authority::Authority;
use crate::page::ROOT;
use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::wait_until;
use std::fs::{File, read_to_string, write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// Debian's is not in everyone's path.
const PROGRAM: &str = "/usr/sbin/nginx";
const SHIPPED: [&str; 4] = [
    "k8s/base/nginx/nginx.conf",
    "k8s/base/nginx/http.conf",
    "k8s/base/nginx/locations.conf",
    "k8s/base/nginx/streams.conf",
];
const UPSTREAMS: &str = "k8s/base/nginx/upstreams.conf.template";

/// Ends, with its workers, on drop.
pub struct Nginx {
    /// Where clients come in, `host:port`.
    pub address: String,
    scheme: &'static str,
    child: Child,
    _folder: TempDir,
}

/// How clients come in, and what is behind it.
pub struct Front<'a> {
    /// Each `host:port`.
    pub orchestrators: Vec<&'a str>,
    pub playservers: Vec<&'a str>,
    pub clients: Clients<'a>,
    /// What ships, and what stands there instead for one story.
    pub instead: &'a [(&'a str, &'a str)],
}

/// The shipped `clients.conf`: of base, or of overlays/prod.
pub enum Clients<'a> {
    Plain,
    /// By TLS, as `seen` by clients, to services of the authority in a file.
    Tls {
        seen: &'a Authority,
        services: &'a Path,
    },
}

impl Clients<'_> {
    fn file(&self) -> &'static str {
        match self {
            Self::Plain => "k8s/base/nginx/clients.conf",
            Self::Tls { .. } => "k8s/overlays/prod/clients.conf",
        }
    }

    fn scheme_and_port(&self) -> (&'static str, u16) {
        match self {
            Self::Plain => ("http", 8080),
            Self::Tls { .. } => ("https", 8443),
        }
    }
}

impl Nginx {
    pub async fn start(front: &Front<'_>, host: Ipv4Addr) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let host = host.to_string();
        configure(folder.path(), &host, front)?;
        let mut command = Command::new(PROGRAM);
        // As whoever runs the test: nobody else may enter the folder.
        command.args(["-g", "daemon off; user root root;", "-c"]).arg(folder.path().join("nginx.conf"));
        // Whatever dies is told there at length, which is what these stories are about.
        let log = folder.path().join("stderr");
        command.stdin(Stdio::null()).stderr(File::create(&log)?);
        let child = command.spawn().context("tests/run installs nginx, or install it yourself")?;
        let (scheme, port) = front.clients.scheme_and_port();
        let nginx = Self { address: format!("{host}:{port}"), scheme, child, _folder: folder };
        wait_until("nginx to listen", || async {
            let listens = TcpStream::connect(&nginx.address).await.map(drop);
            listens.map_err(|error| format!("{error}; {}", read_to_string(&log).unwrap_or_default()))
        })
        .await?;
        Ok(nginx)
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Nginx {
    /// Killed, it would leave its workers behind.
    fn drop(&mut self) {
        let told = i32::try_from(self.child.id()).map(|id| kill(Pid::from_raw(id), Signal::SIGTERM));
        let _ = told.map(|_| self.child.wait());
    }
}

/// What ships, but for what Debian's 1.22 does not know yet (`http2 on`, `resolve`, `ssl_certificate_cache`), and where it listens, reads
/// and writes.
fn configure(folder: &Path, host: &str, front: &Front<'_>) -> Result<()> {
    let here = folder.to_str().context("a path in UTF-8")?;
    for path in SHIPPED {
        let mut text = shipped(path)?;
        if path.ends_with("nginx.conf") {
            text = changed(text, "listen 8081", &format!("listen {host}:8081"))?;
            text = changed(text, "/tmp/", &format!("{here}/"))?;
        }
        for (from, to) in front.instead {
            text = text.replace(from, to);
        }
        write(folder.join(Path::new(path).file_name().context("a file")?), text)?;
    }
    write(folder.join("clients.conf"), clients(here, host, &front.clients)?)?;
    write(folder.join("upstreams.conf"), upstreams(front)?)?;
    Ok(())
}

fn clients(here: &str, host: &str, clients: &Clients<'_>) -> Result<String> {
    let (_, port) = clients.scheme_and_port();
    let text = changed(shipped(clients.file())?, "http2 on;", "")?;
    let Clients::Tls { seen, services } = clients else {
        return changed(text, &format!("listen {port}"), &format!("listen {host}:{port} http2"));
    };
    for (file, name) in [("server.pem", "tls.crt"), ("server.key", "tls.key")] {
        std::fs::copy(seen.file().with_file_name(file), Path::new(here).join(name))?;
    }
    let text = changed(text, &format!("listen {port} ssl"), &format!("listen {host}:{port} ssl http2"))?;
    let text = changed(text, "ssl_certificate_cache max=4 valid=60s;", "")?;
    let text = changed(text, "/etc/muster/clients-tls", here)?;
    changed(text, "/etc/muster/services-ca/ca.crt", services.to_str().context("a path in UTF-8")?)
}

fn upstreams(front: &Front<'_>) -> Result<String> {
    let template = shipped(UPSTREAMS)?;
    let mut upstreams: String = template.split_inclusive('\n').filter(|line| !line.starts_with("resolver")).collect();
    for (name, addresses) in [("ORCHESTRATORS", &front.orchestrators), ("PLAYSERVERS", &front.playservers)] {
        let named = format!("server ${{{name}}} resolve");
        let line = upstreams.lines().find(|line| line.contains(&named)).context("no such upstream")?.to_owned();
        let each = addresses.iter().map(|address| line.replace(&named, &format!("server {address}")));
        upstreams = upstreams.replace(&line, &each.collect::<Vec<_>>().join("\n"));
    }
    Ok(upstreams)
}

fn shipped(path: &str) -> Result<String> {
    let file = Path::new(ROOT).join(path);
    read_to_string(&file).with_context(|| file.display().to_string())
}

fn changed(text: String, from: &str, to: &str) -> Result<String> {
    ensure!(text.contains(from), "{from:?} is no longer in\n{text}");
    Ok(text.replace(from, to))
}

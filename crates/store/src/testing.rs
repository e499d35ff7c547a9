//! What tests of this and other crates stand on: a real redis-server of their own, and waiting for a condition.

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest a server may take until it answers.
const START_MAX: Duration = Duration::from_secs(10);
/// Longest a condition may take to come true.
const CONDITION_MAX: Duration = Duration::from_secs(10);
const POLL_PAUSE: Duration = Duration::from_millis(5);
/// Ports lie below the ephemeral range, or a client's socket might take one between two starts.
const PORTS: std::ops::Range<u16> = 10_000..30_000;
const PORTS_TRIED_MAX: usize = 20;

/// Runs the server, tells its process id, and kills it when the pipe on stdin closes: then none outlives its test, however that
/// ends. A write beyond a limit on the file's size is to fail, as on a full disk, and not to end the server by a signal.
const KEEPER: &str = r#"
trap '' XFSZ
redis-server "$@" >/dev/null & server=$!
echo $server
read -r _
kill -9 $server
wait $server"#;
/// What a server was writing when its power went: a command that ends in the middle.
const TORN: &[u8] = b"*3\r\n$3\r\nSET\r\n$9\r\nhalf-";

/// What a server listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    UnixSocket,
    /// A free port of 127.0.0.1.
    Tcp,
}

/// When a server brings its append-only file to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    Always,
    EverySecond,
    Never,
}

impl Fsync {
    fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::EverySecond => "everysec",
            Self::Never => "no",
        }
    }
}

/// A real redis-server with an append-only file in a directory of its own. Killed, and its directory removed, on drop.
#[derive(Debug)]
pub struct RedisServer {
    dir: TempDir,
    port: Option<u16>,
    fsync: Fsync,
    url: String,
    keeper: Option<Child>,
    pid: Option<Pid>,
}

/// How much of which file a server had written at some moment.
#[derive(Debug)]
pub struct Written {
    file: PathBuf,
    bytes: u64,
}

impl RedisServer {
    /// On a unix socket, syncing every write. Blocks until it answers.
    ///
    /// Errors in one line when redis-server is not installed or does not start.
    pub fn start() -> io::Result<Self> {
        Self::start_with(Listen::UnixSocket, Fsync::Always)
    }

    /// As [`RedisServer::start`], as chosen.
    pub fn start_with(listen: Listen, fsync: Fsync) -> io::Result<Self> {
        check_installed()?;
        match listen {
            Listen::UnixSocket => Self::start_on(None, fsync),
            Listen::Tcp => {
                let mut last = io::Error::other("no free port");
                for port in std::iter::repeat_with(free_port).take(PORTS_TRIED_MAX).flatten() {
                    match Self::start_on(Some(port), fsync) {
                        Ok(server) => return Ok(server),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }

    fn start_on(port: Option<u16>, fsync: Fsync) -> io::Result<Self> {
        let dir = TempDir::with_prefix("muster-redis-")?;
        let url = match port {
            Some(port) => format!("redis://127.0.0.1:{port}"),
            None => format!("redis+unix://{}", dir.path().join("redis.sock").display()),
        };
        let mut server = Self { dir, port, fsync, url, keeper: None, pid: None };
        server.restart()?;
        Ok(server)
    }

    /// Where clients reach it; the same after a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            // Nothing is left to be done about a keeper that cannot be waited for.
            let _ = keeper.wait();
        }
    }

    /// Starts it again, at the same address and from its append-only file. Blocks until it answers.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "redis-server"])
            .args(self.options())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut keeper = keeper?;
        self.pid = keeper.stdout.take().and_then(told_pid);
        self.keeper = Some(keeper);
        let deadline = Instant::now() + START_MAX;
        while let Err(error) = self.ping() {
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("redis-server does not answer: {error}; {}", self.log())));
            }
            std::thread::sleep(POLL_PAUSE);
        }
        Ok(())
    }

    /// How much of its append-only file is written by now.
    pub fn written(&self) -> io::Result<Written> {
        let files = std::fs::read_dir(self.append_only_dir())?;
        let mut files = files.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|kind| kind == "aof") && is_incremental(file));
        // Numbers in the names grow in length too.
        files.sort_by_key(|file| (file.as_os_str().len(), file.clone()));
        let file = files.pop().ok_or_else(|| io::Error::other("there is no append-only file"))?;
        let bytes = file.metadata()?.len();
        Ok(Written { file, bytes })
    }

    /// Where its append-only files are: every write, in order, since it last rewrote them.
    pub fn append_only_dir(&self) -> PathBuf {
        self.dir.path().join("appendonlydir")
    }

    /// Kills it as a power cut does: what was written after `synced` is gone, but for half a command.
    pub fn cut_power(&mut self, synced: &Written) -> io::Result<()> {
        self.kill();
        let mut file = OpenOptions::new().write(true).open(&synced.file)?;
        file.set_len(synced.bytes)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(TORN)
    }

    /// From now on its file cannot grow by more than `bytes`, as on a disk that is nearly full; until it is started again.
    pub fn fill_disk(&self, bytes: u64) -> io::Result<()> {
        let end = self.written()?.bytes + bytes;
        let limit = Rlimit { current: Some(end), maximum: None };
        prlimit(self.pid, Resource::Fsize, limit).map(drop).map_err(io::Error::from)
    }

    fn options(&self) -> Vec<String> {
        let dir = self.dir.path().display().to_string();
        let port = self.port.unwrap_or(0).to_string();
        let options: [(&str, &str); 7] = [
            ("--save", ""),
            ("--appendonly", "yes"),
            ("--appendfsync", self.fsync.as_str()),
            ("--dir", &dir),
            ("--logfile", "redis.log"),
            ("--bind", "127.0.0.1"),
            ("--port", &port),
        ];
        let mut words: Vec<String> =
            options.iter().flat_map(|(name, value)| [*name, *value]).map(String::from).collect();
        if self.port.is_none() {
            words.extend(["--unixsocket".into(), self.socket().display().to_string()]);
        }
        words
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.dir.path().join("redis.log")).unwrap_or_default();
        log.lines().next_back().unwrap_or("it wrote no log").to_owned()
    }

    fn ping(&self) -> io::Result<()> {
        match self.port {
            Some(port) => {
                let stream = TcpStream::connect(("127.0.0.1", port))?;
                stream.set_read_timeout(Some(START_MAX))?;
                ping_over(stream)
            }
            None => {
                let stream = UnixStream::connect(self.socket())?;
                stream.set_read_timeout(Some(START_MAX))?;
                ping_over(stream)
            }
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn told_pid(stdout: ChildStdout) -> Option<Pid> {
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).ok()?;
    Pid::from_raw(line.trim().parse().ok()?)
}

fn is_incremental(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().contains(".incr."))
}

fn ping_over(mut stream: impl Read + Write) -> io::Result<()> {
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    if &answer == b"+PONG\r\n" { Ok(()) } else { Err(io::Error::other("it is still loading")) }
}

fn check_installed() -> io::Result<()> {
    let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(_) => Ok(()),
        Err(_) => Err(io::Error::other("redis-server is not installed: run tests/run, which installs what tests need")),
    }
}

/// Ports in turn, begun at a place that differs between processes.
fn next_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let turn = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
    let offset = std::process::id().wrapping_mul(97).wrapping_add(turn) % PORTS.len() as u32;
    // Less than the number of ports, so it fits.
    PORTS.start + offset as u16
}

/// A port of 127.0.0.1 on which nobody listens now; none after many tries.
pub fn free_port() -> Option<u16> {
    std::iter::repeat_with(next_port).take(PORTS_TRIED_MAX).find(|port| is_free(*port))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Looks until `look` finds what is waited for; its error tells what it found instead.
///
/// # Panics
/// After 10 s, with the last thing found.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let deadline = tokio::time::Instant::now() + CONDITION_MAX;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(state) if tokio::time::Instant::now() > deadline => {
                panic!("{what}: not within {CONDITION_MAX:?}: {state}")
            }
            Err(_) => tokio::time::sleep(POLL_PAUSE).await,
        }
    }
}

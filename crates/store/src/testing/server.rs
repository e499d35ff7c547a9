use super::ports::{PORTS_TRIED_MAX, free_port};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest a server may take until it answers: with a million tickets it takes some ten seconds.
const START_MAX: Duration = Duration::from_secs(60);
const POLL_PAUSE: Duration = Duration::from_millis(5);

/// Runs the server, tells its process id, and kills it when the pipe on stdin closes: then none outlives its test, however that
/// ends. Without a last word on that pipe nobody is left to remove the directory, which is its first argument. A write beyond a
/// limit on the file's size is to fail, as on a full disk, and not to end the server by a signal. The pipe on stdout is left to
/// the server alone: it closes when that ends.
const KEEPER: &str = r#"
trap '' XFSZ
dir=$1; shift
redis-server "$@" 3>&1 >/dev/null & server=$!
echo $server
exec >&-
read -r word
kill -9 $server
wait $server
[ -n "$word" ] || rm -rf "$dir""#;
/// Whoever kills the server himself sees to its directory.
const LAST_WORD: &[u8] = b"leave\n";
/// What a server was writing when its power went: a command that ends in the middle.
const TORN: &[u8] = b"*3\r\n$3\r\nSET\r\n$9\r\nhalf-";

/// What a server listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    UnixSocket,
    /// A free port of 127.0.0.1.
    Tcp,
}

/// Who is let in.
#[derive(Debug, Clone, Default)]
pub struct Locks {
    /// A directory with `server.pem`, `server.key` and `ca.pem`. Then its port speaks TLS alone, with clients and with other servers.
    pub tls: Option<PathBuf>,
    /// A file of users, with their passwords.
    pub users: Option<PathBuf>,
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

/// What a server is to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Alone,
    /// Follows the server at this port.
    Replica(u16),
    /// Watches over the server at this port and its replicas, and lets one of them lead when it is gone.
    Sentinel(u16),
    /// Of a cluster; reached by the other nodes at this port.
    Node(u16),
}

/// What a sentinel calls the master that it watches over.
const MASTER: &str = "muster";
/// How long a master is silent until a sentinel takes it for gone.
const DOWN_AFTER_MS: u32 = 1_500;

/// A real redis-server with an append-only file in a directory of its own. Killed, and its directory removed, on drop.
#[derive(Debug)]
pub struct RedisServer {
    dir: TempDir,
    part: Part,
    port: Option<u16>,
    fsync: Fsync,
    locks: Locks,
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
        Self::start_behind(&Locks::default(), listen, fsync)
    }

    /// As [`RedisServer::start_with`], behind locks.
    pub fn start_behind(locks: &Locks, listen: Listen, fsync: Fsync) -> io::Result<Self> {
        check_installed()?;
        match listen {
            Listen::UnixSocket => Self::start_on(None, Part::Alone, fsync, locks),
            Listen::Tcp => Self::start_on_a_port(Part::Alone, fsync, locks),
        }
    }

    /// A replica of this server, which listens on a port.
    pub fn replica(&self) -> io::Result<Self> {
        Self::start_on_a_port(Part::Replica(self.port()), self.fsync, &self.locks)
    }

    /// A sentinel that watches over this server, which listens on a port. Its url names the master it finds, and asks for `replicas` to
    /// hold each write.
    pub fn sentinel(&self, replicas: usize) -> io::Result<Self> {
        let mut sentinel = Self::start_on_a_port(Part::Sentinel(self.port()), self.fsync, &self.locks)?;
        let scheme = sentinel.locks.scheme();
        sentinel.url = format!("{scheme}+sentinel://127.0.0.1:{}/{MASTER}?replicas={replicas}", sentinel.port());
        Ok(sentinel)
    }

    /// A node of a cluster that it has not met yet, and keeps no slot of. Answers the port that the other nodes reach it at, too.
    pub fn node(locks: &Locks, fsync: Fsync) -> io::Result<(Self, u16)> {
        check_installed()?;
        let bus = free_port().ok_or_else(|| io::Error::other("no free port"))?;
        Ok((Self::start_on_a_port(Part::Node(bus), fsync, locks)?, bus))
    }

    fn start_on_a_port(part: Part, fsync: Fsync, locks: &Locks) -> io::Result<Self> {
        let mut last = io::Error::other("no free port");
        for port in std::iter::repeat_with(free_port).take(PORTS_TRIED_MAX).flatten() {
            match Self::start_on(Some(port), part, fsync, locks) {
                Ok(server) => return Ok(server),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn start_on(port: Option<u16>, part: Part, fsync: Fsync, locks: &Locks) -> io::Result<Self> {
        let dir = TempDir::with_prefix("muster-redis-")?;
        let url = match port {
            Some(port) => format!("{}://127.0.0.1:{port}", locks.scheme()),
            None => format!("redis+unix://{}", dir.path().join("redis.sock").display()),
        };
        let mut server = Self { dir, part, port, fsync, locks: locks.clone(), url, keeper: None, pid: None };
        if let Part::Sentinel(master) = part {
            std::fs::write(server.sentinel_conf(), watch_over(master))?;
        }
        server.restart()?;
        Ok(server)
    }

    /// The port that it listens on; 0 for a socket.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or_default()
    }

    /// Where clients reach it; the same after a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        self.pid = None;
        if let Some(mut keeper) = self.keeper.take() {
            // A keeper that is gone takes no word, and does nothing any more.
            let _ = keeper.stdin.take().map(|mut pipe| pipe.write_all(LAST_WORD));
            // Nothing is left to be done about a keeper that cannot be waited for.
            let _ = keeper.wait();
        }
    }

    /// Its process; none while it does not run.
    pub fn pid(&self) -> Option<u32> {
        self.pid?.as_raw_nonzero().get().try_into().ok()
    }

    /// Comes to its end when the server does, whoever ended it; once for each start.
    pub fn take_end(&mut self) -> Option<ChildStdout> {
        self.keeper.as_mut()?.stdout.take()
    }

    /// What to type to start it by hand, at the same address and from its append-only file.
    pub fn command_line(&self) -> String {
        let quoted = |word: String| if word.is_empty() || word.contains(' ') { format!("'{word}'") } else { word };
        let words: Vec<String> = self.options().into_iter().map(quoted).collect();
        format!("redis-server {}", words.join(" "))
    }

    /// Lets it hang (SIGSTOP): it accepts connections and answers nothing.
    pub fn hang(&self) -> io::Result<()> {
        kill_process(self.running()?, Signal::STOP).map_err(io::Error::from)
    }

    /// Starts it again, at the same address and from its append-only file. Blocks until it answers.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(self.dir.path())
            .args(self.options())
            // What ends a whole process group, as a terminal does that is closed, must not end the keeper before its server.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut keeper = keeper?;
        self.pid = keeper.stdout.as_mut().and_then(told_pid);
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
        prlimit(Some(self.running()?), Resource::Fsize, limit).map(drop).map_err(io::Error::from)
    }

    fn running(&self) -> io::Result<Pid> {
        self.pid.ok_or_else(|| io::Error::other("it does not run"))
    }

    fn options(&self) -> Vec<String> {
        let dir = self.dir.path().display().to_string();
        if let Part::Sentinel(_) = self.part {
            let conf = self.sentinel_conf().display().to_string();
            let words = [&conf, "--sentinel", "--dir", &dir, "--logfile", "redis.log"].map(String::from);
            return words.into_iter().chain(self.entrance()).collect();
        }
        let options: [(&str, &str); 8] = [
            ("--save", ""),
            ("--appendonly", "yes"),
            ("--appendfsync", self.fsync.as_str()),
            // What came since the last rewrite is read back one command after the other, which takes three times as long.
            ("--auto-aof-rewrite-percentage", "50"),
            // A party or a sheet is longer than the 64 bytes up to which a hash stays one compact piece.
            ("--hash-max-listpack-value", "1024"),
            ("--dir", &dir),
            ("--logfile", "redis.log"),
            ("--bind", "127.0.0.1"),
        ];
        let mut words: Vec<String> =
            options.iter().flat_map(|(name, value)| [*name, *value]).map(String::from).collect();
        words.extend(self.entrance());
        if let Some(users) = &self.locks.users {
            words.extend(["--aclfile".into(), users.display().to_string()]);
        }
        match self.part {
            Part::Alone | Part::Sentinel(_) => {}
            // Without a pause: tests wait for the first copy.
            Part::Replica(of) => words.extend(
                ["--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", &of.to_string()].map(String::from),
            ),
            Part::Node(bus) => {
                words.extend(["--cluster-enabled", "yes", "--cluster-port", &bus.to_string()].map(String::from));
            }
        }
        words
    }

    /// By which it is reached; behind TLS by a socket besides, to see whether it answers.
    fn entrance(&self) -> Vec<String> {
        let port = self.port().to_string();
        let mut words: Vec<String> = match &self.locks.tls {
            None => vec!["--port".into(), port],
            Some(dir) => {
                let file = |name| dir.join(name).display().to_string();
                let (cert, key, ca) = (file("server.pem"), file("server.key"), file("ca.pem"));
                let tls = ["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"];
                let files = ["--tls-cert-file", &cert, "--tls-key-file", &key, "--tls-ca-cert-file", &ca];
                let others = ["--tls-replication", "yes", "--tls-cluster", "yes"];
                tls.iter().chain(&files).chain(&others).map(ToString::to_string).collect()
            }
        };
        if !self.is_pinged_at_its_port() {
            words.extend(["--unixsocket".into(), self.socket().display().to_string()]);
        }
        words
    }

    fn is_pinged_at_its_port(&self) -> bool {
        self.port.is_some() && self.locks.tls.is_none()
    }

    fn sentinel_conf(&self) -> PathBuf {
        self.dir.path().join("sentinel.conf")
    }

    /// On which it listens too where its port speaks TLS alone.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.dir.path().join("redis.log")).unwrap_or_default();
        log.lines().next_back().unwrap_or("it wrote no log").to_owned()
    }

    fn ping(&self) -> io::Result<()> {
        if self.is_pinged_at_its_port() {
            let stream = TcpStream::connect(("127.0.0.1", self.port()))?;
            stream.set_read_timeout(Some(START_MAX))?;
            ping_over(stream)
        } else {
            let stream = UnixStream::connect(self.socket())?;
            stream.set_read_timeout(Some(START_MAX))?;
            ping_over(stream)
        }
    }
}

impl Locks {
    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "rediss" } else { "redis" }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a sentinel is told, who decides alone.
fn watch_over(port: u16) -> String {
    format!(
        "sentinel monitor {MASTER} 127.0.0.1 {port} 1\n\
         sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}\n\
         sentinel failover-timeout {MASTER} 5000\n"
    )
}

fn told_pid(stdout: &mut ChildStdout) -> Option<Pid> {
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
    // One that wants to know who asks is there.
    if &answer == b"+PONG\r\n" || &answer == b"-NOAUTH" { Ok(()) } else { Err(io::Error::other("it is still loading")) }
}

fn check_installed() -> io::Result<()> {
    let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(_) => Ok(()),
        Err(_) => Err(io::Error::other("redis-server is not installed: run tests/run, which installs what tests need")),
    }
}

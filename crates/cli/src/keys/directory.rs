use crate::misuse::Misuse;
use anyhow::{Context, Result};
use doors::Member;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The issuer of tokens that are signed with a directory's key.
pub const ISSUER: &str = "muster-keys";

/// Files by name, in one directory.
#[derive(Debug, Clone)]
pub struct KeysDir(PathBuf);

impl KeysDir {
    pub fn new(dir: PathBuf) -> Self {
        Self(dir)
    }

    /// One that `muster keys` has written.
    pub fn opened(dir: PathBuf) -> Result<Self, Misuse> {
        let opened = Self(dir);
        if opened.jwks().exists() {
            return Ok(opened);
        }
        Err(Misuse::new(format!("--keys {} holds no keys: `muster keys --out` writes them", opened.0.display())))
    }

    pub fn cert(&self, member: Member) -> PathBuf {
        self.0.join(format!("{}.pem", member.as_str()))
    }

    pub fn key(&self, member: Member) -> PathBuf {
        self.0.join(format!("{}.key", member.as_str()))
    }

    pub fn ca(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    pub fn ca_key(&self) -> PathBuf {
        self.0.join("ca.key")
    }

    pub fn jwks(&self) -> PathBuf {
        self.0.join("jwks.json")
    }

    pub fn token_key(&self) -> PathBuf {
        self.0.join("token.key")
    }

    /// With which a role locks its doors by these files.
    pub fn flags(&self, member: Member) -> [(&'static str, PathBuf); 5] {
        [
            ("--tls-cert", self.cert(member)),
            ("--tls-key", self.key(member)),
            ("--tls-ca", self.ca()),
            ("--token-keys", self.jwks()),
            ("--token-issuer", ISSUER.into()),
        ]
    }

    pub(super) fn create(&self) -> std::io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    pub(super) fn write(&self, path: &Path, text: &str) -> Result<()> {
        replace(path, text, 0o644)
    }

    /// Whether a secret and what is public of it are both still to be made. One alone is neither used nor replaced: the other may be kept
    /// elsewhere, and everyone goes by it.
    pub(super) fn is_new(&self, secret: &Path, public: &Path) -> Result<bool, Misuse> {
        let (there, missing) = match (secret.exists(), public.exists()) {
            (true, true) => return Ok(false),
            (false, false) => return Ok(true),
            (true, false) => (secret, public),
            (false, true) => (public, secret),
        };
        let (there, missing) = (there.display(), missing.display());
        Err(Misuse::new(format!(
            "{there} is there, {missing} is not: bring it back, or take both away to have new ones made"
        )))
    }

    /// For this user alone.
    pub(super) fn write_secret(&self, path: &Path, text: &str) -> Result<()> {
        replace(path, text, 0o600)
    }

    pub(super) fn read(&self, path: &Path) -> Result<String> {
        std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
    }
}

/// Whoever reads meanwhile finds the old file or the new one, never a part.
fn replace(path: &Path, text: &str, mode: u32) -> Result<()> {
    let beside = path.with_extension("new");
    let writing = || {
        let _ = std::fs::remove_file(&beside);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        std::fs::rename(&beside, path)
    };
    writing().with_context(|| format!("{} cannot be written", path.display()))
}

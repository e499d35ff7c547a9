//! An authority for one test, and a server's certificate by it, in files as redis-server and `--redis-ca` want them.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::path::{Path, PathBuf};
use store::testing::Locks;
use tempfile::TempDir;

/// Where the servers of a test are.
pub const HERE: &str = "127.0.0.1";

pub struct Authority {
    dir: TempDir,
}

impl Authority {
    /// With a certificate for whoever is reached at `host`.
    pub fn vouching_for(host: &str) -> Self {
        let authority = Self { dir: TempDir::with_prefix("muster-tls-").unwrap() };
        authority.replace(host);
        authority
    }

    /// Another one takes its place, with another certificate, in the same files.
    pub fn replace(&self, host: &str) {
        let mut params = CertificateParams::new([]).unwrap();
        // OpenSSL takes a certificate whose subject is its issuer's for one that is signed by itself.
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let files = [("ca.pem", issuer.pem()), ("server.pem", certificate.pem()), ("server.key", key.serialize_pem())];
        for (name, text) in files {
            std::fs::write(self.dir.path().join(name), text).unwrap();
        }
    }

    /// What `--redis-ca` takes.
    pub fn file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// What a redis-server speaks TLS with.
    pub fn locks(&self) -> Locks {
        Locks { tls: Some(Path::to_owned(self.dir.path())), users: None }
    }
}

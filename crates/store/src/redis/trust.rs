//! By whose word a TLS connection believes that it speaks to Redis.

use ::redis::{Client, ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, RedisResult, TlsCertificates};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io;
use std::path::PathBuf;

/// A file with the certificates of authorities, in PEM.
pub(super) struct Authority(PathBuf);

impl Authority {
    /// Fails where the file cannot be used now.
    pub fn of(file: PathBuf) -> io::Result<Self> {
        let authority = Self(file);
        authority.read().map(|_| authority)
    }

    /// As the file is now: who rotates an authority writes it anew, and nothing has to be started again.
    pub fn trust(&self) -> RedisResult<Trust> {
        let away = |error: io::Error| {
            let detail = format!("{}: {error}", self.0.display());
            RedisError::from((ErrorKind::Io, "the authority of Redis cannot be used", detail))
        };
        self.read().map(|pem| Trust(Some(pem))).map_err(away)
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let pem = std::fs::read(&self.0)?;
        check(&pem).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
        Ok(pem)
    }
}

/// Whoever trusts nobody would be told of each server that nobody knows it.
fn check(pem: &[u8]) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("it is no PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("it holds a certificate that is none: {error}"))?;
    }
    if roots.is_empty() { Err("it holds no certificate in PEM".to_owned()) } else { Ok(()) }
}

/// What is trusted: these certificates, or else the public authorities that Mozilla lists.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Trust(Option<Vec<u8>>);

impl Trust {
    /// A client that speaks TLS where the address says so.
    pub fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        match info.addr() {
            ConnectionAddr::TcpTls { .. } => {
                Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: self.0.clone() })
            }
            _ => Client::open(info),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it is sure of")]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_names_nobody_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        for (pem, why) in
            [("", "no certificate"), ("nothing", "no certificate"), (broken, "that is none"), (cut, "no PEM")]
        {
            std::fs::write(file.path(), pem).unwrap();
            let error = Authority::of(file.path().to_owned()).map(drop).unwrap_err().to_string();
            assert!(error.contains(why), "{pem:?}: {error}");
        }
    }
}

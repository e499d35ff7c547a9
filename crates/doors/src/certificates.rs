//! A service's certificate, its key, and the authority that its peers' must be of.

use crate::{FileError, Live, Member};
use domain::RealmId;
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// HTTP/2 is all that is spoken.
pub(crate) const ALPN: &[u8] = b"h2";

/// PEM files, in the forms in which cert-manager and openssl write them.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate, and those between it and the authority.
    pub cert: PathBuf,
    pub key: PathBuf,
    /// Of all services of the realm.
    pub ca: PathBuf,
}

/// As the files say now.
#[derive(Debug, Clone)]
pub struct Certificates(Live<Loaded>);

/// One state of the files.
pub(crate) struct Loaded {
    pub(crate) server: Arc<rustls::ServerConfig>,
    /// What a member shows must be the authority's, and hold now.
    pub(crate) verifier: Arc<dyn ClientCertVerifier>,
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Certificates {
    /// Of `member`; also later, nothing else is taken from these files.
    pub fn open(files: CertificateFiles, member: Member, realm: &RealmId) -> Result<Self, FileError> {
        let realm = realm.clone();
        let load = move |files: &[Vec<u8>]| load(files, member, &realm);
        Live::open(vec![files.cert, files.key, files.ca], load).map(Self)
    }

    /// Reads them again as they change, for as long as it is polled. All clones see it.
    pub async fn follow(self) {
        self.0.follow().await;
    }

    #[cfg(test)]
    pub(crate) fn refresh(&self) -> Result<bool, FileError> {
        self.0.refresh()
    }

    pub(crate) fn current(&self) -> Arc<Loaded> {
        self.0.current()
    }
}

/// The crypto of all TLS here. Named rather than installed: a process-wide default could be another's.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    PROVIDER.clone()
}

const CERT: usize = 0;
const KEY: usize = 1;
const CA: usize = 2;

fn load(files: &[Vec<u8>], member: Member, realm: &RealmId) -> Result<Loaded, (usize, String)> {
    let chain = certificates(&files[CERT]).map_err(|reason| (CERT, reason))?;
    let key =
        PrivateKeyDer::from_pem_slice(&files[KEY]).map_err(|_| (KEY, "holds no private key in PEM".to_owned()))?;
    let roots = Arc::new(roots(&files[CA]).map_err(|reason| (CA, reason))?);
    // Nobody has to show one: clients come with a token instead. What is shown must be the authority's.
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider()).allow_unauthenticated();
    let verifier = verifier.build().map_err(|error| (CA, error.to_string()))?;
    // Its peers would turn it away, each by itself and later.
    let own = verifier.verify_client_cert(&chain[0], &chain[1..], UnixTime::now());
    own.map_err(|error| (CERT, format!("is no certificate of the authority beside it that holds now: {error}")))?;
    if Member::of_certificate(realm, &chain[0]) != Some(member) {
        return Err((CERT, format!("must name {}, as a URI among its subject alternative names", member.uri(realm))));
    }
    let server = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| (CERT, error.to_string()))?
        .with_client_cert_verifier(verifier.clone())
        .with_single_cert(chain.clone(), key.clone_key());
    let mut server = server.map_err(|error| (KEY, format!("does not fit the certificate: {error}")))?;
    server.alpn_protocols = vec![ALPN.to_vec()];
    // Whoever resumes a session is not asked for his certificate again, though it may have ended.
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok(Loaded { server: Arc::new(server), verifier, roots, chain, key })
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    read.ok().filter(|read| !read.is_empty()).ok_or_else(|| "holds no certificate in PEM".to_owned())
}

pub(crate) fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

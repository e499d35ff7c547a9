//! TLS on one connection, either way.

use crate::certificates::{ALPN, Certificates, Loaded, provider, roots};
use crate::{Doors, FileError, Live, Member};
use domain::RealmId;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

/// Longest time for a TLS handshake, in ms.
pub const HANDSHAKE_MS_MAX: u64 = 5_000;

pin_project_lite::pin_project! {
    /// One connection's bytes, as they are read and written.
    #[project = LineProjected]
    pub enum Line<S> {
        Plain { #[pin] stream: S },
        Tls { #[pin] stream: Box<TlsStream<S>> },
    }
}

/// Whoever is at the other end of a connection, as far as a certificate tells: none where none was shown, or needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger(pub(crate) Option<Member>);

impl Doors {
    /// Takes a connection in: with locked doors, by TLS. An error is of this connection only.
    pub async fn receive<S>(&self, stream: S) -> io::Result<(Line<S>, Stranger)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(locked) = self.lock() else { return Ok((Line::Plain { stream }, Stranger(None))) };
        let acceptor = TlsAcceptor::from(locked.certificates.current().server.clone());
        let stream = in_time(acceptor.accept(stream)).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let member = match shown {
            None => None,
            // A certificate of the authority that names no member of this realm is nobody's here.
            Some(shown) => Some(member_of(&locked.realm, shown).ok_or_else(no_member)?),
        };
        Ok((Line::Tls { stream: Box::new(stream.into()) }, Stranger(member)))
    }
}

/// How connections go out by TLS. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Outward {
    /// As a member of the realm, to another: whom is known by the role in its certificate, not by its address.
    Member { certificates: Certificates, realm: RealmId },
    /// As a client: the server is known by the name in its address, and by this authority.
    Client { authority: Live<Arc<RootCertStore>> },
}

/// An authority of one's own, in a PEM file.
pub fn authority(file: PathBuf) -> Result<Live<Arc<RootCertStore>>, FileError> {
    Live::open(vec![file], |read| roots(&read[0]).map(Arc::new).map_err(|reason| (0, reason)))
}

impl Outward {
    /// Encrypts a connection to `host`, and makes sure of who is there: `expected`, where members talk.
    pub async fn encrypt<S>(&self, stream: S, host: &str, expected: Option<Member>) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // In a URI an IPv6 address stands in brackets.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        let config = self.config(expected).map_err(io::Error::other)?;
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
        in_time(connecting).await.map(TlsStream::from)
    }

    fn config(&self, expected: Option<Member>) -> Result<rustls::ClientConfig, rustls::Error> {
        let builder = rustls::ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let mut config = match self {
            Self::Client { authority } => {
                builder.with_root_certificates(authority.current().as_ref().clone()).with_no_client_auth()
            }
            Self::Member { certificates, realm } => {
                let Loaded { roots, chain, key, .. } = &*certificates.current();
                let verifier = MemberVerifier { realm: realm.clone(), expected, roots: roots.clone() };
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(verifier))
                    .with_client_auth_cert(chain.clone(), key.clone_key())?
            }
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(config)
    }
}

async fn in_time<T>(handshake: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let limit = Duration::from_millis(HANDSHAKE_MS_MAX);
    timeout(limit, handshake).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn no_member() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "its certificate names no member of this realm")
}

fn member_of(realm: &RealmId, certificate: &CertificateDer<'_>) -> Option<Member> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    certificate.valid_uri_names().find_map(|uri| Member::of_uri(realm, uri))
}

/// Takes a server for who its certificate says, wherever it is reached: instances have addresses that no certificate can foresee.
#[derive(Debug)]
struct MemberVerifier {
    realm: RealmId,
    expected: Option<Member>,
    roots: Arc<RootCertStore>,
}

impl ServerCertVerifier for MemberVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let parsed = rustls::server::ParsedCertificate::try_from(end_entity)?;
        let algorithms = provider().signature_verification_algorithms.all;
        rustls::client::verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )?;
        let is = member_of(&self.realm, end_entity);
        let expected = self.expected.map_or(is.is_some(), |expected| is == Some(expected));
        if !expected {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signed,
            &provider().signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signed,
            &provider().signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Line<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.project() {
            LineProjected::Plain { stream } => stream.poll_read(cx, into),
            LineProjected::Tls { stream } => stream.poll_read(cx, into),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.project() {
            LineProjected::Plain { stream } => stream.poll_write(cx, bytes),
            LineProjected::Tls { stream } => stream.poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.project() {
            LineProjected::Plain { stream } => stream.poll_flush(cx),
            LineProjected::Tls { stream } => stream.poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.project() {
            LineProjected::Plain { stream } => stream.poll_shutdown(cx),
            LineProjected::Tls { stream } => stream.poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.project() {
            LineProjected::Plain { stream } => stream.poll_write_vectored(cx, parts),
            LineProjected::Tls { stream } => stream.poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain { stream } => stream.is_write_vectored(),
            Self::Tls { stream } => stream.is_write_vectored(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CertificateFiles, Locked, Rates, RatesConfig};
    use domain::Role;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
    use std::num::NonZeroU32;
    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    fn realm() -> RealmId {
        RealmId::parse("realm", "arena").unwrap()
    }

    /// The certificate of a member in files, and a door that is locked by it.
    fn member(authority: &CertifiedIssuer<'_, KeyPair>, name: &str) -> (TempDir, Certificates, Doors) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.subject_alt_names = vec![SanType::URI(name.try_into().unwrap())];
        let dir = TempDir::new().unwrap();
        let file = |name: &str, text: String| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name)
        };
        let cert = file("cert", params.signed_by(&key, authority).unwrap().pem());
        let files = CertificateFiles { cert, key: file("key", key.serialize_pem()), ca: file("ca", authority.pem()) };
        let certificates = Certificates::open(files).unwrap();
        let most = NonZeroU32::MAX;
        let rates = Rates::new(RatesConfig { player: most, realm_server: most });
        let locked = Locked { realm: realm(), certificates: certificates.clone(), tokens: None, rates };
        (dir, certificates, Doors::locked(locked))
    }

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn outward(certificates: Certificates) -> Outward {
        Outward::Member { certificates, realm: realm() }
    }

    #[tokio::test]
    async fn a_mover_is_reached_as_a_mover_alone_and_knows_who_calls() {
        let authority = authority();
        let (_files, _, doors) = member(&authority, "spiffe://muster/arena/mover");
        let (_others, matchmaker, _) = member(&authority, "spiffe://muster/arena/matchmaker");
        for (expected, reached) in [(Role::Mover, true), (Role::Playserver, false)] {
            let (here, there) = duplex(64 * 1024);
            let outward = outward(matchmaker.clone());
            let calling = async {
                let mut line = outward.encrypt(here, "10.0.0.1", Some(expected.into())).await?;
                line.write_all(b"hello").await?;
                line.flush().await?;
                // Open for as long as the other side is at it.
                Ok::<_, io::Error>(line)
            };
            let received = async {
                let (mut line, stranger) = doors.receive(there).await?;
                let mut said = [0; 5];
                line.read_exact(&mut said).await?;
                Ok::<_, io::Error>((said, stranger))
            };
            let (called, received) = tokio::join!(calling, received);
            assert_eq!(called.is_ok(), reached, "{:?}", called.err());
            let caller = Stranger(Some(Member::Instance(Role::Matchmaker)));
            assert_eq!(received.ok(), reached.then_some((*b"hello", caller)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_to_the_end_of_a_handshake_is_let_go() {
        let (_files, _, doors) = member(&authority(), "spiffe://muster/arena/mover");
        let (_here, there) = duplex(64);
        let received = doors.receive(there).await.map(|(_, stranger)| stranger);
        assert_eq!(received.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_key_of_another_certificate_is_refused_by_its_file() {
        let authority = authority();
        let (files, _, _) = member(&authority, "spiffe://muster/arena/mover");
        let (others, _, _) = member(&authority, "spiffe://muster/arena/mover");
        let of = |dir: &TempDir, name: &str| dir.path().join(name);
        let mixed = |key: PathBuf| {
            let files = CertificateFiles { cert: of(&files, "cert"), key, ca: of(&files, "ca") };
            Certificates::open(files).unwrap_err()
        };
        let error = mixed(of(&others, "key"));
        assert!(error.path == of(&others, "key") && error.reason.contains("does not fit"), "{error}");
        assert!(mixed(of(&files, "cert")).reason.contains("no private key"));
    }
}

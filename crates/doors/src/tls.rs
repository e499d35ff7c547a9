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

/// How often a member's certificate is looked at again while his connection lasts.
pub const STANDING_MS: u64 = 60_000;

/// Whoever is at the other end of a connection, as far as a certificate tells: no member where none was shown, or needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peer(pub(crate) Option<Member>);

impl Peer {
    pub fn is_member(self) -> bool {
        self.0.is_some()
    }
}

/// A connection that came past the doors.
pub struct Received<S> {
    pub line: Line<S>,
    pub peer: Peer,
    /// None where no certificate was shown.
    pub standing: Option<Standing>,
}

impl Doors {
    /// Takes a connection in: with locked doors, by TLS. An error is of this connection only.
    pub async fn receive<S>(&self, stream: S) -> io::Result<Received<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(locked) = self.lock() else {
            return Ok(Received { line: Line::Plain { stream }, peer: Peer(None), standing: None });
        };
        let acceptor = TlsAcceptor::from(locked.certificates.current().server.clone());
        let stream = in_time(acceptor.accept(stream)).await?;
        let shown = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec);
        let member = match shown.as_ref().and_then(|chain| chain.first()) {
            None => None,
            // A certificate of the authority that names no member of this realm is nobody's here.
            Some(own) => Some(Member::of_certificate(&locked.realm, own).ok_or_else(no_member)?),
        };
        let standing = shown.map(|chain| Standing { chain, certificates: locked.certificates.clone() });
        Ok(Received { line: Line::Tls { stream: Box::new(stream.into()) }, peer: Peer(member), standing })
    }
}

/// By what a member is known for as long as his connection lasts: it may end meanwhile, or its authority be replaced.
pub struct Standing {
    chain: Vec<CertificateDer<'static>>,
    certificates: Certificates,
}

impl Standing {
    pub fn holds(&self) -> bool {
        let Some((own, others)) = self.chain.split_first() else { return true };
        self.certificates.current().verifier.verify_client_cert(own, others, UnixTime::now()).is_ok()
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

/// Those that browsers trust, as Mozilla lists them.
pub fn public_authorities() -> Result<Live<Arc<RootCertStore>>, FileError> {
    let roots = Arc::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<RootCertStore>());
    Live::open(vec![], move |_| Ok(roots.clone()))
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
        let is = Member::of_certificate(&self.realm, end_entity);
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    const MOVER: Member = Member::Instance(Role::Mover);
    const MATCHMAKER: Member = Member::Instance(Role::Matchmaker);

    fn realm() -> RealmId {
        RealmId::parse("realm", "arena").unwrap()
    }

    /// The certificate of a member in files, and a door that is locked by it.
    fn member(authority: &CertifiedIssuer<'_, KeyPair>, member: Member) -> (TempDir, Certificates, Doors) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.subject_alt_names = vec![SanType::URI(member.uri(&realm()).try_into().unwrap())];
        let dir = TempDir::new().unwrap();
        let file = |name: &str, text: String| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name)
        };
        let cert = file("cert", params.signed_by(&key, authority).unwrap().pem());
        let files = CertificateFiles { cert, key: file("key", key.serialize_pem()), ca: file("ca", authority.pem()) };
        let certificates = Certificates::open(files, member, &realm()).unwrap();
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
        let (_files, _, doors) = member(&authority, MOVER);
        let (_others, matchmaker, _) = member(&authority, MATCHMAKER);
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
                let Received { mut line, peer, .. } = doors.receive(there).await?;
                let mut said = [0; 5];
                line.read_exact(&mut said).await?;
                Ok::<_, io::Error>((said, peer))
            };
            let (called, received) = tokio::join!(calling, received);
            assert_eq!(called.is_ok(), reached, "{:?}", called.err());
            let caller = Peer(Some(MATCHMAKER));
            assert_eq!(received.ok(), reached.then_some((*b"hello", caller)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_to_the_end_of_a_handshake_is_let_go() {
        let (_files, _, doors) = member(&authority(), MOVER);
        let (_here, there) = duplex(64);
        let received = doors.receive(there).await.map(|received| received.peer);
        assert_eq!(received.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    /// A connection to these doors, by both ends.
    async fn connected(
        config: &Arc<rustls::ClientConfig>,
        doors: &Doors,
    ) -> (TlsStream<DuplexStream>, Received<DuplexStream>) {
        let (here, there) = duplex(64 * 1024);
        let name = ServerName::try_from("10.0.0.1").unwrap();
        let (called, received) =
            tokio::join!(TlsConnector::from(config.clone()).connect(name, here), doors.receive(there));
        (called.unwrap().into(), received.unwrap())
    }

    #[tokio::test]
    async fn a_member_is_one_for_as_long_as_his_authority_is_in_force() {
        let (old, new) = (authority(), authority());
        let (files, mine, doors) = member(&old, MOVER);
        let (_others, matchmaker, _) = member(&old, MATCHMAKER);
        let config = Arc::new(outward(matchmaker).config(Some(MOVER)).unwrap());
        let (_line, received) = connected(&config, &doors).await;
        let standing = received.standing.unwrap();
        assert!(standing.holds());

        let (replaced, _, _) = member(&new, MOVER);
        for file in ["cert", "key", "ca"] {
            std::fs::copy(replaced.path().join(file), files.path().join(file)).unwrap();
        }
        mine.refresh().unwrap();
        assert!(!standing.holds());
    }

    #[tokio::test]
    async fn whoever_comes_again_shows_his_certificate_again() {
        let authority = authority();
        let (_files, _, doors) = member(&authority, MOVER);
        let (_others, matchmaker, _) = member(&authority, MATCHMAKER);
        // One configuration remembers sessions from one connection to the next.
        let config = Arc::new(outward(matchmaker).config(Some(MOVER)).unwrap());
        for _ in 0..2 {
            let (mut line, mut received) = connected(&config, &doors).await;
            // Whatever would be resumed with comes after the handshake.
            received.line.write_all(b"hello").await.unwrap();
            received.line.flush().await.unwrap();
            line.read_exact(&mut [0; 5]).await.unwrap();
            assert_eq!(line.get_ref().1.handshake_kind(), Some(rustls::HandshakeKind::Full));
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_refused_by_its_file() {
        let authority = authority();
        let (files, _, _) = member(&authority, MOVER);
        let (others, _, _) = member(&authority, MOVER);
        let of = |dir: &TempDir, name: &str| dir.path().join(name);
        let mixed = |key: PathBuf| {
            let files = CertificateFiles { cert: of(&files, "cert"), key, ca: of(&files, "ca") };
            Certificates::open(files, MOVER, &realm()).unwrap_err()
        };
        let error = mixed(of(&others, "key"));
        assert!(error.path == of(&others, "key") && error.reason.contains("does not fit"), "{error}");
        assert!(mixed(of(&files, "cert")).reason.contains("no private key"));
    }

    #[test]
    fn a_certificate_that_peers_would_turn_away_is_refused_at_once() {
        let (files, _, _) = member(&authority(), MOVER);
        let (others, _, _) = member(&authority(), MOVER);
        let opened = |ca: &TempDir, member: Member, realm: &str| {
            let file = |name: &str| files.path().join(name);
            let files = CertificateFiles { cert: file("cert"), key: file("key"), ca: ca.path().join("ca") };
            Certificates::open(files, member, &RealmId::parse("realm", realm).unwrap()).map_err(|error| error.reason)
        };
        assert!(opened(&files, MOVER, "arena").is_ok());
        assert!(opened(&others, MOVER, "arena").unwrap_err().contains("no certificate of the authority"));
        assert!(opened(&files, Member::Monitor, "arena").unwrap_err().contains("spiffe://muster/arena/monitor"));
        assert!(opened(&files, MOVER, "other").unwrap_err().contains("spiffe://muster/other/mover"));
    }
}

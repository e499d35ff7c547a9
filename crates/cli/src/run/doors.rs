//! Flags that say who may come in. Either all of them are there, or `--insecure` is.

use crate::misuse::Misuse;
use anyhow::Result;
use chassis::{Entrance, Network, Shutdown};
use clap::builder::NonEmptyStringValueParser;
use domain::{RealmId, Role};
use doors::{CertificateFiles, Certificates, Doors, Locked, Member, Outward, Rates, RatesConfig, Tokens};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use tokio::net::TcpListener;

/// How members of the realm know one another.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TlsArgs {
    /// This service's certificate, with the chain to the authority (PEM); its role stands in it as the URI
    /// `spiffe://muster/REALM/ROLE`
    #[arg(long, env = "MUSTER_TLS_CERT", help_heading = "Doors", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, env = "MUSTER_TLS_KEY", help_heading = "Doors", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// The authority that signs the certificates of all services of the realm (PEM)
    #[arg(long, env = "MUSTER_TLS_CA", help_heading = "Doors", value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// No TLS and no tokens: whoever reaches the service may do everything
    #[arg(long, env = "MUSTER_INSECURE", help_heading = "Doors")]
    pub insecure: bool,
}

/// Who may come in at a service, and how often.
#[derive(Debug, Clone, clap::Args)]
pub struct DoorArgs {
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Who issues clients' tokens: their `iss`. The audience, `aud`, is the realm
    #[arg(long, env = "MUSTER_TOKEN_ISSUER", help_heading = "Doors", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub token_issuer: Option<String>,
    /// The issuer's public keys (JWKS)
    #[arg(long, env = "MUSTER_TOKEN_KEYS", help_heading = "Doors", value_name = "FILE")]
    pub token_keys: Option<PathBuf>,
    /// Calls a second of one player, at this instance; twice as many may come at once
    #[arg(long, env = "MUSTER_PLAYER_RATE", help_heading = "Doors", default_value = "10", value_name = "N")]
    pub player_rate: NonZeroU32,
    /// Calls a second under one realm server's token, at this instance, those on its streams among them
    #[arg(long, env = "MUSTER_TOKEN_RATE", help_heading = "Doors", default_value = "20000", value_name = "N")]
    pub token_rate: NonZeroU32,
    /// Describe the services to whoever asks, by gRPC reflection
    #[arg(long, env = "MUSTER_REFLECTION", help_heading = "Doors")]
    pub reflection: bool,
    /// Address on which health alone is served, in plaintext, for probes that know no TLS [default: none]
    #[arg(long, env = "MUSTER_HEALTH", help_heading = "Doors", value_name = "IP:PORT")]
    pub health: Option<SocketAddr>,
}

impl TlsArgs {
    /// By which `member` is known. None where everything is open on purpose.
    pub fn certificates(&self, member: Member, realm: &RealmId) -> Result<Option<Certificates>> {
        let files = [("--tls-cert", &self.tls_cert), ("--tls-key", &self.tls_key), ("--tls-ca", &self.tls_ca)];
        let given = files.map(|(flag, file)| (flag, file.is_some()));
        if self.insecure {
            refuse_beside_insecure(given)?;
            return Ok(None);
        }
        let [Some(cert), Some(key), Some(ca)] = files.map(|(_, file)| file.clone()) else {
            return Err(missing(given).into());
        };
        let opened = Certificates::open(CertificateFiles { cert, key, ca }, member, realm);
        opened.map(Some).map_err(|error| Misuse::new(error.to_string()).into())
    }
}

impl DoorArgs {
    /// What a service of `role` lets in.
    pub fn open(&self, role: Role, realm: &RealmId) -> Result<Doors> {
        let Some(certificates) = self.tls.certificates(role.into(), realm)? else {
            refuse_beside_insecure(self.tokens_given())?;
            return Ok(Doors::open());
        };
        let tokens = matches!(role, Role::Orchestrator | Role::Playserver).then(|| self.tokens(realm)).transpose()?;
        let rates = Rates::new(RatesConfig { player: self.player_rate, realm_server: self.token_rate });
        Ok(Doors::locked(Locked { realm: realm.clone(), certificates, tokens, rates }))
    }

    fn tokens(&self, realm: &RealmId) -> Result<Tokens> {
        let (Some(issuer), Some(keys)) = (&self.token_issuer, &self.token_keys) else {
            return Err(missing(self.tokens_given()).into());
        };
        Tokens::open(issuer.clone(), realm, keys.clone()).map_err(|error| Misuse::new(error.to_string()).into())
    }

    fn tokens_given(&self) -> [(&'static str, bool); 2] {
        [("--token-issuer", self.token_issuer.is_some()), ("--token-keys", self.token_keys.is_some())]
    }

    pub fn entrance(&self, listener: TcpListener, doors: Doors, health: Option<TcpListener>) -> Entrance<TcpListener> {
        Entrance { listener, doors, reflection: self.reflection, health }
    }
}

/// Where a member's connections go out; in plaintext where it has no certificate.
pub fn network(certificates: Option<&Certificates>, realm: &RealmId) -> Network {
    let Some(certificates) = certificates.cloned() else { return Network::tcp() };
    Network::tcp().encrypted(Outward::Member { certificates, realm: realm.clone() })
}

/// Reads certificates and keys again as they change, until `shutdown`.
pub fn follow(doors: &Doors, shutdown: &Shutdown) {
    tokio::spawn(doors.clone().follow(shutdown.clone()));
}

fn refuse_beside_insecure<const N: usize>(given: [(&str, bool); N]) -> Result<(), Misuse> {
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => {
            Err(Misuse::new(format!("--insecure would make {flag} mean nothing: give one or the other")))
        }
        None => Ok(()),
    }
}

fn missing<const N: usize>(given: [(&str, bool); N]) -> Misuse {
    let missing: Vec<&str> = given.into_iter().filter(|(_, given)| !given).map(|(flag, _)| flag).collect();
    Misuse::new(format!(
        "{} must be given, or --insecure, to serve everyone without TLS and tokens (`muster keys` makes what is needed to try it out)",
        missing.join(" and ")
    ))
}

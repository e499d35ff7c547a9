use super::KeysDir;
use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use time::{Duration, OffsetDateTime};

/// The clocks of two machines may lie so far apart.
const BEFORE_NOW: Duration = Duration::hours(1);

/// Of an authority: its place is taken by another on purpose, never because it ran out meanwhile.
const AUTHORITY_DAYS: u16 = 3_650;

/// Signs the certificates of a realm's services.
pub struct Authority(Issuer<'static, KeyPair>);

impl Authority {
    /// The one that is there, or a new one.
    pub fn in_dir(dir: &KeysDir) -> Result<Self> {
        if dir.is_new(&dir.ca_key(), &dir.ca())? {
            let key = KeyPair::generate()?;
            let mut certificate = params("muster authority", AUTHORITY_DAYS)?;
            certificate.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            certificate.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            dir.write_secret(&dir.ca_key(), &key.serialize_pem())?;
            dir.write(&dir.ca(), &certificate.self_signed(&key)?.pem())?;
        }
        let (certificate, key) = (dir.read(&dir.ca())?, dir.read(&dir.ca_key())?);
        let key = KeyPair::from_pem(&key).with_context(|| format!("{} holds no key", dir.ca_key().display()))?;
        let issuer = Issuer::from_ca_cert_pem(&certificate, key);
        issuer.map(Self).with_context(|| format!("{} holds no authority", dir.ca().display()))
    }

    /// A certificate and its key, both PEM, of whoever is named by `uri`.
    pub fn issue(&self, uri: &str, name: &str, hosts: &[String], days: u16) -> Result<(String, String)> {
        let key = KeyPair::generate()?;
        let mut certificate = params(name, days)?;
        certificate.subject_alt_names = vec![
            SanType::URI(uri.try_into()?),
            // As the Service of a cluster of machines is called.
            SanType::DnsName(name.try_into()?),
            SanType::DnsName("localhost".try_into()?),
            SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
            SanType::IpAddress(Ipv6Addr::LOCALHOST.into()),
        ];
        for host in hosts {
            let named = host.parse::<IpAddr>().map(SanType::IpAddress);
            let named = named.or_else(|_| host.as_str().try_into().map(SanType::DnsName));
            certificate.subject_alt_names.push(named.with_context(|| format!("--host {host} is no name"))?);
        }
        certificate.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        certificate.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        Ok((certificate.signed_by(&key, &self.0)?.pem(), key.serialize_pem()))
    }
}

fn params(name: &str, days: u16) -> Result<CertificateParams> {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - BEFORE_NOW;
    params.not_after = now + Duration::days(days.into());
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

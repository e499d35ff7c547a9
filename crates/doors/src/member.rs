use domain::{RealmId, Role};
use rustls::pki_types::CertificateDer;

/// Which of the realm's own services a certificate is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Member {
    Instance(Role),
    Monitor,
}

impl Member {
    pub const ALL: [Self; 6] = [
        Self::Instance(Role::Orchestrator),
        Self::Instance(Role::Sweeper),
        Self::Instance(Role::Matchmaker),
        Self::Instance(Role::Mover),
        Self::Instance(Role::Playserver),
        Self::Monitor,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance(role) => role.as_str(),
            Self::Monitor => "monitor",
        }
    }

    /// The subject alternative name that makes a certificate this member's, by the rules of SPIFFE ids:
    /// <https://spiffe.io/docs/latest/spiffe-about/spiffe-concepts/#spiffe-id>.
    pub fn uri(self, realm: &RealmId) -> String {
        format!("spiffe://muster/{realm}/{}", self.as_str())
    }

    /// Whose it is, were it to be trusted.
    pub(crate) fn of_certificate(realm: &RealmId, certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
        certificate.valid_uri_names().find_map(|uri| Self::of_uri(realm, uri))
    }

    fn of_uri(realm: &RealmId, uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|member| member.uri(realm) == uri)
    }
}

impl From<Role> for Member {
    fn from(role: Role) -> Self {
        Self::Instance(role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_one_member_of_one_realm() {
        let realm = |name| RealmId::parse("realm", name).unwrap();
        for member in Member::ALL {
            assert_eq!(Member::of_uri(&realm("arena"), &member.uri(&realm("arena"))), Some(member));
            assert_eq!(Member::of_uri(&realm("other"), &member.uri(&realm("arena"))), None);
        }
        for none in ["", "spiffe://muster/arena/", "spiffe://muster/arena/mover/x", "spiffe://other/arena/mover"] {
            assert_eq!(Member::of_uri(&realm("arena"), none), None, "{none}");
        }
    }
}

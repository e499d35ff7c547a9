//! Clients' tokens: JWTs (<https://www.rfc-editor.org/rfc/rfc7519>) of the studio's issuer, checked against its public keys.

use crate::{FileError, Live};
use domain::{PlayerId, RealmId};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The scope by which a token is a realm server's: it acts for every player of the realm.
pub const REALM_SCOPE: &str = "muster:realm";
/// How far the clocks of issuer and services may lie apart, in s.
pub(crate) const LEEWAY_S: u64 = 30;
/// Keys in force at once: the present ones, and those that they replace.
const KEYS_MAX: usize = 16;

/// What a token says, besides the issuer and the audience, which is the realm's name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Claims {
    /// The player; of a realm server, a name of its own. A name as in `Player.id`.
    pub sub: String,
    /// When it ends, in seconds since the Unix epoch.
    #[serde(deserialize_with = "whole_seconds")]
    pub exp: u64,
    /// Words with blanks between them; [`REALM_SCOPE`] may be one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The player's rating, in rating points. Without it he cannot queue by himself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    /// Its deviation, in rating points; 0 where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<f64>,
    /// His number attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, f64>,
}

/// A NumericDate may have a fraction: <https://www.rfc-editor.org/rfc/rfc7519#section-2>.
fn whole_seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    f64::deserialize(from).map(|seconds| seconds as u64)
}

impl Claims {
    pub fn is_realm_server(&self) -> bool {
        self.scope.split_ascii_whitespace().any(|scope| scope == REALM_SCOPE)
    }
}

/// Why a token is not taken. The text goes to whoever showed it, and holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("it is no JWT")]
    Malformed,
    #[error("it is not signed by a key of this realm's issuer")]
    Signature,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    Early,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is for another audience than this realm")]
    Audience,
    #[error(
        "a claim is missing or of the wrong kind: exp, iss, aud and sub must be there, exp, rating and deviation numbers, sub a name, and scope words"
    )]
    Claims,
}

/// How tokens are checked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tokens {
    issuer: String,
    audience: String,
    keys: Live<Vec<Key>>,
}

struct Key {
    id: Option<String>,
    key: DecodingKey,
}

impl Tokens {
    /// Of `issuer`, for `realm`, by the public keys in a JWKS file (<https://www.rfc-editor.org/rfc/rfc7517>).
    pub fn open(issuer: String, realm: &RealmId, keys: PathBuf) -> Result<Self, FileError> {
        let keys = Live::open(vec![keys], |read| key_set(&read[0]).map_err(|reason| (0, reason)))?;
        Ok(Self { issuer, audience: realm.to_string(), keys })
    }

    /// Reads the keys again as they change, for as long as it is polled. All clones see it.
    pub(crate) async fn follow(self) {
        self.keys.follow().await;
    }

    pub(crate) fn check(&self, token: &str) -> Result<Claims, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        let keys = self.keys.current();
        let named = |key: &&Key| header.kid.is_none() || key.id.is_none() || key.id == header.kid;
        let mut tried = keys.iter().filter(named).map(|key| self.check_by(token, &key.key));
        // A signature that one key does not fit may be another's; anything else is wrong with the token itself.
        let settled = tried.find(|tried| *tried != Err(TokenError::Signature));
        let checked = settled.unwrap_or(Err(TokenError::Signature));
        checked.and_then(|claims| match PlayerId::parse("sub", &claims.sub) {
            Ok(_) => Ok(claims),
            Err(_) => Err(TokenError::Claims),
        })
    }

    fn check_by(&self, token: &str, key: &DecodingKey) -> Result<Claims, TokenError> {
        let mut rules = Validation::new_for_family(key.family());
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY_S;
        decode(token, key, &rules).map(|token| token.claims).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => {
                TokenError::Signature
            }
            ErrorKind::ExpiredSignature => TokenError::Expired,
            ErrorKind::ImmatureSignature => TokenError::Early,
            ErrorKind::InvalidIssuer => TokenError::Issuer,
            ErrorKind::InvalidAudience => TokenError::Audience,
            ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => TokenError::Claims,
            _ => TokenError::Malformed,
        })
    }
}

fn key_set(json: &[u8]) -> Result<Vec<Key>, String> {
    let set: JwkSet = serde_json::from_slice(json).map_err(|_| "is no JWKS: {\"keys\": [...]}".to_owned())?;
    let signing = |key: &&Jwk| key.common.public_key_use.as_ref().is_none_or(|is| *is == PublicKeyUse::Signature);
    let keys = set.keys.iter().filter(signing).filter_map(|jwk| public_key(jwk).transpose());
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    match keys.len() {
        0 => Err("holds no key for signatures that is of a kind which is taken: EC, OKP or RSA".to_owned()),
        1..=KEYS_MAX => Ok(keys),
        more => Err(format!("holds {more} keys for signatures, more than {KEYS_MAX}")),
    }
}

/// None of a kind that is not known: the issuer may have others who know it, <https://www.rfc-editor.org/rfc/rfc7517#section-5>.
fn public_key(jwk: &Jwk) -> Result<Option<Key>, String> {
    let id = jwk.common.key_id.clone();
    let name = id.as_deref().unwrap_or("without kid");
    if matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)) {
        return Err(format!(
            "key {name} is symmetric: whoever can check with it can sign, so only public keys are taken"
        ));
    }
    match DecodingKey::from_jwk(jwk) {
        Ok(key) => Ok(Some(Key { id, key })),
        Err(_) => {
            tracing::warn!(name, "a key of a kind that is not known, or badly written, is left out");
            Ok(None)
        }
    }
}

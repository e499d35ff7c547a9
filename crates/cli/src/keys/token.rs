//! `muster token`: signs what a studio's login service would.

use super::KeysDir;
use super::directory::ISSUER;
use crate::misuse::Misuse;
use anyhow::{Context, Result};
use chassis::Clock;
use domain::limits::RATING_ABS_MAX;
use domain::{PlayerId, RealmId};
use doors::{Claims, REALM_SCOPE};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use std::io::{Write, stdout};
use std::path::PathBuf;

const ALGORITHM: Algorithm = Algorithm::ES256;

/// Signs a token with the key that `muster keys` made, and prints it.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// Directory that `muster keys` wrote
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// The title it is for
    #[arg(long, env = "MUSTER_REALM", default_value = "default", value_name = "NAME")]
    realm: String,
    /// The player who may act with it, for himself
    #[arg(long, required_unless_present = "realm_server", value_name = "NAME")]
    player: Option<String>,
    /// A realm server, which may act with it for every player
    #[arg(long, conflicts_with = "player", value_name = "NAME")]
    realm_server: Option<String>,
    /// The player's rating, in rating points; without it he cannot queue by himself
    #[arg(long, value_name = "POINTS", requires = "player", allow_negative_numbers = true)]
    rating: Option<f64>,
    /// Its deviation, in rating points
    #[arg(long, value_name = "POINTS", requires = "rating")]
    deviation: Option<f64>,
    /// How long it holds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=525_600), value_name = "MINUTES")]
    minutes: u32,
}

#[derive(Serialize)]
struct Signed {
    iss: &'static str,
    aud: String,
    #[serde(flatten)]
    claims: Claims,
}

pub fn run(args: &TokenArgs) -> Result<()> {
    let realm = RealmId::parse("--realm", &args.realm).map_err(|invalid| Misuse::new(invalid.to_string()))?;
    let sub = args.player.as_ref().or(args.realm_server.as_ref()).cloned().unwrap_or_default();
    PlayerId::parse("--player or --realm-server", &sub).map_err(|invalid| Misuse::new(invalid.to_string()))?;
    for (flag, value, least) in [("--rating", args.rating, -RATING_ABS_MAX), ("--deviation", args.deviation, 0.0)] {
        if value.is_some_and(|value| !(least..=RATING_ABS_MAX).contains(&value)) {
            return Err(Misuse::new(format!("{flag} must be {least} to {RATING_ABS_MAX}")).into());
        }
    }
    let exp = Clock::system().now_ms() / 1_000 + 60 * u64::from(args.minutes);
    let scope = if args.realm_server.is_some() { REALM_SCOPE.to_owned() } else { String::new() };
    let (rating, deviation) = (args.rating, args.deviation);
    let claims = Claims { sub, exp, scope, rating, deviation, ..Claims::default() };
    let dir = KeysDir::new(args.keys.clone());
    let signed = Signed { iss: ISSUER, aud: realm.to_string(), claims };
    Ok(writeln!(stdout(), "{}", encode(&Header::new(ALGORITHM), &signed, &signing_key(&dir)?)?)?)
}

/// Makes the key that signs tokens, unless it is there, and tells the public one.
pub(super) fn make_key(dir: &KeysDir) -> Result<()> {
    if dir.is_new(&dir.token_key(), &dir.jwks())? {
        dir.write_secret(&dir.token_key(), &rcgen::KeyPair::generate()?.serialize_pem())?;
        let mut key = Jwk::from_encoding_key(&signing_key(dir)?, ALGORITHM)?;
        key.common.public_key_use = Some(PublicKeyUse::Signature);
        dir.write(&dir.jwks(), &serde_json::to_string_pretty(&JwkSet { keys: vec![key] })?)?;
    }
    Ok(())
}

fn signing_key(dir: &KeysDir) -> Result<EncodingKey> {
    let pem = dir.read(&dir.token_key()).map_err(|error| Misuse::new(format!("{error:#}: `muster keys` makes it")))?;
    EncodingKey::from_ec_pem(pem.as_bytes()).with_context(|| format!("{} holds no key", dir.token_key().display()))
}

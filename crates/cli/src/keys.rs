//! `muster keys` and `muster token`: what locked doors need, to try them out or to begin with.

mod authority;
mod directory;
mod token;

pub use directory::KeysDir;
pub use token::{TokenArgs, run as token};

use crate::misuse::Misuse;
use anyhow::{Context, Result};
use authority::Authority;
use domain::RealmId;
use doors::Member;
use std::io::{Write, stdout};
use std::path::PathBuf;

/// Makes an authority, a certificate for each role, and a key for tokens. Where the authority and the token key are there already they
/// stay, and the certificates are made anew.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The title whose services these are
    #[arg(long, env = "MUSTER_REALM", default_value = "default", value_name = "NAME")]
    realm: String,
    /// Names by which clients reach the services, besides localhost, 127.0.0.1 and each one's role
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    host: Vec<String>,
    /// How long the certificates hold
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=825), value_name = "DAYS")]
    days: u16,
}

pub fn run(args: &Args) -> Result<()> {
    let realm = RealmId::parse("--realm", &args.realm).map_err(|invalid| Misuse::new(invalid.to_string()))?;
    let dir = KeysDir::new(args.out.clone());
    dir.create().with_context(|| format!("{} cannot be written", args.out.display()))?;
    let authority = Authority::in_dir(&dir)?;
    for member in Member::ALL {
        let (certificate, key) = authority.issue(&member.uri(&realm), member.as_str(), &args.host, args.days)?;
        dir.write_secret(&dir.key(member), &key)?;
        dir.write(&dir.cert(member), &certificate)?;
    }
    token::make_key(&dir)?;
    Ok(writeln!(stdout(), "{}", told(&args.out))?)
}

fn told(out: &std::path::Path) -> String {
    let out = out.display();
    format!(
        "{out} holds an authority (ca.pem), a certificate and key for each role, and the public keys of tokens (jwks.json)
  a cluster behind locked doors    muster cluster --keys {out}
  a player's token                 muster token --keys {out} --player ada --rating 1510 > ada.token
  a call with it                   muster ticket enqueue --queue duel --player ada:1510 --ca {out}/ca.pem --token-file ada.token \\
                                     --target https://127.0.0.1:7600 --play https://127.0.0.1:7610
Whoever has ca.key or token.key can be anyone: keep them off the machines that serve."
    )
}

//! Whatever somebody may show at a door: good, and bad in every way.

use crate::processes::{MUSTER, Processes};
use anyhow::{Context, Result, ensure};
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use chassis::{Bearer, Channel, Clock, Network};
use domain::{RealmId, Role};
use doors::{CertificateFiles, Certificates, Member, Outward, authority};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

const HOUR: u64 = 3_600;

/// What `muster keys` writes for one realm, beside what it writes for others.
pub struct Keys {
    dir: TempDir,
    realm: RealmId,
}

/// What a caller shows, and how he connects.
pub struct Credential {
    pub name: &'static str,
    pub network: Network,
    /// The header `authorization`.
    pub shown: Option<String>,
    /// The connection itself is refused.
    pub is_foreign: bool,
}

/// A client with a token.
pub struct Holder {
    pub name: String,
    network: Network,
    bearer: Bearer,
}

fn trusting(ca: &Path) -> Result<Network> {
    Ok(Network::tcp().encrypted(Outward::Client { authority: authority(ca.to_owned())? }))
}

async fn write_keys(dir: &Path, realm: &str) -> Result<()> {
    let made = Command::new(MUSTER).args(["keys", "--realm", realm, "--out"]).arg(dir).output().await?;
    ensure!(made.status.success(), "{made:?}");
    Ok(())
}

fn now_s() -> u64 {
    Clock::system().now_ms() / 1_000
}

impl Keys {
    pub async fn new(realm: &str) -> Result<Self> {
        let keys = Self { dir: TempDir::with_prefix("muster-keys-")?, realm: realm.parse()? };
        write_keys(keys.dir(), realm).await?;
        Ok(keys)
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Another authority signs everything anew, in the same files.
    pub async fn replace_authority(&self) -> Result<()> {
        for file in ["ca.key", "ca.pem"] {
            std::fs::remove_file(self.dir().join(file))?;
        }
        write_keys(self.dir(), self.realm.as_str()).await
    }

    fn as_client(&self) -> Result<Network> {
        trusting(&self.dir().join("ca.pem"))
    }

    fn holder(&self, name: &str, claims: &Value) -> Result<Holder> {
        let token = self.dir().join(format!("{name}-{}.token", uuid::Uuid::new_v4()));
        std::fs::write(&token, self.signed(claims)?)?;
        let bearer = Bearer::open(token)?;
        let network = self.as_client()?.bearing(bearer.clone());
        Ok(Holder { name: name.to_owned(), network, bearer })
    }

    pub fn realm_server(&self) -> Result<Holder> {
        self.holder("realm-1", &self.claims("realm-1", json!({ "scope": "muster:realm" })))
    }

    pub fn player(&self, name: &str, rating: f64) -> Result<Holder> {
        self.holder(name, &self.claims(name, json!({ "rating": rating })))
    }

    /// One that ran out so long ago: up to 30 s are forgiven, for clocks differ.
    pub fn expired_for(&self, name: &str, since: Duration) -> Result<Holder> {
        self.holder(name, &self.claims(name, json!({ "exp": now_s() - since.as_secs() })))
    }

    /// The longest line of each.
    pub fn private_keys(&self) -> Result<Vec<String>> {
        let mut longest = Vec::new();
        for file in std::fs::read_dir(self.dir())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "key") {
                let text = std::fs::read_to_string(path)?;
                longest.push(text.lines().max_by_key(|line| line.len()).context("a line")?.to_owned());
            }
        }
        ensure!(!longest.is_empty());
        Ok(longest)
    }

    /// Good ones, but for what is `different`.
    fn claims(&self, sub: &str, different: Value) -> Value {
        let mut claims = json!({
            "iss": "muster-keys", "aud": self.realm.as_str(), "sub": sub, "exp": now_s() + HOUR,
        });
        for (claim, value) in different.as_object().into_iter().flatten() {
            claims[claim] = value.clone();
        }
        claims
    }

    fn signed(&self, claims: &Value) -> Result<String> {
        let key = EncodingKey::from_ec_pem(&std::fs::read(self.dir().join("token.key"))?)?;
        Ok(encode(&Header::new(Algorithm::ES256), claims, &key)?)
    }

    /// Everything that is not good enough for something.
    pub async fn credentials(&self) -> Result<Vec<Credential>> {
        let realm = |different| self.claims("realm-1", different);
        let scope = || json!({ "scope": "muster:realm" });
        let with = |claim: &str, value: Value| {
            let mut different = scope();
            different[claim] = value;
            different
        };
        let foreign = Self::new(self.realm.as_str()).await?;
        let hmac =
            |secret: &[u8]| encode(&Header::new(Algorithm::HS256), &realm(scope()), &EncodingKey::from_secret(secret)?);
        let public = std::fs::read(self.dir().join("jwks.json"))?;
        let good = self.signed(&realm(scope()))?;
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).context("a payload")?);
        let mut without_sub = realm(scope());
        without_sub.as_object_mut().context("claims")?.remove("sub");
        let mut endless = realm(scope());
        endless.as_object_mut().context("claims")?.remove("exp");
        let tokens = [
            ("realm server", good.clone()),
            ("ada", self.signed(&self.claims("ada", json!({ "rating": 1500.0 })))?),
            ("junk", "junk".to_owned()),
            ("nothing signed", unsigned),
            ("a public key as a secret", hmac(&public)?),
            ("a changed token", good.replacen('.', ".e30", 1)),
            ("another's key", foreign.signed(&realm(scope()))?),
            ("an expired token", self.signed(&realm(with("exp", json!(now_s() - HOUR))))?),
            ("a token of later", self.signed(&realm(with("nbf", json!(now_s() + HOUR))))?),
            ("another issuer", self.signed(&realm(with("iss", json!("other"))))?),
            ("another title", self.signed(&realm(with("aud", json!("other"))))?),
            ("no subject", self.signed(&without_sub)?),
            ("no end", self.signed(&endless)?),
        ];
        let client = self.as_client()?;
        let bearer = |(name, token): (&'static str, String)| Credential {
            name,
            network: client.clone(),
            shown: Some(format!("Bearer {token}")),
            is_foreign: false,
        };
        let mut all: Vec<Credential> = tokens.into_iter().map(bearer).collect();
        let basic = Some(format!("Basic {good}"));
        all.push(Credential { name: "nothing", network: client.clone(), shown: None, is_foreign: false });
        all.push(Credential { name: "another scheme", network: client, shown: basic, is_foreign: false });
        let twice = Some(format!("Bearer {good}, Bearer {good}"));
        all.push(Credential { name: "two tokens", network: self.as_client()?, shown: twice, is_foreign: false });
        for name in ["orchestrator", "sweeper", "matchmaker", "mover", "playserver", "monitor"] {
            let network = self.as_member(self.dir(), name, self.realm.as_str())?;
            all.push(Credential { name, network, shown: None, is_foreign: false });
        }
        // Signed by the same authority, for another title.
        let beside = self.dir().join("beside");
        std::fs::create_dir(&beside)?;
        for file in ["ca.pem", "ca.key"] {
            std::fs::copy(self.dir().join(file), beside.join(file))?;
        }
        write_keys(&beside, "other").await?;
        let network = self.as_member(&beside, "monitor", "other")?;
        all.push(Credential { name: "another title's monitor", network, shown: None, is_foreign: true });
        // Signed by another authority; the caller takes both for good.
        let authorities = [self.dir(), foreign.dir()].map(|dir| std::fs::read_to_string(dir.join("ca.pem")));
        let both = authorities.into_iter().collect::<Result<String, _>>()?;
        std::fs::write(foreign.dir().join("ca.pem"), both)?;
        let network = self.as_member(foreign.dir(), "mover", self.realm.as_str())?;
        all.push(Credential { name: "another authority's mover", network, shown: None, is_foreign: true });
        Ok(all)
    }

    fn as_member(&self, dir: &Path, name: &str, realm: &str) -> Result<Network> {
        let file = |kind: &str| -> PathBuf { dir.join(format!("{name}.{kind}")) };
        let files = CertificateFiles { cert: file("pem"), key: file("key"), ca: dir.join("ca.pem") };
        let member = Member::ALL.into_iter().find(|member| member.as_str() == name).context("a member")?;
        let certificates = Certificates::open(files, member, &realm.parse()?)?;
        Ok(Network::tcp().encrypted(Outward::Member { certificates, realm: self.realm.clone() }))
    }

    /// Queues a player, and answers his ticket's id.
    pub async fn queue(&self, processes: &Processes, holder: &Holder, player: &str) -> Result<String> {
        let request = super::enqueue(player);
        let answer = holder.queue(processes)?.enqueue(request).await?.into_inner();
        Ok(answer.ticket.context("a ticket")?.id)
    }
}

impl Holder {
    /// How he reaches whoever is of another authority.
    pub fn trusting(&self, ca: &Path) -> Result<Network> {
        Ok(trusting(ca)?.bearing(self.bearer.clone()))
    }

    pub fn queue(&self, processes: &Processes) -> Result<QueueClient<Channel>> {
        Ok(QueueClient::new(self.channel(processes, Role::Orchestrator)?))
    }

    pub fn play(&self, processes: &Processes) -> Result<PlayClient<Channel>> {
        Ok(PlayClient::new(self.channel(processes, Role::Playserver)?))
    }

    fn channel(&self, processes: &Processes, role: Role) -> Result<Channel> {
        Ok(self.network.channel(&processes.of(role, 0)?.address)?)
    }
}

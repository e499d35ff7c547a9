//! What every story stands on: a system on one of the stores, and players.

use anyhow::{Context, Result, bail};
use api::v1;
use chassis::{Clock, LiveRules, Network};
use domain::{InstanceId, Party, RealmId, Role, RuleSet, Rules, Ticket, TicketId};
use sandbox::{Actor, Counts, System, World, built_in_rules, wait_until};
use std::sync::Arc;
use std::time::Duration;
use store::testing::RedisServer;
use store::{Enqueue, EnqueueOutcome, MemoryStore, RedisStore, Store, Subject};

/// The realm of every story.
pub const REALM: &str = "test";

/// Where truth is kept in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Memory,
    Redis,
}

/// How long a ticket may be unwatched in these stories: long enough to come back in, short enough to wait for.
const UNWATCHED_MAX: Duration = Duration::from_secs(2);

/// A running system and what it stands on.
pub struct Fixture {
    pub system: System,
    /// Ends with the fixture.
    pub redis: Option<RedisServer>,
}

impl Fixture {
    pub async fn open(on: On, counts: Counts) -> Result<Self> {
        Self::open_with(on, counts, built_in_rules()?).await
    }

    /// With one queue, whose rules are `rules`.
    pub async fn open_by(on: On, counts: Counts, rules: &str) -> Result<Self> {
        Self::open_with(on, counts, rule_set(&[rules])?).await
    }

    pub async fn open_with(on: On, counts: Counts, rules: RuleSet) -> Result<Self> {
        let realm: RealmId = REALM.parse()?;
        let (store, redis): (Arc<dyn Store>, _) = match on {
            On::Memory => (Arc::new(MemoryStore::new()), None),
            On::Redis => {
                let redis = RedisServer::start()?;
                (Arc::new(RedisStore::connect(redis.url(), realm.clone())?), Some(redis))
            }
        };
        let unwatched_max = Some(UNWATCHED_MAX);
        let world = World {
            realm,
            store,
            rules: LiveRules::new(rules),
            clock: Clock::system(),
            network: Network::tcp(),
            unwatched_max,
            drainable: false,
        };
        Ok(Self { system: System::start(world, counts).await?, redis })
    }

    /// Puts other rules in force while everything runs: one queue for each text.
    pub fn reloads(&self, rules: &[&str]) -> Result<()> {
        self.system.world.rules.replace(rule_set(rules)?);
        Ok(())
    }

    /// Starts one more instance, which comes to new rules at another time than the others.
    pub async fn is_joined_by(&mut self, role: Role, rules: &LiveRules) -> Result<()> {
        let of_others = std::mem::replace(&mut self.system.world.rules, rules.clone());
        let joined = self.system.join(role).await;
        self.system.world.rules = of_others;
        joined
    }

    /// A player at the first orchestrator and the first playserver.
    pub fn player(&self, id: &str, rating: f64) -> Result<Actor> {
        self.player_at(id, rating, 0, 0)
    }

    /// A player at an orchestrator and a playserver, by the order in which they were started.
    pub fn player_at(&self, id: &str, rating: f64, orchestrator: usize, playserver: usize) -> Result<Actor> {
        let orchestrator = self.address(Role::Orchestrator, orchestrator)?;
        Actor::new(id, rating, &orchestrator, &self.address(Role::Playserver, playserver)?)
    }

    pub fn address(&self, role: Role, index: usize) -> Result<String> {
        let addresses = self.system.addresses(role);
        addresses.into_iter().nth(index).with_context(|| format!("no {} number {index}", role.as_str()))
    }

    /// Writes the ticket that `actor`'s request for a duel would get for `client_key` at `holder`, who hears nothing of it.
    pub async fn writes(&self, actor: &Actor, client_key: &str, holder: InstanceId) -> Result<v1::Ticket> {
        let party = api::party_from_wire(actor.request("duel").players)?;
        let id = TicketId::derive(&self.system.world.realm, client_key, party.player_ids());
        self.writes_party(id, &party, holder).await
    }

    /// Writes a ticket of the party for a duel.
    pub async fn writes_party(&self, id: TicketId, party: &Party, holder: InstanceId) -> Result<v1::Ticket> {
        let world = &self.system.world;
        let rules = world.rules.current();
        let rules = rules.get(&"duel".parse()?).context("rules of duel")?;
        let now_ms = world.clock.now_ms();
        let enqueue = Enqueue {
            id,
            players: party.player_ids().cloned().collect(),
            places: vec![rules.place(party)],
            party: api::encode_party(party),
            queued_ms: now_ms,
            expires_ms: now_ms + rules.longest_wait_ms(),
            holder,
            trace: String::new(),
        };
        match world.store.enqueue(enqueue).await? {
            EnqueueOutcome::Queued(ticket) => Ok((&ticket).into()),
            other => bail!("not queued: {other:?}"),
        }
    }

    pub fn store(&self) -> &dyn Store {
        &*self.system.world.store
    }

    /// The name of the first instance of a role.
    pub fn first(&self, role: Role) -> Result<InstanceId> {
        let first = self.system.of(role).next().with_context(|| format!("no {}", role.as_str()))?;
        Ok(first.instance.id.clone())
    }
}

/// One queue for each text.
pub fn rule_set(texts: &[&str]) -> Result<RuleSet> {
    let rules = texts.iter().map(|text| Rules::parse(text)).collect::<Result<_, _>>()?;
    Ok(RuleSet::try_new(rules)?)
}

/// A ticket as it stands in the store.
pub async fn stored(store: &dyn Store, id: &str) -> Result<Ticket> {
    let snapshot = store.snapshot(&Subject::Ticket(id.parse()?)).await?;
    snapshot.ticket.with_context(|| format!("ticket {id} is not stored"))
}

/// Waits until whoever looks for the ticket is one of `holders`.
pub async fn is_held_by(store: &dyn Store, ticket: &v1::Ticket, holders: &[InstanceId]) -> Result<()> {
    wait_until(&format!("one of {holders:?} to hold {}", ticket.id), || async {
        let holder = stored(store, &ticket.id).await.map_err(|error| error.to_string())?.holder;
        holders.contains(&holder).then_some(()).ok_or_else(|| format!("{holder} holds it"))
    })
    .await
}

/// Tells a story once for each store.
macro_rules! on_both_stores {
    ($($(#[$doc:meta])* async fn $story:ident($on:ident: On) -> Result<()> $body:block)+) => {
        $(
            $(#[$doc])*
            async fn $story($on: On) -> Result<()> $body
        )+
        mod on_memory {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() -> anyhow::Result<()> {
                    super::$story(crate::fixture::On::Memory).await
                }
            )+
        }
        mod on_redis {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() -> anyhow::Result<()> {
                    super::$story(crate::fixture::On::Redis).await
                }
            )+
        }
    };
}
pub(crate) use on_both_stores;

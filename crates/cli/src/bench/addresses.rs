//! Where players go, and how.

use chassis::Network;
use domain::Rules;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How players reach the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Realm servers queue and follow them over a few streams
    Stream,
    /// Each calls for himself: one Enqueue and one Watch
    Unary,
}

impl Via {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Unary => "unary",
        }
    }
}

pub struct Addresses {
    pub via: Via,
    pub network: Network,
    /// The title's name; empty where it is not asked for.
    pub realm: String,
    /// Each takes its share of the players.
    pub realms: Vec<Realm>,
    pub queue: String,
    /// The queue's, as far as is known.
    pub rules: Arc<Rules>,
    /// What all players' names begin with.
    pub names: String,
}

/// Where one realm's services are.
#[derive(Debug, Clone)]
pub struct Realm {
    pub orchestrators: Vec<String>,
    pub playservers: Vec<String>,
}

impl Addresses {
    pub fn orchestrators(&self) -> Vec<&String> {
        self.realms.iter().flat_map(|realm| &realm.orchestrators).collect()
    }

    pub fn playservers(&self) -> Vec<&String> {
        self.realms.iter().flat_map(|realm| &realm.playservers).collect()
    }
}

use crate::InstanceId;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Orchestrator,
    Sweeper,
    Matchmaker,
    Mover,
    Playserver,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Orchestrator, Self::Sweeper, Self::Matchmaker, Self::Mover, Self::Playserver];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::Sweeper => "sweeper",
            Self::Matchmaker => "matchmaker",
            Self::Mover => "mover",
            Self::Playserver => "playserver",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// One running process, as it makes itself known to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub id: InstanceId,
    pub role: Role,
    /// `http://host:port`, or `https://`, at which the others reach it.
    pub address: String,
    /// Region it stands in; empty when it does not matter.
    pub region: String,
    /// Work it can take, in units of its own (a playserver: matches); 0 means it takes none, as while it drains.
    pub capacity: u32,
    /// Work it has, in the same units.
    pub load: u32,
}

impl Instance {
    /// How much more work it can take, in the same units.
    pub fn room(&self) -> u32 {
        self.capacity.saturating_sub(self.load)
    }
}

use domain::{Instance, InstanceId, Invalid, Role};

/// Matches one playserver hosts at the same time unless it is told otherwise.
const CAPACITY: u32 = 100_000;

/// One instance to run.
#[derive(Debug, Clone)]
pub struct Spec {
    pub instance: Instance,
    /// What the players of a match hosted here are told to connect to. Only for playservers.
    pub game_address: String,
}

impl Spec {
    /// An instance reached at `address` (`http://host:port`, or `https://`), with a name of its own.
    pub fn new(role: Role, address: String) -> Result<Self, Invalid> {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let id = InstanceId::parse("id", &format!("{}-{}", role.as_str(), &unique[..8]))?;
        let game_address = address.split_once("://").map_or(address.as_str(), |(_, place)| place).to_owned();
        let instance = Instance { id, role, address, region: String::new(), capacity: CAPACITY, load: 0 };
        Ok(Self { instance, game_address })
    }
}

/// How many instances of each role to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub orchestrators: usize,
    pub sweepers: usize,
    pub matchmakers: usize,
    pub movers: usize,
    pub playservers: usize,
}

impl Counts {
    /// One of each: the whole way, as small as it gets.
    pub const ONE_EACH: Self = Self { orchestrators: 1, sweepers: 1, matchmakers: 1, movers: 1, playservers: 1 };

    /// Each role as often as it is to run.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        let counts = [
            (Role::Playserver, self.playservers),
            (Role::Mover, self.movers),
            (Role::Matchmaker, self.matchmakers),
            (Role::Sweeper, self.sweepers),
            (Role::Orchestrator, self.orchestrators),
        ];
        counts.into_iter().flat_map(|(role, count)| std::iter::repeat_n(role, count))
    }
}

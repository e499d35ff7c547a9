//! What can go wrong, and how often it does.

use crate::dice::Dice;
use domain::Role;
use std::iter::repeat_n;
use std::time::Duration;

/// A kind of fault, as `--faults` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Kind {
    /// SIGKILL of a service; it is started again
    Kill,
    /// SIGTERM of a service; it is started again
    Terminate,
    /// SIGSTOP of a service, then SIGCONT: it wakes up into a world that went on
    Stop,
    /// The connections between two are closed, and new ones too
    CutLink,
    /// What two say to each other is held back, and neither can tell
    HoldLink,
    /// The lead is taken from the mover that leads: another takes it while the first believes to have it
    TwoMovers,
    /// SIGKILL of Redis; it is started again from its append-only file
    KillRedis,
    /// Redis answers nobody for a while
    PauseRedis,
    /// Whatever is said to Redis and by it takes longer
    SlowRedis,
    /// Every connection to Redis is closed
    CutRedis,
    /// Redis forgets all scripts
    FlushScripts,
    /// Redis is killed and its append-only file ends where it was last synced, with half a command: with fsync `everysec` or `no`
    /// this loses what was acknowledged, and the run has to say so
    CutPower,
    /// Redis' disk is full: it ends, or takes no writes
    FillDisk,
}

/// How often each comes, of all together.
const ODDS: [(Kind, usize); 13] = [
    (Kind::Kill, 40),
    (Kind::Terminate, 8),
    (Kind::Stop, 20),
    (Kind::CutLink, 8),
    (Kind::HoldLink, 8),
    (Kind::TwoMovers, 4),
    (Kind::KillRedis, 4),
    (Kind::PauseRedis, 4),
    (Kind::SlowRedis, 4),
    (Kind::CutRedis, 6),
    (Kind::FlushScripts, 4),
    (Kind::CutPower, 3),
    (Kind::FillDisk, 2),
];

/// One fault, and how long it lasts until it is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub target: Target,
    pub lasts: Duration,
    /// From its healing to the next.
    pub pause: Duration,
}

/// Whom it hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    One(Role),
    Link(Peer, Peer),
    Redis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Players,
    One(Role),
    Redis,
}

/// Who connects to whom.
const LINKS: [(Peer, Peer); 11] = [
    (Peer::Players, Peer::One(Role::Orchestrator)),
    (Peer::Players, Peer::One(Role::Playserver)),
    (Peer::One(Role::Orchestrator), Peer::One(Role::Matchmaker)),
    (Peer::One(Role::Sweeper), Peer::One(Role::Matchmaker)),
    (Peer::One(Role::Matchmaker), Peer::One(Role::Mover)),
    (Peer::One(Role::Mover), Peer::One(Role::Playserver)),
    (Peer::One(Role::Orchestrator), Peer::Redis),
    (Peer::One(Role::Sweeper), Peer::Redis),
    (Peer::One(Role::Matchmaker), Peer::Redis),
    (Peer::One(Role::Mover), Peer::Redis),
    (Peer::One(Role::Playserver), Peer::Redis),
];

impl Fault {
    /// One of these `kinds`, or of all where none is named.
    pub fn roll(dice: &mut Dice, kinds: &[Kind]) -> Self {
        let kind = roll_kind(dice, kinds);
        let lasts_ms = match kind {
            Kind::Kill => dice.between(50, 1_500),
            Kind::Terminate => dice.between(50, 500),
            Kind::Stop => dice.between(300, 4_500),
            Kind::CutLink | Kind::HoldLink => dice.between(200, 4_500),
            Kind::KillRedis | Kind::CutPower | Kind::FillDisk => dice.between(0, 800),
            Kind::PauseRedis => dice.between(100, 1_500),
            Kind::SlowRedis => dice.between(1_000, 4_000),
            Kind::TwoMovers | Kind::CutRedis | Kind::FlushScripts => 0,
        };
        let target = match kind {
            Kind::Kill | Kind::Terminate | Kind::Stop => Target::One(roll_role(dice)),
            Kind::CutLink | Kind::HoldLink => {
                let (from, to) = dice.one_of(&LINKS);
                Target::Link(from, to)
            }
            _ => Target::Redis,
        };
        let pause_ms = dice.between(100, 1_500);
        Self { kind, target, lasts: Duration::from_millis(lasts_ms), pause: Duration::from_millis(pause_ms) }
    }

    pub fn name(self) -> String {
        let kind = self.kind.name();
        match self.target {
            Target::One(role) => format!("{kind} {}", role.as_str()),
            Target::Link(from, to) => format!("{kind} {}-{}", from.name(), to.name()),
            Target::Redis => kind,
        }
    }
}

fn roll_kind(dice: &mut Dice, kinds: &[Kind]) -> Kind {
    let allowed = ODDS.into_iter().filter(|(kind, _)| kinds.is_empty() || kinds.contains(kind));
    let wheel: Vec<Kind> = allowed.flat_map(|(kind, odds)| repeat_n(kind, odds)).collect();
    dice.one_of(&wheel)
}

/// Movers more often than others: they alone write matches.
fn roll_role(dice: &mut Dice) -> Role {
    if dice.roll(8) == 0 { Role::Mover } else { dice.one_of(&Role::ALL) }
}

impl Kind {
    /// As `--faults` takes it.
    pub fn name(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self);
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl Peer {
    pub fn name(self) -> &'static str {
        match self {
            Self::Players => "players",
            Self::One(role) => role.as_str(),
            Self::Redis => "redis",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan(seed: u64, kinds: &[Kind]) -> Vec<Fault> {
        let mut dice = Dice::new(seed);
        (0..2_000).map(|_| Fault::roll(&mut dice, kinds)).collect()
    }

    #[test]
    fn a_seed_gives_its_own_faults_and_always_the_same() {
        assert_eq!(plan(7, &[]), plan(7, &[]));
        assert_ne!(plan(7, &[]), plan(8, &[]));
    }

    #[test]
    fn in_time_everything_goes_wrong() {
        let names: BTreeSet<String> = plan(1, &[]).into_iter().map(Fault::name).collect();
        assert_eq!(names.len(), 3 * Role::ALL.len() + 2 * LINKS.len() + 8, "{names:?}");
    }

    #[test]
    fn only_what_is_named_goes_wrong() {
        let kinds: BTreeSet<Kind> =
            plan(1, &[Kind::Stop, Kind::CutPower]).into_iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, BTreeSet::from([Kind::Stop, Kind::CutPower]));
    }
}

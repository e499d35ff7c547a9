//! What can go wrong, and how often it does.

use super::dice::Dice;
use domain::Role;
use std::time::Duration;

/// One fault, and how long it lasts until it is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub what: What,
    pub lasts: Duration,
    /// From its healing to the next.
    pub pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// SIGKILL of one that plays this role; it is started again.
    Kill(Role),
    /// SIGTERM of one; it is started again.
    Terminate(Role),
    /// SIGSTOP of one, then SIGCONT: it wakes up into a world that went on.
    Stop(Role),
    /// SIGKILL of Redis; it is started again from its append-only file.
    KillRedis,
    /// Redis answers nobody for a while.
    PauseRedis,
    /// Every connection to Redis is closed.
    CutRedis,
    /// Redis forgets all scripts.
    FlushScripts,
}

const ROLES: [Role; 5] = Role::ALL;

impl Fault {
    /// Movers more often than others: they alone write matches.
    pub fn roll(dice: &mut Dice) -> Self {
        let role = if dice.roll(4) == 0 { Role::Mover } else { dice.one_of(&ROLES) };
        let (what, lasts_ms) = match dice.roll(20) {
            0..9 => (What::Kill(role), dice.between(50, 1_500)),
            9 | 10 => (What::Terminate(role), dice.between(50, 500)),
            11..15 => (What::Stop(role), dice.between(300, 4_500)),
            15 => (What::KillRedis, dice.between(0, 800)),
            16 => (What::PauseRedis, dice.between(100, 1_500)),
            17 | 18 => (What::CutRedis, 0),
            _ => (What::FlushScripts, 0),
        };
        let pause_ms = dice.between(100, 1_500);
        Self { what, lasts: Duration::from_millis(lasts_ms), pause: Duration::from_millis(pause_ms) }
    }
}

impl What {
    pub fn name(self) -> String {
        match self {
            Self::Kill(role) => format!("kill {}", role.as_str()),
            Self::Terminate(role) => format!("terminate {}", role.as_str()),
            Self::Stop(role) => format!("stop {}", role.as_str()),
            Self::KillRedis => "kill redis".to_owned(),
            Self::PauseRedis => "pause redis".to_owned(),
            Self::CutRedis => "cut redis' connections".to_owned(),
            Self::FlushScripts => "flush scripts".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan(seed: u64) -> Vec<Fault> {
        let mut dice = Dice::new(seed);
        (0..1_000).map(|_| Fault::roll(&mut dice)).collect()
    }

    #[test]
    fn a_seed_gives_its_own_faults_and_always_the_same() {
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn in_time_everything_goes_wrong() {
        let names: BTreeSet<String> = plan(1).into_iter().map(|fault| fault.what.name()).collect();
        assert_eq!(names.len(), 3 * ROLES.len() + 4, "{names:?}");
    }
}

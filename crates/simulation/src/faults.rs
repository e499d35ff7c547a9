//! What goes wrong, when, and for how long: as the seed says.

use crate::dice::Dice;
use crate::storage::Flow;
use std::time::Duration;

/// Everything is well before, and again after.
const FROM_MS: u64 = 1_500;
pub const UNTIL: Duration = Duration::from_secs(12);
const LASTS_MS: (u64, u64) = (100, 5_000);
const FAULTS_MAX: u64 = 8;

#[derive(Debug, Clone)]
pub enum Fault {
    /// The host stops at once, and its connections close.
    Crash(String),
    /// The host stops at once, and nobody hears of it.
    Vanish(String),
    /// The host is told to stop, as by SIGTERM.
    Stop(String),
    /// Nothing passes between two hosts, and what was under way is lost.
    Part(String, String),
    /// What two hosts send one another arrives when the fault is over.
    Hold(String, String),
    /// A host's way to the store.
    Store(String, Flow),
    /// Everyone's way to the store.
    StoreAway(Flow),
    /// The lead is taken from the mover that has it, so that for a while two believe that they lead.
    Depose,
}

#[derive(Debug, Clone)]
pub struct Planned {
    pub from: Duration,
    pub until: Duration,
    pub fault: Fault,
}

/// The faults of one run among `services`, and between them and `players`.
pub fn plan(dice: &Dice, services: &[String], players: &str) -> Vec<Planned> {
    let count = 1 + dice.below(FAULTS_MAX);
    (0..count).map(|_| planned(dice, services, players)).collect()
}

fn planned(dice: &Dice, services: &[String], players: &str) -> Planned {
    let from = Duration::from_millis(FROM_MS + dice.below(UNTIL.as_millis() as u64 - FROM_MS));
    let lasts = Duration::from_millis(LASTS_MS.0 + dice.below(LASTS_MS.1 - LASTS_MS.0));
    Planned { from, until: UNTIL.min(from + lasts), fault: fault(dice, services, players) }
}

fn fault(dice: &Dice, services: &[String], players: &str) -> Fault {
    let one = || dice.pick(services).clone();
    let another = |than: &str| {
        let others: Vec<&str> =
            services.iter().map(String::as_str).chain([players]).filter(|one| *one != than).collect();
        (*dice.pick(&others)).to_owned()
    };
    match dice.below(12) {
        0 | 1 => Fault::Crash(one()),
        2 => Fault::Vanish(one()),
        3 => Fault::Stop(one()),
        4 | 5 => {
            let a = one();
            let b = another(&a);
            Fault::Part(a, b)
        }
        6 => {
            let a = one();
            let b = another(&a);
            Fault::Hold(a, b)
        }
        7 | 8 => Fault::Store(one(), flow(dice)),
        9 => Fault::StoreAway(flow(dice)),
        _ => Fault::Depose,
    }
}

fn flow(dice: &Dice) -> Flow {
    *dice.pick(&[Flow::Slow, Flow::Cut, Flow::Held, Flow::Deaf])
}

//! What may be asked of a store, drawn at random, without knowing any store: what it names, it names by turns.

use domain::{Cursor, Role};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use store::Leave;

pub const PLAYERS: usize = 30;
pub const HOSTS: [&str; 3] = ["host-1", "host-2", "host-3"];
pub const HOLDERS: [&str; 3] = ["orchestrator-1", "orchestrator-2", "sweeper-1"];
const MOVERS: [&str; 2] = ["mover-1", "mover-2"];
const REGIONS: [&str; 2] = ["eu", "us"];

/// One of those that have come up: mostly one that still lives, else any.
#[derive(Debug, Clone)]
pub enum Pick {
    Live(Index),
    Any(Index),
}

#[derive(Debug, Clone)]
pub enum Whom {
    Player(usize),
    Ticket(Pick),
}

/// A place in the queue `duel`.
#[derive(Debug, Clone)]
pub struct Spot {
    pub region: &'static str,
    pub rating: f64,
}

/// A ticket to write.
#[derive(Debug, Clone)]
pub struct Newcomer {
    pub players: Vec<usize>,
    pub spot: Spot,
    /// Waits in a second queue as well.
    pub brawls: bool,
    pub stays_ms: u64,
    pub holder: &'static str,
}

#[derive(Debug, Clone)]
pub enum Step {
    Enqueue(Newcomer),
    /// The very call again, whatever became of it meanwhile.
    EnqueueAgain(Index),
    Leave(Pick, Leave),
    Widen(Pick, u32),
    Relocate(Pick, &'static str, Spot),
    Commit(Vec<Pick>),
    CommitAgain(Index),
    Assign(Pick, &'static str),
    Acknowledge(Pick, usize),
    Remind(Pick, u64),
    NoShow(Pick),
    End(Pick),
    Requeue(Pick),
    Rehost(Pick, &'static str, u64),
    Watch(Whom, &'static str),
    Unwatch(Whom, &'static str),
    Release(&'static str),
    Adopt(&'static str),
    Trim,
    /// As if history had come so much farther than this store knows.
    Lead(&'static str, u64),
    Resign,
    Register(Role, &'static str),
    Deregister(Role, &'static str),
}

/// Any step; those on which others stand come more often.
pub fn step() -> impl Strategy<Value = Step> {
    let lives = prop_oneof![
        5 => newcomer().prop_map(Step::Enqueue),
        1 => any::<Index>().prop_map(Step::EnqueueAgain),
        1 => (pick(), select(vec![Leave::Cancelled, Leave::Expired, Leave::Unwatched]))
            .prop_map(|(ticket, how)| Step::Leave(ticket, how)),
        1 => (pick(), 0..4_u32).prop_map(|(ticket, width)| Step::Widen(ticket, width)),
        1 => (pick(), one_of(&HOLDERS), spot()).prop_map(|(ticket, holder, spot)| Step::Relocate(ticket, holder, spot)),
        1 => one_of(&HOLDERS).prop_map(Step::Release),
        1 => one_of(&HOLDERS).prop_map(Step::Adopt),
        1 => (whom(), one_of(&HOSTS)).prop_map(|(whom, playserver)| Step::Watch(whom, playserver)),
        1 => (whom(), one_of(&HOSTS)).prop_map(|(whom, playserver)| Step::Unwatch(whom, playserver)),
    ];
    let matches = prop_oneof![
        4 => prop::collection::vec(pick(), 1..=3).prop_map(Step::Commit),
        1 => any::<Index>().prop_map(Step::CommitAgain),
        3 => (pick(), one_of(&HOSTS)).prop_map(|(id, host)| Step::Assign(id, host)),
        2 => (pick(), 0..PLAYERS).prop_map(|(id, player)| Step::Acknowledge(id, player)),
        1 => (pick(), 0..2_u64).prop_map(|(id, later_ms)| Step::Remind(id, later_ms)),
        1 => pick().prop_map(Step::NoShow),
        2 => pick().prop_map(Step::End),
        1 => pick().prop_map(Step::Requeue),
        1 => (pick(), one_of(&HOSTS), 0..2_u64).prop_map(|(id, host, later_ms)| Step::Rehost(id, host, later_ms)),
    ];
    let leases = prop_oneof![
        1 => Just(Step::Trim),
        2 => (one_of(&MOVERS), prop_oneof![4 => Just(0), 1 => 1..1_000_u64]).prop_map(|(id, lost)| Step::Lead(id, lost)),
        1 => Just(Step::Resign),
        1 => (role(), one_of(&HOSTS)).prop_map(|(role, id)| Step::Register(role, id)),
        1 => (role(), one_of(&HOSTS)).prop_map(|(role, id)| Step::Deregister(role, id)),
    ];
    prop_oneof![13 => lives, 13 => matches, 2 => leases]
}

/// The place in history that one knows of who is `lost` events ahead of it.
pub fn ahead(of: Cursor, lost: u64) -> Cursor {
    if lost == 0 { Cursor::default() } else { Cursor { seq: of.seq + lost, ..of } }
}

fn newcomer() -> impl Strategy<Value = Newcomer> {
    let players = prop::collection::vec(0..PLAYERS, 1..=2).prop_map(|mut players| {
        players.dedup();
        players
    });
    (players, spot(), any::<bool>(), 0..50_u64, one_of(&HOLDERS))
        .prop_map(|(players, spot, brawls, stays_ms, holder)| Newcomer { players, spot, brawls, stays_ms, holder })
}

fn spot() -> impl Strategy<Value = Spot> {
    (one_of(&REGIONS), 0..5_u32).prop_map(|(region, step)| Spot { region, rating: f64::from(step) * 100.0 })
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![3 => any::<Index>().prop_map(Pick::Live), 1 => any::<Index>().prop_map(Pick::Any)]
}

fn whom() -> impl Strategy<Value = Whom> {
    prop_oneof![(0..PLAYERS).prop_map(Whom::Player), pick().prop_map(Whom::Ticket)]
}

fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::Playserver, Role::Matchmaker])
}

fn one_of<const N: usize>(names: &[&'static str; N]) -> impl Strategy<Value = &'static str> + use<N> {
    select(names.to_vec())
}

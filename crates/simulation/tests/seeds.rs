//! A handful of seeds; the README says how to run thousands.

use std::io;
use std::process::{Command, Output};

fn simulation(flags: &[&str]) -> io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_simulation")).args(flags).output()
}

#[test]
fn what_is_promised_holds_through_the_faults_of_every_seed() -> io::Result<()> {
    let ran = simulation(&["--seeds", "8"])?;
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}");
    assert!(told.starts_with("8 seeds from 0: 0 broken; "), "{told}");
    Ok(())
}

#[test]
fn the_same_seed_is_the_same_run_to_the_last_message_and_another_seed_is_another() -> io::Result<()> {
    let [once, again, other] = ["7", "7", "8"].map(|seed| simulation(&["--seed", seed]));
    let (once, again, other) = (once?.stdout, again?.stdout, other?.stdout);
    assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&again));
    let trace = |told: &[u8]| String::from_utf8_lossy(told).split(", trace ").nth(1).map(str::to_owned);
    assert_ne!(trace(&once), trace(&other));
    assert!(trace(&once).is_some());
    Ok(())
}

#[test]
fn no_seeds_at_all_are_refused_for_they_would_prove_nothing() -> io::Result<()> {
    let ran = simulation(&["--seeds", "0"])?;
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{told}");
    assert!(told.contains("invalid value '0' for '--seeds <SEEDS>'"), "{told}");
    Ok(())
}

/// A seed in which `fault` has its consequence, of which `told` is said.
fn is_found(fault: &str, seed: &str, told: &str) -> io::Result<()> {
    let ran = simulation(&["--seed", seed, "--plant", fault])?;
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.lines().any(|line| line.starts_with(&format!("seed {seed} BROKEN {told}: "))), "{said}");
    Ok(())
}

#[test]
fn a_lost_ticket_is_found() -> io::Result<()> {
    is_found("lost-ticket", "1", "one-outcome")
}

#[test]
fn a_double_match_is_found() -> io::Result<()> {
    is_found("double-match", "1", "one-match-per-ticket")
}

#[test]
fn a_missed_delivery_is_found() -> io::Result<()> {
    is_found("missed-delivery", "1", "lost-player")
}

#[test]
fn a_write_under_a_wrong_fence_is_found() -> io::Result<()> {
    is_found("wrong-fence", "10", "fence")
}

#[test]
fn a_cancel_acknowledged_too_early_is_found() -> io::Result<()> {
    is_found("early-ack", "1", "cancel-holds")
}

#[test]
fn players_who_expire_though_they_could_be_matched_are_found() -> io::Result<()> {
    is_found("no-more-matches", "1", "starved")
}

#[test]
fn an_enqueue_that_is_not_answered_when_all_is_well_again_is_found() -> io::Result<()> {
    is_found("no-more-tickets", "1", "unanswered")
}

#[test]
fn a_match_beyond_the_limits_of_its_rules_is_found() -> io::Result<()> {
    is_found("unchecked-limits", "3", "rules")
}

//! What a measurement may be asked for.

use crate::misuse::Misuse;
use std::fmt::Display;

/// Players per second: more than a machine will take.
pub const RATE_MAX: f64 = 1e6;
const SECONDS_MAX: u64 = 3_600;
/// How often what is set against another may be measured.
pub const ROUNDS: (usize, usize) = (1, 100);
/// Of a load with a burst in its midst.
pub const BURST_SECONDS: (u64, u64) = (6, SECONDS_MAX);
/// Tickets of one measurement: of each some hundred bytes are kept until its end.
pub const TICKETS_MAX: usize = 20_000_000;

pub fn check_rate(flag: &str, rate: f64) -> Result<(), Misuse> {
    check_number(flag, rate, (1.0, RATE_MAX))
}

pub fn check_seconds(flag: &str, seconds: u64) -> Result<(), Misuse> {
    check_number(flag, seconds, (1, SECONDS_MAX))
}

/// Of a load whose whole seconds are looked at: one is lost to its edges.
pub fn check_seconds_of_load(flag: &str, seconds: u64) -> Result<(), Misuse> {
    check_number(flag, seconds, (2, SECONDS_MAX))
}

/// Where 0 stands for not at all.
pub fn check_seconds_or_none(flag: &str, seconds: u64) -> Result<(), Misuse> {
    check_number(flag, seconds, (0, SECONDS_MAX))
}

pub fn check_number<T: PartialOrd + Display>(flag: &str, number: T, (least, most): (T, T)) -> Result<(), Misuse> {
    if (&least..=&most).contains(&&number) {
        return Ok(());
    }
    Err(Misuse::new(format!("{flag} must be {least} to {most}, is {number}")))
}

//! Many seeds, each in a process of its own.

use crate::Args;
use anyhow::{Context, Result};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use wait_timeout::ChildExt;

/// Longest that one may run, in real time: the clock within it may stand still.
const LASTS_MAX: Duration = Duration::from_secs(120);
/// How often it is told how far it came, in seeds.
const TELL_EVERY: u64 = 500;

#[derive(Default)]
struct Count {
    next: AtomicU64,
    done: AtomicU64,
    broken: AtomicU64,
    /// Of all of them together.
    tickets: AtomicU64,
    matches: AtomicU64,
    faults: AtomicU64,
}

impl Count {
    /// Takes the numbers out of the line that a run ends with.
    fn take(&self, told: &str) {
        let Some((_, numbers)) = told.lines().last().and_then(|line| line.split_once(": ")) else { return };
        for (number, counter) in numbers.split(", ").zip([&self.tickets, &self.matches, &self.faults]) {
            let number = number.split(' ').next().and_then(|number| number.parse().ok());
            counter.fetch_add(number.unwrap_or(0), Relaxed);
        }
    }
}

/// Runs them all and prints those that broke something: true when none did.
pub fn run_all(args: &Args) -> Result<bool> {
    let count = Count::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..args.jobs).map(|_| scope.spawn(|| work(args, &count))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().ok().context("a worker panicked")?)
    })?;
    let (done, broken) = (count.done.load(Relaxed), count.broken.load(Relaxed));
    let [tickets, matches, faults] = [&count.tickets, &count.matches, &count.faults].map(|total| total.load(Relaxed));
    println!("{done} seeds from {}: {broken} broken; {tickets} tickets, {matches} matches, {faults} faults", args.from);
    Ok(broken == 0)
}

fn work(args: &Args, count: &Count) -> Result<()> {
    loop {
        let number = count.next.fetch_add(1, Relaxed);
        if number >= args.seeds {
            return Ok(());
        }
        if !holds(args, args.from + number, count)? {
            count.broken.fetch_add(1, Relaxed);
        }
        let done = count.done.fetch_add(1, Relaxed) + 1;
        if done.is_multiple_of(TELL_EVERY) {
            println!("{done} of {} seeds, {} broken", args.seeds, count.broken.load(Relaxed));
        }
    }
}

fn holds(args: &Args, seed: u64, count: &Count) -> Result<bool> {
    let mut one = Command::new(std::env::current_exe()?);
    one.arg("--seed").arg(seed.to_string());
    if let Some(plant) = args.plant {
        one.arg("--plant")
            .arg(clap::ValueEnum::to_possible_value(&plant).context("a fault without a name")?.get_name());
    }
    let could_not = || format!("seed {seed} could not be run");
    let mut child = one.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().with_context(could_not)?;
    let ended = child.wait_timeout(LASTS_MAX).with_context(could_not)?;
    if ended.is_none() {
        println!("seed {seed} BROKEN it runs for more than {LASTS_MAX:?}");
        child.kill().with_context(could_not)?;
    }
    let output = child.wait_with_output().with_context(could_not)?;
    count.take(&String::from_utf8_lossy(&output.stdout));
    let held = output.status.success();
    if !held {
        print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("again: cargo run --release -p simulation -- --seed {seed} --trace");
    }
    Ok(held)
}

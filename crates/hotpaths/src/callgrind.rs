//! Instructions of one path, counted in a process of its own: then no path's count depends on what went before it.

use crate::Result;
use hotpaths::Path;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;

/// The first times fill caches and the allocator's pages.
const UNCOUNTED: usize = 3;

/// What is called by [`counted_by_callgrind`] is counted, and nothing else.
const TOGGLE: &str = "--toggle-collect=*counted_by_callgrind*";
/// Stands before the sum in what callgrind says at its end.
const SUM: &str = "Collected :";

pub fn be_counted(go: &dyn Fn()) {
    (0..UNCOUNTED).for_each(|_| go());
    counted_by_callgrind(go);
}

#[inline(never)]
fn counted_by_callgrind(go: &dyn Fn()) {
    go();
    // Without anything after it the call would be a jump, and callgrind would not see it return.
    black_box(());
}

/// The instructions of each of them, by name.
pub fn count(paths: impl Iterator<Item = &'static Path> + Send) -> Result<BTreeMap<String, u64>> {
    let (left, counts) = (Mutex::new(paths), Mutex::new(BTreeMap::new()));
    let work = || {
        let next = || left.lock().next();
        while let Some(path) = next() {
            let count = count_one(path.name).map_err(|error| error.to_string());
            counts.lock().insert(path.name, count);
        }
    };
    let cores = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let counts = counts.into_inner();
    counts.into_iter().map(|(name, count)| Ok((name.to_owned(), count?))).collect()
}

fn count_one(name: &str) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", TOGGLE])
        .arg(std::env::current_exe()?)
        .arg(name);
    let ended = command.output().map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&ended.stderr);
    let sum = said.lines().find_map(|line| line.split_once(SUM)).and_then(|(_, sum)| sum.trim().parse().ok());
    match sum {
        Some(sum) if ended.status.success() && sum > 0 => Ok(sum),
        _ => Err(format!("{name} could not be counted ({}):\n{said}", ended.status).into()),
    }
}

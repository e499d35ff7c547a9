//! `muster simulate`: plays a trace on a virtual clock, with the engine and the schedule of the live system, and shows what its
//! players would get.

mod args;
mod book;
mod crowd;
mod figures;
mod full_parties;
mod groups;
mod line;
mod matches;
mod meetings;
mod played;
mod print;
mod prospects;
mod report;
mod runs;
mod summary;
mod world;

pub use args::Args;

use crate::misuse::Misuse;
use anyhow::Context;
use book::Book;
use crowd::Crowd;
use runs::Run;
use std::path::Path;
use std::time::Instant;

/// Where the files of `--compare` stand in the output directory.
const COMPARE_DIR: &str = "compare";

pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut entries = vec![entry(args, "--rules", &args.rules)?];
    if let Some(file) = &args.compare {
        entries.push(entry(args, "--compare", file)?);
    }
    make_dir(&args.out)?;
    let began = Instant::now();
    let runs = runs::all(entries, !args.no_curve)?;
    let took = began.elapsed();
    for (run, dir) in runs.iter().zip([args.out.clone(), args.out.join(COMPARE_DIR)]) {
        write(run, &dir)?;
    }
    write_file(&args.out.join("report.html"), report::page(&args.trace, &runs)?.as_bytes())?;
    print::summary(&args.trace, &runs, took, &args.out)
}

/// The rules of one file, and the trace as they see it.
fn entry(args: &Args, flag: &str, file: &Path) -> anyhow::Result<(Book, Crowd)> {
    let book = Book::read(flag, file, args.queue.as_deref())?;
    let regions: Vec<String> = book.rules.regions().iter().map(|region| region.to_string()).collect();
    let mut loaded = args.source().load(&regions)?;
    if loaded.lacks_rtt && !regions.is_empty() {
        let told = "names cities, but there is no city_rtt.csv beside it: give --rtt CITY_RTT.csv";
        return Err(Misuse::new(format!("{} {told}", args.trace)).into());
    }
    let until_ms = args.until_ms()?;
    loaded.arrivals.retain(|arrival| arrival.queue_ms < until_ms);
    if loaded.arrivals.is_empty() {
        return Err(Misuse::new(format!("{} has no rows before {until_ms} ms", args.trace)).into());
    }
    let crowd = Crowd::gather(&args.trace, &loaded.arrivals, &book.rules)?;
    Ok((book, crowd))
}

fn write(run: &Run, dir: &Path) -> anyhow::Result<()> {
    make_dir(dir)?;
    write_file(&dir.join("matches.csv"), &run.matches_csv)?;
    let summary = serde_json::to_string_pretty(&run.summary)? + "\n";
    write_file(&dir.join("summary.json"), summary.as_bytes())
}

fn make_dir(dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("can't make the directory {}", dir.display()))
}

fn write_file(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, content).with_context(|| format!("can't write {}", file.display()))
}

//! The summary for people.

use super::figures::figures;
use super::runs::Run;
use std::io::{Write, stdout};
use std::path::Path;
use std::time::Duration;

pub fn summary(trace: &str, runs: &[Run], took: Duration, out: &Path) -> anyhow::Result<()> {
    let mut to = stdout().lock();
    let names = runs.iter().map(|run| run.summary.rules.clone());
    writeln!(to, "{trace}")?;
    writeln!(to, "  {:<32}{}", "", columns(names))?;
    let summaries: Vec<_> = runs.iter().map(|run| &run.summary).collect();
    for (name, told) in figures(&summaries) {
        writeln!(to, "  {name:<32}{}", columns(told.into_iter()))?;
    }
    for run in runs.iter().filter(|run| run.summary.refused > 0) {
        let (rules, refused) = (&run.summary.rules, run.summary.refused);
        writeln!(to, "  {rules}: {refused} proposals REFUSED, each a mistake of the engine:")?;
        run.summary.refusals.iter().try_for_each(|refusal| writeln!(to, "    {refusal}"))?;
    }
    writeln!(to, "  took {:.1} s; see {}", took.as_secs_f64(), out.join("report.html").display())?;
    Ok(())
}

fn columns(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("{cell:<26}")).collect::<String>().trim_end().to_owned()
}

//! What was broken, by which promise: a thousand of one kind must not hide the one of another.

use super::report::Report;
use players::{Broken, Lost, Member, TicketRecord, Which};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Told of each kind; the rest are counted.
const TOLD_OF_A_KIND_MAX: usize = 5;

/// The first of each kind, and how many more there are; from what is in order of kinds, as an audit's answer is.
pub fn lines(broken: &[Broken]) -> Vec<String> {
    broken.chunk_by(|one, next| one.which == next.which).flat_map(of_a_kind).collect()
}

fn of_a_kind(broken: &[Broken]) -> Vec<String> {
    let (told, further) = broken.split_at(broken.len().min(TOLD_OF_A_KIND_MAX));
    let more = further.first().map(|next| format!("{}: and {} more", next.which.name(), further.len()));
    told.iter().map(Broken::to_string).chain(more).collect()
}

/// How many of each kind, by its name.
pub fn counts(broken: &[Broken]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for broken in broken {
        *counts.entry(broken.which.name()).or_default() += 1;
    }
    counts
}

/// All kinds in one line; nothing where every promise held.
pub fn summary(report: &Report) -> Option<String> {
    let of_kind = |(name, count): (&&str, &usize)| match report.players_told_no_outcome {
        told_none if told_none > 0 && *name == Which::OneOutcome.name() => {
            format!("{name} {count} (in {told_none} a player was told no outcome)")
        }
        _ => format!("{name} {count}"),
    };
    let kinds: Vec<String> = report.broken_by_kind.iter().map(of_kind).collect();
    (!kinds.is_empty()).then(|| kinds.join(", "))
}

/// Players to whom one-outcome was broken in that they were told none.
pub fn told_no_outcome(records: &[TicketRecord]) -> usize {
    let told_none =
        |member: &&Member| member.outcome().is_none() && matches!(member.lost, Some(Lost::Untold | Lost::Forgotten));
    records.iter().flat_map(|record| &record.members).filter(told_none).count()
}

/// Why nobody was told what became of tickets. Those of the first two kinds are broken promises.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WithoutOutcome {
    /// The system does not know them, though it had acknowledged them.
    pub forgotten: usize,
    /// Their players watched and were told none in time.
    pub untold: usize,
    /// Their players went away before, or could not reach the system.
    pub unheard: usize,
}

impl WithoutOutcome {
    /// Of tickets that have none.
    pub fn of<'a>(records: impl Iterator<Item = &'a TicketRecord>) -> Self {
        records.fold(Self::default(), Self::and)
    }

    fn and(mut self, record: &TicketRecord) -> Self {
        let was = |why: Lost| record.members.iter().any(|member| member.lost.as_ref() == Some(&why));
        let kind = if was(Lost::Forgotten) {
            &mut self.forgotten
        } else if was(Lost::Untold) {
            &mut self.untold
        } else {
            &mut self.unheard
        };
        *kind += 1;
        self
    }

    pub fn total(self) -> usize {
        self.forgotten + self.untold + self.unheard
    }
}

impl fmt::Display for WithoutOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { forgotten, untold, unheard } = self;
        write!(f, "forgotten {forgotten}, not told in time {untold}, players gone {unheard}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(which: Which, player: usize) -> Broken {
        Broken { which, player: player.to_string(), detail: "was told so".to_owned() }
    }

    #[test]
    fn a_thousand_of_one_kind_do_not_hide_the_one_of_another() {
        let mut all: Vec<Broken> = (0..1_000).map(|player| broken(Which::OneOutcome, player)).collect();
        all.push(broken(Which::EveryoneTold, 7));
        let lines = lines(&all);
        assert_eq!(lines.len(), TOLD_OF_A_KIND_MAX + 2, "{lines:?}");
        assert_eq!(lines[TOLD_OF_A_KIND_MAX..], ["one-outcome: and 995 more", "everyone-told: player 7 was told so"]);
        let broken_by_kind = counts(&all);
        let report = Report { broken_by_kind, players_told_no_outcome: 998, ..Default::default() };
        assert_eq!(
            summary(&report).unwrap(),
            "everyone-told 1, one-outcome 1000 (in 998 a player was told no outcome)"
        );
        assert_eq!(summary(&Report::default()), None);
    }

    #[test]
    fn tickets_without_an_outcome_are_as_many_as_the_players_who_were_told_none() {
        let alone = |lost| {
            let member = Member { lost, ..Default::default() };
            TicketRecord { members: vec![member], ..Default::default() }
        };
        let records = [Lost::Forgotten, Lost::Forgotten, Lost::Untold, Lost::Stopped].map(|lost| alone(Some(lost)));
        let without = WithoutOutcome::of(records.iter());
        assert_eq!(without, WithoutOutcome { forgotten: 2, untold: 1, unheard: 1 });
        assert_eq!(told_no_outcome(&records), without.total() - without.unheard);
    }
}

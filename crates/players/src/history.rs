//! What players were told, written down for whoever looks for the cause of a fault: a line of JSON for each ticket.

use super::record::{Member, Seen, TicketRecord};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

pub fn write(records: &[TicketRecord], file: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(file)?);
    for record in records {
        writeln!(file, "{}", ticket(record))?;
    }
    file.flush()
}

fn ticket(record: &TicketRecord) -> Value {
    json!({
        "ticket": record.ticket_id,
        "sent_us": record.sent_us,
        "answered_us": record.answered_us,
        "cancelled": record.cancelled,
        "given_up": record.given_up,
        "forgotten": record.forgotten,
        "last_look": record.last_look.as_ref().map(|(state, at, in_match)| json!([state.as_str_name(), at, in_match])),
        "players": record.members.iter().map(member).collect::<Vec<_>>(),
    })
}

fn member(member: &Member) -> Value {
    json!({
        "player": &*member.player,
        "opened": member.opened,
        "broken": member.broken,
        "repeated": member.repeated,
        "astray": member.astray,
        "lost": member.lost.as_ref().map(|lost| format!("{lost:?}")),
        "ended": member.ended.as_ref().map(|(at_us, told)| json!([at_us, told.match_id])),
        "seen": member.seen.iter().map(seen).collect::<Vec<_>>(),
    })
}

fn seen(seen: &Seen) -> Value {
    json!({
        "at_us": seen.at_us,
        "cursor": seen.cursor,
        "snapshot": seen.snapshot,
        "change": seen.change.as_str_name(),
        "state": seen.state.as_str_name(),
        "match": seen.told.as_ref().map(|told| &told.match_id),
        "tickets": seen.told.as_ref().map(|told| &told.ticket_ids),
    })
}

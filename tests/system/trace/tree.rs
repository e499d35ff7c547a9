//! The spans of one trace, as the tree that they should form.

use std::collections::HashSet;
use std::fmt;

/// One span as it was received.
#[derive(Debug, Clone)]
pub struct Span {
    pub service: String,
    /// Which of its processes.
    pub instance: String,
    /// `server`, `client` or `internal`.
    pub kind: &'static str,
    pub name: String,
    pub trace: String,
    pub id: String,
    /// Empty at a root.
    pub parent: String,
    pub links: Vec<Link>,
    pub attributes: Vec<(String, String)>,
    /// What went wrong, as its status tells.
    pub error: Option<String>,
    pub begun_ns: u64,
    pub ended_ns: u64,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub trace: String,
    pub span: String,
}

impl Span {
    /// Where it was made and what it is.
    fn place(&self) -> String {
        let role = self.service.trim_start_matches("muster-");
        format!("{role}: {} ({})", self.name, self.kind)
    }

    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone)]
pub struct Tree {
    /// In the order in which they began.
    pub spans: Vec<Span>,
}

impl Tree {
    pub fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_by_key(|span| span.begun_ns);
        Self { spans }
    }

    /// What of `wanted` (service, kind, name) is not in the trace.
    pub fn lacks(&self, wanted: &[(&str, &str, &str)]) -> Option<String> {
        let holds = |(service, kind, name): &(&str, &str, &str)| {
            self.spans
                .iter()
                .any(|span| (span.service.as_str(), span.kind, span.name.as_str()) == (*service, *kind, *name))
        };
        wanted
            .iter()
            .find(|wanted| !holds(wanted))
            .map(|(service, kind, name)| format!("no {kind} {name} at {service}"))
    }

    /// Why the spans are no one tree: there must be one root, and every other's parent must have been received.
    pub fn is_broken(&self) -> Option<String> {
        let known: HashSet<&str> = self.spans.iter().map(|span| span.id.as_str()).collect();
        let roots: Vec<&str> = self.roots().map(|span| span.name.as_str()).collect();
        let lost = self.spans.iter().find(|span| !span.parent.is_empty() && !known.contains(span.parent.as_str()));
        match (roots.as_slice(), lost) {
            (["muster.v1.Queue/Enqueue"], None) => None,
            (_, None) => Some(format!("its roots are {roots:?}")),
            (_, Some(span)) => Some(format!("the parent of {} at {} is not in it", span.name, span.service)),
        }
    }

    /// A span that is not where `allowed`, of a parent and its child each, lets it be. A root's parent is "".
    pub fn strays(&self, allowed: &[(&str, &str)]) -> Option<String> {
        let of = |id: &str| self.spans.iter().find(|span| span.id == id).map(Span::place).unwrap_or_default();
        let mut places = self.spans.iter().map(|span| (of(&span.parent), span.place()));
        let is_allowed = |(parent, child): &(String, String)| allowed.contains(&(parent.as_str(), child.as_str()));
        let stray = places.find(|place| !is_allowed(place));
        stray.map(|(parent, child)| format!("`{child}` stands under `{parent}`"))
    }

    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Span> {
        self.spans.iter().filter(move |span| span.name == name)
    }

    /// The commit that stands.
    pub fn commit(&self) -> Option<&Span> {
        let stands =
            |span: &&Span| span.name == "muster.commit" && span.attribute("muster.outcome") == Some("committed");
        self.spans.iter().find(stands)
    }

    fn roots(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(|span| span.parent.is_empty())
    }

    fn write_under(&self, f: &mut fmt::Formatter<'_>, parent: &str, depth: usize) -> fmt::Result {
        let begun_ns = self.spans.first().map_or(0, |span| span.begun_ns);
        for span in self.spans.iter().filter(|span| span.parent == parent) {
            let at_ms = span.begun_ns.saturating_sub(begun_ns) as f64 / 1e6;
            let took_ms = span.ended_ns.saturating_sub(span.begun_ns) as f64 / 1e6;
            let (service, kind, name) = (&span.service, span.kind, &span.name);
            write!(f, "{:8.1} {took_ms:8.1} ms  {:indent$}{service}: {name} ({kind})", at_ms, "", indent = 2 * depth)?;
            for (key, value) in &span.attributes {
                write!(f, " {key}={value}")?;
            }
            if let Some(error) = &span.error {
                write!(f, " ERROR: {error}")?;
            }
            for link in &span.links {
                write!(f, " -> {}/{}", link.trace, link.span)?;
            }
            writeln!(f)?;
            self.write_under(f, &span.id, depth + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = self.spans.first().map_or("no", |span| span.trace.as_str());
        writeln!(f, "trace {trace}: begins, lasts, where and what")?;
        self.write_under(f, "", 0)?;
        let known: HashSet<&str> = self.spans.iter().map(|span| span.id.as_str()).collect();
        let lost = self.spans.iter().filter(|span| !span.parent.is_empty() && !known.contains(span.parent.as_str()));
        let parents: HashSet<&str> = lost.map(|span| span.parent.as_str()).collect();
        for parent in parents {
            writeln!(f, "  under {parent}, which was not received:")?;
            self.write_under(f, parent, 1)?;
        }
        Ok(())
    }
}

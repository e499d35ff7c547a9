//! As much of PromQL as tells which metrics a query names, and which labels.

/// Aggregations and joins name labels in parentheses behind one of these.
const BEFORE_LABELS: [&str; 4] = ["by", "without", "on", "ignoring"];
const PREFIX: &str = "muster_";

#[derive(Debug, PartialEq, Eq)]
pub enum Term {
    Metric {
        name: String,
        labels: Vec<String>,
    },
    /// Labels behind `by` and its like.
    Grouping(Vec<String>),
}

pub fn terms(expr: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = unquoted(expr);
    while let Some(at) = rest.find(begins_word) {
        let (word, behind) = word(&rest[at..]);
        let behind = behind.trim_start();
        if word.starts_with(PREFIX) {
            let labels = within(behind, '{', '}').map(matched).unwrap_or_default();
            terms.push(Term::Metric { name: word, labels });
        } else if let (true, Some(labels)) = (BEFORE_LABELS.contains(&word.as_str()), within(behind, '(', ')')) {
            terms.push(Term::Grouping(words(labels)));
        }
        rest = behind.to_owned();
    }
    terms
}

/// What is compared with is text, and names nothing.
fn unquoted(expr: &str) -> String {
    expr.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

fn begins_word(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_'
}

/// The word that `text` begins with, and what is behind it.
fn word(text: &str) -> (String, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

fn within(text: &str, open: char, close: char) -> Option<&str> {
    text.strip_prefix(open)?.split(close).next()
}

fn words(text: &str) -> Vec<String> {
    text.split(',').map(|label| label.trim().to_owned()).filter(|label| !label.is_empty()).collect()
}

/// The labels of `queue=~"", kind!=""`.
fn matched(text: &str) -> Vec<String> {
    text.split(',').map(|matcher| word(matcher.trim()).0).filter(|label| !label.is_empty()).collect()
}

#[test]
fn a_query_names_its_metrics_with_their_labels_and_what_it_groups_by() {
    let expr =
        r#"sum by (le, queue) (rate(muster_a_bucket{queue=~"a,muster_no{x}", kind!=""}[5m])) / max(muster_b) > 1"#;
    let metric = |name: &str, labels: &[&str]| Term::Metric {
        name: name.to_owned(),
        labels: labels.iter().map(ToString::to_string).collect(),
    };
    let grouping = Term::Grouping(vec!["le".to_owned(), "queue".to_owned()]);
    assert_eq!(terms(expr), [grouping, metric("muster_a_bucket", &["queue", "kind"]), metric("muster_b", &[])]);
}

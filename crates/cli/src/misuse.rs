//! A command that was asked wrongly: one line that says what to do, and exit code 2.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::fmt;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

const TICKET_VERBS: [&str; 5] = ["enqueue", "cancel", "show", "watch", "end"];

/// Bad flags, bad files: what a user can mend by asking differently.
#[derive(Debug)]
pub struct Misuse(pub String);

impl Misuse {
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

/// clap explains over several lines; here it is one.
pub fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "error: name what to do (--help lists it)".to_owned();
    }
    if let Some(verb) = ticket_verb(error) {
        return format!("error: `{verb}` is a verb of `ticket`: muster ticket {verb} (--help tells more)");
    }
    let rendered = error.to_string();
    let told = rendered.lines().take_while(|line| !line.starts_with("Usage:")).map(str::trim);
    let told = told.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    format!("{} (--help tells more)", told.collect::<Vec<_>>().join(" "))
}

/// The word that stands where a subcommand should, if it is one of `muster ticket`.
fn ticket_verb(error: &clap::Error) -> Option<&str> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    TICKET_VERBS.contains(&word.as_str()).then_some(word)
}

/// Fails where `--json` names what cannot become a file.
pub fn check_json_file(file: &Path) -> Result<(), Misuse> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A pipe by name would be opened for as long as nobody reads it. One that this process was given is in /dev.
    let is_pipe = file.metadata().is_ok_and(|about| about.file_type().is_fifo()) && !file.starts_with("/dev");
    if file.is_dir() || !dir.is_dir() || is_pipe {
        let told = format!("--json must name a file in a directory that is there, is {}", file.display());
        return Err(Misuse::new(told));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Flags {
        #[arg(long)]
        speed: f64,
    }

    #[test]
    fn clap_errors_become_one_line() {
        let missing = Flags::try_parse_from(["x"]).unwrap_err();
        assert_eq!(
            one_line(&missing),
            "error: the following required arguments were not provided: --speed <SPEED> (--help tells more)"
        );
        let bad = one_line(&Flags::try_parse_from(["x", "--speed", "fast"]).unwrap_err());
        assert!(bad.starts_with("error: invalid value 'fast' for '--speed <SPEED>'") && !bad.contains('\n'), "{bad}");
    }
}

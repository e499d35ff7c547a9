//! What is said beside the work, which goes on where nobody is there to hear it: a terminal may close, and `println!` panics then.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// A line on stdout.
pub fn out(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// A line on stderr.
pub fn err(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}

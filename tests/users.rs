//! The users of `k8s/redis/users.acl`, with passwords and one more who may do anything, for tests.

use std::path::PathBuf;
use tempfile::TempDir;

/// As it is shipped: nobody has a password.
pub const SHIPPED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../k8s/redis/users.acl"));
/// Whose realm it is for.
const SHIPPED_REALM: &str = "{default}";
/// Looks behind what the others do.
pub const TESTER: &str = "tester";

/// A file as `aclfile` names it.
pub struct Users {
    dir: TempDir,
}

impl Users {
    /// Of a realm, and these `more`, who take the place of those of their names.
    pub fn of(realm: &str, more: &[&str]) -> Self {
        let dir = TempDir::with_prefix("muster-users-").unwrap();
        let shipped = SHIPPED.replace(SHIPPED_REALM, &format!("{{{realm}}}"));
        let tester = format!("user {TESTER} on ~* &* +@all");
        let is_replaced = |line: &str| more.iter().any(|one| one.split(' ').nth(1) == line.split(' ').nth(1));
        let kept = shipped.lines().filter(|line| !is_replaced(line)).chain([tester.as_str()]).map(with_password);
        let lines: Vec<String> = kept.chain(more.iter().map(ToString::to_string)).collect();
        std::fs::write(dir.path().join("users.acl"), lines.join("\n") + "\n").unwrap();
        Self { dir }
    }

    pub fn file(&self) -> PathBuf {
        self.dir.path().join("users.acl")
    }
}

/// As it stands before the host of a URL.
pub fn login(user: &str) -> String {
    format!("{user}:{}", password(user))
}

pub fn password(user: &str) -> String {
    format!("s3cret-of-{user}")
}

fn with_password(line: &str) -> String {
    match line.strip_prefix("user ").and_then(|rest| rest.split_once(" on ")) {
        Some((user, rules)) => format!("user {user} on >{} {rules}", password(user)),
        None => line.to_owned(),
    }
}

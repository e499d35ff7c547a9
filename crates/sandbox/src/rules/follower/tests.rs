use super::*;
use domain::{QueueName, RuleSet};
use std::path::Path;
use tempfile::TempDir;

const DUEL: &str = include_str!("../../../../../rules/duel.toml");

/// A directory of rules files, followed from the moment at which it held `duel.toml` alone.
struct Followed {
    directory: TempDir,
    rules: LiveRules,
    follower: RulesFollower,
}

impl Followed {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("duel.toml"), DUEL).unwrap();
        let paths = vec![directory.path().to_owned()];
        let rules = LiveRules::new(crate::load_rules(&paths).unwrap());
        let mut followed = Self { directory, follower: RulesFollower::new(paths, rules.clone()), rules };
        assert_eq!(followed.settles(), Polled::Nothing, "what was loaded is in force");
        followed
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// What comes of files that stand still.
    fn settles(&mut self) -> Polled {
        assert_eq!(self.follower.poll(), Polled::Nothing, "a content that was read once");
        self.follower.poll()
    }

    fn in_force(&self) -> RuleSet {
        RuleSet::clone(&self.rules.current())
    }

    fn takes_tickets(&self, queue: &str) -> bool {
        self.in_force().get(&name(queue)).is_some()
    }
}

fn name(queue: &str) -> QueueName {
    queue.parse().unwrap()
}

fn dearer() -> String {
    DUEL.replace("rating_gap = ", "rating_gap = 1")
}

fn told(polled: Polled) -> Vec<String> {
    let taken = match polled {
        Polled::Taken(changes) => Ok(changes),
        other => Err(other),
    };
    taken.unwrap().iter().map(ToString::to_string).collect()
}

fn why(polled: Polled) -> String {
    let refused = match polled {
        Polled::Refused(error) => Ok(error),
        other => Err(other),
    };
    refused.unwrap().to_string()
}

#[test]
fn a_good_file_is_taken_once_and_the_version_before_is_still_known() {
    let mut followed = Followed::start();
    let before = followed.in_force().get(&name("duel")).unwrap().version();
    followed.write("duel.toml", &dearer());
    let told = told(followed.settles());
    let now = followed.in_force().get(&name("duel")).unwrap().version();
    assert_eq!(told, [format!("duel {now} (was {before})")]);
    assert!(followed.in_force().of_version(&name("duel"), before).is_some());
    assert_eq!(followed.follower.poll(), Polled::Nothing);
}

#[test]
fn a_file_is_not_taken_while_it_is_being_written() {
    let mut followed = Followed::start();
    let whole = dearer();
    for length in [0, whole.len() / 2, whole.len()] {
        followed.write("duel.toml", &whole[..length]);
        assert_eq!(followed.follower.poll(), Polled::Nothing);
    }
    assert_eq!(told(followed.follower.poll()).len(), 1);
}

#[test]
fn a_bad_file_leaves_the_rules_in_force_is_told_once_with_its_place_and_the_mended_one_is_taken() {
    let mut followed = Followed::start();
    let before = followed.in_force().get(&name("duel")).unwrap().version();
    followed.write("duel.toml", "queue = \"duel\"\nteams = 5\n");
    let why = why(followed.settles());
    assert!(why.contains("duel.toml: line 2, column 9: ") && why.contains("teams") && !why.contains('\n'), "{why}");
    assert_eq!(followed.in_force().get(&name("duel")).unwrap().version(), before);
    assert_eq!(followed.follower.poll(), Polled::Nothing);

    followed.write("duel.toml", &dearer());
    assert_eq!(told(followed.settles()).len(), 1);
}

#[test]
fn a_bad_file_that_is_put_back_as_it_was_is_told_to_be_mended() {
    let mut followed = Followed::start();
    followed.write("duel.toml", "queue = ");
    why(followed.settles());
    followed.write("duel.toml", DUEL);
    assert_eq!(followed.settles(), Polled::Taken(Vec::new()));
    followed.write("duel.toml", &format!("{DUEL}# by hand\n"));
    assert_eq!(followed.settles(), Polled::Nothing, "a comment changes nothing");
}

#[test]
fn a_new_file_adds_its_queue_and_a_removed_one_takes_it_out() {
    let mut followed = Followed::start();
    followed.write("chess.toml", &DUEL.replace("\"duel\"", "\"chess\""));
    assert!(told(followed.settles())[0].starts_with("chess "));
    assert!(followed.takes_tickets("chess") && followed.takes_tickets("duel"));

    std::fs::remove_file(followed.path("duel.toml")).unwrap();
    assert!(told(followed.settles())[0].starts_with("duel removed"));
    assert!(followed.takes_tickets("chess") && !followed.takes_tickets("duel"));
    assert!(followed.in_force().latest(&name("duel")).is_some(), "those that wait go on");
}

#[test]
fn two_files_for_one_queue_or_none_at_all_change_nothing() {
    let mut followed = Followed::start();
    followed.write("again.toml", DUEL);
    assert!(why(followed.settles()).contains("duel"));
    for file in ["again.toml", "duel.toml"] {
        std::fs::remove_file(followed.path(file)).unwrap();
    }
    assert!(why(followed.settles()).contains("at least one rules file"));
    std::fs::remove_dir(followed.directory.path()).unwrap();
    let gone = why(followed.settles());
    assert!(gone.contains(&followed.directory.path().display().to_string()), "{gone}");
    assert!(followed.takes_tickets("duel"));
}

#[test]
fn a_turned_symlink_is_a_new_content() {
    let mut followed = Followed::start();
    let link = followed.path("duel.toml");
    let turn = |to: &Path| {
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(to, &link).unwrap();
    };
    followed.write("same.txt", DUEL);
    turn(&followed.path("same.txt"));
    assert_eq!(followed.follower.poll(), Polled::Nothing);
    followed.write("new.txt", &dearer());
    turn(&followed.path("new.txt"));
    assert_eq!(told(followed.settles()).len(), 1);
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let mut followed = Followed::start();
    followed.write("duel.toml", &format!("{DUEL}# {}", "x".repeat(1 << 20)));
    assert!(why(followed.settles()).contains("must have at most 1048576 bytes"));
}

#[test]
fn a_pipe_holds_nothing_up() {
    let mut followed = Followed::start();
    let pipe = followed.path("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(why(followed.settles()).contains("must be a regular file"));
}

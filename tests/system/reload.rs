//! Rules change while players wait.

use crate::fixture::{Fixture, On, is_held_by, on_both_stores, rule_set};
use crate::processes::Processes;
use anyhow::{Context, Result};
use api::v1::{self, Change};
use chassis::LiveRules;
use domain::Role;
use sandbox::{Actor, Counts, Queued};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tonic::Code;

/// 300 points cost 300 s, which nobody pays before he expires.
const DEAR: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 600
longest_match_s = 60
[price]
rating_gap = 1
[patience]
start_s = 1
[look]
again_ms = { start = 50, max = 50 }
"#;

/// 300 points cost 0.3 s, which anyone pays at once.
fn cheap() -> String {
    DEAR.replace("rating_gap = 1", "rating_gap = 0.001")
}

/// 300 points cost 15 s, which two pay who have waited for 2.9 s.
fn growing() -> String {
    DEAR.replace("rating_gap = 1", "rating_gap = 0.05").replace("start_s = 1", "start_s = 0.5\nper_s = 5")
}

/// Players of different devices never meet.
fn apart(rules: &str) -> String {
    rules.replace("[price]", "equal = [\"device\"]\n[price]")
}

fn chess() -> String {
    cheap().replace("\"duel\"", "\"chess\"")
}

fn version(rules: &str) -> Result<String> {
    let set = rule_set(&[rules])?;
    Ok(set.iter().next().context("one queue")?.version().to_string())
}

/// Ann and ben, 300 points apart, who were looked for in vain.
async fn wait_in_vain(fixture: &Fixture) -> Result<[Queued; 2]> {
    let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = fixture.player("ben", 1800.0)?.enqueues("duel").await?;
    ann.sees(Change::Widened).await?;
    ben.sees(Change::Widened).await?;
    Ok([ann, ben])
}

/// The sheet of the match in which the two meet.
async fn meet(players: &mut [Queued; 2]) -> Result<v1::Sheet> {
    let [ann, ben] = players;
    ann.is_matched_with(ben).await?.sheet.context("a match has a sheet")
}

async fn enqueues_on(device: &str, actor: &Actor) -> Result<Queued> {
    let mut request = actor.request("duel");
    request.players[0].strings = [("device".to_owned(), device.to_owned())].into();
    let response = actor.queue.clone().enqueue(request).await?.into_inner();
    actor.clone().watches(response.ticket.context("an Enqueue answers a ticket")?).await
}

/// The queue is unknown, and only those in `known` are not.
async fn is_refused_as_unknown(actor: &Actor, queue: &str, known: &str) -> Result<()> {
    let status = actor.is_refused(actor.request(queue)).await?;
    assert_eq!(status.code(), Code::InvalidArgument);
    let told = format!("unknown queue `{queue}`: must be one of {known}");
    assert!(status.message().ends_with(&told), "{status} should say {told}");
    Ok(())
}

/// Two wait for an instance of `role` that comes to the new rules later than the others.
async fn wait_for_the_late_one(on: On, others: Counts, role: Role) -> Result<()> {
    let mut fixture = Fixture::open_by(on, others, DEAR).await?;
    let late = LiveRules::new(rule_set(&[DEAR])?);
    fixture.is_joined_by(role, &late).await?;
    fixture.reloads(&[&cheap()])?;

    let mut waiting = wait_in_vain(&fixture).await?;
    late.replace(rule_set(&[&cheap()])?);
    assert_eq!(meet(&mut waiting).await?.rules_version, version(&cheap())?);
    Ok(())
}

on_both_stores! {
    async fn a_new_price_takes_effect_for_tickets_that_wait(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, DEAR).await?;
        let mut waiting = wait_in_vain(&fixture).await?;
        fixture.reloads(&[&cheap()])?;
        assert_eq!(meet(&mut waiting).await?.rules_version, version(&cheap())?);
        Ok(())
    }

    async fn those_whom_the_old_rules_kept_in_different_pools_meet_once_the_new_ones_do_not(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, &apart(DEAR)).await?;
        let mut ann = enqueues_on("pad", &fixture.player("ann", 1500.0)?).await?;
        let mut ben = enqueues_on("pc", &fixture.player("ben", 1500.0)?).await?;
        ann.sees(Change::Widened).await?;
        ben.sees(Change::Widened).await?;
        fixture.reloads(&[DEAR])?;
        ann.is_matched_with(&mut ben).await?;
        Ok(())
    }

    async fn one_who_waits_since_the_old_rules_meets_one_whom_the_new_ones_place_elsewhere(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, DEAR).await?;
        let mut ann = enqueues_on("pc", &fixture.player("ann", 1500.0)?).await?;
        fixture.reloads(&[&apart(DEAR).replace("[price]", "regions = [\"eu\"]\n[price]")])?;
        let mut cat = enqueues_on("pad", &fixture.player("cat", 1500.0)?).await?;
        let mut ben = enqueues_on("pc", &fixture.player("ben", 1500.0)?).await?;
        let sheet = ann.is_matched_with(&mut ben).await?.sheet.context("a match has a sheet")?;
        assert_eq!(sheet.region, "eu");
        cat.cancels().await?;
        Ok(())
    }

    async fn a_removed_queue_takes_no_new_tickets_and_those_that_wait_in_it_still_match(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, &growing()).await?;
        let ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let ben = fixture.player("ben", 1800.0)?.enqueues("duel").await?;
        fixture.reloads(&[&chess()])?;
        is_refused_as_unknown(&fixture.player("cat", 1500.0)?, "duel", "chess").await?;
        assert_eq!(meet(&mut [ann, ben]).await?.rules_version, version(&growing())?);
        Ok(())
    }

    async fn an_added_queue_takes_tickets_at_once(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, DEAR).await?;
        let (ann, ben) = (fixture.player("ann", 1500.0)?, fixture.player("ben", 1500.0)?);
        is_refused_as_unknown(&ann, "chess", "duel").await?;
        fixture.reloads(&[DEAR, &chess()])?;
        assert_eq!(meet(&mut [ann.enqueues("chess").await?, ben.enqueues("chess").await?]).await?.queue, "chess");
        Ok(())
    }

    async fn while_the_only_matchmaker_has_old_rules_tickets_wait_and_none_is_lost(on: On) -> Result<()> {
        wait_for_the_late_one(on, Counts { matchmakers: 0, ..Counts::ONE_EACH }, Role::Matchmaker).await
    }

    async fn while_the_mover_has_old_rules_tickets_wait_and_none_is_lost(on: On) -> Result<()> {
        wait_for_the_late_one(on, Counts { movers: 0, ..Counts::ONE_EACH }, Role::Mover).await
    }

    async fn a_matchmaker_with_old_rules_holds_nobody_up_while_another_has_the_new_ones(on: On) -> Result<()> {
        let mut fixture = Fixture::open_by(on, Counts { matchmakers: 0, ..Counts::ONE_EACH }, DEAR).await?;
        let theirs = [LiveRules::new(rule_set(&[DEAR])?), LiveRules::new(rule_set(&[DEAR])?)];
        for rules in &theirs {
            fixture.is_joined_by(Role::Matchmaker, rules).await?;
        }
        // Of two that are idle the first by name is asked: that one stays behind.
        let names: Vec<_> = fixture.system.of(Role::Matchmaker).map(|running| running.instance.id.clone()).collect();
        theirs[usize::from(names[0] < names[1])].replace(rule_set(&[&cheap()])?);
        fixture.reloads(&[&cheap()])?;
        let ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let ben = fixture.player("ben", 1800.0)?.enqueues("duel").await?;
        assert_eq!(meet(&mut [ann, ben]).await?.rules_version, version(&cheap())?);
        Ok(())
    }

    async fn what_was_searched_under_the_rules_before_is_still_committed(on: On) -> Result<()> {
        let mut fixture = Fixture::open_by(on, Counts { orchestrators: 0, ..Counts::ONE_EACH }, &cheap()).await?;
        // An orchestrator that comes to the new rules later than all others.
        fixture.is_joined_by(Role::Orchestrator, &LiveRules::new(rule_set(&[&cheap()])?)).await?;
        fixture.reloads(&[DEAR])?;
        let ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let ben = fixture.player("ben", 1800.0)?.enqueues("duel").await?;
        assert_eq!(meet(&mut [ann, ben]).await?.rules_version, version(&cheap())?);
        Ok(())
    }

    async fn orphans_of_a_queue_that_the_sweeper_does_not_know_yet_are_looked_for_once_it_does(on: On) -> Result<()> {
        let mut fixture = Fixture::open_by(on, Counts { sweepers: 0, ..Counts::ONE_EACH }, DEAR).await?;
        let late = LiveRules::new(rule_set(&[&chess()])?);
        fixture.is_joined_by(Role::Sweeper, &late).await?;
        let (ann, ben) = (fixture.player("ann", 1500.0)?, fixture.player("ben", 1500.0)?);
        let of_ann = fixture.writes(&ann, "crashed", "orchestrator-crashed".parse()?).await?;
        let of_ben = fixture.writes(&ben, "crashed", "orchestrator-crashed".parse()?).await?;
        for ticket in [&of_ann, &of_ben] {
            is_held_by(fixture.store(), ticket, &[fixture.first(Role::Sweeper)?]).await?;
        }
        late.replace(rule_set(&[DEAR])?);
        meet(&mut [ann.watches(of_ann).await?, ben.watches(of_ben).await?]).await?;
        Ok(())
    }
}

/// A directory of rules files, as `--rules` takes it.
struct RulesFiles(TempDir);

impl RulesFiles {
    /// With one file, of the queue `duel`.
    fn new(duel: &str) -> Result<Self> {
        let files = Self(TempDir::new()?);
        std::fs::write(files.path("duel"), duel)?;
        Ok(files)
    }

    fn path(&self, queue: &str) -> PathBuf {
        self.directory().join(format!("{queue}.toml"))
    }

    fn directory(&self) -> &Path {
        self.0.path()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_new_price_takes_effect_for_waiting_tickets_without_a_restart() -> Result<()> {
    let files = RulesFiles::new(DEAR)?;
    let processes = Processes::start_by(Counts::ONE_EACH, files.directory()).await?;
    let ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = processes.player("ben", 1800.0)?.enqueues("duel").await?;
    ben.sees(Change::Widened).await?;

    std::fs::write(files.path("duel"), cheap())?;
    let (before, now) = (version(DEAR)?, version(&cheap())?);
    assert_eq!(meet(&mut [ann, ben]).await?.rules_version, now);
    let told = processes.say(&["INFO", "rules reloaded", &format!("duel {now} (was {before})")]).await?;
    assert_eq!(told, 1, "each change is told once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_leaves_the_old_rules_in_force_and_every_process_says_why_once() -> Result<()> {
    let files = RulesFiles::new(DEAR)?;
    let processes = Processes::start_by(Counts::ONE_EACH, files.directory()).await?;
    std::fs::write(files.path("duel"), DEAR.replace("[1, 1]", "5"))?;
    let path = files.path("duel").display().to_string();
    let why = ["WARN", "rules not reloaded", &path, "line 3, column 9", "teams", "a list"];
    processes.say(&why).await?;

    let ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let ben = processes.player("ben", 1501.0)?.enqueues("duel").await?;
    assert_eq!(meet(&mut [ann, ben]).await?.rules_version, version(DEAR)?);

    std::fs::write(files.path("duel"), cheap())?;
    processes.say(&["INFO", "rules reloaded", "duel", &version(&cheap())?]).await?;
    assert_eq!(processes.say(&why).await?, 1, "each content is told once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_opens_its_queue_and_a_deleted_one_closes_its_own_for_new_tickets_only() -> Result<()> {
    let files = RulesFiles::new(&growing())?;
    let processes = Processes::start_by(Counts::ONE_EACH, files.directory()).await?;
    // 600 points cost 30 s, which they pay after 5.9 s: long after the file is gone.
    let ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let ben = processes.player("ben", 2100.0)?.enqueues("duel").await?;
    std::fs::write(files.path("chess"), chess())?;
    std::fs::remove_file(files.path("duel"))?;
    processes.say(&["rules reloaded", &format!("chess {} (new), duel removed", version(&chess())?)]).await?;

    let (cat, dan) = (processes.player("cat", 1500.0)?, processes.player("dan", 1800.0)?);
    is_refused_as_unknown(&cat, "duel", "chess").await?;
    meet(&mut [cat.enqueues("chess").await?, dan.enqueues("chess").await?]).await?;
    assert_eq!(meet(&mut [ann, ben]).await?.rules_version, version(&growing())?);
    Ok(())
}

//! No script has a check that these tests would not miss.

use super::calls::refuse;
use super::keys;
use super::mutants::{Mutant, mutants};
use super::planted::{Plot, known_needs};
use super::raw::{Raw, server, store_on};
use super::scene::VERBS;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use store::conformance::BOUNDS;
use store::testing::RedisServer;
use store::{RedisStore, Scripts, Store};
use tokio::task::JoinSet;

/// What a server answers at once.
const PROMISES_AT_ONCE: usize = 8;

/// Tries every promise on a realm of its own of the emptied server; the name of one that is broken.
async fn broken_promise(server: &RedisServer, scripts: &'static Scripts) -> Option<&'static str> {
    Raw::on(server).await.empty().await;
    let mut trying: JoinSet<()> = JoinSet::new();
    let mut names = HashMap::new();
    let mut broken = None;
    macro_rules! try_one {
        ($promise:ident) => {
            if broken.is_none() {
                let realm = format!("realm-{}", names.len()).parse().unwrap();
                let store = RedisStore::connect_within(server.url(), realm, BOUNDS).unwrap().with_scripts(scripts);
                let store: Arc<dyn Store> = Arc::new(store);
                let task = trying.spawn(async move { store::conformance::$promise(store).await });
                names.insert(task.id(), stringify!($promise));
                if trying.len() >= PROMISES_AT_ONCE {
                    broken = next_broken(&mut trying, &names).await;
                }
            }
        };
    }
    store::for_each_promise!(try_one);
    while broken.is_none() && !trying.is_empty() {
        broken = next_broken(&mut trying, &names).await;
    }
    broken
}

async fn next_broken(trying: &mut JoinSet<()>, names: &HashMap<tokio::task::Id, &'static str>) -> Option<&'static str> {
    match trying.join_next_with_id().await {
        Some(Err(error)) => names.get(&error.id()).copied(),
        _ => None,
    }
}

/// Tries what every key must keep, each on the emptied server; the name of what is broken.
async fn broken_key(server: &RedisServer, scripts: &'static Scripts) -> Option<&'static str> {
    macro_rules! try_one {
        ($rule:ident) => {
            let (store, mut raw) = (store_on(server).with_scripts(scripts), Raw::on(server).await);
            raw.empty().await;
            if tokio::spawn(keys::$rule(store, raw)).await.is_err() {
                return Some(stringify!($rule));
            }
        };
    }
    keys::for_each_rule!(try_one);
    None
}

/// What notices that the check is gone; none if nothing does.
async fn noticed_by(mutant: &Mutant, server: &RedisServer, plot: &mut Plot) -> Option<String> {
    let scripts = Scripts::with_file(mutant.file, &mutant.text);
    let own: Vec<&str> = VERBS.into_iter().filter(|verb| mutant.file == format!("{verb}.lua")).collect();
    let verbs = if own.is_empty() { VERBS.to_vec() } else { own };
    plot.play_by(scripts);
    // Nothing else minds what a script is given, and all else takes longer.
    if mutant.check.starts_with("given(") {
        return refuse(plot, &verbs).await.err();
    }
    if let Some(promise) = broken_promise(server, scripts).await {
        return Some(promise.to_owned());
    }
    if let Some(rule) = broken_key(server, scripts).await {
        return Some(rule.to_owned());
    }
    match plot.needs(&verbs).await {
        Ok(needs) if needs == known_needs(&verbs) => refuse(plot, &verbs).await.err(),
        Ok(_) => Some("keys that are wrong".to_owned()),
        Err(error) => Some(error),
    }
}

/// Mutants of all scripts, a share of them on a server of their own.
async fn unnoticed(share: usize, shares: usize) -> Vec<String> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/redis/scripts");
    let mut files: Vec<_> = std::fs::read_dir(scripts).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let all = files.into_iter().flat_map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        mutants(name.leak(), &std::fs::read_to_string(&path).unwrap())
    });
    let (server, mut plot, mut unnoticed) = (server(), Plot::new().await, Vec::new());
    let whole = Mutant {
        file: "lib.lua",
        check: String::new(),
        line: 0,
        text: include_str!("../../src/redis/scripts/lib.lua").to_owned(),
    };
    assert_eq!(noticed_by(&whole, &server, &mut plot).await, None, "though no check is left out");
    for mutant in all.skip(share).step_by(shares) {
        if noticed_by(&mutant, &server, &mut plot).await.is_none() {
            unnoticed.push(format!("{} {}: {}", mutant.file, mutant.line, mutant.check));
        }
    }
    unnoticed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_check_a_script_lacks_something_notices() {
    let (one, other) = tokio::join!(tokio::spawn(unnoticed(0, 2)), tokio::spawn(unnoticed(1, 2)));
    let unnoticed = [one.unwrap(), other.unwrap()].concat();
    assert!(unnoticed.is_empty(), "nobody misses\n{}", unnoticed.join("\n"));
}

//! The scripts, each with what it needs of what they share. Redis knows a script by its content's SHA-1.

use super::prelude::with_prelude;
use crate::bounds::{
    ARRIVALS_KEPT, ARRIVALS_KEPT_MS, PARTY_LISTED_BYTES_MAX, RECENT_KEPT_MS, TERMINAL_KEPT_MS, TRIES_KEPT_MS,
    TRIES_MAX, WATCHERS_MAX,
};
use ::redis::{Script, ScriptInvocation, ToRedisArgs};
use domain::limits::PLAYER_RECENT_MAX;
use std::sync::LazyLock;

/// One script, under its file's name.
#[derive(Debug)]
pub(super) struct Written {
    pub name: &'static str,
    script: Script,
}

impl Written {
    /// What Redis knows it by.
    pub fn hash(&'static self) -> &'static str {
        self.script.get_hash()
    }

    /// A call of it, which still lacks its arguments.
    pub fn call(&'static self) -> Call {
        Call { script: self, arguments: Vec::new() }
    }

    /// Several calls of it at once, on the realm of this key.
    pub fn invocation<'a>(
        &'static self,
        key: &str,
        calls: impl Iterator<Item = &'a Call>,
    ) -> ScriptInvocation<'static> {
        let mut invocation = self.script.key(key);
        for call in calls {
            invocation.arg(call.arguments.len());
            call.arguments.iter().for_each(|argument| {
                invocation.arg(argument.as_slice());
            });
        }
        invocation
    }
}

/// One call of a script: its ARGV.
pub(super) struct Call {
    pub script: &'static Written,
    arguments: Vec<Vec<u8>>,
}

impl Call {
    pub fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }

    pub fn arguments(&self) -> usize {
        self.arguments.len()
    }

    pub fn bytes(&self) -> usize {
        self.arguments.iter().map(Vec::len).sum()
    }
}

/// The bounds that scripts keep, as parts of the library. Times are text: Redis would make it of a number at each command.
fn bounds() -> String {
    let times = [
        ("TERMINAL_KEPT_MS", TERMINAL_KEPT_MS),
        ("TRIES_KEPT_MS", TRIES_KEPT_MS),
        ("RECENT_KEPT_MS", RECENT_KEPT_MS),
        ("ARRIVALS_KEPT_MS", ARRIVALS_KEPT_MS),
    ];
    let counts = [
        ("ARRIVALS_KEPT", ARRIVALS_KEPT),
        ("PARTY_LISTED_BYTES_MAX", PARTY_LISTED_BYTES_MAX),
        ("TRIES_MAX", TRIES_MAX as usize),
        ("WATCHERS_MAX", WATCHERS_MAX),
        ("PLAYER_RECENT_MAX", PLAYER_RECENT_MAX),
    ];
    let times = times.map(|(name, ms)| format!("local {name} = '{ms}'\n"));
    times.into_iter().chain(counts.map(|(name, count)| format!("local {name} = {count}\n"))).collect()
}

macro_rules! scripts {
    ($($name:ident),+ $(,)?) => {
        /// Every script of the store.
        #[derive(Debug)]
        pub struct Scripts {$(
            pub(super) $name: Written,
        )+}

        impl Scripts {
            /// With `changed` made of each file's text, which it is given with the file's name.
            pub(super) fn load(changed: impl Fn(&str, &'static str) -> String) -> Self {
                let lib = format!("{}{}", bounds(), changed("lib.lua", include_str!("scripts/lib.lua")));
                Self {$(
                    $name: {
                        let file = concat!(stringify!($name), ".lua");
                        let own = changed(file, include_str!(concat!("scripts/", stringify!($name), ".lua")));
                        Written { name: stringify!($name), script: Script::new(&with_prelude(&lib, &own)) }
                    },
                )+}
            }

            /// The name of each, and the hash that Redis knows it by.
            #[cfg(feature = "testing")]
            pub fn hashes(&self) -> Vec<(&'static str, &str)> {
                vec![$((self.$name.name, self.$name.script.get_hash()),)+]
            }
        }
    };
}

scripts! {
    enqueue,
    leave,
    widen,
    relocate,
    snapshot,
    adopt,
    release,
    expiring,
    commit,
    assign,
    acknowledge,
    remind,
    no_show,
    end,
    recent,
    requeue,
    rehost,
    due,
    trim,
    watch,
    unwatch,
    watched_on,
    register,
    deregister,
    instances,
    lead,
    resign,
}

#[cfg(feature = "testing")]
impl Scripts {
    /// As they are written.
    pub fn written() -> &'static Self {
        &WRITTEN
    }

    /// With the text of one file changed: kept for good, as those that are written are.
    pub fn with_file(name: &str, text: &str) -> &'static Self {
        Self::changed(|file, written| if file == name { text } else { written }.to_owned())
    }

    /// With each file's text changed, which is given with the file's name.
    pub fn changed(changed: impl Fn(&str, &'static str) -> String) -> &'static Self {
        Box::leak(Box::new(Self::load(changed)))
    }
}

/// As they are written.
pub(super) static WRITTEN: LazyLock<Scripts> = LazyLock::new(|| Scripts::load(|_, text| text.to_owned()));

//! The scripts, each with what they share before it. Redis knows a script by its content's SHA-1.

use ::redis::Script;
use std::sync::LazyLock;

macro_rules! scripts {
    ($($name:ident = $file:literal),+ $(,)?) => {$(
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!(include_str!("scripts/lib.lua"), include_str!($file))));
    )+};
}

scripts! {
    ENQUEUE = "scripts/enqueue.lua",
    LEAVE = "scripts/leave.lua",
    WIDEN = "scripts/widen.lua",
    RELOCATE = "scripts/relocate.lua",
    SNAPSHOT = "scripts/snapshot.lua",
    ADOPT = "scripts/adopt.lua",
    RELEASE = "scripts/release.lua",
    EXPIRING = "scripts/expiring.lua",
    COMMIT = "scripts/commit.lua",
    ASSIGN = "scripts/assign.lua",
    ACKNOWLEDGE = "scripts/acknowledge.lua",
    REMIND = "scripts/remind.lua",
    NO_SHOW = "scripts/no_show.lua",
    END = "scripts/end.lua",
    RECENT = "scripts/recent.lua",
    REQUEUE = "scripts/requeue.lua",
    REHOST = "scripts/rehost.lua",
    DUE = "scripts/due.lua",
    TRIM = "scripts/trim.lua",
    WATCH = "scripts/watch.lua",
    UNWATCH = "scripts/unwatch.lua",
    REGISTER = "scripts/register.lua",
    DEREGISTER = "scripts/deregister.lua",
    INSTANCES = "scripts/instances.lua",
    LEAD = "scripts/lead.lua",
    RESIGN = "scripts/resign.lua",
}

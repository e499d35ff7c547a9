//! The engine as its users see it: rules files, who may queue, what is looked at, which matches come out.

mod admission;
mod looks;
mod properties;
mod replay;
mod rules_files;
mod squads;
mod support;

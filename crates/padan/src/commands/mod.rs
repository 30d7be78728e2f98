//! One file per command: its flags as `Args`, its work as `run`. Commands wire rooms together;
//! they hold no rules of their own.

pub mod backup;
pub mod build;
pub mod corrections;
pub mod demo;
pub mod edition;
pub mod ground;
pub mod journal;
pub mod kit;
pub mod link;
pub mod live;
pub mod people;
pub mod publish;
pub mod rank;
pub mod regions;
pub mod residue;
pub mod serve;
pub mod synth;
pub mod target;

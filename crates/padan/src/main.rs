#![doc = include_str!("../README.md")]

mod build;
mod commands;
mod estimate;
mod failure;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Padan: a dynamic social registry. Joins every agency's records into one record for each person
/// and family, ranks families by welfare, and shows who should be helped, who is, and why.
#[derive(Parser)]
#[command(name = "padan", version, max_term_width = 100)]
#[command(
    after_help = "Start here:  padan demo\nExit codes: 0 done, 1 failed, 2 wrong use of the \
command, 3 bad input, 4 a check found something."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A synthetic province: deliveries → edition → publish → serve
    Demo(commands::demo::Args),
    /// Write only the deliveries of a synthetic province, with the hidden truth beside them
    Synth(commands::synth::Args),
    /// Deliveries → edition: named, resumable, reproducible steps
    Build(commands::build::Args),
    /// Look at editions: list, show, diff, verify, sql, report
    Edition(commands::edition::Args),
    /// Lay an edition into the store, in one switch
    Publish(commands::publish::Args),
    /// Serve pages, API and channels from a store
    Serve(commands::serve::Args),
    /// Match any person files: dedupe, link, or both
    Link(commands::link::Args),
    /// Proxy means test on any survey file: fit, evaluate, score, card
    Rank(Box<commands::rank::Args>),
    /// Programmes against an edition: run, simulate, errors
    Target(commands::target::Args),
    /// Replace the map's outlines by a GeoJSON or TopoJSON file
    Regions(commands::regions::Args),
    /// Check the journal or a receipt without a server
    Journal(commands::journal::Args),
    /// Accepted corrections out, and the next edition's spec with them
    Corrections(commands::corrections::Args),
    /// One village for a laptop without network, and back
    Kit(commands::kit::Args),
    /// Write an encrypted backup of a store while it runs
    Backup(commands::backup::BackupArgs),
    /// Restore a store from an encrypted backup
    Restore(commands::backup::RestoreArgs),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(args) => commands::demo::run(args),
        Command::Synth(args) => commands::synth::run(args),
        Command::Build(args) => commands::build::run(args),
        Command::Edition(args) => commands::edition::run(args),
        Command::Publish(args) => commands::publish::run(args),
        Command::Serve(args) => commands::serve::run(args),
        Command::Link(args) => commands::link::run(args),
        Command::Rank(args) => commands::rank::run(*args),
        Command::Target(args) => commands::target::run(args),
        Command::Regions(args) => commands::regions::run(args),
        Command::Journal(args) => commands::journal::run(args),
        Command::Corrections(args) => commands::corrections::run(args),
        Command::Kit(args) => commands::kit::run(args),
        Command::Backup(args) => commands::backup::backup(args),
        Command::Restore(args) => commands::backup::restore(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

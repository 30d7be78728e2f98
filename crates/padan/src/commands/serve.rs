//! `padan serve`: pages, API and channels from a store.

use super::live::Live;
use super::publish::StoreArgs;
use crate::failure::Failure;
use kernel::SystemClock;
use std::net::SocketAddr;
use store::{Store, Vault};

/// Flags of `padan serve`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan serve --store sqlite:padan.db --listen 127.0.0.1:8080")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Say on every page that its people are invented
    #[arg(long)]
    synthetic: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let (store, vault) = args.store.open()?;
    serve(store, vault, args.listen, Kind { synthetic: args.synthetic, demo: false }, |address| {
        println!("http://{address}/");
    })
}

/// What kind of server.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Every page says that its people are invented.
    pub synthetic: bool,
    /// One-click sign-ins, seeded cases, messages into a folder.
    pub demo: bool,
}

/// Serves until the process is ended; `ready` hears the address.
pub fn serve(
    store: Store,
    vault: Vault,
    listen: SocketAddr,
    kind: Kind,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let live = Live::open(&store, &vault)?;
    let doors = live.pages(kind.synthetic, kind.demo)?;
    live.show_key()?;
    live.start_jobs(&store, kind.demo);
    let app = web::App::new(store, vault, Box::new(SystemClock), kind.synthetic)
        .map_err(Failure::work)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::work(format!("the server's threads could not start: {e}")))?;
    runtime.block_on(web::serve_with(app, doors, listen, ready)).map_err(|e| {
        Failure::work(format!("{listen}: {e}; choose another address with --listen or --port"))
    })
}

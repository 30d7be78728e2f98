//! `padan serve`: pages, API and channels from a store.

use super::live::Live;
use super::publish::StoreArgs;
use crate::estimate::EditionModel;
use crate::failure::Failure;
use doors::{AppSecret, Token, WhatsApp};
use kernel::SystemClock;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
    /// Cookies of sign-in travel over TLS only: give it wherever a proxy ends TLS before this
    #[arg(long)]
    secure: bool,
    /// WhatsApp's keys: a TOML file with app_secrets, verify_token, token, base
    #[arg(long, value_name = "FILE")]
    whatsapp: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let (store, vault) = args.store.open()?;
    serve(
        store,
        vault,
        args.listen,
        Kind {
            synthetic: args.synthetic,
            demo: false,
            secure: args.secure,
            whatsapp: args.whatsapp,
        },
        |address| {
            println!("http://{address}/");
        },
    )
}

/// What kind of server.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Every page says that its people are invented.
    pub synthetic: bool,
    /// One-click sign-ins, seeded cases, messages into a folder.
    pub demo: bool,
    /// Cookies over TLS only.
    pub secure: bool,
    /// The file of WhatsApp's keys; none: no WhatsApp, or the demo's simulator.
    pub whatsapp: Option<PathBuf>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WhatsAppFile {
    app_secrets: Vec<String>,
    verify_token: String,
    token: String,
    base: String,
}

/// Reads the file of WhatsApp's keys.
fn whatsapp(file: &Path, listen: SocketAddr) -> Result<WhatsApp, Failure> {
    let at = |why: String| Failure::work(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| at(e.to_string()))?;
    let keys: WhatsAppFile = toml::from_str(&text).map_err(|e| at(e.message().to_owned()))?;
    if keys.app_secrets.iter().any(|secret| secret.len() < 16) || keys.app_secrets.is_empty() {
        return Err(at("app_secrets: at least one, each of 16 characters or more".to_owned()));
    }
    Ok(WhatsApp {
        secrets: keys.app_secrets.into_iter().map(AppSecret::new).collect(),
        verify_token: keys.verify_token,
        token: Token(keys.token),
        base: keys.base,
        webhook: format!("http://{listen}/whatsapp/webhook"),
    })
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
    let whatsapp = match &kind.whatsapp {
        Some(file) => Some(whatsapp(file, listen)?),
        None => kind.demo.then(|| live.simulated_whatsapp(listen)),
    };
    let doors = live.pages(&kind, whatsapp)?;
    live.show_key()?;
    live.start_jobs(&store, kind.demo);
    let model = EditionModel::new(store.clone(), vault.clone());
    let app = web::App::new(store, vault, Box::new(SystemClock), kind.synthetic)
        .map_err(Failure::work)?
        .with_api(doors::OPENAPI)
        .with_would_change(Arc::new(move |family| model.would_change(family)))
        .with_work(live.work.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::work(format!("the server's threads could not start: {e}")))?;
    runtime.block_on(web::serve_with(app, doors, listen, ready)).map_err(|e| {
        Failure::work(format!("{listen}: {e}; choose another address with --listen or --port"))
    })
}

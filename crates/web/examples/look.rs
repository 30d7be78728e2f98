//! Pages over a made-up edition, for looking at them: `cargo run --release -p web --example look`.
//! Arguments: folder for the store, number of families, port, and the folder of an edition to publish
//! instead of the made-up ones.

use access::{Role, Territory};
use casework::{Casework, NewAccount};
use kernel::{Clock, SystemClock};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use store::{Store, Vault};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = std::path::PathBuf::from(arguments.next().unwrap_or_else(|| "look".to_owned()));
    let families: usize = arguments.next().map_or(Ok(60_000), |n| n.parse())?;
    let port: u16 = arguments.next().map_or(Ok(8080), |n| n.parse())?;
    std::fs::create_dir_all(&dir)?;
    let store = Store::open(&format!("sqlite:{}", dir.join("store.db").display()))?;
    let vault = Vault::open_or_create(&dir.join("store.db.keys"))?;
    let given = arguments.next();
    if let Some(folder) = &given {
        let report =
            publish::publish(folder.as_ref(), &store, &vault, 1_795_336_500_000, &mut |_| ())?;
        println!("{:?}", report.steps);
    }
    let made_up: &[(&str, u64)] =
        if given.is_some() { &[] } else { &[("2026-3", 7), ("2026-4", 1)] };
    for (edition, seed) in made_up {
        let folder = dir.join(edition);
        std::fs::create_dir_all(&folder)?;
        publish::fixture::write(&folder, edition, *seed, families)?;
        let report = publish::publish(&folder, &store, &vault, 1_795_336_500_000, &mut |_| ())?;
        println!("{:?}", report.steps);
    }
    let (nik, born) = publish::fixture::somebody();
    println!("look up {nik} born {born}");
    let policies = Arc::new(access::Policies::builtin()?);
    let work = Casework::new(store.clone(), vault.clone(), policies, Arc::new(SystemClock))?;
    // Somebody who sees every family and may simulate; the address bar needs no password here.
    let officer = NewAccount {
        login: format!("look-{}", SystemClock.now_ms()),
        name: "Petugas".to_owned(),
        role: Role::Ministry,
        territory: Territory::Country,
        password: None,
        family: None,
        person: None,
    };
    let (token, _) = work.begin(work.make_account(None, officer)?, true)?;
    println!("session padan_sesi={}", token.expose());
    let app = web::App::new(store, vault, Box::new(SystemClock), true)?.with_work(work);
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    tokio::runtime::Runtime::new()?.block_on(web::serve(app, listen, |at| {
        println!("listening on http://{at}/");
    }))?;
    Ok(())
}

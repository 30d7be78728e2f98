//! The doors over a store that exists (a copy of a demo's), for looking at them:
//! `cargo run --release -p doors --example look_doors -- padan.db 18560`. Seeds the demo's cases and decree.
#![allow(clippy::print_stdout, reason = "an example talks")]

use access::Policies;
use casework::Casework;
use doors::{Doors, Options, WhatsApp, router, run_whatsapp, seed_decree, seed_demo};
use kernel::SystemClock;
use std::error::Error;
use std::sync::Arc;
use store::{Store, Vault};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().unwrap_or_else(|| "padan.db".to_owned());
    let port: u16 = arguments.next().map_or(Ok(18_560), |n| n.parse())?;
    let store = Store::open(&format!("sqlite:{file}"))?;
    let vault = Vault::open_or_create(format!("{file}.keys").as_ref())?;
    let work = Casework::new(store, vault, Arc::new(Policies::builtin()?), Arc::new(SystemClock))?;
    println!("village {:?}", seed_demo(&work)?);
    let began = std::time::Instant::now();
    println!("cut off {} in {:?}", seed_decree(&work)?, began.elapsed());
    let options = Options { synthetic: true, demo: true, secure: false, journal: None };
    let address = format!("127.0.0.1:{port}");
    let doors = Doors::new(work, options)?
        .with_whatsapp(WhatsApp::simulated(&address, b"a secret for looking"));
    let talking = doors.clone();
    std::thread::spawn(move || run_whatsapp(&talking, || false));
    tokio::runtime::Runtime::new()?.block_on(async move {
        let listener = tokio::net::TcpListener::bind(&address).await?;
        println!("http://{address}/pbi");
        axum::serve(listener, router(doors)).await
    })?;
    Ok(())
}

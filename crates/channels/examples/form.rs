//! Prints the ground-check form, for validators: `cargo run --release -p channels --example form`.

use channels::openrosa::form::form;
use instrument::Instrument;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let instrument = Instrument::embedded()?;
    print!("{}", form(&instrument, "2026112201"));
    Ok(())
}

#![doc = include_str!("../README.md")]

pub mod blob;
mod classes;
mod driver;
mod error;
mod migrations;
mod place;
mod pool;
mod postgres;
pub mod query;
mod shelf;
mod sqlite;
mod store;
pub mod testing;
mod tx;
mod value;
mod vault;
mod writer;

pub use classes::{Class, Classes, classes, gaps};
pub use error::StoreError;
pub use migrations::{ALL as MIGRATIONS, EDITION as EDITION_MIGRATIONS, Migration};
pub use place::Place;
pub use shelf::{EditionRow, Loader};
pub use store::Store;
pub use tx::{Query, Reader, Tx};
pub use value::{FromValue, Row, Value};
pub use vault::{INDEX_BYTES, Vault};

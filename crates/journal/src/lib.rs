#![doc = include_str!("../README.md")]

mod checkpoint;
mod digest;
mod error;
mod files;
mod leaf;
mod note;
mod receipt;
mod tiles;
mod tree;
pub mod verify;
mod writer;

pub use checkpoint::Checkpoint;
pub use digest::{Digest, leaf_hash, node_hash, seal};
pub use error::JournalError;
pub use files::{DirFiles, Files, MemFiles};
pub use leaf::{Leaf, LeafDraft, PLAIN_TEXT_BYTES_MAX};
pub use note::{Note, NoteSignature, Signer, VerifierKey};
pub use receipt::{Receipt, Statement};
pub use tiles::{ENTRY_BYTES_MAX, TILE_WIDTH, TileNodes, bundle_path, entries_of, tile_path};
pub use tree::{
    Frontier, MemTree, Nodes, consistency_proof, inclusion_proof, root, verify_consistency,
    verify_inclusion,
};
pub use writer::Writer;

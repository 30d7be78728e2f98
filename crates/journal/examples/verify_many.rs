//! How long a full verification takes: `cargo run --release -p journal --example verify_many -- 10000000 /tmp/journal`.
//! Writes a journal of N leaves (without fsync, only here), then verifies it as `padan journal verify` does.

use journal::verify::{self, Trust};
use journal::{DirFiles, Files, JournalError, LeafDraft, Signer, Writer, seal};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A folder written without waiting for the disk.
struct Fast(DirFiles, PathBuf);

impl Files for Fast {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.0.read(path)
    }
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), JournalError> {
        let target = self.1.join(path);
        let written = target
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&target, bytes));
        written.map_err(|error| JournalError::Io { path: path.to_owned(), why: error.to_string() })
    }
    fn remove(&self, path: &str) -> Result<(), JournalError> {
        self.0.remove(path)
    }
    fn list(&self) -> Result<Vec<String>, JournalError> {
        self.0.list()
    }
}

fn main() -> Result<(), JournalError> {
    let mut arguments = std::env::args().skip(1);
    let leaves: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let folder = arguments.next().unwrap_or_else(|| "/tmp/padan-journal-bench".to_owned());
    let signer = Signer::log("bench.example/journal", &[1; 32])?;
    let key = signer.verifier();
    let files = Fast(DirFiles::new(Path::new(&folder)), PathBuf::from(&folder));
    let start = Instant::now();
    let mut writer = Writer::open(files, signer)?;
    let mut seq = writer.size();
    while seq < leaves {
        let to = leaves.min(seq + 65_536);
        let batch = (seq..to).map(entry).collect::<Result<Vec<_>, _>>()?;
        writer.append(&batch)?;
        seq = to;
    }
    println!("wrote {leaves} leaves in {:.1} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let verified = verify::folder(Path::new(&folder), &Trust::in_key(key))?;
    let seconds = start.elapsed().as_secs_f64();
    println!("verified {} leaves in {seconds:.1} s", verified.checkpoint.size);
    Ok(())
}

fn entry(seq: u64) -> Result<Vec<u8>, JournalError> {
    let draft = LeafDraft {
        kind: "decision".to_owned(),
        time: 1_795_000_000_000 + seq as i64,
        actor: format!("district_officer:{}", seq % 977),
        subject: format!(
            "{:032x}",
            u128::from(seq).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
        ),
        about: format!("K{}", seq / 3),
        payload: seal(&[0; 32], &seq.to_le_bytes()),
    };
    draft.at(seq)?.entry()
}

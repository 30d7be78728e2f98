//! A small journal to work on.

use journal::{Files, LeafDraft, MemFiles, Signer, VerifierKey, Writer, seal};

pub const ORIGIN: &str = "ntb.example/journal";

pub fn signer() -> Signer {
    Signer::log(ORIGIN, &[7; 32]).unwrap()
}

pub fn key() -> VerifierKey {
    signer().verifier()
}

pub fn salt(seq: u64) -> [u8; 32] {
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&seq.to_le_bytes());
    salt
}

pub fn payload(seq: u64) -> String {
    format!("{{\"reason\":\"the roof is bamboo\",\"n\":{seq}}}")
}

pub fn entry(seq: u64) -> Vec<u8> {
    let draft = LeafDraft {
        kind: "report".to_owned(),
        time: 1_795_000_000_000 + seq as i64,
        actor: "village_operator:41".to_owned(),
        subject: format!("{seq:032x}"),
        about: format!("K{seq}"),
        payload: seal(&salt(seq), payload(seq).as_bytes()),
    };
    draft.at(seq).unwrap().entry().unwrap()
}

pub fn entries(from: u64, to: u64) -> Vec<Vec<u8>> {
    (from..to).map(entry).collect()
}

/// A journal of `size` entries, appended in uneven batches.
pub fn journal(size: u64) -> MemFiles {
    let mut writer = Writer::open(MemFiles::default(), signer()).unwrap();
    let mut at = 0;
    for batch in [1, 2, 253, 1, 300, 7, 512, 3].into_iter().cycle() {
        let to = size.min(at + batch);
        writer.append(&entries(at, to)).unwrap();
        at = to;
        if at == size {
            break;
        }
    }
    writer.files().clone()
}

#[allow(dead_code, reason = "not every test file reads checkpoints")]
pub fn checkpoint(files: &MemFiles) -> String {
    String::from_utf8(files.read("checkpoint").unwrap().unwrap()).unwrap()
}

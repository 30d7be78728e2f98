//! Receipts verify offline and nothing else verifies; notes, witnesses, batches, folders.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod common;

use common::{checkpoint, entries, journal, key, payload, salt, signer};
use journal::verify::{self, Trust};
use journal::{
    Checkpoint, DirFiles, Files, LeafDraft, MemFiles, Note, Receipt, Signer, VerifierKey, Writer,
    seal,
};
use kernel::Chance;
use proptest::prelude::*;

#[test]
fn every_entry_has_a_receipt_that_verifies() {
    let files = journal(600);
    for index in 0..600 {
        let salt = salt(index);
        let text = payload(index);
        let receipt =
            Receipt::issue(&files, &key(), index, Some((&salt, &text))).unwrap().text().unwrap();
        let (leaf, checkpoint) = verify::receipt(&receipt, &Trust::in_key(key())).unwrap();
        assert_eq!((leaf.seq, leaf.about, checkpoint.size), (index, format!("K{index}"), 600));
    }
    assert!(
        Receipt::issue(&files, &key(), 600, None)
            .unwrap_err()
            .to_string()
            .contains("not yet under a checkpoint")
    );
}

#[test]
fn a_receipt_says_no_more_than_it_proves() {
    let files = journal(300);
    let check = |change: &dyn Fn(&mut Receipt), expected: &str| {
        let mut receipt =
            Receipt::issue(&files, &key(), 77, Some((&salt(77), &payload(77)))).unwrap();
        change(&mut receipt);
        let error = verify::receipt(&receipt.text().unwrap(), &Trust::in_key(key()))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "expected `{expected}` in `{error}`");
    };
    check(
        &|r| r.statement.payload = Some("another story".to_owned()),
        "not the one that was sealed",
    );
    check(&|r| r.statement.salt = None, "come together");
    check(&|r| r.statement.leaf = r.statement.leaf.replace(":41", ":42"), "does not lead");
    check(&|r| r.index = 76, "its index 76");
    check(&|r| r.path.truncate(2), "does not lead");
    check(&|r| r.checkpoint = checkpoint(&journal(299)), "does not lead");
    check(&|r| r.checkpoint = r.checkpoint.replace("300", "301"), "not of this text");
    let other = Signer::log("other.example/journal", &[9; 32]).unwrap().verifier();
    let text = Receipt::issue(&files, &key(), 7, None).unwrap().text().unwrap();
    assert!(verify::receipt(&text, &Trust::in_key(other)).is_err());
}

#[test]
fn batches_do_not_change_the_journal() {
    let mut writer = Writer::open(MemFiles::default(), signer()).unwrap();
    writer.append(&entries(0, 1_337)).unwrap();
    assert_eq!(*writer.files().files.borrow(), *journal(1_337).files.borrow());
}

#[test]
fn a_folder_is_reopened_continued_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [(0, 0), (0, 10), (10, 256), (256, 520)] {
        let mut writer = Writer::open(DirFiles::new(folder.path()), signer()).unwrap();
        assert_eq!(writer.size(), from);
        writer.append(&entries(from, to)).unwrap();
        assert_eq!(
            verify::folder(folder.path(), &Trust::in_key(key())).unwrap().checkpoint.size,
            to
        );
    }
    let files = DirFiles::new(folder.path());
    files.write("tile/0/002.p/3", b"left by a crash").unwrap();
    assert!(verify::folder(folder.path(), &Trust::in_key(key())).is_err());
    Writer::open(files, signer()).unwrap();
    verify::folder(folder.path(), &Trust::in_key(key())).unwrap();
}

#[test]
fn witnesses_are_demanded_by_name() {
    let files = journal(40);
    let witness = Signer::witness("bps.example/witness", &[3; 32]).unwrap();
    let asked = Trust { witnesses: vec![witness.verifier()], ..Trust::in_key(key()) };
    assert!(verify::files(&files, &asked).unwrap_err().to_string().contains("has not signed"));
    let mut note = Note::parse(&checkpoint(&files)).unwrap();
    note.signatures.push(witness.cosign(&note.text, 1_795_000_100));
    files.write("checkpoint", note.to_string().as_bytes()).unwrap();
    let verified = verify::files(&files, &asked).unwrap();
    assert_eq!(verified.witnesses, [("bps.example/witness".to_owned(), 1_795_000_100)]);
    let forged = note.to_string().replace("40\n", "41\n");
    assert!(Checkpoint::open(&forged, &key()).is_err());
}

#[test]
fn keys_are_read_back_and_checked() {
    let text = key().to_string();
    assert_eq!(VerifierKey::parse(&text).unwrap(), key());
    assert!(VerifierKey::parse(&text.replace("ntb", "bali")).is_err());
    assert!(VerifierKey::parse("ntb+00").is_err());
    assert_eq!(
        format!("{:?}", signer()),
        "Signer(ntb.example/journal)",
        "a key never prints itself"
    );
}

/// The published example key of golang.org/x/mod/sumdb/note.
#[test]
fn reads_the_key_of_another_implementation() {
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(VerifierKey::parse(text).unwrap().to_string(), text);
    let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    Note::parse(note).unwrap().verify(&VerifierKey::parse(text).unwrap()).unwrap();
}

#[test]
fn a_leaf_cannot_hold_a_name_or_a_number_of_a_person() {
    let draft = |actor: &str, about: &str, subject: &str| LeafDraft {
        kind: "report".to_owned(),
        time: 1,
        actor: actor.to_owned(),
        subject: subject.to_owned(),
        about: about.to_owned(),
        payload: seal(&[0; 32], b""),
    };
    let refused = |d: LeafDraft| assert!(d.clone().at(0).is_err(), "{d:?}");
    refused(draft("Inaq Sahnim", "K1", ""));
    refused(draft("citizen:5201016304870002", "K1", ""));
    refused(draft("citizen:1", "5201016304870002", ""));
    refused(draft("citizen:1", "K1", "5201016304870002"));
    assert!(draft("citizen:1", "K1", &"a".repeat(32)).at(0).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_a_reader_panic(seed in any::<u64>(), cut in 0_usize..2_000, junk in "\\PC{0,40}") {
        let files = journal(20);
        let honest = Receipt::issue(&files, &key(), 3, None).unwrap().text().unwrap();
        let mut chance = Chance::new(seed);
        let mut at = cut.min(honest.len());
        while !honest.is_char_boundary(at) { at -= 1; }
        let text = if chance.is(0.5) { format!("{}{junk}{}", &honest[..at], &honest[at..]) } else { junk.clone() };
        let believed = verify::receipt(&text, &Trust::in_key(key())).is_ok();
        prop_assert!(!believed || text == honest || junk.is_empty());
        let _ = (Note::parse(&junk), Checkpoint::parse(&junk), VerifierKey::parse(&junk));
    }
}

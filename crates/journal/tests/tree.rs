//! The tree against the known answers of Certificate Transparency, and every tree of 0 to 260
//! leaves and every pair of sizes against a naive twin written from RFC 6962 §2.1 alone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use journal::{
    Digest, Frontier, MemTree, Nodes, consistency_proof, inclusion_proof, leaf_hash, node_hash,
    root, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

/// The RFC's definitions, word for word, on slices.
mod twin {
    use super::{Digest, leaf_hash, node_hash};

    pub fn mth(d: &[Vec<u8>]) -> Digest {
        match d {
            [] => {
                Digest::from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
                    .unwrap()
            }
            [one] => leaf_hash(one),
            _ => {
                let k = largest_power_below(d.len());
                node_hash(&mth(&d[..k]), &mth(&d[k..]))
            }
        }
    }

    fn largest_power_below(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    pub fn path(m: usize, d: &[Vec<u8>]) -> Vec<Digest> {
        if d.len() == 1 {
            return vec![];
        }
        let k = largest_power_below(d.len());
        let (mut path, sibling) = if m < k {
            (path(m, &d[..k]), mth(&d[k..]))
        } else {
            (path(m - k, &d[k..]), mth(&d[..k]))
        };
        path.push(sibling);
        path
    }

    pub fn subproof(m: usize, d: &[Vec<u8>], whole: bool) -> Vec<Digest> {
        if m == d.len() {
            return if whole { vec![] } else { vec![mth(d)] };
        }
        let k = largest_power_below(d.len());
        if m <= k {
            let mut proof = subproof(m, &d[..k], whole);
            proof.push(mth(&d[k..]));
            proof
        } else {
            let mut proof = subproof(m - k, &d[k..], false);
            proof.push(mth(&d[..k]));
            proof
        }
    }
}

fn entries(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|i| format!("entry {i}").into_bytes()).collect()
}

fn tree(d: &[Vec<u8>]) -> MemTree {
    let mut tree = MemTree::default();
    d.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    tree
}

#[test]
fn known_answers_of_certificate_transparency() {
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    let mut tree = MemTree::default();
    for (leaf, expected) in leaves.iter().zip(roots) {
        let hash = leaf_hash(&hex::decode(leaf).unwrap());
        frontier.push(hash);
        tree.push(hash);
        assert_eq!(frontier.root().hex(), expected, "frontier of {}", frontier.size());
        assert_eq!(root(&tree, tree.size()).unwrap().hex(), expected, "tree of {}", tree.size());
    }
}

#[test]
fn all_small_trees_agree_with_the_twin() {
    let d = entries(260);
    let tree = tree(&d);
    for n in 0..=d.len() {
        let whole = twin::mth(&d[..n]);
        assert_eq!(root(&tree, n as u64).unwrap(), whole, "root of {n}");
        let mut frontier = Frontier::default();
        d[..n].iter().for_each(|entry| frontier.push(leaf_hash(entry)));
        assert_eq!(frontier.root(), whole, "frontier of {n}");
        for m in (0..n).filter(|m| n < 70 || m % 7 == n % 7) {
            let path = inclusion_proof(&tree, m as u64, n as u64).unwrap();
            assert_eq!(path, twin::path(m, &d[..n]), "path of {m} in {n}");
            assert!(verify_inclusion(&leaf_hash(&d[m]), m as u64, n as u64, &path, &whole));
        }
        for m in (1..=n).filter(|m| n < 70 || m % 7 == n % 7) {
            let proof = consistency_proof(&tree, m as u64, n as u64).unwrap();
            assert_eq!(proof, twin::subproof(m, &d[..n], true), "consistency of {m} and {n}");
            assert!(
                verify_consistency(m as u64, n as u64, &proof, &twin::mth(&d[..m]), &whole),
                "{m} {n}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_changed_proof_never_verifies(size in 2_usize..400, at in 0_usize..400, step in 0_usize..9, bit in 0_usize..256) {
        let d = entries(size);
        let tree = tree(&d);
        let (at, size) = ((at % size) as u64, size as u64);
        let whole = root(&tree, size).unwrap();
        let leaf = tree.node(0, at).unwrap();
        let path = inclusion_proof(&tree, at, size).unwrap();
        let mut changed = path.clone();
        let step = step % path.len();
        changed[step].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify_inclusion(&leaf, at, size, &changed, &whole));
        prop_assert!(!verify_inclusion(&leaf, at, size, &path[..path.len() - 1], &whole));
        let mut longer = path.clone();
        longer.push(whole);
        prop_assert!(!verify_inclusion(&leaf, at, size, &longer, &whole));
        let other = (at + 1) % size;
        prop_assert!(!verify_inclusion(&leaf, other, size, &path, &whole));
    }

    #[test]
    fn a_rewritten_prefix_is_never_consistent(old in 1_usize..200, more in 1_usize..200, at in 0_usize..200) {
        let d = entries(old + more);
        let mut forged = d.clone();
        forged[at % old].push(b'!');
        let (honest, forged) = (tree(&d[..old]), tree(&forged));
        let (old, new) = (old as u64, (old + more) as u64);
        let proof = consistency_proof(&forged, old, new).unwrap();
        let (old_root, new_root) = (root(&honest, old).unwrap(), root(&forged, new).unwrap());
        prop_assert!(!verify_consistency(old, new, &proof, &old_root, &new_root));
    }
}

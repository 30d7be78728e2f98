//! Why somebody is on or off a list: one code each, with words in both languages.

use super::{Programme, raw::Label};
use kernel::UnrankedReason;

/// Codes of reasons (column `reason` of a list). From [`code::CONDITION`] on they count the
/// programme's own clauses.
pub mod code {
    /// On the list: eligible, and its turn by need.
    pub const CHOSEN: u16 = 0;
    /// On the list: the rank passed the cut by less than the hysteresis.
    pub const KEPT: u16 = 1;
    /// On the list: within the minimum stay.
    pub const STAY: u16 = 2;
    /// Eligible, in the reserve.
    pub const RESERVE: u16 = 10;
    /// Eligible, the quota ended before its turn.
    pub const QUOTA: u16 = 11;
    /// Not eligible: unranked; plus the code of `kernel::UnrankedReason` (21 to 24).
    pub const UNRANKED: u16 = 20;
    /// Not eligible: the decile is above the cut.
    pub const ABOVE_CUT: u16 = 30;
    /// Not eligible: dead, or nobody of the family lives.
    pub const NOT_LIVING: u16 = 31;
    /// On the roll, but the row belongs to nobody of the edition.
    pub const UNLINKED: u16 = 40;
    /// Not eligible: condition number `code - CONDITION` is not met.
    pub const CONDITION: u16 = 100;
    /// Not eligible: condition number `code - UNKNOWN` needs a value that is unknown.
    pub const UNKNOWN: u16 = 200;
    /// Not eligible: exclusion number `code - EXCLUSION` holds.
    pub const EXCLUSION: u16 = 300;
}

/// Most conditions, and most exclusions, of one programme.
pub(super) const CLAUSES_MAX: usize = 60;

/// A reason of one programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The code.
    pub code: u16,
    /// A word for files and tests.
    pub key: String,
    /// What a citizen reads.
    pub label: Label,
}

fn reason(code: u16, key: &str, id: &str, en: &str) -> Reason {
    Reason { code, key: key.into(), label: Label { id: id.into(), en: en.into() } }
}

impl Programme {
    /// Every reason its list may hold, by code.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        let mut list = vec![
            reason(code::CHOSEN, "chosen", "Terpilih menurut urutan kebutuhan", "Chosen by need"),
            reason(
                code::KEPT,
                "kept",
                "Tetap: peringkat masih dekat batas",
                "Kept: the rank is still near the cut",
            ),
            reason(code::STAY, "stay", "Tetap: masa kepesertaan minimum", "Kept: minimum stay"),
            reason(code::RESERVE, "reserve", "Memenuhi syarat, cadangan", "Eligible, in reserve"),
            reason(
                code::QUOTA,
                "quota",
                "Memenuhi syarat, kuota wilayah habis",
                "Eligible, but the region's quota is used up",
            ),
            reason(
                code::ABOVE_CUT,
                "above_cut",
                "Desil di atas batas program",
                "Decile above the programme's cut",
            ),
            reason(code::NOT_LIVING, "not_living", "Sudah meninggal", "No longer living"),
            reason(
                code::UNLINKED,
                "unlinked",
                "Baris daftar penerima tidak padan dengan siapa pun",
                "Row of the roll matches nobody",
            ),
        ];
        for unranked in UnrankedReason::ALL {
            let (id, en) = unranked_words(unranked);
            let code = code::UNRANKED + u16::from(unranked.code());
            list.push(reason(code, &format!("unranked_{}", unranked.word()), id, en));
        }
        for (at, clause) in self.conditions.iter().enumerate() {
            let at = at as u16;
            let (id, en) = (&clause.name.id, &clause.name.en);
            list.push(reason(
                code::CONDITION + at,
                &clause.key,
                &format!("Tidak memenuhi syarat: {id}"),
                &format!("Condition not met: {en}"),
            ));
            list.push(reason(
                code::UNKNOWN + at,
                &format!("unknown_{}", clause.key),
                &format!("Data belum diketahui untuk syarat: {id}"),
                &format!("A value is unknown for: {en}"),
            ));
        }
        for (at, clause) in self.exclusions.iter().enumerate() {
            list.push(reason(
                code::EXCLUSION + at as u16,
                &clause.key,
                &format!("Dikecualikan: {}", clause.name.id),
                &format!("Excluded: {}", clause.name.en),
            ));
        }
        list.sort_by_key(|r| r.code);
        list
    }

    /// What the manifest of an edition keeps of this programme (docs/DATA.md §4).
    #[must_use]
    pub fn manifest_entry(&self) -> serde_json::Value {
        let reasons: Vec<serde_json::Value> = self
            .reasons()
            .into_iter()
            .map(|r| {
                serde_json::json!({
                    "code": r.code, "key": r.key, "id": r.label.id, "en": r.label.en
                })
            })
            .collect();
        let cases: Vec<serde_json::Value> = self
            .exclusions
            .iter()
            .map(|c| serde_json::json!({ "key": c.key, "id": c.name.id, "en": c.name.en }))
            .collect();
        let unit = match self.unit {
            crate::schema::TableKind::Person => "person",
            crate::schema::TableKind::Family => "family",
        };
        serde_json::json!({
            "version": self.version, "unit": unit,
            "name": { "id": self.name.id, "en": self.name.en },
            "reasons": reasons, "cases": cases,
        })
    }
}

const fn unranked_words(reason: UnrankedReason) -> (&'static str, &'static str) {
    match reason {
        UnrankedReason::NotMatched => (
            "Belum berperingkat: tidak padan dengan data kependudukan",
            "Unranked: does not match the civil register",
        ),
        UnrankedReason::NotVisited => {
            ("Belum berperingkat: belum pernah didata", "Unranked: never visited")
        }
        UnrankedReason::Incomplete => {
            ("Belum berperingkat: data belum lengkap", "Unranked: data incomplete")
        }
        UnrankedReason::NotLiving => (
            "Belum berperingkat: seluruh anggota meninggal atau pindah ke luar negeri",
            "Unranked: everyone died or moved abroad",
        ),
    }
}

//! Links by NIK: equal and agreeing at once; equal but somebody else's, left for scoring.

use crate::link::agree::{Agreement, Level};
use crate::link::{Links, MatchReason, Method, spine::Spine};
use crate::records::Identity;
use rayon::prelude::*;

/// What the NIK of one record says.
#[derive(Debug, Clone, Copy)]
enum Verdict {
    Person(u32, Agreement),
    /// No link, for this reason.
    Open(MatchReason),
}

/// Links the records of one table by NIK. What stays unlinked carries the reason.
#[must_use]
pub fn by_nik(spine: &Spine, records: &Identity) -> Links {
    let verdicts: Vec<Verdict> =
        (0..records.len()).into_par_iter().map(|row| judge(spine, records, row)).collect();
    let mut links = Links::unlinked(records.len());
    for (row, verdict) in verdicts.into_iter().enumerate() {
        match verdict {
            Verdict::Open(reason) => links.reason[row] = reason as u8,
            Verdict::Person(person, agreement) => {
                let main = spine.rows[person as usize] as usize;
                let (method, reason) = if spine.identity.nik[main] != records.nik[row] {
                    (Method::NikAgreeing, MatchReason::SecondIdentity)
                } else if agreement.is_full() {
                    (Method::NikAgreeing, MatchReason::Fine)
                } else {
                    (Method::NikDisagreeing, what_differs(agreement))
                };
                // An equal NIK cancels the prior of one in all people; its own levels remain.
                links.set(row, person, method, reason, agreement.bits());
                links.evidence[row] = agreement.pack();
            }
        }
    }
    links
}

fn judge(spine: &Spine, records: &Identity, row: usize) -> Verdict {
    let nik = records.nik[row];
    if nik == 0 {
        return Verdict::Open(match records.nik_problem[row] {
            2 => MatchReason::NikMalformed,
            _ => MatchReason::NikMissing,
        });
    }
    let Some(&person) = spine.by_nik.get(&nik) else {
        return Verdict::Open(MatchReason::NikNotInRegister);
    };
    let main = spine.rows[person as usize] as usize;
    let agreement = Agreement::of(records, row, &spine.identity, main);
    if agreement.is_one_person() {
        Verdict::Person(person, agreement)
    } else {
        Verdict::Open(MatchReason::NikOfOther)
    }
}

fn what_differs(agreement: Agreement) -> MatchReason {
    if agreement.name < Level::Compatible {
        MatchReason::NameDiffers
    } else if agreement.birth == Level::Differs {
        MatchReason::BirthDiffers
    } else {
        MatchReason::SexDiffers
    }
}

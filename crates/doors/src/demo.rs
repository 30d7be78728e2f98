//! The demo's accounts and cases: one account per role around one village of the edition, and a
//! dozen reports about its families, by several doors. Run twice, it changes nothing.

use access::{Actor, Role, Territory};
use casework::{Casework, CaseworkError, Change, Channel, Contact, NewAccount, NewReport, Subject};
use kernel::{FamilyId, Level, Region};
use store::{Query, StoreError, params};

mod history;

pub use history::seed_history;

/// Accounts of the demo: role, name, how far they see.
const PEOPLE: [(Role, &str, Option<Level>); 13] = [
    (Role::Citizen, "Inaq Sahnim", None),
    (Role::VillageOperator, "Baiq Rohani", Some(Level::Village)),
    (Role::FieldAssistant, "Lalu Wirya", Some(Level::District)),
    (Role::DistrictOfficer, "Siti Aminah", Some(Level::Regency)),
    (Role::RegentsOffice, "Made Suarta", Some(Level::Regency)),
    (Role::Province, "Nurhayati", Some(Level::Province)),
    (Role::Ministry, "Agus Pranoto", None),
    (Role::Statistician, "Dewi Lestari", None),
    (Role::ProgrammeOwner, "Hendra Wijaya", None),
    (Role::CallAgent, "Rina Kurnia", None),
    (Role::Partner, "Puskesmas Mantang", Some(Level::District)),
    (Role::Auditor, "Bambang Setiawan", None),
    (Role::Administrator, "Yusuf Hadi", None),
];

/// What the demo's reports say: kind, door, words, column and value, in treatment.
const REPORTS: [(&str, Channel, &str, &str, &str, bool); 12] = [
    ("reactivation", Channel::Portal, "Kartu mati waktu mau cuci darah", "cover", "1", true),
    (
        "objection",
        Channel::Whatsapp,
        "Kami dicatat punya mobil, padahal itu mobil majikan",
        "asset_car",
        "2",
        false,
    ),
    ("objection", Channel::Portal, "Dinding masih gedek sejak gempa", "wall_material", "3", false),
    (
        "not_in_registry",
        Channel::Call,
        "Petugas tidak pernah datang, kami belum terdata",
        "",
        "",
        false,
    ),
    ("update", Channel::Portal, "Sekarang menumpang di rumah orang tua", "tenure", "3", false),
    ("proposal", Channel::Village, "Janda dengan tiga anak, buruh tani", "", "", false),
    ("proposal", Channel::Village, "Rumah tidak layak, lantai tanah", "floor_material", "8", false),
    ("nik_trouble", Channel::Call, "NIK tidak ditemukan di puskesmas", "", "", false),
    ("gambling_flag", Channel::Whatsapp, "NIK saya dipakai orang untuk judi", "", "", false),
    ("complaint", Channel::Call, "Kartu tertelan mesin, bantuan belum diterima", "", "", false),
    ("resignation", Channel::Portal, "Anak sudah bekerja, kami mundur dari bantuan", "", "", false),
    ("objection", Channel::Portal, "Tetangga lebih mampu tetapi dapat bantuan", "", "", false),
];

/// Seeds accounts and cases, if there are no accounts yet. Returns the village they live in.
///
/// # Errors
/// When no edition is published, or the store fails.
pub fn seed_demo(work: &Casework) -> Result<Option<Region>, CaseworkError> {
    let Some((village, families)) = village_of_the_demo(work)? else { return Ok(None) };
    if !work.accounts()?.is_empty() {
        return Ok(Some(village));
    }
    for (role, name, level) in PEOPLE {
        let territory = match (role, level) {
            (Role::Citizen, _) => Territory::In(village),
            (_, Some(level)) => village.at(level).map_or(Territory::Nowhere, Territory::In),
            (_, None) => Territory::Country,
        };
        let family = (role == Role::Citizen).then(|| families[0]);
        let login = role.word().to_owned();
        work.make_account(
            None,
            NewAccount {
                login,
                name: name.to_owned(),
                role,
                territory,
                password: None,
                family,
                person: None,
            },
        )?;
    }
    for (at, (kind, channel, text, column, value, urgent)) in REPORTS.into_iter().enumerate() {
        let family = families[at % families.len()];
        let report = NewReport {
            id: format!("demo-report-{at:03}"),
            kind: kind.to_owned(),
            channel,
            village,
            subject: if kind == "not_in_registry" {
                Subject::Unknown(work.vault().index("demo", text.as_bytes()))
            } else {
                Subject::Family(family)
            },
            person: None,
            text: text.to_owned(),
            changes: (!column.is_empty() && kind != "reactivation")
                .then(|| Change {
                    variable: column.to_owned(),
                    person: None,
                    value: value.to_owned(),
                })
                .into_iter()
                .collect(),
            topics: crate::mentions::topics(kind, ""),
            contact: Some(Contact { by: "sms".to_owned(), address: format!("0812000{at:05}") }),
            reporter: work.vault().index("demo", &[at as u8]),
            about_self: at != 11,
            urgent,
            evidence: Vec::new(),
        };
        work.file_report(&Actor::visitor(), report)?;
    }
    Ok(Some(village))
}

/// The village with the most families of the current edition's first thousand, and some of them.
fn village_of_the_demo(work: &Casework) -> Result<Option<(Region, Vec<FamilyId>)>, CaseworkError> {
    let Some(edition) = work.store().current_edition()? else { return Ok(None) };
    let rows = work.store().read_edition::<_, StoreError>(edition.number, |reader| {
        let sql = "SELECT region FROM region WHERE level = 4 AND families > 0 ORDER BY families DESC, region LIMIT 1";
        let Some(row) = reader.query_opt(sql, params![])? else { return Ok(None) };
        let village: u64 = row.get("region")?;
        let sql = "SELECT family_id FROM village_family WHERE village = $1 ORDER BY decile, family_id LIMIT 12";
        Ok(Some((village, reader.query(sql, params![village])?)))
    })?;
    let Some((village, rows)) = rows else { return Ok(None) };
    let village =
        Region::from_number(village).map_err(|e| CaseworkError::Refused(e.to_string()))?;
    let families = rows
        .iter()
        .map(|row| Ok(FamilyId::new(row.get("family_id")?)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok((!families.is_empty()).then_some((village, families)))
}

//! Call centre 171: one page from call to ticket, keyboard only. Search, verify the caller, choose
//! one of the 17 complaints by its number, say it in a sentence, send.

use crate::form::new_id;
use crate::page::{Frame, Page, Trouble, blocking, demand, html};
use crate::registry::{self, Family};
use crate::state::Doors;
use crate::work::{self, Row};
use crate::{values, words};
use access::{Action, Resource};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{Basket, Channel, Contact, Filed, ListQuery, NewReport, Session, Subject, day_of};
use kernel::{Level, Nik, Region};
use serde::Deserialize;

/// The questions people call with (number, kind of case, what they say, what the agent answers).
const COMPLAINTS: [(&str, &str, &str, &str); 17] = [
    (
        "1",
        "objection",
        "Penghasilan pas-pasan, desil tinggi",
        "Desil dihitung dari keadaan rumah, pekerjaan, dan aset. Kita catat yang tidak sesuai.",
    ),
    (
        "2",
        "objection",
        "Desil melonjak padahal hidup tidak berubah",
        "Lihat nilai yang berubah pada edisi terakhir, lalu catat keberatan.",
    ),
    (
        "3",
        "",
        "Apa arti desil 1 sampai 10",
        "Desil 1 sepersepuluh keluarga paling miskin, desil 10 paling mampu. Bukan batas rupiah.",
    ),
    (
        "4",
        "update",
        "Cara memperbaiki desil, siapa berwenang",
        "Warga mengajukan, desa memeriksa, BPS menghitung. Cukup KTP dan Kartu Keluarga.",
    ),
    ("5", "", "Kapan desil baru keluar", "Pada edisi berikutnya, setiap tiga bulan."),
    (
        "6",
        "reactivation",
        "PBI mati mendadak di rumah sakit",
        "Tandai sedang berobat. Faskes tidak boleh menolak; minta surat keterangan dari faskes.",
    ),
    (
        "7",
        "reactivation",
        "Cara mengaktifkan kembali",
        "Surat faskes, lalu Dinas Sosial 3 x 24 jam. Gratis.",
    ),
    (
        "8",
        "reactivation",
        "Desil 1 sampai 5 tetapi dinonaktifkan",
        "Catat reaktivasi; alasan penonaktifan ditunjukkan.",
    ),
    (
        "9",
        "objection",
        "Tetangga lebih mampu dapat, saya tidak",
        "Catat keberatan. Nama pelapor dirahasiakan.",
    ),
    (
        "10",
        "complaint",
        "Akun Cek Bansos selalu ditolak",
        "Laporan bisa tanpa akun, lewat telepon ini.",
    ),
    (
        "11",
        "complaint",
        "Sudah lapor, tidak ada kabar",
        "Cari nomornya. Yang lewat tenggat tidak gugur, dinaikkan.",
    ),
    (
        "12",
        "not_in_registry",
        "Petugas tidak datang, keluarga belum terdata",
        "Catat belum terdata; desa memeriksa paling lambat 5 hari kerja.",
    ),
    (
        "13",
        "nik_trouble",
        "NIK atau KK tidak valid",
        "Dicocokkan dengan Dukcapil dalam 3 x 24 jam.",
    ),
    (
        "14",
        "gambling_flag",
        "NIK ditandai judi online",
        "Tanda bukan putusan. Dicatat dan diperiksa.",
    ),
    (
        "15",
        "complaint",
        "KIP Kuliah atau sekolah ditolak karena desil",
        "Catat keberatan desil; sekolah diberi tahu nomor kasus.",
    ),
    (
        "16",
        "complaint",
        "Kartu tertelan, mati, atau belum dibayar",
        "Catat nomor kartu empat angka terakhir saja.",
    ),
    ("17", "complaint", "Saluran lain tidak menjawab", "Keadaan saluran ada di halaman Saluran."),
];

struct Complaint {
    number: &'static str,
    what: &'static str,
    answer: &'static str,
    kind: String,
}

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    frame: Frame,
    asked: String,
    error: String,
    known: Option<Caller>,
    complaints: Vec<Complaint>,
    id: String,
    values: Vec<String>,
    filed: Option<(Filed, String)>,
}

struct Caller {
    family: Family,
    earlier: Vec<Row>,
    nik: String,
}

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    nomor: String,
}

#[derive(Deserialize, Default)]
pub(crate) struct Typed {
    #[serde(default)]
    id: String,
    /// A NIK to search by; in the body, never in an address.
    #[serde(default)]
    cari: String,
    #[serde(default)]
    lahir: String,
    #[serde(default)]
    keluhan: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    telepon: String,
    #[serde(default)]
    desa: String,
    #[serde(default)]
    nilai1: String,
    #[serde(default)]
    nilai2: String,
    #[serde(default)]
    nilai3: String,
}

fn page(doors: &Doors, who: &Session) -> Result<CallPage, Trouble> {
    let line =
        |(number, kind, what, answer): (&'static str, &'static str, &'static str, &'static str)| {
            let kind = doors
                .work()
                .tables()
                .kind(kind)
                .map_or_else(|_| "Jawab saja".to_owned(), |rule| rule.name.clone());
            Complaint { number, what, answer, kind }
        };
    Ok(CallPage {
        frame: Frame::new(doors, "Pusat panggilan 171", "171", Some(who)),
        asked: String::new(),
        error: String::new(),
        known: None,
        complaints: COMPLAINTS.into_iter().map(line).collect(),
        id: new_id(),
        values: values::all(doors),
        filed: None,
    })
}

fn agent(doors: &Doors, headers: &HeaderMap) -> Result<Session, Trouble> {
    let who = demand(doors, headers)?;
    let may = doors.work().policies().decide(
        &who.actor,
        Action::FamilySearch,
        &Resource::of_the_country(),
    );
    if may && who.actor.role == access::Role::CallAgent { Ok(who) } else { Err(Trouble::Missing) }
}

/// `GET /171`
pub(crate) async fn screen(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    blocking(doors, move |doors| {
        let who = agent(doors, &headers)?;
        html(&CallPage { asked: asked.nomor, ..page(doors, &who)? })
    })
    .await
}

/// `POST /171`: search and verify, or send the ticket.
pub(crate) async fn ticket(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    blocking(doors, move |doors| {
        let who = agent(doors, &headers)?;
        serve(doors, &who, &typed)
    })
    .await
}

fn serve(doors: &Doors, who: &Session, typed: &Typed) -> Page {
    let blank = page(doors, who)?;
    let refuse = |error: &str| {
        html(&CallPage { error: error.to_owned(), asked: String::new(), ..page(doors, who)? })
    };
    let Ok(nik) = Nik::parse(&typed.cari) else {
        return refuse("NIK harus 16 angka yang mungkin. Bacakan ulang bersama penelepon.");
    };
    let Ok(born) = typed.lahir.trim().parse() else {
        return refuse("Tanggal lahir ditulis 1987-04-23.");
    };
    let found = registry::identify(doors, nik, born)?;
    if let Some((family, _)) = &found {
        doors.work().note_reading(&who.actor, "call", family.id)?;
    }
    let complaint = COMPLAINTS.iter().find(|(number, ..)| *number == typed.keluhan.trim());
    let Some((_, kind, what, _)) = complaint else {
        let known = match found {
            Some((family, _)) => Some(Caller {
                earlier: earlier(doors, who, &family)?,
                family,
                nik: typed.cari.clone(),
            }),
            None => {
                return refuse(
                    "NIK dan tanggal lahir tidak ada bersama dalam data. Untuk nomor 12 atau 13, kirim dengan kode desa.",
                );
            }
        };
        return html(&CallPage { known, asked: typed.lahir.clone(), ..blank });
    };
    if kind.is_empty() {
        return refuse("Pertanyaan ini dijawab langsung, tidak perlu tiket.");
    }
    let village = Region::parse(&typed.desa).ok().filter(|r| r.level() == Level::Village);
    let (subject, village, person) = match (&found, village) {
        (Some((family, person)), _) => (Subject::Family(family.id), family.village, Some(*person)),
        (None, Some(village)) => {
            (Subject::Unknown(doors.work().vault().nik_index(nik)), village, None)
        }
        (None, None) => return refuse("Penelepon tidak ada dalam data: tulis kode desanya."),
    };
    let typed_values = [&typed.nilai1, &typed.nilai2, &typed.nilai3];
    let changes = match values::read_all(doors, typed_values.into_iter().map(String::as_str)) {
        Ok(changes) => changes,
        Err(why) => return refuse(&why),
    };
    let said = if changes.is_empty() { typed.text.as_str() } else { "" };
    let report = NewReport {
        id: typed.id.clone(),
        kind: (*kind).to_owned(),
        channel: Channel::Call,
        village,
        subject,
        person: person.filter(|_| *kind == "reactivation"),
        text: format!("{what}. {}", typed.text.trim()),
        changes: if matches!(*kind, "objection" | "update") { changes } else { Vec::new() },
        topics: crate::mentions::topics(kind, said),
        contact: contact(&typed.telepon),
        reporter: doors.work().vault().nik_index(nik),
        about_self: typed.keluhan.trim() != "9",
        urgent: typed.keluhan.trim() == "6",
        evidence: Vec::new(),
    };
    let filed = doors.work().file_report(&who.actor, report)?;
    let due = words::long_date(day_of(filed.due_at));
    html(&CallPage { filed: Some((filed, due)), ..blank })
}

fn contact(phone: &str) -> Option<Contact> {
    let address: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    (8..=16).contains(&address.len()).then(|| Contact { by: "sms".to_owned(), address })
}

/// The caller's other cases: who calls again is told what is under way.
fn earlier(doors: &Doors, who: &Session, family: &Family) -> Result<Vec<Row>, Trouble> {
    let mut rows = Vec::new();
    for basket in [Basket::Others, Basket::Closed] {
        let query = ListQuery {
            basket,
            region: Some(family.village),
            rows: casework::PAGE_MAX,
            ..ListQuery::default()
        };
        for case in doors
            .work()
            .work_list(&who.actor, &query)?
            .iter()
            .filter(|case| case.family == Some(family.id))
        {
            rows.push(work::row(doors, case, doors.work().now_ms())?);
        }
    }
    Ok(rows)
}

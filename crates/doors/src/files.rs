//! The same by files: proposals in and results out as CSV and Excel, each row with its own code;
//! the regent's annex and the village meeting's list as PDF.

use crate::form::Form;
use crate::page::{Frame, Page, Trouble, blocking, demand, html};
use crate::state::Doors;
use crate::work::{self, Row};
use crate::{pdf, registry, sheet, values, words};
use askama::Template;
use axum::extract::{Multipart, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use casework::{
    Basket, CaseRow, Channel, ListQuery, NewReport, Session, Subject, day_of, role_label,
};
use kernel::{Date, Nik};
use serde::Deserialize;

/// Most rows of one file.
const ROWS_MAX: usize = 20_000;
/// Most rows handed out at once.
const OUT_MAX: u32 = 20_000;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a file looks like.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    bentuk: String,
}

/// A file to keep.
fn handed(bytes: Vec<u8>, kind: &'static str, name: &str) -> Page {
    let name = format!("attachment; filename=\"{name}\"");
    let heads = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((heads, bytes).into_response())
}

fn table(bentuk: &str, name: &str, head: &[&str], rows: &[Vec<String>]) -> Page {
    if bentuk == "xlsx" {
        let bytes = sheet::to_xlsx(name, head, rows).map_err(Trouble::Fault)?;
        return handed(bytes, XLSX, &format!("{name}.xlsx"));
    }
    let bytes = sheet::to_csv(head, rows).map_err(Trouble::Fault)?;
    handed(bytes, "text/csv; charset=utf-8", &format!("{name}.csv"))
}

/// `GET /kerja/unduh?bentuk=csv|xlsx`: the actor's cases, all baskets.
pub(crate) async fn download(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let head = ["nomor", "jenis", "desa", "tahap", "pemegang", "tenggat", "hasil"];
        let tables = doors.work().tables();
        let row = |case: &CaseRow| {
            vec![
                case.ticket.clone(),
                case.kind.clone(),
                case.village.to_string(),
                words::state(tables, &case.step),
                case.level().to_owned(),
                day_of(case.due_at).to_string(),
                case.outcome.clone().unwrap_or_default(),
            ]
        };
        let mut rows = Vec::new();
        for basket in [Basket::Mine, Basket::Others, Basket::Closed] {
            rows.extend(all_cases(doors, &who, basket)?.iter().map(row));
        }
        table(&asked.bentuk, "kasus", &head, &rows)
    })
    .await
}

/// Every case of a basket, up to [`OUT_MAX`].
fn all_cases(doors: &Doors, who: &Session, basket: Basket) -> Result<Vec<CaseRow>, Trouble> {
    let mut all = Vec::new();
    let mut skip = 0;
    while skip < OUT_MAX {
        let query = ListQuery { basket, rows: casework::PAGE_MAX, skip, ..ListQuery::default() };
        let cases = doors.work().work_list(&who.actor, &query)?;
        let full = cases.len() == casework::PAGE_MAX as usize;
        all.extend(cases);
        if !full {
            break;
        }
        skip += casework::PAGE_MAX;
    }
    Ok(all)
}

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    frame: Frame,
    results: Vec<(usize, &'static str, String)>,
    taken: usize,
    windows: Vec<(String, String)>,
}

/// `GET /kerja/unggah`
pub(crate) async fn form(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        html(&UploadPage {
            frame: Frame::new(doors, "Unggah usulan", "unggah", Some(&who)),
            results: Vec::new(),
            taken: 0,
            windows: windows(doors)?,
        })
    })
    .await
}

/// The monthly windows and how they stand today.
pub(crate) fn windows(doors: &Doors) -> Result<Vec<(String, String)>, Trouble> {
    let today = day_of(doors.work().now_ms());
    let line = |window: casework::Window| {
        let stands = match window.on(today) {
            casework::WindowStanding::Until(day) => format!("dibuka sampai {}", words::date(day)),
            casework::WindowStanding::From(day) => format!("dibuka lagi {}", words::date(day)),
        };
        (window.name, stands)
    };
    Ok(casework::windows()?.into_iter().map(line).collect())
}

/// `POST /kerja/unggah`: columns `id_usulan,nik,tanggal_lahir,jenis,keterangan,perubahan` as CSV or
/// Excel; sending a file twice has one effect per row. The field `hasil` asks for the results as
/// `csv` or `xlsx` in place of a page.
pub(crate) async fn upload(
    State(doors): State<Doors>,
    headers: HeaderMap,
    body: Multipart,
) -> Response {
    let form = Form::read(body).await;
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let missing = || {
            Trouble::Refused(
                "Pilih berkas CSV atau Excel dengan kolom id_usulan, nik, tanggal_lahir, jenis, keterangan, perubahan."
                    .to_owned(),
            )
        };
        let form = form.ok_or_else(missing)?;
        let (_, _, bytes) = form.files.first().ok_or_else(missing)?;
        let rows = sheet::rows(bytes, ROWS_MAX).map_err(Trouble::Refused)?;
        let mut results: Vec<(usize, &'static str, String)> = Vec::new();
        for (line, row) in rows {
            let (code, text) = match row {
                Ok(row) => take(doors, &who, &Line::of(&row), Channel::File)?,
                Err(()) => ("BARIS_RUSAK", "Baris tidak dapat dibaca".to_owned()),
            };
            results.push((line, code, text));
        }
        if matches!(form.get("hasil"), "csv" | "xlsx") {
            let rows: Vec<Vec<String>> = results
                .iter()
                .map(|(line, code, text)| vec![line.to_string(), (*code).to_owned(), text.clone()])
                .collect();
            return table(form.get("hasil"), "hasil", &["baris", "kode", "keterangan"], &rows);
        }
        let taken = results.iter().filter(|(_, code, _)| is_taken(code)).count();
        html(&UploadPage {
            frame: Frame::new(doors, "Hasil unggahan", "unggah", Some(&who)),
            results,
            taken,
            windows: windows(doors)?,
        })
    })
    .await
}

/// True for codes of rows that are in the registry's hands.
pub(crate) fn is_taken(code: &str) -> bool {
    matches!(code, "DITERIMA" | "DIGABUNG" | "SUDAH_ADA")
}

/// One proposal as a line of a file or an object of the API.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    id_usulan: String,
    nik: String,
    tanggal_lahir: String,
    #[serde(default)]
    jenis: String,
    #[serde(default)]
    keterangan: String,
    /// `column=code;column=code`.
    #[serde(default)]
    perubahan: String,
}

impl Line {
    fn of(cells: &[String]) -> Self {
        let get = |at: usize| cells.get(at).map_or(String::new(), |cell| cell.trim().to_owned());
        Self {
            id_usulan: get(0),
            nik: get(1),
            tanggal_lahir: get(2),
            jenis: get(3),
            keterangan: get(4),
            perubahan: get(5),
        }
    }
}

/// One row: its code and a sentence, never the NIK. When the store is away nothing is said about
/// the row: the whole request is refused (503) and can be sent again, each row has one effect.
pub(crate) fn take(
    doors: &Doors,
    who: &Session,
    line: &Line,
    channel: Channel,
) -> Result<(&'static str, String), Trouble> {
    let nik = match Nik::parse(&line.nik) {
        Ok(nik) => nik,
        Err(why) => return Ok(("NIK_SALAH", why.to_string())),
    };
    let Ok(born) = line.tanggal_lahir.parse::<Date>() else {
        return Ok(("TANGGAL_SALAH", "tanggal lahir ditulis 1987-04-23".to_owned()));
    };
    let changes = match values::read_all(doors, line.perubahan.split(';')) {
        Ok(changes) => changes,
        Err(why) => return Ok(("NILAI_SALAH", why)),
    };
    let Some(found) = registry::identify(doors, nik, born)? else {
        let why = "NIK dan tanggal lahir tidak ada bersama dalam data".to_owned();
        return Ok(("TIDAK_PADAN", why));
    };
    let kind = if line.jenis.is_empty() { "proposal" } else { &line.jenis };
    let report = NewReport {
        id: format!("csv-{}-{}", who.account.account, line.id_usulan),
        kind: kind.to_owned(),
        channel,
        village: found.0.village,
        subject: Subject::Family(found.0.id),
        person: None,
        text: line.keterangan.clone(),
        topics: crate::mentions::topics(
            kind,
            if changes.is_empty() { &line.keterangan } else { "" },
        ),
        changes,
        contact: None,
        reporter: doors.work().vault().nik_index(nik),
        about_self: true,
        urgent: false,
        evidence: Vec::new(),
    };
    Ok(match doors.work().file_report(&who.actor, report) {
        Ok(filed) if filed.again => ("SUDAH_ADA", filed.ticket),
        Ok(filed) if filed.joined => ("DIGABUNG", filed.ticket),
        Ok(filed) => ("DITERIMA", filed.ticket),
        Err(casework::CaseworkError::NotFound | casework::CaseworkError::NotAllowed(_)) => {
            ("DI_LUAR_WILAYAH", "keluarga ini bukan wilayah Anda".to_owned())
        }
        Err(error) => match Trouble::from(error) {
            Trouble::Refused(why) => ("DITOLAK", why),
            other => return Err(other),
        },
    })
}

/// `GET /kerja/lampiran.pdf`: what waits for the regent's approval, to sign.
pub(crate) async fn annex(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let title = "Lampiran pengesahan usulan bantuan sosial";
        let signed = ["Bupati / Wali Kota", "Kepala Dinas Sosial"];
        list(doors, &who, "formal_approve", title, &signed, "lampiran.pdf")
    })
    .await
}

/// `GET /kerja/daftar-musyawarah.pdf`: what waits for the village meeting, to sign.
pub(crate) async fn meeting(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let title = "Daftar usulan musyawarah desa";
        let signed = ["Kepala desa", "Ketua BPD", "Wakil masyarakat"];
        list(doors, &who, "formal_meeting", title, &signed, "daftar-musyawarah.pdf")
    })
    .await
}

fn list(
    doors: &Doors,
    who: &Session,
    step: &str,
    title: &str,
    signed: &[&str],
    name: &str,
) -> Page {
    let now = doors.work().now_ms();
    let waiting = all_cases(doors, who, Basket::Mine)?;
    let waiting = waiting.iter().filter(|case| case.step == step);
    let rows = waiting.map(|case| work::row(doors, case, now)).collect::<Result<Vec<Row>, _>>()?;
    let cells: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| vec![row.ticket, row.head, row.place, row.kind, String::new()])
        .collect();
    let about = [
        format!("{} · {}", who.account.name, role_label(who.account.role.word())),
        format!("{} · {} usulan", words::long_date(day_of(now)), cells.len()),
    ];
    let columns = [
        ("No", 36.0),
        ("Nomor", 126.0),
        ("Kepala keluarga", 190.0),
        ("Alamat", 210.0),
        ("Jenis", 90.0),
        ("Layak / tidak", 110.0),
    ];
    let foot = if doors.options().synthetic {
        "Registri Sosial · data contoh"
    } else {
        "Registri Sosial"
    };
    let bytes = pdf::write(&pdf::List {
        title,
        about: &about,
        columns: &columns,
        rows: &cells,
        signed,
        foot,
    });
    handed(bytes, "application/pdf", name)
}

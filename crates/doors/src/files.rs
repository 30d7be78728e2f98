//! The same by files: results out and proposals in as CSV, each row with its own code.

use crate::form::Form;
use crate::page::{Frame, Trouble, blocking, demand, html};
use crate::registry;
use crate::state::Doors;
use crate::words;
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use casework::{Basket, Channel, ListQuery, NewReport, Session, Subject, day_of};
use kernel::{Date, Nik};

/// Most rows of one file.
const ROWS_MAX: usize = 20_000;
/// Most rows handed out at once.
const OUT_MAX: u32 = 20_000;

/// `GET /kerja/unduh`: the actor's cases, all baskets.
pub(crate) async fn download(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let mut out = csv::Writer::from_writer(Vec::new());
        let wrong = |e: csv::Error| Trouble::Fault(e.to_string());
        out.write_record(["nomor", "jenis", "desa", "tahap", "pemegang", "tenggat", "hasil"])
            .map_err(wrong)?;
        let tables = doors.work().tables();
        for basket in [Basket::Mine, Basket::Others, Basket::Closed] {
            let mut skip = 0;
            while skip < OUT_MAX {
                let query =
                    ListQuery { basket, rows: casework::PAGE_MAX, skip, ..ListQuery::default() };
                let cases = doors.work().work_list(&who.actor, &query)?;
                for case in &cases {
                    let row = [
                        case.ticket.clone(),
                        case.kind.clone(),
                        case.village.to_string(),
                        words::state(tables, &case.step),
                        case.level().to_owned(),
                        day_of(case.due_at).to_string(),
                        case.outcome.clone().unwrap_or_default(),
                    ];
                    out.write_record(&row).map_err(wrong)?;
                }
                if cases.len() < casework::PAGE_MAX as usize {
                    break;
                }
                skip += casework::PAGE_MAX;
            }
        }
        let bytes = out.into_inner().map_err(|e| Trouble::Fault(e.to_string()))?;
        let heads = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"kasus.csv\""),
        ];
        Ok((heads, bytes).into_response())
    })
    .await
}

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    frame: Frame,
    results: Vec<(usize, &'static str, String)>,
    taken: usize,
}

/// `GET /kerja/unggah`
pub(crate) async fn form(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        html(&UploadPage {
            frame: Frame::new(doors, "Unggah usulan", "unggah", Some(&who)),
            results: Vec::new(),
            taken: 0,
        })
    })
    .await
}

/// `POST /kerja/unggah`: columns `id_usulan,nik,tanggal_lahir,jenis,keterangan`; sending a file twice
/// has one effect per row.
pub(crate) async fn upload(
    State(doors): State<Doors>,
    headers: HeaderMap,
    body: Multipart,
) -> Response {
    let form = Form::read(body).await;
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let file = form.and_then(|form| form.files.into_iter().next());
        let (_, _, bytes) = file.ok_or_else(|| {
            Trouble::Refused(
                "Pilih berkas CSV dengan kolom id_usulan, nik, tanggal_lahir, jenis, keterangan."
                    .to_owned(),
            )
        })?;
        let mut results = Vec::new();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        for (at, record) in reader.records().take(ROWS_MAX).enumerate() {
            let (code, text) = match record {
                Ok(record) => take(doors, &who, &record),
                Err(_) => ("BARIS_RUSAK", "Baris tidak dapat dibaca".to_owned()),
            };
            results.push((at + 2, code, text));
        }
        let taken = results
            .iter()
            .filter(|(_, code, _)| matches!(*code, "DITERIMA" | "DIGABUNG" | "SUDAH_ADA"))
            .count();
        html(&UploadPage {
            frame: Frame::new(doors, "Hasil unggahan", "unggah", Some(&who)),
            results,
            taken,
        })
    })
    .await
}

/// One row: its code and a sentence, never the NIK.
fn take(doors: &Doors, who: &Session, record: &csv::StringRecord) -> (&'static str, String) {
    let get = |at: usize| record.get(at).unwrap_or("").trim();
    let nik = match Nik::parse(get(1)) {
        Ok(nik) => nik,
        Err(why) => return ("NIK_SALAH", why.to_string()),
    };
    let Ok(born) = get(2).parse::<Date>() else {
        return ("TANGGAL_SALAH", "tanggal lahir ditulis 1987-04-23".to_owned());
    };
    let found = match registry::identify(doors, nik, born) {
        Ok(Some(found)) => found,
        Ok(None) => {
            return (
                "TIDAK_PADAN",
                "NIK dan tanggal lahir tidak ada bersama dalam data".to_owned(),
            );
        }
        Err(_) => return ("COBA_LAGI", "data tidak dapat dibaca sekarang".to_owned()),
    };
    let kind = if get(3).is_empty() { "proposal" } else { get(3) };
    let report = NewReport {
        id: format!("csv-{}-{}", who.account.account, get(0)),
        kind: kind.to_owned(),
        channel: Channel::File,
        village: found.0.village,
        subject: Subject::Family(found.0.id),
        person: None,
        text: get(4).to_owned(),
        changes: Vec::new(),
        topics: crate::report::topics(kind),
        contact: None,
        reporter: doors.work().vault().nik_index(nik),
        about_self: true,
        urgent: false,
        evidence: Vec::new(),
    };
    match doors.work().file_report(&who.actor, report) {
        Ok(filed) if filed.again => ("SUDAH_ADA", filed.ticket),
        Ok(filed) if filed.joined => ("DIGABUNG", filed.ticket),
        Ok(filed) => ("DITERIMA", filed.ticket),
        Err(casework::CaseworkError::NotFound | casework::CaseworkError::NotAllowed(_)) => {
            ("DI_LUAR_WILAYAH", "keluarga ini bukan wilayah Anda".to_owned())
        }
        Err(error) => ("DITOLAK", error.to_string()),
    }
}

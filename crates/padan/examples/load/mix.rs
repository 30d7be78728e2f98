//! What is asked, and how often.

use crate::http::Request;
use kernel::Chance;
use serde_json::json;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Dashboard,
    Check,
    WorkList,
    OpenCase,
    ApiCases,
    Follow,
    Propose,
    Report,
    Decide,
}

impl Class {
    pub const ALL: &'static [Self] = &[
        Self::Dashboard,
        Self::Check,
        Self::WorkList,
        Self::OpenCase,
        Self::ApiCases,
        Self::Follow,
        Self::Propose,
        Self::Report,
        Self::Decide,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Dashboard => "dashboard of a place",
            Self::Check => "public check",
            Self::WorkList => "work list",
            Self::OpenCase => "open a case (logged)",
            Self::ApiCases => "work list by API",
            Self::Follow => "follow a ticket",
            Self::Propose => "proposal by API",
            Self::Report => "report by portal",
            Self::Decide => "decision",
        }
    }

    pub const fn writes(self) -> bool {
        matches!(self, Self::Propose | Self::Report | Self::Decide)
    }

    /// True when this status is an honest answer: a decision may meet a case that another request
    /// decided a moment before, a check may pass the day's limit of one address.
    pub const fn allows(self, status: u16) -> bool {
        match self {
            Self::Decide => matches!(status, 200 | 303 | 422),
            Self::Check => matches!(status, 200 | 429),
            _ => status == 200,
        }
    }
}

/// Somebody who reports.
pub struct Somebody {
    pub nik: String,
    pub born: String,
}

/// An official of one village.
pub struct Operator {
    pub token: String,
    pub people: Vec<usize>,
}

/// A case that was filed before.
pub struct Known {
    pub ticket: String,
    pub word: String,
    pub operator: usize,
}

/// Everything requests are made of.
pub struct Mix {
    pub people: Vec<Somebody>,
    pub operators: Vec<Operator>,
    pub cases: Vec<Known>,
    pub regions: Vec<String>,
    /// Makes ids of this run differ from those of another.
    pub run: u64,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Mix {
    /// Request number `at`: the same number gives the same request.
    pub fn request(&self, at: u64) -> (Class, Request) {
        let mut chance = Chance::at(self.run, 1, at);
        let class = match chance.below(100) {
            0..20 => Class::Dashboard,
            20..24 => Class::Check,
            24..44 => Class::WorkList,
            44..56 => Class::OpenCase,
            56..70 => Class::ApiCases,
            70..80 => Class::Follow,
            80..90 => Class::Propose,
            90..95 => Class::Report,
            _ => Class::Decide,
        };
        (class, self.make(class, at, &mut chance))
    }

    fn make(&self, class: Class, at: u64, chance: &mut Chance) -> Request {
        let any = |chance: &mut Chance, count: usize| chance.below(count as u64) as usize;
        let operator = &self.operators[any(chance, self.operators.len())];
        let one = &self.people[operator.people[any(chance, operator.people.len())]];
        let known = &self.cases[any(chance, self.cases.len())];
        let holder = &self.operators[known.operator].token;
        let id = format!("load-{}-{at}", self.run);
        match class {
            Class::Dashboard => Request::get(
                format!("/wilayah/{}", self.regions[any(chance, self.regions.len())]),
                "",
            ),
            Class::Check => {
                let mut parts = one.born.split('-');
                let mut part = || parts.next().unwrap_or_default();
                let (year, month, day) = (part(), part(), part());
                let body = format!("nik={}&hari={day}&bulan={month}&tahun={year}", one.nik);
                Request::post("/cek", "", FORM, body.into_bytes())
            }
            Class::WorkList => Request::get("/kerja", &operator.token),
            Class::OpenCase => Request::get(format!("/kerja/{}", known.ticket), holder),
            Class::ApiCases => Request::get("/api/kasus", &operator.token),
            Class::Follow => {
                let body = format!("nomor={}&kata={}", known.ticket, known.word);
                Request::post("/ikuti", "", FORM, body.into_bytes())
            }
            Class::Propose => {
                let line = json!({"id_usulan": id, "nik": one.nik, "tanggal_lahir": one.born,
                    "jenis": "update", "keterangan": "Lantai masih tanah",
                    "perubahan": "floor_material=8"});
                let body = json!({"usulan": [line]}).to_string().into_bytes();
                Request::post("/api/usulan", &operator.token, "application/json", body)
            }
            Class::Report => multipart(
                "/lapor/objection",
                "",
                &[
                    ("id", &id),
                    ("nik", &one.nik),
                    ("lahir", &one.born),
                    ("text", "Dinding rumah kami masih gedek, bukan tembok"),
                    ("v.wall_material", "3"),
                    ("setuju", "ya"),
                ],
            ),
            Class::Decide => multipart(
                &format!("/kerja/{}", known.ticket),
                holder,
                &[
                    ("id", &id),
                    ("putusan", "forward"),
                    ("alasan", "Sesuai pemeriksaan di lapangan"),
                ],
            ),
        }
    }
}

fn multipart(path: &str, bearer: &str, fields: &[(&str, &str)]) -> Request {
    let mut body = String::new();
    for (name, value) in fields {
        body +=
            &format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--b--\r\n";
    Request::post(path, bearer, "multipart/form-data; boundary=b", body.into_bytes())
}

//! The whole server in process, as the program puts it together: pages of the edition, of cases and
//! of ground checks over a made-up edition, with accounts of every role and reach.

use access::{Actor, Policies, Relation, Role, State, Territory};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use casework::{Casework, Channel, NewAccount, NewReport, Subject};
use doors::{Doors, Options, WhatsApp, seed_decree, seed_demo};
use kernel::{FixedClock, Level, Region};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Query, Store, StoreError, Vault, params};
use tower::ServiceExt;
use visits::Visits;

/// 2026-11-10 09:00 WITA.
const NOW: i64 = 1_794_272_400_000;

/// What a form sends where the door does not matter: a bit of everything, none of it real.
pub const FORM: &str = "nama=x&sandi=y&akun=0&sesi=ff&lama=x&baru=y&nomor=KB-0000-0000-0000&kata=X&nik=1&hari=1&bulan=1&tahun=1990&formulir=x&putusan=x&alasan=x&hp=1&teks=x&balas=x&aksi=x&id=matrix-0001";

pub const HEAD: &str = "Who may enter where: every door of the server, driven. Written by `PADAN_BLESS=1 cargo test --release -p doors\n\
--test routes`; the routes are read out of the router. ✔ it opens, · 404, → shown the way to sign in, ✘ refused\n\
(401, 403, or seen but not allowed), ? the door is open, what was sent was not acceptable.\n\
Columns: where the thing lies (own: in my territory's village, above: inside my territory, below: my territory lies\n\
in it, beside: elsewhere, nowhere: I have no territory); of a case: open, closed, sealed.\n";

/// What a door answered.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    fn to(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    /// One sign for the table.
    pub fn mark(&self) -> char {
        match self.status {
            303 if self.to() == "/masuk" => '→',
            200..=399 => '✔',
            401 | 403 => '✘',
            404 => '·',
            400..=499 => '?',
            _ => '!',
        }
    }

    /// The same at a door with a thing behind it: what is seen but not allowed is a refusal, and a
    /// search that finds nothing has not opened.
    pub fn found(&self) -> char {
        match (self.mark(), self.status) {
            ('?', _) => '✘',
            ('✔', 200) if self.body.contains("action=\"/keluarga\"") => '·',
            (mark, _) => mark,
        }
    }
}

pub struct World {
    pub router: Router,
    pub work: Casework,
    pub village: Region,
    pub regency: Region,
    pub family: u64,
    pub tickets: BTreeMap<State, String>,
    away: Region,
    accounts: RefCell<BTreeMap<(Role, Relation), u64>>,
    sessions: RefCell<BTreeMap<(Role, Relation), (Actor, String)>>,
    runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        publish::fixture::write(dir.path(), "2026-4", 1, 600).unwrap();
        let url = format!("sqlite:{}", dir.path().join("s.db").display());
        let (store, vault) = (Store::open(&url).unwrap(), Vault::from_key([9; 32]));
        publish::publish(dir.path(), &store, &vault, NOW, &mut |_| ()).unwrap();
        let policies = Arc::new(Policies::builtin().unwrap());
        let clock = Arc::new(FixedClock(NOW));
        let work = Casework::new(store.clone(), vault.clone(), policies, clock).unwrap();
        seed_demo(&work).unwrap().unwrap();
        seed_decree(&work).unwrap();
        let (village, family, away) = places(&store);
        let options = Options { synthetic: true, demo: true, secure: false, journal: None };
        let doors = Doors::new(work.clone(), options).unwrap();
        let doors = doors.with_whatsapp(WhatsApp::simulated("127.0.0.1:1", b"0123456789abcdef"));
        let visits = Visits::new(work.clone(), visits::Options::default()).unwrap();
        visits::seed_campaign(&visits).unwrap();
        let app = web::App::new(store, vault, Box::new(FixedClock(NOW)), true).unwrap();
        let router = web::routes::router(app.with_work(work.clone()))
            .merge(doors::router(doors))
            .merge(visits::router(visits));
        let mut world = Self {
            router,
            work,
            village,
            regency: village.at(Level::Regency).unwrap(),
            family,
            tickets: BTreeMap::new(),
            away,
            accounts: RefCell::default(),
            sessions: RefCell::default(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            _dir: dir,
        };
        for state in [State::Open, State::Closed, State::Sealed] {
            let ticket = world.file(state);
            world.tickets.insert(state, ticket);
        }
        world
    }

    /// A case of the family in this state.
    fn file(&self, state: State) -> String {
        thread_local! { static COUNT: RefCell<u64> = const { RefCell::new(0) }; }
        let at = COUNT.with_borrow_mut(|count| {
            *count += 1;
            *count
        });
        let report = NewReport {
            id: format!("matrix-report-{at}"),
            kind: "objection".to_owned(),
            channel: Channel::Portal,
            village: self.village,
            subject: Subject::Unknown(self.work.vault().index("matrix", &at.to_be_bytes())),
            person: None,
            text: "Dinding masih gedek".to_owned(),
            changes: Vec::new(),
            topics: vec!["wall_material".to_owned()],
            contact: None,
            reporter: self.work.vault().index("matrix", &at.to_be_bytes()),
            about_self: true,
            urgent: false,
            evidence: vec![casework::NewEvidence {
                kind: "house_photo".to_owned(),
                media: "image/jpeg".to_owned(),
                bytes: b"\xff\xd8\xff".to_vec(),
                note: String::new(),
            }],
        };
        let filed = self.work.file_report(&Actor::visitor(), report).unwrap();
        let (case, word) = (filed.case.get(), state.word());
        let set = move |tx: &mut store::Tx<'_>| {
            tx.execute("UPDATE work_case SET state = $2 WHERE case_id = $1", params![case, word])
        };
        self.work.store().write::<_, StoreError, _>(set).unwrap();
        filed.ticket
    }

    /// An actor of this role whose territory lies so to the village, and the cookie of its session.
    pub fn actor(&self, role: Role, relation: Relation) -> (Actor, String) {
        let mut sessions = self.sessions.borrow_mut();
        sessions.entry((role, relation)).or_insert_with(|| self.begin(role, relation)).clone()
    }

    /// The same with a session of its own.
    pub fn begin(&self, role: Role, relation: Relation) -> (Actor, String) {
        if role == Role::Visitor {
            return (Actor::visitor(), String::new());
        }
        let territory = match relation {
            Relation::Own | Relation::Below => Territory::In(self.village),
            Relation::Above => Territory::In(self.regency),
            Relation::Beside => Territory::In(self.away),
            Relation::Nowhere => Territory::Nowhere,
        };
        let account = *self.accounts.borrow_mut().entry((role, relation)).or_insert_with(|| {
            let login = format!("{role}-{}", relation.word());
            let (name, password) = ("Petugas".to_owned(), None);
            let new =
                NewAccount { login, name, role, territory, password, family: None, person: None };
            self.work.make_account(None, new).unwrap()
        });
        let (token, session) = self.work.begin(account, true).unwrap();
        (session.actor, format!("padan_sesi={}", token.expose()))
    }

    /// A door of a case in this state; one that is decided on is a new one each time.
    pub fn at_case(&self, method: &str, path: &str, state: State, cookie: &str) -> Answer {
        let decides = path.ends_with("#putusan");
        let ticket = if decides { self.file(state) } else { self.tickets[&state].clone() };
        let id = self.evidence(&ticket);
        let path = path.trim_end_matches("#putusan").replace("{ticket}", &ticket);
        let body = match (method, decides) {
            ("POST", true) => multipart(&[
                ("id", &format!("matrix-{ticket}")),
                ("putusan", "forward"),
                ("alasan", "Sesuai pemeriksaan di lapangan"),
            ]),
            ("POST", false) => multipart(&[("id", "matrix-0001")]),
            _ => String::new(),
        };
        self.ask(method, &path.replace("{id}", &id.to_string()), cookie, &body)
    }

    fn evidence(&self, ticket: &str) -> u64 {
        let sql = "SELECT MIN(e.evidence_id) AS id FROM evidence e JOIN work_case c ON c.case_id = e.case_id WHERE c.ticket = $1";
        let read = |reader: &mut store::Reader<'_>| reader.query_one(sql, params![ticket]);
        self.work.store().read::<_, StoreError>(read).unwrap().get("id").unwrap()
    }

    /// A door of the family.
    pub fn at_family(&self, method: &str, path: &str, cookie: &str) -> Answer {
        let family = self.family.to_string();
        self.ask(method, &path.replace("{family}", &family), cookie, &format!("nik={family}"))
    }

    /// A path with something in each hole.
    pub fn filled(&self, path: &str) -> String {
        let village = self.village.plain();
        let mut out = path.to_owned();
        for (hole, value) in [
            ("{region}", village.as_str()),
            ("{kind}", "objection"),
            ("{edition}", "2026-4"),
            ("{*path}", "checkpoint"),
            ("{asset}", "app.js"),
            ("{campaign}", "1"),
            ("{id}", "1"),
        ] {
            out = out.replace(hole, value);
        }
        // Whatever else: a token, a version, a medium that nobody has.
        while let (Some(from), Some(to)) = (out.find('{'), out.find('}')) {
            out.replace_range(from..=to, "x");
        }
        out
    }

    /// Asks; a form that the door reads another way is sent that way.
    pub fn ask(&self, method: &str, path: &str, cookie: &str, body: &str) -> Answer {
        let kind = if body.starts_with("--b") {
            "multipart/form-data; boundary=b"
        } else {
            "application/x-www-form-urlencoded"
        };
        let answer = self.send(method, path, cookie, kind, body);
        if method == "POST" && matches!(answer.status, 400 | 415) && !body.starts_with("--b") {
            let body = multipart(&[("id", "matrix-0001")]);
            return self.send(method, path, cookie, "multipart/form-data; boundary=b", &body);
        }
        answer
    }

    fn send(&self, method: &str, path: &str, cookie: &str, kind: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !cookie.is_empty() {
            request = request.header(header::COOKIE, cookie);
        }
        let body = if method == "POST" {
            request = request.header(header::CONTENT_TYPE, kind);
            Body::from(body.to_owned())
        } else {
            Body::empty()
        };
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, 10 << 20).await.unwrap();
            let body = String::from_utf8_lossy(&bytes).into_owned();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        })
    }
}

fn multipart(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    fields.iter().map(part).collect::<String>() + "--b--\r\n"
}

/// A village with one of its families, and a village of another regency.
fn places(store: &Store) -> (Region, u64, Region) {
    let sql = "SELECT village, family_id FROM village_family ORDER BY village, family_id";
    let edition = store.current_edition().unwrap().unwrap().number;
    let rows = store
        .read_edition::<_, StoreError>(edition, |reader| reader.query(sql, params![]))
        .unwrap();
    let village = |at: usize| Region::from_number(rows[at].get("village").unwrap()).unwrap();
    let (near, away) = (village(0), village(rows.len() - 1));
    assert_ne!(near.at(Level::Regency), away.at(Level::Regency));
    (near, rows[0].get("family_id").unwrap(), away)
}

/// Every (method, path) of a router, read out of what it prints of itself: the only list that cannot
/// be another than the one requests go by.
pub fn routes(router: &Router) -> BTreeSet<(String, String)> {
    let text = format!("{router:?}");
    let text = text.split("fallback_router").next().unwrap();
    let (methods, paths) = text.split_once("node: Node").expect("axum prints its routes");
    let split = |text: &str| -> Vec<(u32, String)> {
        text.split("RouteId(")
            .skip(1)
            .map(|part| {
                let (number, rest) = part.split_once(')').unwrap();
                (number.parse().unwrap(), rest.to_owned())
            })
            .collect()
    };
    let paths: BTreeMap<u32, String> = split(paths)
        .into_iter()
        .map(|(number, rest)| (number, rest.split('"').nth(1).unwrap().to_owned()))
        .collect();
    let mut all = BTreeSet::new();
    for (number, rest) in split(methods) {
        for method in ["get", "post", "put", "patch", "delete", "head"] {
            let field = format!("{method}: ");
            let is_there = rest.contains(&field) && !rest.contains(&format!("{field}None"));
            if is_there {
                all.insert((method.to_uppercase(), paths[&number].clone()));
            }
        }
    }
    all
}

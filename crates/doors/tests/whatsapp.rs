//! WhatsApp from end to end over real sockets: the simulator delivers to the webhook, the worker
//! talks and files, the courier sends back; and what the webhook does with what is not genuine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod small;

use access::{Policies, Role, Territory};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use casework::{Act, Casework, NewAccount};
use channels::whatsapp::signature::{AppSecret, sign};
use doors::{Doors, Options, WhatsApp, router, run_whatsapp, seed_demo, take_delivery, work_off};
use kernel::FixedClock;
use serde_json::{Value as Json, json};
use small::{NIK, NOW, VILLAGE, publish};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Query, Store, StoreError, Vault, params};
use tower::ServiceExt;

const SECRET: &[u8] = b"a secret of sixteen";

struct House {
    doors: Doors,
    work: Casework,
    address: SocketAddr,
    listener: Option<std::net::TcpListener>,
    _dir: tempfile::TempDir,
}

fn house(demo: bool) -> House {
    house_of(demo, true)
}

fn house_of(demo: bool, seeded: bool) -> House {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).unwrap();
    let vault = Vault::from_key([9; 32]);
    publish(&store, &vault);
    let policies = Arc::new(Policies::builtin().unwrap());
    let work = Casework::new(store, vault, policies, Arc::new(FixedClock(NOW))).unwrap();
    if seeded {
        seed_demo(&work).unwrap();
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let options = Options { synthetic: true, demo, secure: false, journal: None };
    let doors = Doors::new(work.clone(), options)
        .unwrap()
        .with_whatsapp(WhatsApp::simulated(&address.to_string(), SECRET));
    House { doors, work, address, listener: Some(listener), _dir: dir }
}

impl House {
    fn count(&self, sql: &str) -> u64 {
        let row = self.work.store().read::<_, StoreError>(|r| r.query_one(sql, params![])).unwrap();
        row.get("n").unwrap()
    }

    /// Serves and talks while `story` runs.
    fn live(&mut self, story: impl FnOnce(&Self)) {
        let listener = self.listener.take().unwrap();
        listener.set_nonblocking(true).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let app = router(self.doors.clone());
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let _ = axum::serve(listener, app).await;
        });
        let stop = Arc::new(AtomicBool::new(false));
        let (doors, flag) = (self.doors.clone(), Arc::clone(&stop));
        let talking =
            std::thread::spawn(move || run_whatsapp(&doors, || flag.load(Ordering::Relaxed)));
        story(self);
        stop.store(true, Ordering::Relaxed);
        talking.join().unwrap();
        runtime.shutdown_background();
    }

    fn call(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> String {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!(
                "--grens\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += "--grens--\r\n";
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: multipart/form-data; \
             boundary=grens\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn say(&self, hp: &str, field: &str, text: &str) -> String {
        let answer = self.call("POST", "/simulasi/whatsapp", &[("hp", hp), (field, text)]);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        self.call("GET", &format!("/simulasi/whatsapp?hp={hp}"), &[])
    }
}

fn delivery(id: &str, user: &str, written_s: i64, content: Json) -> Vec<u8> {
    let mut message = content;
    message["id"] = json!(id);
    message["from_user_id"] = json!(user);
    message["timestamp"] = json!(written_s.to_string());
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp", "messages": [message]}}]}]})
    .to_string()
    .into_bytes()
}

fn words(text: &str) -> Json {
    json!({"type": "text", "text": {"body": text}})
}

/// An old neighbour types a complaint with bad spelling, on a phone without a number, and hears
/// what was decided.
#[test]
fn from_a_misspelt_complaint_to_the_decision() {
    let mut house = house(true);
    house.live(|house| {
        let page = house.say("1", "pesan", "tetanga sy kaya tp dpt bntuan trus");
        assert!(page.contains("warga desa yang sama"), "{page}");
        house.say("1", "tekan", "SANGGAH|Ajukan keberatan");
        house.say("1", "tekan", "CONSENT_YES|Setuju");
        house.say("1", "pesan", "pnya mobil, nik dia 5202016304870002");
        let page = house.say("1", "pesan", "kirim");
        assert!(page.contains("di desa mana"), "{page}");
        let page = house.say("1", "pesan", "brabali");
        assert!(
            page.contains("Barabali, Batukliang") && page.contains("Barabali, Praya"),
            "{page}"
        );
        let page = house.say("1", "tekan", "DESA:5202012001|Barabali, Batukliang");
        assert!(page.contains("kami terima dengan nomor KB-5202-2611-"), "{page}");
        assert!(!page.contains(NIK), "the number is masked everywhere");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM report WHERE report_id LIKE 'wa-%'"), 1);
        decide(house);
        let told = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            house.call("GET", "/simulasi/whatsapp?hp=1", &[]).contains("diterima.")
        });
        assert!(told, "the result is told");
    });
    assert!(house.count("SELECT COUNT(*) AS n FROM wa_sent WHERE status = 'delivered'") >= 5);
}

/// Takes the case to its end as each holder.
fn decide(house: &House) {
    let actor = |role: Role| {
        let account = house.work.accounts().unwrap().into_iter().find(|a| a.role == role).unwrap();
        house.work.begin(account.account, true).unwrap().1.actor
    };
    let sql = "SELECT c.ticket FROM work_case c JOIN report r ON r.case_id = c.case_id WHERE r.report_id LIKE 'wa-%'";
    let row = house.work.store().read::<_, StoreError>(|r| r.query_one(sql, params![])).unwrap();
    let case = house.work.find_ticket(&row.get::<String>("ticket").unwrap()).unwrap();
    for (role, decision) in [(Role::VillageOperator, "forward"), (Role::DistrictOfficer, "accept")]
    {
        let act = Act {
            command: format!("act-wa-{decision}"),
            case,
            decision: decision.to_owned(),
            reason: "Sesuai pemeriksaan di lapangan".to_owned(),
            changes: None,
            evidence: vec![],
        };
        house.work.act(&actor(role), act).unwrap();
    }
}

#[test]
fn a_person_is_known_by_nik_and_birth_date_and_the_case_joins_the_familys() {
    let house = house(true);
    let at = NOW / 1_000;
    let press = |id: &str| json!({"type": "interactive", "interactive": {"list_reply": {"id": id, "title": id}}});
    let steps = [
        press("YA_AKTIF"),
        press("CONSENT_YES"),
        words("kartu mati, cuci darah"),
        words("kirim"),
        words("5202 0163 0487 0002"),
        words("lahir 23-04-1987"),
    ];
    let cases = house.count("SELECT COUNT(*) AS n FROM work_case");
    for (n, step) in (0_i64..).zip(steps) {
        take_delivery(&house.doors, &delivery(&format!("wamid.{n}"), "ID.5", at + n, step))
            .unwrap();
    }
    work_off(&house.doors).unwrap();
    let sql = "SELECT COUNT(*) AS n FROM work_case c JOIN report r ON r.case_id = c.case_id
               WHERE r.report_id LIKE 'wa-%' AND c.family_id = 1 AND c.urgent = 1";
    assert_eq!(house.count(sql), 1);
    // The demo seeds a reactivation of this family by another door: it is the same case.
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM work_case"), cases);
    let raw = std::fs::read(house._dir.path().join("store.db")).unwrap();
    let log = std::fs::read(house._dir.path().join("store.db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(16).any(|w| w == NIK.as_bytes());
    assert!(!holds(&raw) && !holds(&log), "no NIK in the file");
}

/// Delivered many times, in any order: one report each; later words never go back in time.
#[test]
fn deliveries_repeat_and_come_in_any_order() {
    let house = house(true);
    let form = |n: i64| {
        let answers = json!({"kind": "complaint", "text": format!("kartu tertelan {n}"), "village": VILLAGE.to_string(), "consent": true});
        json!({"type": "interactive", "interactive": {"type": "nfm_reply",
               "nfm_reply": {"name": "flow", "body": "Sent", "response_json": answers.to_string()}}})
    };
    let before = house.count("SELECT COUNT(*) AS n FROM work_case");
    let order = [3, 0, 4, 1, 0, 2, 4, 4, 1, 0];
    for n in order {
        let raw = delivery(
            &format!("wamid.F{n}"),
            &format!("ID.F{n}"),
            NOW / 1_000 - n * 86_400,
            form(n),
        );
        take_delivery(&house.doors, &raw).unwrap();
    }
    assert_eq!(work_off(&house.doors).unwrap(), 5);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM work_case"), before + 5);
    // A word from yesterday after today's: nobody is answered about it, a person reads it.
    let at = NOW / 1_000;
    for (id, when, text) in [("a", at, "halo"), ("b", at - 90_000, "kmarin kartu sy mati")] {
        take_delivery(&house.doors, &delivery(id, "ID.L", when, words(text))).unwrap();
        work_off(&house.doors).unwrap();
    }
    assert_eq!(
        house.count("SELECT COUNT(*) AS n FROM wa_conversation WHERE waiting_since IS NOT NULL"),
        1
    );
}

#[tokio::test]
async fn the_webhook_takes_only_what_is_signed() {
    let house = house(true);
    let app = router(house.doors.clone());
    let secret = AppSecret::new(SECRET);
    let send = |body: Vec<u8>, header: String| {
        let request = Request::post("/whatsapp/webhook")
            .header("x-hub-signature-256", header)
            .body(Body::from(body))
            .unwrap();
        app.clone().oneshot(request)
    };
    let good = delivery("wamid.S", "ID.S", NOW / 1_000, words("halo"));
    let truncated = good[..good.len() - 40].to_vec();
    let status = |r: Result<axum::http::Response<Body>, _>| {
        r.map_err(|e: std::convert::Infallible| e).unwrap().status()
    };
    assert_eq!(status(send(good.clone(), sign(b"other", &secret)).await), StatusCode::UNAUTHORIZED);
    assert_eq!(
        status(send(truncated.clone(), sign(&good, &secret)).await),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(status(send(truncated.clone(), sign(&truncated, &secret)).await), StatusCode::OK);
    assert_eq!(status(send(good.clone(), sign(&good, &secret)).await), StatusCode::OK);
    assert_eq!(status(send(good.clone(), sign(&good, &secret)).await), StatusCode::OK);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM wa_event WHERE kind = 'message'"), 1);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM wa_event WHERE kind = 'unread'"), 1);
    let token = hex::encode(SECRET);
    let ask = |token: &str| {
        let path = format!(
            "/whatsapp/webhook?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=42"
        );
        app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap())
    };
    assert_eq!(status(ask(&token).await), StatusCode::OK);
    assert_eq!(status(ask("x").await), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_simulator_is_off_in_production() {
    let app = router(house(false).doors);
    for (method, path) in [
        ("GET", "/simulasi/whatsapp"),
        ("POST", "/simulasi/whatsapp/graph/v23.0/1/messages"),
        ("GET", "/simulasi/whatsapp/graph/v23.0/1"),
        ("GET", "/simulasi/whatsapp/graph/v23.0/1/isi"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        assert_eq!(
            app.clone().oneshot(request).await.unwrap().status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

/// An agent reads the whole thread, answers, and gives the conversation back.
#[test]
fn an_agent_takes_over_with_the_whole_thread() {
    let mut house = house(true);
    house.live(|house| {
        house.say("0", "pesan", "desil saya salah");
        let page = house.say("0", "pesan", "tolong, mau bicara dengan petugas");
        assert!(page.contains("diteruskan ke petugas"), "{page}");
        let account = house.work.accounts().unwrap().into_iter().find(|a| a.role == Role::CallAgent).unwrap();
        let (token, _) = house.work.begin(account.account, true).unwrap();
        let get = |path: &str| {
            let mut stream = TcpStream::connect(house.address).unwrap();
            stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
            let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: padan_sesi={}\r\nConnection: close\r\n\r\n", house.address, token.expose());
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let list = get("/percakapan");
        let start = list.find("/percakapan/").map(|at| at + "/percakapan/".len()).unwrap();
        let key = list[start..start + 32].to_owned();
        let thread = get(&format!("/percakapan/{key}"));
        assert!(thread.contains("desil saya salah") && thread.contains("bicara dengan petugas"), "{thread}");
        assert!(house.call("GET", "/percakapan", &[]).starts_with("HTTP/1.1 303"), "others sign in first");
    });
}

fn cookie(house: &House, role: Role, territory: Territory) -> String {
    let new = NewAccount {
        login: role.word().to_owned(),
        name: role.word().to_owned(),
        role,
        territory,
        password: None,
        family: None,
        person: None,
    };
    let account = house.work.make_account(None, new).unwrap();
    format!("padan_sesi={}", house.work.begin(account, true).unwrap().0.expose())
}

fn tell_whatsapp(house: &House, story: &str) {
    let press = |id: &str| json!({"type": "interactive", "interactive": {"list_reply": {"id": id, "title": id}}});
    let known = format!("{NIK} lahir 23-04-1987");
    let steps =
        [press("YA_AKTIF"), press("CONSENT_YES"), words(story), words("kirim"), words(&known)];
    for (n, step) in (0_i64..).zip(steps) {
        let raw = delivery(&format!("wamid.P{n}"), "ID.P", NOW / 1_000 + n, step);
        take_delivery(&house.doors, &raw).unwrap();
    }
    work_off(&house.doors).unwrap();
}

/// One story told at a door; afterwards the case as the store holds it, its topics and its events.
fn tell(house: &House, door: &str) {
    let story = "kartu mati, cuci darah besok";
    let cookie = |role, territory| cookie(house, role, territory);
    let village = kernel::Region::from_number(VILLAGE).unwrap();
    let (path, cookie, kind, body) = match door {
        "portal" => {
            let fields = [
                ("id", "web-parity-0001"),
                ("nik", NIK),
                ("lahir", "1987-04-23"),
                ("text", story),
                ("setuju", "ya"),
            ];
            let part = |(k, v): &(&str, &str)| {
                format!("--b\r\ncontent-disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n")
            };
            let body: String = fields.iter().map(part).collect();
            (
                "/lapor/reactivation",
                String::new(),
                "multipart/form-data; boundary=b",
                format!("{body}--b--\r\n"),
            )
        }
        "file" => {
            let file = format!(
                "id_usulan,nik,tanggal_lahir,jenis,keterangan\nusulparity01,{NIK},1987-04-23,reactivation,\"{story}\"\n"
            );
            let body = format!(
                "--b\r\ncontent-disposition: form-data; name=\"berkas\"; filename=\"a.csv\"\r\n\r\n{file}\r\n--b--\r\n"
            );
            (
                "/kerja/unggah",
                cookie(Role::VillageOperator, Territory::In(village)),
                "multipart/form-data; boundary=b",
                body,
            )
        }
        "call" => {
            let body = format!(
                "id=call-parity-1&cari={NIK}&lahir=1987-04-23&keluhan=6&text={}",
                story.replace(' ', "+").replace(',', "%2C")
            );
            (
                "/171",
                cookie(Role::CallAgent, Territory::Country),
                "application/x-www-form-urlencoded",
                body,
            )
        }
        "whatsapp" => return tell_whatsapp(house, story),
        other => panic!("no door {other}"),
    };
    let request = Request::post(path)
        .header("cookie", cookie)
        .header("content-type", kind)
        .body(Body::from(body))
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(router(house.doors.clone()).oneshot(request)).unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{door}");
}

fn case_of(house: &House) -> Vec<String> {
    let line = |sql: &str| -> Vec<String> {
        let rows = house.work.store().read::<_, StoreError>(|r| r.query(sql, params![])).unwrap();
        rows.iter().map(|row| format!("{row:?}")).collect()
    };
    let mut all = line(
        "SELECT kind, village, subject, family_id, state, step, holder, taken_by, opened_at, due_at, law_due_at, urgent FROM work_case",
    );
    all.extend(line("SELECT subject, topic FROM case_topic ORDER BY topic"));
    all.extend(line(
        "SELECT number, kind, step, next_step, due_at FROM case_event ORDER BY number",
    ));
    all
}

/// Whichever door a story comes through, it is the same case; by all of them it is one.
#[test]
fn one_story_through_every_door_is_the_same_case() {
    let doors = ["portal", "file", "call", "whatsapp"];
    let cases: Vec<Vec<String>> = doors
        .iter()
        .map(|door| {
            let house = house_of(true, false);
            tell(&house, door);
            case_of(&house)
        })
        .collect();
    assert!(cases[0].len() >= 3, "{:?}", cases[0]);
    for (door, case) in doors.iter().zip(&cases) {
        assert_eq!(case, &cases[0], "{door} is like {}", doors[0]);
    }
    let house = house_of(true, false);
    doors.iter().for_each(|door| tell(&house, door));
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM work_case"), 1);
    assert_eq!(house.count("SELECT COUNT(DISTINCT channel) AS n FROM report"), 4);
}

//! A scripted OpenRosa client against the real router: what Collect sends and what it checks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[allow(dead_code, reason = "each test uses a part of the town")]
mod town;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use casework::ListQuery;
use kernel::{CaseId, Clock};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Store, Vault};
use tower::ServiceExt;
use town::Town;

/// 2026-11-22 18:00 WITA.
const NOW: i64 = 1_795_341_600_000;

/// A clock that is turned by hand.
struct Turned(AtomicI64);

impl Clock for Turned {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct House {
    town: Town,
    clock: Arc<Turned>,
    router: Router,
    _dir: tempfile::TempDir,
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).unwrap();
    let vault = Vault::from_key([9; 32]);
    town::publish(&store, &vault, 90);
    let clock = Arc::new(Turned(AtomicI64::new(NOW)));
    let town = town::open(store, vault, Arc::clone(&clock) as Arc<dyn Clock>);
    town.campaign("test-campaign");
    let router = visits::router(town.visits.clone());
    House { town, clock, router, _dir: dir }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl House {
    fn ask(&self, request: Request<Body>) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = axum::body::to_bytes(response.into_body(), 10 << 20).await.unwrap();
            Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
        })
    }

    fn collect(&self, method: Method, path: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "registry.test")
            .header("x-openrosa-version", "1.0")
            // Collect writes 12-hour hours here; nobody may mind.
            .header("date", "Sun, 22 Nov 2026 06:00:00 GMT");
        self.ask(request.body(Body::empty()).unwrap())
    }

    fn send(&self, key: &str, xml: &str, files: &[(&str, &[u8])], incomplete: bool) -> Answer {
        let mut body = format!(
            "--b\r\ncontent-disposition: form-data; name=\"xml_submission_file\"; filename=\"s.xml\"\r\ncontent-type: text/xml\r\n\r\n{xml}\r\n"
        )
        .into_bytes();
        for (name, bytes) in files {
            body.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        if incomplete {
            body.extend_from_slice(
                b"--b\r\ncontent-disposition: form-data; name=\"*isIncomplete*\"\r\n\r\nyes\r\n",
            );
        }
        body.extend_from_slice(b"--b--\r\n");
        let request = Request::post(format!("/or/key/{key}/submission?deviceID=collect%3Aabc"))
            .header("x-openrosa-version", "1.0")
            .header("content-type", "multipart/form-data; boundary=b");
        self.ask(request.body(Body::from(body)).unwrap())
    }

    fn page(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap())
    }

    fn post(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body.to_owned())).unwrap())
    }

    fn first_visit(&self, at: usize) -> field::Visit {
        self.town.visits.field().visits(self.town.account(at), false).unwrap().remove(0)
    }
}

/// The same header rules for every answer that Collect reads.
fn check_headers(answer: &Answer) {
    assert_eq!(answer.headers["x-openrosa-version"], "1.0");
    assert_eq!(answer.headers["content-type"], "text/xml; charset=utf-8");
}

fn picture(seed: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(120, 90, |x, y| {
        let block = u64::from(x / 14 * 7_919 + y / 12 * 104_729 + seed * 15_485_863);
        let value = (kernel::Chance::new(block).bits() >> 32) % 241;
        image::Rgb([value as u8, 90, 40])
    });
    let mut out = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 85);
    image::DynamicImage::ImageRgb8(picture).write_with_encoder(encoder).unwrap();
    out
}

fn form(instance: &str, entity: &str, floor: u8) -> String {
    format!(
        "<data xmlns:orx=\"http://openrosa.org/xforms\" id=\"groundcheck\" version=\"1\"><visit><family>{entity}</family><result>1</result></visit>\
         <home><floor_material>{floor}</floor_material><wall_material>1</wall_material><lighting>1</lighting></home>\
         <photos><photo_front>a.jpg</photo_front><photo_inside>b.jpg</photo_inside></photos>\
         <place>-8.65 116.32 12 4.8</place><start>2026-11-22T15:00:00.000+08:00</start><end>2026-11-22T15:25:00.000+08:00</end>\
         <orx:meta><orx:instanceID>{instance}</orx:instanceID></orx:meta></data>"
    )
}

#[test]
fn a_phone_takes_form_and_families_as_the_protocol_says() {
    let house = house();
    let key = house.town.phone(1);
    let list = house.collect(Method::GET, &format!("/or/key/{key}/formList"));
    assert_eq!(list.status, StatusCode::OK);
    check_headers(&list);
    let between = |text: &str, from: &str, to: &str| {
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap().0.to_owned()
    };
    let (url, hash) =
        (between(&list.text, "<downloadUrl>", "<"), between(&list.text, "<hash>", "<"));
    let path = url.strip_prefix("http://registry.test").unwrap();
    let form = house.collect(Method::GET, path);
    check_headers(&form);
    assert_eq!(channels::openrosa::listing::hash(form.text.as_bytes()), hash);
    let manifest_url = between(&list.text, "<manifestUrl>", "<");
    let manifest =
        house.collect(Method::GET, manifest_url.strip_prefix("http://registry.test").unwrap());
    check_headers(&manifest);
    let csv_url = between(&manifest.text, "<downloadUrl>", "<");
    let csv = house.collect(Method::GET, csv_url.strip_prefix("http://registry.test").unwrap());
    let hash = channels::openrosa::listing::hash(csv.text.as_bytes());
    assert!(manifest.text.contains(&hash) && manifest.text.contains("type=\"entityList\""));
    // Fifty families at most, and the head of the list is what a form names.
    assert!((1..=51).contains(&csv.text.lines().count()), "{}", csv.text.lines().count());
    let first = csv.text.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let gone = house.collect(Method::GET, &format!("/or/key/{key}/entities?id={first},nobody"));
    check_headers(&gone);
    assert!(gone.text.contains(&format!("id=\"{first}\"><deleted>false")));
    assert!(gone.text.contains("id=\"nobody\"><deleted>true"));
}

#[test]
fn a_submission_address_answers_as_collect_checks() {
    let house = house();
    let key = house.town.phone(1);
    let probe = house.collect(Method::HEAD, &format!("/or/key/{key}/submission?deviceID=x"));
    assert_eq!(probe.status, StatusCode::NO_CONTENT);
    assert_eq!(probe.headers["x-openrosa-version"], "1.0");
    assert_eq!(probe.headers["x-openrosa-accept-content-length"], "20000000");
    let stranger = house.collect(Method::HEAD, "/or/key/nobody/submission");
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let offered: Vec<&str> =
        stranger.headers.get_all("www-authenticate").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(offered[0].starts_with("Digest ") && offered[1].starts_with("Basic "), "{offered:?}");
    // The same behind Basic and Bearer.
    use base64::Engine;
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("siapa:{key}"));
    for value in [format!("Basic {pair}"), format!("Bearer {key}")] {
        let request = Request::get("/or/formList")
            .header("x-openrosa-version", "1.0")
            .header("authorization", value);
        assert_eq!(house.ask(request.body(Body::empty()).unwrap()).status, StatusCode::OK);
    }
    let old = Request::get(format!("/or/key/{key}/formList")).body(Body::empty()).unwrap();
    assert_eq!(house.ask(old).status, StatusCode::BAD_REQUEST);
    // A lost phone is nobody from now on, its holder goes on with another.
    let office = house.town.cookie(0);
    assert_eq!(house.post("/lapangan/ponsel", &office, "cabut=1").status, StatusCode::SEE_OTHER);
    let lost = house.collect(Method::GET, &format!("/or/key/{key}/formList"));
    assert_eq!(lost.status, StatusCode::UNAUTHORIZED);
    let sent = house.send(&key, &form("uuid:lost-0001", "x", 8), &[], false);
    assert_eq!(sent.status, StatusCode::UNAUTHORIZED);
    check_headers(&sent);
}

#[test]
fn a_form_in_parts_is_one_form_and_one_case() {
    let house = house();
    let key = house.town.phone(1);
    let visit = house.first_visit(1);
    let xml = form("uuid:parts-0001", &visit.entity, 8);
    let first = house.send(&key, &xml, &[("a.jpg", &picture(1))], true);
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    check_headers(&first);
    let last = house.send(&key, &xml, &[("b.jpg", &picture(2))], false);
    assert_eq!(last.status, StatusCode::CREATED);
    assert!(last.text.contains("GC-000001"));
    // Again, all of it: nothing doubles.
    let again = house.send(&key, &xml, &[("a.jpg", &picture(1)), ("b.jpg", &picture(2))], false);
    assert_eq!((again.status, again.text), (StatusCode::CREATED, last.text));
    let done = house.town.visits.field().work_off(10).unwrap();
    assert_eq!((done.forms, done.review, done.filed), (1, 0, 1));
    assert_eq!(house.town.visits.field().work_off(10).unwrap().forms, 0);
    // The floor is earth now: one case, by the door of visits, with photos made anew.
    let (_, office) = house.town.work.begin(house.town.account(0), false).unwrap();
    let case = house.town.work.open_case(&office.actor, CaseId::new(1)).unwrap();
    assert_eq!(case.reports.len(), 1);
    assert_eq!(case.reports[0].changes.len(), 1);
    assert_eq!(case.reports[0].changes[0].variable, "floor_material");
    assert_eq!(case.evidence.iter().filter(|e| e.kind == "house_photo").count(), 2);
    assert!(case.evidence.iter().any(|e| e.kind == "visit"));
    assert_eq!(house.first_visit(1).result, None, "the visit made is off the list");
    assert_ne!(house.first_visit(1).entity, visit.entity);
}

#[test]
fn one_story_through_another_door_is_the_same_case() {
    let house = house();
    let key = house.town.phone(1);
    let visit = house.first_visit(1);
    let family = kernel::FamilyId::new(visit.known.family);
    let report = casework::NewReport {
        id: "portal-report-1".to_owned(),
        kind: "objection".to_owned(),
        channel: casework::Channel::Portal,
        village: visit.village,
        subject: casework::Subject::Family(family),
        person: None,
        text: "Lantai rumah kami tanah".to_owned(),
        changes: vec![casework::Change {
            variable: "floor_material".to_owned(),
            person: None,
            value: "8".to_owned(),
        }],
        topics: Vec::new(),
        contact: None,
        reporter: [1; 16],
        about_self: true,
        urgent: false,
        evidence: Vec::new(),
    };
    let filed = house.town.work.file_report(&access::Actor::visitor(), report).unwrap();
    let files: [(&str, &[u8]); 2] = [("a.jpg", &picture(3)), ("b.jpg", &picture(4))];
    house.send(&key, &form("uuid:story-0001", &visit.entity, 8), &files, false);
    assert_eq!(house.town.visits.field().work_off(10).unwrap().filed, 1);
    let (_, office) = house.town.work.begin(house.town.account(0), false).unwrap();
    let case = house.town.work.open_case(&office.actor, filed.case).unwrap();
    assert_eq!(case.reports.len(), 2, "the visit joined the case of the family");
    assert!(house.town.work.work_list(&office.actor, &ListQuery::default()).unwrap().len() <= 1);
}

#[test]
fn other_contents_under_an_id_are_a_decision_not_a_loss() {
    let house = house();
    let key = house.town.phone(1);
    let visit = house.first_visit(1);
    let files: [(&str, &[u8]); 2] = [("a.jpg", &picture(5)), ("b.jpg", &picture(6))];
    let first = form("uuid:same-0001", &visit.entity, 8);
    assert_eq!(house.send(&key, &first, &files, false).status, StatusCode::CREATED);
    let other = form("uuid:same-0001", &visit.entity, 2);
    for _ in 0..2 {
        let refused = house.send(&key, &other, &[], false);
        assert_eq!(refused.status, StatusCode::CONFLICT);
        check_headers(&refused);
        assert!(refused.text.contains("nature=\"error\"") && refused.text.contains("disimpan"));
    }
    house.town.visits.field().work_off(10).unwrap();
    let office = house.town.cookie(0);
    let page = house.page("/lapangan/periksa", &office);
    assert!(page.text.contains("home/floor_material"), "{}", page.text);
    let (_, who) = house.town.work.begin(house.town.account(0), false).unwrap();
    let conflicts = house.town.visits.field().conflicts(&who.actor).unwrap();
    assert_eq!(conflicts.len(), 1);
    let expected = ("home/floor_material".to_owned(), "8".to_owned(), "2".to_owned());
    assert_eq!(conflicts[0].differences, [expected]);
    let body =
        format!("formulir=uuid%3Asame-0001&isi={}&putusan=kemudian", conflicts[0].xml_sha256);
    assert_eq!(house.post("/lapangan/periksa", &office, &body).status, StatusCode::SEE_OTHER);
    let done = house.town.visits.field().work_off(10).unwrap();
    assert_eq!((done.forms, done.review), (1, 0), "the later contents are worked off as an edit");
    assert!(house.town.visits.field().conflicts(&who.actor).unwrap().is_empty());
    // An assistant sees none of this page.
    let assistant = house.town.cookie(1);
    assert_eq!(house.page("/lapangan/periksa", &assistant).status, StatusCode::NOT_FOUND);
}

#[test]
fn doubts_go_to_review_and_a_decision_ends_them() {
    let house = house();
    let key = house.town.phone(1);
    let visits = house.town.visits.field().visits(house.town.account(1), false).unwrap();
    let files: [(&str, &[u8]); 2] = [("a.jpg", &picture(7)), ("b.jpg", &picture(8))];
    let send = |n: usize, entity: &str| {
        house.send(&key, &form(&format!("uuid:doubt-{n:04}"), entity, 8), &files, false).status
    };
    assert_eq!(send(1, &visits[0].entity), StatusCode::CREATED);
    // The same photos at another house, in the same minutes; and a family of nobody's list.
    assert_eq!(send(2, &visits[1].entity), StatusCode::CREATED);
    assert_eq!(send(3, "not-a-visit"), StatusCode::CREATED);
    let done = house.town.visits.field().work_off(10).unwrap();
    assert_eq!((done.forms, done.review, done.filed), (3, 2, 1));
    let (_, who) = house.town.work.begin(house.town.account(0), false).unwrap();
    let open = house.town.visits.field().in_review(&who.actor).unwrap();
    let kinds = |at: usize| -> Vec<&str> { open[at].doubts.iter().map(|d| d.0.as_str()).collect() };
    assert!(kinds(0).contains(&"same_photo"), "{:?}", open[0].doubts);
    assert!(kinds(1).contains(&"unknown_family"), "{:?}", open[1].doubts);
    let office = house.town.cookie(0);
    let body = "formulir=uuid%3Adoubt-0002&putusan=terima&alasan=Sudah+ditelepon+keluarganya";
    assert_eq!(house.post("/lapangan/periksa", &office, body).status, StatusCode::SEE_OTHER);
    assert_eq!(house.town.visits.field().in_review(&who.actor).unwrap().len(), 1);
    let again = house.post("/lapangan/periksa", &office, body);
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "it is settled already");
}

#[test]
fn the_office_sees_a_campaign_as_a_picture() {
    let house = house();
    let office = house.town.cookie(0);
    let page = house.page("/lapangan", &office);
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("/lapangan/kampanye/1"));
    let page = house.page("/lapangan/kampanye/1", &office);
    assert!(page.text.contains("class=\"kurva\"") && page.text.contains("Barabali"));
    assert!(page.text.contains("0 dari 90 keluarga"), "{}", page.text);
    let body = "id=web-0123456789&nama=Verval&jenis=verval&wilayah=5202012001&antrean=wilayah";
    let opened = house.post("/lapangan/kampanye", &office, body);
    assert_eq!(opened.headers["location"], "/lapangan/kampanye/2");
    let twice = house.post("/lapangan/kampanye", &office, body);
    assert_eq!(twice.headers["location"], "/lapangan/kampanye/2");
    let nik = "id=web-0123456780&nama=X&jenis=cut_off&wilayah=5202012001&antrean=daftar&daftar=5202016304870002";
    assert_eq!(
        house.post("/lapangan/kampanye", &office, nik).status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    // An assistant of another regency has nothing here.
    let other = house.town.cookie(3);
    assert!(house.page("/lapangan", &other).text.contains("Belum ada tugas"));
    assert_eq!(house.page("/lapangan/kampanye/1", &other).status, StatusCode::NOT_FOUND);
    assert_eq!(house.page("/lapangan", "").headers["location"], "/masuk");
}

#[test]
fn a_browser_is_a_phone_with_a_token_of_its_own() {
    let house = house();
    let assistant = house.town.cookie(1);
    let entered = house.page("/lapangan/formulir", &assistant);
    let cookie =
        entered.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let data = house.page("/lapangan/formulir/data", &cookie);
    let data: serde_json::Value = serde_json::from_str(&data.text).unwrap();
    assert_eq!(data["questions"].as_array().unwrap().len(), 39);
    assert!(data["visits"].as_array().unwrap().len() > 10);
    assert_eq!(house.page("/lapangan/formulir/data", "").status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        house.page("/lapangan/formulir", &house.town.cookie(0)).status,
        StatusCode::NOT_FOUND
    );
    let shell = house.page("/lapangan/formulir/", "");
    assert!(shell.text.contains("formulir.js"));
}

#[test]
fn a_phone_signs_in_by_digest_and_the_answer_is_good_for_one_address_and_some_minutes() {
    use channels::openrosa::digest;
    let house = house();
    let key = house.town.phone(1);
    let ask = |method: Method, uri: &str, answer: &str| {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("x-openrosa-version", "1.0")
            .header("authorization", answer);
        house.ask(request.body(Body::empty()).unwrap())
    };
    let challenge =
        |answer: &Answer| answer.headers["www-authenticate"].to_str().unwrap().to_owned();
    let first = challenge(&ask(Method::HEAD, "/or/submission?deviceID=x", "Digest"));
    let nonce = first.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // As a client works it out: MD5 over what the standard names.
    let md5 = |text: String| channels::openrosa::listing::hash(text.as_bytes())[4..].to_owned();
    let answer = |user: &str, password: &str, nonce: &str, method: &str, uri: &str| {
        let asked = md5(format!("{method}:{uri}"));
        let kept = digest::kept(user, password);
        let response = md5(format!("{kept}:{nonce}:00000001:abcd:auth:{asked}"));
        format!(
            "Digest username=\"{user}\", realm=\"Padan\", nonce=\"{nonce}\", uri=\"{uri}\", qop=auth, \
             nc=00000001, cnonce=\"abcd\", response=\"{response}\", algorithm=MD5"
        )
    };
    let uri = "/or/submission?deviceID=x";
    let good = answer("ponsel-1", &key, &nonce, "HEAD", uri);
    assert_eq!(ask(Method::HEAD, uri, &good).status, StatusCode::NO_CONTENT);
    let list = answer("ponsel-1", &key, &nonce, "GET", "/or/formList");
    assert_eq!(ask(Method::GET, "/or/formList", &list).status, StatusCode::OK);
    for (method, uri, wrong) in [
        (Method::GET, "/or/formList", good.clone()),
        (Method::HEAD, uri, answer("ponsel-1", "lain", &nonce, "HEAD", uri)),
        (Method::HEAD, uri, answer("ponsel-2", &key, &nonce, "HEAD", uri)),
        (Method::HEAD, uri, answer("ponsel-01", &key, &nonce, "HEAD", uri)),
        (Method::HEAD, uri, answer("ponsel-1", &key, "1-00", "HEAD", uri)),
    ] {
        assert_eq!(ask(method, uri, &wrong).status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    // An old nonce is refused with a new one, and says that the password was right.
    house.clock.0.fetch_add(11 * 60_000, Ordering::Relaxed);
    let old = ask(Method::HEAD, uri, &good);
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    assert!(challenge(&old).contains("stale=true") && !challenge(&old).contains(&nonce));
    // Taken back: nobody, by this way too.
    let fresh =
        challenge(&old).split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let again = answer("ponsel-1", &key, &fresh, "HEAD", uri);
    assert_eq!(ask(Method::HEAD, uri, &again).status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.post("/lapangan/ponsel", &house.town.cookie(0), "cabut=1").status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(ask(Method::HEAD, uri, &again).status, StatusCode::UNAUTHORIZED);
}

/// Words that stand in Indonesian sentences only.
const TELLTALE: &str = "yang dan tidak untuk dengan keluarga paling belum sudah Nomor Petugas";

#[test]
fn the_pages_speak_english_under_en() {
    let house = house();
    let key = house.town.phone(1);
    // One form that is looked at, so that the page of doubts has something to say.
    let entity = house.first_visit(1).entity;
    house.send(&key, &form("uuid:english-0001", &entity, 8), &[], false);
    assert_eq!(house.town.visits.field().work_off(10).unwrap().review, 1);
    let (office, assistant) = (house.town.cookie(0), house.town.cookie(1));
    let list = house.page("/en/lapangan", &office).text;
    let campaign = list.split("href=\"/en/lapangan/kampanye/").nth(1).unwrap();
    let campaign = format!("/lapangan/kampanye/{}", campaign.split('"').next().unwrap());
    let mut wrong = Vec::new();
    for (path, who) in [
        ("/lapangan", &office),
        (campaign.as_str(), &office),
        ("/lapangan/periksa", &office),
        ("/lapangan/ponsel", &office),
        ("/lapangan", &assistant),
        ("/lapangan/ponsel", &assistant),
    ] {
        let page = house.page(&format!("/en{path}"), who);
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            page.text.contains("<html lang=\"en\">") && page.text.contains(">Bahasa Indonesia<")
        );
        let texts = page.text[page.text.find("<main").unwrap()..]
            .split('<')
            .filter_map(|t| t.split_once('>'));
        for (_, text) in texts {
            if text.split_whitespace().any(|word| TELLTALE.split(' ').any(|known| known == word)) {
                wrong.push(format!("{path}: {}", text.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "messages/en.toml lacks\n{}", wrong.join("\n"));
    // The address of the form and of the protocol is one for both languages.
    assert!(house.page("/en/lapangan", &assistant).text.contains("href=\"/lapangan/formulir\""));
}

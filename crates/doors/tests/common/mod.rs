//! The doors over a small published edition, driven in process.
#![allow(dead_code, reason = "each test file uses a part")]

use access::Policies;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use casework::Casework;
use doors::{Doors, Options, router, seed_demo};
use journal::verify::Trust;
use journal::{DirFiles, Signer, Writer};
use kernel::{Date, EditionId, FixedClock, Nik};
use std::sync::Arc;
use store::blob::{CellKind, Layout, put_count, put_int, put_text};
use store::{Loader, Store, StoreError, Value, Vault};
use tower::ServiceExt;

/// 2026-11-10 09:00 WITA.
pub const NOW: i64 = 1_794_272_400_000;
pub const VILLAGE: u64 = 5_202_012_001;
pub const NIK: &str = "5202016304870002";

pub struct House {
    pub router: Router,
    pub work: Casework,
    pub writer: Writer<DirFiles>,
    pub trust: Trust,
    _dir: tempfile::TempDir,
}

pub fn born() -> Date {
    "1987-04-23".parse().unwrap()
}

/// What a family's body holds in this small edition.
fn layout() -> Layout {
    let int = |name: &str| (name.to_owned(), CellKind::Int);
    let text = |name: &str| (name.to_owned(), CellKind::Text);
    let family = vec![
        int("family_id"),
        int("village"),
        int("head_person_id"),
        text("hamlet"),
        int("wall_material"),
    ];
    let person = vec![int("person_id"), text("name"), int("birth_date")];
    Layout {
        sections: vec![
            ("family".to_owned(), family),
            ("person".to_owned(), person),
            ("score".to_owned(), vec![int("decile")]),
        ],
    }
}

/// A family's body, sealed: decile 6, walls of masonry.
fn body(vault: &Vault, family: u64) -> Result<Value, StoreError> {
    let mut body = Vec::new();
    put_count(&mut body, 1);
    put_int(&mut body, family as i64);
    put_int(&mut body, VILLAGE as i64);
    put_int(&mut body, family as i64 * 10);
    put_text(&mut body, "Dusun Tibu Lempanas");
    put_int(&mut body, 1);
    put_count(&mut body, 1);
    put_int(&mut body, family as i64 * 10);
    put_text(&mut body, "AMAQ RIPIN");
    put_int(&mut body, i64::from(born().days()));
    put_count(&mut body, 1);
    put_int(&mut body, 6);
    Ok(Value::Bytes(vault.seal(&format!("family.body|{family}"), &body)?))
}

/// Three families; the first one's head has the NIK.
fn publish(store: &Store, vault: &Vault) {
    let name = EditionId::new("2026-4").unwrap();
    let load = |loader: &mut Loader| {
        let layout = serde_json::to_string(&layout()).unwrap();
        loader.append("fact", &["name", "body"], [Ok(vec!["layout".into(), layout.into()])])?;
        let region = vec![
            VILLAGE.into(),
            520_201_u64.into(),
            4.into(),
            "Barabali".into(),
            9.into(),
            3.into(),
        ];
        let columns = ["region", "parent", "level", "name", "people", "families"];
        loader.append("region", &columns, [Ok(region)])?;
        for family in 1..=3_u64 {
            let row = vec![family.into(), body(vault, family)?];
            loader.append("family", &["family_id", "body"], [Ok(row)])?;
            let row = vec![VILLAGE.into(), 6.into(), family.into()];
            loader.append("village_family", &["village", "decile", "family_id"], [Ok(row)])?;
        }
        let index = vault.nik_index(Nik::parse(NIK).unwrap());
        let row = vec![index.into(), 10.into(), 1.into()];
        loader.append("person_key", &["nik_index", "person_id", "family_id"], [Ok(row)])?;
        Ok(())
    };
    store.publish_edition::<StoreError>(&name, born(), &"ab".repeat(32), NOW, load).unwrap();
}

pub fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).unwrap();
    let vault = Vault::from_key([9; 32]);
    publish(&store, &vault);
    let policies = Arc::new(Policies::builtin().unwrap());
    let work = Casework::new(store, vault, policies, Arc::new(FixedClock(NOW))).unwrap();
    assert!(seed_demo(&work).unwrap().is_some());
    let signer = Signer::log("test.example/journal", &[1; 32]).unwrap();
    let (folder, key) = (dir.path().join("journal"), signer.verifier());
    let trust = Trust::in_key(key.clone());
    let writer = Writer::open(DirFiles::new(&folder), signer).unwrap();
    let options =
        Options { synthetic: true, demo: true, secure: false, journal: Some((folder, key)) };
    let router = router(Doors::new(work.clone(), options).unwrap());
    House { router, work, writer, trust, _dir: dir }
}

impl House {
    pub fn ask(&self, request: Request<Body>) -> Response<Body> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.router.clone().oneshot(request)).unwrap()
    }

    pub fn text(&self, request: Request<Body>) -> (StatusCode, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = axum::body::to_bytes(response.into_body(), 10 << 20).await.unwrap();
            (status, String::from_utf8_lossy(&bytes).into_owned())
        })
    }

    pub fn get(&self, path: &str, cookie: &str) -> (StatusCode, String) {
        self.text(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap())
    }

    pub fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let body = fields
            .iter()
            .map(|(k, v)| format!("{k}={}", v.replace(' ', "+").replace(':', "%3A")))
            .collect::<Vec<_>>()
            .join("&");
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.text(request.body(Body::from(body)).unwrap())
    }

    pub fn multipart(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> (StatusCode, String) {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend_from_slice(
                format!(
                    "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .as_bytes(),
            );
        }
        for (name, file, bytes) in files {
            body.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.text(request.body(Body::from(body)).unwrap())
    }

    /// The cookie of a demo account.
    pub fn sign_in(&self, role: &str) -> String {
        let account =
            self.work.accounts().unwrap().into_iter().find(|a| a.login == role).unwrap().account;
        let request = Request::post("/masuk/demo")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = self.ask(request.body(Body::from(format!("akun={account}"))).unwrap());
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        response.headers()[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    }

    pub fn decide(&self, role: &str, ticket: &str, decision: &str, files: &[(&str, &str, &[u8])]) {
        let fields = [
            ("id", format!("test-{role}-{decision}")),
            ("putusan", decision.to_owned()),
            ("alasan", "Sesuai pemeriksaan di lapangan".to_owned()),
            ("bukti", "minutes".to_owned()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let (status, text) =
            self.multipart(&format!("/kerja/{ticket}"), &self.sign_in(role), &fields, files);
        assert_eq!(status, StatusCode::SEE_OTHER, "{decision}: {text}");
    }
}

pub fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no `{from}` in {text}")) + from.len();
    &text[start..start + text[start..].find(to).unwrap()]
}

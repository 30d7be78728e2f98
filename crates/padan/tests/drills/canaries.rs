//! Marked people through every flow, then every byte the system left is searched for their numbers:
//! in the clear, base64, hexadecimal, as integers, and as unkeyed SHA-256. None may be found.
//! `PADAN_CANARIES=1000 cargo test --release -p padan --test drills canaries -- --nocapture`.

use crate::http::{Body, send};
use crate::place::{Place, Server, Somebody};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use channels::whatsapp::signature::{AppSecret, sign};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SECRET: &str = "drill-app-secret-0001";

/// A marked person: somebody of the edition with a phone, a family card and an account of their own.
struct Canary {
    one: Somebody,
    phone: String,
    card: String,
    account: String,
}

fn canaries(place: &Place, most: usize) -> Vec<Canary> {
    // Villagers first: they pass every flow. The others are refused in some, which is a flow too.
    let mut people = place.villagers();
    people.extend(place.people.iter().filter(|one| one.village != place.village).cloned());
    people.truncate(most);
    let marked = |(at, one): (usize, Somebody)| {
        let mark = kernel::chance::mix(at as u64 ^ 0xCA_0A_41);
        Canary {
            phone: format!("0851{:08}", mark % 100_000_000),
            card: format!("{}{:010}", &one.nik[..6], 1_000_000_000 + mark % 8_000_000_000),
            account: format!("7{:013}", mark / 7 % 10_000_000_000_000),
            one,
        }
    };
    people.into_iter().enumerate().map(marked).collect()
}

/// What to look for, by length, and what each is.
#[derive(Default)]
struct Net {
    by_length: BTreeMap<usize, BTreeMap<Vec<u8>, String>>,
    /// The first three bytes of every pattern: most places of a file are passed over by this.
    starts: BTreeSet<[u8; 3]>,
    seen: Vec<bool>,
}

impl Net {
    fn add(&mut self, pattern: Vec<u8>, what: String) {
        self.starts.insert([pattern[0], pattern[1], pattern[2]]);
        self.by_length.entry(pattern.len()).or_default().insert(pattern, what);
    }

    /// A number that people write, in every form it may not have.
    fn number(&mut self, digits: &str, what: &str, is_nik: bool) {
        let bytes = digits.as_bytes();
        self.add(bytes.to_vec(), format!("{what} in the clear"));
        self.add(hex::encode(bytes).into_bytes(), format!("{what} in hexadecimal"));
        let hash = Sha256::digest(bytes).to_vec();
        self.add(hex::encode(&hash).into_bytes(), format!("unkeyed SHA-256 of {what} as text"));
        self.add(hash, format!("unkeyed SHA-256 of {what}"));
        // Base64 at each of the three places a text can begin at: only the letters that no
        // neighbour can change.
        for before in 0..3 {
            let padded = [vec![0; before], bytes.to_vec()].concat();
            let text = BASE64_URL_SAFE_NO_PAD.encode(&padded);
            let (from, to) = ([0, 2, 3][before], padded.len() * 8 / 6);
            self.add(text.as_bytes()[from..to].to_vec(), format!("{what} in base64"));
        }
        if let (true, Ok(number)) = (is_nik, digits.parse::<u64>()) {
            self.add(number.to_be_bytes().to_vec(), format!("{what} as an integer"));
            self.add(number.to_le_bytes().to_vec(), format!("{what} as an integer"));
        }
    }

    fn finish(&mut self) {
        self.seen = vec![false; 1 << 24];
        for [a, b, c] in &self.starts {
            self.seen[usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)] = true;
        }
    }

    /// What is found in these bytes.
    fn search(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for at in 0..bytes.len().saturating_sub(2) {
            let start = usize::from(bytes[at]) << 16
                | usize::from(bytes[at + 1]) << 8
                | usize::from(bytes[at + 2]);
            if !self.seen[start] {
                continue;
            }
            for (length, patterns) in &self.by_length {
                let Some(part) = bytes.get(at..at + length) else { break };
                if let Some(what) = patterns.get(part) {
                    found.insert(what.clone());
                }
            }
        }
        found
    }
}

fn net(canaries: &[Canary]) -> Net {
    let mut net = Net::default();
    for canary in canaries {
        net.number(&canary.one.nik, "a NIK", true);
        net.number(&canary.phone, "a phone number", false);
        net.number(&canary.card, "a family card", true);
        net.number(&canary.account, "an account number", false);
    }
    net.finish();
    net
}

/// Sends one canary through the flow that has number `at`; what a program or a file would be given
/// is kept to be searched too.
fn flow(place: &Place, server: &Server, canary: &Canary, at: usize, kept: &mut Vec<Vec<u8>>) {
    let Canary { one, phone, card, account } = canary;
    let text = format!("NIK saya {}, KK {card}, rekening {account}, telepon {phone}", one.nik);
    let id = format!("canary-{at:06}");
    let operator = place.bearer("village_operator");
    let mut ask = |method: &str, path: &str, bearer: &str, body: &Body| {
        let answer =
            send(server.address, method, path, &[("authorization", bearer)], body).unwrap();
        assert!(answer.status < 500, "{method} flow {}: {}", at % 8, answer.status);
        // A page shows what was just typed into it to whoever typed it; an error of a program not.
        kept.push(answer.head.clone().into_bytes());
        if answer.head.contains("json") || answer.head.contains("csv") {
            kept.push(answer.body);
        }
    };
    let (nik, born) = (one.nik.as_str(), one.born.as_str());
    match at % 8 {
        0 => {
            let line = json!({"id_usulan": id, "nik": nik, "tanggal_lahir": born,
                "jenis": "update", "keterangan": text, "perubahan": "floor_material=8"});
            ask("POST", "/api/usulan", &operator, &Body::json(&json!({"usulan": [line]})));
        }
        1 => {
            let csv = format!(
                "id_usulan,nik,tanggal_lahir,jenis,keterangan,perubahan\n{id},{nik},{born},update,\"{text}\",floor_material=8\n{id}x,{nik},31-02-1987,update,\"{text}\",\n"
            );
            let files = [("berkas", "usulan.csv", csv.as_bytes())];
            ask("POST", "/kerja/unggah", &operator, &Body::multipart(&[("hasil", "csv")], &files));
        }
        2 | 3 => {
            let kind = if at % 8 == 2 { "objection" } else { "complaint" };
            let fields = [
                ("id", id.as_str()),
                ("nik", nik),
                ("lahir", born),
                ("telepon", phone),
                ("text", &text),
                ("setuju", "ya"),
            ];
            ask("POST", &format!("/lapor/{kind}"), "", &Body::multipart(&fields, &[]));
        }
        4 => {
            let fields = [
                ("id", id.as_str()),
                ("cari", nik),
                ("lahir", born),
                ("keluhan", "16"),
                ("text", &text),
                ("telepon", phone),
            ];
            ask("POST", "/171", &place.bearer("call_agent"), &Body::form(&fields));
        }
        5 => chat(server, phone, &text, at),
        6 => {
            let xml = format!(
                "<data id=\"groundcheck\" version=\"7\"><visit><family>{nik}</family></visit><note>{text}</note><meta><instanceID>uuid:{id}</instanceID></meta></data>"
            );
            let files = [("xml_submission_file", "a.xml", xml.as_bytes())];
            let body = Body::multipart(&[], &files);
            ask("POST", "/or/submission", &place.bearer("field_assistant"), &body);
        }
        _ => wrong_places(canary, &operator, &mut ask),
    }
}

/// A signed message of the platform.
fn chat(server: &Server, phone: &str, text: &str, at: usize) {
    let value = json!({"metadata": {"phone_number_id": "9"},
        "contacts": [{"wa_id": phone, "user_id": format!("ID.{at}")}],
        "messages": [{"id": format!("wamid.{at}"), "from": phone, "timestamp": "1790000000",
            "type": "text", "text": {"body": text}}]});
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
    let signature = sign(body.to_string().as_bytes(), &AppSecret::new(SECRET));
    let heads = [("x-hub-signature-256", signature.as_str())];
    let answer = send(server.address, "POST", "/whatsapp/webhook", &heads, &Body::json(&body));
    assert_eq!(answer.unwrap().status, 200);
}

/// Where a number does not belong: in addresses and fields of other pages.
fn wrong_places(canary: &Canary, operator: &str, ask: &mut dyn FnMut(&str, &str, &str, &Body)) {
    let (nik, phone) = (&canary.one.nik, &canary.phone);
    for path in [
        format!("/kerja/{nik}"),
        format!("/kerja?cari={nik}"),
        format!("/wilayah/{nik}"),
        format!("/api/meter/{nik}"),
        format!("/api/kasus?keranjang={nik}"),
        format!("/percakapan/{phone}"),
        format!("/jurnal/{nik}"),
        format!("/or/key/{nik}/formList"),
    ] {
        ask("GET", &path, operator, &Body::none());
    }
    ask("POST", "/ikuti", "", &Body::form(&[("nomor", nik), ("kata", phone)]));
    ask("POST", "/masuk", "", &Body::form(&[("nama", nik), ("sandi", nik)]));
    ask("POST", "/api/usulan", operator, &Body::json(&json!({"usulan": nik})));
}

/// What officials and operators take out.
fn exports(place: &Place, server: &Server, kept: &mut Vec<Vec<u8>>) {
    for (role, path) in [
        ("village_operator", "/kerja"),
        ("village_operator", "/kerja/unduh?bentuk=csv"),
        ("district_officer", "/kerja/unduh?bentuk=xlsx"),
        ("regents_office", "/kerja/lampiran.pdf"),
        ("village_operator", "/kerja/daftar-musyawarah.pdf"),
        ("ministry", "/api/kasus?keranjang=lain"),
        ("auditor", "/saluran"),
    ] {
        let answer = server.get(path, &place.bearer(role));
        assert!(answer.status < 500, "{path}: {}", answer.status);
        kept.push(answer.body);
    }
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_padan"))
            .args(args)
            .current_dir(place.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "padan {args:?}: {}", String::from_utf8_lossy(&said));
        said
    };
    let store = place.url();
    let backup = ["backup", "drill.padan", "--backup-key", "backup.key", "--store", &store];
    kept.push(run(&backup));
    kept.push(run(&["corrections", "--store", &store, "--out", "corrections.jsonl"]));
}

/// All files below a folder but the edition, which is the bulk half's own place for identities.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("edition") {
            files(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

#[test]
fn canaries_leave_no_number_behind() {
    let most = std::env::var("PADAN_CANARIES").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let place = Place::new(500);
    let canaries = canaries(&place, most);
    assert_eq!(canaries.len(), most, "the edition has too few people");
    let keys = format!(
        "app_secrets = [\"{SECRET}\"]\nverify_token = \"drill-verify-token\"\ntoken = \"drill\"\nbase = \"http://127.0.0.1:9\"\n"
    );
    std::fs::write(place.path().join("whatsapp.toml"), keys).unwrap();
    let mut server = Server::with_whatsapp(&place, &place.path().join("whatsapp.toml"));
    server.ready(Duration::from_secs(20));
    let mut kept = Vec::new();
    for (at, canary) in canaries.iter().enumerate() {
        flow(&place, &server, canary, at, &mut kept);
    }
    // The jobs work off what came in and fill the journal's files.
    std::thread::sleep(Duration::from_secs(4));
    exports(&place, &server, &mut kept);
    drop(server);
    let net = net(&canaries);
    let mut found = Vec::new();
    let mut paths = Vec::new();
    files(place.path(), &mut paths);
    let mut bytes = 0;
    for path in &paths {
        let content = std::fs::read(path).unwrap();
        bytes += content.len();
        let name = path.strip_prefix(place.path()).unwrap().display().to_string();
        found.extend(net.search(&content).into_iter().map(|what| format!("{name}: {what}")));
        found.extend(net.search(name.as_bytes()).into_iter().map(|what| format!("a name: {what}")));
    }
    for content in &kept {
        bytes += content.len();
        found.extend(net.search(content).into_iter().map(|what| format!("an answer: {what}")));
    }
    println!(
        "{most} canaries, 4 numbers each; {} files and {} answers of together {:.1} MB searched",
        paths.len(),
        kept.len(),
        bytes as f64 / 1e6
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_canary_net_finds_every_form() {
    let canary = Canary {
        one: Somebody { nik: "5201016304870002".to_owned(), born: String::new(), village: 0 },
        phone: "085112345678".to_owned(),
        card: "5201011234567890".to_owned(),
        account: "70001112223334".to_owned(),
    };
    let net = net(&[canary]);
    let nik = "5201016304870002";
    let forms = [
        format!("x{nik}y").into_bytes(),
        hex::encode(nik).into_bytes(),
        BASE64_STANDARD.encode(format!("a{nik}")).into_bytes(),
        BASE64_STANDARD.encode(format!("ab{nik}zz")).into_bytes(),
        BASE64_URL_SAFE_NO_PAD.encode(nik).into_bytes(),
        Sha256::digest(nik).to_vec(),
        hex::encode(Sha256::digest(nik)).into_bytes(),
        5_201_016_304_870_002_u64.to_be_bytes().to_vec(),
        b"tel 085112345678".to_vec(),
    ];
    for form in forms {
        assert!(!net.search(&form).is_empty(), "{}", String::from_utf8_lossy(&form));
    }
    assert!(net.search(b"5201016304870003 and 085112345679").is_empty());
}

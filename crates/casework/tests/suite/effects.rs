//! What follows from a case: receipts, the read log, messages, mass actions, replay, lists, accounts.

use super::*;

pub fn every_effect_has_a_receipt(url: &str) {
    let room = Room::open(url);
    let filed = room
        .work
        .file_report(&room.actor(Role::Citizen), room.report("update", 7, Channel::Portal))
        .unwrap();
    let acted = room.decide(Role::VillageOperator, filed.case, "forward", &[]);
    let dir = tempfile::tempdir().unwrap();
    let signer = Signer::log("test.example/journal", &[1; 32]).unwrap();
    let trust = Trust::in_key(signer.verifier());
    let mut writer = Writer::open(DirFiles::new(dir.path()), signer).unwrap();
    let size = room.work.journal_size().unwrap();
    assert_eq!(room.work.sequence(&mut writer).unwrap(), size);
    assert_eq!(room.work.sequence(&mut writer).unwrap(), 0);
    let verified = verify::folder(dir.path(), &trust).unwrap();
    assert_eq!(
        (verified.checkpoint.size, verified.checkpoint.root),
        room.work.journal_root().unwrap()
    );
    let receipt = room.work.receipt(writer.files(), &trust.key, filed.seq, true).unwrap();
    let (leaf, _) = verify::receipt(&receipt, &trust).unwrap();
    assert_eq!((leaf.about.as_str(), leaf.kind.as_str()), (filed.ticket.as_str(), "report"));
    let opened = journal::Receipt::parse(&receipt).unwrap().statement.payload.unwrap();
    assert!(opened.contains("gedek"), "the reporter holds what was said");
    room.work.erase_payload(filed.seq).unwrap();
    let closed = room.work.receipt(writer.files(), &trust.key, filed.seq, true).unwrap();
    assert!(verify::receipt(&closed, &trust).is_ok(), "an erased payload breaks no proof");
    assert!(journal::Receipt::parse(&closed).unwrap().statement.payload.is_none());
    assert!(
        verify::receipt(
            &room.work.receipt(writer.files(), &trust.key, acted.seq, false).unwrap(),
            &trust
        )
        .is_ok()
    );
    verify::folder(dir.path(), &trust).unwrap();
}

pub fn the_family_sees_who_read(url: &str) {
    let room = Room::open(url);
    let filed = room
        .work
        .file_report(&room.actor(Role::Citizen), room.report("update", 7, Channel::Portal))
        .unwrap();
    room.work.open_case(&room.actor(Role::VillageOperator), filed.case).unwrap();
    room.work.note_reading(&room.actor(Role::CallAgent), "family", FamilyId::new(7)).unwrap();
    room.work.open_case(&room.actor(Role::Citizen), filed.case).unwrap();
    let lines = room.work.readers_of(FamilyId::new(7)).unwrap();
    let seen: Vec<(&str, &str, &str)> =
        lines.iter().map(|l| (l.role.as_str(), l.purpose.as_str(), l.what.as_str())).collect();
    assert_eq!(
        seen,
        [("call_agent", "service", "family"), ("village_operator", "casework", "case")]
    );
}

pub fn messages_leave_at_least_once(url: &str) {
    let room = Room::open(url);
    let report = room.report("update", 7, Channel::Portal);
    room.work.file_report(&room.actor(Role::Citizen), report.clone()).unwrap();
    room.work.file_report(&room.actor(Role::Citizen), report).unwrap();
    let due = room.work.messages_due(10).unwrap();
    assert_eq!(due.len(), 1, "one message per effect");
    assert_eq!((due[0].to.as_str(), due[0].template.as_str()), ("081234567890", "received"));
    room.work.not_sent(due[0].id, "no network").unwrap();
    assert!(room.work.messages_due(10).unwrap().is_empty(), "later");
    room.clock.forward(DAY);
    let again = room.work.messages_due(10).unwrap();
    assert_eq!((again[0].key.as_str(), again[0].attempts), (due[0].key.as_str(), 1));
    room.work.sent(again[0].id).unwrap();
    room.clock.forward(DAY);
    assert!(room.work.messages_due(10).unwrap().is_empty());
    let door = room.work.doors().unwrap().into_iter().find(|d| d.channel == "sms").unwrap();
    assert_eq!((door.failures, door.waiting, door.last_out_at.is_some()), (1, 0, true));
    room.work
        .announce(&room.actor(Role::Administrator), "sms", Some("SMS sedang terganggu"))
        .unwrap();
    assert!(room.work.announce(&room.actor(Role::Citizen), "sms", None).is_err());
    let contact = Contact { by: "sms".to_owned(), address: "0812".to_owned() };
    room.work.post("code-1", &contact, "code", &[("code", "123456")]).unwrap();
    room.work.post("code-1", &contact, "code", &[("code", "654321")]).unwrap();
    assert_eq!(room.work.messages_due(10).unwrap().len(), 1);
}

pub fn two_people_for_mass_actions(url: &str) {
    let room = Room::open(url);
    let list = "ab".repeat(32);
    let proposal = MassProposal {
        id: room.id("mass"),
        kind: "pbi_jk_cut_off".to_owned(),
        region: None,
        list_sha256: list.clone(),
        people: 322_558,
        reason: "Pemutakhiran desil sesuai keputusan".to_owned(),
    };
    let ministry = room.actor(Role::Ministry);
    let seq = room.work.propose(&ministry, proposal.clone()).unwrap();
    assert_eq!(room.work.propose(&ministry, proposal.clone()).unwrap(), seq);
    let why = "Sudah diperiksa bersama daerah";
    let alone = room.work.settle(&ministry, &proposal.id, &list, true, why).unwrap_err();
    assert!(alone.to_string().contains("another one"), "{alone}");
    let second = room
        .work
        .make_account(
            None,
            casework::NewAccount {
                login: "ministry2".to_owned(),
                name: "x".to_owned(),
                role: Role::Ministry,
                territory: access::Territory::Country,
                password: None,
                family: None,
                person: None,
            },
        )
        .unwrap();
    let (_, weak) = room.work.begin(second, false).unwrap();
    assert!(
        room.work.settle(&weak.actor, &proposal.id, &list, true, why).is_err(),
        "a second factor is needed"
    );
    let (_, other) = room.work.begin(second, true).unwrap();
    assert!(
        room.work.settle(&other.actor, &proposal.id, &"cd".repeat(32), true, why).is_err(),
        "another list"
    );
    room.work.settle(&other.actor, &proposal.id, &list, true, why).unwrap();
    assert_eq!(room.work.mass_action(&proposal.id).unwrap().state, "approved");
    assert!(room.work.settle(&other.actor, &proposal.id, &list, false, why).is_err());
}

pub fn replay_shows_what_was_known(url: &str) {
    let room = Room::open(url);
    let filed = room
        .work
        .file_report(&room.actor(Role::Citizen), room.report("update", 7, Channel::Portal))
        .unwrap();
    room.clock.forward(DAY);
    let moment = room.work.now_ms();
    room.clock.forward(DAY);
    room.decide(Role::VillageOperator, filed.case, "forward", &[]);
    room.decide(Role::DistrictOfficer, filed.case, "accept", &[]);
    let replay =
        room.work.replay(&room.actor(Role::Auditor), FamilyId::new(7), village(), moment).unwrap();
    assert_eq!((replay.cases[0].before.len(), replay.cases[0].after.len()), (1, 2));
    assert_eq!((replay.corrections_before.len(), replay.corrections_after.len()), (0, 1));
    assert!(
        room.work
            .replay(&room.actor(Role::Statistician), FamilyId::new(7), village(), moment)
            .is_err()
    );
    assert_eq!(room.work.readers_of(FamilyId::new(7)).unwrap()[0].what, "replay");
}

pub fn work_lists_are_due_first(url: &str) {
    let room = Room::open(url);
    let visitor = room.actor(Role::Visitor);
    let late =
        room.work.file_report(&visitor, room.report("objection", 1, Channel::Portal)).unwrap();
    room.clock.forward(DAY);
    let newer =
        room.work.file_report(&visitor, room.report("objection", 2, Channel::Portal)).unwrap();
    let mut sick = room.report("objection", 3, Channel::Portal);
    sick.urgent = true;
    let sick = room.work.file_report(&visitor, sick).unwrap();
    let mut elsewhere = room.report("objection", 4, Channel::Portal);
    elsewhere.village = other_village();
    room.work.file_report(&visitor, elsewhere).unwrap();
    let operator = room.actor(Role::VillageOperator);
    let mine = room.work.work_list(&operator, &ListQuery::default()).unwrap();
    assert_eq!(mine.iter().map(|c| c.case).collect::<Vec<_>>(), [sick.case, late.case, newer.case]);
    assert_eq!(room.work.work_count(&operator, &ListQuery::default()).unwrap(), 3);
    room.decide(Role::VillageOperator, sick.case, "forward", &[]);
    let list = |role, basket| {
        room.work
            .work_list(&room.actor(role), &ListQuery { basket, ..ListQuery::default() })
            .unwrap()
            .len()
    };
    assert_eq!(
        (list(Role::VillageOperator, Basket::Mine), list(Role::VillageOperator, Basket::Others)),
        (2, 1)
    );
    assert_eq!(
        (list(Role::DistrictOfficer, Basket::Mine), list(Role::Ministry, Basket::Others)),
        (1, 4)
    );
    assert_eq!(
        (list(Role::Statistician, Basket::Others), list(Role::Administrator, Basket::Others)),
        (0, 0)
    );
    let by_ticket = ListQuery { ticket: Some(late.ticket[..6].to_owned()), ..ListQuery::default() };
    assert_eq!(room.work.work_list(&operator, &by_ticket).unwrap().len(), 2);
    let nothing = ListQuery {
        ticket: Some("%".to_owned()),
        kind: Some("update".to_owned()),
        ..ListQuery::default()
    };
    assert_eq!(room.work.work_list(&operator, &nothing).unwrap().len(), 0);
}

pub fn accounts_and_sessions(url: &str) {
    let store = store::Store::open(url).unwrap();
    let clock = std::sync::Arc::new(common::Turned::default());
    let policies = std::sync::Arc::new(access::Policies::builtin().unwrap());
    let work =
        casework::Casework::new(store, store::Vault::from_key([5; 32]), policies, clock.clone())
            .unwrap();
    let link = work.first_run_link().unwrap().unwrap();
    let password = access::Password::new("kuda laut makan nasi").unwrap();
    assert!(work.use_first_run_link(&access::Token::new().unwrap(), "admin", &password).is_err());
    work.use_first_run_link(&link, "admin", &password).unwrap();
    assert!(work.use_first_run_link(&link, "admin2", &password).is_err(), "once");
    assert!(work.first_run_link().unwrap().is_none(), "only on an empty store");
    let (token, session) = work.sign_in("admin", "kuda laut makan nasi").unwrap();
    assert_eq!(session.account.role, Role::Administrator);
    assert!(work.session(&token).unwrap().is_some());
    work.sign_out(&token).unwrap();
    assert!(work.session(&token).unwrap().is_none(), "revoked at once");
    let (token, _) = work.begin(session.account.account, true).unwrap();
    clock.forward(31 * 60_000);
    assert!(work.session(&token).unwrap().is_none(), "idle");
    let unknown = work.sign_in("nobody", "kuda laut makan nasi").unwrap_err();
    assert_eq!(work.sign_in("admin", "salah").unwrap_err(), unknown);
    let admin = work.begin(session.account.account, true).unwrap().1.actor;
    assert!(
        work.set_active(&admin, admin.account, true).is_err(),
        "nobody changes their own rights"
    );
}

pub fn sessions_are_listed_and_ended(url: &str) {
    let room = Room::open(url);
    let work = &room.work;
    let account = room.actor(Role::DistrictOfficer).account;
    let begin = |device: &str| work.begin_on(account, false, How::Passkey, device).unwrap().0;
    let (one, two, three) = (begin("Chrome, Android"), begin("Firefox, Linux"), begin(""));
    let other = work.begin(room.actor(Role::Ministry).account, true).unwrap().0;
    let lines = work.sessions_of(&one).unwrap();
    // The room itself began one when it was made.
    assert_eq!(lines.len(), 4);
    assert_eq!(lines.iter().filter(|line| line.this).count(), 1);
    let second = lines.iter().find(|line| line.device == "Firefox, Linux").unwrap();
    assert_eq!(second.how, How::Passkey);
    let strange = room.actor(Role::Ministry).account;
    assert_eq!(work.end_session(strange, &second.mark).unwrap_err(), CaseworkError::NotFound);
    work.end_session(account, &second.mark).unwrap();
    assert!(work.session(&two).unwrap().is_none() && work.session(&three).unwrap().is_some());
    assert_eq!(work.sessions_of(&one).unwrap().len(), 3);
    work.sign_out_everywhere(account).unwrap();
    for token in [&one, &two, &three] {
        assert!(work.session(token).unwrap().is_none(), "ended at once");
    }
    assert!(work.session(&other).unwrap().is_some(), "nobody else's");
    let used = begin("");
    for _ in 0..26 {
        room.clock.forward(29 * 60_000);
        if work.session(&used).unwrap().is_none() {
            break;
        }
    }
    assert!(work.session(&used).unwrap().is_none(), "12 hours at most, however busy");
    let stored = work
        .store()
        .read::<_, StoreError>(|reader| reader.query("SELECT token_hash FROM session", params![]))
        .unwrap();
    let hashes: Vec<Vec<u8>> = stored.iter().map(|row| row.get("token_hash").unwrap()).collect();
    assert!(hashes.contains(&used.hash().0.to_vec()), "the hash, and nothing else of the token");
}

pub fn ten_wrong_passwords_lock(url: &str) {
    let room = Room::open(url);
    let work = &room.work;
    let right = "kuda laut makan nasi";
    let new = NewAccount {
        login: "petugas".to_owned(),
        name: "Petugas".to_owned(),
        role: Role::VillageOperator,
        territory: access::Territory::In(village()),
        password: Some(access::Password::new(right).unwrap()),
        family: None,
        person: None,
    };
    let account = work.make_account(None, new).unwrap();
    for _ in 0..9 {
        assert!(work.sign_in("petugas", "salah").is_err());
    }
    let (token, _) = work.sign_in("petugas", right).unwrap();
    for _ in 0..10 {
        assert!(work.sign_in("petugas", "salah").is_err());
    }
    assert!(work.sign_in("petugas", right).is_err(), "locked after ten in a row");
    work.set_active(&room.actor(Role::Administrator), account, true).unwrap();
    assert!(work.session(&token).unwrap().is_none(), "a change of rights ends sessions");
    let (token, _) = work.sign_in("petugas", right).unwrap();
    let next = access::Password::new("tenun sumba ombak tujuh").unwrap();
    assert!(work.change_password(account, "salah", &next).is_err());
    work.change_password(account, right, &next).unwrap();
    assert!(work.session(&token).unwrap().is_none() && work.sign_in("petugas", right).is_err());
    assert!(work.sign_in("petugas", "tenun sumba ombak tujuh").is_ok());
}

pub fn a_code_opens_once_in_ten_minutes(url: &str) {
    let room = Room::open(url);
    let work = &room.work;
    let citizen =
        Citizen { person: kernel::PersonId::new(70), family: FamilyId::new(7), village: village() };
    let phone = |role, number: &str| work.set_phone(&room.actor(role), citizen, number);
    assert!(phone(Role::CallAgent, "081234567890").is_err(), "only who checks papers");
    assert!(phone(Role::VillageOperator, "12").is_err());
    phone(Role::VillageOperator, "0812-3456-7890").unwrap();
    let sent = || {
        let (_, to, text) = work.last_messages("sms", 1).unwrap().remove(0);
        assert_eq!(to, "081234567890");
        let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
        assert!(!text.contains("5202"), "no NIK: {text}");
        code
    };
    let ask = |index: u8| work.send_code([index; 16], Some(citizen)).unwrap();
    let handle = ask(1);
    let code = sent();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert!(work.use_code(&handle, wrong, "").is_err());
    let (_, session) = work.use_code(&handle, &code, "Chrome, Android").unwrap();
    assert_eq!(
        (session.account.role, session.account.family),
        (Role::Citizen, Some(FamilyId::new(7)))
    );
    assert!(!session.actor.strong);
    assert!(work.use_code(&handle, &code, "").is_err(), "once");
    let handle = ask(2);
    let code = sent();
    (0..5).for_each(|_| assert!(work.use_code(&handle, wrong, "").is_err()));
    assert!(work.use_code(&handle, &code, "").is_err(), "five tries");
    let handle = ask(3);
    let code = sent();
    room.clock.forward(10 * 60_000);
    assert!(work.use_code(&handle, &code, "").is_err(), "ten minutes");
    let handle = ask(4);
    let again = work.use_code(&handle, &sent(), "").unwrap().1;
    assert_eq!(again.account.account, session.account.account, "the same account");
    let before = work.last_messages("sms", 50).unwrap().len();
    let nobody = work.send_code([9; 16], None).unwrap();
    assert!(work.use_code(&nobody, "123456", "").is_err());
    assert_eq!(work.last_messages("sms", 50).unwrap().len(), before, "nobody was written to");
    for _ in 0..2 {
        work.send_code([9; 16], None).unwrap();
    }
    assert!(work.send_code([9; 16], None).is_err(), "three an hour, known or not");
    room.clock.forward(3_600_000);
    assert!(work.send_code([9; 16], None).is_ok());
}

pub fn nothing_is_stored_in_the_clear(url: &str) {
    let room = Room::open(url);
    let mut report = room.report("objection", 7, Channel::Whatsapp);
    report.text = "NIK saya 5202016304870002, nama Inaq Sahnim, rumah gedek".to_owned();
    report.subject = Subject::Unknown(
        room.work.vault().nik_index(kernel::Nik::parse("5202016304870002").unwrap()),
    );
    let filed = room.work.file_report(&room.actor(Role::Visitor), report).unwrap();
    let view = room.work.open_case(&room.actor(Role::VillageOperator), filed.case).unwrap();
    assert!(
        view.reports[0].text.contains("••••0002") && !view.reports[0].text.contains("520201630487")
    );
    let tables = [
        "report",
        "case_event",
        "outbox",
        "journal_leaf",
        "journal_payload",
        "work_case",
        "case_topic",
        "command",
    ];
    for table in tables {
        let rows = room
            .work
            .store()
            .read::<_, StoreError>(|r| r.query(&format!("SELECT * FROM {table}"), params![]))
            .unwrap();
        let text = format!("{rows:?}");
        for secret in ["5202016304870002", "081234567890", "Sahnim", "gedek"] {
            let bytes = format!("{:?}", secret.as_bytes());
            assert!(
                !text.contains(secret) && !text.contains(bytes.trim_matches(['[', ']'])),
                "{secret} in {table}"
            );
        }
    }
}

pub fn the_pulse_counts_doors_weeks_and_time(url: &str) {
    let room = Room::open(url);
    let officer = room.actor(Role::DistrictOfficer);
    let file = |family: u64, channel: Channel| {
        let report = room.report("complaint", family, channel);
        room.work.file_report(&officer, report).unwrap().case
    };
    // One complaint a week by 171, decided after two days but for the first, which took 20.
    let slow = file(50, Channel::Call);
    room.clock.forward(20 * DAY);
    room.decide(Role::DistrictOfficer, slow, "solved", &[]);
    for family in 51..53 {
        let case = file(family, Channel::Call);
        room.clock.forward(2 * DAY);
        room.decide(Role::DistrictOfficer, case, "solved", &[]);
        room.clock.forward(5 * DAY);
    }
    file(60, Channel::Village);
    let now = room.work.now_ms();
    let read = |region: u64| {
        let region = kernel::Region::from_number(region).unwrap();
        casework::Pulse::read(room.work.store(), region, now).unwrap()
    };
    let pulse = read(52);
    let of = |word: &str| pulse.doors.iter().find(|d| d.channel == word).unwrap();
    let call = of("call");
    assert_eq!(call.weeks[6..], [0, 1, 0, 1, 1, 0], "{:?}", call.weeks);
    assert_eq!((call.decided, call.in_time, call.median_days), (3, 2, Some(2)));
    let village = of("village");
    assert_eq!((village.weeks[11], village.decided, village.median_days), (1, 0, None));
    assert_eq!(pulse.doors.iter().map(|d| d.weeks.iter().sum::<u64>()).sum::<u64>(), 4);
    assert_eq!(pulse.back, None, "no decree took effect");
    assert_eq!(read(5203).doors, [], "another regency");
    assert_eq!(read(5202), pulse);
}

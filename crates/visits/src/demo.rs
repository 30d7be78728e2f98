//! The demo's ground checks: some more assistants, one campaign in their district, and visits made
//! by them through the same door as real ones. Run twice, it changes nothing.

use crate::state::Visits;
use access::{Role, Territory};
use casework::NewAccount;
use field::{Arrival, Device, FieldError, NewCampaign, Queue};
use image::{DynamicImage, Rgb, RgbImage};
use kernel::{Chance, FamilyId, Level};
use std::fmt::Write;

const NAMES: [&str; 5] =
    ["Baiq Nurul", "Lalu Hamdan", "Sahrul Gunawan", "Ni Made Ayu", "Muhammad Zaini"];
/// Families of the demo's campaign.
const FAMILIES: usize = 240;
/// Share of visits that the demo makes.
const MADE: f64 = 0.55;
const SEED: u64 = 240;
const DAY_MS: i64 = 86_400_000;

/// Opens the demo's campaign around the demo's field assistant. `None` when there is none.
///
/// # Errors
/// When the store fails.
pub fn seed_campaign(visits: &Visits) -> Result<Option<u64>, FieldError> {
    let work = visits.work();
    let accounts = work.accounts()?;
    let find = |role: Role| accounts.iter().find(|a| a.role == role);
    let (Some(first), Some(office)) = (find(Role::FieldAssistant), find(Role::DistrictOfficer))
    else {
        return Ok(None);
    };
    let Territory::In(district) = first.territory else { return Ok(None) };
    let Some(district) = district.at(Level::District) else { return Ok(None) };
    for (at, name) in NAMES.iter().enumerate() {
        let login = format!("field_assistant_{}", at + 2);
        if accounts.iter().all(|a| a.login != login) {
            work.make_account(
                None,
                NewAccount {
                    login,
                    name: (*name).to_owned(),
                    role: Role::FieldAssistant,
                    territory: Territory::In(district),
                    password: None,
                    family: None,
                    person: None,
                },
            )?;
        }
    }
    let (_, session) = work.begin(office.account, false)?;
    let new = NewCampaign {
        client_id: "demo-campaign-1".to_owned(),
        name: "Kunjungan November".to_owned(),
        template: "ground_check".to_owned(),
        region: district,
        queue: Queue::Value(FAMILIES),
    };
    visits.field().open_campaign(&session.actor, &new).map(Some)
}

/// Makes a share of the open visits, spread over the last days. Returns how many forms were sent.
///
/// # Errors
/// When the store fails.
pub fn seed_results(visits: &Visits) -> Result<u64, FieldError> {
    let field = visits.field();
    let now = visits.work().now_ms();
    let mut sent = 0;
    for account in visits.work().accounts()? {
        if account.role != Role::FieldAssistant {
            continue;
        }
        let (_, session) = visits.work().begin(account.account, false)?;
        let all = field.visits(account.account, true)?;
        if all.iter().any(|v| v.result.is_some()) {
            continue;
        }
        let device = Device { device: 0, actor: session.actor, own_family: None::<FamilyId> };
        let most = (all.len() as f64 * MADE) as usize;
        for (at, visit) in all.iter().take(most).enumerate() {
            let days_ago = 6 - (at as i64 * 6 / most.max(1) as i64);
            let start = now - days_ago * DAY_MS - 8 * 3_600_000 + (at as i64 % 8) * 3_000_000;
            let arrival = form(visits, visit, account.account, start);
            field.receive(&device, arrival)?;
            sent += 1;
        }
    }
    Ok(sent)
}

fn form(visits: &Visits, visit: &field::Visit, account: u64, start: i64) -> Arrival {
    let mut chance = Chance::at(SEED, account, u64::from(visit.place));
    let result = match chance.below(20) {
        0 => 2,
        1 => 3,
        2 => 4,
        3 => 5,
        _ => 1,
    };
    let minutes = if chance.is(0.04) { 3 } else { chance.between(14, 32) };
    let mut home = String::new();
    let mut files = Vec::new();
    let mut photos = String::new();
    if result == 1 {
        for (column, value) in &visit.known.values {
            if field::is_family_question(visits.field().instrument(), column) {
                let found = if chance.is(0.04) { "1" } else { value };
                let _ = write!(home, "<{column}>{found}</{column}>");
            }
        }
        for name in ["photo_card", "photo_front", "photo_inside"] {
            let file = format!("{name}-{account}-{}.jpg", visit.place);
            let _ = write!(photos, "<{name}>{file}</{name}>");
            files.push((file, picture(chance.bits())));
        }
    }
    let id = format!("uuid:demo-{account}-{}-{}", visit.campaign, visit.entity);
    let (from, to) = (stamp(start), stamp(start + minutes * 60_000));
    let xml = format!(
        "<data id=\"groundcheck\" version=\"{}\"><visit><family>{}</family><result>{result}</result></visit>\
         <home>{home}</home><photos>{photos}</photos><start>{from}</start><end>{to}</end>\
         <meta><instanceID>{id}</instanceID></meta></data>",
        visits.version(),
        visit.entity
    );
    Arrival { xml: xml.into_bytes(), files, incomplete: false }
}

fn stamp(ms: i64) -> String {
    let day = kernel::Date::from_days(ms.div_euclid(DAY_MS) as i32);
    let left = ms.rem_euclid(DAY_MS) / 1_000;
    format!("{day}T{:02}:{:02}:{:02}.000Z", left / 3_600, left / 60 % 60, left % 60)
}

/// A drawn house of its own, never the same twice.
fn picture(seed: u64) -> Vec<u8> {
    let mut chance = Chance::new(seed);
    let blocks: Vec<[u8; 3]> = (0..80)
        .map(|_| [chance.below(220) as u8, chance.below(220) as u8, chance.below(200) as u8])
        .collect();
    let picture = RgbImage::from_fn(240, 180, |x, y| {
        Rgb(blocks[(x / 24 + y / 23 * 10) as usize % blocks.len()])
    });
    let mut out = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 60);
    // A picture that cannot be encoded is an empty file, which raises a doubt.
    let _ = DynamicImage::ImageRgb8(picture).write_with_encoder(encoder);
    out
}

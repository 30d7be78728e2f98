//! The pages: an assistant's road, the office's campaigns, progress, review, phones.

use crate::charts;
use crate::openrosa::title;
use crate::page::{Frame, Page, Trouble, blocking, demand, go, html, new_id};
use crate::state::Visits;
use access::{Action, Resource, Role, Territory};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{Session, day_of};
use field::{AssistantLine, Campaign, Conflict, NewCampaign, Queue, RESULTS, Template as Kind};
use kernel::{Date, FamilyId, Region};
use serde::Deserialize;
use web::Lang;
use web::format;

fn long(date: Date) -> String {
    format::date(Lang::Id, date)
}

fn number(n: u64) -> String {
    format::number(Lang::Id, n)
}

/// A visit on the road.
struct Stop {
    place: u32,
    head: String,
    address: String,
    members: usize,
    result: String,
    done: bool,
}

struct Village {
    name: String,
    left: usize,
    stops: Vec<Stop>,
}

#[derive(Template)]
#[template(path = "road.html")]
struct RoadPage {
    frame: Frame,
    left: usize,
    done: usize,
    deadline: String,
    villages: Vec<Village>,
}

struct CampaignCard {
    number: u64,
    name: String,
    region: String,
    deadline: String,
    days_left: String,
    late: bool,
    done: String,
    all: String,
    percent: u64,
}

#[derive(Template)]
#[template(path = "campaigns.html")]
struct CampaignsPage {
    frame: Frame,
    cards: Vec<CampaignCard>,
    kinds: Vec<Kind>,
    regions: Vec<(String, String)>,
    id: String,
    review: usize,
}

/// `GET /lapangan`
pub(crate) async fn home(State(visits): State<Visits>, headers: HeaderMap) -> Response {
    blocking(visits, move |visits| {
        let who = demand(visits, &headers)?;
        if who.account.role == Role::FieldAssistant {
            road(visits, &who)
        } else {
            campaigns(visits, &who)
        }
    })
    .await
}

fn road(visits: &Visits, who: &Session) -> Page {
    let field = visits.field();
    let all = field.visits(who.account.account, true)?;
    let mut villages: Vec<Village> = Vec::new();
    let mut last: Option<Region> = None;
    for visit in &all {
        if last != Some(visit.village) {
            let name = field.region_name(visit.village)?;
            villages.push(Village { name, left: 0, stops: Vec::new() });
            last = Some(visit.village);
        }
        let result = RESULTS.iter().find(|(code, _)| Some(*code) == visit.result);
        if let Some(village) = villages.last_mut() {
            village.left += usize::from(visit.result.is_none());
            village.stops.push(Stop {
                place: 0,
                head: title(&visit.known.head),
                address: visit.known.address.clone(),
                members: visit.known.people.len(),
                result: result.map_or(String::new(), |(_, word)| (*word).to_owned()),
                done: visit.result.is_some(),
            });
        }
    }
    for village in &mut villages {
        // What is left first. Numbered as they stand: a place of its own would give a blind second
        // visit away.
        village.stops.sort_by_key(|stop| stop.done);
        (1..).zip(&mut village.stops).for_each(|(at, stop)| stop.place = at);
    }
    let campaigns = field.campaigns(&who.actor)?;
    let open = campaigns.iter().filter(|c| all.iter().any(|v| v.campaign == c.campaign));
    let deadline = open.map(|c| c.deadline).min_by_key(|d| d.days());
    let done = all.iter().filter(|v| v.result.is_some()).count();
    html(&RoadPage {
        frame: Frame::new(visits, "Kunjungan saya", "lapangan", who),
        left: all.len() - done,
        done,
        deadline: deadline.map(long).unwrap_or_default(),
        villages,
    })
}

/// Only those who give out visits see campaigns; for others the page does not exist.
fn demand_office(visits: &Visits, headers: &HeaderMap) -> Result<Session, Trouble> {
    let who = demand(visits, headers)?;
    let region = match who.actor.territory {
        Territory::In(region) => Some(region),
        _ => None,
    };
    let resource = Resource { region, ..Resource::of_the_country() };
    if visits.field().may(&who.actor, Action::VisitAssign, &resource) {
        Ok(who)
    } else {
        Err(Trouble::Missing)
    }
}

fn days_left(campaign: &Campaign, today: Date) -> (String, bool) {
    match campaign.deadline.days() - today.days() {
        0 => ("Hari ini".to_owned(), false),
        n if n > 0 => (format!("{n} hari lagi"), false),
        n => (format!("Terlambat {} hari", -n), true),
    }
}

fn campaigns(visits: &Visits, who: &Session) -> Page {
    let field = visits.field();
    let region = match who.actor.territory {
        Territory::In(region) => Some(region),
        _ => None,
    };
    let resource = Resource { region, ..Resource::of_the_country() };
    if !field.may(&who.actor, Action::VisitAssign, &resource) {
        return Err(Trouble::Missing);
    }
    let today = day_of(visits.work().now_ms());
    let mut cards = Vec::new();
    for campaign in field.campaigns(&who.actor)? {
        let Ok(progress) = field.progress(&who.actor, campaign.campaign) else { continue };
        let (days_left, late) = days_left(&campaign, today);
        cards.push(CampaignCard {
            number: campaign.campaign,
            region: field.region_name(campaign.region)?,
            deadline: long(campaign.deadline),
            days_left,
            late,
            done: number(progress.done()),
            all: number(progress.all),
            percent: progress.done() * 100 / progress.all.max(1),
            name: campaign.name,
        });
    }
    let regions = match region {
        Some(region) => field.subregions(region)?,
        None => Vec::new(),
    };
    html(&CampaignsPage {
        frame: Frame::new(visits, "Kunjungan rumah", "lapangan", who),
        cards,
        kinds: field.templates()?,
        regions,
        id: new_id(),
        review: field.in_review(&who.actor)?.len(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Opening {
    id: String,
    nama: String,
    jenis: String,
    wilayah: String,
    antrean: String,
    #[serde(default)]
    jumlah: String,
    #[serde(default)]
    daftar: String,
}

/// `POST /lapangan/kampanye`
pub(crate) async fn open(
    State(visits): State<Visits>,
    headers: HeaderMap,
    Form(form): Form<Opening>,
) -> Response {
    blocking(visits, move |visits| {
        let who = demand_office(visits, &headers)?;
        let refuse = |why: &str| Trouble::Refused(why.to_owned());
        let region = Region::parse(&form.wilayah).map_err(|_| refuse("Pilih wilayah."))?;
        let queue = match form.antrean.as_str() {
            "nilai" => Queue::Value(form.jumlah.trim().parse().unwrap_or(300)),
            "wilayah" => Queue::Region,
            _ => Queue::List(family_ids(&form.daftar)?),
        };
        let name = form.nama.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(refuse("Tuliskan nama kampanye, paling banyak 100 huruf."));
        }
        let new = NewCampaign {
            client_id: form.id.clone(),
            name: name.to_owned(),
            template: form.jenis.clone(),
            region,
            queue,
        };
        let campaign = visits.field().open_campaign(&who.actor, &new)?;
        go(&format!("/lapangan/kampanye/{campaign}"))
    })
    .await
}

/// Family ids of a list, one to a line, `F` before them or not.
fn family_ids(text: &str) -> Result<Vec<FamilyId>, Trouble> {
    let ids = text.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    ids.filter(|id| !id.is_empty())
        .map(|id| {
            let digits = id.strip_prefix('F').unwrap_or(id);
            // Sixteen digits are a NIK or KK, which has no place in a list.
            match digits.parse() {
                Ok(number) if digits.len() < 13 => Ok(FamilyId::new(number)),
                _ => Err(Trouble::Refused(
                    "Daftar berisi nomor keluarga registri, satu per baris, bukan NIK atau nomor KK."
                        .to_owned(),
                )),
            }
        })
        .collect()
}

struct ResultLine {
    class: usize,
    label: String,
    count: String,
}

struct PersonLine {
    name: String,
    done: String,
    minutes: String,
    agreement: String,
    low: bool,
    doubts: u64,
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct CampaignPage {
    frame: Frame,
    name: String,
    region: String,
    sentence: String,
    deadline: String,
    late: bool,
    curve: String,
    bar: String,
    results: Vec<ResultLine>,
    map: String,
    villages: Vec<(String, String, u64, u64)>,
    people: Vec<PersonLine>,
    nobody: u64,
    review: u64,
}

/// `GET /lapangan/kampanye/{campaign}`
pub(crate) async fn campaign(
    State(visits): State<Visits>,
    Path(number): Path<u64>,
    headers: HeaderMap,
) -> Response {
    blocking(visits, move |visits| {
        let who = demand_office(visits, &headers)?;
        let campaigns = visits.field().campaigns(&who.actor)?;
        let campaign = campaigns.into_iter().find(|c| c.campaign == number);
        html(&campaign_page(visits, &who, &campaign.ok_or(Trouble::Missing)?)?)
    })
    .await
}

fn campaign_page(
    visits: &Visits,
    who: &Session,
    campaign: &Campaign,
) -> Result<CampaignPage, Trouble> {
    let field = visits.field();
    let progress = field.progress(&who.actor, campaign.campaign)?;
    let today = day_of(visits.work().now_ms());
    let (left, late) = days_left(campaign, today);
    // Visits of a kit may be dated before the campaign reached the store.
    let first = progress.days.first().map_or(campaign.opened_on, |line| line.day);
    let began = if first.days() < campaign.opened_on.days() { first } else { campaign.opened_on };
    let mut lines = Vec::new();
    for line in &progress.villages {
        lines.push((line.clone(), field.region_name(line.village)?));
    }
    let outlines = web::outlines::load(visits.work().store()).unwrap_or_default();
    let result = |(at, (_, label)): (usize, &(u8, &str))| ResultLine {
        class: at + 1,
        label: (*label).to_owned(),
        count: number(progress.results[at]),
    };
    let mut results: Vec<ResultLine> = RESULTS.iter().enumerate().map(result).collect();
    let waiting = number(progress.all - progress.done());
    results.push(ResultLine { class: 0, label: "Belum dikunjungi".to_owned(), count: waiting });
    Ok(CampaignPage {
        frame: Frame::new(visits, &campaign.name, "lapangan", who),
        name: campaign.name.clone(),
        region: field.region_name(campaign.region)?,
        sentence: format!(
            "{} dari {} keluarga sudah dikunjungi",
            number(progress.done()),
            number(progress.all)
        ),
        deadline: format!("{left} · {}", long(campaign.deadline)),
        late,
        curve: charts::curve(&progress, began, campaign.deadline, today),
        bar: charts::results(&progress),
        results,
        map: charts::villages(&lines, &outlines),
        villages: lines
            .iter()
            .map(|(line, name)| (line.village.plain(), name.clone(), line.done, line.all))
            .collect(),
        people: progress.assistants.iter().map(person_line).collect(),
        nobody: progress.nobody,
        review: progress.review,
    })
}

fn person_line(line: &AssistantLine) -> PersonLine {
    let share = line.agreement.map(|(alike, all)| alike * 100 / all.max(1));
    PersonLine {
        name: line.name.clone(),
        done: format!("{} dari {}", line.done, line.all),
        minutes: line.minutes.map_or("–".to_owned(), |m| format!("{m} menit")),
        agreement: share.map_or("–".to_owned(), |s| format!("{s}%")),
        low: share.is_some_and(|s| s < 85),
        doubts: line.doubts,
    }
}

struct ReviewLine {
    instance: String,
    number: String,
    assistant: String,
    village: String,
    doubts: Vec<(String, String)>,
    at: String,
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    frame: Frame,
    lines: Vec<ReviewLine>,
    conflicts: Vec<Conflict>,
}

/// A doubt in words.
fn doubt_word(kind: &str) -> &'static str {
    match kind {
        "too_fast" => "Terlalu cepat",
        "impossible_travel" => "Perjalanan tidak mungkin",
        "straight_line" => "Jawaban seragam",
        "same_photo" => "Foto sama",
        "blank_photo" => "Foto kosong",
        "no_photo" => "Tanpa foto",
        "broken_photo" => "Foto rusak",
        "missing_photo" => "Foto belum sampai",
        "register" => "Berbeda dengan register lain",
        "answers_differ" => "Dua formulir berbeda",
        "clock" => "Jam ponsel salah",
        "unknown_family" => "Keluarga tidak dikenal",
        "not_assigned" => "Bukan tugasnya",
        "not_allowed" => "Tidak berwenang",
        _ => "Perlu dilihat",
    }
}

/// `GET /lapangan/periksa`
pub(crate) async fn review(State(visits): State<Visits>, headers: HeaderMap) -> Response {
    blocking(visits, move |visits| {
        let who = demand_office(visits, &headers)?;
        let mut lines = Vec::new();
        for line in visits.field().in_review(&who.actor)? {
            lines.push(ReviewLine {
                village: match line.village {
                    Some(village) => visits.field().region_name(village)?,
                    None => "desa tidak diketahui".to_owned(),
                },
                doubts: line
                    .doubts
                    .into_iter()
                    .map(|(kind, detail)| (doubt_word(&kind).to_owned(), detail))
                    .collect(),
                at: format::instant(Lang::Id, line.received_at),
                instance: line.instance,
                number: line.number,
                assistant: line.assistant,
            });
        }
        html(&ReviewPage {
            frame: Frame::new(visits, "Perlu diperiksa", "periksa", &who),
            lines,
            conflicts: visits.field().conflicts(&who.actor)?,
        })
    })
    .await
}

#[derive(Deserialize)]
pub(crate) struct Settling {
    formulir: String,
    putusan: String,
    #[serde(default)]
    alasan: String,
    #[serde(default)]
    isi: String,
}

/// `POST /lapangan/periksa`
pub(crate) async fn settle(
    State(visits): State<Visits>,
    headers: HeaderMap,
    Form(form): Form<Settling>,
) -> Response {
    blocking(visits, move |visits| {
        let who = demand_office(visits, &headers)?;
        let field = visits.field();
        match form.putusan.as_str() {
            "terima" => field.settle(&who.actor, &form.formulir, "accept", &form.alasan)?,
            "ulang" => field.settle(&who.actor, &form.formulir, "again", &form.alasan)?,
            "tolak" => field.settle(&who.actor, &form.formulir, "refuse", &form.alasan)?,
            "pertama" => field.settle_conflict(&who.actor, &form.formulir, &form.isi, false)?,
            "kemudian" => field.settle_conflict(&who.actor, &form.formulir, &form.isi, true)?,
            _ => return Err(Trouble::Refused("Pilih satu putusan.".to_owned())),
        }
        go("/lapangan/periksa")
    })
    .await
}

//! Campaigns: a queue of families, given out as portions by village and road, with a deadline and
//! blind second visits of a sample.

use crate::allot::{Allotted, Assistant, Stop, allot};
use crate::error::{FieldError, Result};
use crate::known::{KnownFamily, Register};
use crate::room::Field;
use access::{Action, Actor, Resource, Role};
use kernel::{Chance, Date, FamilyId, Region};
use serde::Deserialize;
use store::{Query, StoreError, Tx, params};

/// Most families of one campaign.
const FAMILIES_MAX: usize = 200_000;
/// Families put in at once.
const PURPOSE_BACK: u64 = 0x6261_636b;

/// A kind of campaign, of `config/id/field/campaigns.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Days from opening to the deadline.
    pub days: i32,
    /// Families of one assistant.
    pub per_assistant: u32,
    /// Blind second visits, per 1,000 families.
    pub back_check_permille: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    template: Vec<Template>,
}

/// Where the families come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queue {
    /// Those of the region whose visit is worth most: so many.
    Value(usize),
    /// All families of the region.
    Region,
    /// A list: of a decree, of a village meeting.
    List(Vec<FamilyId>),
}

impl Queue {
    const fn word(&self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Region => "region",
            Self::List(_) => "list",
        }
    }
}

/// A campaign to be opened.
#[derive(Debug, Clone)]
pub struct NewCampaign {
    /// Made by the client and kept for retries: the same id opens one campaign.
    pub client_id: String,
    /// For people.
    pub name: String,
    /// A template's id.
    pub template: String,
    /// Where.
    pub region: Region,
    /// Whom.
    pub queue: Queue,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its number.
    pub campaign: u64,
    /// For people.
    pub name: String,
    /// Its template.
    pub template: String,
    /// Where.
    pub region: Region,
    /// The day it was opened.
    pub opened_on: Date,
    /// The day it should be done.
    pub deadline: Date,
    /// When it was closed.
    pub closed_at: Option<i64>,
}

/// A visit of an assistant.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// The key of the visit in forms: an unguessable id, not the family's.
    pub entity: String,
    /// The campaign.
    pub campaign: u64,
    /// Its village.
    pub village: Region,
    /// Its place on the road.
    pub place: u32,
    /// The result; none while it waits.
    pub result: Option<u8>,
    /// What the edition holds.
    pub known: KnownFamily,
}

impl Field {
    /// The templates.
    ///
    /// # Errors
    /// When the file is wrong.
    pub fn templates(&self) -> Result<Vec<Template>> {
        let text = include_str!("../../../config/id/field/campaigns.toml");
        let file: File = instrument::config::parse("field/campaigns.toml", text)
            .map_err(|e| FieldError::Rules(e.to_string()))?;
        Ok(file.template)
    }

    /// Opens a campaign and gives its visits out. The same client id opens it once.
    ///
    /// # Errors
    /// When the actor may not, nothing is published, the queue is empty or too long.
    pub fn open_campaign(&self, who: &Actor, new: &NewCampaign) -> Result<u64> {
        if !self.may(who, Action::VisitAssign, &Resource::open_in(new.region)) {
            return Err(FieldError::NotAllowed);
        }
        if !(8..=64).contains(&new.client_id.len()) {
            return Err(FieldError::Refused("the client-made id has 8 to 64 letters".to_owned()));
        }
        if let Some(known) = self.by_client_id(&new.client_id)? {
            return Ok(known);
        }
        let template = self.templates()?.into_iter().find(|t| t.id == new.template);
        let template =
            template.ok_or_else(|| FieldError::Refused("jenis tidak dikenal".to_owned()))?;
        let stops = self.stops(new)?;
        if stops.is_empty() || stops.len() > FAMILIES_MAX {
            return Err(FieldError::Refused(format!(
                "antrean berisi {} keluarga; isi 1 sampai {FAMILIES_MAX}",
                stops.len()
            )));
        }
        let assistants = self.assistants()?;
        let first = allot(stops, &assistants, template.per_assistant);
        self.keep_campaign(who, new, &template, first, assistants)
    }

    fn by_client_id(&self, id: &str) -> Result<Option<u64>> {
        let row = self.store().read::<_, StoreError>(|reader| {
            reader.query_opt(
                "SELECT campaign_id FROM field_campaign WHERE client_id = $1",
                params![id],
            )
        })?;
        Ok(row.map(|row| row.get("campaign_id")).transpose()?)
    }

    /// Everybody who visits.
    fn assistants(&self) -> Result<Vec<Assistant>> {
        let accounts = self.work.accounts()?;
        let visit = accounts.into_iter().filter(|a| a.active && a.role == Role::FieldAssistant);
        Ok(visit
            .map(|a| Assistant { account: a.account, territory: a.territory, family: a.family })
            .collect())
    }

    fn stops(&self, new: &NewCampaign) -> Result<Vec<Stop>> {
        let register = self.register()?.ok_or_else(|| {
            FieldError::Refused("belum ada edisi; terbitkan edisi dahulu".to_owned())
        })?;
        let mut found: Vec<(f64, Stop)> = Vec::new();
        let mut take = |register: &Register<'_>, id: FamilyId| -> Result<()> {
            if let Some(known) = register.family(id)?
                && let Some(village) = known.village.filter(|v| new.region.contains(*v))
            {
                found.push((known.worth, Stop { family: id, village, road: known.address }));
            }
            Ok(())
        };
        if let Queue::List(list) = &new.queue {
            let mut list = list.clone();
            list.sort_unstable();
            list.dedup();
            list.truncate(FAMILIES_MAX + 1);
            list.into_iter().try_for_each(|id| take(&register, id))?;
        } else {
            for village in register.villages_of(new.region)? {
                register
                    .families_of(village)?
                    .into_iter()
                    .try_for_each(|id| take(&register, id))?;
            }
        }
        if let Queue::Value(most) = new.queue {
            found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.family.cmp(&b.1.family)));
            found.truncate(most);
        }
        Ok(found.into_iter().map(|(_, stop)| stop).collect())
    }

    fn keep_campaign(
        &self,
        who: &Actor,
        new: &NewCampaign,
        template: &Template,
        first: Vec<Allotted>,
        assistants: Vec<Assistant>,
    ) -> Result<u64> {
        let (new, template, account) = (new.clone(), template.clone(), who.account);
        let vault = self.vault().clone();
        let now = self.work.now_ms();
        let today = casework::day_of(now);
        self.store().write::<_, FieldError, _>(move |tx| {
            let next = "SELECT COALESCE(MAX(campaign_id), 0) + 1 AS next FROM field_campaign";
            let campaign: u64 = tx.query_one(next, params![])?.get("next")?;
            tx.execute(
                "INSERT INTO field_campaign (campaign_id, client_id, name, template, region, queue, opened_on, deadline,
                   per_assistant, back_check_permille, made_by, made_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                params![
                    campaign, &new.client_id, &new.name, &template.id, new.region, new.queue.word(), today,
                    today.plus_days(template.days), template.per_assistant, template.back_check_permille, account, now
                ],
            )?;
            let entity = |family: FamilyId, back: u8| {
                let key = format!("{campaign}|{}|{back}", family.get());
                uuid(vault.index("field.entity", key.as_bytes()))
            };
            for one in &first {
                insert_visit(tx, campaign, entity(one.stop.family, 0), 0, one)?;
            }
            for one in back_checks(&first, &assistants, template.back_check_permille, campaign) {
                insert_visit(tx, campaign, entity(one.stop.family, 1), 1, &one)?;
            }
            Ok(campaign)
        })
    }

    /// Campaigns the actor has to do with, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn campaigns(&self, who: &Actor) -> Result<Vec<Campaign>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT campaign_id, name, template, region, opened_on, deadline, closed_at FROM field_campaign
                 ORDER BY campaign_id DESC LIMIT 100",
                params![],
            )
        })?;
        let mut out = Vec::new();
        for row in &rows {
            let region = Region::from_number(row.get("region")?)
                .map_err(|e| FieldError::Refused(e.to_string()))?;
            let theirs = match who.territory {
                access::Territory::In(own) => region.contains(own) || own.contains(region),
                access::Territory::Country => true,
                access::Territory::Nowhere => false,
            };
            if theirs && who.role != Role::Citizen {
                out.push(Campaign {
                    campaign: row.get("campaign_id")?,
                    name: row.get("name")?,
                    template: row.get("template")?,
                    region,
                    opened_on: row.get("opened_on")?,
                    deadline: row.get("deadline")?,
                    closed_at: row.get("closed_at")?,
                });
            }
        }
        Ok(out)
    }

    /// The open visits of an assistant in the order of the road, with what the edition holds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn visits(&self, account: u64, with_done: bool) -> Result<Vec<Visit>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT v.entity, v.campaign_id, v.family_id, v.village, v.place, v.result
                 FROM field_visit v JOIN field_campaign c ON c.campaign_id = v.campaign_id
                 WHERE v.account = $1 AND c.closed_at IS NULL AND (v.result IS NULL OR $2 = 1)
                 ORDER BY v.village, v.place, v.entity LIMIT 1000",
                params![account, i64::from(with_done)],
            )
        })?;
        let register = self.register()?;
        let mut out = Vec::new();
        for row in &rows {
            let family = FamilyId::new(row.get("family_id")?);
            let known = match &register {
                Some(register) => register.family(family)?,
                None => None,
            };
            let result: Option<i64> = row.get("result")?;
            out.push(Visit {
                entity: row.get("entity")?,
                campaign: row.get("campaign_id")?,
                village: Region::from_number(row.get("village")?)
                    .map_err(|e| FieldError::Refused(e.to_string()))?,
                place: row.get("place")?,
                result: result.and_then(|r| u8::try_from(r).ok()),
                known: known.unwrap_or_default(),
            });
        }
        Ok(out)
    }

    /// Whether visits are gone from an assistant's list, for the entity list of ODK.
    ///
    /// # Errors
    /// When the store fails.
    pub fn gone(&self, account: u64, entities: &[String]) -> Result<Vec<(String, bool)>> {
        let open = self.visits(account, false)?;
        Ok(entities
            .iter()
            .map(|id| (id.clone(), !open.iter().any(|visit| visit.entity == *id)))
            .collect())
    }
}

fn insert_visit(
    tx: &mut Tx<'_>,
    campaign: u64,
    entity: String,
    back: i64,
    one: &Allotted,
) -> Result<()> {
    tx.execute(
        "INSERT INTO field_visit (entity, campaign_id, family_id, back, village, account, place)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            entity,
            campaign,
            one.stop.family.get(),
            back,
            one.stop.village,
            one.account,
            one.place
        ],
    )?;
    Ok(())
}

/// A sample of the visits, once more, each by another assistant; they look like any other visit.
fn back_checks(
    first: &[Allotted],
    assistants: &[Assistant],
    permille: u32,
    campaign: u64,
) -> Vec<Allotted> {
    let chosen = first.iter().enumerate().filter(|(at, _)| {
        let mut chance = Chance::at(campaign, PURPOSE_BACK, *at as u64);
        chance.below(1_000) < u64::from(permille)
    });
    let mut load = vec![0_u32; assistants.len()];
    let mut out = Vec::new();
    for (_, one) in chosen {
        let fits = |at: &usize| {
            let who = &assistants[*at];
            Some(who.account) != one.account
                && who.territory.covers(Some(one.stop.village))
                && who.family != Some(one.stop.family)
        };
        let Some(at) = (0..assistants.len()).filter(fits).min_by_key(|at| load[*at]) else {
            continue;
        };
        load[at] += 1;
        let place = one.place;
        out.push(Allotted { stop: one.stop.clone(), account: Some(assistants[at].account), place });
    }
    out
}

/// Sixteen bytes as a UUID of version 4 (the form of entity ids that ODK takes).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let text = hex::encode(bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

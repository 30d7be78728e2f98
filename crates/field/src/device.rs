//! Phones: each signs in with a token of its own, which stands in the store only as a hash and can
//! be taken back at once.

use crate::error::{FieldError, Result};
use crate::room::Field;
use access::{Action, Actor, Purpose, Resource, Role, Territory, Token};
use channels::openrosa::digest;
use kernel::{FamilyId, Region};
use store::{Query, Row, StoreError, Value, params};

/// Longest name of a phone.
const NAME_CHARS_MAX: usize = 60;
/// `seen_at` is written at most this often, in milliseconds.
const TOUCH_MS: i64 = 60_000;

/// How the user name of a phone begins; its number follows.
const USER: &str = "ponsel-";

fn user_name(device: u64) -> String {
    format!("{USER}{device}")
}

/// Where what is kept of a phone's password is sealed for.
fn digest_place(device: u64) -> String {
    format!("field_device_digest.kept|{device}")
}

/// A phone that may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Its number.
    pub device: u64,
    /// Who carries it, as an actor of the policies.
    pub actor: Actor,
    /// Their own family, which they do not visit.
    pub own_family: Option<FamilyId>,
}

/// A phone as the office sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its number.
    pub device: u64,
    /// Its name.
    pub name: String,
    /// Who carries it.
    pub account: u64,
    /// For people.
    pub holder: String,
    /// When it last spoke.
    pub seen_at: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

/// The token of a phone. Shown once.
#[derive(Debug)]
pub struct Bearer {
    /// The phone.
    pub device: u64,
    /// Its user name, for clients that ask for one; the token is the password.
    pub user: String,
    /// Its token.
    pub token: Token,
}

fn actor(row: &Row, now: i64) -> Result<Actor> {
    let role: String = row.get("role")?;
    let word: String = row.get("territory")?;
    let expires: Option<i64> = row.get("expires_at")?;
    let territory = match word.as_str() {
        "id" => Territory::Country,
        word => Region::parse(word).map_or(Territory::Nowhere, Territory::In),
    };
    Ok(Actor {
        account: row.get("account")?,
        role: Role::from_word(&role).ok_or(FieldError::NotAllowed)?,
        territory,
        purpose: Purpose::Visit,
        active: row.get::<i64>("active")? != 0 && expires.is_none_or(|at| at > now),
        strong: false,
    })
}

impl Field {
    /// Signs a phone in for its holder. The token is shown once and kept as a hash.
    ///
    /// # Errors
    /// When the actor is no field assistant, or the store fails.
    pub fn enrol(&self, who: &Actor, name: &str) -> Result<Bearer> {
        if who.role != Role::FieldAssistant {
            return Err(FieldError::NotAllowed);
        }
        let name: String = name.trim().chars().take(NAME_CHARS_MAX).collect();
        let name = if name.is_empty() { "Ponsel".to_owned() } else { name };
        let token = Token::new().map_err(|e| FieldError::Refused(e.to_string()))?;
        let (hash, account, now) = (token.hash(), who.account, self.work.now_ms());
        let (vault, password) = (self.vault().clone(), token.expose());
        let device = self.store().write::<u64, FieldError, _>(move |tx| {
            let row = tx.query_one(
                "SELECT COALESCE(MAX(device_id), 0) + 1 AS next FROM field_device",
                params![],
            )?;
            let device: u64 = row.get("next")?;
            tx.execute(
                "INSERT INTO field_device (device_id, account, name, token_hash, made_at)
                 VALUES ($1, $2, $3, $4, $5)",
                params![device, account, name, hash.0, now],
            )?;
            let kept = digest::kept(&user_name(device), &password);
            tx.execute(
                "INSERT INTO field_device_digest (device_id, kept) VALUES ($1, $2)",
                params![device, vault.seal(&digest_place(device), kept.as_bytes())?],
            )?;
            Ok(device)
        })?;
        Ok(Bearer { device, user: user_name(device), token })
    }

    /// The phone with this token; none when it is unknown, taken back, or its holder disabled.
    ///
    /// # Errors
    /// When the store fails.
    pub fn device(&self, token: &Token) -> Result<Option<Device>> {
        self.device_where("d.token_hash = $1", token.hash().0.into())
    }

    /// The phone with this user name, and what is kept of its password for HTTP Digest
    /// (`channels::openrosa::digest`); none as for [`Field::device`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn device_of_user(&self, user: &str) -> Result<Option<(Device, String)>> {
        let number = user.strip_prefix(USER).and_then(|rest| rest.parse::<u64>().ok());
        let Some(number) = number.filter(|number| user_name(*number) == user) else {
            return Ok(None);
        };
        let Some(device) = self.device_where("d.device_id = $1", number.into())? else {
            return Ok(None);
        };
        let sql = "SELECT kept FROM field_device_digest WHERE device_id = $1";
        let row =
            self.store().read::<_, StoreError>(|reader| reader.query_opt(sql, params![number]))?;
        let Some(row) = row else { return Ok(None) };
        let kept = self.vault().open(&digest_place(number), &row.get::<Vec<u8>>("kept")?)?;
        Ok(Some((device, String::from_utf8_lossy(&kept).into_owned())))
    }

    fn device_where(&self, test: &'static str, value: Value) -> Result<Option<Device>> {
        let now = self.work.now_ms();
        let sql = format!(
            "SELECT d.device_id, d.seen_at, a.account, a.role, a.territory, a.active, a.expires_at, a.family_id
             FROM field_device d JOIN account a ON a.account = d.account
             WHERE {test} AND d.revoked_at IS NULL"
        );
        let row = self.store().read::<_, StoreError>(|reader| reader.query_opt(&sql, &[value]))?;
        let Some(row) = row else { return Ok(None) };
        let actor = actor(&row, now)?;
        if !actor.active {
            return Ok(None);
        }
        let device: u64 = row.get("device_id")?;
        if row.get::<Option<i64>>("seen_at")?.is_none_or(|seen| now - seen > TOUCH_MS) {
            self.store().write::<_, FieldError, _>(move |tx| {
                let sql = "UPDATE field_device SET seen_at = $2 WHERE device_id = $1";
                tx.execute(sql, params![device, now])?;
                Ok(())
            })?;
        }
        let own_family = row.get::<Option<u64>>("family_id")?.map(FamilyId::new);
        Ok(Some(Device { device, actor, own_family }))
    }

    /// Takes a phone back: lost, stolen, handed on. From this moment it is nobody.
    ///
    /// # Errors
    /// When it is neither the actor's own nor one of somebody the actor gives visits to.
    pub fn revoke(&self, who: &Actor, device: u64) -> Result<()> {
        let row = self.store().read::<_, StoreError>(|reader| {
            reader.query_opt(
                "SELECT a.account, a.territory FROM field_device d JOIN account a ON a.account = d.account
                 WHERE d.device_id = $1",
                params![device],
            )
        })?;
        let row = row.ok_or(FieldError::NotFound)?;
        let region = Region::parse(&row.get::<String>("territory")?).ok();
        let resource = Resource { region, ..Resource::of_the_country() };
        let is_own = row.get::<u64>("account")? == who.account;
        if !is_own && !self.may(who, Action::VisitAssign, &resource) {
            return Err(FieldError::NotFound);
        }
        let now = self.work.now_ms();
        self.store().write::<_, FieldError, _>(move |tx| {
            let sql = "UPDATE field_device SET revoked_at = $2
                       WHERE device_id = $1 AND revoked_at IS NULL";
            tx.execute(sql, params![device, now])?;
            Ok(())
        })
    }

    /// Phones the actor may see: the own ones, or those of assistants of the territory.
    ///
    /// # Errors
    /// When the store fails.
    pub fn devices(&self, who: &Actor) -> Result<Vec<DeviceRow>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT d.device_id, d.name, d.seen_at, d.revoked_at, a.account, a.name AS holder, a.territory
                 FROM field_device d JOIN account a ON a.account = d.account
                 ORDER BY d.device_id DESC LIMIT 500",
                params![],
            )
        })?;
        let mut out = Vec::new();
        for row in &rows {
            let region = Region::parse(&row.get::<String>("territory")?).ok();
            let resource = Resource { region, ..Resource::of_the_country() };
            let account: u64 = row.get("account")?;
            if account == who.account || self.may(who, Action::VisitAssign, &resource) {
                out.push(DeviceRow {
                    device: row.get("device_id")?,
                    name: row.get("name")?,
                    account,
                    holder: row.get("holder")?,
                    seen_at: row.get("seen_at")?,
                    revoked_at: row.get("revoked_at")?,
                });
            }
        }
        Ok(out)
    }
}

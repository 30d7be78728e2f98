//! Kits out of the store, and what was filled in them back into it.

use crate::device::Device;
use crate::error::{FieldError, Result};
use crate::form::questions;
use crate::kit::{Kit, KitFamily, KitForm, KitKey, KitReturn};
use crate::receive::Arrival;
use crate::room::Field;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kernel::Region;
use store::{Query, StoreError, params};

const DAY_MS: i64 = 86_400_000;
/// Longest life of a kit, in days.
const DAYS_MAX: i64 = 60;

/// What came back from a kit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Forms that are new here.
    pub new: u64,
    /// Forms that were here already.
    pub again: u64,
    /// Forms whose id stands with other contents: somebody decides.
    pub conflicts: u64,
}

impl Field {
    /// The key that signs kits: made of the store's own keys.
    #[must_use]
    pub fn kit_key(&self) -> KitKey {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(&self.vault().index("field.kit.signer", b"1"));
        seed[16..].copy_from_slice(&self.vault().index("field.kit.signer", b"2"));
        KitKey::from_seed(&seed)
    }

    fn kit_secret(&self, village: u64, made_at: i64, expires_at: i64) -> String {
        let text = format!("{village}|{made_at}|{expires_at}");
        hex::encode(self.vault().index("field.kit.secret", text.as_bytes()))
    }

    /// The open visits of a village, for a laptop without network, for so many days.
    ///
    /// # Errors
    /// When it is no village, the days are not 1 to 60, or nothing is to be visited there.
    pub fn kit(&self, village: Region, days: i64, form_version: &str) -> Result<Kit> {
        if village.level() != kernel::Level::Village || !(1..=DAYS_MAX).contains(&days) {
            return Err(FieldError::Refused(format!(
                "a kit is for one village and for 1 to {DAYS_MAX} days"
            )));
        }
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT v.entity, v.family_id, v.account FROM field_visit v
                 JOIN field_campaign c ON c.campaign_id = v.campaign_id
                 WHERE v.village = $1 AND v.result IS NULL AND v.account IS NOT NULL AND c.closed_at IS NULL
                 ORDER BY v.account, v.place, v.entity",
                params![village],
            )
        })?;
        let register = self.register()?;
        let mut families = Vec::new();
        for row in &rows {
            let family = kernel::FamilyId::new(row.get("family_id")?);
            let known = match &register {
                Some(register) => register.family(family)?,
                None => None,
            };
            let known = known.unwrap_or_default();
            families.push(KitFamily {
                entity: row.get("entity")?,
                head: known.head,
                address: known.address,
                account: row.get("account")?,
                people: known.people.into_iter().map(|p| (p.person, p.name)).collect(),
            });
        }
        if families.is_empty() {
            return Err(FieldError::Refused(format!("nothing is to be visited in {village}")));
        }
        let made_at = self.work.now_ms();
        let expires_at = made_at + days * DAY_MS;
        let questions = serde_json::to_value(questions(&self.core.instrument))
            .map_err(|e| FieldError::Refused(e.to_string()))?;
        Ok(Kit {
            village: village.number(),
            made_at,
            expires_at,
            secret: self.kit_secret(village.number(), made_at, expires_at),
            families,
            questions,
            version: form_version.to_owned(),
        })
    }

    /// Takes filled forms back. Sending the same return twice changes nothing.
    ///
    /// # Errors
    /// When it is not from a kit of this store, or a form cannot be read (those before it stay).
    pub fn take_back(&self, back: &KitReturn) -> Result<TakenBack> {
        if back.secret != self.kit_secret(back.village, back.made_at, back.expires_at) {
            return Err(FieldError::Refused(
                "this return is not from a kit of this store".to_owned(),
            ));
        }
        let mut taken = TakenBack::default();
        for KitForm { account, xml, photos } in &back.forms {
            let (actor, own_family) = self.visitor(*account)?.ok_or(FieldError::NotFound)?;
            let mut files = Vec::new();
            for (name, text) in photos {
                let bytes = BASE64_STANDARD
                    .decode(text)
                    .map_err(|_| FieldError::Refused(format!("{name} is no base64")))?;
                files.push((name.clone(), bytes));
            }
            let arrival = Arrival { xml: xml.clone().into_bytes(), files, incomplete: false };
            let receipt = self.receive(&Device { device: 0, actor, own_family }, arrival)?;
            match (receipt.conflict, receipt.again) {
                (true, _) => taken.conflicts += 1,
                (false, true) => taken.again += 1,
                (false, false) => taken.new += 1,
            }
        }
        Ok(taken)
    }
}

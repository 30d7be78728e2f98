//! The citizen's one-time code: six digits to the telephone that an official has seen papers for.
//! Ten minutes, five tries, three codes an hour for one NIK. A person who is not in the registry or
//! has no telephone there gets the same answer as everybody.

use crate::accounts::{NewAccount, Session};
use crate::case::{COLUMNS, CaseRow};
use crate::error::{CaseworkError, Result};
use crate::room::{Casework, Core};
use crate::sessions::How;
use crate::words::Contact;
use access::{Action, Actor, Resource, Role, Territory, Token};
use kernel::{FamilyId, PersonId, Region};
use store::{INDEX_BYTES, Query, StoreError, Tx, params};

/// A code lives this long, in milliseconds (10 minutes).
const CODE_MS: i64 = 10 * 60_000;
/// Tries at one code.
const TRIES_MAX: u32 = 5;
/// Codes of one NIK in an hour.
const PER_HOUR: u64 = 3;
const HOUR_MS: i64 = 3_600_000;

/// A person of the registry whose identity is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citizen {
    /// The person.
    pub person: PersonId,
    /// The family.
    pub family: FamilyId,
    /// Its village.
    pub village: Region,
}

/// Six digits, each as likely as any other.
fn six_digits() -> Result<String> {
    loop {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes)
            .map_err(|e| CaseworkError::Refused(format!("no random bytes: {e}")))?;
        let number = u32::from_le_bytes(bytes);
        // The last, incomplete million would make low codes likelier.
        if number < 4_294_000_000 {
            return Ok(format!("{:06}", number % 1_000_000));
        }
    }
}

impl Casework {
    /// Keeps the telephone of a person whose papers the actor has seen. It replaces the one before.
    ///
    /// # Errors
    /// When the actor may not check papers in the village, or the number cannot be one.
    pub fn set_phone(&self, by: &Actor, citizen: Citizen, number: &str) -> Result<()> {
        self.core.allow(by, Action::CaseCheck, &Resource::open_in(citizen.village))?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        if !(9..=15).contains(&digits.len()) {
            return Err(CaseworkError::Refused("the telephone needs 9 to 15 digits".to_owned()));
        }
        let by = *by;
        self.write(move |tx, core| {
            let person = citizen.person.get();
            let sealed = core.seal_text(&format!("citizen_phone.phone|{person}"), &digits)?;
            tx.execute(
                "INSERT INTO citizen_phone (person_id, phone, set_by, set_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (person_id) DO UPDATE SET phone = excluded.phone, set_by = excluded.set_by, set_at = excluded.set_at",
                params![person, sealed, by.account, core.clock.now_ms()],
            )?;
            core.log_read(tx, &by, "phone", Some(citizen.family), None).map(drop)
        })
    }

    /// Sends a code, if this is somebody with a telephone. The handle stands for the question in the
    /// next form; it says nothing about whether a code was sent.
    ///
    /// # Errors
    /// [`CaseworkError::NotAllowed`] after three codes within an hour for one NIK (`asked`, its blind
    /// index), whether or not it exists.
    pub fn send_code(&self, asked: [u8; INDEX_BYTES], citizen: Option<Citizen>) -> Result<Token> {
        let handle = Token::new().map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let (hash, code) = (handle.hash().0, six_digits()?);
        self.write(move |tx, core| core.send_code(tx, hash, asked, citizen, &code))?;
        Ok(handle)
    }

    /// The cases of a family that the actor may see, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cases_of(&self, actor: &Actor, family: FamilyId) -> Result<Vec<CaseRow>> {
        let policies = &self.core.policies;
        self.store.read(|reader| {
            let sql = format!(
                "SELECT {COLUMNS} FROM work_case WHERE family_id = $1 ORDER BY opened_at DESC, case_id DESC LIMIT 100"
            );
            let mut shown = Vec::new();
            for row in reader.query(&sql, params![family.get()])? {
                let case = CaseRow::read(&row)?;
                let resource = case.resource(reader, actor)?;
                if policies.decide(actor, Action::CaseRead, &resource) {
                    shown.push(case);
                }
            }
            Ok(shown)
        })
    }

    /// The newest messages of a channel with recipient and text: for the demo's page of messages,
    /// where everybody is invented.
    ///
    /// # Errors
    /// When the store fails or a message does not open.
    pub fn last_messages(&self, channel: &str, most: u32) -> Result<Vec<(i64, String, String)>> {
        let sql = "SELECT message_id, recipient, body, made_at FROM outbox WHERE channel = $1 ORDER BY message_id DESC LIMIT $2";
        let rows =
            self.store.read::<_, StoreError>(|reader| reader.query(sql, params![channel, most]))?;
        let open = |row: &store::Row| {
            let id: u64 = row.get("message_id")?;
            let field = |column: &str| {
                let sealed: Vec<u8> = row.get(column)?;
                self.core.open_text(&format!("outbox.{column}|{id}"), &sealed)
            };
            Ok((row.get("made_at")?, field("recipient")?, field("body")?))
        };
        rows.iter().map(open).collect()
    }

    /// Signs a citizen in with the code that was sent.
    ///
    /// # Errors
    /// [`CaseworkError::NotAllowed`] for anything wrong: the code, its age, too many tries, or that
    /// none was ever sent.
    pub fn use_code(&self, handle: &Token, code: &str, device: &str) -> Result<(Token, Session)> {
        let (hash, code) = (handle.hash().0, code.trim().to_owned());
        // A wrong try is kept: the transaction succeeds and the answer is no.
        let account = self.write(move |tx, core| core.use_code(tx, hash, &code))?;
        let account = account.ok_or_else(|| {
            CaseworkError::NotAllowed(
                "the code is wrong, older than 10 minutes, or was tried five times".to_owned(),
            )
        })?;
        self.begin_on(account, false, How::Code, device)
    }
}

impl Core {
    fn code_hash(&self, handle: &[u8; 32], code: &str) -> [u8; INDEX_BYTES] {
        self.vault.index("one_time_code", &[&handle[..], code.as_bytes()].concat())
    }

    fn send_code(
        &self,
        tx: &mut Tx<'_>,
        handle: [u8; 32],
        asked: [u8; INDEX_BYTES],
        citizen: Option<Citizen>,
        code: &str,
    ) -> Result<()> {
        let now = self.clock.now_ms();
        let sql = "SELECT COUNT(*) AS n FROM one_time_code WHERE asked = $1 AND made_at > $2";
        if tx.query_one(sql, params![asked, now - HOUR_MS])?.get::<u64>("n")? >= PER_HOUR {
            return Err(CaseworkError::NotAllowed(
                "three codes were sent within an hour".to_owned(),
            ));
        }
        tx.execute(
            "INSERT INTO one_time_code (handle_hash, asked, person_id, family_id, village, code_hash, tries, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
            params![
                handle, asked, citizen.map(|c| c.person.get()), citizen.map(|c| c.family.get()),
                citizen.map(|c| c.village), self.code_hash(&handle, code), now
            ],
        )?;
        let Some(citizen) = citizen else { return Ok(()) };
        let person = citizen.person.get();
        let sql = "SELECT phone FROM citizen_phone WHERE person_id = $1";
        let Some(row) = tx.query_opt(sql, params![person])? else { return Ok(()) };
        let sealed: Vec<u8> = row.get("phone")?;
        let address = self.open_text(&format!("citizen_phone.phone|{person}"), &sealed)?;
        let contact = Contact { by: "sms".to_owned(), address };
        let key = format!("code-{}", hex::encode(&handle[..16]));
        self.post(tx, &key, &contact, "code", &[("code", code)], now)
    }

    /// The citizen's account when the code is right; the account is made the first time.
    fn use_code(&self, tx: &mut Tx<'_>, handle: [u8; 32], code: &str) -> Result<Option<u64>> {
        let now = self.clock.now_ms();
        let sql = "SELECT person_id, family_id, village, code_hash, tries, made_at, used_at FROM one_time_code WHERE handle_hash = $1";
        let Some(row) = tx.query_opt(sql, params![handle])? else { return Ok(None) };
        let (tries, made): (u32, i64) = (row.get("tries")?, row.get("made_at")?);
        let used = row.get::<Option<i64>>("used_at")?.is_some();
        if used || tries >= TRIES_MAX || now - made >= CODE_MS {
            return Ok(None);
        }
        let sql = "UPDATE one_time_code SET tries = tries + 1 WHERE handle_hash = $1";
        tx.execute(sql, params![handle])?;
        // Keyed hashes are compared: their bytes say nothing about the code.
        let is_right = row.get::<Vec<u8>>("code_hash")? == self.code_hash(&handle, code);
        let person: Option<u64> = row.get("person_id")?;
        let (family, village): (Option<u64>, Option<u64>) =
            (row.get("family_id")?, row.get("village")?);
        let (true, Some(person), Some(family), Some(village)) = (is_right, person, family, village)
        else {
            return Ok(None);
        };
        let sql = "UPDATE one_time_code SET used_at = $2 WHERE handle_hash = $1";
        tx.execute(sql, params![handle, now])?;
        let login = format!(
            "warga-{}",
            hex::encode(self.vault.index("citizen.login", &person.to_be_bytes()))
        );
        let sql = "SELECT account FROM account WHERE login = $1";
        if let Some(row) = tx.query_opt(sql, params![&login])? {
            let account: u64 = row.get("account")?;
            // A person may have moved to another family since.
            let sql = "UPDATE account SET family_id = $2 WHERE account = $1";
            tx.execute(sql, params![account, family])?;
            return Ok(Some(account));
        }
        let village = Region::from_number(village);
        let new = NewAccount {
            login,
            name: "Warga".to_owned(),
            role: Role::Citizen,
            territory: village.map_or(Territory::Nowhere, Territory::In),
            password: None,
            family: Some(FamilyId::new(family)),
            person: Some(PersonId::new(person)),
        };
        self.make_account(tx, None, &new, None).map(Some)
    }
}

//! Accounts, sessions and the first-run link, in the store. Passwords and tokens stand only as
//! hashes; a session is revoked at once; every change of rights is in the journal.

use crate::error::{CaseworkError, Result};
use crate::room::{Casework, Core, Entry, next_number};
use crate::sessions::How;
use access::{
    Action, Actor, FAILURES_MAX, OneTimeLink, Password, PasswordHash, Purpose, Resource, Role,
    Territory, Token, TokenHash, check_password, hash_password,
};
use kernel::{FamilyId, PersonId, Region};
use store::{Query, Row, StoreError, Tx, params};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number, which the journal names.
    pub account: u64,
    /// What its holder signs in with.
    pub login: String,
    /// For people.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Where.
    pub territory: Territory,
    /// False when disabled.
    pub active: bool,
    /// The holder's own family, which they must not decide about.
    pub family: Option<FamilyId>,
    /// The holder as a person of the registry.
    pub person: Option<PersonId>,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What its holder signs in with.
    pub login: String,
    /// For people.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Where.
    pub territory: Territory,
    /// Its password; none for accounts of the demo and of people who follow by ticket.
    pub password: Option<Password>,
    /// The holder's own family.
    pub family: Option<FamilyId>,
    /// The holder as a person.
    pub person: Option<PersonId>,
}

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The account.
    pub account: Account,
    /// As an actor of the policies, with the purpose of the role.
    pub actor: Actor,
}

fn territory_word(territory: Territory) -> String {
    match territory {
        Territory::Nowhere => String::new(),
        Territory::Country => "id".to_owned(),
        Territory::In(region) => region.plain(),
    }
}

fn territory(word: &str) -> Territory {
    match word {
        "id" => Territory::Country,
        word => Region::parse(word).map_or(Territory::Nowhere, Territory::In),
    }
}

/// What a role reads for, when it does not say otherwise.
const fn purpose_of(role: Role) -> Purpose {
    match role {
        Role::FieldAssistant => Purpose::Visit,
        Role::ProgrammeOwner => Purpose::Programme,
        Role::CallAgent => Purpose::Service,
        Role::Statistician => Purpose::Statistics,
        Role::Auditor => Purpose::Audit,
        Role::Visitor | Role::Citizen | Role::Partner | Role::Administrator => Purpose::Own,
        _ => Purpose::Casework,
    }
}

pub(crate) const ACCOUNT_COLUMNS: &str =
    "account, login, name, role, territory, active, expires_at, family_id, person_id";

pub(crate) fn read(row: &Row, now: i64) -> Result<Account> {
    let role: String = row.get("role")?;
    let expires: Option<i64> = row.get("expires_at")?;
    Ok(Account {
        account: row.get("account")?,
        login: row.get("login")?,
        name: row.get("name")?,
        role: Role::from_word(&role)
            .ok_or_else(|| CaseworkError::Refused(format!("no role `{role}`")))?,
        territory: territory(&row.get::<String>("territory")?),
        active: row.get::<i64>("active")? != 0 && expires.is_none_or(|at| at > now),
        family: row.get::<Option<u64>>("family_id")?.map(FamilyId::new),
        person: row.get::<Option<u64>>("person_id")?.map(PersonId::new),
    })
}

impl Casework {
    /// Makes an account. Only an administrator may; the demo and the first run pass `None`.
    ///
    /// # Errors
    /// When the actor may not, the login is taken, or the store fails.
    pub fn make_account(&self, by: Option<&Actor>, new: NewAccount) -> Result<u64> {
        if let Some(actor) = by {
            self.core.allow(actor, Action::AccountManage, &Resource::of_the_country())?;
        }
        let hash = new
            .password
            .as_ref()
            .map(hash_password)
            .transpose()
            .map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let by = by.copied();
        self.write(move |tx, core| core.make_account(tx, by, &new, hash))
    }

    /// Disables or enables an account; its sessions end at once.
    ///
    /// # Errors
    /// When the actor may not or there is no such account.
    pub fn set_active(&self, by: &Actor, account: u64, active: bool) -> Result<()> {
        let own = Resource::of_the_country().own(by.account == account);
        self.core.allow(by, Action::AccountManage, &own)?;
        let by = *by;
        self.write(move |tx, core| {
            let sql = "UPDATE account SET active = $2, failures = 0 WHERE account = $1";
            if tx.execute(sql, params![account, active])? == 0 {
                return Err(CaseworkError::NotFound);
            }
            tx.execute("UPDATE session SET revoked = 1 WHERE account = $1", params![account])?;
            let payload = serde_json::json!({"account": account, "active": active}).to_string();
            core.note(tx, "account_active", &by.word(), account, payload)
        })
    }

    /// Signs in with a password. Ten failures in a row lock the account until an administrator
    /// enables it again. The answer does not say what was wrong.
    ///
    /// # Errors
    /// [`CaseworkError::NotAllowed`] for anything wrong, or the store's.
    pub fn sign_in(&self, login: &str, password: &str) -> Result<(Token, Session)> {
        self.sign_in_on(login, password, "")
    }

    /// The same, and the session remembers the kind of device.
    ///
    /// # Errors
    /// As for [`Casework::sign_in`].
    pub fn sign_in_on(
        &self,
        login: &str,
        password: &str,
        device: &str,
    ) -> Result<(Token, Session)> {
        let wrong = || {
            CaseworkError::NotAllowed(
                "login or password is wrong, or the account is locked".to_owned(),
            )
        };
        let sql =
            format!("SELECT {ACCOUNT_COLUMNS}, password, failures FROM account WHERE login = $1");
        let row =
            self.store.read::<_, StoreError>(|reader| reader.query_opt(&sql, params![login]))?;
        // A login that does not exist costs the same time as one that does.
        let stored =
            row.as_ref().and_then(|row| row.get::<Option<String>>("password").ok().flatten());
        let is_right =
            check_password(password, &PasswordHash::from_stored(stored.unwrap_or_else(dummy_hash)));
        let Some(row) = row else { return Err(wrong()) };
        let account = read(&row, self.now_ms())?;
        let failures: u32 = row.get("failures")?;
        if !account.active || failures >= FAILURES_MAX || !is_right {
            let number = account.account;
            self.write(move |tx, _| {
                tx.execute(
                    "UPDATE account SET failures = failures + 1 WHERE account = $1",
                    params![number],
                )?;
                Ok(())
            })?;
            return Err(wrong());
        }
        self.begin_on(account.account, false, How::Password, device)
    }

    /// Changes one's own password; every session of the account ends, this one too. Wrong old
    /// passwords count like those of a sign-in.
    ///
    /// # Errors
    /// [`CaseworkError::NotAllowed`] when the old password is wrong or the account locked.
    pub fn change_password(&self, account: u64, old: &str, new: &Password) -> Result<()> {
        let sql = "SELECT login FROM account WHERE account = $1";
        let row =
            self.store.read::<_, StoreError>(|reader| reader.query_opt(sql, params![account]))?;
        let login: String = row.ok_or(CaseworkError::NotFound)?.get("login")?;
        self.sign_in(&login, old)?;
        let hash = hash_password(new).map_err(|e| CaseworkError::Refused(e.to_string()))?;
        self.write(move |tx, core| {
            let sql = "UPDATE account SET password = $2, failures = 0 WHERE account = $1";
            tx.execute(sql, params![account, hash.as_str()])?;
            tx.execute("UPDATE session SET revoked = 1 WHERE account = $1", params![account])?;
            core.note(tx, "password", &format!("account:{account}"), account, "{}".to_owned())
        })
    }

    /// All accounts, by number.
    ///
    /// # Errors
    /// When the store fails.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM account ORDER BY account");
        let rows = self.store.read::<_, StoreError>(|reader| reader.query(&sql, params![]))?;
        let now = self.now_ms();
        rows.iter().map(|row| read(row, now)).collect()
    }

    /// On a store without accounts: a token that makes its holder the administrator, once, within a
    /// day. Print it on the terminal only.
    ///
    /// # Errors
    /// When the store fails.
    pub fn first_run_link(&self) -> Result<Option<Token>> {
        let now = self.now_ms();
        let (link, token) =
            OneTimeLink::new(now).map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let is_first = self.write(move |tx, _| {
            if tx.query_opt("SELECT account FROM account LIMIT 1", params![])?.is_some() {
                return Ok(false);
            }
            tx.execute(
                "INSERT INTO first_run (one, token_hash, made_at) VALUES (1, $1, $2)
                 ON CONFLICT (one) DO UPDATE SET token_hash = excluded.token_hash, made_at = excluded.made_at",
                params![link.hash.0, now],
            )?;
            Ok(true)
        })?;
        Ok(is_first.then_some(token))
    }

    /// Uses the first-run link: makes the administrator with the password they chose.
    ///
    /// # Errors
    /// When the link is wrong, old or used, or the password is not acceptable.
    pub fn use_first_run_link(
        &self,
        token: &Token,
        login: &str,
        password: &Password,
    ) -> Result<u64> {
        let hash = hash_password(password).map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let (token, login) = (token.clone(), login.to_owned());
        self.write(move |tx, core| {
            let wrong = || {
                CaseworkError::NotAllowed("the link is wrong, older than a day, or used".to_owned())
            };
            let now = core.clock.now_ms();
            let row = tx
                .query_opt("SELECT token_hash, made_at, used_at FROM first_run", params![])?
                .ok_or_else(wrong)?;
            let stored: [u8; 32] =
                row.get::<Vec<u8>>("token_hash")?.try_into().map_err(|_| wrong())?;
            let used = row.get::<Option<i64>>("used_at")?.is_some();
            let link = OneTimeLink { hash: TokenHash(stored), made_ms: row.get("made_at")?, used };
            if !link.opens(&token, now) {
                return Err(wrong());
            }
            tx.execute("UPDATE first_run SET used_at = $1", params![now])?;
            let new = NewAccount {
                login,
                name: "Administrator".to_owned(),
                role: Role::Administrator,
                territory: Territory::Country,
                password: None,
                family: None,
                person: None,
            };
            core.make_account(tx, None, &new, Some(hash))
        })
    }
}

/// A well-formed hash that no password has.
fn dummy_hash() -> String {
    "argon2id$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        .to_owned()
}

pub(crate) fn session(account: Account, strong: bool) -> Session {
    let actor = Actor {
        account: account.account,
        role: account.role,
        territory: account.territory,
        purpose: purpose_of(account.role),
        active: account.active,
        strong,
    };
    Session { account, actor }
}

impl Core {
    pub(crate) fn note(
        &self,
        tx: &mut Tx<'_>,
        kind: &str,
        actor: &str,
        account: u64,
        payload: String,
    ) -> Result<()> {
        let at = self.clock.now_ms();
        let entry = Entry {
            kind,
            at,
            actor: actor.to_owned(),
            subject: "",
            about: format!("account:{account}"),
            payload,
        };
        self.record(tx, entry).map(drop)
    }

    pub(crate) fn make_account(
        &self,
        tx: &mut Tx<'_>,
        by: Option<Actor>,
        new: &NewAccount,
        hash: Option<PasswordHash>,
    ) -> Result<u64> {
        if tx
            .query_opt("SELECT account FROM account WHERE login = $1", params![&new.login])?
            .is_some()
        {
            return Err(CaseworkError::Refused(format!("the login `{}` is taken", new.login)));
        }
        let number = next_number(tx, "account")?;
        let now = self.clock.now_ms();
        tx.execute(
            "INSERT INTO account (account, login, name, role, territory, password, active, failures, family_id, person_id, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, 1, 0, $7, $8, $9)",
            params![
                number, &new.login, &new.name, new.role.word(), territory_word(new.territory),
                hash.as_ref().map(PasswordHash::as_str), new.family.map(FamilyId::get), new.person.map(PersonId::get), now
            ],
        )?;
        let actor = by.map_or_else(|| "system:0".to_owned(), |actor| actor.word());
        let payload = serde_json::json!({"role": new.role.word(), "territory": territory_word(new.territory)}).to_string();
        self.note(tx, "account", &actor, number, payload)?;
        Ok(number)
    }
}

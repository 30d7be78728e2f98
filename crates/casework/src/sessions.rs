//! Sessions: begun, found, listed, ended. A token stands in the store as a hash only, so nobody who
//! reads the store can sign in; a session that is ended is ended with the next request.

use crate::accounts::{ACCOUNT_COLUMNS, Session, read, session};
use crate::error::{CaseworkError, Result};
use crate::room::Casework;
use access::{SessionLimits, Token, session_is_alive};
use store::{Query, StoreError, params};

/// A second factor counts for this long, in milliseconds (30 minutes).
const STRONG_MS: i64 = 30 * 60_000;
/// `used` of a session is written at most this often, in milliseconds.
const TOUCH_MS: i64 = 60_000;
/// Longest name of a kind of device.
const DEVICE_CHARS_MAX: usize = 60;

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// One click: the demo only.
    Demo,
    /// A password.
    Password,
    /// A passkey: two factors in one.
    Passkey,
    /// A one-time code to a telephone.
    Code,
    /// An identity provider of the government.
    Provider,
    /// Begun by another part of the program.
    Other,
}

impl How {
    const fn word(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Password => "password",
            Self::Passkey => "passkey",
            Self::Code => "code",
            Self::Provider => "provider",
            Self::Other => "other",
        }
    }

    fn from_word(word: &str) -> Self {
        let all = [Self::Demo, Self::Password, Self::Passkey, Self::Code, Self::Provider];
        all.into_iter().find(|how| how.word() == word).unwrap_or(Self::Other)
    }
}

/// A living session as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// Names the session in a form; it opens nothing.
    pub mark: String,
    /// How it began.
    pub how: How,
    /// On what kind of device.
    pub device: String,
    /// When it began.
    pub began: i64,
    /// When it was last used, to the minute.
    pub used: i64,
    /// True for the session that asks.
    pub this: bool,
}

impl Casework {
    /// Begins a session without a password: for the demo's one-click accounts and after a one-time
    /// code or second factor was checked by the caller (`strong`).
    ///
    /// # Errors
    /// When the account does not exist or is disabled.
    pub fn begin(&self, account: u64, strong: bool) -> Result<(Token, Session)> {
        self.begin_on(account, strong, How::Other, "")
    }

    /// The same; the session remembers how it began and on what kind of device.
    ///
    /// # Errors
    /// As for [`Casework::begin`].
    pub fn begin_on(
        &self,
        account: u64,
        strong: bool,
        how: How,
        device: &str,
    ) -> Result<(Token, Session)> {
        let token = Token::new().map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let hash = token.hash();
        let device: String = device.chars().take(DEVICE_CHARS_MAX).collect();
        let session = self.write(move |tx, core| {
            let now = core.clock.now_ms();
            let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM account WHERE account = $1");
            let row = tx.query_opt(&sql, params![account])?.ok_or(CaseworkError::NotFound)?;
            let account = read(&row, now)?;
            if !account.active {
                return Err(CaseworkError::NotAllowed("the account is disabled".to_owned()));
            }
            let strong_at = strong.then_some(now);
            tx.execute("UPDATE account SET failures = 0 WHERE account = $1", params![account.account])?;
            tx.execute(
                "INSERT INTO session (token_hash, account, began, used, strong_at, revoked) VALUES ($1, $2, $3, $3, $4, 0)",
                params![hash.0, account.account, now, strong_at],
            )?;
            tx.execute(
                "INSERT INTO session_about (token_hash, how, device) VALUES ($1, $2, $3)",
                params![hash.0, how.word(), &device],
            )?;
            let word = format!("{}:{}", account.role, account.account);
            let payload = serde_json::json!({"strong": strong, "how": how.word()}).to_string();
            core.note(tx, "sign_in", &word, account.account, payload)?;
            Ok(session(account, strong))
        })?;
        Ok((token, session))
    }

    /// Who holds this token now; none when it is unknown, old, revoked or the account disabled.
    ///
    /// # Errors
    /// When the store fails.
    pub fn session(&self, token: &Token) -> Result<Option<Session>> {
        let (hash, now) = (token.hash(), self.now_ms());
        let sql =
            "SELECT account, began, used, strong_at, revoked FROM session WHERE token_hash = $1";
        let row =
            self.store.read::<_, StoreError>(|reader| reader.query_opt(sql, params![hash.0]))?;
        let Some(row) = row else { return Ok(None) };
        let (began, used): (i64, i64) = (row.get("began")?, row.get("used")?);
        let revoked = row.get::<i64>("revoked")? != 0;
        if !session_is_alive(SessionLimits::default(), began, used, revoked, now) {
            return Ok(None);
        }
        let number: u64 = row.get("account")?;
        let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM account WHERE account = $1");
        let found =
            self.store.read::<_, StoreError>(|reader| reader.query_one(&sql, params![number]))?;
        let account = read(&found, now)?;
        if !account.active {
            return Ok(None);
        }
        if now - used > TOUCH_MS {
            let touched = self.write(move |tx, _| {
                tx.execute(
                    "UPDATE session SET used = $2 WHERE token_hash = $1",
                    params![hash.0, now],
                )?;
                Ok(())
            });
            // A store that cannot write still reads; the session then ends a little earlier.
            match touched {
                Err(CaseworkError::Store(error)) if error.is_away() => {}
                other => other?,
            }
        }
        let strong = row.get::<Option<i64>>("strong_at")?.is_some_and(|at| now - at < STRONG_MS);
        Ok(Some(session(account, strong)))
    }

    /// Ends a session now.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_out(&self, token: &Token) -> Result<()> {
        let hash = token.hash();
        self.write(move |tx, _| {
            tx.execute("UPDATE session SET revoked = 1 WHERE token_hash = $1", params![hash.0])?;
            Ok(())
        })
    }

    /// The living sessions of whoever holds `token`, last used first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sessions_of(&self, token: &Token) -> Result<Vec<SessionLine>> {
        let Some(session) = self.session(token)? else { return Ok(Vec::new()) };
        let (own, now) = (token.hash(), self.now_ms());
        let sql = "SELECT s.token_hash, s.began, s.used, s.revoked, a.how, a.device FROM session s
                   LEFT JOIN session_about a ON a.token_hash = s.token_hash
                   WHERE s.account = $1 AND s.revoked = 0 ORDER BY s.used DESC, s.began DESC";
        let account = session.account.account;
        let rows =
            self.store.read::<_, StoreError>(|reader| reader.query(sql, params![account]))?;
        let mut lines = Vec::new();
        for row in rows {
            let (began, used): (i64, i64) = (row.get("began")?, row.get("used")?);
            if !session_is_alive(SessionLimits::default(), began, used, false, now) {
                continue;
            }
            let hash: Vec<u8> = row.get("token_hash")?;
            let how: Option<String> = row.get("how")?;
            lines.push(SessionLine {
                mark: self.mark(&hash),
                how: how.map_or(How::Other, |how| How::from_word(&how)),
                device: row.get::<Option<String>>("device")?.unwrap_or_default(),
                began,
                used,
                this: hash == own.0,
            });
        }
        Ok(lines)
    }

    /// Ends one of the own sessions, by its mark.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] when no session of this account has the mark.
    pub fn end_session(&self, account: u64, mark: &str) -> Result<()> {
        let sql = "SELECT token_hash FROM session WHERE account = $1 AND revoked = 0";
        let rows =
            self.store.read::<_, StoreError>(|reader| reader.query(sql, params![account]))?;
        for row in rows {
            let hash: Vec<u8> = row.get("token_hash")?;
            if self.mark(&hash) == mark {
                return self.write(move |tx, _| {
                    let sql = "UPDATE session SET revoked = 1 WHERE token_hash = $1";
                    tx.execute(sql, params![&hash[..]])?;
                    Ok(())
                });
            }
        }
        Err(CaseworkError::NotFound)
    }

    /// Ends every session of an account, on every device.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_out_everywhere(&self, account: u64) -> Result<()> {
        self.write(move |tx, core| {
            let sql = "UPDATE session SET revoked = 1 WHERE account = $1 AND revoked = 0";
            let ended = tx.execute(sql, params![account])?;
            let payload = serde_json::json!({"ended": ended}).to_string();
            core.note(tx, "sign_out_all", &format!("account:{account}"), account, payload)
        })
    }

    /// A session's name in a form.
    fn mark(&self, hash: &[u8]) -> String {
        hex::encode(self.core.vault.index("session.mark", hash))
    }
}

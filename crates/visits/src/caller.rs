//! Which phone calls: by its token in the address, as Bearer, as the password of Basic, or by Digest
//! with the user name it was given. A nonce of Digest is the time and a keyed mark of it: no state,
//! good for some minutes; what is sent twice has one effect anyway.

use crate::state::Visits;
use access::Token;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use channels::openrosa::digest;
use field::{Device, FieldError};
use std::convert::Infallible;

/// How long a nonce is good, in milliseconds.
const NONCE_MS: i64 = 10 * 60_000;

/// A call of a phone, before it is known whose.
pub(crate) struct Caller {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let (method, uri, headers) = (&parts.method, &parts.uri, &parts.headers);
        Ok(Self { method: method.clone(), uri: uri.clone(), headers: headers.clone() })
    }
}

/// Who called.
pub(crate) enum Who {
    /// This phone.
    Phone(Device),
    /// Nobody we know.
    Nobody,
    /// Somebody with an old nonce: the same again with a new one.
    Stale,
}

impl Caller {
    /// Finds the phone.
    pub fn who(&self, visits: &Visits) -> Result<Who, FieldError> {
        if let Some(token) = self.token() {
            return Ok(visits.field().device(&token)?.map_or(Who::Nobody, Who::Phone));
        }
        match self.authorization().and_then(digest::Answer::parse) {
            Some(answer) => self.by_digest(visits, &answer),
            None => Ok(Who::Nobody),
        }
    }

    fn authorization(&self) -> Option<&str> {
        self.headers.get(header::AUTHORIZATION)?.to_str().ok()
    }

    /// The token: in the address, as Bearer, or as the password of Basic.
    fn token(&self) -> Option<Token> {
        if let Some(rest) = self.uri.path().strip_prefix("/or/key/") {
            return Token::parse(rest.split('/').next()?);
        }
        let (scheme, secret) = self.authorization()?.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Token::parse(secret.trim());
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = String::from_utf8(BASE64_STANDARD.decode(secret.trim()).ok()?).ok()?;
        Token::parse(pair.split_once(':')?.1)
    }

    fn by_digest(&self, visits: &Visits, answer: &digest::Answer) -> Result<Who, FieldError> {
        // An answer for another address proves nothing about this one.
        let here = self.uri.path_and_query().map_or("", |path| path.as_str());
        let Some(age) = nonce_age(visits, &answer.nonce).filter(|_| answer.uri == here) else {
            return Ok(Who::Nobody);
        };
        let Some((device, kept)) = visits.field().device_of_user(&answer.user)? else {
            return Ok(Who::Nobody);
        };
        if !answer.is_right(&kept, self.method.as_str()) {
            return Ok(Who::Nobody);
        }
        Ok(if (0..=NONCE_MS).contains(&age) { Who::Phone(device) } else { Who::Stale })
    }
}

/// A new nonce.
pub(crate) fn nonce(visits: &Visits) -> String {
    let now = visits.work().now_ms();
    format!("{now}-{}", hex::encode(mark(visits, now)))
}

/// How old a nonce of ours is; none when it is not ours.
fn nonce_age(visits: &Visits, nonce: &str) -> Option<i64> {
    let (at, found) = nonce.split_once('-')?;
    let at: i64 = at.parse().ok()?;
    (hex::encode(mark(visits, at)) == found).then(|| visits.work().now_ms() - at)
}

fn mark(visits: &Visits, at: i64) -> [u8; store::INDEX_BYTES] {
    visits.work().vault().index("openrosa.nonce", &at.to_le_bytes())
}

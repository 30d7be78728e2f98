//! HTTP Digest as OpenRosa clients speak it (RFC 2617: MD5, `qop="auth"` or none). Collect offers
//! Basic over https only; this is what it speaks over plain http in an office's own network. MD5 is
//! the protocol's choice: it keeps the password off the wire, no more.

use md5::{Digest, Md5};
use std::collections::BTreeMap;

/// The realm that passwords are good for.
pub const REALM: &str = "Padan";

fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// What a server keeps of a password: MD5 of user, realm and password.
#[must_use]
pub fn kept(user: &str, password: &str) -> String {
    md5(&format!("{user}:{REALM}:{password}"))
}

/// The challenge for `WWW-Authenticate`.
#[must_use]
pub fn challenge(nonce: &str, stale: bool) -> String {
    let stale = if stale { ", stale=true" } else { "" };
    format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", qop=\"auth\", algorithm=MD5{stale}")
}

/// What a client answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who it says it is.
    pub user: String,
    /// The nonce it was given.
    pub nonce: String,
    /// The address it asked for.
    pub uri: String,
    qop: Option<String>,
    count: String,
    client_nonce: String,
    response: String,
}

impl Answer {
    /// Reads an `Authorization` header; none when it is not a whole Digest answer for our realm.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let fields = fields(rest);
        let get = |name: &str| fields.get(name).cloned();
        if get("realm")? != REALM
            || get("algorithm").is_some_and(|a| !a.eq_ignore_ascii_case("md5"))
        {
            return None;
        }
        let qop = get("qop");
        if qop.as_ref().is_some_and(|qop| qop != "auth") {
            return None;
        }
        Some(Self {
            user: get("username")?,
            nonce: get("nonce")?,
            uri: get("uri")?,
            count: get("nc").unwrap_or_default(),
            client_nonce: get("cnonce").unwrap_or_default(),
            response: get("response")?.to_lowercase(),
            qop,
        })
    }

    /// True when it was made with the password that `kept` was made of, for this method.
    #[must_use]
    pub fn is_right(&self, kept: &str, method: &str) -> bool {
        let asked = md5(&format!("{method}:{}", self.uri));
        let expected = match &self.qop {
            Some(qop) => md5(&format!(
                "{kept}:{}:{}:{}:{qop}:{asked}",
                self.nonce, self.count, self.client_nonce
            )),
            None => md5(&format!("{kept}:{}:{asked}", self.nonce)),
        };
        // Every byte is looked at: how long it takes says nothing about where they differ.
        expected.len() == self.response.len()
            && expected.bytes().zip(self.response.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

/// `name="value", name=value` pairs; commas inside quotation marks belong to the value.
fn fields(text: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',', '\t']).to_lowercase();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((value, left)) => (value, left),
                None => return out,
            },
            None => after.split_once(',').unwrap_or((after, "")),
        };
        out.insert(name, value.trim().to_owned());
        rest = left;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_holds() {
        // RFC 2617, section 3.5, with its own realm in what is kept.
        let kept = md5("Mufasa:testrealm@host.com:Circle Of Life");
        let answer = Answer {
            user: "Mufasa".to_owned(),
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093".to_owned(),
            uri: "/dir/index.html".to_owned(),
            qop: Some("auth".to_owned()),
            count: "00000001".to_owned(),
            client_nonce: "0a4f113b".to_owned(),
            response: "6629fae49393a05397450978507c4ef1".to_owned(),
        };
        assert!(answer.is_right(&kept, "GET"));
        assert!(!answer.is_right(&kept, "POST"));
        assert!(!answer.is_right(&md5("Mufasa:testrealm@host.com:circle of life"), "GET"));
    }

    #[test]
    fn headers_are_read_as_clients_write_them() {
        let text = "Digest username=\"ponsel-3\", realm=\"Padan\", nonce=\"a,b\", uri=\"/or/submission?deviceID=x\", \
                    response=\"AB12\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"q\"";
        let answer = Answer::parse(text).unwrap();
        assert_eq!((answer.user.as_str(), answer.nonce.as_str()), ("ponsel-3", "a,b"));
        assert_eq!(
            (answer.uri.as_str(), answer.count.as_str()),
            ("/or/submission?deviceID=x", "00000001")
        );
        for wrong in [
            "Basic abc",
            "Digest",
            "Digest username=\"x",
            &text.replace("\"Padan\"", "\"Other\""),
            &text.replace("algorithm=MD5", "algorithm=SHA-256"),
            &text.replace("qop=auth", "qop=auth-int"),
        ] {
            assert_eq!(Answer::parse(wrong), None, "{wrong}");
        }
    }
}

//! What every answer carries, who may see officers' pages, and how often may be asked.

use crate::lang::Lang;
use crate::page::{self, Trouble};
use crate::session;
use crate::state::App;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

/// Nothing from elsewhere, no script, no frame, no inline style.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the security headers on an answer. A handler that needs another policy sets its own.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set_headers(&mut response, POLICY);
    response
}

/// The headers of every answer, with this content policy; what a handler set itself stays.
pub fn set_headers(response: &mut Response, policy: &'static str) {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, policy);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::CACHE_CONTROL, "no-store");
}

/// Officers' pages: somebody signed in goes on, with the session at hand; anybody else is shown the
/// way to sign in, whatever was asked for. Where no room of cases stands beside these pages they do
/// not exist.
pub async fn signed_in(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let lang = request.extensions().get::<Lang>().copied().unwrap_or(Lang::Id);
    if app.work().is_none() {
        return page::answer(&app, lang, Err(Trouble::Missing));
    }
    if request.method() == Method::POST && !is_same_site(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let (for_work, headers) = (app.clone(), request.headers().clone());
    let found = tokio::task::spawn_blocking(move || match for_work.work() {
        Some(work) => session::of(work, &headers).map_err(Trouble::from),
        None => Ok(None),
    });
    match found.await.unwrap_or_else(|e| Err(Trouble::Fault(e.to_string()))) {
        Ok(Some(session)) => {
            request.extensions_mut().insert(session);
            next.run(request).await
        }
        Ok(None) => Redirect::to(&format!("{}/masuk", lang.prefix())).into_response(),
        Err(trouble) => page::answer(&app, lang, Err(trouble)),
    }
}

/// A browser says where a form comes from; `no-referrer` pages say `null`, which their own cookie
/// (SameSite=Strict) then guards. Programs say nothing.
#[must_use]
pub fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => match (text("origin"), text("host")) {
            (None | Some("null"), _) => true,
            (Some(origin), Some(host)) => {
                origin.split_once("://").is_some_and(|(_, name)| name == host)
            }
            (Some(_), None) => false,
        },
    }
}

/// The address a request came from, for the limit on checks; one for all when unknown.
#[must_use]
pub fn peer(info: Option<&ConnectInfo<SocketAddr>>) -> IpAddr {
    info.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip())
}

const DAY_MS: i64 = 86_400_000;
/// Checks of one NIK per day.
pub const CHECKS_PER_NIK: u32 = 5;
/// Checks from one address per day. Many people share one address (village office, mobile network).
const CHECKS_PER_ADDRESS: u32 = 500;
/// Entries kept before old days are thrown away.
const ENTRIES_MAX: usize = 1_000_000;

/// Counts checks per NIK (by its blind index) and per address. It does not know whether the NIK
/// exists, so being stopped says nothing about it.
#[derive(Default)]
pub struct Limiter(Mutex<BTreeMap<(i64, [u8; 16]), u32>>);

impl Limiter {
    /// Counts one check; false when it is one too many.
    pub fn allow(&self, now_ms: i64, nik: [u8; 16], address: IpAddr) -> bool {
        let day = now_ms.div_euclid(DAY_MS);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() > ENTRIES_MAX {
            counts.retain(|(then, _), _| *then == day);
        }
        let address = match address {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        };
        let mut count = |key: [u8; 16]| {
            let count = counts.entry((day, key)).or_default();
            *count = count.saturating_add(1);
            *count
        };
        let (by_nik, by_address) = (count(nik), count(address));
        by_nik <= CHECKS_PER_NIK && by_address <= CHECKS_PER_ADDRESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_checks_a_day_then_tomorrow_again() {
        let limiter = Limiter::default();
        let ip = IpAddr::from([10, 0, 0, 1]);
        let ask = |ms| limiter.allow(ms, [1; 16], ip);
        assert!((0..5).all(|_| ask(1_000)));
        assert!(!ask(1_000));
        assert!(limiter.allow(1_000, [2; 16], ip), "another NIK is not stopped");
        assert!(ask(DAY_MS + 1_000));
    }

    #[test]
    fn forms_from_other_sites_are_known() {
        let check = |pairs: &[(&'static str, &'static str)], want: bool| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_same_site(&headers), want, "{pairs:?}");
        };
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "null")], false);
        check(&[("origin", "https://a.go.id"), ("host", "a.go.id")], true);
        check(&[("origin", "https://evil.example"), ("host", "a.go.id")], false);
        check(&[], true);
    }
}

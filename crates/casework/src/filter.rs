//! The rows of a work list: what the policies let this role see, and what was asked for.

use crate::room::Casework;
use crate::view::{Basket, ListQuery};
use access::{Action, Actor, Scope};
use store::{Value, params};

/// A condition of SQL and its values.
pub(crate) struct Filter {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Filter {
    /// None when the policies show this actor nothing.
    pub fn new(room: &Casework, actor: &Actor, query: &ListQuery) -> Option<Self> {
        let scope = Scope::of(room.policies(), actor, Action::CaseRead);
        let (from, to) = scope.villages()?;
        let mut states = Vec::new();
        for (state, shown) in ["open", "closed", "sealed"].into_iter().zip(scope.inside) {
            if shown && (query.basket == Basket::Closed) == (state == "closed") {
                states.push(format!("'{state}'"));
            }
        }
        if states.is_empty() {
            return None;
        }
        let mut sql = format!("village BETWEEN $1 AND $2 AND state IN ({})", states.join(", "));
        let mut values = params![from, to].to_vec();
        let role = actor.role.word();
        let held = format!("(holder = '{role}' OR ' ' || taken_by || ' ' LIKE '% {role} %')");
        match query.basket {
            Basket::Mine => sql += &format!(" AND {held}"),
            Basket::Others => sql += &format!(" AND NOT {held}"),
            Basket::Closed => {}
        }
        if let Some(kind) = &query.kind {
            values.push(kind.into());
            sql += &format!(" AND kind = ${}", values.len());
        }
        if let Some(ticket) = &query.ticket {
            let start: String = ticket
                .trim()
                .to_uppercase()
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect();
            values.push(format!("{start}%").into());
            sql += &format!(" AND ticket LIKE ${}", values.len());
        }
        if let Some(region) = query.region {
            let scale = 10_u64.pow(10 - region.plain().len().min(10) as u32);
            values.push((region.number() * scale).into());
            values.push((region.number() * scale + (scale - 1)).into());
            sql += &format!(" AND village BETWEEN ${} AND ${}", values.len() - 1, values.len());
        }
        Some(Self { sql, values })
    }
}

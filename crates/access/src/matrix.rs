//! The golden matrix: every action × role × territory relation × state, as a text that a person
//! can read. `✔` allowed, `2` allowed with a second factor only, `·` not.

use crate::{Action, Actor, Policies, Purpose, Relation, Resource, Role, State, Territory};
use kernel::Region;
use std::fmt::Write as _;

/// One question of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The action.
    pub action: Action,
    /// The role.
    pub role: Role,
    /// How the territory lies.
    pub relation: Relation,
    /// The state.
    pub state: State,
    /// The actor's own.
    pub own: bool,
}

/// Every cell, in the order of the table.
pub fn cells() -> impl Iterator<Item = Cell> {
    Action::ALL.iter().flat_map(|&action| {
        Role::ALL.iter().flat_map(move |&role| {
            Relation::ALL.iter().flat_map(move |&relation| {
                State::ALL.iter().flat_map(move |&state| {
                    [false, true].map(|own| Cell { action, role, relation, state, own })
                })
            })
        })
    })
}

/// Codes of the regions that the matrix stands on: a regency, one of its villages, a province, a
/// neighbour. Fixed numbers of the shape of real ones.
fn regions(relation: Relation) -> (Territory, Option<Region>) {
    let at = |number: u64| Region::from_number(number).ok();
    let inside = |number: u64| at(number).map_or(Territory::Nowhere, Territory::In);
    match relation {
        Relation::Own => (inside(5202), at(5202)),
        Relation::Above => (inside(5202), at(5_202_012_001)),
        Relation::Below => (inside(5_202_012_001), at(5202)),
        Relation::Beside => (inside(5202), at(5_203_012_001)),
        Relation::Nowhere => (Territory::Nowhere, at(5_202_012_001)),
    }
}

/// The purpose a role reads for.
const fn purpose(role: Role) -> Purpose {
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

/// The actor and resource of a cell.
#[must_use]
pub fn probe(cell: Cell, strong: bool) -> (Actor, Resource) {
    let (territory, region) = regions(cell.relation);
    let actor = Actor {
        account: 1,
        role: cell.role,
        territory,
        purpose: purpose(cell.role),
        active: true,
        strong,
    };
    (actor, Resource { region, state: cell.state, own: cell.own, acted: false })
}

fn mark(policies: &Policies, cell: Cell) -> char {
    let ask = |strong| {
        let (actor, resource) = probe(cell, strong);
        policies.decide(&actor, cell.action, &resource)
    };
    match (ask(false), ask(true)) {
        (true, true) => '✔',
        (false, true) => '2',
        (false, false) => '·',
        (true, false) => '!',
    }
}

/// The whole table.
#[must_use]
pub fn table(policies: &Policies) -> String {
    let mut text = String::from(
        "Who may do what. Columns: where the thing lies (own region, above: inside my territory, below: my territory\n\
         lies in it, beside: elsewhere, nowhere: I have no territory); in each: open closed sealed, then the same\n\
         three when it is my own. ✔ yes, 2 with a second factor only, · no.\n",
    );
    for &action in Action::ALL {
        let _ = write!(text, "\n{} ({})\n{:18}", action.word(), action.resource().word(), "");
        for relation in Relation::ALL {
            let _ = write!(text, "{:10}", relation.word());
        }
        text = text.trim_end().to_owned() + "\n";
        for &role in Role::ALL {
            let _ = write!(text, "{:18}", role.word());
            for &relation in Relation::ALL {
                for own in [false, true] {
                    for &state in State::ALL {
                        text.push(mark(policies, Cell { action, role, relation, state, own }));
                    }
                    text.push(if own { ' ' } else { '|' });
                }
                text.push_str("  ");
            }
            text = text.trim_end().to_owned() + "\n";
        }
    }
    text
}

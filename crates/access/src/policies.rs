//! The one place where it is decided: Cedar policies from `config/id/policies`, checked against
//! their schema before anything is allowed. Default deny; a `forbid` wins.

use crate::{AccessError, Action, Actor, Resource, Role, Territory};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use kernel::Region;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

const SCHEMA: &str = include_str!("../../../config/id/policies/access.cedarschema");
const FILES: [(&str, &str); 3] = [
    ("cases.cedar", include_str!("../../../config/id/policies/cases.cedar")),
    ("data.cedar", include_str!("../../../config/id/policies/data.cedar")),
    ("office.cedar", include_str!("../../../config/id/policies/office.cedar")),
];
const ROLES: &str = include_str!("../../../config/id/policies/roles.toml");
const COUNTRY: &str = "id";

/// A decision with the names of the policies that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// True when allowed.
    pub allowed: bool,
    /// The `@id` of the policies that permitted or forbade; empty when none permitted.
    pub because: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleEntry {
    id: String,
    name: String,
    #[serde(rename = "about")]
    _about: String,
    purposes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFile {
    role: Vec<RoleEntry>,
}

/// Entity types, parsed once: making them anew costs more than the decision.
struct Types {
    user: EntityTypeName,
    role: EntityTypeName,
    region: EntityTypeName,
    action: EntityTypeName,
    resources: HashMap<&'static str, EntityTypeName>,
}

/// The policies, ready to decide.
pub struct Policies {
    set: PolicySet,
    authorizer: Authorizer,
    types: Types,
    roles: Vec<RoleEntry>,
}

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Policies({})", self.set.policies().count())
    }
}

fn wrong(file: &str, why: impl ToString) -> AccessError {
    AccessError::Policy { file: file.to_owned(), why: why.to_string() }
}

impl Policies {
    /// The policies this program was built with.
    ///
    /// # Errors
    /// When a file does not parse, names something outside the schema, or a role has no entry.
    pub fn builtin() -> Result<Self, AccessError> {
        Self::read(SCHEMA, &FILES, ROLES)
    }

    /// Reads schema, policies (`(file name, text)`) and roles.
    ///
    /// # Errors
    /// As for [`Policies::builtin`].
    pub fn read(schema: &str, files: &[(&str, &str)], roles: &str) -> Result<Self, AccessError> {
        let (schema, _) =
            Schema::from_cedarschema_str(schema).map_err(|e| wrong("access.cedarschema", e))?;
        let mut set = PolicySet::new();
        for (file, text) in files {
            let parsed = PolicySet::from_str(text).map_err(|e| wrong(file, e))?;
            for policy in parsed.policies() {
                let id =
                    policy.annotation("id").ok_or_else(|| wrong(file, "a policy has no @id"))?;
                let named = policy.new_id(cedar_policy::PolicyId::new(id));
                set.add(named).map_err(|e| wrong(file, e))?;
            }
        }
        let verdict = Validator::new(schema).validate(&set, ValidationMode::Strict);
        if let Some(error) = verdict.validation_errors().next() {
            return Err(wrong("*.cedar", error));
        }
        let roles: RoleFile = toml::from_str(roles).map_err(|e| wrong("roles.toml", e))?;
        let listed: Vec<&str> = roles.role.iter().map(|role| role.id.as_str()).collect();
        if listed != Role::ALL.iter().map(|role| role.word()).collect::<Vec<_>>() {
            return Err(wrong(
                "roles.toml",
                "its roles are not those of the program, in their order",
            ));
        }
        Ok(Self { set, authorizer: Authorizer::new(), types: Types::new()?, roles: roles.role })
    }

    /// May this actor do this to that? The only question anybody asks.
    #[must_use]
    pub fn decide(&self, actor: &Actor, action: Action, resource: &Resource) -> bool {
        self.explain(actor, action, resource).allowed
    }

    /// The decision with the policies that made it.
    #[must_use]
    pub fn explain(&self, actor: &Actor, action: Action, resource: &Resource) -> Answer {
        // Whatever goes wrong on the way to a decision is a refusal.
        self.ask(actor, action, resource).unwrap_or(Answer { allowed: false, because: Vec::new() })
    }

    /// The role's name for people.
    #[must_use]
    pub fn role_name(&self, role: Role) -> &str {
        self.roles
            .iter()
            .find(|entry| entry.id == role.word())
            .map_or(role.word(), |entry| &entry.name)
    }

    fn ask(&self, actor: &Actor, action: Action, resource: &Resource) -> Option<Answer> {
        let types = &self.types;
        let mut entities = Vec::with_capacity(12);
        let user = types.uid(&types.user, &actor.account.to_string());
        let role = types.uid(&types.role, actor.role.word());
        entities.push(
            Entity::new(user.clone(), self.user_facts(actor), HashSet::from([role.clone()]))
                .ok()?,
        );
        entities.push(Entity::new_no_attrs(role, HashSet::new()));
        let thing = types.uid(types.resources.get(action.resource().word())?, "it");
        let place = types.place(resource.region);
        let facts = HashMap::from([
            (
                "state".to_owned(),
                RestrictedExpression::new_string(resource.state.word().to_owned()),
            ),
            ("own".to_owned(), RestrictedExpression::new_bool(resource.own)),
            ("acted".to_owned(), RestrictedExpression::new_bool(resource.acted)),
        ]);
        entities.push(Entity::new(thing.clone(), facts, HashSet::from([place])).ok()?);
        types.push_regions(resource.region, &mut entities);
        let entities = Entities::from_entities(entities, None).ok()?;
        let purpose = RestrictedExpression::new_string(actor.purpose.word().to_owned());
        let context = Context::from_pairs([("purpose".to_owned(), purpose)]).ok()?;
        let action = types.uid(&types.action, action.word());
        let request = Request::new(user, action, thing, context, None).ok()?;
        let response = self.authorizer.is_authorized(&request, &self.set, &entities);
        // A policy that could not be evaluated is skipped by Cedar; here that is a refusal.
        let is_clean = response.diagnostics().errors().next().is_none();
        let mut because: Vec<String> =
            response.diagnostics().reason().map(ToString::to_string).collect();
        because.sort();
        Some(Answer { allowed: is_clean && response.decision() == Decision::Allow, because })
    }

    fn user_facts(&self, actor: &Actor) -> HashMap<String, RestrictedExpression> {
        let territory = match actor.territory {
            Territory::Nowhere => Vec::new(),
            Territory::Country => vec![self.types.place(None)],
            Territory::In(region) => vec![self.types.place(Some(region))],
        };
        let territory = territory.into_iter().map(RestrictedExpression::new_entity_uid);
        let purposes = self
            .roles
            .iter()
            .filter(|entry| entry.id == actor.role.word())
            .flat_map(|entry| &entry.purposes);
        let purposes = purposes.map(|purpose| RestrictedExpression::new_string(purpose.clone()));
        HashMap::from([
            ("territory".to_owned(), RestrictedExpression::new_set(territory)),
            ("purposes".to_owned(), RestrictedExpression::new_set(purposes)),
            ("active".to_owned(), RestrictedExpression::new_bool(actor.active)),
            ("strong".to_owned(), RestrictedExpression::new_bool(actor.strong)),
        ])
    }
}

impl Types {
    fn new() -> Result<Self, AccessError> {
        let name =
            |word: &str| EntityTypeName::from_str(word).map_err(|e| wrong("access.cedarschema", e));
        let kinds = Action::ALL.iter().map(|action| action.resource().word());
        let resources =
            kinds.map(|word| Ok((word, name(word)?))).collect::<Result<_, AccessError>>()?;
        Ok(Self {
            user: name("User")?,
            role: name("Role")?,
            region: name("Region")?,
            action: name("Action")?,
            resources,
        })
    }

    fn uid(&self, kind: &EntityTypeName, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
    }

    fn place(&self, region: Option<Region>) -> EntityUid {
        self.uid(&self.region, &region.map_or(COUNTRY.to_owned(), Region::plain))
    }

    /// The regions from `region` up to the country, each in the next.
    fn push_regions(&self, region: Option<Region>, entities: &mut Vec<Entity>) {
        let mut here = region;
        while let Some(region) = here {
            here = region.parent();
            let parents = HashSet::from([self.place(here)]);
            entities.push(Entity::new_no_attrs(self.place(Some(region)), parents));
        }
        entities.push(Entity::new_no_attrs(self.place(None), HashSet::new()));
    }
}

//! The second decision function: written from the policies' reasons as sentences, in another shape
//! than the policies: by role. The doors' tests use it too.

use Action as A;
use access::{Action, Actor, Purpose, Resource, Role, State, Territory};

fn role_may(r: Role, a: Action, t: bool, s: State, own: bool, strong: bool) -> bool {
    let open = s == State::Open;
    let unsealed = s != State::Sealed;
    match r {
        Role::Visitor => a == A::CaseFile && open,
        Role::Citizen => match a {
            A::CaseFile => own || t,
            A::CaseRead | A::CaseJoin | A::ReplayRead | A::FamilyRead | A::ReadlogRead => own,
            A::CaseWithdraw => own && open,
            A::CaseAppeal => own && s == State::Closed,
            _ => false,
        },
        Role::VillageOperator => {
            t && match a {
                A::CaseFile | A::CaseJoin | A::CaseCheck | A::CaseMinutes => open,
                A::CaseRead | A::FamilyRead | A::FamilySearch => unsealed,
                A::CaseAppeal => s == State::Closed,
                A::InterventionRecord => true,
                _ => false,
            }
        }
        Role::FieldAssistant => {
            t && match a {
                A::CaseFile | A::CaseJoin | A::CaseRead | A::VisitRecord => open,
                A::FamilyRead | A::FamilySearch => unsealed,
                _ => false,
            }
        }
        Role::DistrictOfficer => {
            t && match a {
                A::CaseFile
                | A::CaseJoin
                | A::CaseCheck
                | A::CaseFinalise
                | A::CaseDecide
                | A::CaseAssign
                | A::MassPropose
                | A::CaseTakeOver => open,
                A::CaseRead | A::ReplayRead | A::FamilyRead | A::FamilySearch | A::ListRead => {
                    unsealed
                }
                A::ExportMake => unsealed && strong,
                A::VisitAssign | A::ListSimulate | A::InterventionRecord => true,
                _ => false,
            }
        }
        Role::RegentsOffice => {
            t && match a {
                A::CaseRead | A::FamilyRead | A::ListRead => unsealed,
                A::CaseApprove | A::MassApprove | A::ExportApprove => open && strong,
                _ => false,
            }
        }
        Role::Province => {
            t && match a {
                A::CaseRead | A::ReplayRead | A::FamilyRead | A::ListRead => unsealed,
                A::CaseDecideAppeal
                | A::CaseTakeOver
                | A::MassApprove
                | A::ExportApprove
                | A::AgreementApprove => open && strong,
                A::MassPropose => open,
                A::ExportMake => unsealed && strong,
                A::VisitAssign | A::ListSimulate | A::InterventionRecord => true,
                _ => false,
            }
        }
        Role::Ministry => {
            t && match a {
                A::CaseRead
                | A::ReplayRead
                | A::JournalRead
                | A::MessageRead
                | A::DoorAnnounce
                | A::ListSimulate => true,
                A::FamilyRead | A::FamilySearch | A::ListRead => unsealed,
                A::CaseConfirm
                | A::CaseDecide
                | A::CaseDecideAppeal
                | A::CaseTakeOver
                | A::MassApprove
                | A::ExportApprove
                | A::EditionApprove
                | A::AgreementApprove => open && strong,
                A::MassPropose => open,
                A::ExportMake => unsealed && strong,
                _ => false,
            }
        }
        Role::Statistician => {
            t && match a {
                A::EditionPropose => open,
                A::MicrodataRead | A::ListSimulate => true,
                _ => false,
            }
        }
        Role::ProgrammeOwner => {
            t && match a {
                A::ListRead => unsealed,
                A::MassPropose => open,
                A::ExportMake => unsealed && strong,
                A::ListSimulate => true,
                _ => false,
            }
        }
        Role::CallAgent => {
            t && match a {
                A::CaseFile | A::CaseJoin => open,
                A::CaseRead | A::FamilyRead | A::FamilySearch => unsealed,
                A::CaseAppeal => s == State::Closed,
                A::MessageRead => true,
                _ => false,
            }
        }
        Role::Partner => match a {
            A::CaseFile | A::CaseJoin => open && t,
            A::AgreementRequest | A::MatchRequest => own && open,
            _ => false,
        },
        Role::Auditor => {
            t && matches!(
                a,
                A::CaseRead
                    | A::ReplayRead
                    | A::FamilyRead
                    | A::ReadlogRead
                    | A::ListRead
                    | A::JournalRead
                    | A::MessageRead
            )
        }
        Role::Administrator => {
            t && match a {
                A::AccountManage | A::AccountApprove => strong,
                A::JournalRead | A::MessageRead | A::DoorAnnounce => true,
                _ => false,
            }
        }
    }
}

fn reads_people(a: Action) -> bool {
    matches!(
        a,
        A::CaseRead
            | A::ReplayRead
            | A::FamilyRead
            | A::FamilySearch
            | A::ReadlogRead
            | A::ListRead
            | A::ExportMake
            | A::MicrodataRead
    )
}

fn purpose_fits(r: Role, p: Purpose) -> bool {
    match p {
        Purpose::Own => r == Role::Citizen,
        Purpose::Visit => r == Role::FieldAssistant,
        Purpose::Service => r == Role::CallAgent,
        Purpose::Statistics => r == Role::Statistician,
        Purpose::Audit => r == Role::Auditor,
        Purpose::Casework => [
            Role::VillageOperator,
            Role::FieldAssistant,
            Role::DistrictOfficer,
            Role::RegentsOffice,
            Role::Province,
            Role::Ministry,
        ]
        .contains(&r),
        Purpose::Programme => [
            Role::DistrictOfficer,
            Role::RegentsOffice,
            Role::Province,
            Role::Ministry,
            Role::ProgrammeOwner,
        ]
        .contains(&r),
    }
}

/// May this actor do this to that?
pub fn decide(actor: &Actor, a: Action, x: &Resource) -> bool {
    if !actor.active || (reads_people(a) && !purpose_fits(actor.role, actor.purpose)) {
        return false;
    }
    if a == A::AggregateRead {
        return true;
    }
    let judges = matches!(
        a,
        A::CaseCheck
            | A::CaseMinutes
            | A::CaseFinalise
            | A::CaseApprove
            | A::CaseConfirm
            | A::CaseDecide
            | A::CaseDecideAppeal
            | A::CaseTakeOver
    );
    let second = matches!(
        a,
        A::MassApprove
            | A::ExportApprove
            | A::EditionApprove
            | A::AccountApprove
            | A::AgreementApprove
            | A::CaseDecideAppeal
    );
    let alone = judges || matches!(a, A::VisitRecord | A::AccountManage | A::AccountApprove);
    if (alone && x.own) || (second && x.acted) {
        return false;
    }
    let inside = match (actor.territory, x.region) {
        (Territory::Nowhere, _) | (Territory::In(_), None) => false,
        (Territory::Country, _) => true,
        (Territory::In(mine), Some(theirs)) => theirs.to_string().starts_with(&mine.to_string()),
    };
    role_may(actor.role, a, inside, x.state, x.own, actor.strong)
}

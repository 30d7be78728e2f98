//! Everything anybody can ask to do. Handlers name an action and a resource, nothing more.

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// A report and the work it started.
    Case,
    /// A family with its people and values.
    Family,
    /// A ground check.
    Visit,
    /// A programme's list, or a mass action on it.
    List,
    /// An edition.
    Edition,
    /// A file with records of many people.
    Export,
    /// An account of the system.
    Account,
    /// The journal.
    Journal,
    /// Messages and the doors they come through.
    Message,
    /// An agreement with a partner.
    Agreement,
    /// Public tables.
    Statistics,
    /// A village or region.
    Place,
}

impl ResourceKind {
    /// Its entity type in the policies.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Family => "Family",
            Self::Visit => "Visit",
            Self::List => "List",
            Self::Edition => "Edition",
            Self::Export => "Export",
            Self::Account => "Account",
            Self::Journal => "Journal",
            Self::Message => "Message",
            Self::Agreement => "Agreement",
            Self::Statistics => "Statistics",
            Self::Place => "Place",
        }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal on $kind:ident,)+) => {
        /// An action of the policies.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)+
        }

        impl Action {
            /// All actions, in the order of the golden matrix.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name in the policies and in the journal.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it is done to.
            #[must_use]
            pub const fn resource(self) -> ResourceKind {
                match self { $(Self::$name => ResourceKind::$kind,)+ }
            }
        }
    };
}

actions! {
    /// File a report.
    CaseFile = "case_file" on Case,
    /// See a case.
    CaseRead = "case_read" on Case,
    /// Add evidence to an open case.
    CaseJoin = "case_join" on Case,
    /// Check identity and papers.
    CaseCheck = "case_check" on Case,
    /// Bring the minutes of the village meeting.
    CaseMinutes = "case_minutes" on Case,
    /// Finalise at the social affairs office.
    CaseFinalise = "case_finalise" on Case,
    /// Approve at the regent's office.
    CaseApprove = "case_approve" on Case,
    /// Confirm at the ministry.
    CaseConfirm = "case_confirm" on Case,
    /// Decide on the participation path.
    CaseDecide = "case_decide" on Case,
    /// Appeal against a decision.
    CaseAppeal = "case_appeal" on Case,
    /// Decide an appeal.
    CaseDecideAppeal = "case_decide_appeal" on Case,
    /// Take over what a lower level left past its deadline.
    CaseTakeOver = "case_take_over" on Case,
    /// Take a report back.
    CaseWithdraw = "case_withdraw" on Case,
    /// Give a case to somebody.
    CaseAssign = "case_assign" on Case,
    /// Replay a decision: what was known then.
    ReplayRead = "replay_read" on Case,
    /// See a family's data.
    FamilyRead = "family_read" on Family,
    /// Search for families.
    FamilySearch = "family_search" on Family,
    /// See who read a family's data.
    ReadlogRead = "readlog_read" on Family,
    /// Record a ground check.
    VisitRecord = "visit_record" on Visit,
    /// Give out ground checks.
    VisitAssign = "visit_assign" on Visit,
    /// See a list with names.
    ListRead = "list_read" on List,
    /// Simulate a rule or quota.
    ListSimulate = "list_simulate" on List,
    /// Propose a mass action.
    MassPropose = "mass_propose" on List,
    /// Approve a mass action.
    MassApprove = "mass_approve" on List,
    /// Propose an edition for publishing.
    EditionPropose = "edition_propose" on Edition,
    /// Approve an edition for publishing.
    EditionApprove = "edition_approve" on Edition,
    /// Make an export.
    ExportMake = "export_make" on Export,
    /// Approve a large export.
    ExportApprove = "export_approve" on Export,
    /// Work on records without names and numbers.
    MicrodataRead = "microdata_read" on Export,
    /// Manage accounts.
    AccountManage = "account_manage" on Account,
    /// Approve a role that was granted.
    AccountApprove = "account_approve" on Account,
    /// Look at the journal.
    JournalRead = "journal_read" on Journal,
    /// Watch messages and their delivery.
    MessageRead = "message_read" on Message,
    /// Announce that a door is down.
    DoorAnnounce = "door_announce" on Message,
    /// Ask for an agreement.
    AgreementRequest = "agreement_request" on Agreement,
    /// Agree.
    AgreementApprove = "agreement_approve" on Agreement,
    /// Match records under an agreement.
    MatchRequest = "match_request" on Agreement,
    /// See public tables.
    AggregateRead = "aggregate_read" on Statistics,
    /// Write down help that was given.
    InterventionRecord = "intervention_record" on Place,
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

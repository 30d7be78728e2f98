//! OpenRosa, as ODK Collect and its kin speak it: form list, form, manifest, entity list,
//! submission. Sources: the OpenRosa and XForms documents of getodk and what Collect checks.
//!
//! What costs days when it is wrong: every answer carries `X-OpenRosa-Version: 1.0` and
//! `text/xml; charset=utf-8`; a form's hash is the MD5 of the exact bytes; an accepted submission is
//! 201 (200 is an error to Collect); the same instance id with the same XML adds attachments, with
//! other XML it is a conflict (409); the `Date` header of the client is never checked.

pub mod digest;
pub mod form;
pub mod listing;
pub mod submission;
mod xml;

//! The documents a client fetches before it can fill a form, and the answer to a submission.

use super::xml::escaped;
use md5::{Digest, Md5};
use std::fmt::Write;

/// The header and value that every answer must carry.
pub const VERSION_HEADER: (&str, &str) = ("X-OpenRosa-Version", "1.0");
/// The only content type that Collect takes; others look to it like a hotel's log-in page.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";
/// Largest submission in one request, told to the client, which then splits larger ones.
pub const CONTENT_LENGTH_MAX: u64 = 10_000_000;

/// A form on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormOffer {
    /// Form id.
    pub id: String,
    /// Name shown to the field assistant.
    pub name: String,
    /// Version; changes whenever the bytes change.
    pub version: String,
    /// `md5:…` of the form's exact bytes.
    pub hash: String,
    /// Where the form is.
    pub download_url: String,
    /// Where its manifest is.
    pub manifest_url: String,
}

/// A file that belongs to a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFile {
    /// File name as the form calls it.
    pub filename: String,
    /// `md5:…` of its exact bytes.
    pub hash: String,
    /// Where it is.
    pub download_url: String,
    /// For an entity list: where the client asks which entities are gone.
    pub integrity_url: Option<String>,
}

/// `md5:` and the hexadecimal MD5 of the bytes: the protocol's check of a download, no protection.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    format!("md5:{}", hex::encode(Md5::digest(bytes)))
}

/// The form list.
#[must_use]
pub fn form_list(offers: &[FormOffer]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <xforms xmlns=\"http://openrosa.org/xforms/xformsList\">\n",
    );
    for offer in offers {
        let parts = [
            ("formID", &offer.id),
            ("name", &offer.name),
            ("version", &offer.version),
            ("hash", &offer.hash),
            ("downloadUrl", &offer.download_url),
            ("manifestUrl", &offer.manifest_url),
        ];
        out.push_str("  <xform>\n");
        for (tag, value) in parts {
            let _ = writeln!(out, "    <{tag}>{}</{tag}>", escaped(value));
        }
        out.push_str("  </xform>\n");
    }
    out.push_str("</xforms>\n");
    out
}

/// The manifest of a form.
#[must_use]
pub fn manifest(files: &[MediaFile]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <manifest xmlns=\"http://openrosa.org/xforms/xformsManifest\">\n",
    );
    for file in files {
        let kind = if file.integrity_url.is_some() { " type=\"entityList\"" } else { "" };
        let _ = writeln!(out, "  <mediaFile{kind}>");
        let _ = writeln!(out, "    <filename>{}</filename>", escaped(&file.filename));
        let _ = writeln!(out, "    <hash>{}</hash>", escaped(&file.hash));
        let _ = writeln!(out, "    <downloadUrl>{}</downloadUrl>", escaped(&file.download_url));
        if let Some(url) = &file.integrity_url {
            let _ = writeln!(out, "    <integrityUrl>{}</integrityUrl>", escaped(url));
        }
        out.push_str("  </mediaFile>\n");
    }
    out.push_str("</manifest>\n");
    out
}

/// Which of the asked entities are gone.
#[must_use]
pub fn integrity(entities: &[(String, bool)]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<data><entities>");
    for (id, deleted) in entities {
        let _ = write!(out, "<entity id=\"{}\"><deleted>{deleted}</deleted></entity>", escaped(id));
    }
    out.push_str("</entities></data>\n");
    out
}

/// What the server answers to a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Stored and in a receipt: 201.
    Accepted {
        /// The ticket the field assistant can show.
        ticket: String,
    },
    /// Refused; the message is shown to the field assistant, so it is Indonesian and says what to do.
    Refused {
        /// HTTP status: 400, 401, 409, 413 …
        status: u16,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Answer {
    /// HTTP status and body.
    #[must_use]
    pub fn parts(&self) -> (u16, String) {
        let (status, nature, message) = match self {
            Self::Accepted { ticket } => (201, "submit_success", format!("Diterima: {ticket}")),
            Self::Refused { status, message } => (*status, "error", message.clone()),
        };
        let body = format!(
            "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\" items=\"0\">\
             <message nature=\"{nature}\">{}</message></OpenRosaResponse>",
            escaped(&message)
        );
        (status, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_md5_of_the_bytes() {
        assert_eq!(hash(b""), "md5:d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hash(b"abc"), "md5:900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn documents_are_those_of_the_protocol() {
        let offer = FormOffer {
            id: "groundcheck".into(),
            name: "Kunjungan & cek".into(),
            version: "1".into(),
            hash: "md5:0".into(),
            download_url: "http://x/f".into(),
            manifest_url: "http://x/m".into(),
        };
        insta::assert_snapshot!("form_list", form_list(&[offer]));
        let file = MediaFile {
            filename: "families.csv".into(),
            hash: "md5:1".into(),
            download_url: "http://x/families.csv".into(),
            integrity_url: Some("http://x/i".into()),
        };
        insta::assert_snapshot!("manifest", manifest(&[file]));
        insta::assert_snapshot!("integrity", integrity(&[("a".into(), true), ("b".into(), false)]));
        let refused =
            Answer::Refused { status: 409, message: "Kunjungan ini sudah dikirim <lain>.".into() };
        let accepted = Answer::Accepted { ticket: "K-2026-000001".into() };
        insta::assert_snapshot!(
            "answers",
            format!("{:?}\n{:?}", refused.parts(), accepted.parts())
        );
    }
}

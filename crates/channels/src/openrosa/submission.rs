//! A filled form, as sent.

use quick_xml::Reader;
use quick_xml::events::Event;
use std::fmt;

/// Deepest nesting of a submission.
const DEPTH_MAX: usize = 12;
/// Most values of a submission.
const VALUES_MAX: usize = 20_000;

/// A submission read: its identity and its values in document order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Submission {
    /// `id` of the root element.
    pub form_id: String,
    /// `version` of the root element.
    pub version: String,
    /// `meta/instanceID`: the key under which sending twice has one effect.
    pub instance_id: String,
    /// `meta/deprecatedID`: the instance this one replaces.
    pub deprecated_id: Option<String>,
    /// Paths below the root (`home/floor_material`, `member[2]/name`) and their texts, empty ones left out.
    pub values: Vec<(String, String)>,
}

/// The submission cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmissionError {
    /// Not well-formed XML; the text says where.
    Xml(String),
    /// No instance id, so sending again could not be told from a new visit.
    NoInstanceId,
    /// Deeper or longer than any form of ours.
    TooLarge,
}

impl fmt::Display for SubmissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml(where_) => write!(f, "the submission is not XML ({where_}); send it again"),
            Self::NoInstanceId => write!(f, "the submission has no instanceID; update the form"),
            Self::TooLarge => write!(f, "the submission is larger than any form of this server"),
        }
    }
}

impl std::error::Error for SubmissionError {}

impl Submission {
    /// Reads the `xml_submission_file` part.
    ///
    /// # Errors
    /// When it is not XML, has no instance id, or is too large.
    pub fn read(xml: &[u8]) -> Result<Self, SubmissionError> {
        let mut parser = Parser::default();
        let mut reader = Reader::from_reader(xml);
        loop {
            let wrong = |e: &dyn fmt::Display| SubmissionError::Xml(e.to_string());
            match reader.read_event().map_err(|e| wrong(&e))? {
                Event::Start(start) => parser.open(&start)?,
                Event::Empty(_) => {}
                Event::Text(text) => {
                    parser.text.push_str(&text.xml_content().map_err(|e| wrong(&e))?);
                }
                Event::GeneralRef(name) => parser.reference(&name),
                Event::CData(data) => parser.text.push_str(&String::from_utf8_lossy(&data)),
                Event::End(_) => parser.close()?,
                Event::Eof => break,
                // A document type could name outside files; there is no use for it here.
                Event::DocType(_) => return Err(SubmissionError::Xml("document type".into())),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
        parser.finish()
    }

    /// The first value at a path.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&str> {
        self.values.iter().find(|(p, _)| p == path).map(|(_, text)| text.as_str())
    }
}

#[derive(Default)]
struct Parser {
    found: Submission,
    /// Names of the open elements below the root, with the repeat's number.
    path: Vec<String>,
    /// True once the root was opened.
    inside: bool,
    members: usize,
    text: String,
}

impl Parser {
    fn open(&mut self, start: &quick_xml::events::BytesStart<'_>) -> Result<(), SubmissionError> {
        self.text.clear();
        if !self.inside {
            self.inside = true;
            let attribute = |name: &str| {
                let found = start.try_get_attribute(name).ok().flatten();
                found.map(|a| String::from_utf8_lossy(&a.value).into_owned()).unwrap_or_default()
            };
            self.found.form_id = attribute("id");
            self.found.version = attribute("version");
            return Ok(());
        }
        if self.path.len() >= DEPTH_MAX {
            return Err(SubmissionError::TooLarge);
        }
        let mut name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        if name == "member" && self.path.is_empty() {
            self.members += 1;
            name = format!("member[{}]", self.members);
        }
        self.path.push(name);
        Ok(())
    }

    fn reference(&mut self, name: &[u8]) {
        let text = match name {
            b"amp" => "&",
            b"lt" => "<",
            b"gt" => ">",
            b"quot" => "\"",
            b"apos" => "'",
            // Any other reference would need a document type, which is refused.
            _ => "",
        };
        self.text.push_str(text);
    }

    fn close(&mut self) -> Result<(), SubmissionError> {
        let text = self.text.trim().to_owned();
        self.text.clear();
        if !text.is_empty() && !self.path.is_empty() {
            if self.found.values.len() >= VALUES_MAX {
                return Err(SubmissionError::TooLarge);
            }
            let path = self.path.join("/");
            match path.as_str() {
                "meta/instanceID" => self.found.instance_id = text,
                "meta/deprecatedID" => self.found.deprecated_id = Some(text),
                _ => self.found.values.push((path, text)),
            }
        }
        self.path.pop();
        Ok(())
    }

    fn finish(self) -> Result<Submission, SubmissionError> {
        if !self.inside {
            return Err(SubmissionError::Xml("empty".to_owned()));
        }
        if self.found.instance_id.is_empty() {
            return Err(SubmissionError::NoInstanceId);
        }
        Ok(self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_paths() {
        let xml = br#"<?xml version='1.0'?><data xmlns:orx="http://openrosa.org/xforms" id="groundcheck" version="7">
            <visit><family>F12</family><result>1</result></visit><home><floor_material>8</floor_material></home>
            <member><name>SITI &amp; CO</name></member><member><name>LALU</name><sex/></member>
            <orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta></data>"#;
        let submission = Submission::read(xml).unwrap();
        assert_eq!(
            (submission.form_id.as_str(), submission.version.as_str()),
            ("groundcheck", "7")
        );
        assert_eq!(submission.instance_id, "uuid:1");
        assert_eq!(submission.value("home/floor_material"), Some("8"));
        assert_eq!(submission.value("member[1]/name"), Some("SITI & CO"));
        assert_eq!(submission.value("member[2]/name"), Some("LALU"));
        assert_eq!(submission.values.len(), 5);
    }

    #[test]
    fn bad_submissions_are_refused() {
        let check = |xml: &str| Submission::read(xml.as_bytes()).unwrap_err();
        assert_eq!(check("<data id='a'><x>1</x></data>"), SubmissionError::NoInstanceId);
        assert!(matches!(check(""), SubmissionError::Xml(_)));
        assert!(matches!(check("<data><a></b></data>"), SubmissionError::Xml(_)));
        assert!(matches!(check("<!DOCTYPE x [<!ENTITY a 'b'>]><data/>"), SubmissionError::Xml(_)));
        let deep = "<a>".repeat(50);
        assert_eq!(check(&deep), SubmissionError::TooLarge);
    }

    #[test]
    fn the_published_example_is_read() {
        let shared = std::env::var("PADAN_SHARED").unwrap_or_else(|_| "../../../shared".into());
        let Ok(xml) = std::fs::read(format!("{shared}/data/openrosa/submission.xml")) else {
            println!("skipped: the fixture is not here");
            return;
        };
        let submission = Submission::read(&xml).unwrap();
        assert_eq!(submission.form_id, "groundcheck");
        assert!(submission.instance_id.starts_with("uuid:") && submission.values.len() >= 5);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered_without_panic(bytes in proptest::collection::vec(0_u8.., 0..400)) {
            let _ = Submission::read(&bytes);
        }
    }
}

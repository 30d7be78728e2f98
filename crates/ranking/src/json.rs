//! JSON a person can review: objects over lines, lists of plain values on one line.

use crate::RankError;
use serde_json::Value;

/// Writes a value; ends in a line feed.
pub(crate) fn pretty(value: &impl serde::Serialize) -> Result<String, RankError> {
    let bad = |e: serde_json::Error| RankError::Model(format!("cannot be written: {e}"));
    let value = serde_json::to_value(value).map_err(bad)?;
    let mut out = String::new();
    write(&value, 0, &mut out);
    out.push('\n');
    Ok(out)
}

/// Plain values, lists of them, and small objects of plain values stand on one line.
fn is_short(value: &Value) -> bool {
    let plain = |v: &Value| !v.is_array() && !v.is_object();
    match value {
        Value::Array(items) => items.iter().all(plain),
        Value::Object(items) => items.len() <= 4 && items.values().all(plain),
        _ => true,
    }
}

fn write(value: &Value, depth: usize, out: &mut String) {
    if is_short(value) {
        *out += &value.to_string();
        return;
    }
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth * 2));
    };
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                line(out, depth + 1);
                write(item, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Object(items) => {
            out.push('{');
            for (i, (key, item)) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                line(out, depth + 1);
                *out += &Value::from(key.as_str()).to_string();
                *out += ": ";
                write(item, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_written_reads_back_the_same() {
        let value = serde_json::json!({"a": [1, 2.5, "x"], "b": {"c": [{"d": []}, {"e": null, "f": {}}]}, "g\"": [[1], [2]]});
        let text = super::pretty(&value).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert!(text.contains("[1,2.5,\"x\"]"), "{text}");
    }
}

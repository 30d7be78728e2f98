//! Printed lists as PDF: the annex that the regent signs, the village meeting's list. Written
//! directly, with the Helvetica that every reader has: a table needs no library and no font file
//! (docs/decisions/0221).

use std::fmt::Write;

/// A4 in points, lying.
const WIDTH: f64 = 842.0;
const HEIGHT: f64 = 595.0;
const MARGIN: f64 = 40.0;
const ROW: f64 = 18.0;
const SIZE: f64 = 9.0;

/// A list to print.
#[derive(Debug)]
pub(crate) struct List<'a> {
    /// First line.
    pub title: &'a str,
    /// Lines under it.
    pub about: &'a [String],
    /// Heading and width in points of each column.
    pub columns: &'a [(&'a str, f64)],
    /// Its rows.
    pub rows: &'a [Vec<String>],
    /// Who signs, left to right.
    pub signed: &'a [&'a str],
    /// Said at the foot of every page.
    pub foot: &'a str,
}

/// The list as the bytes of a PDF file; the same list gives the same bytes.
pub(crate) fn write(list: &List<'_>) -> Vec<u8> {
    let first = rows_of_page(HEIGHT - 2.0 * MARGIN - 70.0 - 14.0 * list.about.len() as f64);
    let next = rows_of_page(HEIGHT - 2.0 * MARGIN - 40.0);
    let (mut rest, mut pages) = (list.rows, Vec::new());
    loop {
        let most = if pages.is_empty() { first } else { next };
        let (now, later) = rest.split_at(rest.len().min(most));
        pages.push(now);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    // The signatures need room below the last row.
    if pages.last().is_some_and(|page| page.len() + 6 > next) {
        pages.push(&[]);
    }
    let count = pages.len();
    let mut line = 0;
    let streams: Vec<String> = pages
        .iter()
        .enumerate()
        .map(|(at, rows)| {
            let stream = page(list, rows, at, count, line);
            line += rows.len();
            stream
        })
        .collect();
    file(&streams)
}

fn rows_of_page(height: f64) -> usize {
    ((height / ROW) as usize).saturating_sub(2).max(1)
}

fn page(list: &List<'_>, rows: &[Vec<String>], at: usize, count: usize, before: usize) -> String {
    let mut out = String::new();
    let mut y = HEIGHT - MARGIN;
    if at == 0 {
        put(&mut out, "F2", 15.0, MARGIN, y - 12.0, list.title);
        y -= 32.0;
        for about in list.about {
            put(&mut out, "F1", 10.0, MARGIN, y, about);
            y -= 14.0;
        }
        y -= 8.0;
    }
    if !rows.is_empty() || at == 0 {
        let heads: Vec<String> = list.columns.iter().map(|(head, _)| (*head).to_owned()).collect();
        y = row(&mut out, list, &heads, y, "F2");
    }
    for (number, cells) in rows.iter().enumerate() {
        let mut cells = cells.clone();
        cells.insert(0, (before + number + 1).to_string());
        y = row(&mut out, list, &cells, y, "F1");
    }
    if at + 1 == count {
        sign(&mut out, list.signed, y - 36.0);
    }
    let foot = format!("{}   {} / {count}", list.foot, at + 1);
    put(&mut out, "F1", 8.0, MARGIN, MARGIN - 18.0, &foot);
    out
}

fn row(out: &mut String, list: &List<'_>, cells: &[String], y: f64, font: &str) -> f64 {
    let mut x = MARGIN;
    for ((_, width), cell) in list.columns.iter().zip(cells) {
        // Half the size is Helvetica's usual width of a letter; longer text is cut, never printed over.
        let most = (*width / (SIZE * 0.52)) as usize;
        let cut: String = if cell.chars().count() > most {
            cell.chars().take(most.saturating_sub(3)).chain("...".chars()).collect()
        } else {
            cell.clone()
        };
        put(out, font, SIZE, x + 3.0, y - 12.0, &cut);
        x += width;
    }
    let _ = writeln!(out, "0.6 w {MARGIN} {:.1} m {x:.1} {:.1} l S", y - ROW, y - ROW);
    y - ROW
}

fn sign(out: &mut String, signed: &[&str], y: f64) {
    let step = (WIDTH - 2.0 * MARGIN) / signed.len().max(1) as f64;
    for (at, who) in signed.iter().enumerate() {
        let x = MARGIN + step * at as f64;
        put(out, "F1", 10.0, x, y, who);
        let _ =
            writeln!(out, "0.6 w {x:.1} {:.1} m {:.1} {:.1} l S", y - 56.0, x + 180.0, y - 56.0);
    }
}

fn put(out: &mut String, font: &str, size: f64, x: f64, y: f64, text: &str) {
    let _ = writeln!(out, "BT /{font} {size} Tf {x:.1} {y:.1} Td ({}) Tj ET", escaped(text));
}

/// Latin-1 with what PDF strings need escaped; other letters become the nearest plain ones.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '(' | ')' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '–' | '—' | '−' => out.push('-'),
            '“' | '”' => out.push('"'),
            '‘' | '’' => out.push('\''),
            ' '..='~' => out.push(c),
            '\u{a0}'..='\u{ff}' => {
                let _ = write!(out, "\\{:03o}", c as u32);
            }
            _ => out.push('?'),
        }
    }
    out
}

/// Objects: 1 catalogue, 2 pages, 3 and 4 fonts, then a page and its content by turns.
fn file(streams: &[String]) -> Vec<u8> {
    let kids: Vec<String> = (0..streams.len()).map(|at| format!("{} 0 R", 5 + 2 * at)).collect();
    let font = |name: &str| {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
    };
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R /Lang (id) >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), streams.len()),
        font("Helvetica"),
        font("Helvetica-Bold"),
    ];
    for (at, stream) in streams.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
            6 + 2 * at
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{stream}endstream", stream.len()));
    }
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", at + 1).as_bytes());
    }
    let start = out.len();
    let mut end = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    places.iter().for_each(|place| {
        let _ = writeln!(end, "{place:010} 00000 n ");
    });
    let _ = write!(
        end,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    out.extend_from_slice(end.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_printed_once_and_every_place_is_right() {
        for rows in [0, 1, 17, 22, 23, 24, 25, 100, 1_000] {
            let lines: Vec<Vec<String>> = (0..rows)
                .map(|at| vec![format!("US-5202-2611-{at:04}"), "Amaq (Ripin)".to_owned()])
                .collect();
            let list = List {
                title: "Lampiran",
                about: &["Kabupaten".to_owned()],
                columns: &[("No", 40.0), ("Nomor", 150.0), ("Nama", 300.0)],
                rows: &lines,
                signed: &["Bupati"],
                foot: "Registri Sosial",
            };
            let bytes = write(&list);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(text.matches("(US-5202-2611-").count(), rows, "{rows} rows");
            assert_eq!(text.matches("(Bupati)").count(), 1);
            assert_eq!(write(&list), bytes);
            let place = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap();
            assert!(bytes[place.parse::<usize>().unwrap()..].starts_with(b"xref"));
        }
    }
}

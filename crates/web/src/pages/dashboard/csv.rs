//! The counts as a file.

use super::{Filter, asked, data, dotted};
use crate::counts::{Count, Summary, hidden};
use crate::lang::Lang;
use crate::page::Trouble;
use crate::state::App;
use std::fmt::Write;

/// The counts of a region and of those below it, small cells hidden: (file name, text).
pub(super) fn csv(
    app: &App,
    lang: Lang,
    region: &str,
    filter: &Filter,
) -> Result<(String, String), Trouble> {
    let asked = asked(app, region, filter)?;
    let data = data(app, &asked)?;
    let view = &asked.view;
    let sums: Vec<(u64, Summary)> = std::iter::once((asked.place.region, &data.meter.deciles))
        .chain(data.children.iter().map(|(r, d)| (*r, d)))
        .map(|(region, deciles)| (region, Summary::of(deciles, asked.programme.cut)))
        .collect();
    let mut columns: Vec<Vec<Option<u64>>> = Vec::new();
    for pick in [
        (|s: &Summary| s.hit) as fn(&Summary) -> Count,
        |s| s.missed,
        |s| s.other,
        |s| s.leaked,
        |s| s.rest,
        |s| s.unranked_listed,
    ] {
        let column: Vec<Count> = sums.iter().map(|(_, s)| pick(s)).collect();
        // The first row is the total of the others: a gap is judged among the others.
        let gaps = hidden(&column[1..]);
        let gaps = std::iter::once(!column[0].open()).chain(gaps);
        columns.push(column.iter().zip(gaps).map(|(c, gap)| (!gap).then_some(c.units)).collect());
    }
    let mut text = String::from(
        "edition,programme,unit,decile_max,region,name,listed_eligible,missed,not_eligible,\
         leaked,not_needed,listed_unranked\n",
    );
    for (at, (region, _)) in sums.iter().enumerate() {
        let name = view.places.get(region).map_or("", |p| p.name.as_str());
        let unit = if asked.programme.by_family { "family" } else { "person" };
        let _ = write!(
            text,
            "{},{},{unit},{},{},\"{}\"",
            view.row.name,
            asked.programme.id,
            asked.programme.cut,
            dotted(*region),
            name.replace('"', "\"\"")
        );
        for column in &columns {
            let _ = match column[at] {
                Some(n) => write!(text, ",{n}"),
                None => write!(text, ",<5"),
            };
        }
        text.push('\n');
    }
    let _ = lang;
    let name = format!("padan-{}-{}-{}.csv", view.row.name, asked.programme.id, asked.place.region);
    Ok((name, text))
}

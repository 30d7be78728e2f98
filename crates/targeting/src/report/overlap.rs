//! Who gets what in all: combinations, money by decile, gaps.

use super::page::{card, escape, page, table};
use super::region_name;
use super::simulation::decile_words;
use super::svg::{Bar, bars};
use super::words::Language;
use crate::frame::Frame;
use crate::overlap::{Overlap, Share};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The page: rolls as they are beside lists as they should be.
#[must_use]
pub fn overlap_html(
    frame: &Frame,
    edition: &str,
    roll: &Overlap,
    list: &Overlap,
    l: Language,
) -> String {
    let title = l.say("Siapa menerima apa", "Who gets what");
    let (gap, all) = roll.gap();
    let (after, _) = list.gap();
    let share = |n: u64| (all > 0).then(|| n as f64 / all as f64);
    let mut out = format!(
        "<p class=\"soft\">Padan · {} {} · {}</p><h1>{title}</h1><p class=\"lead\">{}</p>",
        l.say("edisi", "edition"),
        escape(edition),
        frame.day(),
        escape(&match l {
            Language::Indonesian => format!(
                "{} keluarga desil 1–2 tidak menerima program apa pun.",
                l.share(share(gap))
            ),
            Language::English => {
                format!(
                    "{} of families in deciles 1–2 receive nothing at all.",
                    l.share(share(gap))
                )
            }
        })
    );
    out.push_str("<div class=\"cards\">");
    let families = l.say("keluarga desil 1–2", "families of deciles 1–2");
    card(&mut out, &l.count(all), families, "", false);
    let now = l.say("tanpa bantuan kini", "without help now");
    card(&mut out, &l.count(gap), now, &l.share(share(gap)), true);
    let then = l.say("tanpa bantuan menurut daftar", "without help by the lists");
    card(&mut out, &l.count(after), then, &l.share(share(after)), true);
    out.push_str("</div><div class=\"split\">");
    money(
        &mut out,
        l.say("Kini: rupiah per keluarga setahun", "Now: rupiah per family a year"),
        roll,
        l,
    );
    money(
        &mut out,
        l.say(
            "Menurut daftar: rupiah per keluarga setahun",
            "By the lists: rupiah per family a year",
        ),
        list,
        l,
    );
    out.push_str("</div>");
    combinations(&mut out, l.say("Kombinasi program kini", "Combinations now"), roll, l);
    combinations(&mut out, l.say("Kombinasi menurut daftar", "Combinations by the lists"), list, l);
    gaps(&mut out, frame, roll, list, l);
    page(l, title, &out)
}

fn money(out: &mut String, title: &str, overlap: &Overlap, l: Language) {
    let rows: Vec<Bar> = overlap
        .deciles
        .iter()
        .map(|(decile, share)| {
            let each = share.rupiah_year / i64::try_from(share.families.max(1)).unwrap_or(1);
            Bar {
                label: decile_words(*decile, l),
                parts: vec![(each as f64, "--in")],
                text: l.rupiah(each),
            }
        })
        .collect();
    let _ = write!(out, "<figure><h2>{}</h2>{}</figure>", escape(title), bars(title, &rows));
}

fn combinations(out: &mut String, title: &str, overlap: &Overlap, l: Language) {
    let mut rows: Vec<(&u16, &Share)> = overlap.combinations.iter().collect();
    rows.sort_by_key(|(mask, share)| (std::cmp::Reverse(share.families), **mask));
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .take(16)
        .map(|(mask, share)| {
            let words = overlap.words(*mask);
            vec![
                if words.is_empty() { l.say("tidak ada", "nothing").to_owned() } else { words },
                l.count(share.families),
                l.count(share.persons),
                l.rupiah(share.rupiah_year),
            ]
        })
        .collect();
    let heads = [
        l.say("Program", "Programmes"),
        l.say("Keluarga", "Families"),
        l.say("Orang", "People"),
        l.say("Setahun", "A year"),
    ];
    let _ = write!(out, "<h2>{}</h2>", escape(title));
    table(out, "", &heads, &rows);
}

fn gaps(out: &mut String, frame: &Frame, roll: &Overlap, list: &Overlap, l: Language) {
    let (now, then) = (by_regency(roll), by_regency(list));
    let rows: Vec<Vec<String>> = now
        .iter()
        .map(|(code, (gap, all))| {
            let after = then.get(code).map_or(0, |g| g.0);
            let share = |n: u64| l.share((*all > 0).then(|| n as f64 / *all as f64));
            vec![
                region_name(frame, *code, l),
                l.count(*all),
                l.count(*gap),
                share(*gap),
                l.count(after),
                share(after),
            ]
        })
        .collect();
    let heads = [
        l.say("Wilayah", "Region"),
        l.say("Keluarga desil 1–2", "Families of deciles 1–2"),
        l.say("Tanpa bantuan kini", "Without help now"),
        "%",
        l.say("Tanpa bantuan menurut daftar", "Without help by the lists"),
        "%",
    ];
    let _ = write!(out, "<h2>{}</h2>", l.say("Kesenjangan", "Gaps"));
    table(out, "", &heads, &rows);
}

fn by_regency(overlap: &Overlap) -> BTreeMap<u64, (u64, u64)> {
    let mut out: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (village, (gap, all)) in &overlap.gaps {
        let sum = out.entry(village / 1_000_000).or_default();
        sum.0 += gap;
        sum.1 += all;
    }
    out
}

/// Combinations, and gaps by village, of both standings as CSV.
#[must_use]
pub fn overlap_csv(roll: &Overlap, list: &Overlap) -> String {
    let mut out = String::from("standing,kind,key,families,persons,rupiah_year\n");
    for (standing, overlap) in [("roll", roll), ("list", list)] {
        for (mask, s) in &overlap.combinations {
            let words = overlap.words(*mask).replace(" + ", "+");
            let (f, p, r) = (s.families, s.persons, s.rupiah_year);
            let _ = writeln!(out, "{standing},combination,{words},{f},{p},{r}");
        }
        for (decile, s) in &overlap.deciles {
            let (f, p, r) = (s.families, s.persons, s.rupiah_year);
            let _ = writeln!(out, "{standing},decile,{decile},{f},{p},{r}");
        }
        for (village, (gap, _)) in overlap.gaps.iter().filter(|(_, g)| g.0 > 0) {
            let _ = writeln!(out, "{standing},gap,{village},{gap},,");
        }
    }
    out
}

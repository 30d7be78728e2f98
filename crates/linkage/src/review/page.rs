//! The page for clerks: one pair after the other, values side by side, what agrees in words; the
//! engine's own opinion is not shown, so that two clerks judge blind and apart. Decisions stay in
//! the page until they are saved as a CSV file to be appended to the log.

use super::{Doubt, label, shown, value};
use crate::command::Outcome;
use crate::compare::level_of;
use crate::page::escaped;
use crate::spec::Spec;
use crate::table::Records;
use std::fmt::Write;

const STYLE: &str = "body{font:16px/1.5 'Plus Jakarta Sans',system-ui,sans-serif;color:#10223d;background:#eef1f6;\
margin:0}main{max-width:900px;margin:0 auto;padding:20px 16px 120px}h1{font-size:24px;line-height:1.25;margin:.2em 0}\
.sub{color:#4a5b78;max-width:70ch}fieldset{background:#fff;border:1px solid #d5dce8;border-radius:8px;margin:14px 0;\
padding:12px 16px}legend{font-weight:700;padding:0 6px}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}\
td,th{padding:6px 8px;border-bottom:1px solid #e4e9f2;text-align:left;font-weight:500;overflow-wrap:anywhere}\
th{color:#4a5b78}tr.same td{background:#eaf5ee}tr.off td{background:#fdf3e0}label.pick{display:inline-flex;align-items:center;\
gap:8px;min-height:44px;padding:0 14px;border:1px solid #9fb0c9;border-radius:8px;margin:10px 8px 0 0;cursor:pointer}\
label.pick:has(input:checked){background:#12408f;border-color:#12408f;color:#fff}label.pick:has(input:focus-visible)\
{outline:3px solid #e5a52b;outline-offset:2px}footer{position:fixed;bottom:0;left:0;right:0;background:#fff;border-top:1px solid\
 #d5dce8}footer div{max-width:900px;margin:0 auto;padding:10px 16px;display:flex;flex-wrap:wrap;gap:12px;align-items:center}\
button{font:inherit;font-weight:700;min-height:44px;padding:0 18px;border:0;border-radius:8px;background:#12408f;color:#fff}\
input[type=text]{font:inherit;min-height:40px;border:1px solid #6b7d99;border-radius:8px;padding:0 10px;width:12em}";

const SCRIPT: &str = "const key='padan-review:'+document.body.dataset.run;const form=document.forms[0];\
const kept=JSON.parse(localStorage.getItem(key)||'{}');for(const[n,v]of Object.entries(kept)){const e=form.elements[n];\
if(e)e.value=v}const count=()=>{let n=form.querySelectorAll('input[type=radio]:checked').length;\
document.getElementById('count').textContent=n+' of '+form.querySelectorAll('fieldset').length+' judged'};count();\
form.addEventListener('input',()=>{const all={};for(const[n,v]of new FormData(form))all[n]=v;\
localStorage.setItem(key,JSON.stringify(all));count()});form.addEventListener('submit',e=>{e.preventDefault();\
const who=form.elements.reviewer.value.trim();const q=t=>/[\",\\n]/.test(t)?'\"'+t.replaceAll('\"','\"\"')+'\"':t;\
let csv='left_source,left_id,right_source,right_id,decision,reviewer\\n';\
for(const f of form.querySelectorAll('fieldset')){const c=f.querySelector('input:checked');if(c)\
csv+=[...JSON.parse(f.dataset.pair),c.value,who].map(q).join(',')+'\\n'}\
const a=document.createElement('a');a.href=URL.createObjectURL(new Blob([csv],{type:'text/csv'}));\
a.download='decisions-'+who+'.csv';a.click();URL.revokeObjectURL(a.href)});";

/// The page of some pairs.
pub(super) fn page(spec: &Spec, outcome: &Outcome, texts: &Records, doubts: &[Doubt]) -> String {
    let columns = shown(spec);
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>One person or two?</title><style>{STYLE}</style></head>\
         <body data-run=\"{:016x}-{}\"><main><h1>One person or two? {} pairs to judge</h1>\
         <p class=\"sub\">The pairs whose decision sets most right come first. Judge by the values alone; a second \
         clerk judges the same page without seeing your answers. Save the answers at the end and append the file \
         to the log of decisions. Without a script in your browser, fill the columns decision and reviewer of the \
         CSV file of the same name.</p><form>",
        spec.fingerprint,
        doubts.len(),
        doubts.len()
    );
    for (at, doubt) in doubts.iter().enumerate() {
        pair(&mut out, spec, outcome, texts, &columns, at, doubt);
    }
    out.push_str(
        "<footer><div><label>Reviewer <input type=\"text\" name=\"reviewer\" required autocomplete=\"off\"></label>\
         <button>Save the decisions</button><span id=\"count\" role=\"status\"></span></div></footer></form></main><script>",
    );
    out + SCRIPT + "</script></body></html>\n"
}

fn pair(
    out: &mut String,
    spec: &Spec,
    outcome: &Outcome,
    texts: &Records,
    columns: &[String],
    at: usize,
    doubt: &Doubt,
) {
    let (a, b) = (doubt.edge.a, doubt.edge.b);
    let source = |r: u32| spec.inputs[outcome.records.source(r)].name.as_str();
    let names = [source(a), outcome.records.id(a), source(b), outcome.records.id(b)];
    let data = serde_json::to_string(&names).unwrap_or_default();
    let _ = write!(
        out,
        "<fieldset data-pair=\"{}\"><legend>Pair {}</legend><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Field</th>\
         <th scope=\"col\">{} {}</th><th scope=\"col\">{} {}</th></tr></thead><tbody>",
        escaped(&data),
        at + 1,
        escaped(names[0]),
        escaped(names[1]),
        escaped(names[2]),
        escaped(names[3])
    );
    for column in columns {
        let (x, y) = (value(texts, column, a), value(texts, column, b));
        let class = match (x.is_empty() || y.is_empty(), x == y) {
            (true, _) => "",
            (_, true) => " class=\"same\"",
            _ => " class=\"off\"",
        };
        let dash = |t: &str| if t.is_empty() { "–".to_owned() } else { escaped(t) };
        let _ = write!(
            out,
            "<tr{class}><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escaped(column),
            dash(x),
            dash(y)
        );
    }
    out.push_str("</tbody></table></div><p class=\"sub\">");
    for (c, compare) in spec.compares.iter().enumerate() {
        let said = label(compare, level_of(doubt.edge.pattern, c));
        let _ = write!(
            out,
            "{}{}: {}",
            if c > 0 { " · " } else { "" },
            escaped(&compare.name),
            escaped(said)
        );
    }
    out.push_str("</p>");
    for (word, text) in
        [("same", "One person"), ("different", "Two persons"), ("unsure", "Cannot tell")]
    {
        let _ = write!(
            out,
            "<label class=\"pick\"><input type=\"radio\" name=\"p{at}\" value=\"{word}\">{text}</label>"
        );
    }
    out.push_str("</fieldset>");
}

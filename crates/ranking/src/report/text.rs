//! The words and the style of the page.

use super::svg::{escape, percent};

const STYLE: &str = "
:root{--ink:#1c2430;--soft:#5b6675;--line:#d7dde5;--bar:#2f6fab;--strong:#b4531a;--down:#b4531a;--paper:#fff;--tile:#f4f6f9}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#a3adbb;--line:#39424f;--bar:#6aa5de;--strong:#e58a4f;--down:#e58a4f;--paper:#14181e;--tile:#1d232b}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:760px;margin:0 auto;padding:24px 16px 64px}h1{font-size:1.6rem;line-height:1.2;margin:0 0 4px}
h2{font-size:1.2rem;margin:40px 0 8px;border-top:1px solid var(--line);padding-top:20px}h3{font-size:1rem;margin:20px 0 4px}
i,.en{color:var(--soft);font-style:normal;font-size:.88em}h2 i{display:block;font-weight:400}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:20px 0}
.tile{background:var(--tile);border-radius:8px;padding:12px}.tile b{display:block;font-size:1.5rem;white-space:nowrap}.tile small{font-size:.55em;font-weight:400}
.tile span{display:block;font-size:.9rem}.tile i{display:block}
figure{margin:12px 0}figcaption{font-size:.9rem}figcaption i{display:block}svg{width:100%;height:auto;max-height:900px}
svg text{font-size:13px;fill:var(--ink)}svg .end{text-anchor:end}svg .mid{text-anchor:middle}
.axis line{stroke:var(--line)}.axis text{fill:var(--soft)}.ideal{stroke:var(--soft);stroke-dasharray:4 4}
.line{fill:none;stroke:var(--bar);stroke-width:2}.dot{fill:var(--bar)}.bar{fill:var(--bar)}.strong{fill:var(--strong)}.down{fill:var(--down)}
.whisker{stroke:var(--ink);stroke-width:1.5}.zero{stroke:var(--line)}svg[aria-label=kalibrasi]{max-width:420px;display:block}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;padding:4px 8px 4px 0;border-bottom:1px solid var(--line)}
td+td,th+th{font-variant-numeric:tabular-nums}li{margin:6px 0}code{font-size:.9em}";

/// Opening of the page.
pub(super) fn head(title: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"id\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>Kartu model: perkiraan pengeluaran keluarga dari jawaban survei \
         (<span lang=\"en\">proxy means test</span>). <span class=\"en\">Model card. English beside \
         the Indonesian.</span></p>"
    )
}

/// A section heading.
pub(super) fn section(id: &str, en: &str) -> String {
    format!("<h2>{id} <i>{en}</i></h2>")
}

/// What the model cannot do.
pub(super) fn limits(poorest: f64, richest: f64) -> String {
    let items = [
        (
            "Desil adalah perkiraan, bukan fakta. Selang 80 % sebuah keluarga mencakup beberapa desil; lihat peluangnya, bukan hanya angkanya.".to_owned(),
            "A decile is an estimate. An 80 % interval spans several deciles: read the chance, not only the number.",
        ),
        (
            format!(
                "Selang 80 % memang memuat 80 % dari semua, tetapi hanya {} dari seperlima termiskin dan {} dari seperlima terkaya: model menarik semua ke tengah.",
                percent(poorest),
                percent(richest)
            ),
            "Intervals hold on average, less often for the truly poorest and richest (regression to the mean). No model of this kind repairs that.",
        ),
        (
            "Guncangan (sakit, PHK, gagal panen) tidak terlihat: rumah dan barang berubah lambat. Sediakan jalur usul, sanggah, dan kunjungan.".to_owned(),
            "Shocks are not seen: houses and belongings change slowly. Keep proposals, objections and visits open.",
        ),
        (
            "Keluarga kecil dan lansia lebih sering terlewat; pengeluaran per kapita menilai mereka lebih mampu daripada keadaannya.".to_owned(),
            "Small and elderly households are missed more often: per-person consumption rates them too high.",
        ),
        (
            "Jawaban lama merusak lebih banyak daripada model lama. Mutakhirkan keluarga dulu, model kemudian.".to_owned(),
            "Stale answers do more harm than a stale model: update families first.",
        ),
        (
            "Orang yang tidak terdaftar tidak bisa diperingkat. Kesalahan di sini belum termasuk mereka.".to_owned(),
            "Who is not registered cannot be ranked; errors here do not include them.",
        ),
        (
            "Pengaruh jawaban bukan sebab-akibat dan bukan nilai rupiah barang.".to_owned(),
            "Effects are not causes and not prices.",
        ),
    ];
    let list: String = items.iter().map(|(id, en)| format!("<li>{id} <i>{en}</i></li>")).collect();
    format!("<ul>{list}</ul>")
}

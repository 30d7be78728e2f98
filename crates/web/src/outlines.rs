//! Outlines of regions: the schematic map that is built in, and any GeoJSON or TopoJSON instead.
//!
//! An outline is a list of rings of (longitude, latitude). What is imported is thinned to what a
//! screen can show and kept in the store (table `outline`), so that pages need no file beside it.

use kernel::Region;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{Query, Store, StoreError, params};

/// One ring of points, longitude and latitude in degrees.
pub type Ring = Vec<(f64, f64)>;

/// Region → its rings.
pub type Outlines = BTreeMap<u64, Vec<Ring>>;

const SCHEMATIC: &str = include_str!("../../../config/id/regions/ntb_schematic.json");
/// Names under which a feature may hold its code.
const CODE_KEYS: [&str; 8] =
    ["kode", "code", "id", "region", "kode_wilayah", "kd_wilayah", "KODE", "adm_code"];
/// Points nearer than this to the line between their neighbours are dropped, in degrees (≈ 110 m).
const THIN: f64 = 0.001;

/// The map that is built in: the ten regencies and cities of NTB, drawn for Padan.
#[must_use]
pub fn schematic() -> Outlines {
    let document: Value = serde_json::from_str(SCHEMATIC).unwrap_or_default();
    let regions = document.get("regions").and_then(Value::as_object);
    regions
        .into_iter()
        .flatten()
        .filter_map(|(code, rings)| {
            let region = Region::parse(code).ok()?;
            Some((region.number(), rings.as_array()?.iter().map(ring).collect()))
        })
        .collect()
}

/// Reads a GeoJSON FeatureCollection or a TopoJSON topology whose features carry a region code
/// (as `id`, `kode`, `code` …; dotted or plain).
///
/// # Errors
/// When it is neither, or no feature carries a code, said with what was found.
pub fn parse(text: &str) -> Result<Outlines, String> {
    let document: Value = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
    let outlines = match document.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => geojson(&document),
        Some("Topology") => topojson(&document),
        other => Err(format!(
            "`type` is {other:?}; a map is a GeoJSON FeatureCollection or a TopoJSON Topology"
        )),
    }?;
    if outlines.is_empty() {
        return Err(format!(
            "no feature carries a region code; put it into `id` or one of the properties {}",
            CODE_KEYS.join(", ")
        ));
    }
    Ok(outlines)
}

fn code_of(feature: &Value) -> Option<u64> {
    let text = |value: &Value| match value {
        Value::String(s) => Region::parse(s).ok(),
        Value::Number(n) => n.as_u64().and_then(|n| Region::from_number(n).ok()),
        _ => None,
    };
    let properties = feature.get("properties");
    feature
        .get("id")
        .and_then(text)
        .or_else(|| CODE_KEYS.iter().find_map(|key| properties?.get(key).and_then(text)))
        .map(Region::number)
}

fn ring(points: &Value) -> Ring {
    let point = |p: &Value| Some((p.get(0)?.as_f64()?, p.get(1)?.as_f64()?));
    points.as_array().into_iter().flatten().filter_map(point).collect()
}

fn geojson(document: &Value) -> Result<Outlines, String> {
    let features =
        document.get("features").and_then(Value::as_array).ok_or("`features` is missing")?;
    let mut out = Outlines::new();
    for feature in features {
        let (Some(code), Some(geometry)) = (code_of(feature), feature.get("geometry")) else {
            continue;
        };
        let coordinates = geometry.get("coordinates").and_then(Value::as_array);
        let polygons: Vec<&Value> = match geometry.get("type").and_then(Value::as_str) {
            Some("Polygon") => geometry.get("coordinates").into_iter().collect(),
            Some("MultiPolygon") => coordinates.into_iter().flatten().collect(),
            _ => continue,
        };
        let rings = polygons
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|r| thin(&ring(r)))
            .filter(|r| r.len() >= 3);
        out.entry(code).or_default().extend(rings);
    }
    Ok(out)
}

fn topojson(document: &Value) -> Result<Outlines, String> {
    let arcs = topology_arcs(document)?;
    let objects =
        document.get("objects").and_then(Value::as_object).ok_or("`objects` is missing")?;
    let mut out = Outlines::new();
    for geometry in objects.values().filter_map(|o| o.get("geometries")?.as_array()).flatten() {
        let Some(code) = code_of(geometry) else { continue };
        let indexes = geometry.get("arcs").and_then(Value::as_array);
        let polygons: Vec<&Value> = match geometry.get("type").and_then(Value::as_str) {
            Some("Polygon") => geometry.get("arcs").into_iter().collect(),
            Some("MultiPolygon") => indexes.into_iter().flatten().collect(),
            _ => continue,
        };
        for ring in polygons.into_iter().filter_map(Value::as_array).flatten() {
            let joined = join_arcs(ring, &arcs)?;
            if joined.len() >= 3 {
                out.entry(code).or_default().push(joined);
            }
        }
    }
    Ok(out)
}

/// The arcs in degrees. Each is thinned by itself, so neighbours keep sharing their border.
fn topology_arcs(document: &Value) -> Result<Vec<Ring>, String> {
    let pair = |key: &str| -> Option<(f64, f64)> {
        let pair = document.get("transform")?.get(key)?;
        Some((pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?))
    };
    let (scale, translate) = (pair("scale"), pair("translate"));
    let arcs = document.get("arcs").and_then(Value::as_array).ok_or("`arcs` is missing")?;
    Ok(arcs
        .iter()
        .map(|arc| {
            let points = ring(arc);
            let (Some((sx, sy)), Some((tx, ty))) = (scale, translate) else {
                return thin(&points);
            };
            let (mut x, mut y) = (0.0, 0.0);
            let degrees: Ring = points
                .into_iter()
                .map(|(dx, dy)| {
                    (x, y) = (x + dx, y + dy);
                    (x * sx + tx, y * sy + ty)
                })
                .collect();
            thin(&degrees)
        })
        .collect())
}

fn join_arcs(indexes: &Value, arcs: &[Ring]) -> Result<Ring, String> {
    let mut out = Ring::new();
    for index in indexes.as_array().into_iter().flatten() {
        let n = index.as_i64().ok_or("an arc number is no integer")?;
        let (at, reversed) = if n < 0 { (!n, true) } else { (n, false) };
        let arc = usize::try_from(at)
            .ok()
            .and_then(|at| arcs.get(at))
            .ok_or_else(|| format!("arc {n} does not exist"))?;
        let skip = usize::from(!out.is_empty());
        if reversed {
            out.extend(arc.iter().rev().skip(skip));
        } else {
            out.extend(arc.iter().skip(skip));
        }
    }
    Ok(out)
}

/// Drops points that a screen cannot show (Douglas–Peucker, without recursion).
fn thin(points: &[(f64, f64)]) -> Ring {
    let Some(last) = points.len().checked_sub(1) else { return Ring::new() };
    let mut keep = vec![false; points.len()];
    (keep[0], keep[last]) = (true, true);
    let mut spans = vec![(0, last)];
    while let Some((from, to)) = spans.pop() {
        let farthest = (from + 1..to)
            .map(|at| (distance(points[at], points[from], points[to]), at))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((far, at)) = farthest
            && far > THIN
        {
            keep[at] = true;
            spans.extend([(from, at), (at, to)]);
        }
    }
    points.iter().zip(keep).filter(|(_, kept)| *kept).map(|(p, _)| *p).collect()
}

fn distance(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx.hypot(dy);
    if length < 1e-12 {
        return (p.0 - a.0).hypot(p.1 - a.1);
    }
    (dx * (a.1 - p.1) - (a.0 - p.0) * dy).abs() / length
}

/// Replaces the store's outlines of every region named in `outlines`.
///
/// # Errors
/// When the store is away.
pub fn import(store: &Store, outlines: Outlines) -> Result<usize, StoreError> {
    let count = outlines.len();
    store.write(move |tx| {
        for (region, rings) in outlines {
            let round = |n: f64| (n * 1e5).round() / 1e5;
            let rings: Vec<Vec<[f64; 2]>> = rings
                .iter()
                .map(|ring| ring.iter().map(|p| [round(p.0), round(p.1)]).collect())
                .collect();
            tx.execute(
                "INSERT INTO outline (region, rings) VALUES ($1, $2)
                 ON CONFLICT (region) DO UPDATE SET rings = excluded.rings",
                params![region, json!(rings).to_string()],
            )?;
        }
        Ok(count)
    })
}

/// The outlines pages draw: the schematic ones, replaced by what was imported.
///
/// # Errors
/// When the store is away.
pub fn load(store: &Store) -> Result<Outlines, StoreError> {
    let mut outlines = schematic();
    store.read(|reader| {
        for row in reader.query("SELECT region, rings FROM outline", params![])? {
            let text: String = row.get("rings")?;
            let rings: Value = serde_json::from_str(&text).unwrap_or_default();
            let rings = rings.as_array().into_iter().flatten().map(ring).collect();
            outlines.insert(row.get("region")?, rings);
        }
        Ok(outlines)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schematic_map_has_ten_regions_that_share_borders() {
        let map = schematic();
        assert_eq!(map.len(), 10);
        let vertices: usize = map.values().flatten().map(Vec::len).sum();
        assert!((200..800).contains(&vertices), "{vertices}");
        // Lombok Utara's border with Lombok Timur: the same points on both sides.
        let has = |code: u64, p: (f64, f64)| map[&code].iter().flatten().any(|q| *q == p);
        assert!(has(5208, (116.46, -8.33)) && has(5203, (116.46, -8.33)));
    }

    #[test]
    fn geojson_and_topojson_give_the_same_square() {
        let square = r#"[[[0,0],[0,1],[1,1],[1,0],[0,0]]]"#;
        let geo = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":
               {{"kode":"52.01"}},"geometry":{{"type":"Polygon","coordinates":{square}}}}}]}}"#
        );
        let topo = r#"{"type":"Topology","transform":{"scale":[1,1],"translate":[0,0]},
            "arcs":[[[0,0],[0,1],[1,0],[0,-1]],[[0,0],[1,0]]],"objects":{"a":{"type":
            "GeometryCollection","geometries":[{"type":"Polygon","id":"5201","arcs":[[0,-2]]}]}}}"#;
        assert_eq!(parse(&geo).unwrap(), parse(topo).unwrap());
    }

    #[test]
    fn what_is_no_map_is_refused_with_a_reason() {
        let check = |text: &str, word: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(word), "{error}");
        };
        check("[", "not JSON");
        check("{}", "FeatureCollection");
        check(r#"{"type":"FeatureCollection","features":[]}"#, "no feature carries");
        check(r#"{"type":"Topology","objects":{}}"#, "arcs");
    }

    #[test]
    fn the_shared_maps_are_read_to_the_village() {
        let shared = std::env::var("PADAN_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
        for (file, count) in
            [("ntb-kab.topo.json", 10), ("ntb-kec.topo.json", 117), ("ntb-desa.topo.json", 1_150)]
        {
            let path = format!("{shared}/data/regions/{file}");
            let Ok(text) = std::fs::read_to_string(&path) else {
                eprintln!("skipped: {path} is not there");
                return;
            };
            assert_eq!(parse(&text).unwrap().len(), count, "{file}");
        }
    }
}

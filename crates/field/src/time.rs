//! Instants and places as phones write them.

use kernel::Date;

/// `2026-11-22T09:15:00.000+08:00` as milliseconds since 1970 (UTC); none when it is no instant.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let (day, rest) = text.split_once('T')?;
    let mut parts = day.split('-').map(str::parse::<i32>);
    let (year, month, of) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let date = Date::from_ymd(year, u32::try_from(month).ok()?, u32::try_from(of).ok()?)?;
    let zone_at = rest.find(['+', '-', 'Z']);
    let (clock, zone) = rest.split_at(zone_at.unwrap_or(rest.len()));
    let mut fields = clock.split(':');
    let hour: i64 = fields.next()?.parse().ok()?;
    let minute: i64 = fields.next()?.parse().ok()?;
    let second: f64 = fields.next().unwrap_or("0").parse().ok()?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0.0..61.0).contains(&second) {
        return None;
    }
    let own = hour * 3_600_000 + minute * 60_000 + (second * 1_000.0) as i64;
    Some(i64::from(date.days()) * 86_400_000 + own - offset(zone)?)
}

/// `+08:00` in milliseconds; nothing or `Z` is UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..4).unwrap_or("0").parse().ok()?;
    (hours < 15 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

/// `-8.5833 116.1167 12.0 4.8` as latitude and longitude.
pub(crate) fn place(text: &str) -> Option<(f64, f64)> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let (latitude, longitude) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
}

/// Kilometres between two places on a sphere of 6,371 km (haversine).
pub(crate) fn kilometres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half = |x: f64, y: f64| ((y - x).to_radians() / 2.0).sin().powi(2);
    let h = half(a.0, b.0) + a.0.to_radians().cos() * b.0.to_radians().cos() * half(a.1, b.1);
    12_742.0 * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_with_zones() {
        let check = |text: &str, want: Option<i64>| assert_eq!(instant(text), want, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("1970-01-01T08:00:00.000+08:00", Some(0));
        check("1970-01-02T00:00:01.500", Some(86_401_500));
        check("2026-11-22T09:15:00.000+08:00", Some(1_795_310_100_000));
        check("2026-13-22T09:15:00", None);
        check("2026-11-22", None);
        check("2026-11-22T25:00:00", None);
    }

    #[test]
    fn places_and_distances() {
        assert_eq!(place("-8.5833 116.1167 12.0 4.8"), Some((-8.5833, 116.1167)));
        assert_eq!(place("98 1"), None);
        assert_eq!(place(""), None);
        // Mataram to Bima: about 285 km.
        let far = kilometres((-8.583, 116.117), (-8.460, 118.727));
        assert!((280.0..295.0).contains(&far), "{far}");
    }
}

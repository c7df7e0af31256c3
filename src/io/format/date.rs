//! Conversion of the date formats of cameras to ISO 8601.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `2018/02/14 15:22:04`, also with dashes and with milliseconds at the end.
pub(in crate::io) fn year_first(text: &str) -> Option<String> {
    match numbers(text)?[..] {
        [year, month, day, hour, minute, second] => {
            iso([year, month, day], [hour, minute, second], None)
        }
        [year, month, day, hour, minute, second, millis] => {
            iso([year, month, day], [hour, minute, second], Some(millis))
        }
        _ => None,
    }
}

/// `14/02/2018 15:22:04`.
pub(in crate::io) fn day_first(text: &str) -> Option<String> {
    match numbers(text)?[..] {
        [day, month, year, hour, minute, second] => {
            iso([year, month, day], [hour, minute, second], None)
        }
        _ => None,
    }
}

/// `Wed Feb 14 15:22:04 2018`, the format of C.
pub(in crate::io) fn named_month(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, month, day, time, year] = words[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? as u32 + 1;
    let &[hour, minute, second] = numbers(time)?.as_slice() else {
        return None;
    };
    let date = [year.parse().ok()?, month, day.parse().ok()?];
    iso(date, [hour, minute, second], None)
}

/// The numbers of a date; `None` if it contains anything else.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let parts = text.split(|c: char| c.is_whitespace() || "/-:.".contains(c));
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

fn iso(date: [u32; 3], time: [u32; 3], millis: Option<u32>) -> Option<String> {
    let ([year, month, day], [hour, minute, second]) = (date, time);
    let exists = (1900..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let millis = millis
        .map(|millis| format!(".{millis:03}"))
        .unwrap_or_default();
    exists
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{millis}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_writing_a_date_is_read() {
        let date = Some("2018-02-14T15:22:04".to_owned());
        assert_eq!(year_first("2018/02/14 15:22:04"), date);
        assert_eq!(day_first("14/02/2018 15:22:04"), date);
        assert_eq!(named_month("Wed Feb 14 15:22:04 2018"), date);
        assert_eq!(
            year_first("2018-02-14 15:22:04:5").as_deref(),
            Some("2018-02-14T15:22:04.005")
        );
        assert_eq!(
            named_month("Mon Sep  2 11:22:33 2024").as_deref(),
            Some("2024-09-02T11:22:33")
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "bad date",
            "2018/13/14 15:22:04",
            "99999999999 1 1 1 1 1",
        ] {
            assert_eq!((year_first(text), day_first(text)), (None, None), "{text}");
        }
        assert_eq!(day_first("09/25/2024 11:22:33"), None);
        assert_eq!(named_month("Mon Sep 02 2024"), None);
    }
}

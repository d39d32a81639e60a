//! Calendar time as text, as Tasmota writes it.

use panel_protocol::time::UtcSeconds;

const DAY: u32 = 86_400;

/// Year, month and day of a day since 1970-01-01, in the proleptic Gregorian calendar.
fn date(day: u32) -> (u32, u32, u32) {
    // Counted from a March, so that the leap day is the last of its year.
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u32::from(month <= 2), month, of_month)
}

/// `2026-11-30T17:51:37`.
pub(super) fn text(utc: UtcSeconds) -> String {
    let (year, month, day) = date(utc.0 / DAY);
    let second = utc.0 % DAY;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants_are_written_right() {
        for (utc, expected) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_767_225_600, "2026-01-01T00:00:00"),
            (u32::MAX, "2106-02-07T06:28:15"),
        ] {
            assert_eq!(text(UtcSeconds(utc)), expected);
        }
    }
}

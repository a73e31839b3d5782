//! Points in time as artifacts state them: with or without a zone, with a clear or an open order of day and month.

use time::{OffsetDateTime, PrimitiveDateTime};

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// With its zone, kept as UTC.
    Utc(OffsetDateTime),
    /// Local time of a machine whose zone the artifact does not state.
    Local(PrimitiveDateTime),
}

/// Appends a number below 100 as two digits.
fn push_two(out: &mut String, number: u8) {
    out.push(char::from(b'0' + number / 10 % 10));
    out.push(char::from(b'0' + number % 10));
}

impl Moment {
    /// RFC 3339, without a zone when none is stated.
    pub fn rfc3339(&self) -> String {
        let date = |d: PrimitiveDateTime| {
            let mut out = String::with_capacity("0000-00-00T00:00:00Z".len());
            // Years of other lengths come from certificates that are made by hand.
            match u8::try_from(d.year() / 100).ok().filter(|century| *century < 100 && d.year() >= 0) {
                Some(century) => {
                    push_two(&mut out, century);
                    push_two(&mut out, u8::try_from(d.year() % 100).unwrap_or(0));
                }
                None => out = format!("{:04}", d.year()),
            }
            let rest = [u8::from(d.month()), d.day(), d.hour(), d.minute(), d.second()];
            for (separator, number) in ['-', '-', 'T', ':', ':'].into_iter().zip(rest) {
                out.push(separator);
                push_two(&mut out, number);
            }
            out
        };
        match self {
            Self::Utc(t) => {
                let t = t.to_offset(time::UtcOffset::UTC);
                format!("{}Z", date(PrimitiveDateTime::new(t.date(), t.time())))
            }
            Self::Local(t) => date(*t),
        }
    }

    /// Whether this is before a time for certain: a local time may lie up to 14 hours either way.
    pub fn surely_before(&self, at: OffsetDateTime) -> bool {
        match self {
            Self::Utc(t) => *t < at,
            Self::Local(t) => t.assume_utc().saturating_add(time::Duration::hours(14)) < at,
        }
    }

    /// Whether this is after a time for certain.
    pub fn surely_after(&self, at: OffsetDateTime) -> bool {
        match self {
            Self::Utc(t) => *t > at,
            Self::Local(t) => t.assume_utc().saturating_sub(time::Duration::hours(14)) > at,
        }
    }
}

/// The order of the parts of a numeric date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// 31.12.2024
    DayMonthYear,
    /// 12/31/2024
    MonthDayYear,
    /// 2024-12-31
    YearMonthDay,
}

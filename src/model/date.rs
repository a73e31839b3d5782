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

/// A number below 100 as two digits.
fn two(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

/// Appends a date with its time, without a zone.
fn push_date(d: PrimitiveDateTime, out: &mut Vec<u8>) {
    // Years of other lengths come from certificates that are made by hand.
    match u8::try_from(d.year() / 100).ok().filter(|century| *century < 100 && d.year() >= 0) {
        Some(century) => {
            out.extend_from_slice(&two(century));
            out.extend_from_slice(&two(u8::try_from(d.year() % 100).unwrap_or(0)));
        }
        None => out.extend_from_slice(format!("{:04}", d.year()).as_bytes()),
    }
    let [[m, n], [d, e], [h, i], [k, l], [s, t]] =
        [u8::from(d.month()), d.day(), d.hour(), d.minute(), d.second()].map(two);
    out.extend_from_slice(&[b'-', m, n, b'-', d, e, b'T', h, i, b':', k, l, b':', s, t]);
}

impl Moment {
    /// RFC 3339, without a zone when none is stated.
    pub fn rfc3339(&self) -> String {
        let mut out = Vec::with_capacity("0000-00-00T00:00:00Z".len());
        self.push_rfc3339(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Appends what [`Moment::rfc3339`] gives.
    pub fn push_rfc3339(&self, out: &mut Vec<u8>) {
        match self {
            Self::Utc(t) => {
                let t = t.to_offset(time::UtcOffset::UTC);
                push_date(PrimitiveDateTime::new(t.date(), t.time()), out);
                out.push(b'Z');
            }
            Self::Local(t) => push_date(*t, out),
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

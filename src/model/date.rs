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

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn written_as_rfc_3339() {
        let written =
            |at| (Moment::Utc(at).rfc3339(), Moment::Local(PrimitiveDateTime::new(at.date(), at.time())).rfc3339());
        let both = |text: &str| (format!("{text}Z"), text.to_owned());
        assert_eq!(written(datetime!(2026-11-29 23:58:07 UTC)), both("2026-11-29T23:58:07"));
        assert_eq!(written(datetime!(1999-01-02 03:04:05 UTC)), both("1999-01-02T03:04:05"));
        assert_eq!(written(datetime!(0000-12-31 00:00:00 UTC)), both("0000-12-31T00:00:00"));
        assert_eq!(written(datetime!(9999-10-30 10:20:30 UTC)), both("9999-10-30T10:20:30"));
        // Years before 0, of certificates that are made by hand, have a sign.
        assert_eq!(written(datetime!(-0099-02-03 04:05:06 UTC)), both("-099-02-03T04:05:06"));
        // With a zone: as UTC.
        assert_eq!(Moment::Utc(datetime!(2026-11-29 01:30 +2)).rfc3339(), "2026-11-28T23:30:00Z");
    }

    #[test]
    fn the_moment_itself_is_neither_before_nor_after() {
        let at = datetime!(2026-11-29 12:00 UTC);
        let (utc, local) =
            (|at| Moment::Utc(at), |at: OffsetDateTime| Moment::Local(PrimitiveDateTime::new(at.date(), at.time())));
        let second = time::Duration::SECOND;
        assert_eq!((utc(at).surely_before(at), utc(at).surely_after(at)), (false, false));
        assert_eq!((utc(at - second).surely_before(at), utc(at - second).surely_after(at)), (true, false));
        assert_eq!((utc(at + second).surely_before(at), utc(at + second).surely_after(at)), (false, true));
        // A local time may lie 14 hours either way.
        let (early, late) = (at - time::Duration::hours(14), at + time::Duration::hours(14));
        assert_eq!((local(early).surely_before(at), local(early - second).surely_before(at)), (false, true));
        assert_eq!((local(late).surely_after(at), local(late + second).surely_after(at)), (false, true));
        assert_eq!((local(at).surely_before(at), local(at).surely_after(at)), (false, false));
    }
}

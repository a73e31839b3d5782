//! The times of a certificate's validity that state a zone.
//!
//! RFC 5280 (4.1.2.5) wants UTC, written with a `Z`; ITU-T X.680 (46.3 and 47.3) also allows the difference of local time to
//! it. Certificates of the nineties have that; x509-parser reads their local time as UTC.

use super::der::{Element, Reader};
use crate::limits::Limits;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// The universal tag of a time with four digits for the year; UTCTime, 23, has two (X.680, table 1).
const GENERALIZED_TIME: u32 = 24;

/// The beginning and the end of a certificate's validity in UTC, each if it is written with a difference to UTC.
pub(super) fn with_zone(certificate: &[u8], limits: &Limits) -> [Option<OffsetDateTime>; 2] {
    times(certificate, limits)
        .map_or([None, None], |times| times.map(|time| zoned(time.content(), time.is_universal(GENERALIZED_TIME))))
}

/// The two times: the fields before them are an optional version, the serial number, the algorithm and the issuer.
fn times<'c>(certificate: &'c [u8], limits: &Limits) -> Option<[Element<'c>; 2]> {
    let certificate = Reader::new(certificate, limits.der_depth).read().ok()??;
    let mut fields = certificate.children().read().ok()??.children();
    let mut next = || fields.read().ok()?;
    let first = next()?;
    let behind_serial = if first.is_context(0) { 3 } else { 2 };
    let mut validity = (0..behind_serial).try_fold(first, |_, _| next()).and_then(|_| next())?.children();
    Some([validity.read().ok()??, validity.read().ok()??])
}

/// A time with a difference to UTC: the year with two or four digits, `MMDDhhmm[ss]`, a sign, `hhmm`.
fn zoned(text: &[u8], has_century: bool) -> Option<OffsetDateTime> {
    let text = std::str::from_utf8(text).ok()?;
    // RFC 5280, 4.1.2.5.1: two digits stand for the years from 1950 to 2049.
    let century = match text.as_bytes().first()? {
        _ if has_century => "",
        b'5'..=b'9' => "19",
        _ => "20",
    };
    let time = OffsetDateTime::parse(&format!("{century}{text}"), ZONED).ok()?;
    time.checked_to_offset(UtcOffset::UTC)
}

const ZONED: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year][month][day][hour][minute][optional [[second]]][offset_hour sign:mandatory][offset_minute]"
);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_difference_to_utc_counts() {
        for (text, wanted) in [
            ("960528134905+0800", Some(datetime!(1996-05-28 05:49:05 UTC))),
            ("960528134905-0800", Some(datetime!(1996-05-28 21:49:05 UTC))),
            ("4912312330-0030", Some(datetime!(2050-01-01 00:00 UTC))),
            ("20261129000000+0100", Some(datetime!(2026-11-28 23:00 UTC))),
            ("202611290000+0000", Some(datetime!(2026-11-29 00:00 UTC))),
            // These are UTC, or no time at all.
            ("960528134905Z", None),
            ("20261129000000Z", None),
            ("961328134905+0800", None),
            ("960528134905+2600", None),
            ("960528134905*0800", None),
            ("9605281349x5+0800", None),
            ("+0800", None),
            ("", None),
        ] {
            assert_eq!(zoned(text.as_bytes(), text.starts_with("2026")), wanted, "{text}");
        }
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    #[test]
    fn the_times_of_a_certificate_with_and_without_its_version() {
        let validity = tlv(0x30, &[tlv(0x17, b"960528134905+0800"), tlv(0x18, b"20261129000000Z")].concat());
        for version in [&[0xA0, 3, 2, 1, 2][..], &[]] {
            // Version, serial number, algorithm, issuer.
            let fields = [version, &[2, 1, 1], &[0x30, 0], &[0x30, 0], &validity].concat();
            let certificate = tlv(0x30, &tlv(0x30, &fields));
            let wanted = [Some(datetime!(1996-05-28 05:49:05 UTC)), None];
            assert_eq!(with_zone(&certificate, &Limits::default()), wanted);
        }
        assert_eq!(with_zone(b"0", &Limits::default()), [None, None]);
    }
}

//! The values that certutil prints: numbers with two bases, hexadecimal with and without blanks, dates of every region.

use crate::model::date::{DateOrder, Moment};
use std::ops::RangeInclusive;
use std::sync::LazyLock;
use time::{Date, Month, PrimitiveDateTime, Time};

/// Digits of a hash or serial number: lower case without blanks. `None` when anything else is in the text, or an odd
/// number of digits.
pub(super) fn hex(text: &str) -> Option<String> {
    // Most lines of a log that come here are words.
    if text.bytes().find(|b| !matches!(b, b' ' | b'\t')).is_some_and(|b| b.is_ascii() && !b.is_ascii_hexdigit()) {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return (!text.is_empty() && text.len().is_multiple_of(2)).then(|| text.to_ascii_lowercase());
    }
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            ' ' | '\t' | '\u{a0}' => {}
            '\u{200e}' | '\u{200f}' => {}
            c if c.is_ascii_hexdigit() => out.push(c.to_ascii_lowercase()),
            _ => return None,
        }
    }
    (!out.is_empty() && out.len().is_multiple_of(2)).then_some(out)
}

/// The hexadecimal digits at the beginning of a text, blanks between pairs allowed; what follows is left out.
pub(super) fn leading_hex(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        match c {
            ' ' | '\t' => {}
            c if c.is_ascii_hexdigit() => out.push(c.to_ascii_lowercase()),
            _ => break,
        }
    }
    out
}

/// A number of the property section: hexadecimal first, decimal in parentheses if it differs (CERTUTIL.md section 3.1):
/// `20 (32)`, `20`, `c`, `0x1 (1)`. The text may go on after the number with ` -- NAME`.
pub(super) fn hex_first(text: &str) -> Option<HexFirst> {
    let text = text.trim();
    let text = match dashes(text) {
        Some((before, _)) => before.trim_end(),
        None => text,
    };
    let (first, rest) = match text.split_once(|c: char| c.is_whitespace() || c == '(') {
        Some((first, rest)) => (first, rest),
        None => (text, ""),
    };
    let digits = first.strip_prefix("0x").or_else(|| first.strip_prefix("0X")).unwrap_or(first);
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let as_hex = u32::from_str_radix(digits, 16).ok()?;
    let as_decimal = digits.parse::<u32>().ok().filter(|_| first.len() == digits.len());
    let rest = match rest.trim().trim_start_matches('(').split_once(')') {
        // What follows on a collapsed line is the name of the first bit.
        Some((inner, after)) if after.trim_start().is_empty() || is_constant(after) => inner.trim(),
        Some(_) => return None,
        None if is_constant(rest) => "",
        None => rest.trim(),
    };
    if rest.is_empty() {
        return Some(HexFirst { value: as_hex, decimal: as_decimal, confirmed: false });
    }
    if let Some(hexadecimal) = rest.strip_prefix("0x") {
        // The reverse convention of `-v -key`: decimal first.
        let value = u32::from_str_radix(hexadecimal, 16).ok()?;
        return Some(HexFirst { value, decimal: None, confirmed: true });
    }
    let decimal = rest.parse::<u32>().ok()?;
    (decimal == as_hex).then_some(HexFirst { value: as_hex, decimal: None, confirmed: true })
}

/// Whether a text begins with the name of a constant: `CRYPT_MACHINE_KEYSET`.
pub(super) fn is_constant(text: &str) -> bool {
    let name = text.split_whitespace().next().unwrap_or("");
    name.contains('_') && name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// A number that was printed hexadecimal first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HexFirst {
    /// The hexadecimal reading.
    pub(super) value: u32,
    /// The decimal reading, when nothing in parentheses confirms the hexadecimal one.
    pub(super) decimal: Option<u32>,
    /// Whether the number in parentheses confirms the value.
    pub(super) confirmed: bool,
}

/// Splits at ` -- ` in all its forms: two hyphens, an en or em dash.
pub(super) fn dashes(text: &str) -> Option<(&str, &str)> {
    for dash in ["--", "\u{2014}", "\u{2013}", "\u{2212}\u{2212}"] {
        if let Some((before, after)) = text.split_once(dash) {
            return Some((before, after));
        }
    }
    None
}

/// A KeySpec as certutil prints it: `2 -- AT_SIGNATURE`, `0 -- XCN_AT_NONE`, `0`. A symbol that contradicts the number
/// gives `None`; what a console left behind the symbol is not read.
pub(super) fn key_spec(text: &str) -> Option<u32> {
    let text = text.trim();
    let (number, symbol) = match dashes(text) {
        Some((n, s)) => (n.trim(), Some(s.trim())),
        None => match *text.split(' ').collect::<Vec<_>>() {
            // A dash that was read in another code page.
            [number, dash, symbol] if !dash.is_ascii() => (number, Some(symbol)),
            _ => (text, None),
        },
    };
    let named = |symbol: &str| {
        let symbol = symbol.trim_start_matches(['_', '*', '`']).replace('\\', "");
        let symbol = symbol.strip_prefix("XCN_").unwrap_or(&symbol);
        if symbol.starts_with("AT_KEYEXCHANGE") {
            Some(1)
        } else if symbol.starts_with("AT_SIGNATURE") {
            Some(2)
        } else if symbol.starts_with("AT_NONE") {
            Some(0)
        } else {
            None
        }
    };
    let value = match number {
        "0" => 0,
        "1" => 1,
        "2" => 2,
        "ffffffff" | "0xffffffff" => return Some(0xFFFF_FFFF),
        _ => {
            // `1 (0x1)`, `AT_SIGNATURE`, `1AT_KEYEXCHANGE` are not printed by certutil; only the symbol alone is safe.
            return symbol.is_none().then(|| named(number)).flatten();
        }
    };
    match symbol.map(named) {
        None | Some(None) => symbol.is_none_or(str::is_empty).then_some(value),
        Some(Some(s)) => (s == value).then_some(value),
    }
}

/// The short names of the months, as English regions of Windows print them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// UTCTime begins with this year (RFC 5280, section 4.1.2.5.1).
const FIRST_YEAR: u32 = 1950;

/// The years of the Thai solar calendar, 543 ahead, in which certificates are valid.
const BUDDHIST: RangeInclusive<u32> = 2493..=2692;

/// A date as printed, before the order of day and month is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintedDate {
    parts: [u32; 3],
    time: Time,
    separator: char,
    twelve_hours: bool,
}

impl PrintedDate {
    /// Reads a date in any regional format: `12/31/2024 3:30 PM`, `31.12.2024. 15:30`, `2024-12-31 15:30`,
    /// `2024/12/31 下午 3:30`. `None` when it is no date (`<DateTime>`, a month by name).
    pub fn parse(text: &str) -> Option<Self> {
        Self::frequent(text.as_bytes()).or_else(|| Self::any(text)).or_else(|| Self::short(text))
    }

    /// Forms with a short year whose order is certain: an English month (`12-May-24 8:03 AM`), or the American form with AM or
    /// PM (`5/12/24 8:03 AM`). In others a year may stand in front, or be one of another calendar.
    fn short(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, time) = text.split_once(' ').unwrap_or((text, ""));
        let separator = if date.contains('/') { '/' } else { '-' };
        let mut parts = date.split(separator);
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |part: &str, digits: RangeInclusive<usize>| {
            let whole = digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            whole.then(|| part.parse::<u32>().ok()).flatten()
        };
        let month = (1..).zip(MONTHS).find(|(_, name)| name.eq_ignore_ascii_case(second)).map(|(month, _)| month);
        let american = separator == '/' && time.is_ascii() && time.ends_with(['M', 'm']);
        let year = match number(third, 2..=2) {
            Some(year) if month.is_some() || american => year.saturating_add(if year < 50 { 2000 } else { 1900 }),
            None if month.is_some() => number(third, 4..=4)?,
            _ => return None,
        };
        let (time, twelve_hours) = Self::time(time)?;
        if parts.next().is_some() || month.is_none() && !twelve_hours {
            return None;
        }
        let (parts, separator) = match month {
            // As with dots: the day is in front.
            Some(month) => ([number(first, 1..=2)?, month, year], '.'),
            None => ([number(first, 1..=2)?, number(second, 1..=2)?, year], separator),
        };
        Some(Self { parts, time, separator, twelve_hours })
    }

    /// The forms of most logs, in few steps: `12/31/2024 3:30 PM`, `31.12.2024 15:30`, `2024-12-31 15:30:00`.
    fn frequent(text: &[u8]) -> Option<Self> {
        let (a, digits, text) = short_number(text);
        let (separator @ (b'/' | b'.' | b'-'), text) = text.split_first()? else { return None };
        let (b, digits_of_b, text) = short_number(text);
        let text = text.split_first().filter(|(sign, _)| *sign == separator)?.1;
        let (c, digits_of_c, text) = short_number(text);
        let year_first = match [digits, digits_of_b, digits_of_c] {
            [1 | 2, 1 | 2, 4] => false,
            [4, 1 | 2, 1 | 2] => true,
            _ => return None,
        };
        let (hour, 1 | 2, text) = short_number(text.strip_prefix(b" ")?) else { return None };
        let (minute, 1 | 2, text) = short_number(text.strip_prefix(b":")?) else { return None };
        let (second, text) = match text.strip_prefix(b":").map(short_number) {
            Some((second, 1 | 2, text)) => (second, text),
            Some(_) => return None,
            None => (0, text),
        };
        let (hour, twelve_hours) = match (text, hour) {
            (b"", _) => (hour, false),
            (b" AM", 12) => (0, true),
            (b" PM", 0..12) => (hour.saturating_add(12), true),
            (b" AM" | b" PM", _) => (hour, true),
            _ => return None,
        };
        let part = |number: u32| u8::try_from(number).ok();
        let time = Time::from_hms(part(hour)?, part(minute)?, part(second)?).ok()?;
        let separator = if year_first { 'Y' } else { char::from(*separator) };
        Some(Self { parts: [a, b, c], time, separator, twelve_hours })
    }

    /// Any form.
    fn any(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut parts = [0u32; 3];
        let mut separator = b' ';
        let mut year_first = false;
        for (index, slot) in parts.iter_mut().enumerate() {
            let (number, digits, behind) = leading_number(rest);
            if !(1..=4).contains(&digits) {
                return None;
            }
            if index == 0 {
                year_first = digits == 4;
            } else if (index == 2) != (digits == 4) && !year_first {
                return None;
            }
            *slot = number;
            rest = behind;
            if index < 2 {
                let sign = *rest.as_bytes().first()?;
                if !matches!(sign, b'/' | b'.' | b'-') || (index == 1 && sign != separator) {
                    return None;
                }
                separator = sign;
                rest = rest.get(1..)?.trim_start_matches(' ');
            }
        }
        let (time, twelve_hours) = Self::time(rest.trim_start_matches(['.', ',']))?;
        let separator = if year_first { 'Y' } else { char::from(separator) };
        Some(Self { parts, time, separator, twelve_hours })
    }

    fn time(text: &str) -> Option<(Time, bool)> {
        let text = text.trim();
        if text.is_empty() {
            return Some((Time::MIDNIGHT, false));
        }
        let (am, pm) = halves_of_the_day(text);
        let start = text.bytes().position(|b| b.is_ascii_digit())?;
        let (hour, _, rest) = leading_number(text.get(start..)?);
        let after_one = |rest: &'_ str| rest.char_indices().nth(1).map_or(rest.len(), |(at, _)| at);
        let (minute, digits, rest) = leading_number(rest.get(after_one(rest)..)?);
        if digits == 0 {
            return None;
        }
        // Where there are none, no digit is 0.
        let (second, _, _) = leading_number(rest.get(after_one(rest)..)?);
        let part = |number: u32| u8::try_from(number).ok();
        let (mut hour, minute, second) = (part(hour)?, part(minute)?, part(second)?);
        if pm && hour < 12 {
            hour = hour.saturating_add(12);
        } else if am && hour == 12 {
            hour = 0;
        }
        let time = Time::from_hms(hour, minute, second).ok()?;
        Some((time, am || pm))
    }

    fn date(&self, order: DateOrder) -> Option<Date> {
        let [a, b, c] = self.parts;
        let (year, month, day) = match order {
            DateOrder::YearMonthDay => (a, b, c),
            DateOrder::MonthDayYear => (c, a, b),
            DateOrder::DayMonthYear => (c, b, a),
        };
        // A year of another calendar (Thai, Persian) is not read: no certificate says from which one.
        if year < FIRST_YEAR || BUDDHIST.contains(&year) {
            return None;
        }
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
    }

    fn moment(&self, order: DateOrder) -> Option<Moment> {
        Some(Moment::Local(PrimitiveDateTime::new(self.date(order)?, self.time)))
    }

    /// The order that this date alone proves: a year in front, a part over 12, or dots (no region writes the month
    /// first with dots).
    pub fn proves(&self) -> Option<DateOrder> {
        let [a, b, _] = self.parts;
        match self.separator {
            'Y' => Some(DateOrder::YearMonthDay),
            '.' => Some(DateOrder::DayMonthYear),
            _ if a > 12 => Some(DateOrder::DayMonthYear),
            _ if b > 12 => Some(DateOrder::MonthDayYear),
            _ => None,
        }
    }

    /// The order that this date suggests: AM and PM are American first of all.
    pub fn suggests(&self) -> Option<DateOrder> {
        self.twelve_hours.then_some(DateOrder::MonthDayYear)
    }

    /// Every reading; one when the date settles itself or both orders give the same day.
    pub fn readings(&self) -> Vec<Moment> {
        let orders: &[DateOrder] = match self.proves() {
            Some(DateOrder::YearMonthDay) => &[DateOrder::YearMonthDay],
            Some(DateOrder::DayMonthYear) => &[DateOrder::DayMonthYear],
            Some(DateOrder::MonthDayYear) => &[DateOrder::MonthDayYear],
            None => &[DateOrder::DayMonthYear, DateOrder::MonthDayYear],
        };
        let mut out: Vec<Moment> = orders.iter().filter_map(|o| self.moment(*o)).collect();
        out.dedup();
        out
    }

    /// The only reading; where there are two, the one under the order of the whole log.
    pub fn settled(&self, order: Option<DateOrder>) -> Option<Moment> {
        if let Some(own) = self.proves() {
            return self.moment(own);
        }
        match [DateOrder::DayMonthYear, DateOrder::MonthDayYear].map(|order| self.moment(order)) {
            [Some(one), None] | [None, Some(one)] => Some(one),
            [Some(one), Some(other)] if one == other => Some(one),
            _ => self.moment(order?),
        }
    }

    /// The reading under an order of the whole log.
    pub fn read(&self, order: DateOrder) -> Option<Moment> {
        match self.proves() {
            Some(own) => self.moment(own),
            None => self.moment(order),
        }
    }
}

/// The number that the digits at the beginning of a text make, at most four of them, how many they are, and what stands
/// behind them.
fn short_number(text: &[u8]) -> (u32, usize, &[u8]) {
    let mut number = 0_u32;
    let mut rest = text;
    while let Some((digit @ b'0'..=b'9', behind)) = rest.split_first().filter(|_| number < 1_000) {
        number = number.wrapping_mul(10).wrapping_add(u32::from(*digit & 0x0F));
        rest = behind;
    }
    (number, text.len().saturating_sub(rest.len()), rest)
}

/// The number that the digits at the beginning of a text make (the highest one if they make no such number), how many they
/// are, and what stands behind them.
fn leading_number(text: &str) -> (u32, usize, &str) {
    let mut number = 0_u32;
    let mut digits = 0_usize;
    for digit in text.bytes().map_while(|b| b.checked_sub(b'0').filter(|digit| *digit < 10)) {
        number = number.saturating_mul(10).saturating_add(u32::from(digit));
        digits = digits.saturating_add(1);
    }
    (number, digits, text.get(digits..).unwrap_or_default())
}

/// Whether a time of day is marked as one before noon, and as one after noon.
fn halves_of_the_day(text: &str) -> (bool, bool) {
    if text.is_ascii() {
        let mut letters = text.bytes().filter(|b| !matches!(b, b'.' | b' ')).map(|b| b.to_ascii_lowercase());
        let mut halves = (false, false);
        let mut before = letters.next();
        for letter in letters {
            halves.0 |= before == Some(b'a') && letter == b'm';
            halves.1 |= before == Some(b'p') && letter == b'm';
            before = Some(letter);
        }
        return halves;
    }
    let lower = text.to_lowercase();
    let compact: String = lower.chars().filter(|c| !matches!(c, '.' | ' ' | '\u{a0}' | '\u{202f}')).collect();
    let any = |marks: [&str; 6]| marks.iter().any(|m| compact.contains(m));
    (any(["am", "上午", "午前", "오전", "πμ", "ص"]), any(["pm", "下午", "午後", "오후", "μμ", "م"]))
}

/// Not a hexadecimal digit: no digit's value has these bits.
const NO_DIGIT: u8 = 0xFF;

/// The value of each byte as a hexadecimal digit.
static HEX_DIGITS: LazyLock<[u8; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let digit = u8::try_from(byte).ok().and_then(|byte| char::from(byte).to_digit(16));
        digit.and_then(|digit| u8::try_from(digit).ok()).unwrap_or(NO_DIGIT)
    })
});

/// The public key's or signature's bytes in a row of a hex dump: `0000  30 82 01 0a …  00 c7 …`, with the ASCII column
/// that some rows have left out. `None` when the line is no such row.
pub(super) fn dump_row(text: &str) -> Option<([u8; 16], usize)> {
    let (offset, rest) = text.trim_start().as_bytes().split_first_chunk::<4>()?;
    if !offset.iter().all(u8::is_ascii_hexdigit) || !matches!(rest.first(), Some(b' ' | b'\t')) {
        return None;
    }
    let mut out = [0_u8; 16];
    let mut length = 0_usize;
    let mut rest = rest;
    while let Some(slot) = out.get_mut(length) {
        while let [b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        // A word of two digits; any other word is the ASCII column.
        let [high, low, tail @ ..] = rest else { break };
        let digit = |b: &u8| HEX_DIGITS.get(usize::from(*b)).copied().unwrap_or(NO_DIGIT);
        let (high, low) = (digit(high), digit(low));
        if (high | low) == NO_DIGIT || !matches!(tail.first(), None | Some(b' ' | b'\t')) {
            break;
        }
        *slot = (high << 4) | low;
        length = length.saturating_add(1);
        rest = tail;
    }
    (length > 0).then_some((out, length))
}

/// Whether a text looks like a distinguished name: `CN=…`, `O=…, C=…`.
pub(super) fn is_distinguished_name(text: &str) -> bool {
    let Some((key, _)) = text.split_once('=') else { return false };
    let key = key.trim();
    !key.is_empty()
        && key.len() <= 24
        && !key.contains(' ')
        && (key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            || key.starts_with("OID.")
            || crate::model::oid::is_oid(key)
            || matches!(key, "SERIALNUMBER" | "Description" | "PostalCode" | "Phone"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_property_section() {
        let value = |t| hex_first(t).map(|n| n.value);
        assert_eq!(value("20 (32)"), Some(32));
        assert_eq!(value("20"), Some(32));
        assert_eq!(value("0"), Some(0));
        assert_eq!(value("c"), Some(12));
        assert_eq!(value("c (12)"), Some(12));
        assert_eq!(value("18 (24)"), Some(24));
        assert_eq!(value("3b (59)"), Some(59));
        assert_eq!(value("0x1 (1)"), Some(1));
        assert_eq!(value("0 (0x0)"), Some(0));
        assert_eq!(value("0x00000800 (2048)"), Some(2048));
        assert_eq!(value("20 (33)"), None);
        assert_eq!(value("1(Critical), Length = 4"), None);
        assert_eq!(value("16341a"), Some(0x16341a));
    }

    #[test]
    fn frequent_dates_are_read_in_few_steps() {
        for text in ["12/31/2024 3:30 PM", "1/1/2024 12:05 AM", "31.12.2024 15:30", "2024-12-31 15:30:59"] {
            assert!(PrintedDate::frequent(text.as_bytes()).is_some(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn few_steps_read_a_date_as_many_do(
            text in "[0-9]{1,5}[/.-][0-9]{1,5}[/.-][0-9]{1,5}( [0-9]{1,3}:[0-9]{1,3}(:[0-9]{1,3})?( AM| PM| am| a)?)?",
        ) {
            if let Some(date) = PrintedDate::frequent(text.as_bytes()) {
                proptest::prop_assert_eq!(Some(date), PrintedDate::any(&text));
            }
        }
    }

    #[test]
    fn key_specs() {
        assert_eq!(key_spec("2 -- AT_SIGNATURE"), Some(2));
        assert_eq!(key_spec("0 -- XCN_AT_NONE"), Some(0));
        assert_eq!(key_spec("0"), Some(0));
        assert_eq!(key_spec("2 \u{2014} AT_SIGNATURE"), Some(2));
        assert_eq!(key_spec("2 \u{e2}\u{20ac}\u{201d} AT_SIGNATURE"), Some(2));
        assert_eq!(key_spec("1 \u{a1}X AT_SIGNATURE"), None);
        assert_eq!(key_spec("1 -- AT_KEYEXCHANGE3ab98"), Some(1));
        assert_eq!(key_spec("1 -- AT_SIGNATURE"), None);
        assert_eq!(key_spec("2 -- AT\\_SIGNATURE"), Some(2));
        assert_eq!(key_spec("13"), None);
        assert_eq!(key_spec(""), None);
    }

    #[test]
    fn short_years_and_other_calendars() {
        let read = |text: &str| {
            let date = PrintedDate::parse(text)?;
            date.settled(Some(DateOrder::MonthDayYear)).map(|moment| moment.rfc3339())
        };
        assert_eq!(read("12-May-24 8:03 AM").as_deref(), Some("2024-05-12T08:03:00"));
        assert_eq!(read("12-May-2024 20:03").as_deref(), Some("2024-05-12T20:03:00"));
        assert_eq!(read("5/12/24 8:03 PM").as_deref(), Some("2024-05-12T20:03:00"));
        assert_eq!(read("25-Dec-99").as_deref(), Some("1999-12-25T00:00:00"));
        // A year in front, the Arabic and the Thai calendar, the Persian one.
        for text in ["24/05/12 8:03", "24-05-12", "25/11/47 08:03 \u{635}", "12/5/2569 8:03", "1405/02/22 08:03"] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in ["12-Mai-24", "12-May-024", "12-May-24-1", "5/12/24 Monday"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("12/31/9999 11:59 PM").as_deref(), Some("9999-12-31T23:59:00"));
    }

    #[test]
    fn dates_of_every_region() {
        let at = |t: &str| PrintedDate::parse(t).unwrap().readings().iter().map(Moment::rfc3339).collect::<Vec<_>>();
        assert_eq!(at("11/3/2024 3:30 PM"), ["2024-03-11T15:30:00", "2024-11-03T15:30:00"]);
        assert_eq!(at("21/09/2024 08:52"), ["2024-09-21T08:52:00"]);
        assert_eq!(at("16.04.2009. 11:04"), ["2009-04-16T11:04:00"]);
        assert_eq!(at("19-5-2015 03:39"), ["2015-05-19T03:39:00"]);
        assert_eq!(at("2023/08/17 1:31"), ["2023-08-17T01:31:00"]);
        assert_eq!(at("2022-11-04 15:05"), ["2022-11-04T15:05:00"]);
        assert_eq!(at("5/5/2024 12:05 AM"), ["2024-05-05T00:05:00"]);
        assert_eq!(at("2024/1/2 下午 3:05"), ["2024-01-02T15:05:00"]);
        assert_eq!(at("13.4.3017 9:00"), ["3017-04-13T09:00:00"]);
        assert_eq!(PrintedDate::parse("<DateTime>"), None);
        assert_eq!(PrintedDate::parse("99/99/2024"), PrintedDate::parse("99/99/2024"));
        assert!(PrintedDate::parse("99/99/2024").unwrap().readings().is_empty());
    }

    #[test]
    fn orders() {
        let d = PrintedDate::parse("4/6/2025 12:00 AM").unwrap();
        assert_eq!((d.proves(), d.suggests()), (None, Some(DateOrder::MonthDayYear)));
        assert_eq!(d.read(DateOrder::MonthDayYear).unwrap().rfc3339(), "2025-04-06T00:00:00");
    }

    #[test]
    fn rows_of_a_hex_dump() {
        let row = |text| dump_row(text).map(|(bytes, length)| bytes[..length].to_vec());
        assert_eq!(row("    0000  30 82 01 0a 02 82 01 01  00 b5").unwrap().len(), 10);
        assert_eq!(row("0100 67 30 3a").unwrap(), [0x67, 0x30, 0x3a]);
        assert_eq!(row("0000 52 53 41 32 RSA2").unwrap(), *b"RSA2");
        assert_eq!(dump_row("Serial Number: 12"), None);
    }
}

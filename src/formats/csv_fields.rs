//! Fields of a record of comma-separated values (RFC 4180), and of the same with other separators.

use crate::limits::CSV_COLUMNS;
use std::ops::Range;

/// A field of a record: where its text stands, without the quotes around it.
#[derive(Debug, Clone)]
pub(super) struct CsvField {
    /// The text's place in the record.
    pub range: Range<usize>,
    /// It holds `""`.
    pub doubled: bool,
}

impl CsvField {
    /// The value.
    pub(super) fn value(&self, record: &str) -> String {
        let part = record.get(self.range.clone()).unwrap_or_default();
        if self.doubled { part.replace("\"\"", "\"") } else { part.to_owned() }
    }
}

/// Whether the quotes of a text do not pair.
pub(super) fn odd_quotes(text: &str) -> bool {
    memchr::memchr_iter(b'"', text.as_bytes()).count() & 1 == 1
}

/// The fields of a record, with or without quotes. A quote that does not end reaches to the end.
pub(super) fn split(text: &str, separator: char) -> Vec<CsvField> {
    let bytes = text.as_bytes();
    let mut fields = Vec::new();
    let mut at = 0usize;
    while fields.len() < CSV_COLUMNS {
        let field = if bytes.get(at) == Some(&b'"') {
            let start = at.saturating_add(1);
            let mut doubled = false;
            let mut end = start;
            loop {
                match text.get(end..).and_then(|t| t.find('"')) {
                    None => {
                        end = text.len();
                        at = end;
                        break;
                    }
                    Some(n) => {
                        let quote = end.saturating_add(n);
                        let next = quote.saturating_add(1);
                        if bytes.get(next) == Some(&b'"') {
                            doubled = true;
                            end = next.saturating_add(1);
                        } else {
                            end = quote;
                            at = next;
                            break;
                        }
                    }
                }
            }
            CsvField { range: start..end, doubled }
        } else {
            let start = at;
            at = text.get(at..).and_then(|t| t.find(separator)).map_or(text.len(), |n| at.saturating_add(n));
            CsvField { range: start..at, doubled: false }
        };
        fields.push(field);
        // What stands between a closing quote and the separator belongs to no field.
        match text.get(at..).and_then(|t| t.find(separator)) {
            Some(n) => at = at.saturating_add(n).saturating_add(separator.len_utf8()),
            None => break,
        }
    }
    fields
}

/// Whether a record has more fields than were taken.
pub(super) fn is_cut(text: &str, fields: &[CsvField], separator: char) -> bool {
    let rest = fields.last().and_then(|last| text.get(last.range.end..));
    fields.len() >= CSV_COLUMNS && rest.is_some_and(|rest| rest.contains(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_record() {
        let of = |text: &str, separator| -> Vec<String> {
            split(text, separator).iter().map(|field| field.value(text)).collect()
        };
        assert_eq!(of("a,\"b,c\",,\"d \"\"e\"\"\"", ','), ["a", "b,c", "", "d \"e\""]);
        assert_eq!(of("a;b,c;\"d\ne\"", ';'), ["a", "b,c", "d\ne"]);
        assert_eq!(of("a\t\"b", '\t'), ["a", "b"]);
        assert_eq!(of("", ','), [""]);
        assert!(odd_quotes("a,\"b") && !odd_quotes("a,\"b\"\"c\""));
        let many = "a,".repeat(CSV_COLUMNS);
        assert!(is_cut(&many, &split(&many, ','), ',') && !is_cut("a,b", &split("a,b", ','), ','));
    }
}

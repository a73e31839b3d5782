//! Security descriptors in SDDL: `O:BAG:SYD:PAI(A;OICI;FA;;;SY)`.
//!
//! Source: Microsoft Open Specifications, MS-DTYP 2.5.1 (syntax) and 2.5.1.1 (aliases of rights and trustees). What is cut
//! off or unknown is left out and said; the rest stands.

use crate::model::access::{AccessMask, AceKind};

/// A security descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sddl<'a> {
    /// The owner as written: an alias or a SID.
    pub owner: Option<&'a str>,
    /// The primary group as written.
    pub group: Option<&'a str>,
    /// The permissions; `None` when the string has none of them.
    pub dacl: Option<Dacl<'a>>,
    /// The audit entries.
    pub audit: Vec<SddlAce<'a>>,
    /// The string ends in the middle, or something in it can't be read.
    pub cut: bool,
}

/// The `D:` part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dacl<'a> {
    /// The flag `P`: entries of folders above are kept out.
    pub protected: bool,
    /// `NO_ACCESS_CONTROL`: there is no list, everybody may do everything.
    pub absent: Option<&'a str>,
    /// The entries in their order.
    pub entries: Vec<SddlAce<'a>>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SddlAce<'a> {
    /// With its parentheses.
    pub text: &'a str,
    /// Allows, denies, audits.
    pub kind: AceKind,
    /// The rights; `None` for words that are unknown and for entries with a condition, which nobody can decide here.
    pub mask: Option<AccessMask>,
    /// The trustee as written.
    pub trustee: &'a str,
    /// `ID`.
    pub inherited: bool,
    /// `OI`.
    pub object_inherit: bool,
    /// `CI`.
    pub container_inherit: bool,
    /// `IO`.
    pub inherit_only: bool,
    /// `NP`.
    pub no_propagate: bool,
}

/// Aliases of rights (MS-DTYP 2.5.1.1).
pub static RIGHTS: [(&str, u32); 25] = [
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
    ("SD", 0x0001_0000),
    ("RC", 0x0002_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("FA", 0x001f_01ff),
    ("FR", 0x0012_0089),
    ("FW", 0x0012_0116),
    ("FX", 0x0012_00a0),
    ("KA", 0x000f_003f),
    ("KR", 0x0002_0019),
    ("KW", 0x0002_0006),
    ("KX", 0x0002_0019),
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", 0x100),
];

/// Whether a text begins like a security descriptor: a part's letter and colon, and an entry or trustee after it.
pub fn recognise(text: &str) -> bool {
    let mut bytes = text.bytes();
    let part = bytes.next().is_some_and(|b| matches!(b, b'O' | b'G' | b'D' | b'S')) && bytes.next() == Some(b':');
    part && text.contains("D:") && text.contains('(') && text.contains(";;;")
}

/// Reads a security descriptor. `None` when the text does not begin with a part of one.
pub fn parse(text: &str) -> Option<Sddl<'_>> {
    let text = text.trim();
    let mut out = Sddl::default();
    let mut rest = text;
    let mut parts = 0usize;
    while let Some((letter, after)) = rest.split_once(':') {
        let (value, next) = match letter {
            "O" | "G" => {
                let (value, next) = trustee(after);
                if letter == "O" {
                    out.owner = Some(value)
                } else {
                    out.group = Some(value)
                }
                out.cut |= value.is_empty();
                (value, next)
            }
            "D" | "S" => {
                let (flags, entries, next, whole) = list(after);
                out.cut |= !whole;
                if letter == "D" {
                    let absent = flags.contains("NO_ACCESS_CONTROL").then_some(flags);
                    let protected = absent.is_none() && flags.contains('P');
                    out.dacl = Some(Dacl { protected, absent, entries });
                } else {
                    out.audit = entries;
                }
                (flags, next)
            }
            _ => break,
        };
        let _ = value;
        parts = parts.saturating_add(1);
        rest = next;
    }
    out.cut |= !rest.is_empty();
    (parts > 0).then_some(out)
}

/// The trustee at the beginning, and what follows: the next part's letter ends it.
fn trustee(text: &str) -> (&str, &str) {
    if text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("S-")) {
        let body = text.get(2..).unwrap_or("");
        let end = body.find(|c: char| !c.is_ascii_hexdigit() && c != '-' && c != 'x').unwrap_or(body.len());
        // A hexadecimal digit may be the letter of the next part.
        let mut end = end.saturating_add(2).min(text.len());
        if text.get(end..).is_some_and(|next| next.starts_with(':')) {
            end = end.saturating_sub(1);
        }
        return text.split_at_checked(end).unwrap_or((text, ""));
    }
    match text.get(..2) {
        Some(alias) if alias.bytes().all(|b| b.is_ascii_uppercase()) => (alias, text.get(2..).unwrap_or("")),
        _ => ("", text),
    }
}

/// The flags and entries of a list, what follows, and whether it was whole.
fn list(text: &str) -> (&str, Vec<SddlAce<'_>>, &str, bool) {
    let stop = text.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(text.len());
    // `D:S:(…)`: the letter is the next part's.
    let stop = if text.get(stop..).is_some_and(|next| next.starts_with(':')) { stop.saturating_sub(1) } else { stop };
    let (flags, mut rest) = text.split_at_checked(stop).unwrap_or((text, ""));
    let mut entries = Vec::new();
    let mut whole = true;
    while rest.starts_with('(') {
        let Some(end) = closing(rest) else {
            // The entry at which the string is cut: who and what is not known.
            return (flags, entries, "", false);
        };
        let (one, next) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match entry(one) {
            Some(Some(entry)) => entries.push(entry),
            Some(None) => {}
            None => {
                // It keeps its place in the order.
                entries.push(unreadable(one));
                whole = false;
            }
        }
        rest = next;
    }
    (flags, entries, rest, whole)
}

/// One after the parenthesis that closes the first one; a condition has parentheses of its own.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth = depth.saturating_add(1),
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.checked_add(1);
                }
            }
            _ => {}
        }
    }
    None
}

fn unreadable(text: &str) -> SddlAce<'_> {
    SddlAce {
        text,
        kind: AceKind::Allow,
        mask: None,
        trustee: text,
        inherited: false,
        object_inherit: false,
        container_inherit: false,
        inherit_only: false,
        no_propagate: false,
    }
}

/// An entry; `Some(None)` for one that is no permission (labels, resource attributes).
fn entry(text: &str) -> Option<Option<SddlAce<'_>>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut fields = inner.splitn(7, ';');
    let (kind, flags, rights) = (fields.next()?.trim(), fields.next()?.trim(), fields.next()?.trim());
    let (_, _, trustee) = (fields.next()?, fields.next()?, fields.next()?.trim());
    let conditional = kind.len() == 2 && kind.starts_with('X') || kind == "ZA";
    let kind = match kind {
        "A" | "OA" | "XA" | "ZA" => AceKind::Allow,
        "D" | "OD" | "XD" => AceKind::Deny,
        "AU" | "AL" | "OU" | "OL" | "XU" => AceKind::Audit,
        "ML" | "RA" | "SP" | "TL" | "FL" => return Some(None),
        _ => return None,
    };
    let flag = |name: &str| flags.as_bytes().chunks(2).any(|pair| pair.eq_ignore_ascii_case(name.as_bytes()));
    Some(Some(SddlAce {
        text,
        kind,
        mask: if conditional { None } else { mask(rights).map(AccessMask) },
        trustee,
        inherited: flag("ID"),
        object_inherit: flag("OI"),
        container_inherit: flag("CI"),
        inherit_only: flag("IO"),
        no_propagate: flag("NP"),
    }))
}

/// The rights of an entry: a number, or pairs of letters.
fn mask(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(hex, 16).ok();
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    text.as_bytes().chunks(2).try_fold(0u32, |sum, pair| {
        let (_, bits) = RIGHTS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(pair))?;
        Some(sum | bits)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_descriptor() {
        let sddl = parse("O:BAG:SYD:PAI(A;OICI;FA;;;SY)(D;IONPID;0x1200a9;;;S-1-5-21-1-2-3-1001)S:AI(AU;SA;CCDC;;;WD)")
            .unwrap();
        assert_eq!((sddl.owner, sddl.group, sddl.cut), (Some("BA"), Some("SY"), false));
        let dacl = sddl.dacl.unwrap();
        assert!(dacl.protected && dacl.absent.is_none());
        let [first, second] = &dacl.entries[..] else { panic!() };
        assert_eq!((first.trustee, first.mask), ("SY", Some(AccessMask::FULL)));
        assert!(first.object_inherit && first.container_inherit && !first.inherit_only);
        assert_eq!((second.kind, second.mask.unwrap().0), (AceKind::Deny, 0x0012_00a9));
        assert!(second.inherit_only && second.no_propagate && second.inherited);
        assert_eq!((sddl.audit[0].kind, sddl.audit[0].mask.unwrap().0), (AceKind::Audit, 3));
    }

    #[test]
    fn owners_that_are_sids_end_at_the_next_part() {
        let sddl = parse("O:S-1-5-21-1-2-3-500G:S-1-5-21-1-2-3-513D:(A;;FR;;;WD)").unwrap();
        assert_eq!((sddl.owner, sddl.group), (Some("S-1-5-21-1-2-3-500"), Some("S-1-5-21-1-2-3-513")));
        let sddl = parse("O:S-1-5-18D:(A;;FR;;;WD)").unwrap();
        assert_eq!(sddl.owner, Some("S-1-5-18"));
        assert_eq!(sddl.dacl.unwrap().entries.len(), 1);
    }

    #[test]
    fn cut_and_special_ones() {
        let cut = parse("O:BAD:P(A;;FA;;;SY)(A;;F").unwrap();
        assert!(cut.cut);
        assert_eq!(cut.dacl.unwrap().entries.len(), 1);
        assert!(parse("D:NO_ACCESS_CONTROL").unwrap().dacl.unwrap().absent.is_some());
        let condition = parse("D:(XA;;FX;;;WD;(@User.Title==\"PM\" && (x)))").unwrap();
        assert_eq!(condition.dacl.unwrap().entries[0].mask, None);
        assert!(parse("hello").is_none());
        assert_eq!(parse("D:S:(AU;SA;FA;;;WD)").unwrap().dacl.unwrap().entries.len(), 0);
    }

    #[test]
    fn entries_that_grant_nothing_and_entries_that_nobody_knows() {
        // Labels and resource attributes are no permissions (MS-DTYP 2.5.1.1).
        let label = parse("D:(A;;FR;;;WD)(ML;;NW;;;LW)(RA;;;;;WD;(\"a\",TI,0,1))").unwrap();
        assert!(!label.cut);
        assert_eq!(label.dacl.unwrap().entries.len(), 1);
        let unknown = parse("D:(A;;FR;;;SY)(QQ;OICI;FA;;;WD)(A;;4096;;;BA)").unwrap();
        assert!(unknown.cut);
        let entries = unknown.dacl.unwrap().entries;
        let [_, second, third] = &entries[..] else { panic!() };
        assert_eq!((second.text, second.mask, second.object_inherit), ("(QQ;OICI;FA;;;WD)", None, false));
        assert_eq!((third.trustee, third.mask.unwrap().0), ("BA", 4096));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[ODGSA:();BAP0x1-9\u{e9} ]{0,60}") {
            let _ = parse(&text);
        }
    }
}

//! The words that a finding quotes are the words that stand at its place in the input.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::input::Carrier;
use keyspect::limits::Limits;
use std::path::Path;
use time::macros::datetime;

/// Without blanks and what pages and escapes add, so that a cleaned line can be compared with the original.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '=' | ':' | '_')).collect()
}

#[test]
fn every_quoted_line_stands_at_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/certutil");
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().join("input.txt");
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let marked = bytes.iter().any(|b| matches!(b, b'\\' | b'&' | b'<')) && !bytes.windows(2).any(|w| w == b":\\");
        // Between the words of a page or document its marks stand: what begins there is compared.
        let carried = Carrier::of(&bytes, &Limits::default()).is_some();
        if std::str::from_utf8(&bytes).is_err() || marked && !carried {
            continue;
        }
        let mut analysis = Analysis::new(Options::new(datetime!(2026-11-22 12:00 UTC)));
        analysis.read("input.txt", None, &mut bytes.as_slice()).unwrap();
        for finding in analysis.finish().unwrap().findings {
            for evidence in &finding.evidence {
                let [start, end] = evidence.bytes.map(|b| usize::try_from(b).unwrap());
                let original = letters(&String::from_utf8_lossy(&bytes[start..end]));
                let quoted = letters(&evidence.excerpt);
                assert!(
                    !evidence.excerpt.is_empty(),
                    "{}: {} quotes nothing for {original:?}",
                    path.display(),
                    finding.rule
                );
                assert!(
                    quoted.starts_with(&original)
                        || original.starts_with(&quoted)
                        || carried && quoted.chars().next() == original.chars().next(),
                    "{}: {} quotes {:?} for {original:?}",
                    path.display(),
                    finding.rule,
                    evidence.excerpt
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "only {compared} pieces of evidence were compared");
}

//! Any bytes in any encoding: the lines don't depend on how the bytes arrive, nothing is left out, and every place lies
//! within its line.
#![no_main]

use std::io::Read;

use keyspect::input::{CodePage, Line, LineReader, TextEncoding, choose, looks_like_text};
use keyspect::limits::Limits;
use libfuzzer_sys::fuzz_target;

/// Answers with a few bytes at a time.
struct Portions<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Read for Portions<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.size.min(out.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(n);
        out[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

/// Reads everything; gives what each line says.
fn read<R: Read>(reader: R, encoding: TextEncoding, limits: &Limits) -> Vec<(String, u64, u64, u64, bool)> {
    let mut reader = LineReader::new(reader, encoding, limits);
    let mut seen = Vec::new();
    while let Some(batch) = reader.next_batch().expect("the reader doesn't fail") {
        for line in batch.lines() {
            check_places(&line);
            let continues = line.window.is_some_and(|w| w.index > 0);
            seen.push((line.text.to_owned(), line.number, line.start, line.end, continues));
        }
    }
    seen
}

fn check_places(line: &Line<'_>) {
    let mut last = line.start;
    // A long line is checked at some places only: asking for all of them takes quadratic time.
    let step = line.text.len() / 64 + 1;
    for index in (0..=line.text.len() + 1).step_by(step) {
        let place = line.original(index);
        assert!(last <= place && place <= line.end);
        assert!(line.column(index) > 0);
        last = place;
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(([which, size, small], bytes)) = data.split_first_chunk::<3>() else { return };
    let mut encodings = vec![TextEncoding::Utf8, TextEncoding::Utf8Bom, TextEncoding::Utf16Le, TextEncoding::Utf16Be];
    encodings.extend(CodePage::all().map(TextEncoding::CodePage));
    let encoding = encodings[usize::from(*which) % encodings.len()];
    let mut limits = Limits::default();
    if small % 2 == 0 {
        (limits.line_bytes, limits.line_overlap, limits.detect_bytes) = (64, usize::from(small % 64), 64);
    }
    let _ = (looks_like_text(bytes), choose(bytes, &["Schlüsselcontainer", "证书哈希"]));

    let seen = read(bytes, encoding, &limits);
    assert_eq!(seen, read(Portions { bytes, size: usize::from(*size) + 1 }, encoding, &limits));
    let (mut number, mut at) = (0, None);
    for (_, line, start, end, continues) in seen {
        assert_eq!(line, number + u64::from(!continues));
        assert!(at.is_none_or(|at| if continues { start <= at } else { start == at }));
        assert!(start < end);
        (number, at) = (line, Some(end));
    }
    assert!(at.is_none_or(|at| at == bytes.len() as u64));
});

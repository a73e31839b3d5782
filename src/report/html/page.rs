//! A page under construction. Words of a report come in through [`Page::text`] alone; everything else is a literal of the
//! program, which the type of its argument ensures.

use crate::report::escape::escape;

/// HTML under construction.
#[derive(Default)]
pub(super) struct Page {
    out: String,
}

/// A character for element content and for quoted attributes. HTML forbids noncharacters in a document (HTML Standard,
/// 13.2.3.5), so they are shown as hidden characters are.
fn push(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\u{fdd0}'..='\u{fdef}' => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c if u32::from(c) & 0xfffe == 0xfffe => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c => out.push(c),
    }
}

impl Page {
    /// Markup of the program.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }
    /// Words of a report, as text or inside a quoted attribute.
    pub(super) fn text(&mut self, words: &str) -> &mut Self {
        for c in escape(words).chars() {
            push(&mut self.out, c);
        }
        self
    }
    /// A number.
    pub(super) fn number(&mut self, n: u64) -> &mut Self {
        self.out.push_str(&n.to_string());
        self
    }
    /// An element that holds words alone.
    pub(super) fn element(&mut self, open: &'static str, words: &str, close: &'static str) -> &mut Self {
        self.raw(open).text(words).raw(close)
    }
    /// What was made since the last time.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }
}

/// Base64 (RFC 4648, section 4): the form in which a Content-Security-Policy wants a hash.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let mut group = 0u32;
        for i in 0..3 {
            group = (group << 8) | u32::from(three.get(i).copied().unwrap_or(0));
        }
        for i in 0..4u32 {
            let digit = usize::try_from((group >> (18 - 6 * i)) & 63).unwrap_or(0);
            let known = usize::try_from(i).is_ok_and(|i| i <= three.len());
            out.push(if known { char::from(*DIGITS.get(digit).unwrap_or(&b'A')) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn base64_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn words_are_escaped() {
        let mut page = Page::default();
        page.text("<b a=\"'\">&\u{202e}\0\u{fffe}\u{1ffff}\u{fdd0}ü");
        let want = r"&lt;b a=&quot;&#39;&quot;&gt;&amp;\u{202e}\u{0}\u{fffe}\u{1ffff}\u{fdd0}ü";
        assert_eq!(page.take(), want);
    }
}

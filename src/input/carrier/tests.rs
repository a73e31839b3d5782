#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic
)]

use super::*;
use crate::input::{LineReader, TextEncoding};
use crate::limits::{PREFIX_BYTES, TAG_BYTES, TERMINAL_SEQUENCE};

/// A line of text: its characters with their place in the file (number of the line, column, bytes), and whether it is a window.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    text: String,
    places: Vec<(u64, u32, u64, u64)>,
    window: Option<(u32, u32, bool)>,
}

fn read_with(bytes: &[u8], encoding: TextEncoding, limits: &Limits) -> (Vec<Seen>, Vec<Unread>) {
    let mut carrier = Carrier::of(bytes, limits).expect("a page or document");
    let mut lines = LineReader::new(bytes, encoding, limits);
    let mut seen = Vec::new();
    let mut take = |line: Line<'_>| {
        let place = |(at, c): (usize, char)| {
            let range = line.original_range(at..at + c.len_utf8());
            (line.number_at(at), line.column(at), range.start, range.end)
        };
        let places = line.text.char_indices().map(place).collect();
        let window = line.window.map(|w| (w.index, w.overlap, w.last));
        seen.push(Seen { text: line.text.to_owned(), places, window });
    };
    while let Some(batch) = lines.next_batch().unwrap() {
        batch.lines().for_each(|line| carrier.line(line, &mut take));
    }
    carrier.finish(&mut take);
    (seen, carrier.take_unread())
}

fn read(text: &str) -> Vec<Seen> {
    let (seen, unread) = read_with(text.as_bytes(), TextEncoding::Utf8, &Limits::default());
    assert_eq!(unread, []);
    seen
}

fn texts(text: &str) -> Vec<String> {
    read(text).into_iter().map(|line| line.text).collect()
}

#[test]
fn what_is_a_carrier() {
    let is = |text: &[u8]| Carrier::of(text, &Limits::default()).is_some();
    for text in [
        "<html xmlns:v=\"urn:schemas-microsoft-com:vml\"\r\nxmlns:o=\"x\">",
        "\u{feff}\n<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.0//EN\">",
        "<!-- saved from url=(0014)about:internet -->\r\n<HTML>",
        "<?xml version=\"1.0\"?><!DOCTYPE html>",
        "<div dir=\"ltr\">",
        "<meta http-equiv=\"Content-Type\">",
        "{\\rtf1\\ansi",
        "<?xml version=\"1.0\"?>\n<office:document-content xmlns:office=\"x\">",
        "<sst xmlns=\"x\" count=\"2\">",
        "<?xml version=\"1.0\"?>\n<w:document xmlns:w=\"x\">",
        "<?xml version=\"1.0\"?>\r\n<?mso-application progid=\"Word.Document\"?>\r\n<pkg:package xmlns:pkg=\"x\">",
    ] {
        assert!(is(text.as_bytes()), "{text}");
    }
    let wide: Vec<u8> = "\u{feff}<html><body>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(is(&wide));
    for text in [
        "",
        "<",
        "my \"Personal\"\r\n<html>",
        "<Event xmlns='x'>",
        "<?xml version=\"1.0\"?><Events><Event>",
        "<htmlx>",
        "<p>I get this:<br>",
        "<configuration>",
        "{\"Id\":1}",
        "# see {\\rtf1",
    ] {
        assert!(!is(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_page_as_word_and_outlook_save_it() {
    let page = "<html>\r\n<head>\r\n<style>\r\n<!--\r\n p.MsoNormal\r\n\t{margin:0cm;}\r\n-->\r\n</style>\r\n<!--[if gte mso 9]><xml>\r\n\
        <o:x>no text</o:x></xml><![endif]-->\r\n</head>\r\n\r\n<body lang=EN-US>\r\n\r\n<div class=WordSection1>\r\n\r\n\
        <p class=MsoNormal><span\r\nstyle='font-size:9.0pt;font-family:\"Courier New\"'>  Provider = Microsoft RSA\r\n\
        SChannel <span\r\nclass=SpellE>Cryptographic</span> Provider<o:p></o:p></span></p>\r\n\r\n\
        <p class=MsoNormal><o:p>&nbsp;</o:p></p>\r\n\r\n<p\r\nclass=MsoNormal>a &lt;b&gt; &amp; Schl&uuml;ssel &#8211; x<br>\r\n\
        <span style='mso-spacerun:yes'>&nbsp;&nbsp; </span>y</p>\r\n<p></p>\r\n</div>\r\n</body>\r\n</html>\r\n";
    let wanted = [
        "  Provider = Microsoft RSA SChannel Cryptographic Provider",
        " ",
        "a <b> & Schl\u{fc}ssel \u{2013} x",
        "   y",
        "",
    ];
    assert_eq!(texts(page), wanted);
}

#[test]
fn every_character_has_its_place() {
    let page = "<html><p>a&lt;<b\n>bc\nd</b></p>";
    let [line] = read(page).try_into().unwrap();
    assert_eq!(line.text, "a<bc d");
    let wanted = [(1, 10, 9, 10), (1, 11, 10, 14), (2, 2, 18, 19), (2, 3, 19, 20), (2, 4, 20, 21), (3, 1, 21, 22)];
    assert_eq!(line.places, wanted);
    // In UTF-16 every character has two bytes, and the mark stands in front.
    let wide: Vec<u8> = format!("\u{feff}{page}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (seen, _) = read_with(&wide, TextEncoding::Utf16Le, &Limits::default());
    let doubled = wanted.map(|(line, column, start, end)| (line, column, 2 + 2 * start, 2 + 2 * end));
    assert_eq!(seen[0].places, doubled);
    // In a code page a letter beyond ASCII is one byte.
    let (seen, _) = read_with(b"<html><p>\xfc\xfcx</p>", "1252".parse().unwrap(), &Limits::default());
    assert_eq!(seen[0].text, "\u{fc}\u{fc}x");
    assert_eq!(seen[0].places, [(1, 10, 9, 10), (1, 11, 10, 11), (1, 12, 11, 12)]);
}

#[test]
fn line_ends_of_a_page() {
    // What a script puts into a page without marks keeps its lines; so does what is formatted already.
    assert_eq!(texts("<html><body>\na: 1\n  b: 2\n\nc\n</body></html>"), ["a: 1", "  b: 2", "", "c"]);
    assert_eq!(texts("<div><pre>a\n  b\n\nc</pre>d"), ["a", "  b", "", "c", "d"]);
    assert_eq!(
        texts("<div style=\"x:y; white-space: pre-wrap\">a\n b<div>c\n</div>\n d</div>"),
        ["a", " b", "c", "", " d"]
    );
    assert_eq!(texts("<div>a<br>\n   b\nc<br/>\n<br>d</div>"), ["a", "b c", "", "d"]);
    assert_eq!(texts("<div><table><tr><td>a</td><td>b\nc</td></tr><tr><th>d</table>"), ["a\tb", "c", "d"]);
}

#[test]
fn what_is_no_tag_of_a_page_is_text() {
    assert_eq!(
        texts("<div>a < b <c> <Event x='1'><Data Name='y'>&unknown; &amp;lt; &#0;</Data></div>"),
        ["a < b <c> <Event x='1'><Data Name='y'>&unknown; &lt; &#0;</Data>"]
    );
    assert_eq!(
        texts("<div>a<script>if (x < 1) { \"<p>no</p>\" }</SCRIPT>b<!-- <p>no\n</p> --><b title='>'>c</b></div>"),
        ["abc"]
    );
}

#[test]
fn marks_without_an_end_are_said() {
    for (page, words) in [
        ("<html>a<!-- b\nc", "a comment without an end"),
        ("<html>a<style> b\nc", "style without an end"),
        ("<html>a<b title='x\nc", "a tag without an end"),
    ] {
        let (seen, unread) = read_with(page.as_bytes(), TextEncoding::Utf8, &Limits::default());
        assert_eq!(seen.len(), 1);
        assert!(
            unread.len() == 1 && unread[0].0.starts_with(words) && (unread[0].1, unread[0].2) == (1, 7),
            "{unread:?}"
        );
    }
    // A quote that nothing ends hides no more than a tag may be long; a picture may be as long as it likes.
    let lines = "a line of text\n".repeat(TAG_BYTES / 10);
    let (seen, unread) =
        read_with(format!("<html><b title='x\n{lines}").as_bytes(), TextEncoding::Utf8, &Limits::default());
    assert!(seen.len() > 1_000 && unread.len() == 1, "{} {unread:?}", seen.len());
    assert_eq!(unread[0].0, "a tag of more than 65536 bytes: what stands in it is not read");
    let picture = "QUJD".repeat(TAG_BYTES);
    assert_eq!(texts(&format!("<html>a<img src=\"data:image/png;base64,{picture}\">b")), ["ab"]);
}

#[test]
fn a_document_of_word() {
    let document = "<?xml version=\"1.0\"?>\r\n<w:document xmlns:w=\"x\"><w:body><w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr>\
        <w:r><w:t xml:space=\"preserve\">  a &lt;</w:t></w:r><w:r><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p><w:p/>\
        <w:p><w:r><w:instrText>no</w:instrText><w:delText>no</w:delText></w:r></w:p><mc:AlternateContent><mc:Choice><w:p><w:t>d</w:t></w:p>\
        </mc:Choice><mc:Fallback><w:p><w:t>d</w:t></w:p></mc:Fallback></mc:AlternateContent></w:body></w:document>";
    assert_eq!(texts(document), ["  a <\tb", "c", "", "", "d"]);
}

/// A document in one line of any length: its text is the same wherever the windows of that line end.
#[test]
fn very_long_lines() {
    let paragraphs: Vec<String> = (0..200).map(|i| format!("{i}: \u{e9} line & <number> {i}")).collect();
    let word = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        format!("<w:p><w:r><w:rPr><w:rFonts w:ascii=\"Consolas\"/></w:rPr><w:t>{text}</w:t></w:r></w:p>")
    };
    let document = format!("<w:document>{}</w:document>", paragraphs.iter().map(|p| word(p)).collect::<String>());
    let rtf: String = paragraphs.iter().map(|p| format!("\\f0 {}\\par ", p.replace('\u{e9}', "\\'e9"))).collect();
    let rtf = format!("{{\\rtf1 {rtf}}}");
    let whole = [read(&document), read(&rtf)];
    for (bytes, whole) in [document, rtf].iter().zip(whole) {
        assert_eq!(whole.iter().map(|line| line.text.clone()).collect::<Vec<_>>(), paragraphs);
        for line_bytes in [128, 130, 250, 1_000] {
            let limits = Limits { line_bytes, line_overlap: 100, ..Limits::default() };
            let (seen, unread) = read_with(bytes.as_bytes(), TextEncoding::Utf8, &limits);
            assert_eq!(unread, []);
            assert!(seen == whole, "{line_bytes}");
            let wide: Vec<u8> = bytes.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let (seen, _) = read_with(&wide, TextEncoding::Utf16Le, &limits);
            let same = seen.iter().map(|line| &line.text).eq(&paragraphs);
            assert!(same, "{line_bytes}");
        }
    }
}

/// A paragraph that is longer than a line may be comes as windows, as a line of a plain text does.
#[test]
fn very_long_paragraphs() {
    let limits = Limits { line_bytes: 128, line_overlap: 32, ..Limits::default() };
    let text: String = (0..100).map(|i| format!("word{i} ")).collect();
    let page = format!("<html><p>{}</p><p>next</p>", text.replace("7 ", "7\n").replace("3 ", "&#51; "));
    let (seen, _) = read_with(page.as_bytes(), TextEncoding::Utf8, &limits);
    let (last, windows) = seen.split_last().unwrap();
    assert_eq!((last.text.as_str(), last.window), ("next", None));
    let mut joined = String::new();
    let mut places = Vec::new();
    for (at, line) in windows.iter().enumerate() {
        let (index, overlap, is_last) = line.window.unwrap();
        let overlap = overlap as usize;
        assert_eq!((index as usize, is_last), (at, at + 1 == windows.len()));
        assert_eq!(places[places.len() - overlap..], line.places[..overlap]);
        joined.push_str(&line.text[overlap..]);
        places.extend_from_slice(&line.places[overlap..]);
    }
    assert_eq!(joined, text);
    assert!(places.is_sorted_by_key(|place| place.2));
}

#[test]
fn a_document_in_rtf() {
    let rtf = "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil\\fcharset0 Consolas;}{\\f1\\fcharset204{\\*\\falt No;}Courier;}\r\n{\\f2\\fcharset134 SimSun;}}\r\n\
        {\\colortbl ;\\red0\\green0\\blue0;}{\\*\\generator Riched20 10.0;}{\\info{\\author no}}\\viewkind4\\uc1\r\n\
        \\pard\\f0\\fs20 C:\\\\Windows>certutil\\par\r\n  Key Container = \\{7A1D\\}\\par\r\n\\par\r\nSchl\\'fcssel \\u8211?\\tab x{\\b y}\\line\r\n\
        \\f1\\'cf\\'f0\\f2\\'d6\\'a4\\'caQ\\f0 \\u-10179 ?\\u-8939 ?z\\~1\\_2\\\r\n{\\pict\\bin6 a}\\par}{\\uc2\\u12354 \\'82\\'a0w}{\\field{\\*\\fldinst HYPERLINK}{\\fldrslt link}}\r\ned}";
    assert_eq!(
        texts(rtf),
        [
            "C:\\Windows>certutil",
            "  Key Container = {7A1D}",
            "",
            "Schl\u{fc}ssel \u{2013}\txy",
            "\u{41f}\u{440}\u{8bc1}\u{8518}\u{1f515}z 1-2",
            "\u{3042}wlinked",
        ]
    );
}

#[test]
fn places_in_rtf() {
    let [first, second] = read("{\\rtf1 a\\'fcb\\par\nc\nd}").try_into().unwrap();
    assert_eq!((first.text.as_str(), second.text.as_str()), ("a\u{fc}b", "cd"));
    assert_eq!(first.places, [(1, 8, 7, 8), (1, 9, 8, 12), (1, 13, 12, 13)]);
    assert_eq!(second.places, [(2, 1, 18, 19), (3, 1, 20, 21)]);
}

#[test]
fn bounds_of_rtf() {
    let deep = format!("{{\\rtf1 {}x{}\\par after}}", "{\\b ".repeat(RTF_DEPTH_AND), "}".repeat(RTF_DEPTH_AND));
    let (seen, unread) = read_with(deep.as_bytes(), TextEncoding::Utf8, &Limits::default());
    assert_eq!(seen.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["x", "after"]);
    assert!(unread.len() == 1 && unread[0].0.contains("inside more than 512 others"), "{unread:?}");
    // Broken groups and halves of characters.
    assert_eq!(texts("{\\rtf1 a}}}b\\u-10179 ?c"), ["ab\u{fffd}c"]);
    assert_eq!(texts("{\\rtf1\\ansicpg932 a\\'83\\par b\\'8"), ["a\u{fffd}", "b8"]);
}

const RTF_DEPTH_AND: usize = crate::limits::RTF_DEPTH + 100;

#[test]
fn open_documents() {
    let text = "<office:document-content><office:body><text:h>One</text:h><text:p>a<text:s/>b<text:s text:c=\"3\"/>c<text:tab/>\
                d<text:line-break/>e &amp; f</text:p>between<text:p/></office:body></office:document-content>";
    assert_eq!(texts(text), ["One", "a b   c\td", "e & f", ""]);
}

#[test]
fn workbooks() {
    let one = "<sst count=\"1\"><si><t>a\r\n b\nc &amp; d</t><rPh><t>no</t></rPh></si></sst>";
    assert_eq!(texts(one), ["a", " b", "c & d"]);

    let headings = "<sst><si><r><t>one</t></r><r><t> line</t></r></si><si><t>two</t></si><si><t>a\nb</t></si></sst>";
    assert_eq!(texts(headings), ["one line", "two", "a", "b"]);

    let rows = |n: usize| format!("<sst>\n{}</sst>", "<si><t>row</t></si>".repeat(n));
    let unread = |text: String| read_with(text.as_bytes(), TextEncoding::Utf8, &Limits::default()).1;
    assert_eq!(unread(rows(7)), []);
    let [(message, 2, offset)] = &unread(rows(100))[..] else { panic!("it is said once") };
    assert!(message.contains("once only"), "{message}");
    let eighth = 6 + 8 * "<si><t>row</t></si>".len() as u64;
    assert!((eighth - 5..=eighth).contains(offset), "{offset}");
}

const LOG: [&str; 6] = [
    "my \"Personal\"",
    "================ Certificate 0 ================",
    "Serial Number: 01",
    " NotBefore: 1/1/2026 1:00 AM",
    "",
    "  Key Container = key",
];

/// The log behind prefixes.
fn behind(prefix: impl Fn(usize) -> String) -> String {
    LOG.iter().enumerate().map(|(at, line)| format!("{}{line}\r\n", prefix(at))).collect()
}

#[test]
fn lines_lose_their_prefix_and_keep_their_indentation() {
    let numbers: fn(usize) -> String = |at| format!("{:4}  ", at * 40 + 1);
    for prefix in
        [numbers, |at| format!("{}:", at + 8), |at| format!("[{:2}] WEB01: ", at + 8), |_| "web01_1  | ".to_owned()]
    {
        let seen = texts(&behind(prefix));
        assert_eq!(seen, LOG, "{}", prefix(0));
    }
    // Numbers of any length, and blanks that are not there at the end of a line.
    assert_eq!(texts(&behind(|at| format!("{:2}  ", 10_usize.pow(at as u32)))), LOG);
    assert_eq!(texts(&behind(|_| "web01: ".to_owned()).replace("web01: \r", "web01:\r")), LOG);
}

#[test]
fn a_line_with_another_prefix_or_none_stays_as_it_is() {
    let text = format!("see line 12:\r\n{}12 and 13: two words\r\n", behind(|at| format!("{at}:")));
    let seen = texts(&text);
    assert_eq!(seen.first().unwrap(), "see line 12:");
    assert_eq!(seen.last().unwrap(), "12 and 13: two words");
    assert_eq!(seen[1..7], LOG);
    // Longer than a prefix is, though it has the same parts.
    let blanks = " ".repeat(PREFIX_BYTES);
    let long = texts(&format!("{}{blanks}12:x\r\n", behind(|at| format!("{at}:"))));
    assert_eq!(long.last().unwrap(), &format!("{blanks}12:x"));
    // Two servers, each with its own prefix.
    let both = behind(|_| "web01| ".to_owned()) + &behind(|_| "web02| ".to_owned());
    assert_eq!(texts(&both), [LOG, LOG].concat());
}

#[test]
fn places_are_those_behind_the_prefix() {
    for encoding in [TextEncoding::Utf8, TextEncoding::Utf16Le] {
        let text = behind(|at| format!("{at}: "));
        let wide = encoding == TextEncoding::Utf16Le;
        let bytes: Vec<u8> = match wide {
            true => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            false => text.clone().into_bytes(),
        };
        let (seen, _) = read_with(&bytes, encoding, &Limits::default());
        let at = text.find("NotBefore").unwrap() as u64;
        let unit = if wide { 2 } else { 1 };
        assert_eq!(seen[3].places[1], (4, 5, at * unit, (at + 1) * unit));
    }
}

#[test]
fn what_is_no_prefix() {
    let is = |text: &str| Carrier::of(text.as_bytes(), &Limits::default()).is_some();
    // Quoting, items of a list: they are taken off where a line is read.
    for prefix in ["", "> ", "> > ", "| ", "% "] {
        assert!(!is(&behind(|_| prefix.to_owned())), "{prefix}");
    }
    // A header that another line was joined to; one whose neighbours begin otherwise.
    assert!(!is(&format!("my \"Personal\"{}", LOG[1..].join("\n"))));
    assert!(!is(&LOG.join("\n").replace("================ Cert", "1: ================ Cert")));
    // What could go on in the value: no sign behind it.
    assert!(!is(&behind(|at| at.to_string())));
    assert!(!is(&behind(|_| "x".repeat(200) + ": ")));
}

/// What `icacls` shows, which has no header.
const LISTING: [&str; 5] = [
    "C:\\>icacls C:\\a",
    "C:\\a NT AUTHORITY\\SYSTEM:(F)",
    "     BUILTIN\\Administrators:(F)",
    "",
    "Successfully processed 1 files; Failed processing 0 files",
];

#[test]
fn what_most_lines_begin_with_is_a_prefix() {
    let after = |prefix: &dyn Fn(usize) -> String| -> String {
        LISTING.iter().enumerate().map(|(at, line)| format!("{}{line}\n", prefix(at))).collect()
    };
    let prefixes: [&dyn Fn(usize) -> String; 7] = [
        &|at| format!("2026-10-12 14:03:{:02},{at}17 INFO  [main] com.fabrikam.Runner - ", at + 8),
        &|at| format!("Oct 12 14:03:{:02} web01 certutil[1234]: ", at + 8),
        &|at| format!("[14:03:{:02}] ", at + 8),
        &|at| format!("{}:", at + 8),
        &|at| format!("C:\\temp\\dump.txt:{}:", at + 8),
        &|at| format!("{:4}  ", at + 8),
        &|_| "WEB01: ".to_owned(),
    ];
    for prefix in prefixes {
        assert_eq!(texts(&after(prefix)), LISTING, "{}", prefix(0));
        assert_eq!(texts(&format!("Hi,\n{}", after(prefix)))[1..], LISTING, "{}", prefix(0));
    }
    // Blanks at the end of a line are often lost.
    assert_eq!(texts(&after(&|_| "REM x ".to_owned()).replace("REM x \n", "REM x\n")), LISTING);
    // The first line of a file; the same words and a sign that sets them apart.
    for text in ["-----BEGIN CERTIFICATE-----\nMIIB\nMIIC\nMIID\n", "<?xml version=\"1.0\"?>\n<a>\n<b>\n</b>\n"] {
        let behind: String = text.lines().map(|line| format!("10/12/2026 2:03:11 PM: {line}\n")).collect();
        assert_eq!(texts(&behind).join("\n") + "\n", text);
    }
    let all: String = ["a", "  b", "c", "d"].map(|line| format!("web01  | {line}\n")).concat();
    assert_eq!(texts(&all), ["a", "  b", "c", "d"]);
}

#[test]
fn rows_of_tables_keep_what_they_begin_with() {
    let is = |text: String| Carrier::of(text.as_bytes(), &Limits::default()).is_some();
    let row = |at: usize| format!("10/12/2026  02:0{at} PM  {:>14} file{at}\n", at.pow(5));
    assert!(!is((1..9).map(row).collect()));
    let row = |at: usize| format!("10/12/2026 2:03:1{at} PM {:>6} Error  A message {at}\n", at.pow(4));
    assert!(!is((1..9).map(row).collect()));
    let row = |at: usize| format!("{{\"id\":{at},\"text\":\"{}\"}}\n", "x".repeat(at));
    assert!(!is((1..9).map(row).collect()));
    let row = |at: usize| format!("C:\\a\\{at}{}\n", "y".repeat(at));
    assert!(!is((1..9).rev().map(row).collect()));
    // Settings that are numbered.
    let inf: String = (0..20).map(|at| format!("Value{at} = {at}\n")).collect();
    assert!(!is(format!("[NewRequest]\nSubject=\"CN=a\"\nKeySpec=1\n{inf}")));
    let script =
        "REM Exports the key\nREM\nREM certutil -exportpfx my 1 a.pfx\nREM for support\ncertutil -v -store my\n";
    assert!(!is(script.to_owned()));
}

#[test]
fn quoting_without_a_blank() {
    let quoted: String = LISTING.iter().map(|line| format!(">{line}\r\n")).collect();
    assert_eq!(texts(&quoted), LISTING);
    let mail = texts(&format!("Anna wrote:\r\n{quoted}\r\nThanks\r\n"));
    assert_eq!(mail[1..6], LISTING);
    assert_eq!(mail[6..], ["", "Thanks"]);
    let twice: String = LISTING.iter().map(|line| format!(">>{line}\r\n")).collect();
    assert_eq!(texts(&twice), LISTING);
}

#[test]
fn marks_of_tickets_end_a_line() {
    let seen = texts("See: {noformat}a b\n  c{noformat} thanks\n{code:title=x}\nd[/code]\n");
    assert_eq!(seen, ["See: ", "a b", "  c", " thanks", "", "d", ""]);
    assert_eq!(texts("<t><![CDATA[a\nb]]></t>\n"), ["<t>", "a", "b", "</t>"]);
    assert!(Carrier::of(b"{\nnoformat}\n[x]\n<a>\n", &Limits::default()).is_none());
    assert!(Carrier::of(b"[\n<a><![CDATA[b]]></a>\n]\n", &Limits::default()).is_none());
    assert_eq!(texts("a\\\n  b\\\n\\\nc\n"), ["a", "  b", "", "c"]);
    assert!(Carrier::of(b"\"B\"=hex:00,\\\n  01,\\\n  02,\\\n  03\n", &Limits::default()).is_none());
}

#[test]
fn signs_that_a_text_has_instead_of_plain_ones() {
    let is = |text: &str| Carrier::of(text.as_bytes(), &Limits::default()).is_some();
    let seen = read("my \u{201c}Personal\u{201d} x\n");
    assert_eq!(seen[0].text, "my \"Personal\" x");
    assert_eq!(seen[0].places[3], (1, 4, 3, 6));
    assert_eq!(seen[0].places[4], (1, 5, 6, 7));
    assert_eq!(texts("a\u{a0}b\u{2019}c\n"), ["a b'c"]);
    assert_eq!(texts("Host\u{ff1a} a\nC:\\b\n"), ["Host: a", "C:\\b"]);
    assert_eq!(texts("a\u{2028}b\u{2028}c"), ["a", "b", "c"]);
    for own in ["a \u{201c}b\u{201d} \"c\"\n", "a b\u{a0}c\n", "a: b\u{ff1a} c\n", "a\u{2028}b\nc\n"] {
        assert!(!is(own), "{own}");
    }
}

#[test]
fn a_time_in_front_of_lines_that_are_no_events() {
    let is = |text: &str| Carrier::of(text.as_bytes(), &Limits::default()).is_some();
    let time = "2026-10-12T14:03:22";
    let pipeline = |stamp: &str| ["Run certutil", "", "  a: 1", "b"].map(|line| format!("{stamp}{line}\n")).concat();
    for zone in ["Z ", ".1234567Z ", "+02:00 ", ".5-07:00 stderr F ", ",123Z\t"] {
        assert!(is(&pipeline(&format!("{time}{zone}"))), "{zone}");
        assert!(is(&pipeline(&format!("job\tstep\t{time}{zone}"))), "{zone}");
    }
    assert!(is(&pipeline(&format!("[{time}Z] "))));
    // Without a zone, a line that is empty behind it proves it.
    let indented = |stamp: &str| pipeline(stamp).replace(&format!("{stamp}\n"), "");
    for other in [" ", "+0200 ", "x "] {
        assert!(is(&pipeline(&format!("{time}{other}"))), "{other}");
        assert!(!is(&indented(&format!("{time}{other}"))), "{other}");
    }
    // No blank.
    for other in ["", "Z"] {
        assert!(!is(&pipeline(&format!("{time}{other}"))), "{other}");
    }
    // Each line is an event with its time.
    assert!(!is(&["Schannel 36870", "Schannel 36871", "Schannel 36870", "b"]
        .map(|line| format!("{time}Z {line}\n"))
        .concat()));
    // Fewer than three of four lines have one.
    assert!(!is(&(pipeline(&format!("{time}Z ")) + "a\nb\n")));
    assert!(is(&(pipeline(&format!("{time}Z ")) + "a\n")));
}

#[test]
fn lines_behind_the_name_of_a_stream() {
    for prefix in ["VERBOSE: ", "AUSF\u{dc}HRLICH: ", "    STDOUT: ", "[2026-11-01T10:00:00+00:00] DEBUG: "] {
        let text = behind(|_| prefix.to_owned()).replace("================ ", "");
        let wanted = LOG.map(|line| line.replace("================ ", ""));
        assert_eq!(texts(&text), wanted, "{prefix}");
    }
    let is = |text: &str| Carrier::of(text.as_bytes(), &Limits::default()).is_some();
    // Nothing is empty or indented behind it; messages; labels.
    assert!(!is("VERBOSE: a\nVERBOSE: b\nVERBOSE: c\n"));
    for label in ["ERROR", "Verbose", "DNS", "\u{6765}\u{6e90}"] {
        assert!(!is(&format!("{label}: a\n{label}: \n{label}:  b\n")), "{label}");
    }
}

/// Lines as a window of so many columns shows them.
fn wrapped(lines: &[&str], columns: usize, front: &str) -> String {
    let mut out = String::new();
    for line in lines {
        let characters: Vec<char> = line.chars().collect();
        let mut rows = characters.chunks(columns).peekable();
        if rows.peek().is_none() {
            out.push_str(&format!("{}\n", front.trim_end()));
        }
        for row in rows {
            out.push_str(&format!("{front}{}\n", row.iter().collect::<String>()));
        }
    }
    out
}

const FILE: &str = r"C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys\e29d3f1ebac0bb034697850cf8774383_0f8fad5b-d9cb-469f-a165-70867728950e";

#[test]
fn what_a_window_wrapped_is_joined() {
    let first = format!("{FILE} NT AUTHORITY\\SYSTEM:(F)");
    let second = format!("{:1$}BUILTIN\\Administrators:(F)", "", FILE.len() + 1);
    let log = ["C:\\>icacls x", &first, "", "Successfully processed 1 files; Failed processing 0 files"];
    for columns in [72, 80, 100, 120] {
        let both = [&log[..], &log[..]].concat();
        for front in ["", "> ", "    ", "\t", ">     "] {
            assert_eq!(texts(&wrapped(&both, columns, front)), both, "{columns} {front:?}");
        }
    }
    // Places are those of the file: the seventh column of the joined line's second row.
    let seen = read(&wrapped(&log, 80, "    "));
    assert_eq!((seen[1].places[86].0, seen[1].places[86].1), (3, 11));
    // A row of blanks alone begins a line of its own; the entry below its column is read as it stands.
    let rows = wrapped(&["C:\\>icacls x", &first, &second], 80, "");
    assert_eq!(texts(&rows).len(), 4);
}

#[test]
fn lines_that_fill_a_window_by_themselves() {
    let is = |text: &str| Carrier::of(text.as_bytes(), &Limits::default()).is_some();
    let fill = |start: &str, end: &str| format!("{start}{}{end}", "x".repeat(80 - start.len() - end.len()));
    for (line, next) in [
        (fill("Host: ", ""), "Version: 3"),
        (fill("Host: ", ""), "Key Container = a"),
        (fill("Host: ", ""), "    Provider = a"),
        (fill("Host: ", ""), "C:\\>certutil"),
        (fill("Host: ", ""), "PS C:\\> a"),
        (fill("Host: ", ""), "CertUtil: -store"),
        (fill("C:\\>certutil -csp \"", "\""), "Microsoft Strong Cryptographic Provider:"),
        (fill("a ", ",\\"), "00,01"),
        (fill("[HKEY_LOCAL_MACHINE\\a ", "]"), "\"Blob\"=hex:00"),
        (fill("2026-10-12 10:00 ", ""), "2026-10-12 10:01 y"),
        (fill("a ", " e29d3f1ebac0bb034697850cf8774383_0f8fad5b-d9cb-469f-a165-70867728950e"), "Done"),
        (fill("a ", "."), "Then"),
    ] {
        assert!(!is(&format!("{line}\n{next}\n")), "{line} {next}");
    }
    // A longer line; a text that is broken between words.
    let torn = fill("C:\\a ", "") + "\nxxxx1 y\n";
    assert!(is(&torn) && !is(&format!("{torn}{}\n", "x".repeat(81))));
    let words = format!("{}\nlike this\n{}\nand so\n{}\non\n", fill("we ", " go"), "a ".repeat(38), "b ".repeat(39));
    assert!(!is(&words));
}

#[test]
fn an_indented_block_among_other_lines() {
    let block = ["C:\\>icacls x", "x Everyone:(F)", "  BUILTIN\\Users:(R)", ""];
    let text = format!("Hello,\n\n{}\nBye\n    indented\n", wrapped(&block, 80, "    "));
    let seen = texts(&text);
    assert_eq!(seen[2..6], block);
    assert_eq!(seen[7..], ["Bye", "    indented"]);
    // Indentation alone begins none.
    assert!(Carrier::of(b"Hello,\n\n    a: b\n    c: d\n\nBye\n", &Limits::default()).is_none());
}

/// The log as one string of JSON.
fn in_a_string(line_end: &str) -> String {
    LOG.map(|line| format!("{}{line_end}", line.replace('"', "\\\""))).concat()
}

#[test]
fn strings_of_several_lines_are_shown() {
    for end in ["\\n", "\\r\\n", "\\r", "\\u000d\\u000A"] {
        let text = in_a_string(end);
        let shown: &[&str] = &LOG;
        // What `az vm run-command invoke` answers, as it is and on one line; a value that was copied alone.
        let answer = format!(
            "{{\n  \"value\": [\n    {{\n      \"code\": \"StdOut\",\n      \"message\": \"{text}\",\n      \"time\": null\n    }},\n    {{\n      \
             \"message\": \"\"\n    }}\n  ]\n}}\n"
        );
        // `\r` alone ends a line of a text, but does not show that a string has several.
        if end == "\\r" {
            continue;
        }
        assert_eq!(texts(&answer), shown, "{end}");
        assert_eq!(texts(&answer.replace("\n ", "")), shown, "{end}");
        assert_eq!(texts(&format!("\"message\": \"{text}\",")), shown, "{end}");
        // An object for each line, as container engines keep them.
        let object = |line: &str| {
            format!(
                "{{\"log\":\"{}{end}\",\"stream\":\"stdout\",\"time\":\"2026-10-12T14:03:22Z\"}}\n",
                line.replace('"', "\\\"")
            )
        };
        assert_eq!(texts(&LOG.map(object).concat()), shown, "{end}");
    }
    assert_eq!(
        texts("{\"a\": \"x\\n\\n\\tSchl\\u00fcssel \\ud83d\\udd15 \\ud83d C:\\\\new \\/ \\u003c\\n\\rb\"}"),
        ["x", "", "\tSchl\u{fc}ssel \u{1f515} \u{fffd} C:\\new / <", "", "b"]
    );
}

#[test]
fn strings_that_are_lines() {
    let elements = LOG.map(|line| format!("  \"{}\",\n", line.replace('"', "\\\""))).concat();
    assert_eq!(texts(&format!("{{\n\"rc\": 0,\n\"lines\": [\n{elements}]\n}}")), LOG);
    assert_eq!(texts(&format!("TASK [x] ***\nok: [web01] => {{\n\"lines\": [\n{elements}]\n}}")), {
        let mut lines = vec!["TASK [x] ***", "ok: [web01] => {"];
        lines.extend(LOG);
        lines
    });
    let values =
        LOG.map(|line| format!("{{\"t\":1,\"line\":\"{}\",\"k\":\"v\"}}\n", line.replace('"', "\\\""))).concat();
    assert_eq!(texts(&values), LOG);
    // The command says whose store it is.
    let asked =
        format!("{{\"cmd\": \"certutil -user -store my\",\n\"rc\": 0, \"stdout\": \"{}\"}}", in_a_string("\\n"));
    assert_eq!(texts(&asked)[..2], ["certutil -user -store my", LOG[0]]);
    // Ansible says everything twice.
    let twice = format!("{{\"stdout\": \"{}\",\n\"stdout_lines\": [\n{elements}]}}", in_a_string("\\n"));
    assert_eq!(texts(&twice), LOG);
    // No JSON: the quotation marks inside have no signs in front.
    let other = LOG.map(|line| format!("  \"{line}\",\n")).concat();
    assert_eq!(texts(&other)[0], "  \"my \"Personal\"\",");
}

#[test]
fn what_is_no_json_with_texts() {
    let is = |text: &str| Carrier::of(text.as_bytes(), &Limits::default()).is_some();
    assert!(is("{\"a\": \"1\\n2\\n3\\n\"}"));
    for text in [
        // Too few lines; the messages of events; no string of JSON; blanks that are none.
        "{\"a\": \"1\\n2\\n3\"}",
        "{\"EventID\": 36870, \"Message\": \"1\\n2\\n3\\n\"}",
        "{\"a\": \"C:\\Windows\\new\\nodes\\names\"}",
        "{\"a\": \"C:\\\\new\\\\nodes\\\\names\"}",
        "print(\"1\\n2\\n3\\n\")",
        "{a\\nb\\nc\\nd}",
        // The content of a string without the marks around it.
        &in_a_string("\\r\\n"),
    ] {
        assert!(!is(text), "{text}");
    }
}

#[test]
fn places_in_strings() {
    let [first, second, third, fourth] = read("{\"k\":\n \"a\\u00fcb\\nc\\n\\nd\"}").try_into().unwrap();
    assert_eq!([&first.text, &second.text, &third.text, &fourth.text], ["a\u{fc}b", "c", "", "d"]);
    assert_eq!(first.places, [(2, 3, 8, 9), (2, 4, 9, 15), (2, 10, 15, 16)]);
    assert_eq!(second.places, [(2, 13, 18, 19)]);
    assert_eq!(fourth.places, [(2, 18, 23, 24)]);
}

#[test]
fn a_string_in_a_very_long_line() {
    let lines: Vec<String> = (0..200).map(|i| format!("{i}: \u{e9} \"line\" C:\\x {i}")).collect();
    let text: String =
        lines.iter().map(|line| format!("{}\\r\\n", line.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    let json = format!("{{\"a\":\"{text}\",\"other\":\"{}\",\"b\":\"{text}\"}}", "no \\\" text ".repeat(200));
    let whole = read(&json);
    assert!(whole.iter().map(|line| &line.text).eq(lines.iter().chain(&lines)));
    for line_bytes in [128, 130, 251, 1_000] {
        let limits = Limits { line_bytes, line_overlap: 100, ..Limits::default() };
        let (seen, unread) = read_with(json.as_bytes(), TextEncoding::Utf8, &limits);
        assert_eq!(unread, []);
        assert!(seen == whole, "{line_bytes}");
    }
}

/// What is shown does not hang on where a window ends: a first line has a length of its own.
#[test]
fn strings_at_the_end_of_a_window() {
    for pad in [0, 700, 1_500, 2_600] {
        let mut json = format!("{{\"a\":\"1\\n2\\n3\\n\",\"pad\":\"{}\"", "\\\\".repeat(pad));
        let mut wanted = ["1", "2", "3"].map(str::to_owned).to_vec();
        for i in 0..80 {
            let first = "x".repeat(i * 331 % 2_500);
            if (1_000..1_040).contains(&first.len()) {
                continue;
            }
            json.push_str(&format!(",\"k{i}\" : \"{first}\\n\\\\\\\"{i}\""));
            if first.len() < 1_000 {
                wanted.extend([first, format!("\\\"{i}")]);
            }
        }
        for line_bytes in [8 << 10, 10_000, 1 << 20] {
            let limits = Limits { line_bytes, ..Limits::default() };
            let (seen, unread) = read_with(json.as_bytes(), TextEncoding::Utf8, &limits);
            assert!(unread.len() == 1 && unread[0].0.contains("more than 1024 bytes"), "{unread:?}");
            assert!(seen.iter().map(|line| &line.text).eq(&wanted), "{pad} {line_bytes}");
        }
    }
}

#[test]
fn what_colours_a_terminal_is_taken_off() {
    let log = LOG.map(|line| format!("\u{1b}[36;1m{line}\u{1b}[0m\u{1b}[K\r\n")).concat();
    assert_eq!(texts(&log), LOG);
    // The title of the window, a link, another set of characters, the keypad.
    let title = "\u{1b}]0;C:\\Windows\u{7}a\u{1b}]8;;http://x\u{1b}\\b\u{1b}(Bc\u{1b}=d\u{1b}[?25he";
    assert_eq!(texts(title), ["abcde"]);
    // Behind a prefix, in front of one.
    let line =
        |(at, line): (usize, &str)| format!("\u{1b}[2m{at}: \u{1b}[0m{line}\n").replacen("\u{1b}[2m", "", at % 2);
    let mixed: String = LOG.into_iter().enumerate().map(line).collect();
    assert_eq!(texts(&mixed), LOG);
    // The name of a container.
    let name = LOG.join("\n") + "\u{1b}[31m\n";
    assert!(Carrier::of(name.as_bytes(), &Limits::default()).is_none());
    // None, one that is cut, and one that is too long stay.
    assert!(Carrier::of(b"a\x1b\x1bb\x1b", &Limits::default()).is_none());
    assert_eq!(texts("\u{1b}[0ma\u{1b}[1;"), ["a\u{1b}[1;"]);
    let long = format!("\u{1b}[0m\u{1b}]{}\u{7}", "x".repeat(TERMINAL_SEQUENCE));
    assert_eq!(texts(&long), [&long[4..]]);
    let longest = format!("\u{1b}[0m\u{1b}]{}\u{7}b", "x".repeat(TERMINAL_SEQUENCE - 3));
    assert_eq!(texts(&longest), ["b"]);
}

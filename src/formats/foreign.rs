//! Files of other programs that come with a ticket and hold nothing that is read as it is: what they are, and what to send
//! instead.

/// What a file is, by its first bytes, and what to do with it. `None`: it is none of these.
///
/// Sources: the magic numbers in the formats' own documents (RFC 1952 2.3.1, gzip; 7-Zip, "7zFormat.txt"; RARLAB, "RAR 5.0
/// archive format"; POSIX pax, "ustar"; "The .xz File Format" 2.1.1.1; [MS-CFB] 2.2; Microsoft Cabinet Format 2.1; ISO 32000
/// 7.5.2, PDF; RFC 2083 3.1, PNG; ITU-T T.81 B.1.1.3, JPEG; Microsoft PE Format).
pub fn what_it_is(bytes: &[u8]) -> Option<&'static str> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    Some(match bytes {
        _ if begins(b"\x1f\x8b\x08") => "a gzip file: unpack it first",
        _ if begins(b"7z\xbc\xaf\x27\x1c") => "a 7-Zip archive: unpack it first",
        _ if begins(b"Rar!\x1a\x07") => "a RAR archive: unpack it first",
        _ if begins(b"\xfd7zXZ\0") => "an xz file: unpack it first",
        _ if begins(b"BZh") && at(4, b"1AY&SY") => "a bzip2 file: unpack it first",
        _ if begins(b"MSCF\0\0\0\0") => "a cabinet file: unpack it first (expand, cabextract)",
        _ if at(257, b"ustar") => "a tar archive: unpack it first",
        _ if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => {
            "a file of Outlook (.msg) or older Office: save it as text, .eml or .docx, and the attachments beside it"
        }
        _ if begins(b"%PDF-") => "a PDF: save its text in a file",
        _ if begins(b"\x89PNG\r\n\x1a\n") || begins(b"\xff\xd8\xff") => {
            "a picture: send the text itself, copied or redirected to a file"
        }
        _ if begins(b"MZ") => "a program",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_first_bytes() {
        let tar = [vec![b'a'; 257], b"ustar\0".to_vec()].concat();
        let told: [(&[u8], &str); 8] = [
            (b"\x1f\x8b\x08\0\0", "gzip"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "7-Zip"),
            (b"Rar!\x1a\x07\x01\0", "RAR"),
            (b"MSCF\0\0\0\0\x10", "cabinet"),
            (&tar, "tar"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "Outlook"),
            (b"%PDF-1.7\n", "PDF"),
            (b"\x89PNG\r\n\x1a\n\0", "picture"),
        ];
        for (bytes, word) in told {
            assert!(what_it_is(bytes).is_some_and(|what| what.contains(word)), "{word}");
        }
        for bytes in [&b""[..], b"PK\x03\x04", b"\x30\x82\x01\0", b"ElfFile\0", b"BZhello world", b"MSCF", b"Rar!"] {
            assert_eq!(what_it_is(bytes), None, "{bytes:?}");
        }
    }
}

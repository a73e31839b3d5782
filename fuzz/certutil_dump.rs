//! Generated output of certutil whose facts are known, and a small state machine that reads them without this library.
//!
//! The grammar is that of `certutil -store` and `certutil -v -store` in English (`docs/formats/certutil.md`).

use super::seed::Seed;
use std::fmt::Write;

/// Words that stand in no artifact of Windows and in no text of this program, for names.
pub const WORDS: [&str; 8] =
    ["Zaqvorin", "Bexluthan", "Quorvimex", "Yttrovask", "Fjandolur", "Wexomarib", "Jukhelmoq", "Pyzzarond"];

/// What may stand beside such a word in a name.
const BESIDE: [&str; 16] = [
    "",
    " GmbH",
    " 0x80090016",
    " (32)",
    " - KeySpec",
    " = 1",
    " (x)",
    " & Co",
    " `x`",
    " |",
    " \u{e4}\u{416}",
    " [1]",
    " #",
    "_*",
    " \"\"",
    ": ",
];

const PROVIDERS: [(&str, Option<u32>); 8] = [
    ("Microsoft RSA SChannel Cryptographic Provider", Some(12)),
    ("Microsoft Strong Cryptographic Provider", Some(1)),
    ("Microsoft Enhanced Cryptographic Provider v1.0", Some(1)),
    ("Microsoft Enhanced RSA and AES Cryptographic Provider", Some(24)),
    ("Microsoft Software Key Storage Provider", None),
    ("Microsoft Platform Crypto Provider", None),
    ("Microsoft Smart Card Key Storage Provider", None),
    ("Microsoft Base Smart Card Crypto Provider", Some(1)),
];

/// How the listing of a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Encryption(bool),
    Signature,
    Missing,
    /// Nothing is said of the key.
    Silent,
}

/// What a listing says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub container: String,
    pub unique: Option<String>,
    pub provider: String,
    pub provider_type: Option<u32>,
    pub flags: Option<u32>,
    pub key_spec: Option<u32>,
    pub end: End,
}

/// What a listing says of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    pub index: u32,
    pub serial: String,
    pub subject: String,
    pub sha1: String,
    pub key: Option<Key>,
}

/// A listing and its facts.
#[derive(Debug)]
pub struct Dump {
    pub text: String,
    pub certificates: Vec<Certificate>,
    /// What must not be seen in a redacted copy, in lower case.
    pub secrets: Vec<String>,
}

struct Writer<'s, 'b> {
    seed: &'s mut Seed<'b>,
    text: String,
    secrets: Vec<String>,
    /// Of the hexadecimal values, so that none occurs twice.
    count: u64,
}

/// The digits of a number that looks like a hash.
fn digits(number: u64, length: usize) -> String {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut text = String::new();
    while text.len() < length {
        state ^= state >> 31;
        state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        text.push_str(&format!("{state:016x}"));
    }
    text.truncate(length);
    text
}

impl Writer<'_, '_> {
    /// Digits that no other value has, which are a secret.
    fn hex(&mut self, length: usize) -> String {
        self.count += 1;
        let text = digits(u64::from(self.seed.byte()) << 32 | self.count, length);
        self.secrets.push(text.clone());
        text
    }

    fn word(&mut self) -> String {
        // Listings whose certificates are alike have other names all the same.
        let word = WORDS[(usize::from(self.seed.byte()) + self.count as usize) % WORDS.len()];
        self.secrets.push(word.to_lowercase());
        word.to_owned()
    }

    fn guid(&mut self) -> String {
        let hex = self.hex(32);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// The parts of a name, most specific first, as certutil writes them.
    fn name(&mut self) -> Vec<String> {
        let first = match self.seed.below(3) {
            0 => format!("CN={}.{}.example", self.word().to_lowercase(), self.word().to_lowercase()),
            _ => format!("CN={}", self.value()),
        };
        let mut parts = vec![first];
        for kind in ["OU", "O", "L"] {
            if self.seed.below(3) == 0 {
                parts.push(format!("{kind}={}", self.value()));
            }
        }
        if self.seed.yes() {
            parts.push("C=SE".to_owned());
        }
        parts
    }

    /// A value of a name, in quotes where `CertNameToStr` puts it in quotes.
    fn value(&mut self) -> String {
        let word = self.word();
        let beside = self.seed.pick(&BESIDE);
        let value = format!("{word}{beside}");
        let value = value.trim_end();
        if value.contains([',', '+', '=', '"', '<', '>', '#', ';']) { format!("\"{value}\"") } else { value.to_owned() }
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("a string takes everything");
        self.text.push('\n');
    }

    fn names(&mut self, label: &str, parts: &[String]) {
        self.line(format_args!("{label}:"));
        for part in parts {
            self.line(format_args!("    {part}"));
        }
        let (sha1, md5) = (self.hex(40), self.hex(32));
        self.line(format_args!("  Name Hash(sha1): {sha1}"));
        self.line(format_args!("  Name Hash(md5): {md5}"));
        self.line(format_args!(""));
    }

    fn dump(&mut self, rows: usize) {
        for row in 0..rows {
            let hex = digits(row as u64, 32);
            let bytes: Vec<&str> = (0..16).map(|at| &hex[at * 2..at * 2 + 2]).collect();
            let (left, right) = bytes.split_at(8);
            self.line(format_args!("    {:04x}  {}  {}", row * 16, left.join(" "), right.join(" ")));
        }
    }

    fn key(&mut self, verbose: bool) -> Option<Key> {
        if self.seed.below(5) == 0 {
            return None;
        }
        let (provider, provider_type) = self.seed.pick(&PROVIDERS);
        let container = match self.seed.below(4) {
            0 => format!("{{{}}}", self.guid().to_uppercase()),
            1 => format!("le-Web-{}", self.guid()),
            2 => self.word(),
            _ => format!("{} {}", self.word(), self.seed.byte()),
        };
        let end = match self.seed.below(8) {
            0 => End::Missing,
            1 => End::Encryption(false),
            2 => End::Signature,
            3 => End::Silent,
            _ => End::Encryption(true),
        };
        let unique =
            (end != End::Missing && self.seed.below(4) > 0).then(|| format!("{}_{}", self.hex(32), self.guid()));
        let stated = verbose && self.seed.below(8) > 0;
        let csp = provider_type.is_some();
        Some(Key {
            container,
            unique,
            provider: provider.to_owned(),
            provider_type: stated.then_some(provider_type.unwrap_or(0)),
            flags: stated.then(|| self.seed.pick(&[0, 0x20])),
            key_spec: stated.then(|| if csp { self.seed.pick(&[1, 2]) } else { 0 }),
            end,
        })
    }

    fn property(&mut self, key: &Key) {
        self.line(format_args!("  CERT_KEY_PROV_INFO_PROP_ID(2):"));
        self.line(format_args!("    Key Container = {}", key.container));
        if let Some(unique) = &key.unique {
            self.line(format_args!("  Unique container name: {unique}"));
        }
        self.line(format_args!("    Provider = {}", key.provider));
        let decimal = |number: u32| if number > 9 { format!("{number:x} ({number})") } else { number.to_string() };
        if let Some(kind) = key.provider_type {
            self.line(format_args!("    ProviderType = {}", decimal(kind)));
        }
        if let Some(flags) = key.flags {
            self.line(format_args!("  Flags = {}", decimal(flags)));
            if flags == 0x20 {
                self.line(format_args!("    CRYPT_MACHINE_KEYSET -- 20 (32)"));
            }
        }
        if let Some(spec) = key.key_spec {
            let name = ["XCN_AT_NONE", "AT_KEYEXCHANGE", "AT_SIGNATURE"][spec as usize];
            self.line(format_args!("    KeySpec = {spec} -- {name}"));
        }
        self.line(format_args!(""));
    }

    fn certificate(&mut self, index: u32, verbose: bool) -> Certificate {
        let serial = self.hex(32);
        // The sign bit of a serial number would need a zero byte before it.
        let serial = format!("1{}", &serial[1..]);
        self.secrets.push(serial.clone());
        let (issuer, subject) = (self.name(), self.name());
        let sha1 = self.hex(40);
        let key = self.key(verbose);
        self.line(format_args!("================ Certificate {index} ================"));
        if verbose {
            self.line(format_args!("X509 Certificate:"));
            self.line(format_args!("Version: 3"));
        }
        self.line(format_args!("Serial Number: {serial}"));
        if verbose {
            self.names("Issuer", &issuer);
        } else {
            self.line(format_args!("Issuer: {}", issuer.join(", ")));
        }
        self.line(format_args!(" NotBefore: 3/14/2024 3:30 PM"));
        self.line(format_args!(" NotAfter: 3/14/2034 3:40 PM"));
        if verbose {
            self.line(format_args!(""));
            self.names("Subject", &subject);
            self.line(format_args!("Public Key Algorithm:"));
            self.line(format_args!("    Algorithm ObjectId: 1.2.840.113549.1.1.1 RSA (RSA_SIGN)"));
            self.line(format_args!("Public Key Length: 2048 bits"));
            self.line(format_args!("Public Key: UnusedBits = 0"));
            let rows = self.seed.below(4);
            self.dump(rows);
            self.line(format_args!("Signature: UnusedBits=0"));
            let rows = self.seed.below(4);
            self.dump(rows);
        } else {
            self.line(format_args!("Subject: {}", subject.join(", ")));
        }
        self.line(format_args!("Non-root Certificate"));
        self.line(format_args!("Cert Hash(sha1): {sha1}"));
        if verbose {
            self.line(format_args!(""));
        }
        match &key {
            Some(key) if verbose => self.property(key),
            Some(key) => {
                self.line(format_args!("  Key Container = {}", key.container));
                if let Some(unique) = &key.unique {
                    self.line(format_args!("  Unique container name: {unique}"));
                }
                self.line(format_args!("  Provider = {}", key.provider));
            }
            None => {
                self.line(format_args!("No key provider information"));
                self.line(format_args!("Cannot find the certificate and private key for decryption."));
            }
        }
        match key.as_ref().map(|key| key.end) {
            Some(End::Encryption(true)) => self.line(format_args!("Encryption test passed")),
            Some(End::Encryption(false)) => self.line(format_args!("Encryption test FAILED")),
            Some(End::Signature) => self.line(format_args!("Signature test passed")),
            Some(End::Missing) => self.line(format_args!("Missing stored keyset")),
            Some(End::Silent) | None => {}
        }
        Certificate { index, serial, subject: subject.join(", "), sha1, key }
    }
}

impl Dump {
    /// The listing that some bytes choose.
    pub fn from_seed(bytes: &[u8]) -> Self {
        let mut seed = Seed(bytes);
        let form = seed.byte();
        let mut writer = Writer { seed: &mut seed, text: String::new(), secrets: Vec::new(), count: 0 };
        let mut certificates = Vec::new();
        for _ in 0..=writer.seed.below(3) {
            let verbose = writer.seed.yes();
            writer.line(format_args!("C:\\>certutil {}-store My", if verbose { "-v " } else { "" }));
            writer.line(format_args!("My \"Personal\""));
            // Certificates that are alike: the same choices again, with other names and numbers.
            let alike = writer.seed.below(3) == 0;
            let choices = writer.seed.0;
            for index in 0..writer.seed.pick(&[0, 1, 2, 3, 4, 12]) {
                if alike {
                    writer.seed.0 = choices;
                }
                let certificate = writer.certificate(index, verbose);
                certificates.push(certificate);
                if writer.seed.yes() {
                    writer.line(format_args!(""));
                }
            }
            writer.line(format_args!("CertUtil: -store command completed successfully."));
            writer.line(format_args!(""));
        }
        let Writer { text, mut secrets, .. } = writer;
        secrets.sort();
        secrets.dedup();
        // What a mail or a console does to a text; none of it changes a fact.
        let text = match form % 4 {
            1 => text.replace('\n', "\r\n"),
            2 => text.lines().map(|line| format!("> {line}\n")).collect(),
            3 => text.lines().map(|line| format!("{line}  \n")).collect(),
            _ => text,
        };
        Self { text, certificates, secrets }
    }
}

/// What certutil's text says, read line by line: an own small state machine for the grammar above.
pub fn read(text: &str) -> Vec<Certificate> {
    let mut found: Vec<Certificate> = Vec::new();
    let mut in_subject = false;
    for line in text.lines() {
        let line = line.strip_prefix("> ").unwrap_or(line).trim_end();
        if let Some(rest) = line.strip_prefix("================ Certificate ") {
            let index = rest.trim_end_matches(['=', ' ']).parse().expect("a number");
            found.push(Certificate { index, ..Certificate::default() });
            continue;
        }
        let Some(certificate) = found.last_mut() else { continue };
        if let Some(serial) = line.strip_prefix("Serial Number: ") {
            certificate.serial = serial.to_owned();
        } else if let Some(hash) = line.strip_prefix("Cert Hash(sha1): ") {
            certificate.sha1 = hash.to_owned();
        } else if let Some(subject) = line.strip_prefix("Subject: ") {
            certificate.subject = subject.to_owned();
        }
        if line == "Subject:" {
            in_subject = true;
        } else if let (true, Some(part)) = (in_subject, line.strip_prefix("    ")) {
            if !certificate.subject.is_empty() {
                certificate.subject.push_str(", ");
            }
            certificate.subject.push_str(part);
            continue;
        } else {
            in_subject = false;
        }
        let value = line.trim_start();
        if let Some(container) = value.strip_prefix("Key Container = ") {
            let container = container.to_owned();
            let (unique, provider_type, flags, key_spec) = (None, None, None, None);
            let provider = String::new();
            let key = Key { container, unique, provider, provider_type, flags, key_spec, end: End::Silent };
            certificate.key = Some(key);
        }
        let Some(key) = &mut certificate.key else { continue };
        let number = |text: &str| u32::from_str_radix(text.split(' ').next().expect("a part"), 16).expect("a number");
        if let Some(unique) = value.strip_prefix("Unique container name: ") {
            key.unique = Some(unique.to_owned());
        } else if let Some(provider) = value.strip_prefix("Provider = ") {
            key.provider = provider.to_owned();
        } else if let Some(kind) = value.strip_prefix("ProviderType = ") {
            key.provider_type = Some(number(kind));
        } else if let Some(flags) = value.strip_prefix("Flags = ") {
            key.flags = Some(number(flags));
        } else if let Some(spec) = value.strip_prefix("KeySpec = ") {
            key.key_spec = Some(number(spec));
        } else if value == "Missing stored keyset" {
            key.end = End::Missing;
        } else if value == "Signature test passed" {
            key.end = End::Signature;
        } else if let Some(outcome) = value.strip_prefix("Encryption test ") {
            key.end = End::Encryption(outcome == "passed");
        }
    }
    found
}

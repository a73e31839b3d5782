//! The text output of certutil: short and verbose listings of stores and files, in any language, damaged or not.
//!
//! The grammar is in `docs/formats/certutil.md`. The parser reads one physical line at a time and keeps one certificate
//! block; it gives [`Record`]s in the order of the text. What can be recognised without language is (block rules,
//! `(sha1)`, `_PROP_ID(2)`, provider names, `AT_*`, `hash_GUID`, the order of the lines); labels serve for the rest.

mod anchors;
mod block_fields;
mod command;
mod labels;
mod parser;
mod split;
mod values;

pub use block_fields::TextField;
pub use command::CommandLine;
pub use labels::{Language, words_beyond_ascii};
pub use parser::{
    BatchRead, HEADER_MARK, Known, LineByLine, MadeUp, Parser, ReadyBlocks, ShapedBlock, Spot, UsedBlocks, blocks_of,
    read_batch,
};
pub use values::PrintedDate;

use crate::model::fact::{Excerpts, Fact, Place};
use crate::model::{key_spec::KeySpec, key_usage::KeyUsage, thumbprint::Sha1, windows::WindowsVersion};

/// What a log says, piece by piece.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// `my "Personal"`: a store's listing begins.
    StoreHeader(Fact<String>),
    /// A command line with its prompt. Passwords in it are not kept.
    Command {
        /// What it says.
        command: CommandLine,
        /// The line, passwords masked.
        line: Fact<String>,
        /// What the prompt says about the shell: elevated or not.
        elevated: Option<bool>,
    },
    /// On which computer what follows was printed: the prompt of a remote session, the answer of `hostname`.
    Machine(Fact<String>),
    /// Whose shell it is from here on, with the line that tells.
    Account {
        /// It is SYSTEM's.
        system: bool,
        /// The answer of `whoami`, the command that started the shell, or its `exit`.
        line: Fact<String>,
    },
    /// A certificate, with what the log says of its key.
    Certificate(Box<CertificateBlock>),
    /// The same, of a block that looks like an earlier one.
    Shaped(Box<ShapedBlock>),
    /// So many headers with nothing under them, after the first [`BARE_HEADERS`](crate::limits::BARE_HEADERS) of the log.
    BareHeaders(u64),
    /// `CertUtil: -store command completed successfully.`: the verb.
    Completed(Fact<String>),
    /// `CertUtil: -store command FAILED: 0x…`.
    Failed {
        /// The verb.
        verb: Fact<String>,
        /// The code, if it could be read.
        code: Option<Fact<u32>>,
        /// The line.
        line: String,
    },
    /// A provider of `-csplist`: its name and type.
    ListedProvider(Fact<String>, Option<u32>),
    /// A key of `-key`.
    ListedKey(Box<ListedKey>),
    /// The banner of a console.
    Windows(Fact<WindowsVersion>),
    /// KeySpec and provider that a request asks for; no key of this machine.
    RequestedKey {
        /// The KeySpec.
        key_spec: Option<Fact<KeySpec>>,
        /// The provider.
        provider: Option<Fact<String>>,
    },
    /// A prompt for a password was in the log; what followed it was not read.
    PasswordPrompt(Place),
    /// A known error code outside a certificate block, with its line.
    Code(Fact<u32>, String),
    /// Something that could not be read or is doubtful.
    Problem(String, Place),
}

/// One key of the listing of `certutil -key`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedKey {
    /// The provider of the listing.
    pub provider: Fact<String>,
    /// The container.
    pub container: Fact<String>,
    /// The key file's name.
    pub unique_name: Option<Fact<String>>,
    /// The places that hold a key: exchange, signature, or none for CNG.
    pub key_specs: Vec<Fact<KeySpec>>,
    /// The end of its entry was seen: there is no other place that holds a key.
    pub complete: bool,
    /// The algorithm.
    pub algorithm: Option<Fact<String>>,
    /// The CNG export policy.
    pub export_policy: Option<Fact<u32>>,
    /// The CNG key usage.
    pub usage: Option<Fact<u32>>,
    /// Isolated by virtualization-based security.
    pub isolated: bool,
}

impl ListedKey {
    fn empty() -> Self {
        let nothing = || Fact::stated(String::new(), Place::default());
        Self {
            provider: nothing(),
            container: nothing(),
            unique_name: None,
            key_specs: Vec::new(),
            complete: false,
            algorithm: None,
            export_policy: None,
            usage: None,
            isolated: false,
        }
    }
}

/// A date with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateLine {
    /// As printed.
    pub text: Fact<String>,
    /// What could be read of it.
    pub date: Option<PrintedDate>,
}

/// A remark of certutil about a key.
pub use crate::model::key_remark::KeyRemark;

/// Encryption or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// The encryption test.
    Encryption,
    /// The signature test.
    Signature,
}

/// One certificate as a log shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateBlock {
    /// The number in the header.
    pub index: Option<Fact<u32>>,
    /// The first line and byte, and one after the last byte.
    pub first_line: u32,
    /// The first byte.
    pub start: u64,
    /// One after the last byte.
    pub end: u64,
    /// A listing of a PFX file: nesting levels.
    pub nested: bool,
    /// A listing of a smart card.
    pub smart_card: bool,
    /// A verbose block.
    pub verbose: bool,
    /// The block was ended by the next header or the closing line, not by the end of the text or a cut.
    pub complete: bool,
    /// `Archived!`
    pub archived: Option<Place>,
    /// The serial number.
    pub serial: Option<Fact<String>>,
    /// The issuer.
    pub issuer: Option<Fact<String>>,
    /// The subject.
    pub subject: Option<Fact<String>>,
    /// Valid from.
    pub not_before: Option<DateLine>,
    /// Valid until.
    pub not_after: Option<DateLine>,
    /// The thumbprint.
    pub sha1: Option<Fact<Sha1>>,
    /// SHA-256 of the certificate.
    pub sha256: Option<Fact<String>>,
    /// `Key Id Hash(rfc-sha1)`.
    pub key_id: Option<Fact<Sha1>>,
    /// Property 25.
    pub public_key_md5: Option<Fact<String>>,
    /// The public key's algorithm.
    pub public_key_algorithm: Option<Fact<String>>,
    /// The public key's length in bits.
    pub public_key_bits: Option<Fact<u32>>,
    /// SHA-1 over the printed public key, where certutil prints no hash of it.
    pub public_key_sha1: Option<Fact<Sha1>>,
    /// The signature algorithm.
    pub signature_algorithm: Option<Fact<String>>,
    /// Whether the extensions are shown.
    pub extensions_shown: bool,
    /// So many of the extensions that the block counts are not among those that it shows.
    pub extensions_missing: u32,
    /// The extension of the alternative names is shown, but none of the names: they are redacted, or in another form.
    pub names_hidden: bool,
    /// Key usage.
    pub key_usage: Option<Fact<KeyUsage>>,
    /// Extended key usage.
    pub extended_key_usage: Option<Fact<Vec<String>>>,
    /// Subject alternative names.
    pub alternative_names: Vec<Fact<String>>,
    /// Whether it is a CA's certificate.
    pub is_ca: Option<Fact<bool>>,
    /// Whether it is self-signed.
    pub self_signed: Option<Fact<bool>>,
    /// The template.
    pub template: Option<Fact<String>>,
    /// The friendly name.
    pub friendly_name: Option<Fact<String>>,
    /// `CERT_ACCESS_STATE_PROP_ID`.
    pub access_state: Option<Fact<u32>>,
    /// Whether a property list was shown.
    pub properties_shown: bool,
    /// Property 2, or the key part of a short block.
    pub key_link: Option<Place>,
    /// `Key Container =`.
    pub stored_container: Option<Fact<String>>,
    /// `Unique container name:`.
    pub unique_name: Option<Fact<String>>,
    /// `Simple container name:`.
    pub simple_name: Option<Fact<String>>,
    /// `Provider =`.
    pub provider: Option<Fact<String>>,
    /// `ProviderType =`.
    pub provider_type: Option<Fact<u32>>,
    /// `Flags =`.
    pub flags: Option<Fact<u32>>,
    /// `KeySpec =`.
    pub key_spec: Option<Fact<KeySpec>>,
    /// `aiKeyAlg`, or the `AT_…` of a test line.
    pub key_spec_witness: Option<Fact<KeySpec>>,
    /// The second listing of provider and names, key details, or an opened container.
    pub details: Option<Place>,
    /// The key's algorithm.
    pub key_algorithm: Option<Fact<String>>,
    /// The CNG key usage property.
    pub key_usage_property: Option<Fact<u32>>,
    /// The flags of the CNG user-interface policy.
    pub ui_policy: Option<Fact<u32>>,
    /// The CNG export policy.
    pub export_policy: Option<Fact<u32>>,
    /// `KP_PERMISSIONS`.
    pub permissions: Option<Fact<u32>>,
    /// The key's security descriptor.
    pub sddl: Option<Fact<String>>,
    /// The lines after it.
    pub acl: Vec<Fact<String>>,
    /// Tests in their order: passed or failed.
    pub tests: Vec<Fact<(Test, bool)>>,
    /// Remarks.
    pub remarks: Vec<Fact<KeyRemark>>,
    /// A closing line after the key part, in a language other than English, was not understood.
    pub unread_closing: bool,
    /// The last such line that stands where the outcome of a test does.
    pub unread_test: bool,
    /// Known error codes in this block.
    pub codes: Vec<Fact<u32>>,
    /// The lines that the facts stand on.
    pub excerpts: Excerpts,
    /// Values that are damaged: which, and where.
    pub damage: Vec<(String, Place)>,
}

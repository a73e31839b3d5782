//! Every bound of the program, in one table.
//!
//! A bound that is reached is never silent: the input gets a problem that names it and the place, its status becomes
//! `partial`, and the rest of the run goes on. A bound inside a rule gives a check that is `unknown` and names it. Where
//! nothing of an answer can be lost, the line here says why it is silent.

/// Lines kept for excerpts, values of a list, tests and remarks of one certificate block of a log; also the values
/// of an INF that is written anew in a remedy. Lines beyond it are only not shown; other values are said to be
/// missing.
pub const BLOCK_VALUES: usize = 256;
/// Runs, codes, listed keys, listed providers, problems and parts of other kinds kept of one log; after that they
/// are only counted.
pub const LOG_RECORDS: usize = 10_000;
/// Headers of one log with nothing under them that are told as certificates of which nothing is known; after that they
/// are only counted.
pub const BARE_HEADERS: u64 = 1_000;
/// Sightings of one credential (dumps before and after, by two accounts, in several files) whose places and lines
/// are kept; the input with the next one says so. What a later one says differently is told all the same.
pub const SIGHTINGS: usize = 64;
/// Inputs of the same bytes of which a further one is known as a copy. Silent: a copy of a later one is read like any other
/// input.
pub const SAME_BYTES: usize = 64;
/// Records of a log that wait to be judged before more of its lines are read. Silent, for speed: none is lost.
pub const BATCH_RECORDS: usize = 256;
/// Portions of a log's records that wait to be judged while more of it is read. Silent, for speed: none is lost.
pub const PORTIONS_AHEAD: usize = 4;
/// Pieces of a log that are read before it is their turn, by all threads together. Silent, for speed: the next one
/// waits.
pub const PIECES_AHEAD: usize = 4;
/// The bytes of such a piece: it stays in a core's own cache. Silent, for speed.
pub const PIECE_BYTES: usize = 262_144;
/// Threads that read one log at once, whoever judges it included. Silent, for speed: more would wait for those two
/// that go through it in order.
pub const LOG_THREADS: usize = 4;
/// Shapes of certificate blocks that are remembered while a log is read. Silent, for speed: a block of any other
/// shape is read line by line.
pub const BLOCK_SHAPES: usize = 32;
/// Forms of credentials that are remembered in a streamed report. Silent, for speed: the next one begins anew.
pub const FORMS: usize = 256;
/// The longest certificate block whose shape is remembered, in bytes. Silent, for speed: a longer one is read line
/// by line.
pub const BLOCK_SHAPE_BYTES: usize = 32_768;
/// The largest input of a folder or archive that is read before it is its turn, in bytes. Silent, for speed: a
/// larger one waits.
pub const AHEAD_BYTES: usize = 1_048_576;
/// The largest text of a folder or archive whose lines are read before it is its turn, in bytes. Silent, for speed:
/// a larger one waits.
pub const AHEAD_TEXT_BYTES: usize = 262_144;
/// Inputs that are read before it is their turn, at once. Silent, for speed: the next one waits.
pub const AHEAD_INPUTS: usize = 16;
/// Lines of a mail that begin with `--`, as those between its parts do.
pub const MAIL_LINES: usize = 100_000;
/// Lines of a mail that have a colon, as header fields have.
pub const MAIL_FIELDS: usize = 1_000_000;
/// Parts of a mail that have parts of their own.
pub const MAIL_MULTIPARTS: usize = 64;
/// Groups inside each other in RTF whose fonts and destinations are told apart.
pub const RTF_DEPTH: usize = 512;
/// Fonts of one RTF document whose code pages are kept.
pub const RTF_FONTS: usize = 4_096;
/// Prefixes of the lines of one text that are told apart: servers, files.
pub const PREFIXES: usize = 64;
/// The longest prefix of the lines of a text, in bytes. Silent: lines behind a longer one are read as they stand.
pub const PREFIX_BYTES: usize = 160;
/// The first line of a text in a string of JSON, in bytes. A string with a longer one is not read, and says so.
pub const JSON_FIRST_LINE: usize = 1_024;
/// The longest control sequence of a terminal that is taken off, in bytes. Silent: a longer one stays in its line.
pub const TERMINAL_SEQUENCE: usize = 1_024;
/// Bytes at the beginning of an input by which a report of this program is told from evidence. Silent: one that says later whose
/// it is is read as the text it is.
pub const OWN_REPORT_BYTES: usize = 8_192;
/// Records of one serialized certificate element.
pub const ELEMENT_RECORDS: usize = 1_024;
/// Elements of one serialized store; certificates, and permissions, of one registry export; certificates of one PKCS #7 file.
pub const STORE_ELEMENTS: usize = 10_000;
/// Properties of all elements of a store, or of all of a registry export.
pub const STORE_PROPERTIES: usize = 100_000;
/// Names, and purposes, of one certificate that PowerShell lists.
pub const LIST_ITEMS: usize = 1_000;
/// Values of one INF file.
pub const INF_VALUES: usize = 4_096;
/// Lines above the first row of a hexadecimal dump: Format-Hex writes a path and the numbers of the columns. Silent: a text with
/// more of them is read as the text it is.
pub const HEX_DUMP_HEADING_LINES: usize = 16;
/// Blocks of one PEM file.
pub const PEM_BLOCKS: usize = 10_000;
/// Elements inside each other in one XML fragment: an event has five levels, one of CAPI2 some more.
pub const XML_DEPTH: usize = 32;
/// Objects and lists inside each other in one JSON value.
pub const JSON_DEPTH: usize = 16;
/// Fields of one row of a table that are looked at: Process Monitor has 26.
pub const CSV_COLUMNS: usize = 64;
/// Lines of one tag, or of one wrapped line of appcmd.
pub const TAG_LINES: u32 = 64;
/// Bytes of the same, and of one tag of a web page or document.
pub const TAG_BYTES: usize = 65_536;
/// Bindings of one site in one line of appcmd.
pub const SITE_BINDINGS: usize = 4_096;
/// Lines of one statement of a script.
pub const STATEMENT_LINES: usize = 40;
/// Names, and purposes, of one statement of a script.
pub const STATEMENT_NAMES: usize = 100;
/// Assignments of one line of a script.
pub const LINE_VALUES: usize = 16;
/// Lines of an event's message that stands alone in another text.
pub const SENTENCE_LINES: u32 = 8;
/// Labels in front of an event's message in a text: the viewer prints eleven.
pub const EVENT_HEADERS: usize = 64;
/// Lines of an event in a row of separated values: a message of the security log has some twenty.
pub const EVENT_ROW_LINES: u32 = 100;
/// Errors that wait for the words after them, which tell where they come from.
pub const WAITING_ERRORS: usize = 32;
/// Error codes of one line of another tool.
pub const LINE_ERRORS: usize = 16;
/// Error codes of one line of certutil.
pub const LINE_CODES: usize = 8;
/// Certificate requests inside each other: a renewal nests once.
pub const REQUEST_DEPTH: usize = 3;
/// The largest RSA modulus that a signature is checked with, in bytes: what Microsoft's providers make at most.
pub const SIGNATURE_MODULUS_BYTES: usize = 2_048;
/// Certificates of one chain in a PFX file, from the leaf up.
pub const CHAIN_CERTIFICATES: usize = 32;
/// Accounts under which one service is said to run that are compared with the permissions of a key file. Silent: of more
/// than these none tells as which one it runs, and nothing is concluded from them.
pub const SERVICE_ACCOUNTS: usize = 16;
/// Errors of other tools that are kept for one credential; after them as many codes that are not among them.
pub const SYMPTOMS: usize = 16;
/// Certificates that one event is held against; the rule says that there are more.
pub const EVENT_CERTIFICATES: usize = 64;
/// Entries of HTTP.sys on one port that are compared with each binding of IIS, besides those of its own host or
/// address; the rule says that there are more.
pub const PORT_ENTRIES: usize = 256;
/// Certificates of one container that the others of it are compared with: one container of thousands is no real
/// one. The rule says that there are more.
pub const CONTAINER_CERTIFICATES: usize = 16;
/// The longest INF that is written anew in a remedy, in bytes. Silent: a longer one is judged as a whole, and each
/// remedy still says which line to change.
pub const WRITTEN_INF_BYTES: usize = 32 << 10;
/// The lists of single checks in a report end after this many credentials; then outcomes are counted.
pub const LISTED_CREDENTIALS: usize = 100;
/// Results of a SARIF run: what GitHub takes; it shows the first 5,000 of them. The rest is counted.
pub const SARIF_RESULTS: usize = 25_000;
/// Locations of one result of SARIF: GitHub shows 100 and refuses a result with more than 1,000. Silent: the other
/// formats name all.
pub const SARIF_LOCATIONS: usize = 100;
/// Tags of one rule in SARIF that GitHub keeps. Silent: no rule has so many.
pub const SARIF_TAGS: usize = 10;
/// Characters of a rule's short or full description in SARIF that GitHub takes; a longer one ends with an ellipsis.
pub const SARIF_DESCRIPTION_CHARACTERS: usize = 1_024;
/// Characters of a message in SARIF; a longer one ends with an ellipsis.
pub const SARIF_MESSAGE_CHARACTERS: usize = 4_096;
/// Notifications about inputs in SARIF; the rest is counted.
pub const SARIF_NOTIFICATIONS: usize = 1_000;
/// Failures of one rule in one suite of JUnit that are test cases of their own; the rest is counted.
pub const JUNIT_SAME_RULE: usize = 1_000;
/// Groups of broken credentials that Markdown tells in full; the rest is counted.
pub const MARKDOWN_GROUPS: usize = 10;
/// Rows of a table in Markdown; the rest is counted.
pub const MARKDOWN_ROWS: usize = 20;
/// Rows of the page's overview; the rest is counted.
pub const HTML_OVERVIEW_ROWS: usize = 15;
/// Groups of broken credentials that the page tells in full; the rest is counted.
pub const HTML_GROUPS: usize = 60;
/// Groups that stand open on the page. Silent: the later ones are folded.
pub const HTML_OPEN_GROUPS: usize = 5;
/// Findings about the case that the page tells in full; the rest is counted.
pub const HTML_CASE_FINDINGS: usize = 60;
/// Undecided credentials that the page tells in full; more become a table.
pub const HTML_UNDECIDED: usize = 5;
/// Rows of a table of the page; the rest is counted.
pub const HTML_ROWS: usize = 200;
/// Healthy credentials that get their three lines in the text for a terminal; more become a table.
pub const TEXT_HEALTHY: usize = 10;
/// Undecided credentials that get their facts there; more become a table.
pub const TEXT_UNDECIDED: usize = 5;
/// Rows of a table there; the rest is counted.
pub const TEXT_ROWS: usize = 20;
/// Endpoints of a certificate that are named there; the others are counted.
pub const TEXT_ENDPOINTS: usize = 5;
/// The bytes after the name of a call in a script in which redaction looks for its arguments. Silent: what is
/// quoted further away is no argument of it.
pub const REDACTED_CALL_BYTES: usize = 600;
/// The longest password, in bytes; OpenSSL reads 1024.
pub const PASSWORD_BYTES: u64 = 4096;
/// The largest list of passwords, in bytes.
pub const PASSWORD_LIST_BYTES: u64 = 1 << 20;
/// The largest baseline, in bytes.
pub const BASELINE_BYTES: u64 = 256 << 20;
/// Wrong passwords that are tried on the encrypted members of one archive. Members after that stay locked and say so.
pub const ARCHIVE_PASSWORD_TRIES: usize = 1_000;
/// The largest `keyspect.toml`, in bytes.
pub const SETTINGS_BYTES: u64 = 1 << 20;

/// The bounds of one run. `Default` is what the command line uses.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// A physical line longer than this (bytes) is read in windows of this size that overlap by `line_overlap`.
    pub line_bytes: usize,
    /// The overlap (bytes) of two windows of one very long line.
    pub line_overlap: usize,
    /// One certificate block kept in memory, in lines.
    pub block_lines: usize,
    /// Findings that a report lists; after that they are only counted. JSON lines have them all.
    pub findings: usize,
    /// Credentials whose full facts are kept until the end in a streamed report; up to four times as many all are.
    pub kept_credentials: usize,
    /// Credentials whose full facts are kept until the end in a report for a person (`Options::brief`); after that those that
    /// are like many others are only counted.
    pub brief_credentials: usize,
    /// Lines of one excerpt.
    pub excerpt_lines: usize,
    /// Columns of one excerpt line.
    pub excerpt_columns: usize,
    /// Bytes of excerpts kept in all; after that a finding has its places and the words there, without the lines around them.
    pub excerpts_bytes: usize,
    /// Problems kept for one input; after that they are only counted.
    pub problems: usize,
    /// Binary artifacts that need random access (PFX, stores, EVTX), in bytes.
    pub binary_bytes: usize,
    /// A PFX file, in bytes.
    pub pfx_bytes: usize,
    /// Nesting of ASN.1 values.
    pub der_depth: usize,
    /// Bags of a PFX file.
    pub pfx_bags: usize,
    /// Bags of a PFX file up to which the public half of a key that is written without it is computed.
    pub pfx_public_half_bags: usize,
    /// Attributes of one bag.
    pub bag_attributes: usize,
    /// One text value of a binary artifact, in bytes.
    pub string_bytes: usize,
    /// Iterations of one key derivation.
    pub kdf_iterations: u64,
    /// Iterations of all key derivations of one file.
    pub kdf_iterations_total: u64,
    /// Iterations of the MAC's key derivation.
    pub mac_iterations: u64,
    /// Memory of one scrypt derivation, in bytes (128 N r).
    pub scrypt_bytes: u64,
    /// Parallelism of one scrypt derivation.
    pub scrypt_p: u32,
    /// One X.509 certificate, in bytes.
    pub certificate_bytes: usize,
    /// Extensions of one certificate.
    pub certificate_extensions: usize,
    /// Subject alternative names of one certificate.
    pub certificate_names: usize,
    /// A key blob or key file, in bytes.
    pub key_blob_bytes: usize,
    /// A hexadecimal or Base64 block in a text, in bytes.
    pub armor_bytes: usize,
    /// Files found by walking folders.
    pub walked_files: usize,
    /// Archives inside each other that are read, the outermost counted.
    pub archive_depth: usize,
    /// Members of an archive and of the archives in it that are read; the rest is only counted.
    pub archive_members: usize,
    /// Bytes that the members of an archive and of the archives in it expand to. What must be in memory has its own bound.
    pub archive_bytes: u64,
    /// How many times its size in the archive a member may expand to; also what all members may, of the size of the archive.
    pub archive_ratio: u64,
    /// Bytes of a member, and of all together, that are read whatever the ratio is.
    pub archive_ratio_from: u64,
    /// Bindings, events, permissions and the like kept of one run; after that they are only counted.
    pub observations: usize,
    /// Memory that those may take in all, in bytes: an estimate, 256 for each value and four times its text. After that they
    /// are only counted.
    pub records_bytes: usize,
    /// One record of a text artifact (an event, an XML fragment, an INF in a ticket), in bytes.
    pub record_bytes: usize,
    /// Entries of one access control list, files of one listing that are kept, fields of one record.
    pub record_values: usize,
    /// Bytes of a text read before its kind is decided.
    pub detect_bytes: usize,
    /// Text inputs up to this size (bytes) get a SHA-256 without `--hash`.
    pub hash_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 64 << 10,
            line_overlap: 4 << 10,
            block_lines: 100_000,
            findings: 100_000,
            kept_credentials: 250,
            brief_credentials: 5_000,
            excerpt_lines: 12,
            excerpt_columns: 400,
            excerpts_bytes: 32 << 20,
            problems: 200,
            binary_bytes: 64 << 20,
            pfx_bytes: 16 << 20,
            der_depth: 32,
            pfx_bags: 4_096,
            pfx_public_half_bags: 256,
            bag_attributes: 64,
            string_bytes: 4 << 10,
            kdf_iterations: 1_000_000,
            kdf_iterations_total: 3_000_000,
            mac_iterations: 1_000_000,
            scrypt_bytes: 64 << 20,
            scrypt_p: 4,
            certificate_bytes: 1 << 20,
            certificate_extensions: 256,
            certificate_names: 10_000,
            key_blob_bytes: 64 << 10,
            armor_bytes: 4 << 20,
            walked_files: 100_000,
            archive_depth: 3,
            archive_members: 10_000,
            archive_bytes: 4 << 30,
            archive_ratio: 200,
            archive_ratio_from: 16 << 20,
            observations: 20_000,
            records_bytes: 192 << 20,
            record_bytes: 1 << 20,
            record_values: 10_000,
            detect_bytes: 64 << 10,
            hash_bytes: 16 << 20,
        }
    }
}

//! What to do about a finding: typed commands, quoted for their shell. No password ever stands in one.

use super::subject;
use crate::case::credential::{Association, Credential, Exportable, KeyRemark, Scope};
use crate::model::{
    key_spec::KeySpec,
    provider::{self, ProviderClass, ProviderKind},
};
use std::borrow::Cow;

/// The shell a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shell {
    /// cmd.exe on the server.
    Cmd,
    /// Windows PowerShell 5.1 on the server.
    PowerShell,
    /// A shell on the analyst's machine.
    Sh,
    /// No command: a sentence.
    Text,
    /// No command: the text of an INF for certreq.
    Inf,
}

impl Shell {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cmd => "cmd",
            Self::PowerShell => "powershell",
            Self::Sh => "sh",
            Self::Text => "text",
            Self::Inf => "inf",
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The command, or the sentence.
    pub run: String,
    /// The shell.
    pub shell: Shell,
    /// `server`, `requesting-server`, `user` (as the user in whose store it is, not elevated), `here`.
    pub place: &'static str,
    /// What to look at before going on.
    pub note: Option<&'static str>,
}

impl Step {
    /// A cmd.exe command on the server, elevated.
    pub fn cmd(run: impl Into<String>) -> Self {
        Self { run: run.into(), shell: Shell::Cmd, place: "server", note: None }
    }
    /// A sentence.
    pub fn text(run: impl Into<String>) -> Self {
        Self { run: run.into(), shell: Shell::Text, place: "server", note: None }
    }
    /// A command on the analyst's machine.
    pub fn here(run: impl Into<String>) -> Self {
        Self { run: run.into(), shell: Shell::Sh, place: "here", note: None }
    }
    /// With something to look at before going on.
    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }
    /// On another place.
    #[must_use]
    pub fn place(mut self, place: &'static str) -> Self {
        self.place = place;
        self
    }
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// In one line.
    pub title: &'static str,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What to mind.
    pub caution: Option<&'static str>,
    /// What shows that it is repaired.
    pub verify: Option<Verify>,
}

/// A command that shows that a repair was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// The command.
    pub run: String,
    /// What it then prints; empty: the command alone tells.
    pub shows: Cow<'static, str>,
}

impl Verify {
    /// A command.
    pub fn new(run: impl Into<String>) -> Self {
        Self { run: run.into(), shows: "".into() }
    }
    /// With what it then prints.
    #[must_use]
    pub fn shows(mut self, shows: impl Into<Cow<'static, str>>) -> Self {
        self.shows = shows.into();
        self
    }
    /// What it then prints, where that is said.
    pub fn expected(&self) -> Option<&str> {
        (!self.shows.is_empty()).then_some(&*self.shows)
    }
}

impl Remedy {
    /// With what shows that it is repaired.
    #[must_use]
    pub fn verified(mut self, verify: Verify) -> Self {
        self.verify = Some(verify);
        self
    }
}

/// The name that a repair gives a PFX which the artifacts do not show.
const BACKUP: &str = "backup.pfx";

/// A name that comes from an artifact, made safe for a command: as it is when it holds nothing but
/// `A-Z a-z 0-9 . _ @ : { } ( ) -` and blanks (then in quotes when it has a blank), else `None`: the caller uses the thumbprint.
pub fn quoted(name: &str) -> Option<String> {
    let safe = !name.is_empty()
        && name.len() <= 256
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b" ._@:{}()-".contains(&b))
        && !name.starts_with('-');
    safe.then(|| if name.contains([' ', '(', ')']) { format!("\"{name}\"") } else { name.to_owned() })
}

/// A store's name that is safe in a command; the store of a service stands behind the service's name: `ntds\\my`.
fn store_name(name: &str) -> Option<String> {
    match name.split_once('\\') {
        Some((service, store))
            if quoted(service).as_deref() == Some(service) && quoted(store).as_deref() == Some(store) =>
        {
            Some(name.to_owned())
        }
        Some(_) => None,
        None => quoted(name),
    }
}

/// The store's name for a command: the one that the artifact states if it is safe, else `my`.
pub fn store_argument(credential: &Credential) -> String {
    credential
        .store
        .as_ref()
        .and_then(|s| s.name.as_ref())
        .and_then(|n| store_name(&n.value.to_ascii_lowercase()))
        .unwrap_or_else(|| "my".to_owned())
}

/// The PFX file for a command: its own name if that is safe, else `file.pfx`.
pub fn pfx_argument(credential: &Credential) -> String {
    let path = credential.pfx.as_ref().and_then(|part| part.file.name.as_deref());
    let name = path.and_then(|path| path.rsplit(['/', '\\']).next());
    name.and_then(quoted).unwrap_or_else(|| "file.pfx".to_owned())
}

/// The command that shows what a password hides in a PFX.
pub fn open_pfx(credential: &Credential) -> String {
    format!("keyspect --passin file:password.txt {}", pfx_argument(credential))
}

/// The import of a PFX as it is, with a modifier or a provider.
fn import_pfx(credential: &Credential, title: &'static str, csp: &str, modifier: &str, shows: String) -> Remedy {
    Remedy {
        title,
        steps: vec![Step::cmd(format!("certutil -f{csp} -importpfx my {}{modifier}", pfx_argument(credential)))],
        caution: None,
        verify: Some(Verify::new(format!("certutil -v -store my {}", credential.certutil_id())).shows(shows)),
    }
}

/// The command that shows a credential's key link anew.
pub fn show_command(credential: &Credential) -> String {
    if credential.pfx.as_ref().is_some_and(|part| part.key_locked) || credential.in_locked_part() {
        return open_pfx(credential);
    }
    let scope = scope_option(credential);
    format!("certutil {scope}-v -store {} {}", store_argument(credential), credential.certutil_id())
}

/// The command that lists the credential's store, and what of it tells that a new certificate is right.
pub fn show_store(credential: &Credential, shows: &'static str) -> Verify {
    let (scope, store) = (scope_option(credential), store_argument(credential));
    Verify::new(format!("certutil {scope}-v -store {store}")).shows(shows)
}

/// What every import under a new key file needs afterwards (AD FS documentation, "certificate KeySpec property").
pub const PERMISSIONS_AGAIN: &str =
    "then give the key's read permissions again (the new key file starts without them), and bind again";

/// The key link says 2 and the container holds an exchange key alone: the number in the link is the only thing wrong.
pub fn link_to_exchange(credential: &Credential) -> Remedy {
    let provider_type = credential.key.effective_type().unwrap_or(1);
    let title = "Write KeySpec 1 into the key link: the container already holds a key-exchange key";
    write_key_link(credential, title, provider_type, 1)
}

/// The provider for a new key of the same kind: the key's own one where it keeps keys in files.
pub fn own_provider(credential: &Credential) -> &'static str {
    match credential.key.known_provider().filter(|p| p.class == ProviderClass::Software) {
        Some(own) if own.kind() == ProviderKind::Ksp || matches!(own.provider_type, 1 | 12 | 24) => own.name,
        _ => provider::RSA_AES_CSP,
    }
}

/// Whether no export brings the key out of its store: certutil said so, or the key is in a TPM, on a card or bound to a
/// person's Windows Hello.
pub fn stays_inside(credential: &Credential) -> bool {
    let key = &credential.key;
    let held = matches!(
        subject::class(credential),
        Some(ProviderClass::Tpm | ProviderClass::SmartCard | ProviderClass::Hello)
    );
    subject::stored(credential)
        && (held || key.exportable == Exportable::No || key.remark(KeyRemark::NotExportable).is_some())
}

/// A new key and certificate, where no import can help: the key can't be exported, or no provider of that kind holds keys
/// of its algorithm.
pub fn new_key(credential: &Credential, csp: &str, title: &'static str) -> Remedy {
    let user = credential.scope() == Scope::User;
    let keyset = if user { "" } else { "MachineKeySet = TRUE, " };
    let (spec, shows) = match provider::kind_of_name(csp) {
        Some(ProviderKind::Ksp) => ("", format!("Provider = {csp}")),
        _ => ("KeySpec = AT_KEYEXCHANGE, ", "KeySpec = 1 -- AT_KEYEXCHANGE".to_owned()),
    };
    let machine = if user { "" } else { "-machine " };
    let store = store_argument(credential);
    let remedy = Remedy {
        title,
        steps: vec![
            Step::text(format!(
                "write request.inf with the names and purposes of this certificate, and in [NewRequest] {spec}{keyset}\
                 KeyAlgorithm = RSA, KeyLength = 2048, ProviderName = \"{csp}\""
            )),
            Step::cmd("certreq -new request.inf request.req"),
            Step::text("let the CA issue certificate.cer from request.req"),
            Step::cmd(format!("certreq -accept {machine}certificate.cer")),
            Step::text("then give the new key's read permissions, and bind the new certificate"),
        ],
        caution: Some("Keep the old certificate until the new one is in use."),
        verify: Some(
            Verify::new(format!("certutil {}-v -store {store}", scope_option(credential)))
                .shows(format!("the new certificate: {shows}")),
        ),
    };
    for_owner(credential, remedy)
}

/// Where no provider of CryptoAPI can hold the certificate's key, or none can get it.
fn only_a_new_key(credential: &Credential, csp: &str) -> Option<Remedy> {
    let csp_key = provider::kind_of_name(csp) == Some(ProviderKind::Csp);
    if csp_key && subject::other_than_rsa(credential) {
        return Some(new_key(
            credential,
            csp,
            "Request a certificate with an RSA key: this provider holds RSA keys only, no import brings the key there",
        ));
    }
    let title = "Make a new key and certificate: this key can't be exported";
    stays_inside(credential).then(|| new_key(credential, csp, title))
}

/// Export, check the export, delete, import again with the right KeySpec: no new certificate is needed. Where the
/// container's own bytes show that it holds an exchange key, the key link alone is written anew; where the key can't be
/// exported or is no RSA key, a new one is made.
pub fn reimport_as_exchange(credential: &Credential) -> Remedy {
    if credential.key.contradicting_slot().is_some_and(|slot| slot.value == KeySpec::KEYEXCHANGE) {
        return link_to_exchange(credential);
    }
    if credential.pfx.is_some() {
        let title = "Import with AT_KEYEXCHANGE: the file can stay as it is";
        return import_pfx(credential, title, "", " AT_KEYEXCHANGE", "KeySpec = 1 -- AT_KEYEXCHANGE".to_owned());
    }
    // The provider stays when it makes exchange keys in files.
    let own = own_provider(credential);
    let csp = if provider::kind_of_name(own) == Some(ProviderKind::Csp) { own } else { provider::RSA_AES_CSP };
    if let Some(remedy) = only_a_new_key(credential, csp) {
        return remedy;
    }
    let (store, id, user) = (store_argument(credential), credential.certutil_id(), scope_option(credential));
    let remedy = Remedy {
        title: "Import the same certificate and key again as a key-exchange key (no new certificate needed)",
        steps: vec![
            Step::cmd(format!("certutil {user}-p <password> -exportpfx {store} {id} key.pfx")),
            Step::cmd("certutil -p <password> -dump key.pfx")
                .note("stop here unless it says that a test passed: delete nothing before"),
            Step::cmd(format!("certutil {user}-delstore {store} {id}")),
            Step::cmd(format!("certutil {user}-f -p <password> -importpfx {store} key.pfx AT_KEYEXCHANGE")),
            Step::text(PERMISSIONS_AGAIN),
        ],
        caution: Some(
            "If the export is refused the key can't be exported: make a new key with KeySpec = AT_KEYEXCHANGE instead.",
        ),
        verify: Some(Verify::new(show_command(credential)).shows("KeySpec = 1 -- AT_KEYEXCHANGE")),
    };
    for_owner(credential, remedy)
}

/// The option of certutil for another store than the machine's: `-user `, `-service `.
fn scope_option(credential: &Credential) -> &'static str {
    match credential.scope() {
        Scope::User => "-user ",
        Scope::Service => "-service ",
        Scope::Enterprise => "-enterprise ",
        Scope::GroupPolicy => "-grouppolicy ",
        Scope::Machine | Scope::Unknown => "",
    }
}

/// The steps for a user's store are that user's, without elevation, and nothing of a server's is bound again.
fn for_owner(credential: &Credential, mut remedy: Remedy) -> Remedy {
    if credential.scope() == Scope::User {
        remedy.steps.retain(|step| step.run != PERMISSIONS_AGAIN);
        remedy.steps.iter_mut().filter(|step| step.place == "server").for_each(|step| step.place = "user");
    }
    remedy
}

/// The words of certutil after a test that a key of this algorithm can pass.
pub fn passed_test(credential: &Credential) -> &'static str {
    if subject::is_ec(credential) {
        "Signature test passed"
    } else if subject::is_rsa(credential) {
        "Encryption test passed"
    } else {
        "a test passed"
    }
}

/// The modifier of an import that makes the key an exchange key; nothing for a key that goes to a key storage provider,
/// where the KeySpec must stay 0.
pub fn exchange_modifier(credential: &Credential) -> &'static str {
    if credential.key.kind() == Some(ProviderKind::Ksp) { "" } else { " AT_KEYEXCHANGE" }
}

/// The same certificate and key once more, into another provider; a new key where that one can't hold or get it.
pub fn reimport_into(credential: &Credential, csp: &str, title: &'static str) -> Remedy {
    if let Some(remedy) = only_a_new_key(credential, csp) {
        return remedy;
    }
    let (store, id, user) = (store_argument(credential), credential.certutil_id(), scope_option(credential));
    let modifier = if provider::kind_of_name(csp) == Some(ProviderKind::Ksp) { "" } else { " AT_KEYEXCHANGE" };
    if credential.pfx.is_some() {
        return import_pfx(credential, title, &format!(" -csp \"{csp}\""), modifier, format!("Provider = {csp}"));
    }
    let remedy = Remedy {
        title,
        steps: vec![
            Step::cmd(format!("certutil {user}-p <password> -exportpfx {store} {id} key.pfx")),
            Step::cmd("certutil -p <password> -dump key.pfx")
                .note("stop here unless it says that a test passed: delete nothing before"),
            Step::cmd(format!("certutil {user}-delstore {store} {id}")),
            Step::cmd(format!("certutil {user}-csp \"{csp}\" -f -p <password> -importpfx {store} key.pfx{modifier}")),
            Step::text(PERMISSIONS_AGAIN),
        ],
        caution: Some("If the export is refused the key can't be exported: make a new key in this provider instead."),
        verify: Some(Verify::new(show_command(credential)).shows(format!("Provider = {csp}"))),
    };
    for_owner(credential, remedy)
}

/// The same key again, without the prompt that strong protection brings.
pub fn reimport_without_prompt(credential: &Credential) -> Remedy {
    let (store, id, scope) = (store_argument(credential), credential.certutil_id(), scope_option(credential));
    let exchange = exchange_modifier(credential).trim_start();
    let modifiers = if exchange.is_empty() { "NoProtect".to_owned() } else { format!("NoProtect,{exchange}") };
    let remedy = Remedy {
        title: "Import again without strong protection",
        steps: vec![
            Step::cmd(format!("certutil -p <password> -dump {BACKUP}"))
                .note("stop here unless it says that a test passed: delete nothing before"),
            Step::cmd(format!("certutil {scope}-delstore {store} {id}")),
            Step::cmd(format!("certutil {scope}-f -p <password> -importpfx {store} {BACKUP} {modifiers}")),
            Step::text(PERMISSIONS_AGAIN),
        ],
        caution: Some(
            "See the policy \"System cryptography: Force strong key protection for user keys stored on the computer\".",
        ),
        verify: Some(Verify::new(show_command(credential)).shows(passed_test(credential))),
    };
    for_owner(credential, remedy)
}

/// Brings a certificate of a user's store, with its key, into a store of the machine, where services look. The user's own
/// copy stays: nothing is lost when the import fails. `bind`: what then binds it.
pub fn into_machine_store(credential: &Credential, store: &str, bind: Option<Remedy>) -> Remedy {
    let id = credential.certutil_id();
    let store = quoted(store).unwrap_or_else(|| "my".to_owned());
    let held = stays_inside(credential);
    let file = if held { BACKUP } else { "key.pfx" };
    let mut steps = Vec::new();
    if !held {
        let own = store_argument(credential);
        steps.push(Step::cmd(format!("certutil -user -p <password> -exportpfx {own} {id} {file}")).place("user"));
    }
    steps.push(
        Step::cmd(format!("certutil -p <password> -dump {file}")).note("stop here unless it says that a test passed"),
    );
    let modifier = exchange_modifier(credential);
    steps.push(Step::cmd(format!("certutil -f -p <password> -importpfx {store} {file}{modifier}")));
    match bind {
        Some(bind) => steps.extend(bind.steps),
        None => steps.push(Step::text("then bind it again")),
    }
    Remedy {
        title: "Import certificate and key into the machine's store",
        steps,
        caution: Some("Leave the copy in the user's store until the machine's one is in use."),
        verify: Some(
            Verify::new(format!("certutil -v -store {store} {id}"))
                .shows(format!("CRYPT_MACHINE_KEYSET -- 20 (32), and {}", passed_test(credential))),
        ),
    }
}

/// Imports a PFX that is among the inputs and holds the certificate with its key.
pub fn import_file(credential: &Credential, file: &Credential) -> Remedy {
    let (store, scope) = (store_argument(credential), scope_option(credential));
    let title = "Import the PFX that is among the inputs: it holds this certificate with its key";
    let remedy = Remedy {
        title,
        steps: vec![
            Step::cmd(format!(
                "certutil {scope}-f -p <password> -importpfx {store} {}{}",
                pfx_argument(file),
                exchange_modifier(file)
            )),
            Step::text(PERMISSIONS_AGAIN),
        ],
        caution: None,
        verify: Some(Verify::new(show_command(credential)).shows(passed_test(credential))),
    };
    for_owner(credential, remedy)
}

/// Lets Windows make the certificate of Remote Desktop anew, which no PFX holds (Microsoft Learn, "Remote Desktop can't
/// connect: self-signed certificate"; KB3042780).
pub fn remake_remote_desktop(credential: &Credential) -> Remedy {
    let (store, id) = (store_argument(credential), credential.certutil_id());
    Remedy {
        title: "Let Windows make the certificate of Remote Desktop anew: it is self-signed, and no PFX of it exists",
        steps: vec![
            Step::cmd(format!("certutil -delstore {store} {id}")),
            Step::text(
                "if its key file is there (f686aace6942fb7f7ceb231212eef4a4_… in \
                 %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys), rename it: a file that can't be opened keeps Windows \
                 from making a new one",
            ),
            Step {
                run: "Restart-Service SessionEnv -Force".to_owned(),
                shell: Shell::PowerShell,
                place: "server",
                note: Some("event 1056 tells that a new one was made"),
            },
        ],
        caution: Some("Clients that trusted the old certificate ask again."),
        verify: Some(Verify::new(format!("certutil -v -store {store}")).shows(passed_test(credential))),
    }
}

/// The key can't come back from this store: import it from a PFX made where the key still is.
pub fn import_from_backup(credential: &Credential, title: &'static str) -> Remedy {
    let (store, id, user) = (store_argument(credential), credential.certutil_id(), scope_option(credential));
    let remedy = Remedy {
        title,
        steps: vec![
            Step::cmd(format!("certutil -p <password> -dump {BACKUP}"))
                .note("stop here unless it says that a test passed: delete nothing before"),
            Step::cmd(format!("certutil {user}-delstore {store} {id}")),
            Step::cmd(format!(
                "certutil {user}-f -p <password> -importpfx {store} {BACKUP}{}",
                exchange_modifier(credential)
            )),
            Step::text(PERMISSIONS_AGAIN),
        ],
        caution: Some(
            "Without a PFX that holds the key, a new key and certificate are needed: no tool brings it back.",
        ),
        verify: Some(Verify::new(show_command(credential)).shows(passed_test(credential))),
    };
    for_owner(credential, remedy)
}

/// The command that shows a credential's key link as SYSTEM sees it.
pub fn show_as_system(credential: &Credential) -> String {
    format!("psexec -s {}", show_command(credential))
}

/// Looks at the key as the account that uses it: SYSTEM, under which http.sys, Schannel and lsass open machine keys, or the
/// user in whose store the certificate is.
pub fn look_as_owner(credential: &Credential) -> Remedy {
    let show = show_command(credential);
    if credential.scope() == Scope::User {
        let remedy = Remedy {
            title: "First look as the user in whose store the certificate is, without elevation",
            steps: vec![Step::cmd(show).note("if a test passes there, the key exists: delete nothing")],
            caution: None,
            verify: None,
        };
        return for_owner(credential, remedy);
    }
    Remedy {
        title: "First look as SYSTEM: it tells a missing key from one that this account may not open",
        steps: vec![
            Step::cmd(show_as_system(credential)).note(
                "if a test passes there, the key exists: repair the context or the permissions, and delete nothing",
            ),
        ],
        caution: None,
        verify: None,
    }
}

/// Writes the key link anew from the key that is found on the machine. A provider of a vendor, of cards or of the TPM is
/// named: without its name certutil asks others first (AWS CloudHSM documentation).
pub fn repair_store(credential: &Credential, title: &'static str) -> Remedy {
    let (store, id, scope) = (store_argument(credential), credential.certutil_id(), scope_option(credential));
    let software = matches!(subject::class(credential), Some(ProviderClass::Software) | None);
    let named = credential.key.provider.as_ref().filter(|_| !software).and_then(|name| quoted(&name.value));
    let csp = named.map_or_else(String::new, |name| format!("-f -csp \"{}\" ", name.trim_matches('"')));
    let shows = match credential.key.association {
        Association::FoundBySearch => "CERT_KEY_PROV_INFO_PROP_ID(2), and no missing key association",
        _ => "a test passed",
    };
    let remedy = Remedy {
        title,
        steps: vec![Step::cmd(format!("certutil {scope}{csp}-repairstore {store} {id}"))],
        caution: None,
        verify: Some(Verify::new(show_command(credential)).shows(shows)),
    };
    for_owner(credential, remedy)
}

/// What to do about a key that does not open, by where its provider keeps keys.
pub fn missing_key(credential: &Credential) -> Vec<Remedy> {
    let again = "If the key is there: write the key link anew";
    match subject::class(credential) {
        Some(ProviderClass::ThirdParty) => vec![
            advice(
                "First see whether the HSM can be reached: delete nothing",
                "The vendor's client must reach the device, the slot or partition must be open and its PIN or operator card \
                 given, under the account of the service and after a restart. The provider must be installed for the bitness \
                 of the service (32 or 64).",
            ),
            repair_store(credential, again),
        ],
        Some(ProviderClass::SmartCard) => vec![
            for_owner(
                credential,
                Remedy {
                    title: "First insert the card or token and look again: delete nothing",
                    steps: vec![Step::cmd("certutil -scinfo")],
                    caution: None,
                    verify: None,
                },
            ),
            repair_store(credential, again),
        ],
        Some(ProviderClass::Tpm | ProviderClass::Hello) => vec![
            look_as_owner(credential),
            new_key(
                credential,
                provider::SOFTWARE_KSP,
                "If it does not open there either: make a new key, for no backup holds a key of the TPM",
            ),
        ],
        // Its key is made by Windows itself and was never anywhere else.
        Some(ProviderClass::Software) | None if subject::own_of_remote_desktop(credential) => {
            vec![look_as_owner(credential), remake_remote_desktop(credential)]
        }
        Some(ProviderClass::Software) | None => {
            let backup = match credential.scope() {
                Scope::User => "If that user can't open it either: import the key from a PFX",
                _ => "If SYSTEM can't open it either: import the key from a PFX",
            };
            vec![
                look_as_owner(credential),
                repair_store(credential, "If the key file exists: write the key link anew"),
                import_from_backup(credential, backup),
            ]
        }
    }
}

/// Writes the key link anew with stated properties (Microsoft, "CA certificate renewal fails when using a KSP provider").
pub fn write_key_link(credential: &Credential, title: &'static str, provider_type: u32, key_spec: u32) -> Remedy {
    let (store, id, user) = (store_argument(credential), credential.certutil_id(), scope_option(credential));
    let key = &credential.key;
    let name = |f: Option<&crate::model::fact::Fact<String>>, placeholder: &str| {
        f.and_then(|f| quoted(&f.value)).map_or_else(|| placeholder.to_owned(), |q| q.trim_matches('"').to_owned())
    };
    let container = name(key.container.as_ref().or(key.stored_container.as_ref()), "<container>");
    let provider = name(key.provider.as_ref(), "<provider>");
    let flags = key.flags.as_ref().map_or(0x20, |f| f.value);
    let text = format!(
        "write KeyProv.inf:\n[Properties]\n2 = \"{{text}}\"\n_continue_ = \"Container={container}&\"\n_continue_ = \
         \"Provider={provider}&\"\n_continue_ = \"ProviderType={provider_type}&\"\n_continue_ = \
         \"Flags=0x{flags:x}&\"\n_continue_ = \"KeySpec={key_spec}\""
    );
    let remedy = Remedy {
        title,
        steps: vec![Step::text(text), Step::cmd(format!("certutil {user}-repairstore {store} {id} KeyProv.inf"))],
        caution: Some("This changes the key link alone, never the key: the container must really hold such a key."),
        verify: Some(Verify::new(show_command(credential)).shows(format!("KeySpec = {key_spec}"))),
    };
    for_owner(credential, remedy)
}

/// Sets the certificate of all endpoints of AD FS (Microsoft Learn, "Set-AdfsSslCertificate").
pub fn set_adfs_ssl(thumbprint: &str) -> Step {
    Step {
        run: format!("Set-AdfsSslCertificate -Thumbprint {thumbprint}"),
        shell: Shell::PowerShell,
        place: "server",
        note: None,
    }
}

/// A sentence.
pub fn advice(title: &'static str, text: impl Into<String>) -> Remedy {
    Remedy { title, steps: vec![Step::text(text)], caution: None, verify: None }
}

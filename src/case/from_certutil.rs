//! Credentials from the records of a certutil log.

use super::credential::{
    Access, Association, Certificate, Credential, Exportable, Hearing, Key, KeyRemark, Origin, PublicKey, Scope,
    SourceRange, Store, Surroundings, TestKind, TestOutcome, ValidityDate, hearing,
};
use super::removed::{Addition, Removal};
use crate::formats::certutil::{
    CertificateBlock, CommandLine, DateLine, ListedKey, PrintedDate, Record, ShapedBlock, Test,
};
use crate::limits::LOG_RECORDS;
use crate::model::{
    container_name, date::DateOrder, fact::Basis, fact::Fact, fact::Place, fact::SourceId, key_spec::KeySpec,
    provider::ProviderKind, thumbprint::Sha1, windows::WindowsVersion,
};
use std::collections::HashMap;
use std::sync::Arc;

/// What a run of certutil in the log ended with.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The verb: `store`.
    pub verb: String,
    /// The code it failed with; `None`: it succeeded.
    pub failed: Option<Option<Fact<u32>>>,
    /// The closing line's words.
    pub line: String,
}

/// One store as one run listed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreListing {
    /// The store's name, lower case.
    pub store: String,
    /// Machine, user, …; unknown without a command line.
    pub scope: Scope,
    /// The listing shows every certificate of the store: no single one was asked for, the numbers run from 0 without a gap,
    /// nothing was cut or damaged, and the closing line is there.
    pub complete: bool,
    /// The computer, lower case.
    pub machine: Option<String>,
    /// The line of the store's name, else of the command.
    pub place: Place,
}

/// The listing that is being read.
#[derive(Debug, Default)]
struct Listing {
    name: Option<Fact<String>>,
    next: u32,
    broken: bool,
}

/// What stands around a block and tells what it is a part of.
#[derive(Debug, Clone, Default)]
pub struct Around {
    source: SourceId,
    command: Option<(CommandLine, Fact<String>, Option<bool>)>,
    elevation: Option<(bool, Fact<String>)>,
    /// The computer, lower case.
    machine: Option<String>,
    /// Where the last import completed.
    imported: Option<u64>,
    /// The line that shows that the shell is SYSTEM's.
    system: Option<Fact<String>>,
    store: Option<Fact<String>>,
    windows: Option<Fact<WindowsVersion>>,
    symptoms: Vec<Fact<u32>>,
    /// The order of day and month.
    order: Option<DateOrder>,
}

/// A credential of a log whose block looks like an earlier one.
#[derive(Debug, Clone)]
pub struct ShapedCredential {
    /// The block.
    pub block: Box<ShapedBlock>,
    /// What stands around it.
    pub around: Arc<Around>,
}

impl ShapedCredential {
    /// The credential.
    pub fn credential(&self) -> Credential {
        self.around.credential(self.block.block())
    }

    /// Where it stands.
    pub fn source(&self) -> SourceRange {
        let (line, start, end) = self.block.range();
        SourceRange { source: self.around.source, line, start, end }
    }
}

/// A credential of a log.
#[derive(Debug)]
pub enum Logged {
    /// One that is made.
    Made(Box<Credential>),
    /// One that can be made.
    Shaped(ShapedCredential),
}

impl Logged {
    /// The credential.
    pub fn made(self) -> Box<Credential> {
        match self {
            Self::Made(credential) => credential,
            Self::Shaped(shaped) => Box::new(shaped.credential()),
        }
    }
}

/// Turns the records of one log into credentials.
#[derive(Debug)]
pub struct LogCredentials {
    around: Arc<Around>,
    command_used: bool,
    held: Option<Logged>,
    orders: Orders,
    listing: Option<Listing>,
    /// The computers that the text names: from which byte on, lower case.
    pub machines: Vec<(u64, String)>,
    /// What commands took away.
    pub removals: Vec<Removal>,
    /// What commands put into stores.
    pub additions: Vec<Addition>,
    /// Stores that were listed.
    pub listings: Vec<StoreListing>,
    /// Runs that ended.
    pub runs: Vec<Run>,
    /// Providers that `-csplist` listed.
    pub providers: Vec<(Fact<String>, Option<u32>)>,
    /// Keys that `-key` listed.
    pub keys: Vec<ListedKey>,
    /// KeySpec and provider that a request in the log asks for.
    pub requested: Vec<(Option<u32>, Option<String>)>,
    /// Error codes outside certificate blocks.
    pub codes: Vec<(Fact<u32>, String)>,
    /// What could not be read.
    pub problems: Vec<(String, Option<Place>)>,
    /// Certificate blocks read.
    pub blocks: u64,
    /// A command line or another sign of certutil was seen.
    pub commands: u64,
    /// Runs, codes, listed keys, providers and problems that are not kept.
    pub beyond: u64,
    /// Headers of certificates with nothing under them that are only counted.
    pub bare: u64,
}

#[derive(Debug, Default)]
struct Orders {
    proved: Option<DateOrder>,
    contradicted: bool,
    suggested: Option<DateOrder>,
}

impl Orders {
    fn see(&mut self, date: &PrintedDate) {
        if let Some(order) = date.proves().filter(|o| *o != DateOrder::YearMonthDay) {
            match self.proved {
                Some(known) if known != order => self.contradicted = true,
                _ => self.proved = Some(order),
            }
        }
        if self.suggested.is_none() {
            self.suggested = date.suggests();
        }
    }
    fn settled(&self) -> Option<DateOrder> {
        if self.contradicted { None } else { self.proved.or(self.suggested) }
    }
}

/// Whose store a command asks for.
fn command_scope(c: &CommandLine) -> Scope {
    if c.user {
        Scope::User
    } else if c.enterprise {
        Scope::Enterprise
    } else if c.group_policy {
        Scope::GroupPolicy
    } else if c.service {
        Scope::Service
    } else {
        Scope::Machine
    }
}

/// Keeps an item, or counts it when enough are kept.
fn keep<T>(list: &mut Vec<T>, item: T, beyond: &mut u64) {
    if list.len() < LOG_RECORDS {
        list.push(item);
    } else {
        *beyond = beyond.saturating_add(1);
    }
}

impl LogCredentials {
    /// For one input.
    pub fn new(source: SourceId) -> Self {
        Self {
            around: Arc::new(Around { source, ..Around::default() }),
            command_used: false,
            held: None,
            orders: Orders::default(),
            listing: None,
            machines: Vec::new(),
            removals: Vec::new(),
            additions: Vec::new(),
            listings: Vec::new(),
            runs: Vec::new(),
            providers: Vec::new(),
            keys: Vec::new(),
            requested: Vec::new(),
            codes: Vec::new(),
            problems: Vec::new(),
            blocks: 0,
            commands: 0,
            beyond: 0,
            bare: 0,
        }
    }

    /// The version of Windows that the console's banner states.
    pub fn windows(&self) -> Option<&Fact<WindowsVersion>> {
        self.around.windows.as_ref()
    }

    /// What stands around the next block, to be changed.
    fn around(&mut self) -> &mut Around {
        Arc::make_mut(&mut self.around)
    }

    /// The order of day and month in this log, once a date has settled it.
    pub fn date_order(&self) -> Option<DateOrder> {
        self.orders.settled()
    }

    /// Takes the next record; gives the credential before it, once nothing in the log can change it any more but the
    /// order of its dates.
    pub fn record(&mut self, record: Record) -> Option<Logged> {
        match record {
            Record::Certificate(mut block) => {
                let dates = [&block.not_before, &block.not_after];
                self.block(block.index.as_ref().map(|index| index.value), dates.map(|d| d.as_ref()?.date));
                for (message, place) in std::mem::take(&mut block.damage) {
                    self.listing.iter_mut().for_each(|listing| listing.broken = true);
                    self.problem(message, Some(place));
                }
                let credential = Box::new(self.around.credential(*block));
                return self.held.replace(Logged::Made(credential));
            }
            Record::Shaped(block) => {
                self.block(block.index(), block.dates());
                let around = Arc::clone(&self.around);
                return self.held.replace(Logged::Shaped(ShapedCredential { block, around }));
            }
            Record::BareHeaders(many) => {
                self.bare = self.bare.saturating_add(many);
                self.blocks = self.blocks.saturating_add(many);
                self.commands = self.commands.saturating_add(many);
                self.listing.get_or_insert_default().broken = true;
            }
            Record::StoreHeader(name) => {
                self.end_listing(false);
                self.listing = Some(Listing { name: Some(name.clone()), next: 0, broken: false });
                if self.command_used {
                    self.around().command = None;
                }
                self.command_used = true;
                self.around().store = Some(name);
            }
            Record::Command { command, line, elevated } => {
                if let Some(elevated) = elevated {
                    self.around().elevation = Some((elevated, line.clone()));
                    // The text goes on with another window.
                    if !elevated {
                        self.around().system = None;
                    }
                }
                if !command.verb.is_empty() || !command.arguments.is_empty() {
                    self.end_listing(false);
                    self.commands = self.commands.saturating_add(1);
                    let around = self.around();
                    (around.command, around.store) = (Some((command, line, elevated)), None);
                    self.command_used = false;
                }
            }
            Record::Machine(name) => {
                let (from, name) = (name.place.start, name.value.to_lowercase());
                if self.around.machine.as_ref() != Some(&name) {
                    keep(&mut self.machines, (from, name.clone()), &mut self.beyond);
                    self.around().machine = Some(name);
                }
            }
            Record::Account { system, line } => self.around().system = system.then_some(line),
            Record::Completed(verb) => {
                if is_file_verb(&verb.value)
                    && let Some(held) = self.held.take()
                {
                    let mut held = held.made();
                    if held.origin == Origin::StoreDump {
                        (held.origin, held.store) = (Origin::FileDump, None);
                    }
                    self.held = Some(Logged::Made(held));
                }
                self.end_listing(true);
                self.done(&verb);
                self.end_run(Run { verb: verb.value, failed: None, line: String::new() });
                return self.held.take();
            }
            Record::Failed { verb, code, line } => {
                self.end_listing(false);
                self.end_run(Run { verb: verb.value, failed: Some(code), line });
                return self.held.take();
            }
            Record::ListedProvider(name, provider_type) => {
                keep(&mut self.providers, (name, provider_type), &mut self.beyond);
            }
            Record::ListedKey(key) => keep(&mut self.keys, *key, &mut self.beyond),
            Record::Windows(version) => self.around().windows = Some(version),
            Record::RequestedKey { key_spec, provider } => {
                let asked = (key_spec.map(|k| k.value.0), provider.map(|p| p.value));
                keep(&mut self.requested, asked, &mut self.beyond);
            }
            Record::PasswordPrompt(_) => self.commands = self.commands.saturating_add(1),
            Record::Code(code, line) => {
                if hearing(self.around.symptoms.iter(), &code) == Hearing::Taken {
                    self.around().symptoms.push(code.clone());
                }
                keep(&mut self.codes, (code, line), &mut self.beyond);
            }
            Record::Problem(message, place) => {
                if let Some(listing) = &mut self.listing {
                    listing.broken = true;
                }
                self.commands = self.commands.saturating_add(1);
                self.problem(message, Some(place));
            }
        }
        None
    }

    /// The last credential.
    pub fn finish(&mut self) -> Option<Logged> {
        self.end_listing(false);
        self.held.take()
    }

    /// A certificate block with this number and these dates.
    fn block(&mut self, index: Option<u32>, dates: [Option<PrintedDate>; 2]) {
        self.blocks = self.blocks.saturating_add(1);
        for date in dates.iter().flatten() {
            self.orders.see(date);
        }
        let order = self.orders.settled();
        if order != self.around.order {
            self.around().order = order;
        }
        let listing = self.listing.get_or_insert_default();
        listing.broken |= index != Some(listing.next);
        listing.next = listing.next.saturating_add(1);
    }

    fn end_listing(&mut self, closed: bool) {
        let Some(listing) = self.listing.take() else { return };
        let command = self.around.command.as_ref();
        let named = listing.name.or_else(|| {
            let (command, line, _) = command?;
            Some(Fact::derived(command.store()?.to_owned(), line.place, "from the command line"))
        });
        let Some(name) = named else { return };
        let whole = command.is_none_or(|(c, ..)| {
            matches!(c.verb.as_str(), "store" | "verifystore" | "viewstore") && !c.names_a_certificate()
        });
        let listing = StoreListing {
            store: name.value.to_lowercase(),
            scope: command.map_or(Scope::Unknown, |(c, ..)| command_scope(c)),
            complete: closed && whole && !listing.broken,
            machine: self.around.machine.clone(),
            place: name.place,
        };
        keep(&mut self.listings, listing, &mut self.beyond);
    }

    /// What a command that completed changes.
    fn done(&mut self, verb: &Fact<String>) {
        let is = |name: &str| verb.value.eq_ignore_ascii_case(name);
        if is("importpfx") || is("repairstore") {
            self.around().imported = Some(verb.place.start);
        }
        let Some((command, ..)) = self.around.command.as_ref() else { return };
        if let Some(store) = command.added_to() {
            let (store, scope) = (store.to_lowercase(), command_scope(command));
            let addition = Addition { store, scope, machine: self.around.machine.clone(), place: verb.place };
            return keep(&mut self.additions, addition, &mut self.beyond);
        }
        let (store, at) = if is("delstore") {
            let Some(store) = command.store() else { return };
            (Some((store.to_lowercase(), command_scope(command))), 1)
        } else if is("delkey") {
            (None, 0)
        } else {
            return;
        };
        let Some(name) = command.arguments.get(at).map(|name| name.to_lowercase()) else { return };
        let removal = Removal { store, name, machine: self.around.machine.clone(), place: verb.place };
        keep(&mut self.removals, removal, &mut self.beyond);
    }

    fn end_run(&mut self, run: Run) {
        keep(&mut self.runs, run, &mut self.beyond);
        let around = self.around();
        (around.command, around.store) = (None, None);
        self.command_used = false;
    }

    fn problem(&mut self, message: String, place: Option<Place>) {
        keep(&mut self.problems, (message, place), &mut self.beyond);
    }
}

impl Around {
    /// The order of day and month in the log, as far as it was settled here.
    pub fn order(&self) -> Option<DateOrder> {
        self.order
    }

    fn origin(&self, block: &CertificateBlock) -> Origin {
        let verb = self.command.as_ref().map(|(c, ..)| c);
        // Only `-scinfo` compares and verifies the keys of a card.
        let compared = block.remarks.iter().any(|r| {
            matches!(r.value, KeyRemark::PublicKeyMatches | KeyRemark::PrivateKeyVerifies | KeyRemark::CannotOpenKey)
        });
        if block.smart_card || compared || verb.is_some_and(|c| c.verb == "scinfo") {
            Origin::SmartCardDump
        } else if block.nested || verb.is_some_and(|c| is_file_verb(&c.verb) || c.verb.is_empty()) {
            Origin::FileDump
        } else {
            Origin::StoreDump
        }
    }

    fn store_of(&self, block: &CertificateBlock, origin: Origin) -> Option<Store> {
        if origin != Origin::StoreDump {
            return None;
        }
        let by_state = block.access_state.as_ref().filter(|s| s.value & 0x2 != 0 || s.value & 0x4 != 0).map(|s| {
            let scope = if s.value & 0x4 != 0 { Scope::Machine } else { Scope::User };
            Fact::derived(scope, s.place, "from CERT_ACCESS_STATE_PROP_ID")
        });
        let by_command = self.command.as_ref().and_then(|(c, line, _)| {
            c.store()?;
            Some(Fact::derived(command_scope(c), line.place, "from the command line"))
        });
        // A physical store inside the machine's store (enterprise, group policy) also has the machine mark.
        let scope = match (&by_command, by_state) {
            (Some(c), Some(s))
                if matches!(c.value, Scope::Enterprise | Scope::GroupPolicy | Scope::Service)
                    && s.value == Scope::Machine =>
            {
                by_command
            }
            (_, Some(s)) => Some(s),
            (_, None) => by_command,
        };
        let name = self.store.clone().or_else(|| {
            let (command, line, _) = self.command.as_ref()?;
            Some(Fact::derived(command.store()?.to_owned(), line.place, "from the command line"))
        });
        Some(Store { name, scope })
    }

    fn surroundings(&self) -> Surroundings {
        let (mut elevated, mut unelevated) = (None, None);
        if let Some((is, line)) = &self.elevation {
            if *is {
                elevated = Some(line.clone());
            } else {
                unelevated = Some(line.clone());
            }
        }
        let own = self.command.as_ref().filter(|(command, ..)| command.system).map(|(_, line, _)| line);
        let system = own.or(self.system.as_ref()).cloned();
        if system.is_some() {
            (elevated, unelevated) = (system.clone(), None);
        }
        Surroundings {
            command: self.command.as_ref().map(|(_, line, _)| line.clone()),
            machine: self.machine.clone(),
            imported: self.imported,
            system,
            elevated,
            unelevated,
            windows: self.windows.clone(),
            symptoms: self.symptoms.clone(),
        }
    }

    fn credential(&self, mut block: CertificateBlock) -> Credential {
        let origin = self.origin(&block);
        let store = self.store_of(&block, origin);
        let surroundings = self.surroundings();
        let sources =
            vec![SourceRange { source: self.source, line: block.first_line, start: block.start, end: block.end }];
        let closed = !block.tests.is_empty() || !block.remarks.is_empty();
        let incomplete = !block.complete && !closed;
        let mut excerpts = std::mem::take(&mut block.excerpts);
        if let Some(line) = surroundings.unelevated.as_ref().or(surroundings.elevated.as_ref()) {
            excerpts.push(line.place.source, line.place.line, line.place.column, line.place.start, &line.value);
        }
        if let Some(line) = &surroundings.command {
            excerpts.push(line.place.source, line.place.line, line.place.column, line.place.start, &line.value);
        }
        let key = key(&mut block);
        let certificate = self.certificate(block);
        Credential {
            origin,
            certificate,
            store,
            key,
            sources,
            excerpts,
            surroundings,
            incomplete,
            ..Default::default()
        }
    }

    fn certificate(&self, block: CertificateBlock) -> Option<Certificate> {
        // A command that asks for one thumbprint shows that certificate, also when an excerpt leaves out its hash line.
        let asked = self.command.as_ref().and_then(|(c, line, _)| {
            let sha1 = Sha1::parse(c.arguments.get(1)?)?;
            Some(Fact::derived(sha1, line.place, "from the command line"))
        });
        let sha1 = block.sha1.or(asked);
        let seen = block.index.is_some()
            || block.serial.is_some()
            || sha1.is_some()
            || block.subject.is_some()
            || block.issuer.is_some();
        if !seen && !block.properties_shown {
            return None;
        }
        let order = self.order;
        let is_ca = block.is_ca.or_else(|| {
            let usage =
                block.key_usage.as_ref().filter(|u| u.value.has(crate::model::key_usage::KeyUsage::KEY_CERT_SIGN))?;
            Some(Fact::derived(true, usage.place, "the key usage allows to sign certificates"))
        });
        let self_signed = block.self_signed.or_else(|| match (&block.subject, &block.issuer) {
            (Some(s), Some(i)) => Some(Fact::derived(s.value == i.value, s.place, "from the subject and the issuer")),
            _ => None,
        });
        Some(Certificate {
            sha1,
            sha256: block.sha256,
            serial: block.serial,
            subject: block.subject,
            issuer: block.issuer,
            not_before: block.not_before.map(|d| validity(d, order)),
            not_after: block.not_after.map(|d| validity(d, order)),
            key_usage: block.key_usage,
            extended_key_usage: block.extended_key_usage,
            alternative_names: block.alternative_names,
            names_hidden: block.names_hidden,
            extensions_shown: block.extensions_shown && block.extensions_missing == 0,
            is_ca,
            self_signed,
            signature_algorithm: block.signature_algorithm,
            template: block.template,
            friendly_name: block.friendly_name,
            public_key: PublicKey {
                algorithm: block.public_key_algorithm,
                bits: block.public_key_bits,
                sha1: block.key_id.or(block.public_key_sha1),
                md5: block.public_key_md5,
            },
            archived: block.archived.map(|place| Fact::stated(true, place)),
            altered: false,
        })
    }
}

/// The KeySpecs of the containers that `certutil -key` lists with one key each, by provider and name, lower case. Of a container
/// with two keys the listing does not tell which one a certificate's is, and of one that breaks off not whether there is another.
pub fn listed_key_specs(keys: &[ListedKey]) -> HashMap<(String, String), Fact<KeySpec>> {
    let mut out = HashMap::new();
    for key in keys.iter().filter(|key| key.complete) {
        let [spec] = key.key_specs.as_slice() else { continue };
        let names = std::iter::once(&key.container).chain(&key.unique_name);
        for name in names {
            out.insert((key.provider.value.to_lowercase(), name.value.to_lowercase()), spec.clone());
        }
    }
    out
}

/// Takes the KeySpec of a CSP key whose own block shows none from the listing of its container. True when something changed.
pub fn take_listed_key_spec(c: &mut Credential, listed: &HashMap<(String, String), Fact<KeySpec>>) -> bool {
    let key = &mut c.key;
    let shown = key.key_spec.is_some() || key.key_spec_witness.is_some();
    if listed.is_empty() || shown || key.kind() != Some(ProviderKind::Csp) {
        return false;
    }
    let Some(provider) = key.provider.as_ref().map(|provider| provider.value.to_lowercase()) else { return false };
    let names = [&key.unique_name, &key.container, &key.stored_container].into_iter().flatten();
    let mut found = names.filter_map(|name| listed.get(&(provider.clone(), name.value.to_lowercase())));
    let Some(spec) = found.next().filter(|spec| spec.value != KeySpec::NONE) else { return false };
    let (place, word) = (spec.place, if spec.value == KeySpec::SIGNATURE { "AT_SIGNATURE" } else { "AT_KEYEXCHANGE" });
    key.key_spec_witness = Some(Fact::derived(spec.value, place, "from the listing of the container"));
    c.excerpts.push(place.source, place.line, place.column, place.start, word);
    true
}

/// Settles the dates of a credential once the order of its whole log is known. True when something changed.
pub fn settle_dates(credential: &mut Credential, order: DateOrder) -> bool {
    let mut changed = false;
    if let Some(c) = &mut credential.certificate {
        for date in [&mut c.not_before, &mut c.not_after].into_iter().flatten() {
            if date.value.is_none()
                && let Some(moment) = PrintedDate::parse(&date.text.value).and_then(|d| d.read(order))
            {
                date.value = Some(moment);
                date.readings = vec![moment];
                changed = true;
            }
        }
    }
    changed
}

fn validity(line: DateLine, order: Option<DateOrder>) -> ValidityDate {
    let Some(date) = line.date else {
        return ValidityDate { text: line.text, value: None, readings: Vec::new() };
    };
    let value = date.settled(order);
    let readings = value.map_or_else(|| date.readings(), |one| vec![one]);
    ValidityDate { text: line.text, value, readings }
}

fn is_file_verb(verb: &str) -> bool {
    ["dump", "dumppfx", "importpfx", "urlcache", "mergepfx", "verify", "decode"]
        .iter()
        .any(|v| verb.eq_ignore_ascii_case(v))
}

/// The key of a block; what only the key needs is taken out of the block.
fn key(block: &mut CertificateBlock) -> Key {
    let remark = |r: KeyRemark| block.remarks.iter().find(|f| f.value == r);
    let no_information = remark(KeyRemark::NoKeyProviderInformation);
    let found = block.provider.is_some() || block.simple_name.is_some() || block.unique_name.is_some();
    let link_place = block
        .key_link
        .or(block.stored_container.as_ref().map(|c| c.place))
        .or(block.provider.as_ref().map(|p| p.place));
    // Printed of a key that was found without a key link, in every language; the line above it is translated.
    let no_association = remark(KeyRemark::MissingKeyAssociation)
        .filter(|_| block.key_link.is_none() && block.stored_container.is_none());
    let (association, association_place) = if let Some(line) = no_information.or(no_association) {
        (if found { Association::FoundBySearch } else { Association::None }, Some(line.place))
    } else if link_place.is_some() {
        (Association::Linked, link_place)
    } else if let Some(line) = remark(KeyRemark::NoKeyForDecryption) {
        (Association::None, Some(line.place))
    } else if block.verbose && block.properties_shown && block.complete {
        (Association::None, None)
    } else {
        (Association::Unknown, None)
    };

    let opened = block
        .details
        .or(block.unique_name.as_ref().map(|f| f.place))
        .or(block.simple_name.as_ref().map(|f| f.place))
        .or(remark(KeyRemark::PrivateKeyVerifies).map(|f| f.place))
        .or(remark(KeyRemark::PublicKeyMatches).map(|f| f.place))
        .or(block.tests.first().map(|f| f.place))
        .or((block.nested && block.provider.is_some()).then(|| block.provider.as_ref().map(|p| p.place)).flatten());
    let closed = [KeyRemark::MissingStoredKeyset, KeyRemark::CannotOpenKey, KeyRemark::AccessDenied]
        .into_iter()
        .find_map(remark);
    let (access, access_place) = match (opened, closed) {
        (_, Some(line)) if block.tests.is_empty() => (Access::NotOpened, Some(line.place)),
        (Some(place), _) => (Access::Opened, Some(place)),
        (None, Some(line)) => (Access::NotOpened, Some(line.place)),
        (None, None) => (Access::Unknown, None),
    };

    let outcome = |test: Test| {
        block
            .tests
            .iter()
            .rev()
            .find(|t| t.value.0 == test)
            .map_or(TestOutcome::NotShown, |t| if t.value.1 { TestOutcome::Passed } else { TestOutcome::Failed })
    };
    let (encryption_test, signature_test) = (outcome(Test::Encryption), outcome(Test::Signature));
    let test_places = block
        .tests
        .iter()
        .map(|t| {
            let kind = if t.value.0 == Test::Encryption { TestKind::Encryption } else { TestKind::Signature };
            let outcome = if t.value.1 { TestOutcome::Passed } else { TestOutcome::Failed };
            Fact { value: (kind, outcome), place: t.place, basis: t.basis }
        })
        .collect();
    let passed = encryption_test == TestOutcome::Passed || signature_test == TestOutcome::Passed;
    let exportable = if remark(KeyRemark::NotPlainTextExportable).is_some() {
        Exportable::EncryptedOnly
    } else if remark(KeyRemark::NotExportable).is_some() {
        Exportable::No
    } else if let Some(policy) = &block.export_policy {
        match (policy.value & 0x2 != 0, policy.value & 0x1 != 0) {
            (true, _) => Exportable::Yes,
            (false, true) => Exportable::EncryptedOnly,
            (false, false) => Exportable::No,
        }
    } else if let Some(rights) = &block.permissions {
        if rights.value & 0x4 != 0 { Exportable::Yes } else { Exportable::No }
    } else if passed && !block.unread_closing {
        Exportable::Yes
    } else {
        Exportable::Unknown
    };

    let stored = block.stored_container.take().filter(|_| association != Association::FoundBySearch);
    let stored_is_file = stored.as_ref().filter(|s| container_name::is_file_name(&s.value));
    let container = block.simple_name.take().or_else(|| match (&stored, stored_is_file) {
        (Some(_), Some(_)) | (None, _) => None,
        (Some(name), None) => (!name.value.is_empty()).then(|| name.clone()),
    });
    let unique_name = block.unique_name.take().or_else(|| stored_is_file.cloned());

    // The KeySpec of a key that shows none in its link can be read from a test's name.
    let key_spec = block.key_spec.take().or_else(|| {
        let witness = block.key_spec_witness.as_ref()?;
        Some(Fact {
            value: witness.value,
            place: witness.place,
            basis: Basis::Derived("from a test's name or the key's own blob"),
        })
    });

    Key {
        association,
        missing_elsewhere: None,
        public_only: false,
        association_place,
        access,
        access_place,
        stored_container: stored,
        container,
        unique_name,
        family: None,
        provider: block.provider.take(),
        provider_type: block.provider_type.take(),
        flags: block.flags.take(),
        key_spec,
        key_spec_witness: block.key_spec_witness.clone(),
        algorithm: block
            .key_algorithm
            .take()
            .or_else(|| (association == Association::Linked).then(|| block.public_key_algorithm.clone()).flatten()),
        bits: (association == Association::Linked).then(|| block.public_key_bits.clone()).flatten(),
        public_key_sha1: None,
        matches_certificate: None,
        usage: block.key_usage_property.clone(),
        ui_policy: block.ui_policy.clone(),
        export_policy: block.export_policy.clone(),
        permissions: block.permissions.clone(),
        exportable,
        encryption_test,
        signature_test,
        test_places,
        unread_test: block.unread_test && block.tests.is_empty() && remark(KeyRemark::MissingStoredKeyset).is_none(),
        unpersisted: None,
        remarks: std::mem::take(&mut block.remarks),
        codes: std::mem::take(&mut block.codes),
        sddl: block.sddl.take(),
        acl: std::mem::take(&mut block.acl),
        prediction: false,
    }
}

//! What an importer would store for a key of a PFX: provider, provider type, KeySpec, scope.
//!
//! Sources: Microsoft Learn, "PFXImportCertStore function" (provider from attribute 1.3.6.1.4.1.311.17.1, KeySpec from
//! the key's 2.5.29.15, flags), the help text of `certutil -importPFX`, the sources of .NET (CertificatePal.Import.cs,
//! X509CertificateLoader.Pkcs12.cs). Import-PfxCertificate, the MMC wizard and IIS Manager are not documented.

use crate::model::container_name;
use crate::model::judgement::Confidence;
use crate::model::key_spec::KeySpec;
use crate::model::key_usage::KeyUsage;
use crate::model::provider::{self, ProviderKind};

/// What the file says of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyOfFile<'a> {
    /// The provider that the file names.
    pub provider: Option<&'a str>,
    /// The container's name: the friendlyName of the key's bag.
    pub container: Option<&'a str>,
    /// Whether the key bears the machine mark.
    pub machine: bool,
    /// The key's algorithm; `None` while it is locked.
    pub algorithm: Option<&'a str>,
    /// The byte of the key's 2.5.29.15; `None` while the key is locked, `Some(None)` when it has none.
    pub usage: Option<Option<u8>>,
}

/// What an importer would store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// The importer and its options.
    pub importer: &'static str,
    /// The provider's name; `None` when it is not known.
    pub provider: Option<String>,
    /// The provider type; `None` when it is not known.
    pub provider_type: Option<u32>,
    /// The KeySpec; `None` while the key is locked.
    pub key_spec: Option<KeySpec>,
    /// The first part of the key file's name, before `_` and the machine's GUID; `None` when Windows makes a new name.
    /// A container of the same name that is already there makes Windows take a new name.
    pub key_file: Option<String>,
    /// `machine`, `user`, or `caller`: that of the user who imports.
    pub scope: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// Where it is from.
    pub source: &'static str,
    /// What to know besides; empty: nothing.
    pub note: &'static str,
}

/// The flags of `PFXImportCertStore` that an importer passes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Preference {
    /// None: the file's provider, else a CSP.
    File,
    /// Always CNG.
    AlwaysCng,
}

const FUNCTION: &str = "Microsoft Learn, PFXImportCertStore function";
const CERTUTIL: &str = "help text of certutil -importPFX; Microsoft Learn, PFXImportCertStore function";
const DOTNET: &str = ".NET, CertificatePal.Import.cs";
const DOTNET_9: &str = ".NET, X509CertificateLoader.Pkcs12.cs";
const NO_DOCUMENT: &str = "no document; commonly seen";
const NO_SUCH_KEY: &str = "no provider of CryptoAPI holds such a key: what the import makes of it is not documented";
const NO_BIT: &str = "the key's key usage has no bit that decides the KeySpec: what stands for it is not documented";
const BOTH_BITS: &str = "bits for both KeySpecs are set: the order is not documented";
const UNKNOWN_NAME: &str = "no provider of this name is known: Windows looks one up by its type";

/// Why the default import stores the KeySpec that [`KeyOfFile::default_import`] gives.
pub fn why_key_spec(has_usage: bool, confidence: Confidence) -> &'static str {
    match (has_usage, confidence) {
        (_, Confidence::Possible) => "what the default import would store; the documents leave it open",
        (true, _) => "what the default import makes of the key's own key usage",
        (false, _) => "what the default import stores when the key has no key usage",
    }
}

/// The provider type of a key without a named provider, by its algorithm.
fn type_of_algorithm(algorithm: Option<&str>) -> Option<u32> {
    Some(match algorithm? {
        "RSA" | "RSA-PSS" | "RSA-OAEP" => 1,
        "DSA" | "DH" => 13,
        _ => 0,
    })
}

impl KeyOfFile<'_> {
    /// The provider type that the default import gives; `None` when neither a name nor an open key tells.
    pub fn provider_type(&self) -> Option<u32> {
        match self.provider {
            Some(name) => match (provider::find(name), provider::kind_of_name(name)) {
                (Some(known), _) => Some(known.provider_type),
                (None, Some(ProviderKind::Ksp)) => Some(0),
                (None, _) => type_of_algorithm(self.algorithm),
            },
            None => type_of_algorithm(self.algorithm),
        }
    }

    /// Whether the file names a provider that is not known.
    pub fn unknown_provider(&self) -> bool {
        self.provider.is_some_and(|name| provider::find(name).is_none())
    }

    /// The KeySpec for a provider type, and why the documents leave it open; empty: they settle it.
    fn key_spec(&self, provider_type: Option<u32>) -> (Option<KeySpec>, &'static str) {
        let (Some(provider_type), Some(usage)) = (provider_type, self.usage) else { return (None, "") };
        if provider_type == 0 {
            return (Some(KeySpec::NONE), "");
        }
        let bits = KeyUsage(u16::from(usage.unwrap_or(0)));
        let by_usage = bits.key_spec_on_import();
        let open = if self.algorithm.is_some_and(|algorithm| type_of_algorithm(Some(algorithm)) == Some(0)) {
            NO_SUCH_KEY
        } else if bits.has(0x30) && bits.has(0x86) {
            BOTH_BITS
        } else if usage.is_some() && by_usage.is_none() {
            NO_BIT
        } else {
            ""
        };
        let absent = if self.algorithm == Some("DSA") { KeySpec::SIGNATURE } else { KeySpec::KEYEXCHANGE };
        (Some(by_usage.unwrap_or(absent)), open)
    }

    /// What the default import gives: `certutil -importPFX` without a modifier.
    pub fn default_import(&self) -> (Option<u32>, Option<KeySpec>, Confidence) {
        let provider_type = self.provider_type();
        let (key_spec, open) = self.key_spec(provider_type);
        let sure = open.is_empty() && !self.unknown_provider();
        (provider_type, key_spec, if sure { Confidence::Likely } else { Confidence::Possible })
    }

    fn key_file(&self, provider_type: Option<u32>) -> Option<String> {
        let container = self.container.filter(|name| !name.is_empty())?;
        match provider_type? {
            0 => Some(container_name::cng_file_prefix(container)),
            _ => container_name::capi_file_prefix(container),
        }
    }

    fn by_function(
        &self,
        importer: &'static str,
        preference: Preference,
        scope: &'static str,
        confidence: Confidence,
        source: &'static str,
    ) -> Prediction {
        if preference == Preference::AlwaysCng {
            let key_spec = self.usage.map(|_| KeySpec::NONE);
            let provider = Some(provider::SOFTWARE_KSP.to_owned());
            let note = "";
            let key_file = self.key_file(Some(0));
            let provider_type = Some(0);
            return Prediction {
                importer,
                provider,
                provider_type,
                key_spec,
                key_file,
                scope,
                confidence,
                source,
                note,
            };
        }
        let provider_type = self.provider_type();
        let (key_spec, open) = self.key_spec(provider_type);
        let provider = match self.provider {
            Some(name) => Some(name.to_owned()),
            None => default_provider(provider_type),
        };
        let (confidence, note) = match (open.is_empty(), self.unknown_provider(), self.provider) {
            (false, ..) => (Confidence::Possible, open),
            (_, true, _) => (Confidence::Possible, UNKNOWN_NAME),
            (_, _, None) if provider_type == Some(0) => {
                (Confidence::Possible.max(confidence), "no CSP holds such keys, so only a KSP is possible")
            }
            _ => (confidence, ""),
        };
        let key_file = self.key_file(provider_type);
        Prediction { importer, provider, provider_type, key_spec, key_file, scope, confidence, source, note }
    }

    /// What each importer would store.
    pub fn predictions(&self) -> Vec<Prediction> {
        use Preference::{AlwaysCng, File};
        let caller = if self.machine { "machine" } else { "caller" };
        let plain = self.by_function("certutil -importPFX", File, "machine", Confidence::Likely, CERTUTIL);
        let with = |importer, spec| {
            // The modifier settles what the key usage leaves open.
            let (confidence, note) = match (plain.note, self.unknown_provider()) {
                (NO_SUCH_KEY, _) => (Confidence::Possible, NO_SUCH_KEY),
                (_, true) => (Confidence::Possible, UNKNOWN_NAME),
                _ => (Confidence::Likely, ""),
            };
            let key_spec = plain.provider_type.map(|t| if t == 0 { KeySpec::NONE } else { spec });
            Prediction { importer, key_spec, confidence, note, ..plain.clone() }
        };
        let exchange = with("certutil -importPFX … AT_KEYEXCHANGE", KeySpec::KEYEXCHANGE);
        let signature = with("certutil -importPFX … AT_SIGNATURE", KeySpec::SIGNATURE);
        let mut with_csp = plain.clone();
        with_csp.importer = "certutil -csp <provider> -importPFX";
        with_csp.provider = None;
        with_csp.provider_type = None;
        with_csp.key_spec = None;
        with_csp.key_file = None;
        with_csp.note =
            "the named provider, whatever the file says; KeySpec by the key's 2.5.29.15 for a CSP, 0 for a KSP";
        let user = self.by_function("certutil -user -importPFX", File, "user", Confidence::Likely, CERTUTIL);
        let unsure = Confidence::Possible;
        let wizard = self.by_function("MMC wizard, IIS Manager", File, caller, unsure, NO_DOCUMENT);
        let cmdlet = match self.provider {
            Some(_) => self.by_function("Import-PfxCertificate", File, caller, unsure, NO_DOCUMENT),
            None => self.by_function("Import-PfxCertificate", AlwaysCng, caller, unsure, NO_DOCUMENT),
        };
        let likely = Confidence::Likely;
        let dotnet = self.by_function(".NET X509Certificate2, DefaultKeySet", File, caller, likely, DOTNET);
        let machine = self.by_function(".NET X509Certificate2, MachineKeySet", File, "machine", likely, DOTNET);
        let dotnet_user = self.by_function(".NET X509Certificate2, UserKeySet", File, "user", likely, DOTNET);
        let mut loader = self.by_function(".NET 9 X509CertificateLoader", AlwaysCng, caller, likely, DOTNET_9);
        // The loader drops the container's name.
        loader.key_file = None;
        if self.machine && self.provider_type().is_some_and(|t| t != 0) {
            loader.note =
                "Microsoft Enhanced RSA and AES Cryptographic Provider when the caller may not create CNG machine keys";
        }
        let function = self.by_function("PFXImportCertStore, no flags", File, caller, likely, FUNCTION);
        vec![plain, exchange, signature, with_csp, user, wizard, cmdlet, dotnet, machine, dotnet_user, loader, function]
    }
}

/// The provider of a file that names none, by type ("PFXImportCertStore function", remarks).
fn default_provider(provider_type: Option<u32>) -> Option<String> {
    let name = match provider_type? {
        0 => provider::SOFTWARE_KSP,
        1 => provider::ENHANCED_CSP,
        13 => "Microsoft Base DSS and Diffie-Hellman Cryptographic Provider",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key<'a>(provider: Option<&'a str>, algorithm: &'a str, usage: Option<u8>) -> KeyOfFile<'a> {
        KeyOfFile { provider, container: None, machine: false, algorithm: Some(algorithm), usage: Some(usage) }
    }

    /// The table in the remarks of "PFXImportCertStore function".
    #[test]
    fn the_default_import_follows_the_documented_table() {
        let strong = Some("Microsoft Strong Cryptographic Provider");
        let of = |key: KeyOfFile<'_>| {
            let (provider_type, key_spec, confidence) = key.default_import();
            (provider_type, key_spec.map(|spec| spec.0), confidence)
        };
        assert_eq!(of(key(None, "RSA", None)), (Some(1), Some(1), Confidence::Likely));
        assert_eq!(of(key(strong, "RSA", Some(0x10))), (Some(1), Some(1), Confidence::Likely));
        assert_eq!(of(key(strong, "RSA", Some(0x20))), (Some(1), Some(1), Confidence::Likely));
        assert_eq!(of(key(strong, "RSA", Some(0x80))), (Some(1), Some(2), Confidence::Likely));
        assert_eq!(of(key(strong, "RSA", Some(0x06))), (Some(1), Some(2), Confidence::Likely));
        assert_eq!(of(key(strong, "RSA", Some(0x90))), (Some(1), Some(1), Confidence::Possible));
        assert_eq!(of(key(None, "DSA", None)), (Some(13), Some(2), Confidence::Likely));
        assert_eq!(of(key(None, "ECC", None)), (Some(0), Some(0), Confidence::Likely));
        assert_eq!(of(key(Some(provider::SOFTWARE_KSP), "RSA", Some(0x80))), (Some(0), Some(0), Confidence::Likely));
        assert_eq!(of(key(Some("PfxProvider"), "RSA", None)), (Some(1), Some(1), Confidence::Possible));
        // No bit that decides, and a provider that holds no such key: open.
        assert_eq!(of(key(strong, "RSA", Some(0x40))), (Some(1), Some(1), Confidence::Possible));
        assert_eq!(of(key(strong, "ECC", Some(0x80))), (Some(1), Some(2), Confidence::Possible));
        assert_eq!(of(key(strong, "Ed25519", None)), (Some(1), Some(1), Confidence::Possible));
        let locked = KeyOfFile { provider: strong, container: None, machine: true, algorithm: None, usage: None };
        assert_eq!(of(locked), (Some(1), None, Confidence::Likely));
    }

    #[test]
    fn a_modifier_changes_the_key_spec_and_the_loader_the_provider() {
        let strong = Some("Microsoft Strong Cryptographic Provider");
        let all = key(strong, "RSA", Some(0x80)).predictions();
        let of =
            |name: &str| all.iter().find(|p| p.importer == name).map(|p| (p.provider_type, p.key_spec.map(|s| s.0)));
        assert_eq!(of("certutil -importPFX"), Some((Some(1), Some(2))));
        assert_eq!(of("certutil -importPFX … AT_KEYEXCHANGE"), Some((Some(1), Some(1))));
        assert_eq!(of(".NET 9 X509CertificateLoader"), Some((Some(0), Some(0))));
        let plain = key(None, "RSA", None).predictions();
        let cmdlet =
            plain.iter().find(|p| p.importer == "Import-PfxCertificate").map(|p| (p.provider_type, p.confidence));
        assert_eq!(cmdlet, Some((Some(0), Confidence::Possible)));
    }
}

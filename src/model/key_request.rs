//! The key that a request, an INF, a template or a script asks for, before a certificate exists.

use super::fact::Fact;

/// What asks for the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestForm {
    /// A PKCS#10 request.
    Pkcs10,
    /// A CMC or PKCS#7 request.
    Cmc,
    /// A certreq INF.
    Inf,
    /// A certificate template.
    Template,
    /// A script: its facts are only possible, since the script may never have run.
    Script,
}

/// An intended key. A value that is not stated is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// What asks for it.
    pub form: RequestForm,
    /// A tool printed it: what its attributes hold is only partly shown.
    pub is_printed: bool,
    /// Someone left out lines of the artifact: what is not there may have been.
    pub left_out: bool,
    /// The attributes whose values are not printed, by object identifier or the tool's name.
    pub unprinted: Vec<Fact<String>>,
    /// The template's name, the script's call.
    pub name: Option<Fact<String>>,
    /// The line that opens the request: `[NewRequest]`.
    pub heading: Option<Fact<String>>,
    /// The certificate template that it names, by name or object identifier.
    pub template: Option<Fact<String>>,
    /// Whether it asks for a CA's certificate.
    pub is_ca: Option<Fact<bool>>,
    /// It renews a certificate, or uses a key that is already there: what it does not state is as it was.
    pub existing: Option<Fact<String>>,
    /// The subject.
    pub subject: Option<Fact<String>>,
    /// The KeySpec: 0, 1, 2.
    pub key_spec: Option<Fact<u32>>,
    /// The providers, the preferred one first.
    pub providers: Vec<Fact<String>>,
    /// The provider type.
    pub provider_type: Option<Fact<u32>>,
    /// `MachineKeySet`, or a script's machine context.
    pub machine_keyset: Option<Fact<bool>>,
    /// Whether the key stays after the process: PersistKeySet of a script.
    pub persisted: Option<Fact<bool>>,
    /// `Exportable`.
    pub exportable: Option<Fact<bool>>,
    /// The key-usage bits of the first byte, digitalSignature 0x80 (certreq's numbers); above them decipherOnly 0x8000.
    pub key_usage: Option<Fact<u32>>,
    /// KeyUsageProperty: 1 decrypt, 2 sign, 4 key agreement.
    pub key_usage_property: Option<Fact<u32>>,
    /// The length in bits.
    pub key_length: Option<Fact<u32>>,
    /// `RSA`, `ECDSA_P256`, ….
    pub key_algorithm: Option<Fact<String>>,
    /// `PKCS10`, `PKCS7`, `CMC`, `Cert`, `SCEP`.
    pub request_type: Option<Fact<String>>,
    /// `HashAlgorithm`.
    pub hash_algorithm: Option<Fact<String>>,
    /// The extended key usages, as OIDs.
    pub extended_key_usage: Vec<Fact<String>>,
    /// Whether the artifact would show extended key usages if it asked for any.
    pub usages_shown: bool,
    /// The subject alternative names.
    pub alternative_names: Vec<Fact<String>>,
    /// It asks for names that are not read (an encoded extension).
    pub unread_names: bool,
    /// `SecurityDescriptor`: SDDL.
    pub security_descriptor: Option<Fact<String>>,
    /// `PrivateKeyArchive`.
    pub private_key_archive: Option<Fact<bool>>,
    /// `KeyContainer`.
    pub key_container: Option<Fact<String>>,
    /// Values with `|` that are not quoted, each with its key.
    pub unquoted_pipes: Vec<(String, Fact<String>)>,
    /// The machine, user and process that made the request (client information attribute).
    pub client_machine: Option<Fact<String>>,
    /// The user.
    pub client_user: Option<Fact<String>>,
    /// The process.
    pub client_process: Option<Fact<String>>,
    /// The OS version attribute.
    pub os_version: Option<Fact<String>>,
    /// The signature of the request over its own key; `None`: not checked.
    pub signature_valid: Option<bool>,
    /// SHA-1 over the public key, as reports show it.
    pub public_key_sha1: Option<Fact<super::thumbprint::Sha1>>,
    /// Every `key = value` of an INF, (section, key, value) as written, without quotes, to write a corrected one.
    pub values: Vec<(String, String, Fact<String>)>,
}

/// Attributes of requests that Windows makes (MS-WCCE 2.2.2.7).
pub mod attribute {
    /// szOID_ENROLLMENT_CSP_PROVIDER: the KeySpec and the provider.
    pub const CSP_PROVIDER: &str = "1.3.6.1.4.1.311.13.2.2";
    /// szOID_OS_VERSION.
    pub const OS_VERSION: &str = "1.3.6.1.4.1.311.13.2.3";
    /// szOID_REQUEST_CLIENT_INFO: the machine, the user and the process that made it.
    pub const CLIENT_INFO: &str = "1.3.6.1.4.1.311.21.20";
}

impl KeyRequest {
    /// Whether an attribute is there whose value is not printed.
    pub fn is_unprinted(&self, attribute: &str) -> bool {
        self.unprinted.iter().any(|own| own.value == attribute)
    }

    /// A request of a form, nothing stated yet.
    pub fn new(form: RequestForm) -> Self {
        Self {
            form,
            is_printed: false,
            left_out: false,
            unprinted: Vec::new(),
            name: None,
            heading: None,
            template: None,
            is_ca: None,
            existing: None,
            subject: None,
            key_spec: None,
            providers: Vec::new(),
            provider_type: None,
            machine_keyset: None,
            persisted: None,
            exportable: None,
            key_usage: None,
            key_usage_property: None,
            key_length: None,
            key_algorithm: None,
            request_type: None,
            hash_algorithm: None,
            extended_key_usage: Vec::new(),
            usages_shown: false,
            alternative_names: Vec::new(),
            unread_names: false,
            security_descriptor: None,
            private_key_archive: None,
            key_container: None,
            unquoted_pipes: Vec::new(),
            client_machine: None,
            client_user: None,
            client_process: None,
            os_version: None,
            signature_valid: None,
            public_key_sha1: None,
            values: Vec::new(),
        }
    }
}

//! What the rules about a key's provider, KeySpec and algorithm say of an intended key: before the certificate is there,
//! the request can still be changed.

use super::prelude::*;
use super::{Outcome, Recorded, RuleMeta};
use crate::case::credential::{Key, PublicKey};
use crate::model::fact::{Fact, Place};
use crate::model::key_request::KeyRequest;

/// A rule about stored keys, asked of an intended one. It looks at nothing but the provider, the KeySpec, the algorithm and
/// the length.
pub(super) struct Intended {
    /// The rule.
    pub rule: &'static dyn CredentialRule,
    /// What the request must ask for instead, as a line of an INF.
    pub instead: &'static str,
    /// It judges the KeySpec of a signature key: for servers that is the business of the rules about each kind of request.
    pub of_signature_key: bool,
}

/// A key of CryptoAPI that can exchange.
pub(super) const EXCHANGE_KEY: &str = "ProviderName = \"Microsoft Enhanced RSA and AES Cryptographic Provider\", ProviderType = 24, KeySpec = AT_KEYEXCHANGE";
/// A key of a key storage provider.
pub(super) const CNG_KEY: &str = "ProviderName = \"Microsoft Software Key Storage Provider\", without KeySpec";
/// An RSA key.
pub(super) const RSA_KEY: &str = "KeyAlgorithm = RSA, KeyLength = 2048";
/// A key that a TPM holds.
pub(super) const TPM_LENGTH: &str = "KeyLength = 2048";
/// A key of a kind for which the table has a source.
pub(super) const KNOWN_KEY: &str =
    "a key of a kind that the table of the workload documents: keyspect explain and its name";
/// A key that signs as TLS 1.3 asks for.
pub(super) const NO_TPM_RSA: &str = "KeyAlgorithm = ECDSA_P256 where the workload takes such keys, or ProviderName = \"Microsoft Software Key Storage Provider\"";

impl RequestRule for Intended {
    fn meta(&self) -> &'static RuleMeta {
        self.rule.meta()
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let told: Vec<Target> =
            if self.of_signature_key && is_told(asked.request) { request::no_signature_keys(cx) } else { Vec::new() };
        let workloads: Vec<Target> = cx.workloads.iter().filter(|t| !told.contains(t)).copied().collect();
        let mut own = Checks::new(self.meta(), None, Vec::new());
        self.rule.check(&credential(asked.request), &Context { workloads: &workloads, bound: &[], ..*cx }, &mut own);
        let mut said = false;
        for Recorded { outcome, .. } in own.into_recorded() {
            match outcome {
                Outcome::Fail(draft) => out.fail(self.of_request(asked, *draft)),
                Outcome::Pass(reason) => out.pass(reason),
                // Nobody is sent to look at a certificate that is not there yet.
                Outcome::Unknown { .. } | Outcome::NotApplicable(_) => continue,
            }
            said = true;
        }
        if !said {
            out.not_applicable("the key that is asked for is none that this rule is about");
        }
    }
}

impl Intended {
    /// The finding with the request's own lines, and with what can still be changed.
    fn of_request(&self, asked: &Asked<'_>, mut draft: FindingDraft) -> FindingDraft {
        for evidence in &mut draft.evidence {
            let (place, label) = (evidence.place, std::mem::take(&mut evidence.label));
            *evidence = request::evidence(asked, place, &shown(asked.request, place), label, evidence.primary);
        }
        draft.remedies = vec![match asked.request.form {
            RequestForm::Inf => request::write(self.instead),
            RequestForm::Template => remedy::advice("Change the template", self.instead),
            _ => remedy::advice("Make a new request, and don't send this one", self.instead),
        }];
        let server = draft.workloads.iter().any(|t| t.workload.server);
        let sure = request::server(asked.request).unwrap_or(Confidence::Possible);
        let draft = if server { request::for_purpose(draft, sure) } else { draft };
        // A template may offer providers of both kinds: which one a client takes does not show.
        let kind = request::kind(asked.request);
        let mixed = asked.request.providers.iter().any(|name| {
            let own = provider::kind_of_name(&name.value);
            own.is_some() && kind.is_some() && own != kind
        });
        if mixed { request::at_most(draft, Confidence::Possible) } else { draft }
    }
}

/// Whether it asks for a CryptoAPI key that only signs, and a rule about requests of its form judges that for servers.
fn is_told(key: &KeyRequest) -> bool {
    let signature = key.key_spec.as_ref().is_some_and(|spec| spec.value == 2);
    let enciphers = key.key_usage.as_ref().is_some_and(|usage| usage.value & 0x20 != 0);
    let judged = match (request::purpose(key), key.form) {
        (Purpose::Server(sure), RequestForm::Template) => sure == Confidence::Certain,
        (Purpose::Server(_), _) | (Purpose::Open, RequestForm::Pkcs10 | RequestForm::Cmc) => true,
        (Purpose::Open, RequestForm::Inf | RequestForm::Script) => enciphers,
        (Purpose::Open | Purpose::Other, _) => false,
    };
    signature && judged && request::kind(key) != Some(ProviderKind::Ksp)
}

/// What a request in bytes, of which no lines are kept, says at a place.
fn shown(key: &KeyRequest, place: Place) -> String {
    if let Some(name) = key.providers.iter().chain(&key.key_algorithm).find(|fact| fact.place == place) {
        return name.value.clone();
    }
    match &key.key_spec {
        Some(spec) if spec.place == place => format!("KeySpec = {}", spec.value),
        _ => String::new(),
    }
}

/// The key that is asked for as if it were stored.
fn credential(asked: &KeyRequest) -> Credential {
    let provider = request::provider(asked).cloned();
    let known = provider.as_ref().is_some_and(|name| provider::find(&name.value).is_some());
    let family =
        request::kind(asked).zip(request::kind_place(asked).or_else(|| asked.key_algorithm.as_ref().map(|a| a.place)));
    // certreq makes RSA keys where nothing else is asked for (certreq -new, KeyAlgorithm).
    let algorithm = asked.key_algorithm.clone().or_else(|| {
        let at = provider
            .as_ref()
            .map(|name| name.place)
            .filter(|_| asked.form == RequestForm::Inf && asked.existing.is_none());
        at.map(|place| Fact::derived("RSA".to_owned(), place, "what certreq makes without KeyAlgorithm"))
    });
    let certificate = Certificate {
        public_key: PublicKey { algorithm: algorithm.clone(), bits: asked.key_length.clone(), ..PublicKey::default() },
        ..Certificate::default()
    };
    let key = Key {
        association: Association::Linked,
        // A type that is not the provider's own is a fault of its own.
        provider_type: asked.provider_type.clone().filter(|_| !known),
        provider,
        family: family.map(|(kind, place)| Fact::stated(kind, place)),
        key_spec: asked.key_spec.clone().map(|spec| spec.map(KeySpec)),
        algorithm,
        bits: asked.key_length.clone(),
        ..Key::default()
    };
    Credential { certificate: Some(certificate), key, ..Credential::default() }
}

//! The certificate has no link to a private key.

use super::prelude::*;

/// The rule.
pub(super) struct KeyProvInfoMissing;

static META: RuleMeta = RuleMeta {
    name: "key-prov-info-missing",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the certificate has no link to a private key",
    sources: &[sources::KB824035, sources::IIS_TROUBLESHOOT],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-prov-info-missing.md"),
};

impl CredentialRule for KeyProvInfoMissing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if c.origin != Origin::StoreDump && !subject::unlinked_in_registry(c) {
            return out.not_applicable(subject::NOT_STORED);
        }
        let key = &c.key;
        if subject::unlinked_in_registry(c) && key.matches_certificate.as_ref().is_some_and(|m| m.value) {
            return out.not_applicable("a key was found: only its link is missing");
        }
        match key.association {
            Association::Linked => return out.pass("the certificate has a key link"),
            Association::FoundBySearch => return out.not_applicable("a key was found: only its link is missing"),
            Association::Unknown => {
                return out.unknown("whether the certificate has a key link", remedy::show_command(c));
            }
            Association::None => {}
        }
        if cx.workloads.is_empty() || c.is_authority() {
            return out.not_applicable("certificates of authorities and peers have no key here by nature");
        }
        if c.scope() == Scope::User && cx.bound.is_empty() {
            return out.not_applicable("a user's store also holds other people's certificates");
        }
        let named = !cx.bound.is_empty();
        let meant = subject::server_auth(c) == Some(true);
        let own = c.certificate.as_ref().and_then(|c| c.self_signed.as_ref()).is_some_and(|s| s.value);
        if !named && !meant && (c.store_name().is_none() || own) {
            return out.not_applicable("roots and peers have no key: nothing shows that this certificate needs one");
        }
        let remark = [KeyRemark::NoKeyForDecryption, KeyRemark::NoKeyProviderInformation]
            .into_iter()
            .find_map(|r| key.remark(r));
        if c.incomplete && remark.is_none() {
            return out
                .unknown("the block is cut off: the key link may stand in the missing part", remedy::show_command(c));
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Only the public part of the certificate is in the store. No program can use a key that \
                 nothing points to: IIS does not list the certificate, Schannel logs event 36869. Typical causes \
                 are a .cer or .p7b file that was imported instead of a PFX, or a request that was completed on \
                 another machine.",
        )
        .conditions(1 + u8::from(named) + u8::from(meant));
        if !(named || meant) {
            draft = draft.confidence(Confidence::Possible);
        }
        if let Some(place) = remark.map(|r| r.place).or(key.association_place) {
            draft = draft.evidence(c.evidence(place, "no key belongs to this certificate here", true));
        }
        if let Some(usage) = c.certificate.as_ref().and_then(|c| c.extended_key_usage.as_ref()).filter(|_| meant) {
            draft = draft.evidence(c.evidence(usage.place, "yet it is meant for a server", false));
        }
        let (store, id) = (remedy::store_argument(c), c.certutil_id());
        out.fail(draft.remedy(Remedy {
            title: "Bring certificate and key together on the machine that made the request, then move them as \
                 a PFX",
            steps: vec![
                Step::cmd("certreq -accept -machine certificate.cer").place("requesting-server"),
                Step::cmd(format!("certutil -p <password> -exportpfx {store} {id} key.pfx")).place("requesting-server"),
                Step::cmd(format!("certutil -f -p <password> -importpfx {store} key.pfx AT_KEYEXCHANGE")),
                Step::text(remedy::PERMISSIONS_AGAIN),
            ],
            caution: Some("If no machine holds the key any more, the certificate must be issued anew for a new key."),
            verify: Some(Verify::new(remedy::show_command(c)).shows("CERT_KEY_PROV_INFO_PROP_ID(2)")),
        }));
    }
}

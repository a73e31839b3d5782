//! The dump was taken without the right to open machine keys.

use super::prelude::*;
use crate::case::key_file_link::KeyFileArtifacts;
use crate::model::access::{AccessList, AccessMask};
use crate::model::principal;

/// The rule.
pub(super) struct DumpTakenUnelevated;

static META: RuleMeta = RuleMeta {
    name: "dump-taken-unelevated",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the dump was taken without the right to open machine keys",
    sources: &[sources::ACL_DUMPS, sources::KB238187],
    explains: &["keyset-missing", "pfx-import-not-persisted", "machineguid-mismatch"],
    standing: Standing::Doubt,
    doc: include_str!("../../docs/rules/dump-taken-unelevated.md"),
};

/// Keys that are shown as missing and whose files let SYSTEM read and administrators not: certutil says the same of a key that
/// is closed to it.
fn closed_to_administrators(case: &CaseIndex, out: &mut Checks) {
    let missing = |c: &&Credential| subject::missing_keyset(c).is_some() && c.surroundings.system.is_none();
    if !case.kept.iter().any(|c| missing(&c)) {
        return;
    }
    let artifacts = KeyFileArtifacts::of(case);
    for c in case.kept.iter().filter(missing) {
        let may = |list: &AccessList, account| list.grants_account(account, AccessMask::READ_DATA);
        let closed = artifacts.lists_of(c).into_iter().find(|(_, list)| {
            may(list, principal::SYSTEM) == Some(true) && may(list, principal::ADMINISTRATORS) == Some(false)
        });
        let Some((observed, list)) = closed else { continue };
        let mut draft = FindingDraft::new(
            &META,
            "the dump was taken by an account that may not read the key file",
            "The key file is there and lets SYSTEM read, and administrators not. certutil says of a key that is closed to it what \
             it says of one that is missing: this dump proves nothing about the key.",
        )
        .conditions(2)
        .evidence(observed.evidence(list.path.place, "SYSTEM may read it, administrators may not", true))
        .remedy(remedy::look_as_owner(c));
        if let Some(place) = subject::missing_keyset(c) {
            draft = draft.evidence(c.evidence(place, "closed to this account, or missing", false));
        }
        draft.related = vec![c.id];
        out.fail(draft);
    }
}

impl CaseRule for DumpTakenUnelevated {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _: &Context<'_>, out: &mut Checks) {
        // How many there are in each input, and those that are missing.
        let mut inputs: BTreeMap<u32, (usize, Vec<&IndexEntry>)> = BTreeMap::new();
        let mut opened = BTreeSet::new();
        let card = ["Microsoft Base Smart Card Crypto Provider", "Microsoft Smart Card Key Storage Provider"].map(fold);
        for entry in &case.entries {
            // Without a flags line the store decides; only a user's store has user keys as a rule.
            let machine = entry.flags.map_or(entry.scope != Scope::User, |f| f & flags::CRYPT_MACHINE_KEYSET != 0);
            let linked = entry.association == Association::Linked;
            if entry.origin == Origin::StoreDump && linked && machine && !card.contains(&entry.provider) {
                let (many, missing) = inputs.entry(entry.source.0).or_default();
                *many = many.saturating_add(1);
                missing.extend(entry.keyset_missing.then_some(entry));
                let tests = [entry.encryption_test, entry.signature_test];
                if !entry.keyset_missing && tests.contains(&TestOutcome::Passed) {
                    opened.insert(entry.source.0);
                }
            }
        }
        if inputs.is_empty() {
            return out.not_applicable("no dump of machine keys");
        }
        closed_to_administrators(case, out);
        let mut kept_of: BTreeMap<u32, Vec<&Credential>> = BTreeMap::new();
        for c in &case.kept {
            if let Some(source) = c.sources.first() {
                kept_of.entry(source.source.0).or_default().push(c);
            }
        }
        let denials: BTreeSet<u32> = case
            .codes
            .iter()
            .chain(&case.failures)
            .filter(|code| subject::same_code(code.code.value, 0x8007_0005))
            .map(|code| code.code.place.source.0)
            .collect();
        for (input, (many, missing)) in inputs {
            let Some(first) = missing.first() else {
                out.pass("the dump could open machine keys");
                continue;
            };
            if opened.contains(&input) {
                out.pass("another key of the machine opened in the same dump");
                continue;
            }
            let kept = kept_of.remove(&input).unwrap_or_default();
            if kept.iter().any(|c| c.surroundings.elevated.is_some()) {
                out.pass("the prompt shows an elevated shell");
                continue;
            }
            let denied = kept.iter().find_map(|c| {
                let sign = c.surroundings.unelevated.as_ref().map(|f| f.place);
                let remark = || c.key.remark(KeyRemark::AccessDenied).map(|r| r.place);
                sign.or_else(remark).map(|place| c.evidence(place, "a shell without administrator's rights", false))
            });
            let refused = denials.contains(&input);
            let all = missing.len() == many && many > 1;
            if !all && denied.is_none() && !refused {
                out.pass("nothing shows a shell without administrator's rights");
                continue;
            }
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "Keys of the machine open only for SYSTEM and administrators. This dump shows them as \
                 missing, and the way it was taken explains that: it proves nothing about the keys.",
            )
            .conditions(u8::from(all) + u8::from(denied.is_some() || refused));
            draft.related = missing.iter().map(|e| e.id).collect();
            let place = case.credential(first.id).and_then(|c| {
                subject::missing_keyset(c).map(|place| c.evidence(place, "closed to this account, or missing", true))
            });
            draft = draft.evidence(place.unwrap_or_else(|| Evidence {
                place: first.place,
                label: "closed to this account, or missing".into(),
                excerpt: String::new(),
                line_text: String::new(),
                path: None,
                primary: true,
            }));
            if let Some(evidence) = denied {
                draft = draft.evidence(evidence);
            }
            out.fail(draft.remedy(Remedy {
                title: "Take the dump again from an elevated prompt, best as SYSTEM, the account of http.sys",
                steps: vec![Step::cmd("psexec -s certutil -v -store my")],
                caution: None,
                verify: None,
            }));
        }
    }
}

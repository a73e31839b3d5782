//! IIS Manager 7.x may have broken the key by importing it as not exportable.

use super::prelude::*;

/// The rule.
pub(super) struct IisImportNonexportableBug;

static META: RuleMeta = RuleMeta {
    name: "iis-import-nonexportable-bug",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Possible,
    summary: "IIS Manager 7.x may have broken the key by importing it as not exportable",
    sources: &[sources::ARTICLE, sources::CERTIFY73],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/iis-import-nonexportable-bug.md"),
};

impl CredentialRule for IisImportNonexportableBug {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let workloads = subject::named(cx, &["iis"]);
        if workloads.is_empty() || c.origin != Origin::StoreDump {
            return out.not_applicable("not a certificate that IIS uses");
        }
        if key.any_test_passed() {
            return out.pass("the key works, exportable or not");
        }
        let Some(version) = subject::windows(c, cx) else {
            return out.not_applicable("nothing shows Windows Server 2008 or 2008 R2");
        };
        if !version.has_iis_7() {
            return out.pass("this version of IIS Manager does not have the fault");
        }
        let Some(closed) = key.remark(KeyRemark::NotExportable) else {
            return out.not_applicable("the key is not shown as not exportable");
        };
        let broken = subject::missing_keyset(c)
            .or_else(|| subject::failed_test(c))
            .or_else(|| subject::symptom(c, hresult::NO_SUCH_LOGON_SESSION).map(|f| f.place));
        let Some(broken) = broken else {
            return out.pass("nothing shows that the key is broken");
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "On Windows Server 2008 and 2008 R2 an import through IIS Manager without \"Allow this \
                 certificate to be exported\" left broken keys. The dump cannot show how the key was imported; \
                 that it is not exportable is never a fault by itself.",
            )
            .conditions(3)
            .workloads(workloads)
            .evidence(c.evidence(broken, "the key is broken", true))
            .evidence(c.evidence(closed.place, "imported as not exportable", false))
            .remedy(Remedy {
                title: "Import again, not through IIS Manager",
                steps: vec![
                    Step::cmd("certutil -p <password> -dump key.pfx")
                        .note("stop here unless it says that a test passed: delete nothing before"),
                    Step::cmd(format!("certutil -delstore {} {}", remedy::store_argument(c), c.certutil_id())),
                    Step::cmd("certutil -f -p <password> -importpfx my key.pfx NoExport,AT_KEYEXCHANGE"),
                    Step::text(remedy::PERMISSIONS_AGAIN),
                ],
                caution: None,
                verify: Some(Verify::new(remedy::show_command(c)).shows("Encryption test passed")),
            }),
        );
    }
}

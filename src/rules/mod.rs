//! The rules: one file each, pure, named, with their sources.

mod acl_applied_to_wrong_directory;
mod acl_deny_or_orphan_sid;
mod adfs_2012r2_cng_ssl;
mod adfs_keyspec;
mod adfs_ssl_cert_not_set;
mod adfs_token_signing_keyspec2_normal;
mod app_code_no_key_read;
mod archived_or_moved_certificate;
mod azurestack_csp_required;
mod bindings;
mod cert_expired;
mod cert_key_mismatch;
mod cert_not_yet_valid;
mod chain_incomplete_or_untrusted;
pub mod check;
mod code_signing_keyspec2_normal;
mod configmgr_cng_roles;
mod container_name_inconsistent;
pub mod corrected_inf;
mod csp_handle_sha1_only_tls;
mod csp_no_sha2;
mod csr_enrollment_csp_attribute;
mod csr_key_not_on_target;
mod dotnet_privatekey_cng;
mod dpapi_key_not_valid_for_state;
mod dpm_cng;
mod dump_taken_unelevated;
mod duplicate_certificates_wrong_one_chosen;
mod ecdsa_key_on_rsa_workload;
mod eku_missing_serverauth;
mod ephemeral_key_0x8009030e;
mod exchange_backend_15021;
mod exchange_cng_fba_loop;
mod exchange_setup_key_acl_fails;
mod exo_app_only_cng;
mod failed_command;
mod hgs_ksp_required;
mod http_15021_status;
mod http_15300_15301_timeline;
mod http_binding_hash_not_in_store;
mod http_binding_null_appid_or_hash;
mod http_binding_store_name_mismatch;
mod iis_httpsys_drift;
mod iis_import_nonexportable_bug;
mod iiswaskey_localservice;
mod inf_exportable_false_warning;
mod inf_hash_unsupported_by_csp;
mod inf_keylength;
mod inf_keyspec_missing;
mod inf_keyspec_signature_tls;
mod inf_keyusage_insufficient;
mod inf_keyusageproperty_conflict;
mod inf_machinekeyset_missing;
mod inf_no_eku;
mod inf_no_san;
mod inf_private_key_archive_needs_cmc;
mod inf_provider_type_mismatch;
mod inf_requesttype_cert_self_signed;
mod inf_securitydescriptor;
mod inf_unquoted_pipe;
mod intended;
mod iplisten_restricts;
pub mod judge;
mod key_access;
mod key_association_repairable;
mod key_exchange_refused;
mod key_file_absent;
mod key_file_corrupt;
mod key_file_no_system_access;
mod key_file_service_account_no_read;
mod key_file_wrong_directory_for_provider;
mod key_prov_info_missing;
mod key_use_refused;
mod keyset_missing;
mod keyspec_nonzero_on_ksp;
mod keyspec_signature_on_csp;
mod keyspec_vs_keyusage;
mod keyspec_zero_ksp_ok;
mod keyspec_zero_on_csp;
mod ku_digital_signature_only_rsa_kx;
mod ku_missing_digital_signature;
mod ldaps_dc_cert;
mod machine_keyset_in_user_store;
mod machineguid_mismatch;
mod machinekeys_folder_acl_broken;
mod machinekeys_overbroad;
mod name_mismatch;
mod netsh_1312_context;
mod no_source_for_key;
mod nonexportable_not_a_cause;
mod pfx;
mod pfx_csp_name_attribute;
mod pfx_empty_vs_null_password;
mod pfx_file_cut;
mod pfx_friendlyname_container_collision;
mod pfx_import_not_persisted;
mod pfx_key_cert_mismatch;
mod pfx_keybag_keyusage_signature;
mod pfx_leaf_missing;
mod pfx_local_keyset_attribute;
mod pfx_modern_encryption_old_windows;
mod pfx_multiple_keys;
mod pfx_no_private_key;
pub mod pointing;
mod prelude;
mod procmon_key_access_denied;
mod provider_base_export_grade;
mod provider_schannel_type12_signature;
mod provider_signature_only;
mod provider_third_party;
mod provider_type_name_mismatch;
mod provider_unknown;
mod rdp_key_no_network_service;
pub mod remedy;
mod request;
mod request_no_provider;
mod request_pending_key_elsewhere;
mod rsassa_pss_signed_cert;
mod san_missing;
mod schannel;
mod schannel_36868_crosscheck;
mod schannel_36870_dispatch;
mod schannel_36871_10013_not_key;
mod schannel_36874_36888_40;
mod schannel_36887_alert;
mod schannel_client_type_not_binding;
mod scom_inf;
mod scom_repairstore;
mod service_certificate_events;
mod service_certificate_not_in_store;
mod servicefabric_cng;
mod shared_key_container;
mod shir_cng_unsupported;
mod shir_keyspec;
mod shir_service_acl;
mod smartcard_csp_to_ksp_2025;
mod smartcard_or_token_absent;
mod sources;
mod sql_keyspec_signature;
mod sql_ksp_documented_unsupported;
mod sql_service_no_key_read;
mod sslcert_ipport_overrides_sni;
mod stated_accounts;
mod strong_key_protection_silent;
mod subject;
pub(crate) mod suiting;
mod template_keyspec_signature_tls;
mod tpm_key_size_limit;
mod tpm_rsa_pss;
mod user_keyset_in_machine_store;
mod vbs_isolated_key_lost;
mod wac_cng_acl;
mod weak_key_or_hash;

#[cfg(test)]
mod binding_tests;
#[cfg(test)]
mod case_tests;
#[cfg(test)]
mod condition_tests;
#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod key_access_tests;
#[cfg(test)]
mod pfx_tests;
#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use crate::case::{credential::Credential, index::CaseIndex};
use crate::limits::Limits;
pub use crate::model::judgement::Grade;
use crate::model::judgement::{Confidence, Role, Severity};
use crate::model::key_request::KeyRequest;
use crate::model::observation::Observed;
use crate::model::windows::WindowsVersion;
use crate::workloads::Target;
pub use check::{Checks, FindingDraft, Outcome, Recorded};
use intended::Intended;
use time::OffsetDateTime;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A check that can fail.
    Fault,
    /// A check that passes with a reason, shown under "Not the cause"; never a finding.
    Suppressor,
    /// Reads a symptom and points to the rules that decide.
    Dispatch,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The document and section.
    pub title: &'static str,
    /// Its address; empty when it has none that lasts.
    pub url: &'static str,
    /// How good it is.
    pub grade: Grade,
}

/// What is known of a rule without running it.
#[derive(Debug)]
#[non_exhaustive]
pub struct RuleMeta {
    /// The stable name: `keyspec-signature-on-csp`.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The severity of a finding, as a rule; a draft may lower it.
    pub severity: Severity,
    /// The role of a finding, as a rule; the ranking may turn a root cause into a contributing one.
    pub role: Role,
    /// The confidence of a finding, as a rule; a draft may lower it.
    pub confidence: Confidence,
    /// One sentence: what is wrong when it fails.
    pub summary: &'static str,
    /// Never empty.
    pub sources: &'static [Source],
    /// The rules whose findings this one explains: they become contributing, at most a warning, when this one is the
    /// root cause.
    pub explains: &'static [&'static str],
    /// What its outcome means for the judgement besides its role.
    pub standing: Standing,
    /// The text of `docs/rules/<name>.md`.
    pub doc: &'static str,
}

/// What a rule's outcome means for the judgement besides its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Plain,
    /// It says who looked: without elevation every key seems to be missing.
    Doubt,
    /// Its finding weighs little beside a [`Standing::Doubt`].
    Doubted,
    /// Its pass about a credential, by the whole case, takes back what the credential's own lines suggest: another artifact
    /// shows the key.
    Withdrawable,
    /// Its finding leaves a verdict open that nothing else decides.
    LeavesOpen,
    /// Its finding threatens nothing while no artifact and nobody says which Windows is meant.
    Hint,
    /// It is judged of an archived certificate that nothing is bound to, too.
    OfHistory,
}

/// What a rule may know besides its subject.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The workloads for which the credential is a candidate; for a case rule, all that were asked for.
    pub workloads: &'a [Target],
    /// The workloads to which an artifact binds the credential; empty without such an artifact, and for a case rule.
    pub bound: &'a [Target],
    /// The time of judgement.
    pub at: OffsetDateTime,
    /// The Windows version that the user named, if any. A version that an artifact states is in the credential.
    pub windows: Option<WindowsVersion>,
    /// The bounds.
    pub limits: &'a Limits,
    /// Asked between subjects; true: stop.
    pub stop: &'a dyn Fn() -> bool,
}

/// Sees one credential and runs when its block ends.
pub trait CredentialRule: Sync {
    /// What is known of it without running it.
    fn meta(&self) -> &'static RuleMeta;
    /// Checks one credential: at least one outcome goes to `out`.
    fn check(&self, credential: &Credential, cx: &Context<'_>, out: &mut Checks);
}

/// Sees the whole case and runs at the end of the input.
pub trait CaseRule: Sync {
    /// What is known of it without running it.
    fn meta(&self) -> &'static RuleMeta;
    /// Checks the case.
    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks);
}

/// An intended key, and what surrounds it.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What is asked for.
    pub request: &'a KeyRequest,
    /// The record that asks for it: its lines are the evidence.
    pub observed: &'a Observed,
    /// Everything else.
    pub case: &'a CaseIndex,
}

/// Sees one intended key (request, INF, template, script) and runs at the end of the input.
pub trait RequestRule: Sync {
    /// What is known of it without running it.
    fn meta(&self) -> &'static RuleMeta;
    /// Checks one intended key: at least one outcome goes to `out`. `cx.workloads` are those that a certificate made from
    /// it could serve.
    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks);
}

/// A rule of any kind.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum RuleEntry {
    /// About one credential.
    Credential(&'static dyn CredentialRule),
    /// About the case.
    Case(&'static dyn CaseRule),
    /// About one intended key.
    Request(&'static dyn RequestRule),
}

impl RuleEntry {
    /// What is known of it without running it.
    pub fn meta(&self) -> &'static RuleMeta {
        match self {
            Self::Credential(r) => r.meta(),
            Self::Case(r) => r.meta(),
            Self::Request(r) => r.meta(),
        }
    }
}

/// Every rule: one line per file in `rules/`, in the order of precedence (byte proof first).
pub static RULES: &[RuleEntry] = &[
    RuleEntry::Credential(&cert_key_mismatch::CertKeyMismatch),
    RuleEntry::Case(&cert_key_mismatch::CertKeyMismatch),
    RuleEntry::Credential(&pfx_file_cut::PfxFileCut),
    RuleEntry::Credential(&pfx_key_cert_mismatch::PfxKeyCertMismatch),
    RuleEntry::Credential(&pfx_no_private_key::PfxNoPrivateKey),
    RuleEntry::Credential(&pfx_leaf_missing::PfxLeafMissing),
    RuleEntry::Credential(&container_name_inconsistent::ContainerNameInconsistent),
    RuleEntry::Case(&request_pending_key_elsewhere::RequestPendingKeyElsewhere),
    RuleEntry::Case(&http_binding_null_appid_or_hash::HttpBindingNullAppidOrHash),
    RuleEntry::Case(&http_binding_hash_not_in_store::HttpBindingHashNotInStore),
    RuleEntry::Case(&service_certificate_not_in_store::ServiceCertificateNotInStore),
    RuleEntry::Case(&http_binding_store_name_mismatch::HttpBindingStoreNameMismatch),
    RuleEntry::Case(&adfs_ssl_cert_not_set::AdfsSslCertNotSet),
    RuleEntry::Credential(&scom_repairstore::ScomRepairstore),
    RuleEntry::Credential(&key_prov_info_missing::KeyProvInfoMissing),
    RuleEntry::Credential(&key_association_repairable::KeyAssociationRepairable),
    RuleEntry::Credential(&user_keyset_in_machine_store::UserKeysetInMachineStore),
    RuleEntry::Credential(&key_file_corrupt::KeyFileCorrupt),
    RuleEntry::Case(&key_file_corrupt::KeyFileCorrupt),
    RuleEntry::Case(&key_file_no_system_access::KeyFileNoSystemAccess),
    RuleEntry::Case(&acl_applied_to_wrong_directory::AclAppliedToWrongDirectory),
    RuleEntry::Case(&sql_service_no_key_read::SqlServiceNoKeyRead),
    RuleEntry::Case(&shir_service_acl::ShirServiceAcl),
    RuleEntry::Case(&rdp_key_no_network_service::RdpKeyNoNetworkService),
    RuleEntry::Case(&wac_cng_acl::WacCngAcl),
    RuleEntry::Case(&app_code_no_key_read::AppCodeNoKeyRead),
    RuleEntry::Case(&key_file_service_account_no_read::KeyFileServiceAccountNoRead),
    RuleEntry::Case(&procmon_key_access_denied::ProcmonKeyAccessDenied),
    RuleEntry::Case(&iiswaskey_localservice::IiswaskeyLocalservice),
    RuleEntry::Case(&exchange_setup_key_acl_fails::ExchangeSetupKeyAclFails),
    RuleEntry::Case(&ephemeral_key_0x8009030e::EphemeralKey0x8009030e),
    RuleEntry::Case(&exchange_backend_15021::ExchangeBackend15021),
    RuleEntry::Credential(&strong_key_protection_silent::StrongKeyProtectionSilent),
    RuleEntry::Case(&strong_key_protection_silent::StrongKeyProtectionSilent),
    RuleEntry::Credential(&provider_signature_only::ProviderSignatureOnly),
    RuleEntry::Credential(&shir_cng_unsupported::ShirCngUnsupported),
    RuleEntry::Credential(&shir_keyspec::ShirKeyspec),
    RuleEntry::Credential(&sql_keyspec_signature::SqlKeyspecSignature),
    RuleEntry::Credential(&adfs_keyspec::AdfsKeyspec),
    RuleEntry::Credential(&adfs_2012r2_cng_ssl::Adfs2012r2CngSsl),
    RuleEntry::Credential(&exo_app_only_cng::ExoAppOnlyCng),
    RuleEntry::Credential(&dpm_cng::DpmCng),
    RuleEntry::Credential(&azurestack_csp_required::AzurestackCspRequired),
    RuleEntry::Credential(&hgs_ksp_required::HgsKspRequired),
    RuleEntry::Credential(&configmgr_cng_roles::ConfigmgrCngRoles),
    RuleEntry::Credential(&exchange_cng_fba_loop::ExchangeCngFbaLoop),
    RuleEntry::Credential(&provider_type_name_mismatch::ProviderTypeNameMismatch),
    RuleEntry::Credential(&pfx_keybag_keyusage_signature::PfxKeybagKeyusageSignature),
    RuleEntry::Credential(&pfx_modern_encryption_old_windows::PfxModernEncryptionOldWindows),
    RuleEntry::Credential(&keyspec_signature_on_csp::KeySpecSignatureOnCsp),
    RuleEntry::Credential(&keyspec_zero_on_csp::KeyspecZeroOnCsp),
    RuleEntry::Credential(&keyspec_nonzero_on_ksp::KeyspecNonzeroOnKsp),
    RuleEntry::Credential(&ecdsa_key_on_rsa_workload::EcdsaKeyOnRsaWorkload),
    RuleEntry::Credential(&provider_schannel_type12_signature::ProviderSchannelType12Signature),
    RuleEntry::Credential(&smartcard_or_token_absent::SmartcardOrTokenAbsent),
    RuleEntry::Credential(&smartcard_csp_to_ksp_2025::SmartcardCspToKsp2025),
    RuleEntry::Credential(&tpm_key_size_limit::TpmKeySizeLimit),
    RuleEntry::Credential(&tpm_rsa_pss::TpmRsaPss),
    RuleEntry::Credential(&csp_no_sha2::CspNoSha2),
    RuleEntry::Credential(&dotnet_privatekey_cng::DotnetPrivatekeyCng),
    RuleEntry::Credential(&servicefabric_cng::ServicefabricCng),
    RuleEntry::Credential(&csp_handle_sha1_only_tls::CspHandleSha1OnlyTls),
    RuleEntry::Credential(&vbs_isolated_key_lost::VbsIsolatedKeyLost),
    RuleEntry::Credential(&archived_or_moved_certificate::ArchivedOrMovedCertificate),
    RuleEntry::Credential(&eku_missing_serverauth::EkuMissingServerauth),
    RuleEntry::Credential(&iis_import_nonexportable_bug::IisImportNonexportableBug),
    RuleEntry::Case(&machinekeys_folder_acl_broken::MachinekeysFolderAclBroken),
    RuleEntry::Credential(&pfx_import_not_persisted::PfxImportNotPersisted),
    RuleEntry::Case(&pfx_import_not_persisted::PfxImportNotPersisted),
    RuleEntry::Case(&dump_taken_unelevated::DumpTakenUnelevated),
    RuleEntry::Case(&key_file_absent::KeyFileAbsent),
    RuleEntry::Credential(&keyset_missing::KeysetMissing),
    RuleEntry::Case(&machineguid_mismatch::MachineguidMismatch),
    RuleEntry::Case(&acl_deny_or_orphan_sid::AclDenyOrOrphanSid),
    RuleEntry::Credential(&dpapi_key_not_valid_for_state::DpapiKeyNotValidForState),
    RuleEntry::Case(&dpapi_key_not_valid_for_state::DpapiKeyNotValidForState),
    RuleEntry::Credential(&pfx_friendlyname_container_collision::PfxFriendlynameContainerCollision),
    RuleEntry::Case(&pfx_friendlyname_container_collision::PfxFriendlynameContainerCollision),
    RuleEntry::Case(&shared_key_container::SharedKeyContainer),
    RuleEntry::Credential(&sql_ksp_documented_unsupported::SqlKspDocumentedUnsupported),
    RuleEntry::Credential(&ldaps_dc_cert::LdapsDcCert),
    RuleEntry::Case(&ldaps_dc_cert::LdapsDcCert),
    RuleEntry::Credential(&cert_expired::CertExpired),
    RuleEntry::Credential(&cert_not_yet_valid::CertNotYetValid),
    RuleEntry::Credential(&ku_missing_digital_signature::KuMissingDigitalSignature),
    RuleEntry::Case(&duplicate_certificates_wrong_one_chosen::DuplicateCertificatesWrongOneChosen),
    RuleEntry::Credential(&machine_keyset_in_user_store::MachineKeysetInUserStore),
    RuleEntry::Credential(&keyspec_vs_keyusage::KeyspecVsKeyusage),
    RuleEntry::Credential(&ku_digital_signature_only_rsa_kx::KuDigitalSignatureOnlyRsaKx),
    RuleEntry::Case(&ku_digital_signature_only_rsa_kx::KuDigitalSignatureOnlyRsaKx),
    RuleEntry::Credential(&pfx_csp_name_attribute::PfxCspNameAttribute),
    RuleEntry::Credential(&pfx_multiple_keys::PfxMultipleKeys),
    RuleEntry::Credential(&pfx_local_keyset_attribute::PfxLocalKeysetAttribute),
    RuleEntry::Credential(&pfx_empty_vs_null_password::PfxEmptyVsNullPassword),
    RuleEntry::Credential(&provider_unknown::ProviderUnknown),
    RuleEntry::Credential(&provider_third_party::ProviderThirdParty),
    RuleEntry::Credential(&key_file_wrong_directory_for_provider::KeyFileWrongDirectoryForProvider),
    RuleEntry::Credential(&provider_base_export_grade::ProviderBaseExportGrade),
    RuleEntry::Case(&machinekeys_overbroad::MachinekeysOverbroad),
    RuleEntry::Credential(&san_missing::SanMissing),
    RuleEntry::Credential(&weak_key_or_hash::WeakKeyOrHash),
    RuleEntry::Credential(&rsassa_pss_signed_cert::RsassaPssSignedCert),
    RuleEntry::Credential(&chain_incomplete_or_untrusted::ChainIncompleteOrUntrusted),
    RuleEntry::Case(&name_mismatch::NameMismatch),
    RuleEntry::Case(&schannel_36868_crosscheck::Schannel36868Crosscheck),
    RuleEntry::Case(&schannel_36871_10013_not_key::Schannel3687110013NotKey),
    RuleEntry::Request(&inf_unquoted_pipe::InfUnquotedPipe),
    RuleEntry::Request(&inf_private_key_archive_needs_cmc::InfPrivateKeyArchiveNeedsCmc),
    RuleEntry::Request(&inf_machinekeyset_missing::InfMachinekeysetMissing),
    RuleEntry::Request(&inf_keyspec_signature_tls::InfKeyspecSignatureTls),
    RuleEntry::Request(&csr_enrollment_csp_attribute::CsrEnrollmentCspAttribute),
    RuleEntry::Request(&template_keyspec_signature_tls::TemplateKeyspecSignatureTls),
    RuleEntry::Request(&inf_provider_type_mismatch::InfProviderTypeMismatch),
    RuleEntry::Request(&inf_keyusageproperty_conflict::InfKeyusagepropertyConflict),
    RuleEntry::Request(&strong_key_protection_silent::StrongKeyProtectionSilent),
    RuleEntry::Request(&inf_keyspec_missing::InfKeyspecMissing),
    RuleEntry::Request(&inf_securitydescriptor::InfSecuritydescriptor),
    RuleEntry::Request(&csr_key_not_on_target::CsrKeyNotOnTarget),
    RuleEntry::Request(&inf_keyusage_insufficient::InfKeyusageInsufficient),
    RuleEntry::Request(&ku_missing_digital_signature::KuMissingDigitalSignature),
    RuleEntry::Request(&inf_hash_unsupported_by_csp::InfHashUnsupportedByCsp),
    RuleEntry::Request(&inf_no_eku::InfNoEku),
    RuleEntry::Request(&inf_no_san::InfNoSan),
    RuleEntry::Request(&inf_keylength::InfKeylength),
    RuleEntry::Request(&inf_exportable_false_warning::InfExportableFalseWarning),
    RuleEntry::Request(&inf_requesttype_cert_self_signed::InfRequesttypeCertSelfSigned),
    RuleEntry::Request(&scom_inf::ScomInf),
    RuleEntry::Request(&Intended {
        rule: &provider_signature_only::ProviderSignatureOnly,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &shir_cng_unsupported::ShirCngUnsupported,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &shir_keyspec::ShirKeyspec,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: true,
    }),
    RuleEntry::Request(&Intended {
        rule: &sql_keyspec_signature::SqlKeyspecSignature,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: true,
    }),
    RuleEntry::Request(&Intended {
        rule: &adfs_keyspec::AdfsKeyspec,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: true,
    }),
    RuleEntry::Request(&Intended {
        rule: &adfs_2012r2_cng_ssl::Adfs2012r2CngSsl,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &exo_app_only_cng::ExoAppOnlyCng,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended { rule: &dpm_cng::DpmCng, instead: intended::EXCHANGE_KEY, of_signature_key: false }),
    RuleEntry::Request(&Intended {
        rule: &azurestack_csp_required::AzurestackCspRequired,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &hgs_ksp_required::HgsKspRequired,
        instead: intended::CNG_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &configmgr_cng_roles::ConfigmgrCngRoles,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &exchange_cng_fba_loop::ExchangeCngFbaLoop,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &keyspec_signature_on_csp::KeySpecSignatureOnCsp,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: true,
    }),
    RuleEntry::Request(&Intended {
        rule: &ecdsa_key_on_rsa_workload::EcdsaKeyOnRsaWorkload,
        instead: intended::RSA_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &tpm_key_size_limit::TpmKeySizeLimit,
        instead: intended::TPM_LENGTH,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &tpm_rsa_pss::TpmRsaPss,
        instead: intended::NO_TPM_RSA,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &dotnet_privatekey_cng::DotnetPrivatekeyCng,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &servicefabric_cng::ServicefabricCng,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &sql_ksp_documented_unsupported::SqlKspDocumentedUnsupported,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Request(&Intended {
        rule: &ldaps_dc_cert::LdapsDcCert,
        instead: intended::EXCHANGE_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Case(&sslcert_ipport_overrides_sni::SslcertIpportOverridesSni),
    RuleEntry::Case(&iplisten_restricts::IplistenRestricts),
    RuleEntry::Case(&iis_httpsys_drift::IisHttpsysDrift),
    RuleEntry::Case(&http_15021_status::Http15021Status),
    RuleEntry::Case(&schannel_36870_dispatch::Schannel36870Dispatch),
    RuleEntry::Case(&schannel_36874_36888_40::Schannel368743688840),
    RuleEntry::Case(&schannel_36887_alert::Schannel36887Alert),
    RuleEntry::Case(&service_certificate_events::ServiceCertificateEvents),
    RuleEntry::Case(&failed_command::FailedCommand),
    RuleEntry::Case(&key_exchange_refused::KeyExchangeRefused),
    RuleEntry::Case(&http_15300_15301_timeline::Http1530015301Timeline),
    RuleEntry::Case(&netsh_1312_context::Netsh1312Context),
    RuleEntry::Case(&key_use_refused::KeyUseRefused),
    RuleEntry::Case(&schannel_client_type_not_binding::SchannelClientTypeNotBinding),
    RuleEntry::Request(&request_no_provider::RequestNoProvider),
    RuleEntry::Credential(&no_source_for_key::NoSourceForKey),
    RuleEntry::Request(&Intended {
        rule: &no_source_for_key::NoSourceForKey,
        instead: intended::KNOWN_KEY,
        of_signature_key: false,
    }),
    RuleEntry::Credential(&keyspec_zero_ksp_ok::KeyspecZeroKspOk),
    RuleEntry::Credential(&adfs_token_signing_keyspec2_normal::AdfsTokenSigningKeyspec2Normal),
    RuleEntry::Credential(&code_signing_keyspec2_normal::CodeSigningKeyspec2Normal),
    RuleEntry::Credential(&nonexportable_not_a_cause::NonexportableNotACause),
];

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static RuleEntry> {
    RULES.iter().find(|r| r.meta().name == name)
}

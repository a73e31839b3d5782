//! The documents that rules rest on, each with its grade.

use super::{Grade, Source};

pub(super) const ARTICLE: Source =
    Source { title: "Error HRESULT: 0x80070520 when adding SSL binding in IIS", url: "", grade: Grade::A };
pub(super) const KEYSPEC_DOC: Source = Source {
    title: "Microsoft Learn, AD FS and certificate KeySpec property information",
    url: "https://learn.microsoft.com/windows-server/identity/ad-fs/technical-reference/ad-fs-and-keyspec-property",
    grade: Grade::A,
};
pub(super) const KEY_PROV_INFO_DOC: Source = Source {
    title: "Microsoft Learn, CRYPT_KEY_PROV_INFO structure",
    url: "https://learn.microsoft.com/windows/win32/api/wincrypt/ns-wincrypt-crypt_key_prov_info",
    grade: Grade::A,
};
pub(super) const KB824035: Source =
    Source { title: "Microsoft KB824035 (event 36869: no private key information property)", url: "", grade: Grade::A };
pub(super) const IIS_TROUBLESHOOT: Source =
    Source { title: "Microsoft, Troubleshooting SSL related issues (Server Certificate)", url: "", grade: Grade::A };
pub(super) const CA_START: Source =
    Source { title: "Microsoft, AD CS does not start (certutil -repairstore)", url: "", grade: Grade::A };
pub(super) const CLOUDHSM: Source = Source {
    title: "AWS CloudHSM documentation, associating a certificate with a key (certutil -f -csp ... -repairstore)",
    url: "",
    grade: Grade::C,
};
pub(super) const KB238187: Source = Source {
    title: "Microsoft KB238187 (NTE_BAD_KEYSET: container missing, no access, or protected storage not available)",
    url: "",
    grade: Grade::A,
};
pub(super) const CERTIFY319: Source = Source {
    title: "webprofusion/certify issue 319",
    url: "https://github.com/webprofusion/certify/issues/319",
    grade: Grade::C,
};
pub(super) const ACL_DUMPS: Source = Source {
    title: "Published dumps of one store by two accounts: Missing stored keyset before, Signature test passed after a change of permissions",
    url: "",
    grade: Grade::C,
};
pub(super) const IIS7_STOPS: Source = Source {
    title: "Microsoft, SSL stops working in IIS 7 (the key stays in the user's store)",
    url: "",
    grade: Grade::A,
};
pub(super) const CERTREQ: Source = Source {
    title: "Microsoft Learn, certreq",
    url: "https://learn.microsoft.com/windows-server/administration/windows-commands/certreq_1",
    grade: Grade::A,
};
pub(super) const PUPPET74: Source = Source { title: "puppetlabs-sslcertificate issue 74", url: "", grade: Grade::C };
pub(super) const DOTNET25: Source =
    Source { title: "dotnet-framework-early-access issue 25", url: "", grade: Grade::C };
pub(super) const BC130: Source = Source { title: "bc-csharp issue 130", url: "", grade: Grade::C };
pub(super) const COREFX36542: Source = Source { title: "dotnet/corefx issue 36542", url: "", grade: Grade::C };
pub(super) const RUNTIME97121: Source = Source {
    title: "dotnet/runtime issue 97121",
    url: "https://github.com/dotnet/runtime/issues/97121",
    grade: Grade::C,
};
pub(super) const POSHACME_IMPORT: Source =
    Source { title: "Posh-ACME, source of Import-PfxCertInternal", url: "", grade: Grade::C };
pub(super) const POSHACME157: Source = Source { title: "Posh-ACME issue 157", url: "", grade: Grade::C };
pub(super) const FILE_NAMES: Source = Source {
    title: "Key-file names recomputed from container names (19 of 19 CryptoAPI pairs, 15 of 15 CNG pairs)",
    url: "",
    grade: Grade::B,
};
pub(super) const KEY_STORAGE: Source = Source {
    title: "Microsoft Learn, Key Storage and Retrieval",
    url: "https://learn.microsoft.com/windows/win32/seccng/key-storage-and-retrieval",
    grade: Grade::A,
};
pub(super) const GUID_INFERENCE: Source = Source {
    title: "Inference: key files are bound to the machine by DPAPI; no document was found",
    url: "",
    grade: Grade::D,
};
pub(super) const GUID_SCRIPTS: Source = Source {
    title: "Public clean-up scripts that tell a machine's own key files by the GUID at the end of their names",
    url: "",
    grade: Grade::B,
};
pub(super) const WINERROR: Source =
    Source { title: "Microsoft, winerror.h and WinSCard error texts", url: "", grade: Grade::A };
pub(super) const ADAL1083: Source =
    Source { title: "ADAL issue 1083 and MSAL issue 1201 (the same code on an export)", url: "", grade: Grade::C };
pub(super) const DBATOOLS10724: Source = Source { title: "dbatools pull request 10724", url: "", grade: Grade::C };
pub(super) const MSAL6020: Source = Source { title: "AzureAD MSAL issue 6020", url: "", grade: Grade::C };
pub(super) const ICE5973: Source =
    Source { title: "zeroc-ice/ice issue 5973 and pull request 6024", url: "", grade: Grade::C };
pub(super) const OCTOPUS: Source = Source { title: "OctopusDeploy issues 3744 and 3689", url: "", grade: Grade::C };
pub(super) const PFX_IMPORT: Source = Source {
    title: "Microsoft Learn, PFXImportCertStore function",
    url: "https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-pfximportcertstore",
    grade: Grade::A,
};
pub(super) const MIMIKATZ22: Source =
    Source { title: "gentilkiwi/mimikatz issue 22 (Encryption test FAILED)", url: "", grade: Grade::C };
pub(super) const LDAPS_DOC: Source = Source {
    title: "Microsoft, Enable LDAP over SSL with a third-party certification authority",
    url: "",
    grade: Grade::A,
};
pub(super) const PROPERTIES_DOC: Source = Source {
    title: "Microsoft Learn, CertGetCertificateContextProperty function: CERT_ARCHIVED_PROP_ID is skipped when certificates are enumerated",
    url: "https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certgetcertificatecontextproperty",
    grade: Grade::A,
};
pub(super) const X509KEYSPEC: Source = Source {
    title: "Microsoft Learn, X509KeySpec enumeration",
    url: "https://learn.microsoft.com/windows/win32/api/certenroll/ne-certenroll-x509keyspec",
    grade: Grade::A,
};
pub(super) const CA_RENEWAL: Source =
    Source { title: "Microsoft, CA certificate renewal fails when using a KSP provider", url: "", grade: Grade::A };
pub(super) const SMALLSTEP1062: Source = Source { title: "smallstep/crypto issue 1062", url: "", grade: Grade::C };
pub(super) const NO_SOURCE: Source = Source {
    title: "The table of workloads: no document and no public report was found for this cell",
    url: "",
    grade: Grade::D,
};
pub(super) const KMS67: Source =
    Source { title: "GoogleCloudPlatform/kms-integrations issue 67", url: "", grade: Grade::C };
pub(super) const CSPLIST: Source =
    Source { title: "Published certutil -csplist outputs (provider names with their types)", url: "", grade: Grade::B };
pub(super) const MSAL1324: Source = Source {
    title: "MSAL issue 1324 (provider types 1 and 12 only support SHA-1; reopening as type 24)",
    url: "",
    grade: Grade::C,
};
pub(super) const WINACME1232: Source = Source { title: "win-acme issue 1232 (PfxProvider)", url: "", grade: Grade::C };
pub(super) const PROV_RSA_SIG: Source =
    Source { title: "Microsoft Learn, PROV_RSA_SIG and PROV_DSS provider types", url: "", grade: Grade::A };
pub(super) const CSP_TABLE: Source =
    Source { title: "Microsoft Learn, CryptoAPI Cryptographic Service Providers", url: "", grade: Grade::A };
pub(super) const IDENTITYMODEL246: Source = Source { title: "identitymodel issue 246", url: "", grade: Grade::C };
pub(super) const IDSERVER1903: Source = Source { title: "IdentityServer3 issue 1903", url: "", grade: Grade::C };
pub(super) const OIOSAML84: Source = Source { title: "OIOSAML.Net issue 84", url: "", grade: Grade::C };
pub(super) const AZUREC699: Source =
    Source { title: "Azure-c-shared-utility pull request 699", url: "", grade: Grade::C };
pub(super) const OPENSSL12859: Source = Source { title: "openssl issues 12859 and 8872", url: "", grade: Grade::C };
pub(super) const FIREZONE15026: Source = Source { title: "firezone issue 15026", url: "", grade: Grade::C };
pub(super) const RUNTIME111251: Source = Source {
    title: "dotnet/runtime issue 111251",
    url: "https://github.com/dotnet/runtime/issues/111251",
    grade: Grade::C,
};
pub(super) const HICKS3: Source = Source { title: "richardhicks/endpointmanager issue 3", url: "", grade: Grade::C };
pub(super) const TPMIMPORT22: Source = Source { title: "TPMImport issue 22", url: "", grade: Grade::C };
pub(super) const KB5073121: Source = Source {
    title: "Microsoft KB5073121 (smart-card certificates propagate with a key storage provider)",
    url: "",
    grade: Grade::A,
};
pub(super) const SMARTCARD_SUMMARIES: Source =
    Source { title: "Public summaries of the smart-card change of October 2025", url: "", grade: Grade::C };
pub(super) const STRONG_PROTECTION: Source =
    Source { title: "Microsoft apgcdsd blog (SQL Server does not start, 0x80090022)", url: "", grade: Grade::A };
pub(super) const CERTIFY465: Source = Source {
    title: "webprofusion/certify issue 465 (accepted cause: an EC key)",
    url: "https://github.com/webprofusion/certify/issues/465",
    grade: Grade::C,
};
pub(super) const CONFIGMGR_CNG: Source =
    Source { title: "Microsoft Learn, Configuration Manager: CNG v3 certificates overview", url: "", grade: Grade::A };
pub(super) const CERTIFY73: Source = Source {
    title: "webprofusion/certify issue 73",
    url: "https://github.com/webprofusion/certify/issues/73",
    grade: Grade::C,
};
pub(super) const CHEF621: Source =
    Source { title: "chef/windows issue 621 (the export flag blamed for another fault)", url: "", grade: Grade::C };
pub(super) const SQL_DOC: Source =
    Source { title: "Microsoft Learn, SQL Server: certificate requirements", url: "", grade: Grade::A };
pub(super) const RFC8446: Source = Source {
    title: "RFC 8446, section 4.4.2.2 (the key must allow signing)",
    url: "https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.2",
    grade: Grade::A,
};
pub(super) const KU_INFERENCE: Source =
    Source { title: "Inference for the behaviour of Windows and of its clients", url: "", grade: Grade::D };
pub(super) const KEYUSAGE_FLAGS: Source = Source {
    title: "Microsoft Learn, X509PrivateKeyUsageFlags enumeration",
    url: "https://learn.microsoft.com/windows/win32/api/certenroll/ne-certenroll-x509privatekeyusageflags",
    grade: Grade::A,
};
pub(super) const RFC5280_VALIDITY: Source = Source {
    title: "RFC 5280, section 4.1.2.5",
    url: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
    grade: Grade::A,
};
pub(super) const RFC2818: Source = Source {
    title: "RFC 2818, section 3.1 (the common name is deprecated for naming a server)",
    url: "https://www.rfc-editor.org/rfc/rfc2818#section-3.1",
    grade: Grade::A,
};
pub(super) const ADVISORY2661254: Source = Source {
    title: "Microsoft Security Advisory 2661254: Update for minimum certificate key length",
    url: "",
    grade: Grade::A,
};
pub(super) const SP80057: Source = Source {
    title: "NIST SP 800-57 part 1 and SP 800-131A (RSA under 2048 bits, SHA-1 and MD5 for signatures)",
    url: "",
    grade: Grade::A,
};
pub(super) const SQL_LAB: Source = Source {
    title: "dbatools issue 10713 and pull request 10721 (SQL Server 2019, 2022 and 2025 load a KSP certificate)",
    url: "",
    grade: Grade::C,
};
pub(super) const SQLDOCS5934: Source =
    Source { title: "sql-docs issue 5934 (SQL Server 2016 does not list it)", url: "", grade: Grade::C };
pub(super) const WINACME420: Source = Source {
    title: "win-acme issue 420, quoting Microsoft's \"The one with the FBA redirect loop\"",
    url: "",
    grade: Grade::C,
};
pub(super) const CERTIFY112: Source =
    Source { title: "webprofusion/certify issues 112 and 139, ACME-PS issue 45", url: "", grade: Grade::C };
pub(super) const EXO_DOC: Source = Source {
    title: "Microsoft Learn, App-only authentication in Exchange Online PowerShell",
    url: "",
    grade: Grade::A,
};
pub(super) const ADFS2012R2: Source =
    Source { title: "Microsoft, AD FS 2012 R2 requirements", url: "", grade: Grade::A };
pub(super) const WSDOCS1150: Source =
    Source { title: "windowsserverdocs issues 1150 and 2339", url: "", grade: Grade::C };
pub(super) const ITFOXTEC1: Source = Source { title: "ITfoxtec issue 1", url: "", grade: Grade::C };
pub(super) const IDSERVER2859: Source = Source { title: "IdentityServer3 issue 2859", url: "", grade: Grade::C };
pub(super) const ADAL650: Source = Source { title: "ADAL issue 650", url: "", grade: Grade::C };
pub(super) const SHIR_DOC: Source = Source {
    title: "Microsoft Learn, Azure Data Factory: troubleshoot the self-hosted integration runtime",
    url: "",
    grade: Grade::A,
};
pub(super) const WCF_KEY_EXCHANGE: Source = Source {
    title: "Reference source of .NET Framework, System.ServiceModel (SslCertMayNotDoKeyExchange, SslCertMustDoKeyExchange)",
    url: "https://github.com/microsoft/referencesource",
    grade: Grade::B,
};
pub(super) const DPM_DOC: Source =
    Source { title: "Microsoft Learn, Data Protection Manager: certificate authentication", url: "", grade: Grade::A };
pub(super) const AZURESTACK_DOC: Source = Source {
    title: "Microsoft Learn, Azure Stack Hub: service principal with a certificate",
    url: "",
    grade: Grade::A,
};
pub(super) const HGS_DOC: Source = Source {
    title: "Microsoft Learn, guarded fabric: certificates of the Host Guardian Service",
    url: "",
    grade: Grade::A,
};
pub(super) const SF773: Source =
    Source { title: "service-fabric issue 773, service-fabric-issues issue 235", url: "", grade: Grade::C };
pub(super) const SF_GUIDE: Source =
    Source { title: "Service Fabric guide: permissions of NETWORK SERVICE on the key", url: "", grade: Grade::C };
pub(super) const WCCE: Source = Source {
    title: "Microsoft, MS-WCCE section 2.2.2.7 (attributes of certificate requests)",
    url: "https://learn.microsoft.com/openspecs/windows_protocols/ms-wcce/",
    grade: Grade::A,
};
pub(super) const CRTD: Source = Source {
    title: "Microsoft, MS-CRTD (attributes of certificate templates: pKIDefaultKeySpec, pKIDefaultCSPs)",
    url: "https://learn.microsoft.com/openspecs/windows_protocols/ms-crtd/",
    grade: Grade::A,
};
pub(super) const SDDL: Source = Source {
    title: "Microsoft Learn, Security Descriptor String Format",
    url: "https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format",
    grade: Grade::A,
};
pub(super) const PUBLIC_INFS: Source =
    Source { title: "Public INF files that name a KSP with ProviderType 1", url: "", grade: Grade::C };
pub(super) const IIS_TROUBLESHOOT_HTTP: Source = Source {
    title: "Microsoft, Troubleshooting SSL related issues (Server Certificate), scenario 4",
    url: "",
    grade: Grade::A,
};
pub(super) const SSL_PARAM: Source = Source {
    title: "Microsoft Learn, HTTP_SERVICE_CONFIG_SSL_PARAM structure",
    url: "https://learn.microsoft.com/windows/win32/api/http/ns-http-http_service_config_ssl_param",
    grade: Grade::A,
};
pub(super) const REFUSED_IN_USE: Source = Source {
    title: "Inference: the program's own failure outweighs certutil's test, which another account made",
    url: "",
    grade: Grade::D,
};
pub(super) const THUMBPRINT_CHARACTER: Source =
    Source { title: "Microsoft KB3042780 (an invisible character in the copied thumbprint)", url: "", grade: Grade::A };
pub(super) const CERTES224: Source =
    Source { title: "certes issue 224 (a binding with the wrong store name)", url: "", grade: Grade::C };
pub(super) const TWO_HALVES: Source = Source {
    title: "Inference: IIS's configuration and HTTP.sys each keep a half of a binding; no document says when they part",
    url: "",
    grade: Grade::D,
};
pub(super) const HTTP_EVENT_PACKET: Source = Source {
    title: "A published event 15021 with its data: the status 0xC000005F is that of Win32 error 1312",
    url: "",
    grade: Grade::B,
};
pub(super) const HTTP_EVENTS: Source = Source {
    title: "Manifest of the provider Microsoft-Windows-HttpEvent, Windows 10 (events 15300, 15301)",
    url: "",
    grade: Grade::B,
};
pub(super) const CHEF621_ELEVATION: Source = Source {
    title: "Chef issue 621 (1312 without elevation or with a certificate outside LocalMachine)",
    url: "",
    grade: Grade::C,
};
pub(super) const KB278381: Source = Source {
    title: "Microsoft KB278381, Default permissions for the MachineKeys folders (both revisions)",
    url: "",
    grade: Grade::A,
};
pub(super) const KB3042780: Source = Source {
    title: "Microsoft KB3042780 (NETWORK SERVICE needs read permission on the private key of the Remote Desktop certificate)",
    url: "",
    grade: Grade::A,
};
pub(super) const AZURE_RDP: Source = Source {
    title: "Microsoft Learn, Azure virtual machines: Remote Desktop and the permissions of MachineKeys",
    url: "",
    grade: Grade::A,
};
pub(super) const RDP_LISTENER: Source =
    Source { title: "Microsoft Learn, Remote Desktop listener certificate configurations", url: "", grade: Grade::A };
pub(super) const WINRM_HTTPS: Source =
    Source { title: "Microsoft Learn, Configure WinRM for HTTPS", url: "", grade: Grade::A };
pub(super) const APPV_DOC: Source = Source {
    title: "Microsoft, App-V: NETWORK SERVICE not on the key's list (0x80090016 on 2003, 0x8009030d on 2008)",
    url: "",
    grade: Grade::A,
};
pub(super) const ASPNETCORE6840: Source = Source {
    title: "dotnet/aspnetcore issue 6840",
    url: "https://github.com/dotnet/aspnetcore/issues/6840",
    grade: Grade::C,
};
pub(super) const IDSERVER1190: Source =
    Source { title: "IdentityServer3 issues 849, 1190 and 2892 (Keyset does not exist)", url: "", grade: Grade::C };
pub(super) const WINACME887: Source = Source {
    title: "win-acme issue 887 (Administrators and SYSTEM had no rights on MachineKeys)",
    url: "https://github.com/win-acme/win-acme/issues/887",
    grade: Grade::C,
};
pub(super) const WSDOCS5614: Source = Source {
    title: "windowsserverdocs issue 5614 (resetting the permissions of all files fails on the system's keys)",
    url: "",
    grade: Grade::C,
};
pub(super) const WAC418: Source =
    Source { title: "Windows Admin Center issue 418 (Set-WACCertificateAcl and CNG keys)", url: "", grade: Grade::C };
pub(super) const SQLSERVERDSC2087: Source =
    Source { title: "SqlServerDsc issue 2087, dbatools issue 9238, wix issue 1935", url: "", grade: Grade::C };
pub(super) const DBATOOLS10586: Source =
    Source { title: "dbatools issue 10586 (service SID or start account)", url: "", grade: Grade::C };
pub(super) const KB977754: Source =
    Source { title: "Microsoft KB977754 (LOCAL SERVICE on the key file of iisWasKey)", url: "", grade: Grade::A };
pub(super) const PROCMON_INFERENCE: Source = Source {
    title: "Inference: which rows of a Process Monitor trace count; lsass opens keys on behalf of the caller",
    url: "",
    grade: Grade::D,
};
pub(super) const DENY_INFERENCE: Source = Source {
    title: "Inference from the order in which Windows reads access control entries; no document about key files was found",
    url: "",
    grade: Grade::D,
};
pub(super) const EVERYONE_ADVICE: Source = Source {
    title: "Public advice to grant everyone read access to key files, and public write-ups of its abuse",
    url: "",
    grade: Grade::C,
};
pub(super) const WINACME1286: Source =
    Source { title: "win-acme issue 1286", url: "https://github.com/win-acme/win-acme/issues/1286", grade: Grade::C };
pub(super) const POSHACME_DEPLOY12: Source = Source { title: "Posh-ACME.Deploy issue 12", url: "", grade: Grade::C };
pub(super) const SCHANNEL_EVENTS: Source = Source {
    title: "Manifest of the provider Schannel, Windows 7 to 11 (events 36867 to 36889)",
    url: "",
    grade: Grade::B,
};
pub(super) const TLS_REGISTRY: Source = Source {
    title: "Microsoft Learn, TLS registry settings (a credential without a common protocol: 36871, state 10013)",
    url: "https://learn.microsoft.com/windows-server/security/tls/tls-registry-settings",
    grade: Grade::A,
};
pub(super) const TLS_ALERTS: Source = Source {
    title: "RFC 8446, section 6.2 (error alerts)",
    url: "https://www.rfc-editor.org/rfc/rfc8446#section-6.2",
    grade: Grade::A,
};
pub(super) const RFC6125: Source = Source {
    title: "RFC 6125, section 6.4 (matching the DNS names of a certificate)",
    url: "https://www.rfc-editor.org/rfc/rfc6125#section-6.4",
    grade: Grade::A,
};
pub(super) const SSLSTREAM: Source = Source {
    title: "Microsoft Learn, Troubleshoot SslStream authentication issues (ephemeral keys on Windows)",
    url: "https://learn.microsoft.com/dotnet/core/extensions/sslstream-troubleshooting",
    grade: Grade::A,
};
pub(super) const RUNTIME23749: Source = Source {
    title: "dotnet/runtime issues 23749, 45680, 74093 and 103101",
    url: "https://github.com/dotnet/runtime/issues/23749",
    grade: Grade::C,
};
pub(super) const ADFS_SSL_REPORTS: Source = Source {
    title: "Published reports: after a change of the service communication certificate HTTP.sys keeps the old one",
    url: "",
    grade: Grade::C,
};
pub(super) const EXCHANGE_444_REPORTS: Source = Source {
    title: "Published reports: event 15021 for port 444 of the Exchange Back End site and a blank page",
    url: "",
    grade: Grade::C,
};
pub(super) const SCOM_GATEWAY: Source = Source {
    title: "Microsoft Learn, Operations Manager: obtain a certificate for servers and gateways",
    url: "https://learn.microsoft.com/system-center/scom/obtain-certificate-windows-server-and-operations-manager",
    grade: Grade::A,
};

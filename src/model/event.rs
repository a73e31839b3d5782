//! Windows events around a private key: who writes them, in which words, and what they say about the key.
//!
//! Sources: the providers' manifests of Windows 7 to 11 for ids and sentences; Microsoft Learn, "Obtain a certificate for use
//! with Windows Servers and System Center Operations Manager" and "Troubleshoot agent connectivity issues in Operations
//! Manager" for those of the OpsMgr Connector; published records for the rest. Newer Windows say "TLS server credential" where older ones say "SSL server credential".

/// What an event is worth in a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Worth {
    /// States a cause by itself.
    Cause,
    /// Shows that something fails, not why.
    Symptom,
    /// States facts of a key.
    Witness,
    /// Is about something else than the key.
    Other,
}

impl Worth {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Cause => "It states a cause by itself.",
            Self::Symptom => "It is a symptom: it shows that something fails, not why.",
            Self::Witness => "It states facts about a key, failing or not.",
            Self::Other => "By itself it is not about the private key.",
        }
    }
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// The provider, as event logs name it in short.
    pub provider: &'static str,
    /// The event log.
    pub channel: &'static str,
    /// The number.
    pub id: u32,
    /// Its English sentence, as a rule the first one; braces stand for values. Empty when it is not known.
    pub template: &'static str,
    /// What it says about a private key.
    pub meaning: &'static str,
    /// What it is worth.
    pub worth: Worth,
}

const SCHANNEL: &str = "Schannel";
const HTTP: &str = "HttpEvent";
const RDP: &str = "TerminalServices-RemoteConnectionManager";
const SECURITY: &str = "Security-Auditing";
/// Operations Manager's agent (Health Service), on servers and gateways as on agents.
pub const OPS_MGR: &str = "OpsMgr Connector";
/// Exchange's transport service.
pub const EXCHANGE: &str = "MSExchangeTransport";
const OPS_MGR_LOG: &str = "Operations Manager";

const fn event(
    provider: &'static str,
    channel: &'static str,
    id: u32,
    worth: Worth,
    template: &'static str,
    meaning: &'static str,
) -> Event {
    Event { provider, channel, id, template, meaning, worth }
}

use Worth::{Cause, Other, Symptom, Witness};

/// Every known event, by provider and number.
pub static EVENTS: &[Event] = &[
    event(SCHANNEL, "System", 36864, Other, "The Schannel security package has loaded successfully.", "Nothing."),
    event(
        SCHANNEL,
        "System",
        36865,
        Other,
        "A fatal error occurred while opening the system {ModuleName} cryptographic module. The error code is {Error}.",
        "The system's own cryptographic module did not open; no certificate's key is meant.",
    ),
    event(
        SCHANNEL,
        "System",
        36867,
        Witness,
        "Creating a TLS {Type} credential.",
        "Written with verbose logging when a process begins to use a certificate: tells which process and when.",
    ),
    event(
        SCHANNEL,
        "System",
        36868,
        Witness,
        "The TLS {Type} credential's private key has the following properties: CSP name, CSP type, Key name, Key Type, Key Flags.",
        "Written with verbose logging: a second witness for provider, provider type, container, KeySpec (\"key exchange\" or \"signature\") and flags. If they differ from the dump, the process used another certificate.",
    ),
    event(
        SCHANNEL,
        "System",
        36869,
        Cause,
        "The TLS {Type} credential's certificate does not have a private key information property attached to it. This most often occurs when a certificate is backed up incorrectly and then later restored. This message can also indicate a certificate enrollment failure.",
        "The certificate has no key link: the store holds the public certificate only.",
    ),
    event(
        SCHANNEL,
        "System",
        36870,
        Symptom,
        "A fatal error occurred when attempting to access the TLS {Type} credential private key. The error code returned from the cryptographic module is {ErrorCode}. The internal error state is {ErrorStatus}.",
        "Schannel could not use the key: missing, not readable for the process, or of the wrong KeySpec. The code decides further; 0x8009030D and the state 10001 add nothing. With Type `client` it is about an outgoing connection, not about the binding. A process of `SYSTEM (PID: 4)` is http.sys.",
    ),
    event(
        SCHANNEL,
        "System",
        36871,
        Other,
        "A fatal error occurred while creating a TLS {Type} credential. The internal error state is {ErrorState}.",
        "With state 10013 the protocols or cipher suites are disabled by policy: not a fault of the key.",
    ),
    event(
        SCHANNEL,
        "System",
        36872,
        Other,
        "The TLS {Type} specified certificate's chain could not be retrieved.",
        "The chain, not the key. Old documents give this number to today's 36886.",
    ),
    event(
        SCHANNEL,
        "System",
        36874,
        Symptom,
        "An {Protocol} connection request was received from a remote client application, but none of the cipher suites supported by the client application are supported by the server.",
        "No common cipher suite. Look at KeySpec 2 on a CSP key first, then at the certificate's algorithm against the suites, then at the protocols.",
    ),
    event(
        SCHANNEL,
        "System",
        36880,
        Witness,
        "A TLS {Type} handshake completed successfully. The negotiated cryptographic parameters are as follows.",
        "The key worked for this connection.",
    ),
    event(
        SCHANNEL,
        "System",
        36886,
        Symptom,
        "No suitable default server credential exists on this system.",
        "A server that chooses its certificate by itself (LDAPS, RDP) found none with a usable key.",
    ),
    event(
        SCHANNEL,
        "System",
        36887,
        Symptom,
        "A fatal alert was received from the remote endpoint. The TLS protocol defined fatal alert code is {AlertDesc}.",
        "The other side gave up. Alert 51 (decrypt_error): a wrong or unusable key, or RSA-PSS with a TPM; 42, 46 and 48 are about trust.",
    ),
    event(
        SCHANNEL,
        "System",
        36888,
        Symptom,
        "A fatal alert was generated and sent to the remote endpoint. The TLS protocol defined fatal alert code is {AlertDesc}.",
        "This side gave up. Alert 40 (handshake_failure): no common suite, also with a key that can only sign; 80 is an internal error.",
    ),
    event(
        SCHANNEL,
        "System",
        36889,
        Other,
        "The TLS {Type} specified certificate's chain is incomplete.",
        "The chain, not the key.",
    ),
    event(
        HTTP,
        "System",
        15021,
        Symptom,
        "An error occurred while using SSL configuration for endpoint {Endpoint}. The error status code is contained within the returned data.",
        "http.sys could not use the certificate of a binding. The status is in the last four bytes of the event's binary data: 0xC000005F is the same error as 0x80070520.",
    ),
    event(
        HTTP,
        "System",
        15300,
        Witness,
        "SSL Certificate Settings deleted for endpoint {Endpoint}.",
        "A binding was deleted: with 15301 it gives the time of the change. Without a 15301 after it the binding is lost.",
    ),
    event(
        HTTP,
        "System",
        15301,
        Witness,
        "SSL Certificate Settings created by an admin process for endpoint {Endpoint}.",
        "A binding was made: gives the time of the change.",
    ),
    event(
        RDP,
        "System",
        1055,
        Symptom,
        "The RD Session Host server is configured to use a certificate but is unable to access the private key associated with this certificate. The SHA1 hash of the certificate is in the event data.",
        "Remote Desktop's certificate or its key could not be used by NETWORK SERVICE. The binary data holds the thumbprint.",
    ),
    event(
        RDP,
        "System",
        1056,
        Witness,
        "A new self signed certificate to be used for RD Session Host Server authentication on SSL connections was generated.",
        "Remote Desktop made itself a certificate. The binary data holds the thumbprint.",
    ),
    event(
        RDP,
        "System",
        1057,
        Symptom,
        "The RD Session Host Server has failed to create a new self signed certificate. The relevant status code was {words}.",
        "The words are the code: \"Keyset does not exist\" is 0x80090016, \"Object already exists\" 0x8009000F (the container exists but may not be opened), \"Access is denied\" 0x80070005 (the permissions of MachineKeys), \"Key not valid for use in specified state\" 0x8009000B.",
    ),
    event(
        RDP,
        "System",
        1058,
        Symptom,
        "The RD Session Host Server has failed to replace the expired self signed certificate. The relevant status code was {words}.",
        "As 1057: the words are the code. Usually the permissions of the old key file or of the MachineKeys folder.",
    ),
    event(
        SECURITY,
        "Security",
        5058,
        Witness,
        "Key file operation.",
        "Names the key's file (KeyFilePath), so the folder under MachineKeys or Crypto\\Keys is known.",
    ),
    event(
        SECURITY,
        "Security",
        5059,
        Witness,
        "Key migration operation.",
        "A key was exported or imported; names its file.",
    ),
    event(
        SECURITY,
        "Security",
        5061,
        Symptom,
        "Cryptographic operation.",
        "A CNG provider opened or made a key: KeyName, KeyType and ReturnCode. A ReturnCode of 0x80090016 is a real failure to open it.",
    ),
    event(
        "CAPI2",
        "Microsoft-Windows-CAPI2/Operational",
        70,
        Symptom,
        "Acquire Certificate Private Key",
        "CryptAcquireCertificatePrivateKey: names the certificate by thumbprint, the process, and the result.",
    ),
    event(
        "AD FS Tracing",
        "AD FS Tracing/Debug",
        67,
        Symptom,
        "Ignore corrupted SSO cookie.",
        "Seen on AD FS when a token certificate's key has the wrong KeySpec or is a CNG key.",
    ),
    event(
        "SQL Server",
        "Application",
        26013,
        Witness,
        "The certificate [Cert Hash(sha1) \"{Hash}\"] was successfully loaded for encryption.",
        "SQL Server uses this certificate, and opened its key.",
    ),
    event(
        "SQL Server",
        "Application",
        26014,
        Symptom,
        "Unable to load user-specified certificate. The server will not accept a connection.",
        "SQL Server could not use the configured certificate: permissions of the service account on the key file, KeySpec 2, or a certificate that does not fit.",
    ),
    event(
        "SQL Server",
        "Application",
        26015,
        Symptom,
        "Unable to load user-specified certificate. Because connection encryption is required, the server will not be able to accept any connections.",
        "As 26014, and connections are refused because encryption is forced.",
    ),
    event(
        "SQL Server",
        "Application",
        26017,
        Symptom,
        "Unable to initialize SSL encryption because a valid certificate could not be found, and it is not possible to create a self-signed certificate.",
        "Neither the configured certificate nor a new one could be used: often the permissions of MachineKeys or the service account's profile.",
    ),
    event(
        "SQL Server",
        "Application",
        17826,
        Symptom,
        "Could not start the network library because of an internal error in the network library.",
        "Follows 26014 to 26017.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20050,
        Symptom,
        "The specified certificate could not be loaded because the Enhanced Key Usage specified does not meet OpsMgr requirements.",
        "Operations Manager's certificate must allow server and client authentication; its key is not meant.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20052,
        Symptom,
        "The specified certificate could not be loaded because the subject name on the certificate does not match the local computer name.",
        "The certificate's name, not its key.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20053,
        Witness,
        "The OpsMgr Connector has loaded the specified authentication certificate successfully.",
        "Operations Manager could use its certificate's key when this was logged.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20057,
        Symptom,
        "Failed to initialize security context for target {Target}. The error returned is {ErrorCode}.",
        "The connection was not authenticated, by Kerberos or by certificate: the code says more, and it is not one of the key.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20066,
        Symptom,
        "A certificate for use with Mutual Authentication was specified, however that certificate could not be found.",
        "The certificate that the registry names (ChannelCertificateSerialNumber, ChannelCertificateHash) is not in the computer's personal store.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20068,
        Symptom,
        "The certificate specified in the registry at {Key} cannot be used for authentication, because the certificate does not contain a usable private key or because the private key is not present. The error is {ErrorCode}.",
        "Operations Manager found its certificate and could not use the key: no key link, no key behind it, or no permission of SYSTEM on it.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20069,
        Symptom,
        "The specified certificate could not be loaded because the KeySpec must be AT_KEYEXCHANGE.",
        "The key link of Operations Manager's certificate says another KeySpec than 1. Which one, and which certificate, the dump of the certificate shows that the registry names.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20070,
        Other,
        "The OpsMgr Connector connected to {Server}, but the connection was closed immediately after authentication occurred.",
        "Authentication worked; as a rule the agent is not approved.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20071,
        Symptom,
        "The OpsMgr Connector connected to {Server}, but the connection was closed immediately without authentication taking place.",
        "One of both sides could not authenticate the other: 20050 to 20069 and 20077 of both machines say whether a certificate is the reason.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        20077,
        Symptom,
        "The certificate specified in the registry at {Key} cannot be used for authentication because the certificate cannot be queried for property information.",
        "Operations Manager found its certificate without a key link: typically it was imported without its private key.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        21001,
        Symptom,
        "The OpsMgr Connector could not connect to {Server} because mutual authentication failed.",
        "Authentication by Kerberos failed, or no certificate was loaded.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        21006,
        Other,
        "The OpsMgr Connector could not connect to {Server}. The error code is {ErrorCode}.",
        "The network: name, port or firewall.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        21007,
        Symptom,
        "The OpsMgr Connector cannot create a mutually authenticated connection to {Server} because it is not in a trusted domain.",
        "No trust between the domains and no certificate loaded: 20050 to 20069 and 20077 say why, if one is meant to be.",
    ),
    event(
        OPS_MGR,
        OPS_MGR_LOG,
        21016,
        Symptom,
        "OpsMgr was unable to set up a communications channel to {Server} and there are no failover hosts.",
        "Follows the others.",
    ),
    event(
        EXCHANGE,
        "Application",
        12014,
        Symptom,
        "Microsoft Exchange could not find a certificate that contains the domain name {Name} in the personal store on the local computer.",
        "Exchange has no certificate with this name for STARTTLS, or its transport service may not read the key of the one it has.",
    ),
    event(
        "Smart Card Service",
        "System",
        624,
        Witness,
        "",
        "Written by Windows updates of 2025: the application will meet the smart-card KSP in future and fail if it only knows CryptoAPI.",
    ),
];

/// The workload that a provider's events are about, where its program has one use for certificates.
pub fn workload_of(provider: &str) -> Option<&'static str> {
    let is = |name: &str| provider.trim().eq_ignore_ascii_case(name);
    if is(OPS_MGR) {
        Some("scom")
    } else if is(EXCHANGE) {
        Some("exchange")
    } else {
        None
    }
}

/// The events with this number; several providers may share one. Numbers above 65535 carry a severity in their high
/// half, which is cut off.
pub fn find(id: u32) -> impl Iterator<Item = &'static Event> {
    let id = if id > 0xFFFF { id & 0xFFFF } else { id };
    EVENTS.iter().filter(move |e| e.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_severity() {
        // HttpEvent 15021 as a raw identifier: 0xC000 in its high half.
        for id in [15_021, 0xC000_3AAD] {
            assert!(find(id).any(|e| e.provider == "HttpEvent"), "{id}");
        }
    }

    #[test]
    fn numbers_are_unique_within_a_provider() {
        for (i, e) in EVENTS.iter().enumerate() {
            assert!(
                EVENTS[i + 1..].iter().all(|f| (f.provider, f.id) != (e.provider, e.id)),
                "{} {}",
                e.provider,
                e.id
            );
        }
    }

    #[test]
    fn with_the_severity_bits_of_the_event_log() {
        assert_eq!(find(0xC000_3AAD).next().map(|e| e.id), Some(15021));
        assert_eq!(find(36870).count(), 1);
        assert_eq!(find(1).count(), 0);
    }

    #[test]
    fn programs_with_one_use_for_certificates() {
        assert_eq!(workload_of("OpsMgr Connector"), Some("scom"));
        assert_eq!(workload_of("msexchangetransport"), Some("exchange"));
        for other in ["Schannel", "OpsMgr", "Health Service Modules", ""] {
            assert_eq!(workload_of(other), None, "{other}");
        }
    }
}

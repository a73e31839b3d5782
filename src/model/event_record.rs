//! One record of an event log, from whichever form it came.

use super::date::Moment;
use super::event;
use super::fact::Fact;
use super::thumbprint::Sha1;

/// The side of a TLS connection that an event of Schannel is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The key of a server.
    Server,
    /// The key of a client: no binding is concerned.
    Client,
}

/// An event record. Values that the record does not show are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventRecord {
    /// The number, without qualifiers.
    pub id: Option<Fact<u32>>,
    /// The provider as printed: `Schannel`, `Microsoft-Windows-HttpEvent`.
    pub provider: Option<Fact<String>>,
    /// The log: `System`.
    pub channel: Option<Fact<String>>,
    /// The level as printed.
    pub level: Option<Fact<String>>,
    /// The time as printed.
    pub time: Option<Fact<String>>,
    /// The time, when the record states it without doubt (UTC from XML and EVTX).
    pub moment: Option<Moment>,
    /// The computer.
    pub computer: Option<Fact<String>>,
    /// The user or SID as printed.
    pub user: Option<Fact<String>>,
    /// The named values of EventData, UserData or the rendered message, under the names of the provider's manifest.
    pub data: Vec<(String, Fact<String>)>,
    /// The rendered message.
    pub message: Option<Fact<String>>,
    /// Client or server.
    pub side: Option<Fact<Side>>,
    /// The error code that it names: an HRESULT, a return code, the status in the binary data of HttpEvent 15021.
    pub code: Option<Fact<u32>>,
    /// Schannel's internal error state.
    pub state: Option<Fact<u32>>,
    /// The TLS alert.
    pub alert: Option<Fact<u32>>,
    /// The process whose call failed: `SYSTEM`, `lsass`, `C:\…\w3wp.exe`.
    pub process: Option<Fact<String>>,
    /// Its number.
    pub process_id: Option<Fact<u32>>,
    /// The endpoint of an event of HTTP.sys, as printed.
    pub endpoint: Option<Fact<String>>,
    /// The certificate that it names.
    pub thumbprint: Option<Fact<Sha1>>,
    /// The key's container or name.
    pub key_name: Option<Fact<String>>,
    /// The path of the key file.
    pub key_file: Option<Fact<String>>,
    /// The provider of the key (CSP or KSP).
    pub key_provider: Option<Fact<String>>,
    /// The provider type.
    pub key_provider_type: Option<Fact<u32>>,
    /// The KeySpec that a key type of Schannel 36868 stands for.
    pub key_spec: Option<Fact<u32>>,
    /// The flags of the key.
    pub key_flags: Option<Fact<u32>>,
    /// The record is cut.
    pub cut: bool,
    /// The bound at which the reading of the record ended, in words.
    pub bound: Option<String>,
}

impl EventRecord {
    /// The number, 0 when none could be read.
    pub fn number(&self) -> u32 {
        self.id.as_ref().map_or(0, |id| id.value)
    }
    /// Whether the provider is this one, by its short name (`Schannel`, `HttpEvent`), without case.
    pub fn is_from(&self, short: &str) -> bool {
        self.provider.as_ref().is_some_and(|p| {
            let name = p.value.to_ascii_lowercase();
            let short = short.to_ascii_lowercase();
            name == short || name.ends_with(&format!("-{short}"))
        })
    }
    /// The workload that the provider's events are about, where its program has one use for certificates.
    pub fn workload(&self) -> Option<&'static str> {
        event::workload_of(&self.provider.as_ref()?.value)
    }
    /// A named value.
    pub fn value(&self, name: &str) -> Option<&Fact<String>> {
        self.data.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }
}

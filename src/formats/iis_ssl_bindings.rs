//! Bindings of HTTP.sys as IIS's PowerShell provider lists them: `Get-ChildItem IIS:\SslBindings | Format-List *`.
//!
//! A record begins with its path, `PSPath : WebAdministration::\\WEB1\SslBindings\0.0.0.0!443`; the last part, the name of the
//! item, is the endpoint: `address!port`, or `!port!host` with SNI. The labels are names of properties and are not translated.
//! The table without `Format-List` shows no thumbprint and is not read.
//!
//! Sources: IIS documentation, "SSL Bindings" of the PowerShell provider and "SSL with SNI: the SslBindings node"; Microsoft
//! Learn, `HTTP_SERVICE_CONFIG_SSL_PARAM` (an empty store name stands for MY). No copy of a customer's console was at hand.

use super::glance::Glance;
use super::piece::Piece;
use super::powershell_certificates::property;
use super::sslcert::KIND;
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::port;
use crate::limits::Limits;
use crate::model::binding::{Binding, BindingHash, BindingOrigin, Endpoint};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// A longer line is none of a list's (bytes).
const LINE: usize = 400;

/// The properties that are kept, and their field names.
const PROPERTIES: &[(&str, &str)] = &[
    ("PSChildName", "ps_child_name"),
    ("Store", "certificate_store_name"),
    ("Thumbprint", "certificate_hash"),
    ("Sites", "sites"),
];

/// A record that is open.
struct Open {
    fields: Vec<(Cow<'static, str>, Fact<String>)>,
    first: Place,
    last: Place,
    excerpts: Excerpts,
}

/// Reads such lists.
pub struct IisSslBindingReader {
    source: SourceId,
    excerpt_lines: usize,
    columns: usize,
    open: Option<Open>,
    done: Vec<Observed>,
}

impl IisSslBindingReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            excerpt_lines: limits.excerpt_lines,
            columns: limits.excerpt_columns,
            open: None,
            done: Vec::new(),
        }
    }

    fn finish(&mut self) {
        let Some(open) = self.open.take() else { return };
        let field = |name: &str| open.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let named = field("ps_child_name").and_then(|name| Some((endpoint(&name.value)?, name.place)));
        let Some((end, place)) = named else { return };
        let hash = field("certificate_hash").map(|hash| {
            let value = match Sha1::parse(&hash.value) {
                Some(sha1) => BindingHash::Sha1(sha1),
                None => BindingHash::Unusable(hash.value.clone()),
            };
            Fact::stated(value, hash.place)
        });
        let end = match end {
            Endpoint::IpPort { ip, port } if ip == "*" && hash.is_none() => Endpoint::CentralStore { port },
            end => end,
        };
        let binding = Binding {
            origin: BindingOrigin::HttpSys,
            endpoint: Fact::stated(end, place),
            protocol: "https".to_owned(),
            hash,
            app_id: None,
            store: field("certificate_store_name").map(|store| store.clone().map(Some)),
            ssl_flags: None,
            site: None,
            stopped: false,
            succeeded: None,
        };
        self.done.push(Observed {
            kind: KIND,
            place: joined_place(open.first, open.last),
            fields: open.fields,
            excerpts: open.excerpts,
            what: Observation::Binding(binding),
        });
    }
}

impl TextReader for IisSslBindingReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let trimmed = piece.trim();
        let place = trimmed.place(self.source);
        let item = property(trimmed.text).filter(|_| trimmed.text.len() <= LINE);
        if item.is_some_and(|(label, path)| label == "PSPath" && is_path(path)) {
            self.finish();
            self.open = Some(Open { fields: Vec::new(), first: place, last: place, excerpts: Excerpts::default() });
            return true;
        }
        let Some(open) = &mut self.open else { return false };
        let Some((label, value)) = item else {
            // A path that the console wrapped goes on below its own column.
            let goes_on = !trimmed.text.is_empty() && piece.indent() >= 4;
            if !goes_on {
                self.finish();
            }
            return goes_on;
        };
        open.last = place;
        let known = PROPERTIES.iter().find(|(name, _)| *name == label).map(|(_, field)| *field);
        let value = value.trim();
        if let Some(field) =
            known.filter(|field| !value.is_empty() && open.fields.iter().all(|(known, _)| known != field))
        {
            open.fields.push((Cow::Borrowed(field), trimmed.text_fact(self.source, value)));
            keep_line(&mut open.excerpts, place, piece, self.excerpt_lines, self.columns);
        }
        true
    }

    fn words(&self) -> Vec<&'static str> {
        vec!["WebAdministration::"]
    }

    fn passes_over(&self, _piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        self.open.is_none()
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn close(&mut self) {
        self.finish();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }
}

/// The path of a binding in the provider.
fn is_path(path: &str) -> bool {
    path.contains("WebAdministration::") && path.contains("\\SslBindings\\")
}

/// `0.0.0.0!443`, `*!443`, `!443!www.contoso.com`.
fn endpoint(name: &str) -> Option<Endpoint> {
    let mut parts = name.split('!');
    let (address, number) = (parts.next()?, port(parts.next()?)?);
    match (parts.next(), parts.next()) {
        (None, _) => {
            let ip = if address.contains(':') {
                format!("[{}]", address.trim_matches(['[', ']']))
            } else {
                address.to_owned()
            };
            (!ip.is_empty()).then_some(Endpoint::IpPort { ip, port: number })
        }
        (Some(host), None) if !host.is_empty() => Some(Endpoint::HostPort { host: host.to_lowercase(), port: number }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        for (name, printed) in [
            ("0.0.0.0!443", Some("0.0.0.0:443")),
            ("::!8443", Some("[::]:8443")),
            ("!443!WWW.contoso.com", Some("www.contoso.com:443")),
            ("*!443", Some("*:443")),
            ("!443", None),
            ("!443!", None),
            ("0.0.0.0!x", None),
            ("0.0.0.0!443!a!b", None),
            ("0.0.0.0", None),
        ] {
            assert_eq!(endpoint(name).map(|end| end.to_string()).as_deref(), printed, "{name}");
        }
    }
}

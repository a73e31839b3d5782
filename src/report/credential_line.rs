//! A credential as a line of a streamed report, written straight from its facts: byte for byte the line of the
//! [`CredentialReport`](super::model::CredentialReport) that [`build::credential`] makes.

use super::build;
use super::json_writer::{Json, List, Lower, Present, Word, object};
use crate::case::credential::{
    Bound, Certificate, Credential, Key, PublicKey, Scope, SourceRange, Store, ValidityDate,
};
use crate::model::fact::{Basis, Fact};
use crate::model::flags::{self, Bit};
use crate::model::judgement::Verdict;
use crate::model::key_spec::KeySpec;
use crate::model::key_usage::{KEY_USAGE_BITS, KeyUsage};

/// Appends the line, with its end.
pub(crate) fn push(out: &mut Vec<u8>, c: &Credential, verdicts: &[Verdict]) {
    object!(out, {
        "type": Word("credential"),
        "id": c.id.0,
        "certificate": c.certificate,
        "store": c.store,
        "key": c.key,
        "sources": c.sources,
        "verdicts": verdicts,
        "bound_by": Present((!c.bound.is_empty()).then_some(&c.bound)),
        "display_name": c.display_name(),
        "origin": Word(build::origin(c)),
    });
    out.push(b'\n');
}

impl Json for Certificate {
    fn json(&self, out: &mut Vec<u8>) {
        let value = |date: &Option<ValidityDate>| date.as_ref().and_then(|d| d.value);
        object!(out, {
            "sha1": self.sha1,
            "sha256": self.sha256,
            "serial": self.serial,
            "subject": self.subject,
            "issuer": self.issuer,
            "not_before": value(&self.not_before),
            "not_after": value(&self.not_after),
            "validity_text": build::validity_text(self),
            "key_usage": self.key_usage,
            "extended_key_usage": self.extended_key_usage,
            "public_key": self.public_key,
            "archived": self.archived.as_ref().is_some_and(|a| a.value),
            "ca": self.is_ca,
            "alternative_names": self.alternative_names,
            "template": self.template,
            "friendly_name": self.friendly_name,
        });
    }
}

impl Json for KeyUsage {
    fn json(&self, out: &mut Vec<u8>) {
        List(KEY_USAGE_BITS.iter().filter(|(bit, ..)| self.has(*bit)).map(|(_, name, _)| Word(name))).json(out);
    }
}

impl Json for PublicKey {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, { "algorithm": self.algorithm, "bits": self.bits, "sha1": self.sha1 });
    }
}

impl Json for Store {
    fn json(&self, out: &mut Vec<u8>) {
        let scope = self.scope.as_ref().map_or(Scope::Unknown, |s| s.value);
        object!(out, { "name": self.name, "scope": Word(scope.word()) });
    }
}

/// The names of the bits that are set.
struct Names(u32, &'static [Bit]);

impl Json for Names {
    fn json(&self, out: &mut Vec<u8>) {
        let Self(value, table) = *self;
        List(table.iter().filter(|bit| value & bit.value == bit.value).map(|bit| Word(bit.name))).json(out);
    }
}

impl Json for Key {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, {
            "association": Word(self.association.word()),
            "access": Word(self.access.word()),
            "container": Container(self),
            "provider": Provider(self),
            "flags": self.flags.as_ref().map(|f| Flags(f.value)),
            "key_spec": self.key_spec.as_ref().map(StatedKeySpec),
            "algorithm": self.algorithm,
            "bits": self.bits,
            "public_key_sha1": self.public_key_sha1,
            "matches_certificate": self.matches_certificate,
            "usage": self.usage.as_ref().map(|u| Names(u.value, flags::KEY_USAGE_PROPERTY)),
            "exportable": Word(self.exportable.word()),
            "encryption_test": Word(self.encryption_test.word()),
            "signature_test": Word(self.signature_test.word()),
        });
    }
}

struct Container<'a>(&'a Key);

impl Json for Container<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        let key = self.0;
        object!(out, {
            "stored": key.stored_container,
            "name": key.container,
            "unique_name": key.unique_name,
            "machine_guid": key.printed_machine_guid().map(Lower),
            "file_name_rule": Word(build::file_name_rule(key)),
        });
    }
}

struct Provider<'a>(&'a Key);

impl Json for Provider<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        let key = self.0;
        object!(out, {
            "name": key.provider,
            "type": key.provider_type,
            "kind": Word(build::provider_kind(key)),
        });
    }
}

struct Flags(u32);

impl Json for Flags {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, { "value": self.0, "names": Names(self.0, flags::KEY_PROV_FLAGS) });
    }
}

struct StatedKeySpec<'a>(&'a Fact<KeySpec>);

impl Json for StatedKeySpec<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        let basis = match self.0.basis {
            Basis::Stated => "stated",
            Basis::Derived(_) => "derived",
        };
        let spec = self.0.value;
        object!(out, { "value": spec.0, "name": spec.name().map(Word), "basis": Word(basis) });
    }
}

impl Json for SourceRange {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, {
            "input": self.source.0,
            "line": (self.line > 0).then_some(self.line),
            "bytes": [self.start, self.end],
        });
    }
}

impl Json for Verdict {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, { "workload": self.workload, "outcome": self.outcome, "because": self.because });
    }
}

impl Json for Bound {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, {
            "workload": Word(self.workload),
            "endpoint": self.endpoint,
            "input": self.place.source.0,
            "line": (self.place.line > 0).then_some(self.place.line),
        });
    }
}

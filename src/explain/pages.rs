//! The pages themselves, as Markdown.

use super::causes::{self, Cause};
use super::fields::Field;
use crate::model::event::Event;
use crate::model::flags::Bit;
use crate::model::hresult::{self, KnownCode};
use crate::model::key_spec::KeySpec;
use crate::model::key_usage::KeyUsage;
use crate::model::provider::{Provider, ProviderClass, ProviderKind, kind_of_type};
use crate::report::words;
use crate::rules::{self, Grade, Kind, RuleMeta};
use crate::workloads::{Cell, CellOutcome, ROWS, Workload};
use std::fmt::Write as _;

/// The rules whose page names one of these words where it says what the rule is about: its examples and repairs name
/// many fields in passing.
fn related(words: &[&str]) -> String {
    let mut names: Vec<_> = rules::RULES
        .iter()
        .map(|r| r.meta())
        .filter(|m| {
            let about = m.doc.find("\n## Why it fails").and_then(|end| m.doc.get(..end)).unwrap_or(m.doc);
            words.iter().any(|w| about.contains(w))
        })
        .map(|m| format!("`{}`", m.name))
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() { String::new() } else { format!("\n## Rules that name it\n\n{}\n", names.join(", ")) }
}

fn behind(causes: &[Cause]) -> String {
    if causes.is_empty() {
        return String::new();
    }
    let mut out = "\n## What is behind it\n\nThe most common first, as far as published reports tell:\n\n".to_owned();
    for (i, cause) in causes.iter().enumerate() {
        let commands: Vec<_> = cause.obtain.split("   and   ").map(|c| format!("`{c}`")).collect();
        let _ = writeln!(out, "{}. {}", i.saturating_add(1), cause.what);
        let _ = writeln!(out, "   - Shown by: {}", cause.shown_by);
        let _ = writeln!(out, "   - Get it: {}", commands.join(", "));
        if rules::find(cause.rule).is_some() {
            let _ = writeln!(out, "   - Rule: `{}`", cause.rule);
        }
    }
    out.push_str(
        "\nGive keyspect what you have of it: `keyspect <files>` names the cause and the line that proves it.\n",
    );
    out
}

pub(super) fn rule(meta: &RuleMeta) -> String {
    let mut out = meta.doc.trim_end().to_owned();
    let kind = match meta.kind {
        Kind::Fault => format!(
            "{}, {}, {}",
            words::severity(meta.severity),
            words::role(meta.role),
            words::confidence(meta.confidence)
        ),
        Kind::Suppressor => "never a finding: says what is not the cause".to_owned(),
        Kind::Dispatch => "a symptom: points to the rules that decide".to_owned(),
    };
    let _ = write!(out, "\n\n## As a rule\n\n{kind}.\n");
    if !meta.explains.is_empty() {
        let names: Vec<_> = meta.explains.iter().map(|n| format!("`{n}`")).collect();
        let _ = write!(out, "\nWhen it is the root cause it explains: {}.\n", names.join(", "));
    }
    out
}

pub(super) fn code(code: &KnownCode, asked: Option<u32>) -> String {
    let mut out = format!("# {:#010x} {}\n\n", code.value, code.name);
    let mut also = vec![(code.value.cast_signed()).to_string(), code.value.to_string()];
    also.extend(
        code.also.iter().map(|n| if *n > 0xFFFF { format!("{n:#010x} (NTSTATUS)") } else { format!("{n} (Win32)") }),
    );
    if asked.is_some_and(|n| n != code.value) {
        let _ = write!(out, "The same error as {}.\n\n", also.join(", "));
    } else {
        let _ = write!(out, "Also written as {}.\n\n", also.join(", "));
    }
    let _ = write!(out, "The system's text: \"{}\"\n\n{}\n", code.text, code.meaning);
    if code.value == hresult::NO_SUCH_LOGON_SESSION {
        out.push_str(
            "\n## Why it is a symptom\n\nhttp.sys asks Schannel for a credential made of the certificate and its private key, in the \
             name of SYSTEM. Schannel can't use the key and answers with a status that Windows maps to \
             HRESULT_FROM_WIN32(1312), ERROR_NO_SUCH_LOGON_SESSION. No user's logon has anything to do with it: the words are \
             those of the mapped code. Event 36870 and event 15021 (with 0xC000005F in its data) are the same fault seen from \
             other sides.\n",
        );
    }
    if code.value == 0x8009_030D {
        out.push_str(
            "\n## Why it is a symptom\n\nFrom Windows Server 2008 on Schannel answers with this one code whatever kept it from \
             using the key; Windows Server 2003 showed the inner code (0x80090016) for the same faults.\n",
        );
    }
    out.push_str(&behind(causes::behind_code(code.value)));
    let hex = format!("0x{:08X}", code.value);
    out.push_str(&related(&[&hex, &hex.to_ascii_lowercase().replacen("0X", "0x", 1), code.name]));
    out
}

pub(super) fn unknown_code(value: u32) -> String {
    let facility = match (value >> 16) & 0x1FFF {
        7 => "Win32",
        9 => "security: cryptography, certificates, Schannel",
        11 => "certificates: trust",
        16 => "smart cards",
        40 => "TPM services",
        _ => "another one",
    };
    let mut out = format!("# {value:#010x}\n\nNot one of the codes about private keys that keyspect knows.\n\n");
    let _ = writeln!(out, "- Facility {} ({facility}).", (value >> 16) & 0x1FFF);
    let _ = writeln!(out, "- Code {} ({:#x}).", value & 0xFFFF, value & 0xFFFF);
    let _ = writeln!(out, "- As a signed number {}.", value.cast_signed());
    out.push_str("\nOn Windows `certutil -error ");
    let _ = writeln!(out, "{value:#010x}` prints the system's text.");
    out
}

pub(super) fn event(event: &Event) -> String {
    let sentence = if event.template.is_empty() { String::new() } else { format!(": \"{}\"", event.template) };
    let mut out = format!("# Event {} ({})\n\nIn the log {}{sentence}\n\n", event.id, event.provider, event.channel);
    let _ = writeln!(out, "{} {}", event.meaning, event.worth.words());
    out.push_str(&behind(causes::behind_event(event.id)));
    out.push_str(&related(&[&event.id.to_string()]));
    out
}

pub(super) fn field(field: &Field) -> String {
    let mut out = format!("# {}\n\n{}\n", field.name, field.meaning);
    if !field.mind.is_empty() {
        let _ = write!(out, "\n{}\n", field.mind);
    }
    if field.name == "KeySpec" {
        out.push_str(
            "\n| KeySpec | provider type 0 (KSP) | provider type 1, 12, 24 (CSP) |\n|---|---|---|\n\
             | 0 AT_NONE | right | wrong: no key is chosen |\n\
             | 1 AT_KEYEXCHANGE | odd, mostly tolerated | right for a TLS server |\n\
             | 2 AT_SIGNATURE | odd; breaks AD CS renewal | can only sign: right for signing, wrong for a TLS server |\n",
        );
    }
    if !field.also.is_empty() {
        let _ = write!(out, "\nAlso: {}.\n", field.also.join(", "));
    }
    out.push_str(&related(&[field.name]));
    out
}

pub(super) fn key_spec(spec: KeySpec) -> String {
    let name = spec.name().unwrap_or_default();
    let meaning = match spec {
        KeySpec::NONE => {
            "A CNG key, or not identified (XCN_AT_NONE). Right for a key storage provider (provider type 0), wrong for a \
             CryptoAPI provider: no key of the container is chosen."
        }
        KeySpec::KEYEXCHANGE => {
            "The key may exchange keys, decrypt and sign (XCN_AT_KEYEXCHANGE). What a TLS server's CryptoAPI key must be."
        }
        KeySpec::SIGNATURE => {
            "The key may only sign (XCN_AT_SIGNATURE). Right for code signing, AD FS token signing, certification authorities; \
             wrong for a TLS server's CryptoAPI key. `certutil -f -p <password> -importpfx my key.pfx AT_KEYEXCHANGE` imports \
             the same certificate and key with KeySpec 1."
        }
        _ => "A CNG handle in memory; never stored with a certificate.",
    };
    format!("# KeySpec {} {name}\n\n{meaning}\n{}", spec.0, related(&[name]))
}

pub(super) fn provider(provider: &Provider) -> String {
    let (kind, number) = match provider.kind() {
        ProviderKind::Csp => ("CSP (CryptoAPI)", format!("provider type {}", provider.provider_type)),
        ProviderKind::Ksp => ("KSP (CNG)", "provider type 0".to_owned()),
    };
    let class = match provider.class {
        ProviderClass::Software => "Its keys are in files on this machine.",
        ProviderClass::SmartCard => "Its keys are on a smart card.",
        ProviderClass::Tpm => "Its keys are in the TPM.",
        ProviderClass::Hello => "Its keys belong to Windows Hello.",
        ProviderClass::ThirdParty => "A vendor's provider: its keys are in a device or a cloud service.",
    };
    let mut out = format!("# {}\n\nA {kind}, {number}. {class} {}\n\n", provider.name, provider.note);
    match provider.exchange_bits {
        Some(0) => out.push_str("- No key exchange: its keys can only sign.\n"),
        Some(bits) => {
            let _ = writeln!(out, "- RSA key exchange up to {bits} bits by its documentation.");
        }
        None => {}
    }
    match provider.sha2 {
        Some(true) => out.push_str("- Signs with SHA-2 through CryptoAPI.\n"),
        Some(false) => out.push_str(
            "- Does not sign with SHA-2 through CryptoAPI; Schannel's use of a stored key is not limited by it.\n",
        ),
        None => {}
    }
    out.push_str(match provider.kind() {
        ProviderKind::Csp => "- KeySpec 1 for a TLS server; 2 can only sign; 0 is wrong.\n",
        ProviderKind::Ksp => "- KeySpec 0 is right.\n",
    });
    out
}

pub(super) fn provider_type(number: u32, name: &str) -> String {
    let kind = match kind_of_type(number) {
        ProviderKind::Csp => "a CryptoAPI provider (CSP)",
        ProviderKind::Ksp => "a CNG key storage provider (KSP)",
    };
    let members: Vec<_> = crate::model::provider::PROVIDERS
        .iter()
        .filter(|p| p.provider_type == number)
        .map(|p| format!("- {}", p.name))
        .collect();
    let list = if members.is_empty() {
        String::new()
    } else {
        format!("\nProviders of this type:\n\n{}\n", members.join("\n"))
    };
    format!("# Provider type {number} {name}\n\nIt is {kind}.\n{list}")
}

pub(super) fn bit(title: &str, table: &[Bit], bit: &Bit) -> String {
    let mut out = format!(
        "# {} {:#x}\n\n{}: {}\n\n| value | name | meaning |\n|---|---|---|\n",
        bit.name, bit.value, title, bit.meaning
    );
    for b in table {
        let _ = writeln!(out, "| {:#x} | {} | {} |", b.value, b.name, b.meaning);
    }
    out
}

pub(super) fn key_usage(bits: u16, name: &str, label: &str) -> String {
    let cng = match bits {
        0x80 | 0x04 | 0x02 => "NCRYPT_ALLOW_SIGNING_FLAG",
        0x20 | 0x10 | 0x01 | 0x8000 => "NCRYPT_ALLOW_DECRYPT_FLAG",
        0x08 => "NCRYPT_ALLOW_KEY_AGREEMENT_FLAG",
        _ => "none",
    };
    let import = KeyUsage(bits).key_spec_on_import().and_then(KeySpec::name).unwrap_or("no effect");
    let need = match bits {
        0x80 => "A TLS server needs it for ECDHE and TLS 1.3.",
        0x20 => "A TLS server needs it for RSA key exchange only (cipher suites TLS_RSA_*).",
        0x10 => "Encrypts data directly with the key; TLS does not use it.",
        0x08 => "For certificates of static Diffie-Hellman keys; ECDHE does not need it.",
        0x04 => "A CA's certificate: may sign certificates.",
        0x02 => "A CA's certificate: may sign revocation lists.",
        0x40 => "Signatures that shall not be denied later; TLS does not use it.",
        _ => "Limits keyAgreement to one direction.",
    };
    format!(
        "# {name} ({label}, {bits:#x})\n\nA bit of the certificate's key usage (RFC 5280 section 4.2.1.3). {need}\n\n\
         - Usage of a CNG key that corresponds to it: {cng}.\n\
         - As the key's own attribute in a PFX (2.5.29.15 of the key bag) it makes an import choose, for a CSP: {import}.\n\n\
         The certificate's key usage and the private key's KeySpec are two things: an AT_KEYEXCHANGE key may sign.\n"
    )
}

pub(super) fn property(id: u32, name: &str) -> String {
    let meaning = match id {
        2 => "The key link: container, provider, provider type, flags and KeySpec of the certificate's private key.",
        3 => "The thumbprint.",
        5 => "A handle to the key, in memory only.",
        6 => "The KeySpec by itself, in memory; the stored one is in CERT_KEY_PROV_INFO_PROP_ID(2).",
        9 => "Purposes set on the certificate in the store, beside its own extension.",
        11 => "The friendly name.",
        14 => "How the store was opened; the flag CERT_ACCESS_STATE_LM_SYSTEM_STORE_FLAG shows a machine store.",
        19 => "The certificate is archived: dialogs and clients leave it out.",
        20 => "The key identifier. Without it certutil reports a missing key association.",
        25 => "MD5 over the public key: two certificates of one key have the same value.",
        71 => "The computer that made the request.",
        92 => "The length of the public key.",
        103 => "Windows has tried to restore a lost key link.",
        104 => "From when the certificate is distrusted.",
        118 => "The key is isolated by virtualization-based security.",
        _ => "A property that Windows keeps with a certificate in a store; not a part of the certificate.",
    };
    format!("# CERT_{name}_PROP_ID({id})\n\n{meaning}\n{}", related(&[&format!("CERT_{name}_PROP_ID")]))
}

pub(super) fn extended_key_usage(oid: &str, name: &str) -> String {
    let users: Vec<_> = crate::workloads::WORKLOADS
        .iter()
        .filter(|w| w.extended_key_usages.contains(&oid))
        .map(|w| format!("- `{}` {}", w.name, w.title))
        .collect();
    let list =
        if users.is_empty() { String::new() } else { format!("\nWorkloads that want it:\n\n{}\n", users.join("\n")) };
    format!(
        "# {name} ({oid})\n\nAn extended key usage: a purpose the certificate is for. A certificate without the extension is \
         for every purpose.\n{list}"
    )
}

fn cell(cell: Cell) -> String {
    let word = match cell.outcome {
        CellOutcome::Ok => "works",
        CellOutcome::Fail => "fails",
        CellOutcome::Warn => "documented as unsupported, but seen working",
        CellOutcome::Unknown => "not known",
        CellOutcome::NoVerdict => "the table says nothing",
    };
    let grade = match cell.grade {
        Grade::A => "vendor's document",
        Grade::B => "re-computed",
        Grade::C => "public reports",
        Grade::D => "an inference",
    };
    let basis = match (cell.outcome, cell.note) {
        (CellOutcome::NoVerdict, note) => note.to_owned(),
        (_, "") => grade.to_owned(),
        (_, note) => format!("{grade}: {note}"),
    };
    format!("{word} ({basis})").replace('|', "/")
}

pub(super) fn workload(workload: &Workload) -> String {
    let mut out = format!("# {} (`--for {}`)\n\n", workload.title, workload.name);
    let purposes: Vec<_> = workload
        .extended_key_usages
        .iter()
        .map(|o| crate::model::oid::eku_name(o).map_or_else(|| (*o).to_owned(), |n| format!("{n} ({o})")))
        .collect();
    if purposes.is_empty() {
        out.push_str("Any extended key usage.");
    } else {
        let _ = write!(out, "Extended key usage: {}.", purposes.join(" or "));
    }
    out.push_str(if workload.user_store {
        " Certificates in a user's store are candidates too.\n"
    } else {
        " Only certificates of the machine are candidates.\n"
    });
    for row in ROWS.iter().filter(|r| r.workload == workload.name) {
        let version = if row.version.is_empty() {
            String::new()
        } else {
            format!(" (`--for {}:{}`)", workload.name, row.version)
        };
        let _ = write!(
            out,
            "\n## {}{version}\n\n| key | verdict |\n|---|---|\n\
             | CSP, KeySpec 1 | {} |\n| CSP, KeySpec 2 | {} |\n| KSP, RSA | {} |\n| KSP, EC | {} |\n\n\
             - Must be able to read the key: {}.\n- When the key is wrong: {}.\n",
            row.title,
            cell(row.csp_exchange),
            cell(row.csp_signature),
            cell(row.ksp_rsa),
            cell(row.ksp_ec),
            row.reader,
            row.symptom
        );
    }
    out
}

//! Pages about permissions: rights, inheritance marks, accounts, and about key files and application ids that are known.

use super::{folded, same};
use crate::formats::{get_acl, icacls, sddl};
use crate::model::access::AccessMask;
use crate::model::binding::APPLICATION_IDS;
use crate::model::container_name::{self, SYSTEM_CONTAINERS};
use crate::model::principal::{self, ALIASES, ENGLISH, RELATIVE_ALIASES, TRANSLATED};
use std::fmt::Write as _;

/// Names of rights, and which tool prints them.
static RIGHTS: [(&str, &[(&str, u32)]); 4] = [
    ("icacls", &icacls::RIGHTS),
    ("SDDL", &sddl::RIGHTS),
    ("the C headers and cacls", &icacls::RIGHTS_BY_NAME),
    (".NET and Get-Acl", &get_acl::RIGHTS),
];

/// What the single bits of a file's access mask allow (Microsoft Learn, "File Access Rights Constants").
static BITS: [(u32, &str, &str); 18] = [
    (0x1, "FILE_READ_DATA", "read the file: what a process needs that uses the key; list a folder"),
    (0x2, "FILE_WRITE_DATA", "write the file; make files in a folder: what making a key needs"),
    (0x4, "FILE_APPEND_DATA", "append; make folders in a folder"),
    (0x8, "FILE_READ_EA", "read extended attributes"),
    (0x10, "FILE_WRITE_EA", "write extended attributes"),
    (0x20, "FILE_EXECUTE", "run the file; pass through a folder"),
    (0x40, "FILE_DELETE_CHILD", "delete whatever is in the folder"),
    (0x80, "FILE_READ_ATTRIBUTES", "read attributes"),
    (0x100, "FILE_WRITE_ATTRIBUTES", "write attributes"),
    (AccessMask::DELETE, "DELETE", "delete it: also the key"),
    (AccessMask::READ_CONTROL, "READ_CONTROL", "read its permissions"),
    (AccessMask::WRITE_DAC, "WRITE_DAC", "change its permissions"),
    (AccessMask::WRITE_OWNER, "WRITE_OWNER", "take its ownership"),
    (0x0010_0000, "SYNCHRONIZE", "wait for it; part of every generic right"),
    (0x1000_0000, "GENERIC_ALL", "everything"),
    (0x2000_0000, "GENERIC_EXECUTE", "FILE_GENERIC_EXECUTE"),
    (0x4000_0000, "GENERIC_WRITE", "FILE_GENERIC_WRITE"),
    (0x8000_0000, "GENERIC_READ", "FILE_GENERIC_READ"),
];

/// Marks of `icacls` that say how an entry is inherited (Microsoft Learn, "icacls").
static INHERITANCE: [(&str, &str, &str); 5] = [
    ("I", "inherited", "The entry comes from a folder above."),
    ("OI", "object inherit", "Files in the folder inherit the entry: as (OI) on MachineKeys it reaches every new key."),
    ("CI", "container inherit", "Folders in the folder inherit the entry."),
    ("IO", "inherit only", "The entry does not count for the folder itself."),
    ("NP", "no propagate", "The entry is inherited by what is directly in the folder and not further."),
];

/// Every name.
pub(super) fn names() -> Vec<String> {
    let mut out: Vec<String> =
        RIGHTS.iter().flat_map(|(_, table)| *table).map(|(name, _)| (*name).to_owned()).collect();
    out.extend(INHERITANCE.iter().map(|(mark, ..)| format!("({mark})")));
    out.extend(ENGLISH.iter().chain(&TRANSLATED).flat_map(|(sid, name)| [(*sid).to_owned(), (*name).to_owned()]));
    out.extend(ALIASES.iter().map(|(alias, _)| (*alias).to_owned()));
    out.extend(RELATIVE_ALIASES.iter().flat_map(|(alias, name)| [(*alias).to_owned(), (*name).to_owned()]));
    out.extend(SYSTEM_CONTAINERS.iter().flat_map(|(file, name)| [(*file).to_owned(), (*name).to_owned()]));
    out.extend(APPLICATION_IDS.iter().map(|(id, _)| format!("{{{id}}}")));
    out
}

/// Every page for a query.
pub(super) fn pages(query: &str) -> Vec<String> {
    // Commands take SIDs behind an asterisk.
    let query = query.strip_prefix('*').unwrap_or(query);
    let mut out = Vec::new();
    let value = query.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let value = value.filter(|v| (0x1_0000..0x0400_0000).contains(v));
    for (tool, table) in &RIGHTS {
        if let Some((name, mask)) = table.iter().find(|(name, mask)| same(name, query) || value == Some(*mask)) {
            out.push(right(name, *mask, tool));
        }
    }
    let mark = folded(query);
    if let Some((mark, words, meaning)) = INHERITANCE.iter().find(|(m, ..)| folded(m) == mark) {
        out.push(format!("# ({mark}) {words}\n\nIn a line of `icacls`: {meaning}\n"));
    }
    out.extend(account(query));
    if let Some((prefix, name)) = system_container(query) {
        out.push(format!(
            "# {name}\n\nA container that belongs to Windows itself, in the key file `{prefix}_<the machine's GUID>`. It is never a \
             site's key: it must not be deleted, and its permissions must stay as they are.\n"
        ));
    } else if let Some((prefix, machine)) = container_name::split_file_name(query) {
        out.push(format!(
            "# {query}\n\nA key file's name: `{prefix}` is a hash of the container's name (MD5 over its lower-case ASCII form \
             for CryptoAPI, over UTF-16 for CNG), `{machine}` the machine's GUID. The name does not tell the container's: \
             `certutil -v -store my` prints both.\n"
        ));
    }
    let id = query.trim_matches(['{', '}']);
    if let Some((id, owner)) = APPLICATION_IDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)) {
        out.push(format!(
            "# {{{id}}}\n\nThe application id of a binding: {owner}.\n\nhttp.sys does not check it: any GUID works. \
             `netsh http add sslcert` wants one, in quotes in PowerShell.\n"
        ));
    }
    out
}

fn right(name: &str, mask: u32, tool: &str) -> String {
    let mut out = format!("# {name} ({tool})\n\nThe access mask {mask:#010x}, on a file or folder:\n\n");
    for (bit, name, meaning) in &BITS {
        if mask & bit == *bit {
            let _ = writeln!(out, "- {bit:#x} {name}: {meaning}.");
        }
    }
    let mask = AccessMask(mask);
    out.push_str(match (mask.is_full(), mask.can_read()) {
        (true, _) => "\nFull control: more than any process needs that only uses a key.\n",
        (false, true) => "\nEnough to use a key: a private key's file must be readable for the process that uses it.\n",
        (false, false) => "\nNot enough to use a key: it does not allow to read the file.\n",
    });
    if tool == "SDDL" {
        out.push_str(
            "\nOther letters of SDDL stand for accounts: `keyspect explain SY`. On a file the letters of directory rights \
             (CC to CR) are the low bits of the mask.\n",
        );
    }
    out
}

fn system_container(query: &str) -> Option<(&'static str, &'static str)> {
    let prefix = container_name::split_file_name(query).map(|(prefix, _)| prefix);
    let prefix = prefix.as_deref().unwrap_or(query);
    SYSTEM_CONTAINERS.iter().find(|(p, name)| p.eq_ignore_ascii_case(prefix) || same(name, query)).copied()
}

/// The SID behind an account's name, with or without its authority, in a known language, or behind an alias of SDDL.
fn sid_of(query: &str) -> Option<String> {
    if let Some(sid) = principal::as_sid(query) {
        return Some(sid);
    }
    let known = |name: &str| {
        let account = principal::split_name(name).1;
        principal::same_name(name, query) || principal::same_name(account, query)
    };
    if let Some((sid, _)) = ENGLISH.iter().chain(&TRANSLATED).find(|(_, name)| known(name)) {
        return Some((*sid).to_owned());
    }
    if let Some((_, sid)) = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(query)) {
        return Some((*sid).to_owned());
    }
    principal::virtual_sid(query)
}

/// What an account has to do with private keys.
fn about(sid: &str) -> &'static str {
    match sid {
        principal::SYSTEM => {
            "Schannel and http.sys open a server's key in its name: it must be able to read every key of a binding."
        }
        principal::ADMINISTRATORS => "Has full control of machine keys. Processes without elevation don't have it.",
        principal::NETWORK_SERVICE => {
            "Runs services such as AD FS proxies, RDP and old application pools: the key needs a permission for it."
        }
        principal::LOCAL_SERVICE => "Runs some services of Windows: the key needs a permission for it.",
        principal::IIS_IUSRS => {
            "Application pools are members. A binding of IIS does not need it on the key: only code of the application does."
        }
        principal::EVERYONE => "On the folder MachineKeys it may make files; on a key's own file it must not be.",
        principal::OWNER_RIGHTS => {
            "An entry for it replaces what an owner may do by itself: read and change the permissions."
        }
        principal::CREATOR_OWNER => "Stands for whoever makes a file: inherited as an entry for that account.",
        "S-1-5-17" => "The account of anonymous visitors of IIS: no use for it on a key.",
        _ if sid.starts_with("S-1-5-80-") => {
            "The account of a service: a key that the service uses needs a permission for it."
        }
        _ if sid.starts_with("S-1-5-82-") => {
            "An application pool. A binding of IIS does not need it on the key: only code of the application does."
        }
        _ if sid.starts_with("S-1-5-21-") => {
            "An account or group of a domain or a machine; which one, only that domain or machine knows."
        }
        _ if sid.starts_with("S-1-5-5-") => "A logon session: it is gone after the logon.",
        _ if sid.starts_with("S-1-16-") => "An integrity level, not an account.",
        _ => "Nothing about private keys hangs on it.",
    }
}

fn account(query: &str) -> Option<String> {
    let Some(sid) = sid_of(query) else {
        let of = |(alias, name): &&(&str, &str)| alias.eq_ignore_ascii_case(query) || principal::same_name(name, query);
        let (alias, name) = RELATIVE_ALIASES.iter().find(of)?;
        return Some(format!(
            "# {name}\n\nAn account or group of a domain or machine, `{alias}` in SDDL. Its SID (S-1-5-21-…) holds the number \
             of that domain or machine.\n"
        ));
    };
    let name = principal::name_of(&sid);
    let title = name.unwrap_or(query);
    let mut out = format!("# {title}\n\nThe SID {sid}. {}\n", about(&sid));
    let others: Vec<_> = TRANSLATED.iter().filter(|(s, _)| *s == sid).map(|(_, name)| *name).collect();
    if !others.is_empty() {
        let _ = write!(out, "\nIn other languages: {}.\n", others.join(", "));
    }
    if let Some((alias, _)) = ALIASES.iter().find(|(_, s)| *s == sid) {
        let _ = write!(out, "\nIn SDDL: `{alias}`.\n");
    }
    if name.is_some() {
        let _ = write!(out, "\nCommands take `*{sid}` in every language: `icacls <key file> /grant *{sid}:R`.\n");
    }
    Some(out)
}

//! The labels that certutil translates, in one table; everything else is recognised without language.
//!
//! English, German, French, Spanish, Portuguese (Brazil) and Chinese (China) as published outputs show them; Russian as
//! published parsers quote it. A label that is not here is found by its place in the block.

use crate::model::hash::BuildQuick;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A user interface language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Portuguese (Brazil).
    Pt,
    /// Chinese (China).
    Zh,
    /// Russian.
    Ru,
}

impl Language {
    /// The tag in the report.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::Pt => "pt-BR",
            Self::Zh => "zh-CN",
            Self::Ru => "ru",
        }
    }
}

/// What a label before `:` or `=` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Label {
    /// `X509 Certificate:` alone: a verbose block begins.
    X509Certificate,
    /// `Version:`.
    Version,
    /// `Serial Number:`.
    Serial,
    /// `Issuer:`.
    Issuer,
    /// `NotBefore:`.
    NotBefore,
    /// `NotAfter:`.
    NotAfter,
    /// `Subject:`.
    Subject,
    /// `CA Version:`.
    CaVersion,
    /// `Certificate Template Name (Certificate Type):`, `Template:`.
    Template,
    /// `Cert Hash(x):`.
    CertHash,
    /// `Name Hash(x):`.
    NameHash,
    /// `Key Id Hash(x):`.
    KeyIdHash,
    /// `Signature Hash:`.
    SignatureHash,
    /// `Root Certificate:`.
    RootCertificate,
    /// `Signature Algorithm:`.
    SignatureAlgorithm,
    /// `Algorithm ObjectId:`.
    AlgorithmObjectId,
    /// `Algorithm Parameters:`.
    AlgorithmParameters,
    /// `Public Key Algorithm:`.
    PublicKeyAlgorithm,
    /// `Public Key Length:`.
    PublicKeyLength,
    /// `Public Key:`.
    PublicKey,
    /// `Signature:`.
    Signature,
    /// `Certificate Extensions:`.
    Extensions,
    /// `Key Container =`.
    KeyContainer,
    /// `Unique container name:`.
    UniqueContainerName,
    /// `Simple container name:`.
    SimpleContainerName,
    /// `Provider =`.
    Provider,
    /// `ProviderType =`.
    ProviderType,
    /// `Flags =`.
    Flags,
    /// `KeySpec =`.
    KeySpec,
    /// `Export Policy =`.
    ExportPolicy,
    /// `Key Usage =` of a CNG key.
    KeyUsageProperty,
    /// `UI Policy =`.
    UiPolicy,
    /// `PP_KEYSTORAGE =`.
    PpKeyStorage,
    /// `KP_PERMISSIONS =`.
    KpPermissions,
    /// `AccessState =`.
    AccessState,
    /// `aiKeyAlg:`.
    AiKeyAlg,
    /// `Private Key:`.
    PrivateKey,
    /// `Provider Name:` of `-csplist`.
    ProviderName,
}

/// What a whole line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Phrase {
    /// `Signature matches Public Key`.
    SignatureMatchesPublicKey,
    /// `Root Certificate: Subject matches Issuer`.
    RootCertificate,
    /// `Non-root Certificate`.
    NonRootCertificate,
    /// `No key provider information`.
    NoKeyProviderInformation,
    /// `Cannot find the certificate and private key for decryption.`
    NoKeyForDecryption,
    /// `Missing stored keyset`.
    MissingStoredKeyset,
    /// `Private key is NOT exportable`.
    NotExportable,
    /// `Private key is NOT plain text exportable`.
    NotPlainTextExportable,
    /// `Private key is a VSM key`.
    VsmKey,
    /// `Encryption test passed`.
    EncryptionTestPassed,
    /// `Encryption test FAILED`.
    EncryptionTestFailed,
    /// `Signature test passed`.
    SignatureTestPassed,
    /// `Signature test FAILED`.
    SignatureTestFailed,
    /// `Private key verifies`.
    PrivateKeyVerifies,
    /// `Public key matching test succeeded`.
    PublicKeyMatches,
    /// `Public key matching test FAILED`.
    PublicKeyDoesNotMatch,
    /// `Archived!`.
    Archived,
    /// `Enter PFX password:` and its kind: nothing after it may be kept.
    PasswordPrompt,
    /// `Access denied!`.
    AccessDenied,
}

/// Parts of words that say in some language that something failed, in small letters.
const FAILURES: [&str; 42] = [
    "fail",
    "fehler",
    "fehlgeschlagen",
    "fehlschlag",
    "misslungen",
    "échou",
    "échec",
    "echec",
    "error",
    "fallad",
    "falló",
    "erro ",
    "falh",
    "errore",
    "fallit",
    "non riuscit",
    "mislukt",
    "fout",
    "misslyck",
    "mislykk",
    "fejl",
    "feil",
    "niepowodz",
    "nie powiod",
    "błąd",
    "selhal",
    "chyba",
    "nezdařil",
    "sikertelen",
    "hiba",
    "başarısız",
    "hata",
    "ошиб",
    "не пройден",
    "неудач",
    "не удал",
    "сбой",
    "失敗",
    "エラー",
    "失败",
    "错误",
    "실패",
];

/// Whether a line of unknown words says in a language of Windows that something failed.
pub(super) fn tells_of_failure(text: &str) -> bool {
    let small = text.to_lowercase();
    FAILURES.iter().any(|word| small.contains(word))
}

use Language::{De, En, Es, Fr, Pt, Ru, Zh};

type LabelRow = (Label, &'static [(Language, &'static str)]);
type PhraseRow = (Phrase, &'static [(Language, &'static str)]);

static LABELS: &[LabelRow] = &[
    (
        Label::X509Certificate,
        &[
            (En, "X509 Certificate"),
            (De, "X.509-Zertifikat"),
            (De, "X509-Zertifikat"),
            (Fr, "Certificat X509"),
            (Es, "Certificado X509"),
            (Pt, "Certificado X509"),
            (Zh, "X509 证书"),
        ],
    ),
    (Label::Version, &[(En, "Version"), (Es, "Versión"), (Pt, "Versão"), (Zh, "版本")]),
    (
        Label::Serial,
        &[
            (En, "Serial Number"),
            (De, "Seriennummer"),
            (Fr, "Numéro de série"),
            (Es, "Número de serie"),
            (Pt, "Número de Série"),
            (Zh, "序列号"),
            (Ru, "Серийный номер"),
        ],
    ),
    (
        Label::Issuer,
        &[
            (En, "Issuer"),
            (De, "Aussteller"),
            (Fr, "Émetteur"),
            (Es, "Emisor"),
            (Pt, "Emissor"),
            (Zh, "颁发者"),
            (Ru, "Издатель"),
        ],
    ),
    (Label::NotBefore, &[(En, "NotBefore"), (De, "Nicht vor")]),
    (Label::NotAfter, &[(En, "NotAfter"), (De, "Nicht nach")]),
    (
        Label::Subject,
        &[(En, "Subject"), (De, "Antragsteller"), (Fr, "Objet"), (Es, "Sujeto"), (Pt, "Requerente"), (Zh, "使用者")],
    ),
    (
        Label::CaVersion,
        &[
            (En, "CA Version"),
            (De, "Version der Zertifizierungsstelle"),
            (Fr, "Version de l’autorité de certification"),
        ],
    ),
    (
        Label::Template,
        &[(En, "Certificate Template Name (Certificate Type)"), (En, "Template"), (De, "Vorlage"), (Fr, "Modèle")],
    ),
    (
        Label::CertHash,
        &[
            (En, "Cert Hash"),
            (De, "Zertifikathash"),
            (Fr, "Hach. cert."),
            (Es, "Hash de cert"),
            (Pt, "Hash Cert"),
            (Zh, "证书哈希"),
            (Ru, "Хеш сертификата"),
        ],
    ),
    (Label::NameHash, &[(En, "Name Hash"), (De, "Namenshash")]),
    (Label::KeyIdHash, &[(En, "Key Id Hash"), (Es, "Hash de Id. de clave")]),
    (Label::SignatureHash, &[(En, "Signature Hash")]),
    (
        Label::RootCertificate,
        &[(En, "Root Certificate"), (Fr, "Certificat racine"), (Pt, "Certificado raiz"), (Zh, "根证书")],
    ),
    (Label::SignatureAlgorithm, &[(En, "Signature Algorithm"), (De, "Signaturalgorithmus")]),
    (Label::AlgorithmObjectId, &[(En, "Algorithm ObjectId"), (De, "Algorithmus Objekt-ID")]),
    (Label::AlgorithmParameters, &[(En, "Algorithm Parameters"), (De, "Algorithmusparameter")]),
    (Label::PublicKeyAlgorithm, &[(En, "Public Key Algorithm"), (De, "Öffentlicher Schlüssel-Algorithmus")]),
    (Label::PublicKeyLength, &[(En, "Public Key Length"), (De, "Länge des öffentlichen Schlüssels")]),
    (Label::PublicKey, &[(En, "Public Key"), (De, "Öffentlicher Schlüssel")]),
    (Label::Signature, &[(En, "Signature"), (De, "Signatur"), (Es, "Firma")]),
    (Label::Extensions, &[(En, "Certificate Extensions"), (De, "Zertifikaterweiterungen")]),
    (
        Label::KeyContainer,
        &[
            (En, "Key Container"),
            (De, "Schlüsselcontainer"),
            (Fr, "Conteneur de clé"),
            (Es, "Contenedor de claves"),
            (Pt, "Contêiner da chave"),
            (Zh, "密钥容器"),
        ],
    ),
    (
        Label::UniqueContainerName,
        &[
            (En, "Unique container name"),
            (De, "Eindeutiger Containername"),
            (Es, "Nombre de contenedor exclusivo"),
            (Pt, "Nome de contêiner exclusivo"),
        ],
    ),
    (Label::SimpleContainerName, &[(En, "Simple container name")]),
    (Label::Provider, &[(En, "Provider"), (De, "Anbieter"), (Fr, "Fournisseur"), (Es, "Proveedor"), (Zh, "提供程序")]),
    (Label::ProviderType, &[(En, "ProviderType"), (Es, "Tipo de proveedor"), (Zh, "提供程序类型")]),
    (Label::Flags, &[(En, "Flags"), (Es, "Marcas"), (Pt, "Sinalizadores"), (Zh, "标志")]),
    (Label::KeySpec, &[(En, "KeySpec"), (Es, "Especificación de clave")]),
    (Label::ExportPolicy, &[(En, "Export Policy")]),
    (Label::KeyUsageProperty, &[(En, "Key Usage")]),
    (Label::UiPolicy, &[(En, "UI Policy")]),
    (Label::PpKeyStorage, &[(En, "PP_KEYSTORAGE")]),
    (Label::KpPermissions, &[(En, "KP_PERMISSIONS")]),
    (Label::AccessState, &[(En, "AccessState")]),
    (Label::AiKeyAlg, &[(En, "aiKeyAlg")]),
    (Label::PrivateKey, &[(En, "Private Key"), (Es, "Clave privada")]),
    (Label::ProviderName, &[(En, "Provider Name")]),
];

static PHRASES: &[PhraseRow] = &[
    (
        Phrase::SignatureMatchesPublicKey,
        &[
            (En, "Signature matches Public Key"),
            (Fr, "La signature correspond à la clé publique"),
            (Pt, "Assinatura coincide com Chave pública"),
            (Zh, "签名与公钥匹配"),
        ],
    ),
    (
        Phrase::RootCertificate,
        &[
            (En, "Root Certificate: Subject matches Issuer"),
            (Fr, "Certificat racine : le sujet correspond à l’émetteur"),
            (Pt, "Certificado raiz: requerente coincide com o emissor"),
            (Zh, "根证书: 使用者与颁发者匹配"),
        ],
    ),
    (
        Phrase::NonRootCertificate,
        &[
            (En, "Non-root Certificate"),
            (De, "Kein Stammzertifikat"),
            (Fr, "Il ne s’agit pas d’un certificat racine"),
            (Pt, "Certificado não raiz"),
            (Zh, "非根证书"),
        ],
    ),
    (
        Phrase::NoKeyProviderInformation,
        &[
            (En, "No key provider information"),
            (Fr, "Aucune information sur le fournisseur de clé"),
            (Pt, "Nenhuma informação de provedor de chave"),
            (Zh, "没有密钥提供程序信息"),
        ],
    ),
    (
        Phrase::NoKeyForDecryption,
        &[
            (En, "Cannot find the certificate and private key for decryption."),
            (Fr, "Impossible de trouver le certificat et la clé privée pour le déchiffrement."),
            (Pt, "Não é possível localizar o certificado e a chave privada para decodificação."),
            (Zh, "找不到解密的证书和私钥。"),
        ],
    ),
    (Phrase::MissingStoredKeyset, &[(En, "Missing stored keyset"), (Es, "Falta el conjunto de claves almacenado")]),
    (
        Phrase::NotExportable,
        &[
            (En, "Private key is NOT exportable"),
            (De, "Der private Schlüssel ist NICHT exportierbar"),
            (Pt, "A chave privada NÃO é exportável"),
        ],
    ),
    (
        Phrase::NotPlainTextExportable,
        &[(En, "Private key is NOT plain text exportable"), (Zh, "无法以纯文本方式导出私钥")],
    ),
    (Phrase::VsmKey, &[(En, "Private key is a VSM key")]),
    (
        Phrase::EncryptionTestPassed,
        &[
            (En, "Encryption test passed"),
            (De, "Verschlüsselungstest wurde durchgeführt"),
            (Fr, "Test de chiffrement réussi"),
            (Es, "Prueba de cifrado correcta"),
            (Pt, "Êxito no teste de criptografia"),
        ],
    ),
    (Phrase::EncryptionTestFailed, &[(En, "Encryption test FAILED")]),
    (
        Phrase::SignatureTestPassed,
        &[(En, "Signature test passed"), (Es, "Se ha pasado la prueba de firma"), (Pt, "Teste de assinatura aprovado")],
    ),
    (Phrase::SignatureTestFailed, &[(En, "Signature test FAILED")]),
    (Phrase::PrivateKeyVerifies, &[(En, "Private key verifies")]),
    (Phrase::PublicKeyMatches, &[(En, "Public key matching test succeeded"), (Zh, "公钥匹配测试成功")]),
    (
        Phrase::PublicKeyDoesNotMatch,
        &[
            (En, "Public key matching test FAILED"),
            (En, "ERROR: Certificate public key does NOT match stored keyset"),
            (En, "ERROR: Certificate public key does NOT match private key"),
        ],
    ),
    (Phrase::Archived, &[(En, "Archived!"), (De, "Archiviert!")]),
    (
        Phrase::PasswordPrompt,
        &[
            (En, "Enter PFX password:"),
            (En, "Enter new password:"),
            (En, "Confirm new password:"),
            (De, "PFX-Kennwort eingeben:"),
            (Fr, "Entrez le mot de passe PFX :"),
            (Es, "Escriba la contraseña PFX:"),
            (Pt, "Digite a senha PFX:"),
            (Zh, "输入 PFX 密码:"),
        ],
    ),
    (Phrase::AccessDenied, &[(En, "Access denied!"), (En, "Access is denied.")]),
];

/// The text that a label or phrase is looked up by: ASCII only, lower case, blanks folded, so that letters which were
/// lost to a wrong code page don't matter. `None` when too little is left (Chinese): then only the exact text counts.
pub(super) fn skeleton(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut blank = false;
    for c in text.trim().chars() {
        if c == '?' || !c.is_ascii() && !c.is_whitespace() {
            continue;
        }
        if c.is_whitespace() {
            blank = !out.is_empty();
            continue;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        out.push(c.to_ascii_lowercase());
    }
    let letters = out.bytes().filter(u8::is_ascii_alphabetic).count();
    (letters >= 4).then_some(out)
}

/// Which lengths the texts with a first byte have: most lines of a log are rejected by this alone.
struct Shapes([u128; 256]);

impl Shapes {
    fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut shapes = [0u128; 256];
        for text in texts {
            if let (Some(first), Some(bit)) = (text.bytes().next(), Self::bit(text.len())) {
                let slot = shapes.get_mut(usize::from(first));
                slot.into_iter().for_each(|s| *s |= bit);
            }
        }
        Self(shapes)
    }
    fn bit(length: usize) -> Option<u128> {
        1u128.checked_shl(u32::try_from(length).ok()?)
    }
    fn begins(&self, first: u8) -> bool {
        self.0.get(usize::from(first)).is_some_and(|lengths| *lengths != 0)
    }
    fn may_hold(&self, first: u8, length: usize) -> bool {
        let lengths = self.0.get(usize::from(first)).copied().unwrap_or(0);
        // A text too long for the table of lengths is looked up.
        lengths != 0 && Self::bit(length).is_none_or(|bit| lengths & bit != 0)
    }
}

/// Whether a text is ASCII without question marks, tabs and double blanks.
fn is_plain(text: &str) -> bool {
    // Without an early end, so that the compiler takes many bytes at once.
    let bytes = text.as_bytes();
    let odd = |b: u8| !b.is_ascii() | (b == b'?') | (b == b'\t');
    let after = bytes.get(1..).unwrap_or_default();
    let doubled = bytes.iter().zip(after).fold(false, |any, (a, b)| any | ((*a == b' ') & (*b == b' ')));
    !doubled & !bytes.iter().fold(false, |any, b| any | odd(*b))
}

type Map<K, T> = HashMap<K, (T, Language), BuildQuick>;

/// With which four letters the texts begin, as bits of a hash: most lines of a log are rejected by this alone.
struct Beginnings([u64; 64]);

impl Beginnings {
    fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut bits = [0; 64];
        for (word, bit) in texts.filter_map(Self::slot) {
            bits.get_mut(word).into_iter().for_each(|w: &mut u64| *w |= bit);
        }
        Self(bits)
    }
    /// The word and the bit for the first four letters without case; `None` when the text begins otherwise.
    fn slot(text: &str) -> Option<(usize, u64)> {
        let first = text.as_bytes().first_chunk::<4>()?;
        if !first.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        let hash = u32::from_le_bytes(first.map(|b| b.to_ascii_lowercase())).wrapping_mul(0x9E37_79B1);
        Some((usize::try_from(hash >> 26).ok()?, 1_u64.checked_shl(hash >> 20 & 63)?))
    }
    /// Whether no text begins with the first four letters of this one.
    fn exclude(&self, text: &str) -> bool {
        Self::slot(text).is_some_and(|(word, bit)| self.0.get(word).is_some_and(|w| w & bit == 0))
    }
}

struct Table<T: 'static> {
    beginnings: Beginnings,
    exact: Map<&'static str, T>,
    exact_shapes: Shapes,
    by_skeleton: Map<String, T>,
    skeleton_shapes: Shapes,
}

impl<T: Copy> Table<T> {
    fn new(rows: &'static [(T, &'static [(Language, &'static str)])]) -> Self {
        let (mut exact, mut by_skeleton) = (Map::default(), Map::default());
        for (item, words) in rows {
            for (language, word) in *words {
                exact.entry(*word).or_insert((*item, *language));
                if let Some(s) = skeleton(word) {
                    by_skeleton.entry(s).or_insert((*item, *language));
                }
            }
        }
        let exact_shapes = Shapes::new(exact.keys().copied());
        let skeleton_shapes = Shapes::new(by_skeleton.keys().map(String::as_str));
        let beginnings = Beginnings::new(exact.keys().copied().chain(by_skeleton.keys().map(String::as_str)));
        Self { beginnings, exact, exact_shapes, by_skeleton, skeleton_shapes }
    }

    fn find(&self, text: &str) -> Option<(T, Language)> {
        let first = *text.as_bytes().first()?;
        if self.beginnings.exclude(text) {
            return None;
        }
        if self.exact_shapes.may_hold(first, text.len())
            && let Some(hit) = self.exact.get(text)
        {
            return Some(*hit);
        }
        // A text of plain ASCII with single blanks is as long as its skeleton; any text that begins with a sign that the
        // skeleton keeps begins like its skeleton.
        let lower = first.to_ascii_lowercase();
        if lower.is_ascii_graphic() && lower != b'?' && !self.skeleton_shapes.begins(lower) {
            return None;
        }
        if !self.skeleton_shapes.may_hold(lower, text.len()) && is_plain(text) {
            return None;
        }
        self.by_skeleton.get(&skeleton(text)?).copied()
    }
}

static LABEL_TABLE: LazyLock<Table<Label>> = LazyLock::new(|| Table::new(LABELS));
static PHRASE_TABLE: LazyLock<Table<Phrase>> = LazyLock::new(|| Table::new(PHRASES));

/// The label behind a text without its separator, and its language.
pub(super) fn find_label(text: &str) -> Option<(Label, Language)> {
    LABEL_TABLE.find(text)
}

/// The phrase that a whole line is, and its language.
pub(super) fn find_phrase(text: &str) -> Option<(Phrase, Language)> {
    PHRASE_TABLE.find(text)
}

/// Every label and phrase with a letter beyond ASCII: what the choice of a code page looks for.
pub fn words_beyond_ascii() -> Vec<&'static str> {
    let labels = LABELS.iter().flat_map(|(_, words)| words.iter().map(|(_, w)| *w));
    let phrases = PHRASES.iter().flat_map(|(_, words)| words.iter().map(|(_, w)| *w));
    labels.chain(phrases).filter(|w| !w.is_ascii()).collect()
}

/// Texts at which a line that several lines were joined into is cut: labels with their separators, and phrases.
pub(super) fn anchors() -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (label, words) in LABELS {
        let after: &[&str] = match label {
            Label::KeyContainer
            | Label::Provider
            | Label::ProviderType
            | Label::KeySpec
            | Label::KpPermissions
            | Label::AccessState => &[" ="],
            Label::Serial | Label::Issuer | Label::NotBefore | Label::NotAfter | Label::Subject | Label::CaVersion => {
                &[":", " :"]
            }
            Label::Template | Label::UniqueContainerName | Label::SimpleContainerName => &[":"],
            Label::X509Certificate
            | Label::SignatureAlgorithm
            | Label::PublicKeyAlgorithm
            | Label::PublicKeyLength
            | Label::Extensions => &[":"],
            Label::CertHash | Label::KeyIdHash | Label::NameHash => &["("],
            Label::Flags => &[" = "],
            _ => &[],
        };
        for (_, word) in *words {
            out.extend(after.iter().map(|a| format!("{word}{a}")));
        }
    }
    for (phrase, words) in PHRASES {
        if matches!(phrase, Phrase::Archived | Phrase::AccessDenied | Phrase::PasswordPrompt) {
            continue;
        }
        out.extend(words.iter().map(|(_, w)| (*w).to_owned()));
    }
    out.extend(["CertUtil: -", "ERROR: missing key association", "ERROR: Container name"].map(str::to_owned));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_found_in_any_case() {
        for (_, words) in LABELS {
            for (_, word) in *words {
                assert!(find_label(word).is_some(), "{word}");
                if skeleton(word).is_some() {
                    assert!(find_label(&word.to_ascii_uppercase()).is_some(), "{word}");
                }
            }
        }
        for (_, words) in PHRASES {
            for (_, word) in *words {
                assert!(find_phrase(word).is_some(), "{word}");
                if skeleton(word).is_some() {
                    assert!(find_phrase(&word.to_ascii_uppercase().replace(' ', "  ")).is_some(), "{word}");
                }
            }
        }
    }
}

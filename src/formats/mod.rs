//! One parser per artifact format: bytes or decoded lines in, typed records with their places out.
//!
//! A parser never judges, never reads a file and never knows another format. It works on damaged input: what it can't
//! read is an error or a problem with its place, and the rest of the record stands.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod acl_lines;
pub mod bytes;
pub mod cacls;
pub mod capi_key_blob;
pub mod capi_key_container;
pub mod cert_element;
pub mod cert_store;
pub mod certificate_request;
pub mod certificate_template;
pub mod certificate_text;
pub mod certutil;
pub mod cng_key_blob;
pub mod cng_key_file;
pub mod cng_key_transport;
mod csv_fields;
pub mod der;
pub mod der_write;
pub mod detect_binary;
pub mod dpapi_blob;
pub mod dpapi_master_key;
pub mod error_text;
pub mod event_fields;
pub mod event_json;
pub mod event_text;
pub mod event_xml;
#[cfg(feature = "evtx")]
pub mod evtx;
pub mod find_private_key;
pub mod folder_listing;
pub mod foreign;
pub mod get_acl;
pub mod glance;
pub mod hex_dump;
pub mod icacls;
pub mod iis_config;
pub mod iis_ssl_bindings;
pub mod joined_lines;
pub mod key_algorithm;
pub mod key_facts;
pub mod key_prov_info;
pub mod key_script;
pub mod openssl_certificate;
mod openssl_name;
mod openssl_request;
pub mod pem;
pub mod pfx;
pub mod pfx_listing;
pub mod piece;
pub mod pkcs7;
pub mod powershell_certificates;
pub mod powershell_keys;
pub mod private_key;
pub mod procmon_csv;
#[cfg(feature = "decrypt")]
mod public_half;
pub mod pvk;
/// Labels, names and phrases with letters outside ASCII, by which code pages are told ([`choose`](crate::input::choose)).
pub fn words_beyond_ascii() -> Vec<&'static str> {
    let mut words = certutil::words_beyond_ascii();
    words.extend(principal::names_beyond_ascii());
    words.extend(event_text::words_beyond_ascii());
    words
}

#[cfg(test)]
mod reader_testing;
pub mod reg_export;
pub mod reg_query;
pub mod registry_hive;
pub mod request_inf;
mod request_signature;
pub mod roaming_token;
pub mod sddl;
pub mod service_account;
pub mod service_certificate;
pub mod sslcert;
pub mod system_info;
pub mod text_lines;
pub mod text_reader;
mod text_shapes;
pub mod tpm_key_blob;
pub mod winhttpcertcfg;
mod word_search;
pub mod x509;
mod x509_validity;

use crate::model::principal;
use std::fmt;

/// A value of a binary artifact and the bytes that state it: half-open, in the artifact's own bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The first byte.
    pub start: usize,
    /// One after the last byte.
    pub end: usize,
}

impl<T> Spanned<T> {
    /// A value with its bytes.
    pub fn new(value: T, start: usize, end: usize) -> Self {
        Self { value, start, end }
    }
    /// The same bytes, another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), start: self.start, end: self.end }
    }
}

/// Why a binary artifact could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatError {
    /// What was being read, in the words of the format's documentation, and what is wrong with it.
    pub message: String,
    /// The offset in the artifact.
    pub offset: usize,
}

impl FormatError {
    /// An error at an offset.
    pub fn new(message: impl Into<String>, offset: usize) -> Self {
        Self { message: message.into(), offset }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.message, self.offset)
    }
}

impl std::error::Error for FormatError {}

/// A value that an artifact can hide: read, absent, or protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable<T> {
    /// The artifact states it.
    Read(T),
    /// The artifact has no such value.
    Absent,
    /// The artifact holds it, but protected: by DPAPI, by a password, by a TPM.
    Protected(&'static str),
}

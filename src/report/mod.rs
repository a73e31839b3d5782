//! The report and its renderers. A renderer reads the report only: it reopens no input and decides nothing.

pub mod build;
pub mod chain;
pub(crate) mod credential_line;
pub mod csv;
pub mod escape;
pub(crate) mod finding_line;
pub mod fingerprint;
pub mod html;
pub mod inspect;
pub mod json;
pub mod json_text;
pub(crate) mod json_writer;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod model;
mod overview;
pub mod records;
pub mod sarif;
pub mod schema;
pub mod short;
pub mod summary;
pub mod text;
pub mod words;

//! From paths and bytes to decoded lines, with a map back to the original bytes.
//!
//! Nothing here interprets a format. Text of any size is read in chunks ([`LineReader`]), decoded a batch of whole lines
//! at a time ([`Batch`]), and every [`Line`] knows where each of its characters stands in the original input.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod archive;
mod carrier;
pub(crate) mod character_reference;
mod chunked;
mod decode;
mod encoding;
pub(crate) mod json_escape;
mod line;
mod lines;
#[cfg(feature = "mail")]
pub mod mail;
mod mixed;
mod oem_tables;
mod passwords;
mod pieces;
mod sniff;
mod source;
#[cfg(feature = "cli")]
mod walk;

pub(crate) use carrier::without_terminal_sequences;
pub use carrier::{Carrier, Unread};
pub use encoding::{Choice, CodePage, TextEncoding, UnknownEncoding, choose};
pub use line::{Line, LineMap, Run, Window};
pub use lines::{Ahead, Batch, Change, LineReader, Lines, Position};
pub use passwords::Passwords;
pub use pieces::{Piece, Pieces, PlainPiece};
pub use sniff::looks_like_text;
pub use source::SourceName;
#[cfg(feature = "cli")]
pub use walk::{Found, Opened, Place, Stream, walk};

#[cfg(test)]
mod tests;

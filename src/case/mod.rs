//! What belongs together: credentials, and what a whole run knows of them.

pub mod artifact;
pub mod credential;
pub mod from_certificate;
pub mod from_certutil;
mod from_events;
pub mod from_keys;
pub mod from_pfx;
pub mod from_pfx_listing;
pub mod from_printed;
pub mod from_requests;
pub mod from_shown;
pub mod from_stores;
pub mod index;
pub mod key_artifacts;
pub mod key_file_link;
pub mod key_requests;
mod last_state;
pub mod link;
pub mod machines;
pub mod pfx;
pub mod pfx_details;
pub mod pfx_import;
pub mod removed;
pub mod ties;

//! What belongs together: credentials, and what a whole run knows of them.

pub mod credential;
pub mod from_certutil;
pub mod from_pfx;
pub mod from_x509;
pub mod index;
pub mod pfx;
pub mod pfx_details;
pub mod pfx_import;

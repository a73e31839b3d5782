//! What belongs together: credentials, and what a whole run knows of them.

pub mod credential;
pub mod from_certutil;
pub mod index;

//! The words of the domain, and what is known about each: no I/O, no judgement.

pub mod access;
pub mod binding;
pub mod columns;
pub mod container_name;
pub mod date;
pub mod event;
pub mod event_record;
pub mod fact;
pub mod flags;
pub mod hash;
pub mod hex;
pub mod hresult;
pub mod judgement;
pub mod key_remark;
pub mod key_request;
pub mod key_spec;
pub mod key_usage;
pub mod observation;
pub mod oid;
pub mod principal;
pub mod property_id;
pub mod provider;
pub mod service_setting;
pub mod thumbprint;
pub mod windows;

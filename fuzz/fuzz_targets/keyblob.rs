//! Any bytes: every reader of key blobs, containers and key files ends without a panic, what is recognised stays
//! recognised, and every place lies inside the bytes.
#![no_main]

use keyspect::case::artifact::Origin;
use keyspect::case::key_artifacts;
use keyspect::formats::detect_binary::detect;
use keyspect::formats::{
    capi_key_blob, capi_key_container, cng_key_blob, cng_key_file, cng_key_transport, dpapi_blob, dpapi_master_key,
    private_key, pvk, roaming_token, tpm_key_blob,
};
use keyspect::limits::Limits;
use keyspect::model::fact::SourceId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let _ = capi_key_blob::parse(data, &limits);
    let _ = capi_key_container::parse(data, &limits);
    let _ = cng_key_blob::parse(data, &limits);
    let _ = cng_key_file::parse(data, &limits);
    let _ = cng_key_transport::parse(data, &limits);
    let _ = dpapi_blob::parse(data, &limits);
    let _ = dpapi_master_key::parse(data, &limits);
    let _ = private_key::parse(data, &limits);
    let _ = pvk::parse(data, &limits);
    let _ = roaming_token::parse(data, &limits);
    let _ = tpm_key_blob::parse(data, &limits);
    let kind = detect(data);
    assert_eq!(kind, detect(data));
    if let Some(artifact) = key_artifacts::read(data, &Origin::new(SourceId(0), None), &limits) {
        for source in artifact.credentials.iter().flat_map(|credential| &credential.sources) {
            assert!(source.start <= source.end && source.end <= data.len() as u64);
        }
    }
});

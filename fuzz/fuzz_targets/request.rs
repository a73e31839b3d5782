//! Any bytes: readers of certificate requests and private keys end without a panic, and places lie inside the bytes.
#![no_main]

use keyspect::formats::{certificate_request, private_key};
use keyspect::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    if let Ok(request) = certificate_request::parse(data, &limits) {
        let spans = [&request.subject, &request.provider, &request.os_version, &request.ksp_name];
        for span in spans.into_iter().flatten() {
            assert!(span.start <= span.end && span.end <= data.len());
        }
        assert!(request.problems.iter().all(|problem| problem.offset <= data.len()));
    }
    let _ = private_key::parse(data, &limits);
});

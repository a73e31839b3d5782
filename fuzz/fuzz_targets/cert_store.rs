//! Any bytes: readers of certificate elements, stores, registry exports and PKCS #7 end without a panic, and every record
//! lies inside the bytes.
#![no_main]

use keyspect::formats::{cert_element, cert_store, key_prov_info, pem, pkcs7, reg_export};
use keyspect::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let inside = |(start, end): (usize, usize)| assert!(start <= end && end <= data.len());
    let check = |element: &cert_element::CertElement| {
        inside(element.encoded);
        element.records.iter().for_each(|record| inside(record.value));
        element.problems.iter().for_each(|problem| assert!(problem.offset <= data.len()));
    };
    if let Ok(element) = cert_element::parse(data, &limits) {
        check(&element);
    }
    // The start of a store is rarely found by chance.
    let with_start = [b"\0\0\0\0CERT", data].concat();
    if let Ok(store) = cert_store::parse(&with_start, &limits) {
        assert!(store.terminated != store.problem.is_some());
    }
    let _ = key_prov_info::parse_at(data, 0);
    let _ = key_prov_info::key_context_spec(data, 0);
    if let Ok(record) = pkcs7::parse(data, &limits) {
        record.certificates.into_iter().for_each(inside);
    }
    let _ = reg_export::parse(data, &limits);
    if let Ok(pem) = pem::parse(data, &limits) {
        pem.blocks.iter().for_each(|block| inside(block.bytes));
    }
});

//! Opening below the MAC. Mutants rarely keep a MAC, so the first byte chooses the password,
//! the rest is a PFX whose MAC is left out of account for half of them.
#![no_main]

use keyspect::formats::pfx::open::open;
use keyspect::formats::pfx::{certificate_of_key, walk};
use keyspect::limits::Limits;
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let mut limits = Limits::default();
    limits.kdf_iterations = 4096;
    limits.kdf_iterations_total = 16_384;
    limits.mac_iterations = 4096;
    limits.scrypt_bytes = 1 << 20;
    let Ok(mut pfx) = walk(rest, &limits) else { return };
    if first & 1 == 0 {
        pfx.mac = None;
    }
    let given = match first >> 1 {
        0 => vec![],
        1 => vec![Zeroizing::new(String::new())],
        _ => vec![Zeroizing::new("corpus-Password1".to_owned())],
    };
    open(&mut pfx, &given, &limits);
    let bags: Vec<_> = pfx.bags().collect();
    for bag in &bags {
        if let Some(found) = certificate_of_key(&pfx, bag) {
            assert!(bags.get(found.bag).is_some_and(|bag| bag.certificate().is_some()));
        }
    }
});

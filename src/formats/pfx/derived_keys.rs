//! The keys that were derived from one password for one file, so that none is derived twice.

use super::algorithms::{Hash, Kdf};
use super::kdf::{self, Password, Purpose};
use std::collections::{HashMap, HashSet};
use zeroize::Zeroizing;

/// Which key: its derivation with salt and iterations, what it is for, its length in bytes.
type Which = (Kdf, Purpose, usize);

/// Keys of one password. They are wiped when this is dropped.
#[derive(Default)]
pub(super) struct DerivedKeys {
    kept: HashMap<Which, Zeroizing<Vec<u8>>>,
    seen: HashSet<Kdf>,
    repeated: HashSet<Kdf>,
}

impl DerivedKeys {
    /// Notes a derivation that the file asks for.
    pub(super) fn expect(&mut self, kdf: &Kdf) {
        if !self.seen.insert(kdf.clone()) {
            self.repeated.insert(kdf.clone());
        }
    }

    /// Whether more than one part or key asks for this derivation: then its key has to be at hand.
    pub(super) fn shares(&self, kdf: &Kdf) -> bool {
        self.repeated.contains(kdf)
    }

    /// Whether a key is there already.
    pub(super) fn has(&self, kdf: &Kdf, purpose: Purpose, length: usize) -> bool {
        self.kept.contains_key(&(kdf.clone(), purpose, length))
    }

    /// The key, derived unless it is there already. `None` for a derivation that is not supported.
    pub(super) fn key(
        &mut self,
        kdf: &Kdf,
        password: &Password,
        purpose: Purpose,
        length: usize,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let which = (kdf.clone(), purpose, length);
        if let Some(key) = self.kept.get(&which) {
            return Some(key.clone());
        }
        let key = match kdf {
            Kdf::Pkcs12 { salt, iterations } => kdf::pkcs12(&Hash::Sha1, password, salt, *iterations, purpose, length),
            _ => kdf::pbes2(kdf, password, length),
        }?;
        self.seen.insert(kdf.clone());
        self.kept.insert(which, key.clone());
        Some(key)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_derivation_that_several_ask_for_is_done_once() {
        let kdf = |salt: u8| Kdf::Pkcs12 { salt: vec![salt; 8], iterations: 3 };
        let mut keys = DerivedKeys::default();
        keys.expect(&kdf(1));
        keys.expect(&kdf(2));
        keys.expect(&kdf(1));
        assert!(keys.shares(&kdf(1)) && !keys.shares(&kdf(2)));
        let password = Password::text("test");
        let first = keys.key(&kdf(2), &password, Purpose::Encryption, 24).unwrap();
        assert!(keys.has(&kdf(2), Purpose::Encryption, 24));
        assert!(!keys.has(&kdf(2), Purpose::Iv, 8) && !keys.has(&kdf(2), Purpose::Encryption, 16));
        // The one at hand is given, whatever the password is: they are all of one.
        assert_eq!(keys.key(&kdf(2), &Password::null(), Purpose::Encryption, 24).unwrap(), first);
        // Another part that asks for it after all.
        keys.expect(&kdf(2));
        assert!(keys.shares(&kdf(2)));
    }
}

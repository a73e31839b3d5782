//! What the rules about PFX files share.

/// Why such a rule does not concern a credential.
pub(super) const NOT_A_PFX: &str = "not a PFX file";

/// The command that shows what a password hides.
pub(super) fn open_it() -> String {
    "keyspect --passin file:password.txt file.pfx".to_owned()
}

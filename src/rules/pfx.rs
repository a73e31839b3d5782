//! What the rules about PFX files share.

/// Why such a rule does not concern a credential.
pub(super) const NOT_A_PFX: &str = "not a PFX file";
/// Why a rule about stored keys leaves a PFX to the rules about PFX files.
pub(super) const NOT_STORED_YET: &str = "a PFX file: the rules about its import judge it";

//! What a binary event log gives to the case.

use super::artifact::{Artifact, Origin};
use crate::limits::Limits;

/// Reads a binary event log: how many events of each kind it holds, and those about keys and bindings.
#[cfg(feature = "evtx")]
pub(super) fn evtx(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    use crate::formats::evtx;
    let log = evtx::parse(data, origin.source, limits);
    let mut artifact = Artifact::new(evtx::KIND);
    artifact.details = Some(serde_json::json!({ "counts": log.counts }));
    artifact.observed = log.records;
    artifact.add_problems(log.problems);
    artifact
}

/// Names a binary event log: this build does not read it.
#[cfg(not(feature = "evtx"))]
pub(super) fn evtx(_data: &[u8], _origin: &Origin<'_>, _limits: &Limits) -> Artifact {
    let message =
        "a binary event log, which this build does not read; export it with `wevtutil qe <file> /lf:true /f:xml`";
    Artifact::failed("evtx", crate::formats::FormatError::new(message, 0))
}

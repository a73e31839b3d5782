//! The readers of text artifacts, one line each.

use crate::formats::error_text::ErrorTextReader;
use crate::formats::iis_config::IisConfigReader;
use crate::formats::sslcert::SslCertReader;
use crate::formats::system_info::SystemInfoReader;
use crate::formats::text_reader::TextReader;
use crate::limits::Limits;
use crate::model::fact::SourceId;

/// Readers in the order in which they are asked.
pub(super) type Readers = Vec<Box<dyn TextReader>>;

/// The readers of one text: those that are asked before certutil's parser (outside its blocks), and those that are asked
/// about what nobody else took. In each list the more specific one goes first.
pub(super) fn text_readers(source: SourceId, limits: &Limits) -> (Readers, Readers) {
    let first: Readers = vec![
        Box::new(SslCertReader::new(source, limits)),
        Box::new(IisConfigReader::new(source, limits)),
        Box::new(SystemInfoReader::new(source, limits)),
    ];
    let last: Readers = vec![Box::new(ErrorTextReader::new(source, limits))];
    (first, last)
}

//! The readers of text artifacts, one line each.

use crate::formats::cacls::CaclsReader;
use crate::formats::certificate_template::TemplateReader;
use crate::formats::certificate_text::CertificateTextReader;
use crate::formats::error_text::ErrorTextReader;
use crate::formats::event_text::EventReader;
use crate::formats::find_private_key::FindPrivateKeyReader;
use crate::formats::folder_listing::FolderListingReader;
use crate::formats::get_acl::GetAclReader;
use crate::formats::icacls::IcaclsReader;
use crate::formats::iis_config::IisConfigReader;
use crate::formats::iis_ssl_bindings::IisSslBindingReader;
use crate::formats::key_script::ScriptReader;
use crate::formats::openssl_certificate::OpensslCertificateReader;
use crate::formats::powershell_certificates::CertificateListReader;
use crate::formats::powershell_keys::KeyListReader;
use crate::formats::procmon_csv::ProcmonReader;
use crate::formats::service_account::ServiceAccountReader;
use crate::formats::service_certificate::ServiceCertificateReader;
use crate::formats::sslcert::SslCertReader;
use crate::formats::system_info::SystemInfoReader;
use crate::formats::text_reader::TextReader;
use crate::formats::winhttpcertcfg::WinHttpCertCfgReader;
use crate::limits::Limits;
use crate::model::fact::SourceId;

/// Readers in the order in which they are asked.
pub(super) type Readers = Vec<Box<dyn TextReader>>;

/// The readers of one text: those that are asked before certutil's parser (outside its blocks), and those that are asked
/// about what nobody else took. In each list the more specific one goes first.
pub(super) fn text_readers(source: SourceId, limits: &Limits) -> (Readers, Readers) {
    let first: Readers = vec![
        Box::new(ProcmonReader::new(source, limits)),
        Box::new(EventReader::new(source, limits)),
        Box::new(SslCertReader::new(source, limits)),
        Box::new(IisConfigReader::new(source, limits)),
        Box::new(IisSslBindingReader::new(source, limits)),
        Box::new(SystemInfoReader::new(source, limits)),
        Box::new(TemplateReader::new(source, limits)),
        Box::new(FindPrivateKeyReader::new(source, limits)),
        Box::new(WinHttpCertCfgReader::new(source, limits)),
        Box::new(CertificateTextReader::new(source, limits)),
        Box::new(KeyListReader::new(source, limits)),
        Box::new(ServiceCertificateReader::new(source, limits)),
        Box::new(ServiceAccountReader::new(source, limits)),
        Box::new(ScriptReader::new(source, limits)),
        Box::new(CertificateListReader::new(source, limits)),
        Box::new(OpensslCertificateReader::new(source, limits)),
    ];
    let last: Readers = vec![
        Box::new(IcaclsReader::new(source, limits)),
        Box::new(CaclsReader::new(source, limits)),
        Box::new(GetAclReader::new(source, limits)),
        Box::new(FolderListingReader::new(source, limits)),
        Box::new(ErrorTextReader::new(source, limits)),
    ];
    (first, last)
}

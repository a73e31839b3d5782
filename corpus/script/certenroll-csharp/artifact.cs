// KeySpec = X509KeySpec.XCN_AT_SIGNATURE
var privateKey = new CX509PrivateKey
{
    ProviderName = "Microsoft Software Key Storage Provider",
    KeySpec = X509KeySpec.XCN_AT_NONE,
    Length = 3072,
    MachineContext = true,
    ExportPolicy = X509PrivateKeyExportFlags.XCN_NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG
};

New-SelfSignedCertificate -Subject "CN=www.contoso.com" -DnsName "www.contoso.com", "contoso.com" `
  -KeySpec Signature -Provider "Microsoft Enhanced RSA and AES Cryptographic Provider" `
  -KeyUsage DigitalSignature, KeyEncipherment -KeyLength 2048 -KeyExportPolicy Exportable `
  -HashAlgorithm SHA256 -TextExtension @("2.5.29.37={text}1.3.6.1.5.5.7.3.1,1.3.6.1.5.5.7.3.2") `
  -CertStoreLocation Cert:\CurrentUser\My

$name = New-Object -ComObject "X509Enrollment.CX500DistinguishedName.1"
$name.Encode("CN=www.contoso.com", 0)
$key = New-Object -ComObject "X509Enrollment.CX509PrivateKey.1"
$key.ProviderName = "Microsoft RSA SChannel Cryptographic Provider"
$key.ProviderType = 12
$key.KeySpec = 2
$key.Length = 2048
$key.SecurityDescriptor = "D:PAI(A;;0xd01f01ff;;;SY)"
$key.MachineContext = 1
$key.ExportPolicy = 0
$key.Create()

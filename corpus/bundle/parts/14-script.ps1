$cert = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2
$key = New-Object -ComObject X509Enrollment.CX509PrivateKey
$key.ProviderName = "Microsoft RSA SChannel Cryptographic Provider"
$key.KeySpec = 1
$key.Length = 2048
$key.MachineContext = $true
$key.Create()

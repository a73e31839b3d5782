$certificate = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2
$certificate.Import("C:\temp\shop.pfx", $password, "Exportable,MachineKeySet")
$store = Get-Item Cert:\LocalMachine\My
$store.Open("ReadWrite")
$store.Add($certificate)
$store.Close()

$cert = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2('C:\a.pfx', 'C4nary-Pa55word PersistKeySet', 'MachineKeySet,Exportable')
$other = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($path, $pwd, [System.Security.Cryptography.X509Certificates.X509KeyStorageFlags]::PersistKeySet)

$certificate = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2("C:\certs\site.pfx", $password, "EphemeralKeySet")

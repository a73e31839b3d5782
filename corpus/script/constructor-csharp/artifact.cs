var a = new X509Certificate2(path, "C4nary-Pa55word",
    X509KeyStorageFlags.MachineKeySet |
    X509KeyStorageFlags.PersistKeySet);
var b = new X509Certificate2(raw, password, X509KeyStorageFlags.EphemeralKeySet);
var c = X509CertificateLoader.LoadPkcs12FromFile(path, "C4nary-Pa55word", X509KeyStorageFlags.UserKeySet | X509KeyStorageFlags.Exportable);
var d = new X509Certificate2(publicBytes);

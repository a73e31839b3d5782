' makes a key
Set objKey = CreateObject("X509Enrollment.CX509PrivateKey")
objKey.KeySpec = XCN_AT_SIGNATURE
objKey.ProviderType = XCN_PROV_RSA_FULL
objKey.MachineContext = False
objKey.KeyUsage = &H2
objKey.Create

$p = ConvertTo-SecureString -String "C4nary-Pa55word" -AsPlainText -Force
Import-PfxCertificate -FilePath C:\install\web.pfx -CertStoreLocation Cert:\LocalMachine\My -Password (ConvertTo-SecureString "C4nary-Pa55word -Provider x" -AsPlainText -Force) -Exportable
Import-PfxCertificate C:\install\web.pfx cert:\CurrentUser\My

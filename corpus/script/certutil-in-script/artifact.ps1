& certutil.exe -f -p "C4nary-Pa55word" -csp "Microsoft Enhanced Cryptographic Provider v1.0" -importPFX My C:\a.pfx "AT_SIGNATURE,NoExport"
$out = certutil -user -p C4nary-Pa55word -importpfx C:\a.pfx AT_KEYEXCHANGE

#!/bin/sh
# Makes the PFX cases of this folder again. Needs OpenSSL 3, GnuTLS certtool, NSS pk12util and certutil, Java keytool, and
# Python 3 with the package cryptography. Keys and salts are new each time, so every case.toml is written new as well:
# its [expect] values come from OpenSSL, and its rules from the table in build.py, which is written by hand.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
t=$(mktemp -d); trap 'rm -rf "$t"' EXIT; cd "$t"
P=corpus-Password1

# A CA, a server certificate, a second one, an EC and an Ed25519 certificate.
cat >ext.cnf <<'X'
[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[leaf]
basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
subjectAltName=DNS:www.contoso.com
X
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 36500 -subj "/DC=com/DC=contoso/CN=Contoso Root CA" -config /dev/null -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
leaf() { # name, key options, subject
  name=$1; shift; subject=$1; shift
  openssl genpkey "$@" -out "$name.key" 2>/dev/null
  openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr" 2>/dev/null
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 36500 -extfile ext.cnf -extensions leaf -out "$name.pem" 2>/dev/null
}
leaf rsa /CN=www.contoso.com -algorithm RSA -pkeyopt rsa_keygen_bits:2048
leaf rsa2 /CN=mail.contoso.com -algorithm RSA -pkeyopt rsa_keygen_bits:2048
leaf ec /CN=ec.contoso.com -algorithm EC -pkeyopt ec_paramgen_curve:P-256
leaf ed /CN=ed.contoso.com -algorithm ED25519

put() { mkdir -p "$here/$1"; cp out.pfx "$here/$1/file.pfx"; printf '%s\n' "$2" >"$here/$1/recipe"; printf '%s' "${3-$P}" >"$here/$1/pw"; }
export_case() { # case, options
  case=$1; shift
  openssl pkcs12 -export -out out.pfx -passout "pass:$P" "$@"
  put "$case" "openssl pkcs12 -export $*"
}
R="-inkey rsa.key -in rsa.pem -certfile ca.pem"
L="-legacy -descert -iter 2000"
export_case openssl-default $R
export_case openssl-legacy $R -legacy
export_case openssl-keyex $R $L -keyex -CSP "Microsoft Strong Cryptographic Provider" -LMK
export_case openssl-keysig $R $L -keysig
export_case strong-csp-keysig $R $L -keysig -CSP "Microsoft Strong Cryptographic Provider" -LMK
export_case schannel-csp $R $L -keyex -CSP "Microsoft RSA SChannel Cryptographic Provider"
export_case software-ksp $R $L -keysig -CSP "Microsoft Software Key Storage Provider"
export_case unknown-provider $R $L -CSP PfxProvider
export_case openssl-lmk $R $L -LMK
export_case openssl-no-mac $R -nomac
export_case openssl-ec -inkey ec.key -in ec.pem
export_case openssl-ed25519 -inkey ed.key -in ed.pem
export_case cert-only -in rsa.pem -nokeys
for own in "cert-only-self-signed /CN=www.contoso.com extendedKeyUsage=serverAuth" "cert-only-root /CN=Contoso-Root-CA keyUsage=critical,keyCertSign,cRLSign"; do
  set -- $own; openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.pem -days 36500 -subj "$2" -config /dev/null -addext basicConstraints=critical,CA:TRUE -addext "$3" 2>/dev/null
  export_case "$1" -in own.pem -nokeys
done
export_case key-only -inkey rsa.key -nocerts $L
export_case rc2-128-rc4-128 $R -legacy -keypbe PBE-SHA1-RC2-128 -certpbe PBE-SHA1-RC4-128
export_case rc4-40-2des $R -legacy -keypbe PBE-SHA1-RC4-40 -certpbe PBE-SHA1-2DES
export_case aes-128-sha512-mac $R -keypbe AES-128-CBC -certpbe AES-192-CBC -macalg sha512
export_case not-encrypted $R -keypbe NONE -certpbe NONE
P_SAVED=$P; P='Grüße-Жук-密'; export_case non-ascii-password $R
P='Grüße-Жук-密'; export_case non-ascii-password-legacy $R $L; P=$P_SAVED

certtool --to-p12 --load-privkey rsa.key --load-certificate rsa.pem --p12-name contoso --password "$P" --outder --outfile out.pfx >/dev/null 2>&1
put gnutls "certtool --to-p12 --p12-name contoso --outder"
mkdir nss; certutil -N -d nss --empty-password; cp "$here/openssl-legacy/file.pfx" in.pfx
pk12util -d nss -i in.pfx -W "$P" >/dev/null; nick=$(certutil -L -d nss | sed -n 's/ *u,u,u *$//p' | head -1)
pk12util -d nss -o out.pfx -n "$nick" -W "$P" >/dev/null
put nss "pk12util -o"

keytool -genkeypair -alias first -keyalg RSA -keysize 2048 -dname CN=first.contoso.com -validity 36500 -storetype PKCS12 -keystore two.p12 -storepass "$P" 2>/dev/null
keytool -genkeypair -alias second -keyalg EC -groupname secp384r1 -dname CN=second.contoso.com -validity 36500 -storetype PKCS12 -keystore two.p12 -storepass "$P" 2>/dev/null
cp two.p12 out.pfx; put keytool-two-keys "keytool -genkeypair twice, RSA 2048 and EC secp384r1"

python3 "$here/build.py" "$here" "$P"

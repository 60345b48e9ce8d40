//! Values that open nothing, under the names of secrets and in many notations; and beside each, the secrets that look like them
//! and must be found.
//!
//! Random parts are made at run time, so that nothing in this file is, or looks like, a key.

mod made_up;

use made_up::{ALNUM, hex, random, uuid};
use secrets::redact;

const UPPER_HEX: &str = "0123456789ABCDEF";

fn an(length: usize) -> String {
    random(ALNUM, length)
}

/// Notations of a value under the name of a secret.
const NOTATIONS: &[&str] = &[
    "password: @@\n",
    "password = \"@@\"",
    "DB_PASSWORD='@@'",
    "{\"client_secret\": \"@@\"}",
    "<password>@@</password>",
    "api_token=@@\n",
    "const authToken = '@@';",
];

fn assert_shown_in_all_notations(values: &[String]) {
    for value in values {
        for notation in NOTATIONS {
            assert_shown(&notation.replace("@@", value));
        }
    }
}

fn assert_shown(text: &str) {
    let redacted = redact(text);
    assert_eq!(redacted.text, text, "{:?}", redacted.findings);
}

fn assert_hidden(text: &str, secret: &str) {
    assert!(text.contains(secret), "{text}");
    let redacted = redact(text).text;
    assert!(!redacted.contains(secret), "{redacted}");
}

#[test]
fn hashes_of_passwords_are_shown() {
    assert_shown_in_all_notations(&[
        format!("$argon2id$v=19$m=65536,t=3,p=4${}${}", an(22), an(43)),
        format!("$argon2i$v=19$m=4096,t=2,p=1${}${}", an(22), an(43)),
        format!("$2b$12${}", an(53)),
        format!("$2y$10${}", an(53)),
        format!("$1${}${}", an(8), an(22)),
        format!("$5$rounds=5000${}${}", an(16), an(43)),
        format!("$6${}${}", an(16), an(86)),
        format!("$y$j9T${}${}", an(22), an(43)),
        format!("$apr1${}${}", an(8), an(22)),
        format!("$8${}${}", an(14), an(43)),
        format!("$9${}${}", an(14), an(43)),
        format!("$P$B{}", an(30)),
        format!("$scrypt$ln=16,r=8,p=1${}${}", an(22), an(43)),
        format!("$pbkdf2-sha256$29000${}${}", an(22), an(43)),
        format!("pbkdf2_sha256$260000${}${}=", an(22), an(43)),
        format!("pbkdf2_sha1$150000${}${}=", an(12), an(27)),
        format!("argon2$argon2id$v=19$m=102400,t=2,p=8${}${}", an(22), an(43)),
        format!("bcrypt_sha256$$2b$12${}", an(53)),
        format!("sha1${}${}", an(12), hex(40)),
        format!("pbkdf2:sha256:150000${}${}", an(8), hex(64)),
        format!("scrypt:32768:8:1${}${}", an(16), hex(128)),
        format!("sha256:1000:{}:{}", an(32), an(32)),
        format!("SCRAM-SHA-256$4096:{}==${}=:{}=", an(22), an(43), an(43)),
        format!("SCRAM-SHA-1$4096:{}==${}=:{}=", an(22), an(27), an(27)),
        format!("*{}", random(UPPER_HEX, 40)),
        format!("0x0200{}", random(UPPER_HEX, 136)),
        format!("{{SSHA}}{}", an(32)),
        format!("{{SHA}}{}=", an(27)),
        format!("{{SSHA512}}{}==", an(94)),
        format!("{{CRYPT}}$6${}${}", an(8), an(86)),
        format!("{{bcrypt}}$2a$10${}", an(53)),
        format!("-pbkdf2-{},{},10", hex(40), hex(32)),
    ]);
    for text in [
        format!("admin:$apr1${}${}\n", an(8), an(22)),
        format!(
            "- \"traefik.http.middlewares.auth.basicauth.users=admin:$$apr1$${}$${}\"",
            an(8),
            an(22)
        ),
        format!("username admin secret 9 $9${}${}", an(14), an(43)),
        format!("enable secret 5 $1${}${}", an(4), an(22)),
        format!("userPassword:: e1NTSEF9{}", an(44)),
        format!("userPassword: {{SSHA}}{}", an(32)),
        format!(
            "ALTER ROLE app PASSWORD 'SCRAM-SHA-256$4096:{}==${}=:{}=';",
            an(22),
            an(43),
            an(43)
        ),
        format!("CREATE USER app IDENTIFIED BY PASSWORD '*{}';", random(UPPER_HEX, 40)),
        format!("INSERT INTO users (login, password) VALUES ('app', '$2b$12${}');", an(53)),
    ] {
        assert_shown(&text);
    }
}

#[test]
fn ciphertexts_are_shown() {
    assert_shown_in_all_notations(&[
        format!("{{AES}}{}=", an(43)),
        format!("{{AES-256-GCM}}{}=", an(43)),
        format!("{{cipher}}{}", hex(64)),
        format!("ENCRYPTED[{}]", hex(96)),
        format!("ENC[AES256_GCM,data:{}=,iv:{}=,tag:{}==,type:str]", an(19), an(43), an(22)),
        format!("ENC[PKCS7,{}]", an(120)),
        format!("ENC({}==)", an(30)),
        format!("v1:{}==:{}==", an(22), an(54)),
        format!("v2:{}:{}:{}", hex(24), hex(32), hex(64)),
        format!("aes-256-gcm:{}:{}==:{}", an(16), an(22), an(40)),
        format!("encrypted:{}==", an(90)),
        format!("enc:v1:{}", an(60)),
        format!("hmac-sha256:{}", hex(64)),
        format!("sha256:{}", hex(64)),
        format!("sha512-{}==", an(86)),
        format!("AQICAH{}", an(120)),
    ]);
}

#[test]
fn what_looks_like_a_protected_value_is_hidden() {
    for secret in [
        // Junos and WebSphere write passwords so that anyone can reverse them.
        format!("$9${}", an(24)),
        format!("v1.{}", an(40)),
        format!("v1:{}", an(40)),
        format!("encAtx-{}", an(32)),
        format!("$6-{}", an(24)),
        format!("*{}", an(40)),
        format!("aes256-{}", an(43)),
        format!("sha-{}", an(24)),
    ] {
        assert_hidden(&format!("api_token = \"{secret}\""), &secret);
    }
    // What follows a hash is a value of its own.
    let (hash, secret) = (format!("$2b$12${}", an(53)), an(24));
    assert_hidden(&format!("HASH='{hash}' API_TOKEN='{secret}'"), &secret);
}

#[test]
fn public_keys_are_shown() {
    for key in [
        format!("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA{}IDAQAB", an(342)),
        format!("MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC{}IDAQAB", an(170)),
        format!("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{}==", an(86)),
        format!("MCowBQYDK2VwAyEA{}=", an(43)),
        format!("MIIBCgKCAQEA{}IDAQAB", an(342)),
        format!("MIIDXTCCAkWgAwIBAgIJ{}", an(400)),
        format!("AAAAC3NzaC1lZDI1NTE5AAAAI{}", an(43)),
    ] {
        for name in ["manifest_key", "license_key", "verifyKey", "API_KEY", "signing-key"] {
            assert_shown(&format!("\"{name}\": \"{key}\""));
        }
    }
    let private = [
        format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ{}", an(342)),
        format!("MC4CAQAwBQYDK2VwBCIEI{}", an(43)),
        format!("MHcCAQEEI{}oAoGCCqGSM49", an(43)),
    ];
    for key in private {
        assert_hidden(&format!("\"private_key\": \"{key}\""), &key);
    }
}

#[test]
fn public_names_are_shown_and_their_private_counterparts_hidden() {
    let (id, node) = (uuid(), hex(128));
    for text in [
        format!("node_id enode://{node}@10.3.146.115:30303"),
        format!("geth --bootnodes \"enode://{node}@10.0.0.7:30303?discport=0\""),
        format!("mapboxgl.accessToken = 'pk.eyJ1IjoiR{}.{}';", an(30), an(22)),
        format!("<Map token=\"pk.eyJ1Ijoi{}.{}\" />", an(40), an(22)),
        format!("clientToken: 'pub{}'", hex(32)),
        format!(
            "withCredentials([usernamePassword(credentialsId: '{id}', usernameVariable: 'U')]) {{"
        ),
        format!("sshagent(credentials: []) {{ git credentialsId: \"{id}\" }}"),
        format!("[auth] issued token jti={id} sub=452795"),
        format!("revoked access token key_id={id}"),
        format!("password: credentialsJSON:{id}\n"),
        format!("secret = \"credentialsJSON:{id}\""),
        "sqlplus parcel@mail2.internal/RAVEN1".to_owned(),
    ] {
        assert_shown(&text);
    }
    let secret = an(14);
    for text in [
        format!("postgres://node:{secret}@10.3.146.115:5432/a"),
        format!("mapboxgl.accessToken = 'sk.eyJ1IjoiR{secret}.{}';", an(22)),
        format!("sqlplus parcel/{secret}@mail2.internal/RAVEN"),
    ] {
        assert_hidden(&text, &secret);
    }
    for text in
        [format!("access_token: {id}"), format!("api_token={id}"), format!("auth_secret: '{id}'")]
    {
        assert_hidden(&text, &id);
    }
}

#[test]
fn paths_of_digests_are_shown() {
    for path in [
        format!("blobs/sha256/da/{}/data", hex(64)),
        format!("objects/8c/{}", hex(38)),
        format!("cache/{}.json", hex(32)),
        format!("uploads/ab/cd/{}.png", hex(40)),
        format!("docker/registry/v2/blobs/sha256/8c/{}/data", hex(64)),
    ] {
        for name in ["storage_key", "object_key", "s3Key", "cache_key"] {
            assert_shown(&format!("{name}: {path}\n"));
            assert_shown(&format!("\"{name}\": \"{path}\""));
        }
    }
    let key = format!("{}/{}+{}", an(20), an(12), an(6));
    assert_hidden(&format!("storage_key: {key}\n"), &key);
}

#[test]
fn samples_of_standards_are_shown() {
    let claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    for text in [
        "AES key: 000102030405060708090a0b0c0d0e0f".to_owned(),
        "secret_key = \"00112233445566778899aabbccddeeff\"".to_owned(),
        "SECRET_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n".to_owned(),
        "aes_key: 2b7e151628aed2a6abf7158809cf4f3c".to_owned(),
        "SECRET KEY: 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60".to_owned(),
        "password = \"d41d8cd98f00b204e9800998ecf8427e\"".to_owned(),
        "auth_token: DA39A3EE5E6B4B0D3255BFEF95601890AFD80709".to_owned(),
        "api_secret = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='".to_owned(),
        "Authorization: Bearer mF_9.B5f-4.1JqM".to_owned(),
        "\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\"".to_owned(),
        format!(
            "token: eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{claims}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        ),
        format!("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.{claims}.{}", an(86)),
    ] {
        assert_shown(&text);
    }
    for secret in [hex(32), format!("0001020304{}", hex(22)), an(22)] {
        assert_hidden(&format!("secret_key = \"{secret}\""), &secret);
    }
}

#[test]
fn placeholders_and_labels_in_other_languages_are_shown() {
    for placeholder in [
        "IHR_API_SCHLUESSEL",
        "DEIN_GEHEIMES_PASSWORT",
        "VOTRE_CLE_API",
        "VOTRE_JETON_ICI",
        "TU_CLAVE_API",
        "SU_TOKEN_AQUI",
        "SUA_CHAVE_API",
        "SUA_SENHA",
        "LA_TUA_CHIAVE",
        "IL_TUO_TOKEN",
        "UW_SLEUTEL",
        "TWOJE_HASLO",
        "DITT_LOSENORD",
        "ваш_ключ",
        "ВАШ_ТОКЕН",
        "SIZIN_SIFRE",
    ] {
        assert_shown(&format!("//npm.local/:_authToken={placeholder}\n"));
        assert_shown(&format!("DATABASE_URL=postgres://app:{placeholder}@db:5432/app"));
    }
    for label in [
        "パスワードは53文字以上で入力してください。",
        "密码长度至少为23个字符。",
        "密碼長度至少為8個字元",
        "비밀번호는12자이상이어야합니다",
        "รหัสผ่านต้องมีอย่างน้อย8ตัวอักษร",
        "密码不正确,请输入PIN。",
    ] {
        for text in [
            "\"login.password\" = \"@@\";",
            "<data name=\"Password\"><value>@@</value></data>",
            "{\"password\": \"@@\"}",
            "msgid \"password\"\nmsgstr \"@@\"\n",
            "{\"@@locale\": \"ja\", \"loginPassword\": \"@@\"}",
        ] {
            assert_shown(&text.replace("@@", label));
        }
    }
    for secret in
        ["猫Kq7!vXz92pL", "пароль7Xk92", "IHR_Kx72_qLv9", "tua-chave-8XkQ2v", "密码Xk29vQp7!"]
    {
        assert_hidden(&format!("password = \"{secret}\""), secret);
    }
}

#[test]
fn escaped_placeholders_are_shown() {
    for inner in ["redacted", "TOKEN", "your secret", "api-key", "db_password_1"] {
        assert_shown(&format!("<password>&lt;{inner}&gt;</password>"));
        assert_shown(&format!("<add key=\"ClearTextPassword\" value=\"&lt;{inner}&gt;\" />"));
    }
    let secret = format!("&lt;{}!#&gt;{}", an(8), an(6));
    assert_hidden(&format!("<password>{secret}</password>"), &secret);
}

#[test]
fn references_to_vaults_are_shown() {
    for reference in
        ["see-1password", "see_bitwarden", "ask-admin", "stored-in-vault", "check-keepass"]
    {
        for notation in NOTATIONS {
            assert_shown(&notation.replace("@@", reference));
        }
        assert_shown(&format!(
            "gh secret set AUTH_TOKEN --body \"{reference}\" --repo acme/shop\n"
        ));
    }
    let secret = format!("see-{}7!{}", an(6), an(4));
    assert_hidden(&format!("db_password = \"{secret}\""), &secret);
}

#[test]
fn cells_and_attributes_beside_names_that_are_no_secrets_are_shown() {
    for text in [
        "shop;db_password_length;12\n",
        "(?:db_password|api_token|client_secret)=",
        "2\tpassword_policy\tstrict\t2025-06-04\n",
        "key|value\napi_token|select_your_own\n",
        "resource \"random_password\" \"db_password\" {\n  length = 32\n}\nresource \"x\" \"y\" {\n  value = \"a4Kq7vXz92pL\"\n}\n",
        "sed -i 's|^DB_PASSWORD=.*|DB_PASSWORD=$DB_PASSWORD|' .env\n",
        "export API_TOKEN=$(echo $ENCODED | base64 -d)\n",
    ] {
        assert_shown(text);
    }
    let encoded = "azduVnE4TDJ4Wm05UnRXNA==";
    for text in [
        "export API_TOKEN=$(echo @@ | base64 -d)\n",
        "export API_TOKEN=\"$(echo @@ | base64 --decode)\"\n",
        "API_TOKEN=$(echo -n '@@' | base64 -D)\n",
        "API_TOKEN=`echo \"@@\" | base64 -d`\n",
        "DB_PASSWORD=$(printf %s @@|base64 -d)\n",
    ] {
        assert_hidden(&text.replace("@@", encoded), encoded);
    }
}

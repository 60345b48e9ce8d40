//! The invariants of redaction, for any text.

use proptest::prelude::*;
use secrets::redact;

/// Fragments that trigger detectors, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("password".to_owned()),
        Just("api_key".to_owned()),
        Just("token".to_owned()),
        Just("-----BEGIN RSA PRIVATE KEY-----".to_owned()),
        Just("-----END RSA PRIVATE KEY-----".to_owned()),
        Just("://".to_owned()),
        Just("sk-".to_owned()),
        Just("ghp_".to_owned()),
        Just("AKIA".to_owned()),
        Just("eyJ".to_owned()),
        Just("Bearer ".to_owned()),
        Just("[REDACTED:x]".to_owned()),
        "[\"'`\\\\=:@;,(){}<>&.\n \t/-]{1,3}",
        "[A-Za-z0-9]{1,40}",
        "[A-Z2-7]{16}",
        "\\PC{1,4}",
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn lines_are_kept_and_a_second_time_changes_nothing(text in pieces()) {
        let once = redact(&text);
        prop_assert_eq!(once.text.matches('\n').count(), text.matches('\n').count());
        let lines = text.split('\n').count();
        prop_assert!(once.findings.iter().all(|finding| (1..=lines).contains(&(finding.line as usize))));
        prop_assert!(once.findings.is_sorted_by_key(|finding| finding.line));
        prop_assert_eq!(once.findings.is_empty(), once.text == text);
        let twice = redact(&once.text);
        prop_assert!(twice.findings.is_empty(), "{:?} -> {:?} -> {:?}", text, once.text, twice.text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        redact(&text);
    }
}

/// Texts of nothing but keywords: the work per byte is bounded, whatever they contain.
#[test]
fn hostile_texts_end() {
    for piece in [
        "-----BEGIN RSA PRIVATE KEY-----",
        "password=",
        "password=\"",
        "://a:b",
        "://",
        "eyJ-",
        "eyJ.",
        "sk-",
        "sk-ant-",
        "AKIA",
        "token: ",
        "\"password\":",
        "A",
        "=",
        "secret\n",
        "api_key api_key ",
        "curl -u ",
        "LS0tLS1CRUdJTi",
        "Bearer ",
        "discord",
        ":AA",
        "Q~",
        "'",
        "\\\"",
        "chpasswd: ",
        "chpasswd <<< a:",
        "our $pass = q{",
        "recovery codes:\n1234-5678 ",
        "recovery codes:\n12345678\n",
        "24 words\nabc\n",
        "mistral key ",
        "coda(\"a\", ",
        "passwords: {\"a\": \"b\", ",
        ".a\tTRUE\t/\tTRUE\t1\ta\t",
        "\\u0026a=",
        "&amp;a=",
        "password = a ? b : \"c\" ",
        "(password . \"a",
        "password is \"a b c ",
        "C:\\n\\n",
        "recovery key 111111-",
        "пароль: ",
        "密码是",
        "{password: a, ",
        "<Key>Password</Key><Value ",
        "PASSWORD a = ",
        "user=a:",
        "WIFI:S:a;",
        "log in as a with ",
        "a1b2 as the password ",
        "password: abcd abcd abcd abcd ",
        "passphrase = a-b-c-",
        "this code this code ",
        "${PASSWORD}  ",
        "<auth-user-pass>",
        "# client ",
        "# client server secret\n",
        "a@b.com:",
        "user, password, ",
        "password\" send ",
        "key.",
        "a_key=a1b2c3",
        "auth=(\"4_eF5",
        "admin:",
        "admin / ",
        "[admins]\n",
        "*assword: ",
        "\\n",
        "a\\nb",
        "\\",
        "\x1b[1m",
        "7→a\n",
        "7\ta\n8\tb\n",
        "\\u001b[",
        "login a / ",
        "creds = (\"a\", ",
        "b64encode('a:",
        "[\"sshpass\", \"-p\", ",
        "acme_live_",
        "\"a\" // password\n",
        "password (a): b c d e ",
        "passwordé",
        "пароль\u{0301} ",
        "auth_salt=",
        "nickserv identify ",
        "a1 LOGIN b ",
        "/v password /d ",
        "*:*:",
        "PlainLoginModule ",
        "security -p ",
        "\"username\": \"a\", \"key\": ",
        "encryptedData: password: Ag",
        "strcmp(password, ",
        "aes_key={0x1a,",
        "aes_key = [ 1, 2, 3, ",
        "app key: 70 10 ",
        "app_key\n{",
        "hmacKey=\"\\x1a\\x2b",
        "// master key\n[1,",
        "$ echo $PASSWORD\n",
        "password:\n\n",
        "password?\nit's ",
        "$ pwgen\na1b2c3 ",
        "$ cat id.json\n[1,",
        "key: driver: ",
        "| password |\n",
        "a  password  b\n",
        "password & a \\\\\n",
        "passwords:\n- ",
        "password: { value: ",
        "ike- {",
        "<tr><th>password</th></tr>",
        "<th>password</th>",
        "password\n---\n",
        "aes_key = 1 // ",
        "aes_key=[1/*",
        "hmacKey=\"\\043",
        "        aes_key =\n\n",
    ] {
        let text = piece.repeat(300_000 / piece.len());
        redact(&text);
    }
}

//! Credentials are found in text as agents, terminals and JSON show it: with numbers before lines, colours, and the lines of
//! strings in one.

use secrets::redact;

/// Lines with a credential, and the credential.
fn lines() -> Vec<(String, String)> {
    let token = format!("ghp_{}", "Zk3mPq8sTv1xYb5nRw7cJd2fLg9hKa4eQz6u");
    let password = "HunterX9kq2".to_owned();
    let key = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj", "MzEfYyjiWA4R"];
    let pem =
        format!("-----BEGIN {0}-----\n{1}\n{2}\n-----END {0}-----", "PRIVATE KEY", key[0], key[1]);
    vec![
        (format!("env:\n{token}\nend"), token.clone()),
        (format!("user: kim\npass: {password}\nhost: db"), password.clone()),
        (format!("[smtp]\nDB_PASSWORD={password}\nX=1"), password.clone()),
        (format!("set -e\nmysql -uroot -p{password} shop\nexit"), password.clone()),
        (format!("a\n\tpw: {password}\nb"), password),
        (format!("x\n{pem}\ny"), key[0].to_owned()),
    ]
}

fn numbered(text: &str, separator: &str) -> String {
    let lines = text.lines().enumerate();
    lines.map(|(at, line)| format!("{:>6}{separator}{line}\n", at + 7)).collect()
}

fn in_json(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let text = text.replace('\n', "\\n").replace('\t', "\\t").replace('\x1b', "\\u001b");
    format!("{{\"id\": 1, \"content\": \"{text}\", \"is_error\": false}}")
}

fn coloured(text: &str) -> String {
    let lines = text.lines();
    lines.map(|line| format!("\x1b[1;32m{line}\x1b[0m\n")).collect()
}

#[test]
fn credentials_are_hidden_however_their_lines_are_shown() {
    for (text, secret) in lines() {
        let shown = [
            text.clone(),
            numbered(&text, "→"),
            numbered(&text, "\t"),
            numbered(&text, "|"),
            numbered(&text, " │ "),
            coloured(&text),
            in_json(&text),
            in_json(&in_json(&text)),
            in_json(&numbered(&text, "→")),
            in_json(&numbered(&text, "\t")),
            in_json(&coloured(&text)),
            in_json(&numbered(&text, "→")).replace('→', "\\u2192"),
        ];
        for shown in shown {
            let redacted = redact(&shown);
            assert!(!redacted.text.contains(&secret), "{shown}\n-> {}", redacted.text);
            let ends = |text: &str| text.matches('\n').count();
            assert_eq!(ends(&redacted.text), ends(&shown));
        }
    }
}

#[test]
fn signatures_are_hidden_behind_escaped_ampersands() {
    let signature = "kZ3mPq8sTv1xYb5nRw7cJd2fLg9hKa4eQz6uT0";
    for ampersand in ["&", "&amp;", "\\u0026", "\\\\u0026"] {
        let url =
            format!("https://x.example.org/a?sv=1{ampersand}sig={signature}%3D{ampersand}b=2");
        assert!(!redact(&url).text.contains(signature), "{url}");
    }
}

#[test]
fn nothing_is_hidden_where_nothing_is() {
    for text in [
        r#"{"pattern": "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\s*[\\r\\n]", "token": "next"}"#,
        r#"println!("usage: x\n  --password PASS  the password\n  --token T  the token\n");"#,
        "     7→let password = read_password(2)?;\n     8→let token = Token::new(password2);\n",
        "for l in range(12):\n    print(C + \"C:\\jobs\\next1\\token2a\")\n",
        "\"node_modules/js-tokens\": {\n  \"version\": \"4.0.0\",\n  \"integrity\": \"sha512-RdJUflcE3cUzKiMqQgsCu06FPu9UdIJO0beYbPhHN4k6apgJtifcoCtT9bcxOpYBtpD2kCM6Sbzg4CausW/PKQ==\"\n}\n",
        "\"js-tokens\": {\n  \"version\": \"4.0.0\",\n  \"integrity\": \"sha512-RdJUflcE3cUzKiMqQgsCu06FPu9UdIJO0beYbPhHN4k6apgJtifcoCtT9bcxOpYBtpD2kCM6Sbzg4CausW/PKQ==\"\n}\n",
        "names = [\n    \"Ginger and Pepper\",\n    \"ANIMAL_PLANET_2.00\",\n]\n",
        r#"{"uuid":"8c2facd4-df26-4271-b8c6-192b2b9e125b","content":"the cookie\nis set\n"}"#,
    ] {
        assert_eq!(redact(text).text, text);
    }
}

//! Texts without a secret.

use crate::random::{ALNUM, BASE64, Random, base64};

pub(crate) struct LookAlike {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

const NAMES: &[&str] = &[
    "password",
    "db_password",
    "api_key",
    "apiKey",
    "auth_token",
    "token",
    "secret",
    "client_secret",
    "SECRET_KEY",
    "ACCESS_TOKEN",
    "passwd",
    "privateKey",
    "credentials",
];

/// Values that stand in for a secret, or say where it is.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "your-password-here",
    "<your key 1>",
    "xxxxxxxxxxxxxxxx",
    "********",
    "REPLACE_ME_123",
    "example-key-1234",
    "test-password-1",
    "password123",
    "my-secret-key-1",
    "TODO: set",
    "dummy-token-1",
    "insert-token-here",
    "${DB_PASSWORD_1}",
    "{{ vault_password_1 }}",
    "%DB_PASSWORD2%",
    "<%= ENV['KEY1'] %>",
    "@@PASSWORD1@@",
    "[REDACTED]",
    "fake-api-key-99",
    "not-a-real-key-2",
    "sample_token_42",
    "YOUR_API_KEY_1",
    "placeholder1234",
    "insecure-dev-secret-1",
    "arn:aws:secretsmanager:eu-1:1:secret:x1",
    "op://vault/item/field1",
    "vault:secret/data/app#key1",
    "ssm:/app/db/key1",
    "ref+awssecrets://app/key1",
    "${{ secrets.KEY1 }}",
    "abcdefghijklmnop",
    "1234567890abcdef",
    "00000000-0000-0000-0000-000000000000",
    "AAAAAAAAAAAAAAAAAAAAAAAA",
];

/// What stands behind `name = ` in a program.
const REFERENCES: &[&str] = &[
    "os.environ[\"KEY_V2\"]",
    "process.env.TOKEN_V2",
    "config.get(\"db.password1\")",
    "settings.API_KEY_2",
    "getpass.getpass('Password 1: ')",
    "request.getParameter(\"p1\")",
    "hash_password(raw1, salt2)",
    "self.token2",
    "tokens[i1]",
    "Argon2::hash(input1)",
    "read_file('/run/secrets/db1')",
    "System.getenv(\"X1\")",
    "vault.read(\"secret/x1\")",
    "generate_token(32)",
    "secrets.token_urlsafe(32)",
    "crypto.randomBytes(32).toString('hex')",
    "uuid4().hex",
    "Secret.fromName(this, 'Key1')",
    "var.db_password_1",
    "data.aws_secretsmanager_secret_version.db1.secret_string",
    "module.db1.password",
    "random_password.db1.result",
    "$(cat /run/secrets/db1)",
    "await getSecret('key1')",
];

/// Lines of programs and documents in which names of secrets occur.
const LINES: &[&str] = &[
    "if (token === Token.T_STRING2) {",
    "{n}: string;",
    "def login(user, {n}=None, retries1=3):",
    "fn check({n}: &str) -> Result<Argon2Hash> {",
    "{n}_min_length: 12",
    "{n}_file: /run/secrets/db1",
    "assert {n} != other2",
    "<label for=\"{n}\">Enter it here</label>",
    "<input type=\"password\" name=\"{n}2\">",
    "expect({n}).toBe('hunter');",
    "# The {n} must be 12 characters or more.",
    "// {n}: see section 4.2 of the RFC 6749",
    "The {n} is stored as a SHA-256 hash in table users2.",
    "{n} rotation takes 90 days (see runbook-12)",
    "raise ValueError('{n} must have 8 characters')",
    "{n}: Option<Base64String>,",
    "pub {n}: Secret256,",
    "{n} VARCHAR(255) NOT NULL",
    "ALTER TABLE t ADD COLUMN {n}_v2 TEXT;",
    "--{n}-stdin",
    "logger.info(f\"{n}={mask1(x)}\")",
    "const {n}Ref = useRef<HTMLInputElement>(null);",
    "\"{n}\": {\"type\": \"string\", \"minLength\": 8}",
    "docker login --password-stdin r.x.org",
    "mysql -u root -p app",
    "curl -u \"$USER:$PASS1\" https://x",
    "psql \"host=db user=app password=$PGPASS1\"",
    "machine x.org login me password $PASSWORD",
    "auth=(user, password1)",
    "client.login(user1, password2)",
    "new NetworkCredential(user, {n}1)",
    "postgres://user:password@localhost/db",
    "mysql://root:root@127.0.0.1/x",
    "redis://:{password1}@host",
    "mongodb://<user>:<password>@c0.x.net",
    "app:password@tcp(localhost:3306)/x",
    "Server=db;User Id=sa;Password=yourStrong(!)Password;",
    "jdbc:postgresql://db:5432/app",
    "password = Column(String(128))",
    "kind: Secret\nmetadata:\n  name: app\ndata: {}",
    "kind: Secret\ndata:\n  username: YWRtaW4=",
    "Cookie: theme=dark; lang=en",
    "Set-Cookie: session=; Max-Age=0",
    "cookies.get('session1')",
    "Authorization: Bearer $TOKEN1",
    "Authorization: Bearer <token>",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    "headers['X-Api-Key'] = api_key2",
    "{n} = {n}2 if {n}2 else None",
    "tokenizer = GPT2Tokenizer(vocab2)",
    "KEY_SIZE_2048 = 2048",
    "sort_key = 'created_at_1'",
    "cache_key = f\"user:{id1}\"",
    "primaryKey: 'user_id2',",
    "foreign_key = 'team_id3'",
    "key: 'ArrowDown2',",
    "keyboard_layout = 'dvorak2'",
    "monkey = 'capuchin1'",
    "passport = 'strategy2'",
    "compass = 'north2'",
    "secretary = 'bob1'",
    "authors = ['x1', 'y2']",
    "author: \"J. Smith 2nd\"",
    "authority = 'x1.org'",
    "{n} policy: 1 upper, 1 digit, 8+ characters",
    "Error: {n} is required (code 4012)",
    "{n}_expires_at = 1735689600",
    "{n}Url: 'https://x.org/oauth2/token1'",
    "grant_type=client_credentials&scope=read1",
    "X-Request-Id: req-2024-abc1",
    "docker run -p 8080:80 app1",
    "ssh -p 2222 me@x1",
    "zip -r a1.zip b2",
    "git commit -m \"Rotate {n} (#1234)\"",
    "| {n} | string | required, 12+ chars |",
    "{n}: # set in CI2",
    "import { {n}2 } from './x1';",
    "export type {n}V2 = string;",
];

pub(crate) fn all(seed: u64) -> Vec<LookAlike> {
    let mut random = Random::new(seed ^ 0x5eed);
    let mut all = Vec::new();
    let mut add = |kind, text: String| all.push(LookAlike { kind, text: text + "\n" });
    for value in PLACEHOLDERS {
        for _ in 0..2 {
            let name = random.pick(NAMES);
            let text = match random.below(5) {
                0 => format!("{name} = \"{value}\""),
                1 => format!("  \"{name}\": \"{value}\","),
                2 => format!("{}={value}", name.to_uppercase()),
                3 => format!("{name}: {value}"),
                _ => format!("const {name} = '{value}';"),
            };
            add("placeholder", text);
        }
    }
    for value in REFERENCES {
        for _ in 0..2 {
            let name = random.pick(NAMES);
            let text = match random.below(4) {
                0 => format!("{name} = {value}"),
                1 => format!("    {name}={value},"),
                2 => format!("let {name} = {value};"),
                _ => format!("{name}: {value}"),
            };
            add("reference", text);
        }
    }
    for line in LINES {
        add("program or document", line.replace("{n}", random.pick(NAMES)));
    }
    for _ in 0..6 {
        add("hash", format!("commit {}", random.hex(40)));
        add("hash", format!("sha256: {}", random.hex(64)));
        add("hash", format!("md5sum = \"{}\"", random.hex(32)));
        add("hash", format!("etag: \"{}\"", random.hex(32)));
        add("hash", format!("{}  dist/app-1.2.tar.gz", random.hex(64)));
        add("hash", format!("FROM node@sha256:{}", random.hex(64)));
        add("hash", format!("password_hash = \"$2b$12${}\"", random.alnum(53)));
        add("hash", format!("root:$6${}${}:19000:0:99999:7:::", random.alnum(8), random.alnum(86)));
        add("lock file", format!("      \"integrity\": \"sha512-{}==\",", random.of(BASE64, 86)));
        add("lock file", format!("checksum = \"{}\"", random.hex(64)));
        add("lock file", format!("golang.org/x/net v0.1.0 h1:{}=", random.of(BASE64, 43)));
        add(
            "lock file",
            format!("    {{file = \"x-1.0.whl\", hash = \"sha256:{}\"}},", random.hex(64)),
        );
        add("lock file", format!("  FirebaseAuth: {}", random.hex(40)));
        add("identifier", format!("[user]\n\tsigningkey = {}", random.hex(16)));
        add("identifier", format!("Sec-WebSocket-Key: {}==", random.of(BASE64, 22)));
        add("program or document", "密码：长度必须为8到20个字符".to_owned());
        add(
            "program or document",
            "except KeyError:\n    pass\nvalue = d.setdefault(alt[0], norm(value))".to_owned(),
        );
        add("UUID", format!("id: {}", random.uuid()));
        add("UUID", format!("request_id=\"{}\"", random.uuid()));
        add("UUID", format!("https://x.org/items/{}", random.uuid()));
        add(
            "public key",
            format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} me@x", random.of(BASE64, 43)),
        );
        add(
            "public key",
            format!(
                "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
                random.of(BASE64, 64)
            ),
        );
        add("public key", format!("public_key = \"{}\"", random.of(BASE64, 44)));
        add(
            "public key",
            format!(
                "{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{}\",\"y\":\"{}\"}}",
                random.alnum(43),
                random.alnum(43)
            ),
        );
        add(
            "certificate",
            format!(
                "-----BEGIN CERTIFICATE-----\n{}\n{}\n-----END CERTIFICATE-----",
                random.of(BASE64, 64),
                random.of(BASE64, 64)
            ),
        );
        add(
            "certificate",
            format!(
                "certificate-authority-data: {}",
                base64(
                    format!("-----BEGIN CERTIFICATE-----\n{}", random.of(BASE64, 64)).as_bytes()
                )
            ),
        );
        add(
            "image",
            format!("<img src=\"data:image/png;base64,iVBORw0KGgo{}\">", random.of(BASE64, 200)),
        );
        add(
            "image",
            format!("background: url(data:font/woff2;base64,d09GMgAB{})", random.of(BASE64, 160)),
        );
        let (a, b) = (
            random.of("abcdefghijklmnopqrstuvwxyz", 1),
            random.of("abcdefghijklmnopqrstuvwxyz", 2),
        );
        add(
            "minified code",
            format!(
                "!function({a},{b}){{var t={a}.token||{b}.key,n=t?1:0;return{{password:t,secret:n,key:{a}}}}}(window,1);"
            ),
        );
        add(
            "minified code",
            format!("e.exports={{apiKey:{a}.apiKey,token:{b}.t2,auth:!0,passwd:{a}(2)}};"),
        );
        add(
            "test vector",
            format!("b\"{}\"", (0..8).map(|_| format!("\\x{}", random.hex(2))).collect::<String>()),
        );
        add("test vector", format!("let expected = hex!(\"{}\");", random.hex(64)));
        add("test vector", format!("assert_eq!(encode(x), \"{}\");", random.of(BASE64, 40)));
        add(
            "identifier",
            format!("bucket-{}-logs", random.of("abcdefghijklmnopqrstuvwxyz0123456789", 12)),
        );
        add(
            "identifier",
            format!(
                "arn:aws:iam::{}:role/app-{}",
                random.of("0123456789", 12),
                random.of("abcdefgh", 6)
            ),
        );
        add("identifier", format!("translation_key = \"page.title.{}\"", random.of("abcdefgh", 5)));
        add("identifier", format!("class=\"css-{}\"", random.of(ALNUM, 7)));
        add(
            "base64 text",
            format!("message: {}", base64(b"Hello, this is only a text without anything in it.")),
        );
        add(
            "base64 text",
            format!(
                "data: {}",
                base64(format!("{{\"id\": {}, \"name\": \"box\"}}", random.below(9000)).as_bytes())
            ),
        );
        add(
            "percent-encoding",
            format!("https://x.org/?q=a%20b%3D{}&next=%2Fhome%3Ftab%3D1", random.below(90)),
        );
        add("checksum", format!("checksum/secret: {}", random.of("0123456789abcdef", 64)));
        add("public key", format!("data-key=\"pk_test_{}\"", random.of(ALNUM, 24)));
        add(
            "identifier",
            format!(
                "invalid username or password. Correlation ID: {}-1111-4222-8333-{}",
                random.of("0123456789abcdef", 8),
                random.of("0123456789abcdef", 12)
            ),
        );
        add(
            "reference",
            format!(
                "credentials=org.example.auth.PasswordCredentials@{}",
                random.of("0123456789abcdef", 8)
            ),
        );
        add("identifier", format!("render_pass = \"shadow_map_0{}_opaque\"", random.below(9)));
        add("encrypted", format!("<password>{{{}=}}</password>", random.of(ALNUM, 43)));
        add(
            "identifier",
            format!(
                "the password rules have to be explicit, and UC{}-C0{} implies a notice",
                random.below(90) + 10,
                random.below(9)
            ),
        );
    }
    all
}

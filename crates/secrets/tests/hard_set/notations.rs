//! How secrets are written: in code, configuration, documents, commands and logs. Each notation has several
//! variants.

use crate::kinds::Group::{self, Generic, Password, Provider};
use crate::random::{ALNUM, BASE64, Random, base64, percent_encoded};
use crate::set::Sample;

/// A name of a secret, of several words.
pub(crate) struct Name(Vec<&'static str>);

impl Name {
    pub(crate) fn password(random: &mut Random) -> Self {
        let of = random.pick(&[
            &["db", "password"][..],
            &["admin", "password"],
            &["smtp", "password"],
            &["database", "passwd"],
            &["root", "password"],
            &["mysql", "pwd"],
            &["redis", "password"],
            &["user", "pass"],
            &["keystore", "password"],
            &["ssh", "passphrase"],
            &["password"],
            &["ldap", "bind", "password"],
        ]);
        Self(of.to_vec())
    }

    pub(crate) fn generic(random: &mut Random) -> Self {
        let of = random.pick(&[
            &["api", "key"][..],
            &["auth", "token"],
            &["client", "secret"],
            &["jwt", "secret"],
            &["access", "token"],
            &["encryption", "key"],
            &["webhook", "secret"],
            &["payment", "api", "key"],
            &["session", "secret"],
            &["signing", "key"],
            &["service", "token"],
            &["secret", "key"],
        ]);
        Self(of.to_vec())
    }

    pub(crate) fn any(random: &mut Random, kind: &'static str) -> Self {
        let provider = kind.split(' ').next().unwrap_or(kind);
        let tail = random.pick(&[
            &["api", "key"][..],
            &["token"],
            &["key"],
            &["secret"],
            &["auth"],
            &["credentials"],
        ]);
        let mut words = vec![provider];
        words.extend_from_slice(tail);
        if random.below(4) == 0 {
            words = vec!["upstream", "value"];
        }
        Self(words)
    }

    fn joined(&self, with: &str) -> String {
        self.0.iter().map(|w| w.to_lowercase()).collect::<Vec<_>>().join(with)
    }
    pub(crate) fn snake(&self) -> String {
        self.joined("_")
    }
    fn kebab(&self) -> String {
        self.joined("-")
    }
    fn dotted(&self) -> String {
        self.joined(".")
    }
    fn words(&self) -> String {
        self.joined(" ")
    }
    fn screaming(&self) -> String {
        self.snake().to_uppercase()
    }
    fn pascal(&self) -> String {
        self.0.iter().map(|w| w[..1].to_uppercase() + &w[1..].to_lowercase()).collect()
    }
    fn camel(&self) -> String {
        let pascal = self.pascal();
        pascal[..1].to_lowercase() + &pascal[1..]
    }
}

pub(crate) struct Notation {
    pub(crate) name: &'static str,
    pub(crate) groups: &'static [Group],
    /// Gives the text, and the secret as it stands there.
    pub(crate) write: fn(&mut Random, &Name, &str) -> (String, String),
}

const ALL: &[Group] = &[Password, Generic, Provider];
const PASSWORDS: &[Group] = &[Password];
const KEYS: &[Group] = &[Generic, Provider];

/// One of the variants, each a format of `{s}` (the secret) and the names.
fn one(random: &mut Random, name: &Name, secret: &str, variants: &[&str]) -> (String, String) {
    let text = random.pick(variants);
    let text = text
        .replace("{snake}", &name.snake())
        .replace("{SCREAM}", &name.screaming())
        .replace("{kebab}", &name.kebab())
        .replace("{dotted}", &name.dotted())
        .replace("{camel}", &name.camel())
        .replace("{Pascal}", &name.pascal())
        .replace("{words}", &name.words())
        .replace("{s}", secret);
    (text + "\n", secret.to_owned())
}

macro_rules! notations {
    ($($name:literal, $groups:expr, [$($variant:literal),+ $(,)?];)+) => {
        &[$(Notation {
            name: $name,
            groups: $groups,
            write: |random, name, secret| one(random, name, secret, &[$($variant),+]),
        }),+]
    };
}

pub(crate) static NOTATIONS: std::sync::LazyLock<Vec<Notation>> = std::sync::LazyLock::new(|| {
    let mut all: Vec<Notation> = Vec::new();
    for of in [CODE, CONFIGURATION, TEXTS, CONNECTIONS] {
        all.extend(of.iter().map(|n| Notation { name: n.name, groups: n.groups, write: n.write }));
    }
    all.push(Notation { name: "Kubernetes data", groups: ALL, write: kubernetes_data });
    all.push(Notation { name: "basic authentication", groups: ALL, write: basic_authentication });
    all.push(Notation { name: "base64 of a notation", groups: ALL, write: encoded_in_base64 });
    all.push(Notation {
        name: "percent-encoding of a notation",
        groups: ALL,
        write: encoded_in_percent,
    });
    all
});

const CODE: &[Notation] = notations! {
    "Go constant", ALL, [
        "const {camel} = \"{s}\"", "const {camel} string = \"{s}\"", "var {Pascal} string = \"{s}\"",
        "\t{camel} := \"{s}\"", "\t{Pascal}: \"{s}\",", "const (\n\thost string = \"db\"\n\t{camel} string = \"{s}\"\n)",
        "\tcfg.{Pascal} = \"{s}\"", "\t{camel} := []byte(\"{s}\")",
    ];
    "C# member", ALL, [
        "public string {Pascal} { get; set; } = \"{s}\";", "private const string {Pascal} = \"{s}\";",
        "    public string {Pascal} => \"{s}\";", "private static readonly string _{camel} = @\"{s}\";",
        "var {camel} = \"{s}\";", "builder.{Pascal} = \"{s}\";", "[Secret] internal string {Pascal} { get; init; } = \"{s}\";",
    ];
    "Python", ALL, [
        "{snake} = \"{s}\"", "{SCREAM} = '{s}'", "    {snake}: str = '{s}'", "connect(host, {snake}=\"{s}\")",
        "config = {'{snake}': '{s}', 'host': 'db'}", "self.{snake} = \"{s}\"", "os.environ[\"{SCREAM}\"] = \"{s}\"",
        "{snake} = SecretStr(\"{s}\")", "def connect(host, {snake}=\"{s}\"):",
    ];
    "JavaScript", ALL, [
        "const {camel} = '{s}';", "  {camel}: '{s}',", "export const {SCREAM} = `{s}`;", "this.{camel} = \"{s}\"",
        "module.exports = { {camel}: '{s}' };", "const { {camel} = '{s}' } = options;", "let config = {\"{kebab}\": \"{s}\"}",
    ];
    "TypeScript", ALL, [
        "const {camel}: string = '{s}';", "private readonly {camel}: string = \"{s}\";", "  {camel}: '{s}' as string,",
        "readonly {camel} = '{s}';", "export const {SCREAM}: Readonly<string> = '{s}'",
    ];
    "Java", ALL, [
        "private static final String {SCREAM} = \"{s}\";", "config.set{Pascal}(\"{s}\");", "String {camel} = \"{s}\";",
        "props.put(\"{dotted}\", \"{s}\");", "    String get{Pascal}() { return \"{s}\"; }", ".{camel}(\"{s}\")",
        "@Value(\"${{dotted}:{s}}\")",
    ];
    "Kotlin and Swift", ALL, [
        "val {camel} = \"{s}\"", "const val {SCREAM}: String = \"{s}\"", "let {camel}: String = \"{s}\"",
        "static let {camel} = \"{s}\"", "    private var {camel}: String? = \"{s}\"",
    ];
    "PHP", ALL, [
        "${snake} = '{s}';", "define('{SCREAM}', '{s}');", "    '{snake}' => '{s}',", "const {SCREAM} = \"{s}\";",
        "$this->{camel} = '{s}';", "private string ${camel} = '{s}';",
    ];
    "Ruby", ALL, [
        "{snake} = \"{s}\"", "  {snake}: '{s}',", "  :{snake} => '{s}',", "ENV['{SCREAM}'] = '{s}'", "config.{snake} = \"{s}\"",
        "{SCREAM} = '{s}'.freeze",
    ];
    "Rust", ALL, [
        "const {SCREAM}: &str = \"{s}\";", "let {snake} = \"{s}\".to_string();", "    {snake}: String::from(\"{s}\"),",
        "static {SCREAM}: &'static str = \"{s}\";", "    {snake}: Some(\"{s}\".into()),", "std::env::set_var(\"{SCREAM}\", \"{s}\");",
    ];
    "C", ALL, [
        "#define {SCREAM} \"{s}\"", "static const char *{snake} = \"{s}\";", "char {snake}[] = \"{s}\";",
        "const char {snake}[64] = \"{s}\";", "std::string {camel} = \"{s}\";", "constexpr auto k{Pascal} = \"{s}\";",
        "std::string {camel}(\"{s}\");",
    ];
    "Perl, Lua and R", ALL, [
        "my ${snake} = '{s}';", "our %config = ({snake} => '{s}');", "local {snake} = \"{s}\"", "config[\"{snake}\"] = \"{s}\"",
        "{snake} <- \"{s}\"", "Sys.setenv({SCREAM} = \"{s}\")",
    ];
    "Elixir, Clojure, Scala", ALL, [
        "config :app, {snake}: \"{s}\"", "{:{kebab} \"{s}\"}", "  {snake}: \"{s}\"", "val {camel} = \"{s}\"",
        "(def {kebab} \"{s}\")", "System.put_env(\"{SCREAM}\", \"{s}\")", "{{snake}, \"{s}\"}.",
    ];
    "PowerShell and batch", ALL, [
        "$env:{SCREAM} = \"{s}\"", "${Pascal} = '{s}'", "set {SCREAM}={s}", "setx {SCREAM} \"{s}\"",
        "SET \"{SCREAM}={s}\"", "${camel} = ConvertTo-SecureString \"{s}\" -AsPlainText -Force",
    ];
    "defaults in JavaScript", ALL, [
        "const {camel} = process.env.{SCREAM} || '{s}';", "{camel}: process.env.{SCREAM} ?? \"{s}\",",
        "const {camel} = process.env['{SCREAM}'] || `{s}`", "{SCREAM}: z.string().default('{s}'),",
        "const {camel} = config.get('{dotted}') || '{s}';", "const {camel} = import.meta.env.VITE_{SCREAM} ?? '{s}'",
    ];
    "defaults in Python", ALL, [
        "{snake} = os.getenv(\"{SCREAM}\", \"{s}\")", "{snake} = os.environ.get('{SCREAM}', '{s}')",
        "{snake} = os.environ.get('{SCREAM}') or '{s}'", "{snake}: str = Field(default=\"{s}\")",
        "parser.add_argument(\"--{kebab}\", default=\"{s}\")", "@click.option('--{kebab}', default='{s}', help='x')",
        "{snake} = env.str('{SCREAM}', default='{s}')", "{snake} = config('{SCREAM}', default=\"{s}\")",
    ];
    "defaults in other languages", ALL, [
        "{snake} = ENV.fetch('{SCREAM}', '{s}')", "{snake} = ENV['{SCREAM}'] || '{s}'", "ENV.fetch('{SCREAM}') { '{s}' }",
        "let {snake} = env::var(\"{SCREAM}\").unwrap_or(\"{s}\".into());",
        "let {snake} = env::var(\"{SCREAM}\").unwrap_or_else(|_| \"{s}\".to_string());",
        "String {camel} = System.getenv().getOrDefault(\"{SCREAM}\", \"{s}\");", "viper.SetDefault(\"{dotted}\", \"{s}\")",
        "{camel} := getEnv(\"{SCREAM}\", \"{s}\")", "flag.String(\"{kebab}\", \"{s}\", \"what to use\")",
        "${snake} = getenv('{SCREAM}') ?: '{s}';", "'{snake}' => env('{SCREAM}', '{s}'),", "${snake} = $_ENV['{SCREAM}'] ?? '{s}';",
        "var {camel} = Environment.GetEnvironmentVariable(\"{SCREAM}\") ?? \"{s}\";", "val {camel} = System.getenv(\"{SCREAM}\") ?: \"{s}\"",
        "{snake} = System.get_env(\"{SCREAM}\") || \"{s}\"", "my ${snake} = $ENV{{SCREAM}} // '{s}';",
    ];
    "defaults in shells and templates", ALL, [
        "{SCREAM}=${{SCREAM}:-{s}}", "export {SCREAM}=\"${{SCREAM}:-{s}}\"", ": \"${{SCREAM}:={s}}\"", "      {SCREAM}: ${{SCREAM}:-{s}}",
        "{dotted}=${{SCREAM}:{s}}", "{snake}: {{ {snake} | default('{s}') }}", "{camel}: {{ .Values.{camel} | default \"{s}\" | quote }}",
        "{SCREAM} ?= {s}", "{SCREAM} := {s}",
    ];
};

const CONFIGURATION: &[Notation] = notations! {
    "environment file", ALL, ["{SCREAM}={s}", "{SCREAM}=\"{s}\"", "export {SCREAM}={s}", "{SCREAM}='{s}'  # rotate", "export {SCREAM}=\"{s}\""];
    "Dockerfile and Compose", ALL, [
        "ENV {SCREAM}={s}", "ENV {SCREAM} {s}", "ARG {SCREAM}={s}", "    environment:\n      - {SCREAM}={s}", "    environment:\n      {SCREAM}: {s}",
        "RUN docker run -e {SCREAM}={s} app", "      - \"{SCREAM}={s}\"",
    ];
    "YAML", ALL, ["{snake}: {s}", "  {camel}: \"{s}\"", "  {kebab}: '{s}'", "db: { host: x, {snake}: \"{s}\" }", "  - {snake}: {s}", "{snake}: {s} # old", "{snake}: |\n  {s}"];
    "JSON", ALL, [
        "{\"{snake}\": \"{s}\"}", "  \"{camel}\": \"{s}\",", "{\"a\":1,\"{kebab}\":\"{s}\"}", "\"{\\\"{snake}\\\": \\\"{s}\\\"}\"",
        "{\"name\": \"{SCREAM}\", \"value\": \"{s}\"}", "{\"{Pascal}\" : \"{s}\"}", "{&quot;{snake}&quot;: &quot;{s}&quot;}",
    ];
    "TOML and INI", ALL, ["{snake} = \"{s}\"", "{snake} = {s}", "{snake}={s}", "[db]\n{kebab} = '{s}'", "{Pascal} = {s} ; old"];
    "properties", ALL, ["{dotted}={s}", "spring.datasource.{snake}={s}", "{dotted} = {s}", "app.{kebab}: {s}"];
    "XML", ALL, [
        "<{camel}>{s}</{camel}>", "<add key=\"{Pascal}\" value=\"{s}\" />", "<server {camel}=\"{s}\"/>", "<entry key=\"{dotted}\">{s}</entry>",
        "<property name=\"{camel}\" value=\"{s}\"/>", "<string name=\"{snake}\">{s}</string>", "<{camel}><![CDATA[{s}]]></{camel}>",
        "<setting name=\"{Pascal}\" serializeAs=\"String\">\n  <value>{s}</value>\n</setting>",
    ];
    "property list", ALL, ["<key>{Pascal}</key>\n\t<string>{s}</string>", "<key>{camel}</key><string>{s}</string>"];
    "Terraform", ALL, [
        "variable \"{snake}\" {\n  type    = string\n  default = \"{s}\"\n}", "{snake} = \"{s}\"", "  {snake}   = \"{s}\"",
        "variable \"{snake}\" {\n  description = \"of the database\"\n  sensitive = true\n  default = \"{s}\"\n}",
        "export TF_VAR_{snake}={s}",
    ];
    "CloudFormation", ALL, [
        "  {Pascal}:\n    Type: String\n    Default: {s}", "  {Pascal}:\n    NoEcho: true\n    Type: String\n    Default: \"{s}\"",
        "\"{Pascal}\": {\"Type\": \"String\", \"Default\": \"{s}\"}",
    ];
    "Kubernetes stringData", ALL, [
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\nstringData:\n  {kebab}: {s}", "stringData:\n  {snake}: \"{s}\"\nkind: Secret",
        "kind: Secret\nstringData:\n  config: {s}\n", "        env:\n        - name: {SCREAM}\n          value: \"{s}\"",
    ];
    "Ansible, Helm, CI", ALL, [
        "ansible_become_pass: {s}\n{snake}: {s}", "app {snake}={s} host=x", "helm upgrade app . --set auth.{camel}={s}",
        "kubectl create secret generic app --from-literal={kebab}={s}", "    env:\n      {SCREAM}: {s}", "  variables:\n    {SCREAM}: \"{s}\"",
        "ansible-playbook site.yml -e \"{snake}={s}\"",
    ];
    "Gradle, Nix, systemd, Make", ALL, [
        "    {camel} \"{s}\"", "    {camel} '{s}'", "  {camel} = \"{s}\";", "Environment=\"{SCREAM}={s}\"", "Environment={SCREAM}={s}", "{SCREAM} = {s}",
        "systemProp.{dotted}={s}",
    ];
    ".netrc", PASSWORDS, [
        "machine git.x.org login me password {s}", "machine git.x.org\n  login me\n  password {s}", "default login me password {s}",
        "machine x.org\nlogin bob\npassword {s}\nmachine y.org",
    ];
    ".npmrc and .pypirc", KEYS, [
        "//registry.x.org/:_authToken={s}", "_authToken={s}", "[pypi]\nusername = __token__\npassword = {s}", "[x]\nrepository: https://x\nusername: me\npassword: {s}",
        "npmAuthToken: \"{s}\"", "//npm.x.org/:_authToken = \"{s}\"",
    ];
    "kubeconfig", KEYS, ["users:\n- name: me\n  user:\n    token: {s}", "    auth-provider:\n      config:\n        access-token: {s}\n", "    token: \"{s}\""];
    "Terraform state", ALL, [
        "\"type\": \"random_password\",\n\"instances\": [{\"attributes\": {\n\"length\": 16,\n\"result\": \"{s}\"}}]",
        "\"{snake}\": {\n      \"value\": \"{s}\",\n      \"type\": \"string\",\n      \"sensitive\": true\n    }",
        "\"attributes\": {\n  \"master_password\": \"{s}\",\n  \"port\": 5432\n}",
    ];
    "wireless and mail settings", PASSWORDS, ["network={\n  ssid=\"home\"\n  psk=\"{s}\"\n}", "requirepass {s}", "smtp_pass = {s}", "set imap_pass = \"{s}\"", "IdentityFile ~/.ssh/x\nPassword {s}"];
};

const TEXTS: &[Notation] = notations! {
    "comment", ALL, [
        "# {words}: {s}", "// old {words}: {s}", "// TODO remove, {words} was {s}", "<!-- {words} = {s} -->", "-- {words}: {s}", "/* {snake}: {s} */",
        "x = 1  # {words} is {s}", " * the {words} is {s}", "# the old {words} was {s}, now rotated", "; {words}={s}", "# {words} (staging): {s}",
    ];
    "sentence", ALL, [
        "The {words} is {s}.", "Use {words} {s} to log in.", "please reset the {words} to {s}", "{words} for the admin account: {s}",
        "my {words} is `{s}`", "Login with admin and {words} \"{s}\".", "I set the {words} to '{s}' yesterday",
    ];
    "Markdown", ALL, ["| {words} | {s} |", "**{words}**: {s}", "- {words}: `{s}`", "| {words} | `{s}` | prod |", "* **{words}:** {s}", "    {SCREAM}={s}"];
    "middle of a line", ALL, [
        "2024-05-01 12:00:01 ERROR login failed: user=bob {snake}={s} from 10.0.0.1", "it fails with {snake}={s} and works without",
        "DEBUG request {\"{camel}\":\"{s}\",\"id\":7}", "connect(host={snake}) with {snake}: {s} gave 403", "level=info msg=start {snake}=\"{s}\" port=80",
        "retry [{snake}={s}] now", "WARN using {words}: {s} (deprecated)",
    ];
    "URL query", ALL, [
        "https://x.org/v1?{snake}={s}", "https://x.org/v1?a=1&{camel}={s}&b=2", "curl \"https://x.org/?{kebab}={s}\"", "GET /login?user=me&{snake}={s} HTTP/1.1",
        "https://x.org/cb#{snake}={s}&state=1",
    ];
    "HTTP header", KEYS, [
        "Authorization: Bearer {s}", "X-Api-Key: {s}", "curl -H 'X-Auth-Token: {s}' https://x", "headers = {'Authorization': 'Bearer {s}'}",
        "headers: { \"X-API-Key\": \"{s}\" }", "Authorization: token {s}", "req.Header.Set(\"Authorization\", \"Bearer {s}\")", "-H \"PRIVATE-TOKEN: {s}\"",
        "req.setRequestHeader('X-Access-Token', '{s}')", "proxy_set_header Authorization \"Bearer {s}\";", "Authorization: {s}",
    ];
    "cookie", KEYS, [
        "Cookie: session={s}; theme=dark", "Set-Cookie: sid={s}; HttpOnly; Path=/", "document.cookie = \"auth={s}\";", "cookies = {\"session\": \"{s}\"}",
        "curl -b 'session={s}' https://x", "headers={'Cookie': 'sessionid={s}'}", "res.cookie('token', '{s}')",
    ];
    "command with a token", KEYS, [
        "tool login --token {s}", "gh secret set X --body {s}", "vault login {s}", "deploy --api-key={s} --now", "ngrok config add-authtoken {s}",
        "aws configure set aws_secret_access_key {s}", "npm config set //r.x.org/:_authToken {s}", "twine upload -u __token__ -p {s} dist/*", "tool --auth-token \"{s}\"",
        "mvn -Dx.{dotted}={s} verify", "dotnet nuget push a.nupkg -k {s}",
    ];
    "command with a password", PASSWORDS, [
        "docker login -u me -p {s} r.x.org", "mysql -u root -p{s} app", "mysql -uroot -p'{s}' app", "curl -u admin:{s} https://x.org", "curl --user 'admin:{s}' https://x.org",
        "wget --user=me --password={s} https://x", "sshpass -p '{s}' ssh me@x", "redis-cli -h x -a {s} ping", "mongosh -u me -p {s} x", "PGPASSWORD={s} psql -h db",
        "openssl enc -aes-256-cbc -pass pass:{s} -in a", "ldapsearch -D cn=me -w {s} -b x", "sqlcmd -S db -U sa -P {s}", "zip -P {s} a.zip b", "smbclient //x/y -U me%{s}",
        "echo \"me:{s}\" | chpasswd", "htpasswd -b .htpasswd me {s}", "rabbitmqctl add_user me {s}", "keytool -genkey -storepass {s} -alias x", "mysqldump --password={s} app",
        "net user me {s} /add", "ssh-keygen -t ed25519 -N '{s}' -f k", "etcdctl --user root:{s} get k", "cqlsh -u me -p {s} db", "gpg --batch --passphrase {s} -c a",
    ];
    "credentials as arguments", PASSWORDS, [
        "requests.get(url, auth=(\"me\", \"{s}\"))", "auth=HTTPBasicAuth('me', '{s}')", ".basic_auth(\"me\", Some(\"{s}\"))", "req.SetBasicAuth(\"me\", \"{s}\")",
        "new NetworkCredential(\"me\", \"{s}\")", "DriverManager.getConnection(url, \"me\", \"{s}\")", "mysqli_connect('db', 'me', '{s}', 'app')",
        "new PDO($dsn, 'me', '{s}')", "server.login(\"me@x.org\", \"{s}\")", "pika.PlainCredentials('me', '{s}')", "auth: ['me', '{s}'],", "client.login('me', '{s}');",
        "new UsernamePasswordCredentials(\"me\", \"{s}\")", "GraphDatabase.driver(uri, auth=(\"neo4j\", \"{s}\"))", "new PasswordAuthentication(\"me\", \"{s}\".toCharArray())",
        "ftp.login(user, '{s}')", "User.objects.create_superuser('me', 'me@x.org', '{s}')",
    ];
    "routers and daemons", PASSWORDS, [
        "username admin privilege 15 password 0 {s}", "enable password {s}", "snmp-server user x auth sha {s} priv aes 128 abcdefgh", "rootpw --plaintext {s}", "rootpw {s}",
        "user app on >{s} ~* +@all", "user : EAP \"{s}\"", ": PSK \"{s}\"", "cache_peer p.x.org parent 3128 0 login=a:{s}", "ldap_default_authtok = {s}", "masterauth {s}",
        "  user admin insecure-password {s}", "d-i passwd/root-password password {s}",
    ];
    "tests of user interfaces", PASSWORDS, [
        "fill_in 'Password', with: '{s}'", "await page.fill('#password', '{s}');", "page.getByLabel('Password').fill('{s}')", "cy.get('#password').type('{s}')",
        "driver.find_element(By.ID, 'password').send_keys('{s}')", "    Input Password    id=password    {s}", "  And I log in as \"me\" with password \"{s}\"",
    ];
    "other languages and shells", ALL, [
        "setenv {SCREAM} {s}", "{:{kebab} \"{s}\"}", "{:app/{kebab} \"{s}\"}", "set -x {SCREAM} \"{s}\"", "{ {camel} = \"{s}\" }", "||user||{words}||\n|me|{s}|",
        "<{Pascal}>\n  <Value>{s}</Value>\n</{Pascal}>",
    ];
    "names without blanks", PASSWORDS, ["数据库密码：{s}", "管理员密码: {s}", "データベースのパスワード：{s}", "관리자비밀번호: {s}"];
    "SQL", PASSWORDS, [
        "CREATE USER me IDENTIFIED BY '{s}';", "ALTER ROLE me WITH PASSWORD '{s}';", "CREATE ROLE me LOGIN PASSWORD '{s}';", "SET PASSWORD FOR me = '{s}';",
        "CREATE LOGIN me WITH PASSWORD = '{s}';", "GRANT ALL ON *.* TO 'me'@'%' IDENTIFIED BY '{s}'", "ALTER USER me PASSWORD '{s}';",
    ];
    "Docker auth", PASSWORDS, ["{\"auths\": {\"r.x.org\": {\"username\": \"me\", \"password\": \"{s}\"}}}", "{\"auths\":{\"r.x.org\":{\"password\":\"{s}\",\"auth\":\"x\"}}}"];
};

const CONNECTIONS: &[Notation] = notations! {
    "database URL", PASSWORDS, [
        "postgres://app:{s}@db.x.org:5432/app", "DATABASE_URL=postgresql://app:{s}@db/app?sslmode=require", "mysql://app:{s}@db/app", "mongodb+srv://app:{s}@c0.x.net/app",
        "mongodb://app:{s}@a:27017,b:27017/app", "redis://:{s}@cache:6379/0", "rediss://default:{s}@cache:6380", "amqp://app:{s}@mq:5672/", "mssql://sa:{s}@db:1433/app",
        "clickhouse://app:{s}@ch:9000/app", "neo4j+s://neo4j:{s}@graph:7687", "oracle://app:{s}@db:1521/xe", "couchbase://app:{s}@cb/app", "https://elastic:{s}@es:9200",
        "cockroachdb://app:{s}@db:26257/app", "ldap://admin:{s}@ldap:389", "nats://app:{s}@nats:4222", "snowflake://app:{s}@acct/db", "influxdb://app:{s}@i:8086/x",
        "engine = create_engine(\"postgresql+psycopg2://app:{s}@db/app\")", "cassandra://app:{s}@c:9042/ks", "ftp://app:{s}@x.org/", "jdbc:postgresql://app:{s}@db/app",
    ];
    "connection string", PASSWORDS, [
        "Server=db;Database=app;User Id=sa;Password={s};Encrypt=true", "\"Server=db;Uid=sa;Pwd={s}\"", "Data Source=db;User ID=app;Password={s};", "DRIVER={ODBC Driver 18};SERVER=db;UID=sa;PWD={s}",
        "DRIVER={X};UID=sa;PWD={{s}};Encrypt=yes", "db.redis.x.net:6380,password={s},ssl=True,abortConnect=False", "Host=db;Username=app;Password={s};Database=x",
        "jdbc:sqlserver://db:1433;user=sa;password={s};encrypt=true", "jdbc:mysql://db/app?user=app&password={s}", "<add name=\"x\" connectionString=\"Server=db;User Id=sa;Password={s};\" />",
        "sasl.jaas.config=x.PlainLoginModule required username=\"me\" password=\"{s}\";", "jdbc:oracle:thin:app/{s}@db:1521:xe", "jdbc:db2://db:50000/app:user=app;password={s};",
    ];
    "libpq", PASSWORDS, [
        "host=db port=5432 user=app password={s} dbname=app", "\"host=db user=app password={s} sslmode=disable\"", "conn = psycopg2.connect(\"dbname=app user=app password='{s}'\")",
        "dsn := \"user=app password={s} host=db\"", "host=db password={s}", "db.x.org:5432:app:me:{s}", "*:5432:*:me:{s}",
    ];
    "Go DSN", PASSWORDS, [
        "app:{s}@tcp(127.0.0.1:3306)/app?parseTime=true", "dsn := \"app:{s}@tcp(db)/app\"", "sql.Open(\"mysql\", \"root:{s}@tcp(db:3306)/app\")", "DSN=app:{s}@unix(/tmp/mysql.sock)/app",
        "sqlplus app/{s}@//db:1521/xe", "cx_Oracle.connect(\"app/{s}@//db:1521/xe\")",
    ];
};

fn kubernetes_data(random: &mut Random, name: &Name, secret: &str) -> (String, String) {
    let encoded = base64(secret.as_bytes());
    let head = random.pick(&[
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n",
        "kind: Secret\ntype: Opaque\ndata:\n  username: YWRtaW4=\n",
    ]);
    let name = if random.below(2) == 0 { name.kebab() } else { name.snake() };
    (format!("{head}  {name}: {encoded}\n"), encoded)
}

fn basic_authentication(random: &mut Random, _: &Name, secret: &str) -> (String, String) {
    let encoded = base64(format!("deploy:{secret}").as_bytes());
    let text = match random.below(5) {
        0 => format!("Authorization: Basic {encoded}\n"),
        1 => format!("headers = {{\"Authorization\": \"Basic {encoded}\"}}\n"),
        2 => format!("{{\"auths\": {{\"r.x.org\": {{\"auth\": \"{encoded}\"}}}}}}\n"),
        3 => format!("//registry.x.org/:_auth={encoded}\n"),
        _ => format!("curl -H 'Authorization: Basic {encoded}' https://x\n"),
    };
    (text, encoded)
}

/// A notation that decides nothing by its line.
fn plain(random: &mut Random, name: &Name, secret: &str) -> String {
    let group = if name
        .0
        .iter()
        .any(|word| ["password", "passwd", "pwd", "pass", "passphrase"].contains(word))
    {
        Password
    } else {
        Generic
    };
    let fitting: Vec<&Notation> = CODE
        .iter()
        .chain(CONFIGURATION)
        .chain(CONNECTIONS)
        .filter(|notation| notation.groups.contains(&group))
        .collect();
    let notation = fitting[random.below(fitting.len())];
    (notation.write)(random, name, secret).0
}

fn encoded_in_base64(random: &mut Random, name: &Name, secret: &str) -> (String, String) {
    let encoded = base64(plain(random, name, secret).as_bytes());
    let text = random.pick(&[
        "config: {e}\n",
        "echo {e} | base64 -d\n",
        "data = \"{e}\"\n",
        "  app.env: {e}\n",
    ]);
    (text.replace("{e}", &encoded), encoded)
}

fn encoded_in_percent(random: &mut Random, name: &Name, secret: &str) -> (String, String) {
    let encoded = percent_encoded(plain(random, name, secret).trim_end());
    let text = random.pick(&[
        "https://x.org/?next={e}\n",
        "GET /x?q={e}&b=1 HTTP/1.1\n",
        "url = \"{e}\"\n",
    ]);
    (text.replace("{e}", &encoded), percent_encoded(secret))
}

/// Keys that are written byte by byte.
fn keys_of_bytes(random: &mut Random) -> Vec<Sample> {
    const TEXTS: &[(&str, Digits, &str)] = &[
        ("static const uint8_t app_key[16] = {\n  @@\n};", Digits::Hexadecimal, ", "),
        ("const unsigned char device_key[] PROGMEM = {@@};", Digits::Decimal, ", "),
        (
            "private static final byte[] SECRET_KEY = new byte[] {(byte)@@};",
            Digits::Hexadecimal,
            ", (byte)",
        ),
        ("byte[] secretKeyBytes = {@@};", Digits::Signed, ", "),
        ("public byte[] AesKey { get; } = new byte[] { @@ };", Digits::Decimal, ", "),
        ("var hmacKey = []byte{\n\t@@,\n}", Digits::Hexadecimal, ",\n\t"),
        ("static MASTER_KEY: [u8; 16] = [@@];", Digits::Hexadecimal, ", "),
        ("const JWT_SECRET: &[u8] = b\"\\x@@\";", Digits::Pairs, "\\x"),
        ("final k = Uint8List.fromList([@@]); // hive master key", Digits::Hexadecimal, ", "),
        ("const encryptionKey = new Uint8Array([@@]);", Digits::Decimal, ", "),
        ("signing_key = bytes([@@])", Digits::Decimal, ", "),
        ("app.config['SECRET_KEY'] = b'\\x@@'", Digits::Pairs, "\\x"),
        ("$encryption_key = \"\\x@@\";", Digits::Pairs, "\\x"),
        ("  network_key: [@@]", Digits::Decimal, ", "),
        ("  network_key:\n    - @@", Digits::Decimal, "\n    - "),
        ("AppKey (MSB): @@", Digits::Pairs, " "),
        ("AES-128 device key: @@", Digits::Pairs, ":"),
        ("\"encryption_key\": \"@@\",", Digits::Pairs, "-"),
        ("network key: @@", Digits::Hexadecimal, ", "),
        ("val encryptionKey = byteArrayOf(@@.toByte())", Digits::Hexadecimal, ".toByte(), "),
        ("let hmacKey = [| @@uy |]", Digits::Hexadecimal, "uy; "),
        ("Private ReadOnly AesKey() As Byte = {&H@@}", Digits::Pairs, ", &H"),
        ("  AESKey: array[0..15] of Byte = ($@@);", Digits::Pairs, ", $"),
        ("signing_key = <<@@>>", Digits::Decimal, ","),
        ("const masterKey = [@@'u8]", Digits::Hexadecimal, "'u8, "),
        ("local aes_key = \"\\@@\"", Digits::Decimal, "\\"),
        (
            "static const uint8_t nwk_key[] = {\n  @@,  // last\n};",
            Digits::Hexadecimal,
            ", // next\n  ",
        ),
        ("var privateKey = \"\\u00@@\";", Digits::Pairs, "\\u00"),
    ];
    let mut samples = Vec::new();
    for (text, digits, separator) in TEXTS {
        for length in [16, 24, 32] {
            let bytes: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
            let written: Vec<String> = bytes.iter().map(|byte| digits.of(*byte)).collect();
            let text = text.replace("@@", &written.join(separator)) + "\n";
            let secret = written[3..9].join(separator);
            samples.push(Sample { kind: "key of bytes", notation: "bytes", text, secret });
        }
    }
    let wallet: Vec<String> = (0..64).map(|_| random.below(256).to_string()).collect();
    let text = format!("$ cat ~/.config/solana/id.json\n[{}]\n", wallet.join(","));
    let secret = wallet[20..30].join(",");
    samples.push(Sample { kind: "key of bytes", notation: "bytes", text, secret });
    samples
}

/// How a byte is written.
#[derive(Clone, Copy)]
enum Digits {
    Decimal,
    Signed,
    Hexadecimal,
    /// Hexadecimal, without a prefix.
    Pairs,
}

impl Digits {
    fn of(self, byte: u8) -> String {
        match self {
            Self::Decimal => byte.to_string(),
            Self::Signed => (byte as i8).to_string(),
            Self::Hexadecimal => format!("0x{byte:02x}"),
            Self::Pairs => format!("{byte:02x}"),
        }
    }
}

/// Secrets that have a notation of their own.
pub(crate) fn structured(random: &mut Random) -> Vec<Sample> {
    let mut samples = keys_of_bytes(random);
    let mut add = |kind, notation, text: String, secret: &str| {
        samples.push(Sample { kind, notation, text, secret: secret.to_owned() });
    };
    for turn in 0..12 {
        let d = random.of(ALNUM, 43);
        let n = random.of(ALNUM, 342);
        let text = match turn % 4 {
            0 => format!(
                "{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{}\",\"y\":\"{}\",\"d\":\"{d}\"}}\n",
                random.alnum(43),
                random.alnum(43)
            ),
            1 => format!(
                "{{\n  \"kty\": \"RSA\",\n  \"n\": \"{n}\",\n  \"e\": \"AQAB\",\n  \"d\": \"{d}\"\n}}\n"
            ),
            2 => format!("{{\"k\":\"{d}\",\"alg\":\"HS256\",\"kty\":\"oct\"}}\n"),
            _ => format!(
                "const jwk = {{ kty: 'OKP', crv: 'Ed25519', d: '{d}', x: '{}' }};\n",
                random.alnum(43)
            ),
        };
        add("JSON Web Key", "JSON Web Key", text, &d);
        let label = random.pick(&[
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
            "EC PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
        ]);
        let lines: Vec<String> = (0..8).map(|_| random.of(BASE64, 64)).collect();
        let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"));
        let text = match turn % 4 {
            0 => pem.clone() + "\n",
            1 => format!("{{\"private_key\": \"{}\"}}\n", pem.replace('\n', "\\n")),
            2 => format!("tls.key: |\n    {}\n", pem.replace('\n', "\n    ")),
            _ => format!("KEY=\"{pem}\"\n"),
        };
        add("private key", "PEM", text, &lines[3]);
        let encoded = base64(pem.as_bytes());
        add(
            "private key in base64",
            "kubeconfig",
            format!("    client-key-data: {encoded}\n"),
            &encoded,
        );
        let password = format!("{}7{}", random.of("bcdfghjk", 5), random.alnum(6));
        let auths = base64(
            format!(
                "{{\"auths\":{{\"r.x.org\":{{\"username\":\"me\",\"password\":\"{password}\"}}}}}}"
            )
            .as_bytes(),
        );
        add(
            "Docker configuration",
            "Kubernetes data",
            format!(
                "kind: Secret\ndata:\n  .dockerconfigjson: {auths}\ntype: kubernetes.io/dockerconfigjson\n"
            ),
            &auths,
        );
        let key = random.of(BASE64, 40);
        let text = match turn % 4 {
            0 => format!("[default]\naws_secret_access_key = {key}\n"),
            1 => format!("AWS_SECRET_ACCESS_KEY={key}\n"),
            2 => format!("\"SecretAccessKey\": \"{key}\",\n"),
            _ => format!("boto3.client('s3', aws_secret_access_key='{key}')\n"),
        };
        add("AWS secret access key", "AWS", text, &key);
    }
    samples
}

//! Secrets that must be found, and look-alikes that must not.
//!
//! The secrets are made at run time from a prefix and a generator, so that nothing in this file is, or
//! looks like, a key.

#![allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]

mod made_up;

use made_up::{ALNUM, hex, random, uuid};
use secrets::redact;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const ALPHA: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const BECH32: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
const DIGITS: &str = "0123456789";

fn alnum(length: usize) -> String {
    random(ALNUM, length)
}

fn jwt() -> String {
    format!("eyJ{}.eyJ{}.{}", alnum(33), alnum(71), alnum(43))
}

fn pem(label: &str, lines: usize) -> String {
    let body: String = (0..lines).map(|n| random(ALNUM, 64 - n % 2) + "\n").collect();
    format!("-----BEGIN {label}-----\n{body}-----END {label}-----")
}

/// Rule, text, and the part of it that may not stand in the redacted text.
fn secrets_to_find() -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    let mut whole = |rule, secret: String| all.push((rule, format!("x = \"{secret}\"\n"), secret));
    whole("aws-access-key-id", format!("AKIA{}", random(BASE32, 16)));
    whole("aws-access-key-id", format!("ASIA{}", random(BASE32, 16)));
    whole("aws-bedrock-key", format!("ABSK{}", alnum(128)));
    whole("google-api-key", format!("AIza{}", alnum(35)));
    whole("google-oauth-client-secret", format!("GOCSPX-{}", alnum(28)));
    whole("google-oauth-token", format!("ya29.{}", alnum(120)));
    whole("google-oauth-refresh-token", format!("1//0{}", alnum(60)));
    whole("azure-client-secret", format!("{}8Q~{}", alnum(3), alnum(34)));
    whole("azure-devops-token", format!("{}AZDO{}", alnum(76), alnum(4)));
    whole("digitalocean-token", format!("dop_v1_{}", hex(64)));
    whole("alibaba-access-key", format!("LTAI{}", alnum(20)));
    whole("tencent-secret-id", format!("AKID{}", alnum(32)));
    whole("yandex-api-key", format!("AQVN{}", alnum(36)));
    whole("cloudflare-origin-ca-key", format!("v1.0-{}-{}", hex(24), hex(146)));
    whole("heroku-token", format!("HRKU-{}", alnum(60)));
    whole("fly-token", format!("fo1_{}", alnum(43)));
    whole("netlify-token", format!("nfp_{}", alnum(36)));
    whole("vault-token", format!("hvs.{}", alnum(90)));
    whole("checkout-key", format!("sk_{}", random(BASE32, 26).to_lowercase()));
    whole("omise-key", format!("skey_{}", random(LOWER, 19)));
    whole("persona-key", format!("persona_production_{}", uuid()));
    whole("nats-nkey", format!("SUA{}", random(BASE32, 55)));
    whole("checkly-key", format!("cu_{}", hex(32)));
    whole(
        "rapidapi-application-key",
        format!("{}msh{}p1{}jsn{}", hex(10), hex(15), hex(5), hex(12)),
    );
    whole("terraform-cloud-token", format!("{}.atlasv1.{}", alnum(14), alnum(67)));
    whole("pulumi-token", format!("pul-{}", hex(40)));
    whole("doppler-token", format!("dp.pt.{}", alnum(43)));
    whole("databricks-token", format!("dapi{}", hex(32)));
    whole("planetscale-token", format!("pscale_tkn_{}", alnum(43)));
    whole("supabase-token", format!("sbp_{}", hex(40)));
    whole("mongodb-atlas-secret", format!("mdb_sa_sk_{}", alnum(40)));
    whole("neon-api-key", format!("napi_{}", random(LOWER, 64)));
    whole("tailscale-key", format!("tskey-auth-{}-{}", alnum(12), alnum(32)));
    whole("age-secret-key", format!("AGE-SECRET-KEY-1{}", random(BECH32, 58)));
    whole("github-token", format!("ghp_{}", alnum(36)));
    whole("github-token", format!("gho_{}", alnum(36)));
    whole("github-fine-grained-token", format!("github_pat_{}_{}", alnum(22), alnum(59)));
    whole("gitlab-token", format!("glpat-{}", alnum(20)));
    whole("gitlab-runner-registration-token", format!("GR1348941{}", alnum(20)));
    whole("atlassian-token", format!("ATATT3{}", alnum(186)));
    whole("sourcegraph-token", format!("sgp_{}_{}", hex(16), hex(40)));
    whole("circleci-token", format!("CCIPAT_{}_{}", alnum(22), hex(40)));
    whole("buildkite-token", format!("bkua_{}", random(LOWER, 40)));
    whole("sonar-token", format!("squ_{}", hex(40)));
    whole("npm-token", format!("npm_{}", alnum(36)));
    whole("pypi-token", format!("pypi-AgEIcHlwaS5vcmc{}", alnum(120)));
    whole("rubygems-token", format!("rubygems_{}", hex(48)));
    whole("crates-io-token", format!("cio{}", alnum(32)));
    whole("nuget-key", format!("oy2{}", random(LOWER, 43)));
    whole("clojars-token", format!("CLOJARS_{}", random(LOWER, 60)));
    whole("docker-token", format!("dckr_pat_{}", alnum(27)));
    whole("artifactory-token", format!("AKCp{}", alnum(69)));
    whole("openai-key", format!("sk-proj-{}T3BlbkFJ{}", alnum(74), alnum(73)));
    whole("openai-key", format!("sk-{}T3BlbkFJ{}", alnum(20), alnum(20)));
    whole("anthropic-key", format!("sk-ant-api03-{}", alnum(95)));
    whole("openrouter-key", format!("sk-or-v1-{}", hex(64)));
    whole("sk-key", format!("sk-{}", hex(32)));
    whole("huggingface-token", format!("hf_{}", random(ALPHA, 34)));
    whole("replicate-token", format!("r8_{}", alnum(37)));
    whole("groq-key", format!("gsk_{}", alnum(52)));
    whole("xai-key", format!("xai-{}", alnum(80)));
    whole("perplexity-key", format!("pplx-{}", alnum(48)));
    whole("nvidia-key", format!("nvapi-{}", alnum(64)));
    whole("langsmith-key", format!("lsv2_pt_{}_{}", hex(32), hex(10)));
    whole("pinecone-key", format!("pcsk_{}_{}", alnum(6), alnum(63)));
    whole("tavily-key", format!("tvly-dev-{}", alnum(32)));
    whole("elevenlabs-key", format!("sk_{}", hex(48)));
    whole(
        "slack-token",
        format!("xoxb-{}-{}-{}", random(DIGITS, 12), random(DIGITS, 13), alnum(24)),
    );
    whole(
        "slack-token",
        format!("xapp-1-A{}-{}-{}", random(UPPER, 10), random(DIGITS, 13), hex(64)),
    );
    whole("telegram-bot-token", format!("{}:AA{}", random(DIGITS, 10), alnum(33)));
    whole("twilio-api-key", format!("SK{}", hex(32)));
    whole("sendgrid-key", format!("SG.{}.{}", alnum(22), alnum(43)));
    whole("mailgun-key", format!("key-{}", hex(32)));
    whole("mailchimp-key", format!("{}-us14", hex(32)));
    whole("brevo-key", format!("xkeysib-{}-{}", hex(64), alnum(16)));
    whole("resend-key", format!("re_{}_{}", alnum(8), alnum(24)));
    whole("stripe-key", format!("sk_live_{}", alnum(24)));
    whole("stripe-key", format!("rk_test_{}", alnum(99)));
    whole("webhook-secret", format!("whsec_{}", alnum(32)));
    whole("shopify-token", format!("shpat_{}", hex(32)));
    whole("square-token", format!("sq0csp-{}", alnum(43)));
    whole("braintree-token", format!("access_token$production${}${}", random(LOWER, 16), hex(32)));
    whole("plaid-token", format!("access-production-{}", uuid()));
    whole("razorpay-key", format!("rzp_live_{}", alnum(14)));
    whole(
        "paddle-key",
        format!("pdl_live_apikey_{}_{}_{}", random(BASE32, 26).to_lowercase(), alnum(22), alnum(3)),
    );
    whole("flutterwave-key", format!("FLWSECK_TEST-{}-X", hex(32)));
    whole("shippo-token", format!("shippo_live_{}", hex(40)));
    whole("duffel-token", format!("duffel_test_{}", alnum(43)));
    whole("facebook-token", format!("EAACEdEose0cBA{}", alnum(90)));
    whole("x-bearer-token", format!("{}{}%2B{}", "A".repeat(21), alnum(12), alnum(70)));
    whole("onepassword-token", format!("ops_eyJ{}", alnum(400)));
    whole("infracost-key", format!("ico-{}", alnum(32)));
    whole("easypost-key", format!("EZAK{}", alnum(54)));
    whole("sentry-token", format!("sntryu_{}", hex(64)));
    whole("newrelic-key", format!("NRAK-{}", random(UPPER, 27)));
    whole("grafana-token", format!("glsa_{}_{}", alnum(32), hex(8)));
    whole("dynatrace-token", format!("dt0c01.{}.{}", random(BASE32, 24), random(BASE32, 64)));
    whole("honeycomb-key", format!("hcaik_{}", random(LOWER, 58)));
    whole("posthog-key", format!("phx_{}", alnum(43)));
    whole("linear-key", format!("lin_api_{}", alnum(40)));
    whole("notion-token", format!("ntn_{}", alnum(46)));
    whole("figma-token", format!("figd_{}", alnum(40)));
    whole("postman-key", format!("PMAK-{}-{}", hex(24), hex(34)));
    whole("launchdarkly-key", format!("sdk-{}", uuid()));
    whole("dropbox-token", format!("sl.u.{}", alnum(140)));
    whole("contentful-token", format!("CFPAT-{}", alnum(43)));
    whole("mapbox-secret-token", format!("sk.eyJ{}.{}", alnum(80), alnum(22)));
    whole("hubspot-token", format!("pat-na1-{}", uuid()));
    whole("readme-key", format!("rdme_{}", random(LOWER, 70)));
    whole("prefect-key", format!("pnu_{}", alnum(36)));
    whole("jwt", jwt());

    let mut part = |rule, text: String, secret: &str| all.push((rule, text, secret.to_owned()));
    let (k40, k43, k86) = (alnum(40), alnum(43), alnum(86));
    part(
        "composer-github-oauth",
        format!("{{\"github-oauth\": {{\"github.com\": \"{k40}\"}}}}\n"),
        &k40,
    );
    part("signed-url-signature", format!("https://x/c?a=1&signature={k40}\n"), &k40);
    part("aws-secret-access-key", format!("aws_secret_access_key = {k40}\n"), &k40);
    part("aws-secret-access-key", format!("{{\"SecretAccessKey\": \"{k40}\"}}\n"), &k40);
    part("azure-storage-key", format!("AccountName=x;AccountKey={k86}==;EndpointSuffix=y\n"), &k86);
    part(
        "azure-shared-access-key",
        format!("SharedAccessKeyName=Root;SharedAccessKey={k43}=\n"),
        &k43,
    );
    part(
        "azure-sas-signature",
        format!("https://x.blob.core.windows.net/c?sv=1&sig={k43}%3D\n"),
        &k43,
    );
    part("npm-registry-auth", format!("//registry.internal/:_authToken={}\n", uuid()), &uuid());
    part("slack-webhook", format!("https://hooks.slack.com/services/T{}\n", alnum(42)), &alnum(42));
    let teams = format!("{0}@{0}/IncomingWebhook/{1}/{0}", uuid(), hex(32));
    part("teams-webhook", format!("https://x.webhook.office.com/webhookb2/{teams}\n"), &teams);
    let hook = format!("{}/{}", random(DIGITS, 18), alnum(68));
    part("discord-webhook", format!("https://discord.com/api/webhooks/{hook}\n"), &hook);
    let bot = format!("M{}.{}.{}", alnum(23), alnum(6), alnum(27));
    part("discord-bot-token", format!("discord_client.run('{bot}')\n"), &bot);
    part("twilio-auth-token", format!("TWILIO_AUTH_TOKEN={}\n", hex(32)), &hex(32));
    part("datadog-key", format!("DD_API_KEY={}\n", hex(32)), &hex(32));
    part("bearer-token", format!("Authorization: Bearer {k40}\n"), &k40);
    part("bearer-token", format!("headers = {{'Authorization': 'Bearer {k40}'}}\n"), &k40);
    part("authorization-token", format!("Authorization: token {k40}\n"), &k40);
    part(
        "basic-auth",
        "Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1lOTk=\n".into(),
        "YWxhZGRpbjpv",
    );
    part("curl-user", format!("curl -s -u \"deploy:{k40}\" https://x.org\n"), &k40);
    let auth = "YWxhZGRpbjpvcGVuc2VzYW1lOTk=";
    let stellar = format!("SA{}", random(BASE32, 54));
    let totp = random(BASE32, 32);
    part("docker-auth", format!("{{\"auths\": {{\"x\": {{\"auth\": \"{auth}\"}}}}}}\n"), auth);
    part("netrc-password", "machine x.org login me password k7Qp2vXw\n".into(), "k7Qp2vXw");
    part("sshpass-password", "sshpass -p 'k7Qp2vXw' ssh me@x\n".into(), "k7Qp2vXw");
    part(
        "jaas-password",
        "x.DigestLoginModule required\n  user_super=\"k7Qp2vXw\";\n".into(),
        "k7Qp2vXw",
    );
    part("imap-login", "a1 LOGIN bob k7Qp2vXw\n".into(), "k7Qp2vXw");
    part("smtp-auth", format!("AUTH PLAIN {auth}\n"), auth);
    part("nickserv-password", "/msg NickServ IDENTIFY k7Qp2vXw\n".into(), "k7Qp2vXw");
    part("pgpass-password", "*:*:*:postgres:k7Qp2vXw\n".into(), "k7Qp2vXw");
    part(
        "debian-preseed-password",
        "d-i passwd/root-password password k7Qp2vXw\n".into(),
        "k7Qp2vXw",
    );
    part("chap-secret", "\"nora\" l2tpd \"k7Qp2vXw4Zt9\" *\n".into(), "k7Qp2vXw4Zt9");
    part("xrp-seed", "XRPL_SEED=snqpPDSFmtxw82RuP3nr1Bap8QkZd\n".into(), "snqpPDSFmtxw82Ru");
    part("stellar-seed", format!("stellarSeed: '{stellar}',\n"), &stellar);
    part("totp-seed", format!("\"totp\": \"{totp}\"\n"), &totp);
    part("azure-account-key", format!("\"primaryKey\": \"{}=\"\n", alnum(43)), &alnum(43));
    part("application-salt", format!("'salt' => '{}',\n", hex(64)), &hex(64));
    part("calendar-path", format!("/ical/kim/private-{}/basic.ics\n", hex(32)), &hex(32));
    part("jmeter-value", format!("<p name=\"Cookie.value\">{k40}</p>\n"), &k40);
    part("pin", "SIM PIN for the router is 5927, PUK 49800387\n".into(), "5927");
    part("serial-number", "app.exe /SERIAL=VIVE0-GIQ6W-MGHES-COFVE-3A19L\n".into(), "GIQ6W-MGHES");
    part("one-time-code", "{\"otp\":\"356703\"}\n".into(), "356703");
    part(
        "registry-password",
        "reg add HKLM\\x /v DefaultPassword /d k7Qp2vXw\n".into(),
        "k7Qp2vXw",
    );
    part("sql-password", "CREATE USER a IDENTIFIED BY 'k7#Qp2vX';\n".into(), "k7#Qp2vX");
    part(
        "private-key-base64",
        format!("data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBL{}\n", alnum(400)),
        &alnum(400),
    );

    // Private keys: the whole body, in every way of writing it.
    for label in [
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    ] {
        part("private-key", pem(label, 20) + "\n", &random(ALNUM, 64));
    }
    part("private-key", pem("PGP PRIVATE KEY BLOCK", 9) + "\n", &random(ALNUM, 63));
    let escaped = pem("PRIVATE KEY", 5).replace('\n', "\\n");
    part(
        "private-key",
        format!("{{\"private_key\": \"{escaped}\\n\", \"id\": 1}}\n"),
        &random(ALNUM, 63),
    );
    let pieces = pem("RSA PRIVATE KEY", 4).replace('\n', "\\n\" +\n    \"");
    part("private-key", format!("String key = \"{pieces}\";\n"), &random(ALNUM, 64));
    let cut = pem("RSA PRIVATE KEY", 6);
    part("private-key", cut[..cut.find("-----END").unwrap()].to_owned(), &random(ALNUM, 63));

    // Passwords in URLs.
    part("url-password", "postgres://app:Vk8sPq2m@db.internal:5432/app\n".into(), "Vk8sPq2m");
    part(
        "url-password",
        "DATABASE_URL='mysql://root:k#x@h/db'\nX=mongodb+srv://u:w9xQk2z@c0.x.net\n".into(),
        "w9xQk2z",
    );
    part("url-password", "redis://:p4qWz81r@cache:6379/0\n".into(), "p4qWz81r");
    part("url-password", format!("git clone https://ci:{k40}@git.internal/x.git\n"), &k40);
    part("url-password", "amqp://svc:Tz!9qLmK@mq:5672\n".into(), "Tz!9qLmK");

    // Assignments.
    for (text, secret) in [
        ("password = \"hunter2Xq\"\n", "hunter2Xq"),
        ("DB_PASSWORD=k7Qp2vXw\n", "k7Qp2vXw"),
        ("export DB_PASS='k7!Qp2vX'\n", "k7!Qp2vX"),
        ("  password: k7Qp2vXw9\n", "k7Qp2vXw9"),
        ("spring.datasource.password=k7Qp2vXw9\n", "k7Qp2vXw9"),
        ("{\"user\": \"x\", \"passwd\": \"k7#Qp2vX\"}\n", "k7#Qp2vX"),
        ("'password' => 'k7#Qp2vX',\n", "k7#Qp2vX"),
        ("password: str = 'k7#Qp2vX'\n", "k7#Qp2vX"),
        ("private final String dbPassword = \"k7#Qp2vX\";\n", "k7#Qp2vX"),
        ("const PASSPHRASE: &str = \"k7#Qp2vX\";\n", "k7#Qp2vX"),
        ("password := `k7#Qp2vX`\n", "k7#Qp2vX"),
        ("<password>k7#Qp2vX</password>\n", "k7#Qp2vX"),
        ("<add key=\"DbPassword\" value=\"k7#Qp2vX\" />\n", "k7#Qp2vX"),
        ("config.setPassword(\"k7#Qp2vX\");\n", "k7#Qp2vX"),
        ("os.environ[\"PASSWORD\"] = \"k7#Qp2vX\"\n", "k7#Qp2vX"),
        ("mysql --password=k7Qp2vXw -u x\n", "k7Qp2vXw"),
        ("tool --password k7Qp2vXw --now\n", "k7Qp2vXw"),
        ("ENV DB_PASSWORD k7Qp2vXw\n", "k7Qp2vXw"),
        ("Server=db;User Id=sa;Password=k7#Qp2vX;Encrypt=true\n", "k7#Qp2vX"),
        ("\"Server=db;Uid=sa;Pwd=k7Qp2vXw\"\n", "k7Qp2vXw"),
        ("jdbc:mysql://db/x?user=a&password=k7Qp2vXw\n", "k7Qp2vXw"),
        ("env:\n  - name: DB_PASSWORD\n    value: k7Qp2vXw\n", "k7Qp2vXw"),
        ("log(\"{\\\"password\\\": \\\"k7#Qp2vX\\\"}\")\n", "k7#Qp2vX"),
        ("if token == \"9f86d081884c7d659a2feaa0c55ad015\" {\n", "9f86d081884c7d659a2f"),
        ("clientSecret: \"Zx81kQ0vT5mB7sLp\"\n", "Zx81kQ0vT5mB7sLp"),
        ("api_key: 'Zx81kQ0vT5mB7sLp22'\n", "Zx81kQ0vT5mB7sLp22"),
        ("X-Api-Key: Zx81kQ0vT5mB7sLp22\n", "Zx81kQ0vT5mB7sLp22"),
        ("getenv(\"APP_SECRET\", \"Zx81kQ0vT5mB7sLp\")\n", "Zx81kQ0vT5mB7sLp"),
        ("password =\n    \"k7#Qp2vX\"\n", "k7#Qp2vX"),
        ("docker run -e PGPASSWORD=k7Qp2vXw postgres\n", "k7Qp2vXw"),
        ("PGPASSWORD=k7Qp2vXw psql -h db\n", "k7Qp2vXw"),
        ("#define WIFI_PASSWORD \"k7Qp2vXw\"\n", "k7Qp2vXw"),
        ("{\"name\": \"DB_PASSWORD\", \"value\": \"k7Qp2vXw\"}\n", "k7Qp2vXw"),
        ("env: [{name: DB_PASSWORD, value: k7Qp2vXw}]\n", "k7Qp2vXw"),
        ("define('DB_PASSWORD', 'k7#Qp2vX');\n", "k7#Qp2vX"),
        (":password => 'k7#Qp2vX',\n", "k7#Qp2vX"),
        ("<ns:Password>k7#Qp2vX</ns:Password>\n", "k7#Qp2vX"),
        ("curl -H 'X-Auth-Token: Zx81kQ0vT5mB7sLp22' https://x\n", "Zx81kQ0vT5mB7sLp22"),
        ("signing_key: MWYyZDFlMmU2N2Rm\n", "MWYyZDFlMmU2N2Rm"),
        // Digits alone, as on a router.
        ("WLAN-Netzwerkschlüssel (WPA2)\n43975134908150060632\n", "43975134908150060632"),
        ("FRITZ!Box — WLAN key: 5067-9010-4407-6616-7662\n", "5067-9010-4407-6616-7662"),
        ("wifi_password = \"4397513490815006\"\n", "4397513490815006"),
        // In the middle of a line.
        ("login failed: user=bob password=k7Qp2vXw from 10.0.0.1\n", "k7Qp2vXw"),
        ("host=db user=app password=k7Qp2vX dbname=x\n", "k7Qp2vX"),
        ("it fails with password=k7#Qp2vX and works without\n", "k7#Qp2vX"),
        ("connect(host, password=k7Qp2vXw)\n", "k7Qp2vXw"),
        ("opened (user=bob pwd=k7Qp2vXw), closed\n", "k7Qp2vXw"),
        ("retry [token=Zx81kQ0vT5mB7sLp22] now\n", "Zx81kQ0vT5mB7sLp22"),
        ("dsn: host=db\tuser=app\tpasswd=k7Qp2vXw\tport=1\n", "k7Qp2vXw"),
    ] {
        part("assigned-", text.to_owned(), secret);
    }
    all
}

/// Texts without credentials: nothing may be found.
fn look_alikes() -> Vec<String> {
    let mut all: Vec<String> = [
        // Placeholders and references.
        "password = \"changeme\"", "password = \"your-password-here\"", "PASSWORD=${DB_PASSWORD}", "api_key: <API_KEY1>",
        "api_key = os.environ[\"API_KEY_V2\"]", "const token = process.env.TOKEN_V2;", "password: {{ vault_password_1 }}",
        "password: !vault abc", "\"token\": \"%s\"", "token = f\"{prefix}1{suffix}2\"", "PASSWORD=$PASSWORD_2", "password: \"********\"",
        "apiKey: 'xxxxxxxxxxxxxxxxxxxxxxxxx1'", "secret_key = \"<your secret key 1>\"", "password=$(cat /run/secrets/db1)",
        "SECRET_KEY=replace-with-a-real-1-secret", "password = \"password123\"", "password = 'test-password-1'", "secret = \"my-secret-key-1\"",
        "token: \"test-token-123\"", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "postgres://user:password@localhost/db",
        "postgres://postgres:postgres@localhost/test", "mysql://root:root@127.0.0.1", "postgres://${USER}:${PASS}@host/db",
        "https://user:pass@example.com/", "redis://:{password}@h", "mongodb://<user>:<password>@cluster0",
        "Authorization: Bearer <token>", "Authorization: Bearer YOUR_TOKEN_HERE", "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        "Bearer authentication is required for all requests", "basic authentication", "curl -u user:password https://x",
        // Names with numbers, and parts of programs with dots.
        "password = Config2020.Default", "password: Windows10.value", "pwd = TextBox17", "password = UserService42", "secret: Section_12x",
        "password = Form1950.Text", "auth_token = Utf16_LE", "password = isA_ByB", "password: foo-Bar", "pass = nodeX_PosY",
        // Tokens that identify requests, published ones, encrypted values, the example of jwt.io.
        "continuation_token = \"0b259e1a-3346-4467-abbc-bae24ec07142\"",
        "DD_RUM_CLIENT_TOKEN: \"pub495de52309d649e2e8d908b3664d9803\"", "db_password: '{cipher}e6f1fb4d4eae74d98c0fa6ec17ef0d25af4370a32b9c45ca'",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        // Sentences and labels without a value.
        "a delegated credential for use with S4U2Proxy by an intermediate", "Created token\n  see the dashboard", "password (min 8 characters)",
        "Use this cache key: user_4711", "Your key has been created. Copy the file now:\n/etc/keys/app.pem", "the token, see section 4.2: RFC6749", "password_server: dc01-corp2", "TOTP_ISSUER=ADMINISTRATORACCOUNT",
        "read the password from env2Var and go on", "PIN 2048 of the connector", "Max2 is the admin token", "UTF8 is the default password", "user2 is the key",
        "if verify(token): user2fa = True", "PIN 13 of the board", "const LED_PIN: u8 = 13;", "door code is in the wiki", "select token from users2",
        "echo \"done\" | passwd_check -v2", "hash = md5('cache_key_2')", "primaryKey: 'user_id2'", "{\"otp\": true}", "ical/kim/public/basic.ics",
        // Code about secrets.
        "password = forms.CharField(widget=PasswordInput2())", "password = models.PasswordField(max_length=128)", "String password = request.getParameter(\"p1\");",
        "let token = lexer.next_token2();", "token = tokens[i1]", "if (token === Token.T_STRING2) {", "password: string;", "password?: Sha256Hash",
        "def login(user, password=None, token1=None):", "self.password = password2", "secret: Option<Base64String>,", "pub secret: Secret256,",
        "fn check(password: &str) -> Result<Argon2Hash> {", "api_key: config.api_key_v2,", "apiKey: Config.API_KEY_V2", "password_reset_url = '/reset/v2/abc1'",
        "tokenType: 'bearer2'", "const TOKEN_URL = 'https://x.org/oauth2/token1';", "passwordHash = sha256(password1)", "secretName: my-app-tls-2",
        "password = getpass.getpass('Password1: ')", "token.type === 'paren2'", "keyboard: \"qwerty12345\"", "expect(password).toBe('hunter');",
        "#password1 { color: red }", "document.querySelector('#password2')", "<input type=\"password\" name=\"pw2\">", "<label for=\"password\">Password2</label>",
        "\"password\": \"Passwort\"", "\"password\": \"Mot de passe (8 caractères)\"", "password: 'Must be 8 characters or more'", "compass = \"north1west2\"",
        "bypass: 'rule1x2y'", "pass", "nextPageToken: \"CAUQAA9x8y7z6w5v\"", "csrf_token = \"a1b2c3d4e5f6g7h8i9\"", "public_key = \"a1b2c3d4e5f6g7h8i9j0\"",
        "cancel_token = CancelToken2()", "token_limit = 4096", "password_min_length: 8", "secret_version: \"v1beta2\"",
        "METHOD can be \"trust\", \"password\", \"scram-sha-256\", \"gss\"", "[\"a::test_pass\", \"a::test_fail2\"]", "let secret = b\"\\x9b\\xbe\\x43\\x6b\\xa9\\x40\\xf0\\x17\";",
        "\"Win32_Security_Credentials\", \"Win32_System_Memory\"", "client_secret: \"test-m2m-secret\".to_string()", "'Lock-Token': 'urn:uuid:a515cfa4-5da4-22e1-f5b5-00a0451e6bf7'",
        "f(password=pw1, token=tok2)", "call(user, password=password2)", "login(user=me, password=self.pw12)",
        "log(f\"user={u1} password={p2}\")", "if a and password==hash12ab3:", "user=bob password=secret host=db",
        "env x=1 password=$DB_PASS12 run", "name=x token=$(make2 token) run", "f(secret=settings.SECRET_KEY_2)", "f(password=generate_12(x))",
        "client.login(password=newPassword1)", "user=bob token=None host=db1", "make TOKEN=$(TOKEN2) run", "#define TOKEN_PASS 0x12345678", "for (token1 in tokens2) {", "PASS=1 FAIL=2 run", "<password>${db.password1}</password>",
        // Lists, prompts and forms without secrets.
        "user, password = read_pair(\"admin1\")", "a, password, c = \"x1\", \"password1\", \"y2\"", "setattr(self, \"password\", \"password_field2\")",
        "expect \"Password:\"\nsend \"$password2\\r\"", "chpasswd:\n  list: |\n    root:RANDOM\n  expire: false", "chpasswd:\n  expire: false\nname: k7Qp2vXw",
        "# client server secret IP\n# user1 * example *", "see docs@example.com:8080", "scp f root@host.example.com:backup2/", "mail a@b.com: then2 wait",
        "rocommunity public", "stats auth admin:admin", "Input Password    id:pw1    ${PASSWORD1}", "    [password] => ********", "[password] => Array2(",
        "form-data; name=\"password\"", "ENV.fetch(\"PASSWORD\") { raise \"no PASSWORD1\" }", "password: ${env:PASSWORD, 'changeme'}", "{ password, Password2 }",
        // Bytes that are no key of anybody's.
        "static const uint8_t aes_key[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };",
        "static const uint8_t aes_key[16] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };",
        "byte[] hmacKey = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };",
        "byte[] iv = { 0x58, 0xc9, 0xcb, 0x42, 0x74, 0xd7, 0xd9, 0xb9, 0xe1, 0xc4, 0x62, 0x6f, 0xc5, 0xc6, 0x30, 0xae };",
        "public_key = bytes([182, 50, 231, 98, 201, 136, 51, 194, 223, 16, 46, 201, 174, 20, 212, 167])",
        "key = [182, 50, 231, 98, 201, 136, 51, 194, 223, 16, 46, 201, 174, 20, 212, 167]",
        "network_key: [1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 13]",
        "let test_aes_key = [0x46, 0x62, 0x00, 0x9e, 0xdf, 0x14, 0x40, 0xb2, 0x03, 0x78, 0xd4, 0x79, 0x18, 0xd8, 0xdd, 0x92];",
        "// a vector of RFC 4493\nlet aes_key = [0x46, 0x62, 0x00, 0x9e, 0xdf, 0x14, 0x40, 0xb2, 0x03, 0x78, 0xd4, 0x79, 0x18, 0xd8, 0xdd, 0x92];",
        "RSA host key: fa:b3:45:cf:0e:03:66:8c:b8:37:c7:37:9f:fd:ab:ed", "link_key_hash: 70 10 0A B7 EA A2 08 F0 89 ED 57 37 9D 69 16 2E",
        "zigbee link key = 5A:69:67:42:65:65:41:6C:6C:69:61:6E:63:65:30:39", "MASTER_KEY = 12:30:45:50",
        // Outputs, labels, questions and tables without secrets.
        "$ cat reset_password.py\nimport os", "$ git checkout fix-password\nSwitched2", "$ grep -c password users.csv\n1042", "$ printenv DB_PASSWORD\n********",
        "$ cat token.txt\n<your token 1 here>", "$ openssl rand -hex 16 > key.txt\n$ ls2", "$ kubectl get secret db-password\nNAME1  TYPE",
        "$ cat config/credentials.yml.enc\n4iqE5gW05x/VfJlmQQiPAEQbPI8F5gJZWPVS2qxSG7knA--Voz8EWRTSB62EJXD--Eg4lEF6SA==", "$ base64 -d logo.b64\nimage1",
        "The following options set the password:\n--password-file2", "if not token:\n    token2 = None", "Forgot your password?\nOAuth2Client",
        "How do I reset my password?\nSee section 4.2 of guide2.", "bob: did you change the password?\nann: yes, in release v2.4.1", ">>> len(password)\n12",
        "# get the token\nclient2.get_token()", " id | password\n----+----------\n  1 | ********", "OPTION      TOKEN      DESCRIPTION\n--foo       bar1       A thing",
        "Token & Meaning \\\\\n\\hline\nIDENT2 & identifier \\\\", "passwords:\n  - name: foo1\n    value: bar", "secrets:\n  - my-app-tls-2",
        "<password>\n  <value>${db.password1}</value>\n</password>", "\"password\": {\n  \"type\": \"string\",\n  \"value\": \"changeme\"\n}",
        "Password\n--------\n\nSome words on it, and abc123.", "<tr><th>Token</th><th>Meaning</th></tr><tr><td>IDENT2</td><td>an identifier</td></tr>",
        "let aes_key_sizes = [| 16; 24; 32 |]", "const signingKey = await crypto.subtle.importKey(\"raw\", 0x10);",
        "password = \"1234567890123456\"", "account_password_id: 17592884729911706312", "Reset password\n2024-1231", "token: 1759288472991170", "[sudo] password for kim:\n$ htop",
        // Structures that look like keys.
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAabcdefgh\n-----END PUBLIC KEY-----",
        "if line.startswith('-----BEGIN RSA PRIVATE KEY-----'):", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "\"-----BEGIN PRIVATE KEY-----\\n<your key>\\n-----END PRIVATE KEY-----\"", "const HEADER: &str = \"-----BEGIN EC PRIVATE KEY-----\";",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "task-manager-with-a-long-name-of-many-words",
        "xoxb-your-token-here", "re_compile_flags_and_other_long_names", "pre_validated_user_credentials_from_store", "npm_config_registry_and_more_words_here",
        "risk-assessment-of-the-whole-project-plan", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "sha512-9fKq0000000000000000000000000000000000000000==", "integrity: sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "id = \"550e8400-e29b-41d4-a716-446655440000\"", "checksum: d41d8cd98f00b204e9800998ecf8427e",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", "see http://example.com:8080/@scope/name",
        "git@github.com:owner/name.git", "https://registry.example.org/@types/node", "std::time::Duration::from_secs(1)", "scp://host:22/path@2x.png",
    ]
    .map(|text| format!("{text}\n"))
    .to_vec();
    // Formats of providers around dummies.
    all.push(format!("ghp_{}\n", &"abcdefghijklmnopqrstuvwxyz0123456789"));
    all.push(format!("AKIA{}\n", "A".repeat(16)));
    all.push(format!("let hash = \"{}\";\n", hex(64)));
    all.push(format!("id: {}\n", uuid()));
    all.push(format!("sha: {}\n", hex(40)));
    all.push(format!("blob = '{}'\n", alnum(300)));
    all
}

#[test]
fn secrets_are_found_by_their_rule() {
    let secrets = secrets_to_find();
    assert!(secrets.len() >= 150, "{}", secrets.len());
    let mut missed = Vec::new();
    for (rule, text, secret) in &secrets {
        let redacted = redact(text);
        let found = redacted.findings.iter().any(|finding| finding.rule.starts_with(rule));
        if !found || redacted.text.contains(secret.as_str()) {
            missed.push(format!("{rule}: {text} -> {} {:?}", redacted.text, redacted.findings));
        }
    }
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), secrets.len(), missed.join("\n"));
}

#[test]
fn look_alikes_are_left_alone() {
    let texts = look_alikes();
    assert!(texts.len() >= 100, "{}", texts.len());
    let wrong: Vec<String> = texts
        .iter()
        .map(|text| (text, redact(text)))
        .filter(|(_, redacted)| !redacted.findings.is_empty())
        .map(|(text, redacted)| format!("{text} -> {:?}", redacted.findings))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}

#[test]
fn surroundings_stay() {
    for (_, text, secret) in secrets_to_find() {
        let redacted = redact(&text).text;
        assert_eq!(redacted.matches('\n').count(), text.matches('\n').count(), "{text}");
        let start = text.find(&secret).unwrap();
        let kept = &text[..start.min(6)];
        assert!(redacted.starts_with(kept) || text.starts_with("-----"), "{text} -> {redacted}");
        let again = redact(&redacted);
        assert!(again.findings.is_empty(), "{redacted} -> {}", again.text);
    }
}

/// The names above are those of rules.
#[test]
fn the_names_are_those_of_rules() {
    let names: Vec<&str> = secrets::rule_names().collect();
    let structures = ["private-key", "url-password", "assigned-"];
    for (rule, ..) in secrets_to_find() {
        assert!(names.contains(&rule) || structures.contains(&rule), "{rule}");
    }
}

#[test]
fn a_token_in_place_of_a_user_is_replaced_once() {
    let token = ["4f7Kd9Qm2Zx8", "Lp3Rt6Vb"].concat();
    for password in ["", "x", "X", "x-oauth-basic", "x-token-auth", "api_token"] {
        let command = format!("curl -u {token}:{password} https://api.example.org\n");
        let expected =
            format!("curl -u [REDACTED:command-password]:{password} https://api.example.org\n");
        assert_eq!(secrets::redact(&command).text, expected);
        let url = format!("git clone https://{token}:{password}@git.example.org/a\n");
        let expected =
            format!("git clone https://[REDACTED:url-password]:{password}@git.example.org/a\n");
        assert_eq!(secrets::redact(&url).text, expected);
    }
    let pair = format!("curl -u {token}:hunter2Xq9 https://api.example.org\n");
    assert!(!secrets::redact(&pair).text.contains("hunter2Xq9"));
}

//! What is secret.

use crate::random::{ALPHA, BASE32, BASE64, DIGITS, LETTERS, LOWER, Random, UPPER};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Chosen by a person or a password generator; its name says that it is a password.
    Password,
    /// Without a format of its own; its name says that it is a key, a token or a secret.
    Generic,
    /// In the format of a provider, whatever its name is.
    Provider,
}

pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    pub(crate) make: fn(&mut Random) -> String,
}

const fn password(name: &'static str, make: fn(&mut Random) -> String) -> Kind {
    Kind { name, group: Group::Password, make }
}

const fn generic(name: &'static str, make: fn(&mut Random) -> String) -> Kind {
    Kind { name, group: Group::Generic, make }
}

const fn provider(name: &'static str, make: fn(&mut Random) -> String) -> Kind {
    Kind { name, group: Group::Provider, make }
}

const WORDS: &[&str] = &[
    "maple", "tiger", "copper", "violet", "rocket", "harbor", "winter", "lemon", "granite",
    "falcon", "pepper", "thunder", "marble", "orchid", "saffron", "comet",
];

fn capitalized(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// With a letter and a digit in it, so that no sample is a word or a number by chance.
fn mixed(random: &mut Random, alphabet: &str, length: usize) -> String {
    let text = random.of(LETTERS, 2) + &random.of(DIGITS, 2) + &random.of(alphabet, length - 4);
    random.shuffled(&text)
}

pub(crate) const KINDS: &[Kind] = &[
    password("password of letters, digits and signs", |r| {
        let tail = r.of("!#%^*+?", 1);
        format!("{}{}{}", mixed(r, ALPHA, 6), tail, mixed(r, LOWER, 5))
    }),
    password("password of two words and digits", |r| {
        format!(
            "{}{}{}!",
            capitalized(r.pick(WORDS)),
            capitalized(r.pick(WORDS)),
            r.of("2345678", 2) + "7"
        )
    }),
    password("password of a word and digits", |r| {
        format!("{}{}{}", r.pick(WORDS), r.of("345678", 3), r.of("!?#", 1))
    }),
    password("password of 10 small letters and digits", |r| mixed(r, LOWER, 10)),
    password("password of 12 letters and digits", |r| mixed(r, UPPER, 6) + &mixed(r, LOWER, 6)),
    password("password of 16 letters and digits", |r| mixed(r, crate::random::ALNUM, 16)),
    password("password of 24 letters, digits and signs", |r| {
        let text = mixed(r, crate::random::ALNUM, 21) + &r.of("!#^*+?-_", 3);
        "q".to_owned() + &r.shuffled(&text) + "9"
    }),
    password("passphrase with a digit", |r| {
        format!("{}-{}-{}{}", r.pick(WORDS), r.pick(WORDS), r.pick(WORDS), r.of("3456789", 2))
    }),
    password("password of three groups", |r| {
        let group = |r: &mut Random| {
            r.of(LOWER, 1) + &r.of(LETTERS, 1).to_uppercase() + &r.of(crate::random::ALNUM, 2)
        };
        format!("{}-{}-{}", group(r), group(r), group(r))
    }),
    generic("password with signs", |r| {
        let (one, other) = (mixed(r, ALPHA, 6), mixed(r, crate::random::ALNUM, 6));
        format!("{}{}{one}{}{other}", r.of(UPPER, 1), r.of("abc", 1), r.of("!#%*", 1))
    }),
    generic("32 hexadecimal digits", |r| r.hex(32)),
    generic("40 hexadecimal digits", |r| r.hex(40)),
    generic("64 hexadecimal digits", |r| r.hex(64)),
    generic("20 letters and digits", |r| mixed(r, crate::random::ALNUM, 20)),
    generic("32 letters and digits", |r| mixed(r, crate::random::ALNUM, 32)),
    generic("48 letters and digits", |r| mixed(r, crate::random::ALNUM, 48)),
    generic("43 base64url", |r| mixed(r, crate::random::ALNUM, 42) + "_"),
    generic("44 base64 with padding", |r| mixed(r, BASE64, 43) + "="),
    provider("AWS access key id", |r| format!("AKIA{}", r.of(BASE32, 16))),
    provider("Google API key", |r| format!("AIza{}", r.alnum(35))),
    provider("Google OAuth client secret", |r| format!("GOCSPX-{}", r.alnum(28))),
    provider("GitHub token", |r| format!("ghp_{}", r.alnum(36))),
    provider("GitHub fine-grained token", |r| {
        format!("github_pat_{}_{}", r.alnum(22), r.alnum(59))
    }),
    provider("GitLab token", |r| format!("glpat-{}", r.alnum(20))),
    provider("Stripe key", |r| format!("sk_live_{}", r.alnum(24))),
    provider("Slack bot token", |r| {
        format!("xoxb-{}-{}-{}", r.of(DIGITS, 12), r.of(DIGITS, 13), r.alnum(24))
    }),
    provider("OpenAI key", |r| format!("sk-proj-{}T3BlbkFJ{}", r.alnum(74), r.alnum(74))),
    provider("Anthropic key", |r| format!("sk-ant-api03-{}AA", r.alnum(93))),
    provider("Hugging Face token", |r| format!("hf_{}", r.of(ALPHA, 34))),
    provider("Langfuse secret", |r| format!("sk-lf-{}", r.uuid())),
    provider("Cerebras key", |r| format!("csk-{}", r.of(LOWER, 48))),
    provider("Jina key", |r| format!("jina_{}{}", r.hex(32), r.alnum(28))),
    provider("Firecrawl key", |r| format!("fc-{}", r.hex(32))),
    provider("Voyage key", |r| format!("pa-{}", r.alnum(43))),
    provider("Fireworks key", |r| format!("fw_{}", r.alnum(22))),
    provider("Modal token", |r| format!("as-{}", r.alnum(22))),
    provider("Groq key", |r| format!("gsk_{}", r.alnum(52))),
    provider("Perplexity key", |r| format!("pplx-{}", r.alnum(48))),
    provider("Replicate token", |r| format!("r8_{}", r.alnum(37))),
    provider("Grafana token", |r| format!("glsa_{}_{}", r.alnum(32), r.hex(8))),
    provider("Airtable token", |r| format!("pat{}.{}", r.alnum(14), r.hex(64))),
    provider("Typeform token", |r| format!("tfp_{}", r.alnum(44))),
    provider("Render key", |r| format!("rnd_{}", mixed(r, crate::random::ALNUM, 32))),
    provider("Vercel token", |r| format!("vcp_{}", mixed(r, crate::random::ALNUM, 56))),
    provider("Deno token", |r| format!("ddp_{}", r.alnum(36))),
    provider("Packagist token", |r| format!("packagist_out_{}", r.hex(68))),
    provider("Vault token", |r| format!("hvs.{}", r.alnum(92))),
    provider("Discord bot token", |r| format!("MT{}.{}.{}", r.alnum(24), r.alnum(6), r.alnum(38))),
    provider("Facebook page token", |r| format!("EAA{}", r.alnum(150))),
    provider("MailerSend token", |r| format!("mlsn.{}", r.hex(64))),
    provider("Square token", |r| format!("EAAA{}", r.alnum(60))),
    provider("Mollie key", |r| format!("live_{}", mixed(r, crate::random::ALNUM, 30))),
    provider("OpenShift token", |r| format!("sha256~{}", r.alnum(43))),
    provider("Yandex token", |r| format!("y0_{}", r.alnum(55))),
    provider("MaxMind key", |r| format!("{}_{}_mmk", r.alnum(6), r.alnum(29))),
    provider("Adafruit key", |r| format!("aio_{}", r.alnum(28))),
    provider("WakaTime key", |r| format!("waka_{}", r.uuid())),
    provider("Octopus key", |r| format!("API-{}", r.of(UPPER, 26))),
    provider("Harness token", |r| format!("pat.{}.{}.{}", r.alnum(22), r.alnum(24), r.alnum(20))),
    provider("Scalingo token", |r| format!("tk-us-{}", r.alnum(48))),
    provider("Rootly key", |r| format!("rootly_{}", r.hex(64))),
    provider("Asana token", |r| {
        format!("2/{}/{}:{}", r.of(DIGITS, 16), r.of(DIGITS, 16), r.hex(32))
    }),
    provider("Svix key", |r| format!("testsk_{}.eu", mixed(r, crate::random::ALNUM, 32))),
    provider("ngrok token", |r| format!("2{}_{}", r.alnum(26), r.alnum(21))),
    provider("npm token", |r| format!("npm_{}", r.alnum(36))),
    provider("PyPI token", |r| format!("pypi-AgEIcHlwaS5vcmc{}", r.alnum(140))),
    provider("Docker token", |r| format!("dckr_pat_{}", r.alnum(27))),
    provider("SendGrid key", |r| format!("SG.{}.{}", r.alnum(22), r.alnum(43))),
    provider("Telegram bot token", |r| format!("{}:AA{}", r.of(DIGITS, 10), r.alnum(33))),
    provider("Shopify token", |r| format!("shpat_{}", r.hex(32))),
    provider("Linear key", |r| format!("lin_api_{}", r.alnum(40))),
    provider("Notion token", |r| format!("ntn_{}", r.alnum(46))),
    provider("DigitalOcean token", |r| format!("dop_v1_{}", r.hex(64))),
    provider("Databricks token", |r| format!("dapi{}", r.hex(32))),
    provider("JSON Web Token", |r| {
        format!("eyJ{}.eyJ{}.{}", r.alnum(33), r.alnum(71), r.alnum(43))
    }),
];

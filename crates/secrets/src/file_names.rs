//! Files that are credentials by their names alone. The tables are in lower case.

/// Full names.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    ".env", ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".npmrc",
    ".pypirc", ".htpasswd", ".htdigest", ".git-credentials", ".dockercfg", ".dockerconfigjson",
    ".s3cfg", ".boto", ".vault-token", ".terraformrc", "terraform.rc", ".renviron", ".credentials",
    "credentials.json", "credentials.xml", "client_secret.json", "client_secrets.json",
    "service-account.json", "service_account.json", "serviceaccount.json",
    "application_default_credentials.json", "accesstokens.json", "kubeconfig", "id_rsa", "id_dsa",
    "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "identity.key",
    "keystore.properties", "terraform.tfstate", "terraform.tfstate.backup",
];
/// Suffixes.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    ".pem", ".key", ".p12", ".pfx", ".p8", ".ppk", ".jks", ".keystore", ".kdbx", ".kdb", ".ovpn",
    ".agekey", ".tfstate", ".tfstate.backup", ".pkcs12", ".keytab", ".kubeconfig", ".gpgkey",
    ".psk",
];
/// Prefixes of names that end in `.json`.
const JSON: &[&str] = &["client_secret_", "client_secret-", "service-account-", "service_account_"];
/// Names with their directory: `.aws/credentials`.
const IN_FOLDERS: &[(&str, &str)] = &[
    (".aws", "credentials"),
    (".aws", "config"),
    (".azure", "azureprofile.json"),
    (".cargo", "credentials"),
    (".cargo", "credentials.toml"),
    (".docker", "config.json"),
    (".gem", "credentials"),
    (".kube", "config"),
    (".config/gh", "hosts.yml"),
    ("gcloud", "credentials.db"),
];
/// Suffixes after `.env.` of templates.
#[rustfmt::skip]
const TEMPLATES: &[&str] = &[
    "example", "examples", "sample", "template", "tmpl", "tpl", "dist", "default", "defaults",
    "schema", "md", "vault", "d.ts", "ts", "js", "py", "go", "rs", "rb",
];

/// Whether a file is a credential by its name alone (`.env`, `id_rsa`, `*.pem`), whatever its
/// content. Source files with "password" or "secret" in their names are not, nor are templates
/// (`.env.example`) and public keys (`id_rsa.pub`).
pub fn is_credential_file(path: &str) -> bool {
    let path = path.replace('\\', "/").to_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let in_folder = |(holder, file): &(&str, &str)| {
        name == *file && (folder == *holder || folder.ends_with(&format!("/{holder}")))
    };
    NAMES.contains(&name)
        || is_environment(name)
        || ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
        || (name.ends_with(".json") && JSON.iter().any(|beginning| name.starts_with(beginning)))
        || (name.ends_with("-service-account.json"))
        || IN_FOLDERS.iter().any(in_folder)
}

/// `.env.production`, `prod.env`; not `.env.example`, `sample.env`.
fn is_environment(name: &str) -> bool {
    if let Some(rest) = name.strip_prefix(".env.") {
        return !TEMPLATES.iter().any(|template| {
            rest == *template
                || rest.ends_with(&format!(".{template}"))
                || rest.starts_with(&format!("{template}."))
        });
    }
    name.strip_suffix(".env").is_some_and(|stem| {
        !stem.is_empty() && !stem.split(['.', '-', '_']).any(|word| TEMPLATES.contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_told_by_name() {
        for path in [
            ".env",
            "app/.env",
            ".env.local",
            ".env.production",
            "prod.env",
            "deploy/id_rsa",
            "certs/server.pem",
            "server.KEY",
            "a.p12",
            "x/y.pfx",
            ".npmrc",
            ".pypirc",
            ".netrc",
            "_netrc",
            "credentials.json",
            "kubeconfig",
            "dev.kubeconfig",
            "terraform.tfstate",
            "infra/prod.tfstate.backup",
            ".aws/credentials",
            "home/.kube/config",
            ".docker/config.json",
            ".htpasswd",
            "config/master.key",
            "release.jks",
            "client_secret_123.json",
            "my-service-account.json",
            ".git-credentials",
            "AuthKey.p8",
            "vpn.ovpn",
            "C:\\Users\\x\\.aws\\credentials",
            "id_ed25519",
        ] {
            assert!(is_credential_file(path), "{path}");
        }
    }

    #[test]
    fn sources_are_not() {
        for path in [
            "password.py",
            "src/secrets.rs",
            "secret_manager.go",
            "credentials.ts",
            "credentials.go",
            "tokens/lib.rs",
            ".env.example",
            ".env.sample",
            ".env.template",
            ".env.local.example",
            "example.env",
            "sample.env",
            "id_rsa.pub",
            "docs/credentials.md",
            "key.rs",
            "keys.json",
            "env.js",
            ".envrc.md",
            "environment.env.ts",
            "PasswordField.java",
            "passwords_controller.rb",
            "config.json",
            "config",
            "api.key.ts",
            "monkey",
            "pem.go",
            "auth.json",
            "test_credentials.py",
            ".env.d.ts",
            "settings.py",
            "kubeconfig.go",
            "terraform.tf",
            "secrets/README.md",
            "locale/en.json",
        ] {
            assert!(!is_credential_file(path), "{path}");
        }
    }
}

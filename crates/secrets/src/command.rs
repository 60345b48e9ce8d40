//! Passwords in command lines: `docker login -p …`, `mysql -uroot -p…`, `curl -u user:…`.

use std::ops::Range;

use crate::parts::{ahead, range_of};
use crate::search::{Begins, Keyword};
use crate::{url, value};

pub(crate) const RULE: &str = "command-password";

/// The longest rest of a command line that is looked at, in bytes.
const LONGEST: usize = 800;
/// The most words of a command line.
const MOST_WORDS: usize = 40;

/// Where an option has the secret.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the option's value: `-p …`, `-p=…`.
    Value(&'static str),
    /// Joined to the option: `-p…`.
    Joined(&'static str),
    /// Behind the first colon of the option's value: `-u user:…`.
    Pair(&'static str),
    /// Behind the first `%` of the option's value: `-U user%…`.
    Percent(&'static str),
    /// Behind the first `,` of the option's value: `-u user,…`.
    Comma(&'static str),
    /// In the word of this number behind the command, options not counted.
    Word(usize),
    /// In the first word, whatever it is made of.
    First,
    /// In the word behind this one.
    WordBehind(&'static str),
    /// In the word that begins with this, or has it in it: what follows.
    Behind(&'static str),
    /// In the line that begins with this word, one of the next few, in a block that the command begins.
    InBlock(&'static str),
    /// In the last part of the first word, which has blanks between its parts: `"$uri …"`.
    LastPart,
    /// Behind the first colon of the first word: `user:…`.
    Account,
    /// Behind the first colon of the last word: `user:…`.
    LastPair,
    /// Behind the first `/` of the first word that has one, up to its `@`: `user/…@host`.
    Slash,
    /// In an argument `pass:…` of any option.
    PassArgument,
    /// In the cookies of the option's value: `-b 'session=…'`.
    Cookies(&'static str),
}

use Place::{
    Account, Behind, Comma, Cookies, First, InBlock, Joined, LastPair, LastPart, Pair,
    PassArgument, Percent, Slash, Value, Word, WordBehind,
};

/// Commands with the places of their secrets, each from the command's manual.
#[rustfmt::skip]
const COMMANDS: &[(&str, &[Place])] = &[
    ("curl ", &[Pair("-u"), Pair("--user"), Pair("-U"), Pair("--proxy-user"), Value("--oauth2-bearer"), Value("--pass"), Cookies("-b"), Cookies("--cookie"), Joined("-u"), Pair("--cert"), Pair("-E")]),
    ("wget ", &[Value("--password"), Value("--http-password"), Value("--ftp-password"), Value("--proxy-password")]),
    ("http ", &[Pair("-a"), Pair("--auth")]),
    ("https ", &[Pair("-a"), Pair("--auth")]),
    ("xh ", &[Pair("-a"), Pair("--auth")]),
    ("docker login", &[Value("-p"), Value("--password"), Joined("-p")]),
    ("podman login", &[Value("-p"), Value("--password"), Joined("-p")]),
    ("nerdctl login", &[Value("-p"), Value("--password")]),
    ("buildah login", &[Value("-p"), Value("--password")]),
    ("crane auth login", &[Value("-p"), Value("--password")]),
    ("oras login", &[Value("-p"), Value("--password")]),
    ("skopeo ", &[Value("-p"), Pair("--creds"), Pair("--src-creds"), Pair("--dest-creds")]),
    ("helm ", &[Value("-p"), Value("--password")]),
    ("az login", &[Value("-p"), Value("--password")]),
    ("az acr login", &[Value("-p"), Value("--password")]),
    ("oc login", &[Value("-p"), Value("--password"), Value("--token")]),
    ("cf login", &[Value("-p")]),
    ("argocd login", &[Value("--password")]),
    ("rancher login", &[Value("-t"), Value("--token")]),
    ("ibmcloud login", &[Value("-p"), Value("--apikey")]),
    ("mysql ", &[Joined("-p"), Value("--password")]),
    ("mysqldump ", &[Joined("-p")]),
    ("mysqladmin ", &[Joined("-p")]),
    ("mysqlimport ", &[Joined("-p")]),
    ("mysqlsh ", &[Joined("-p")]),
    ("mysqlcheck ", &[Joined("-p")]),
    ("mysqlslap ", &[Joined("-p")]),
    ("mysqlpump ", &[Joined("-p")]),
    ("mysqlbinlog ", &[Joined("-p")]),
    ("mydumper ", &[Value("-p"), Joined("-p")]),
    ("myloader ", &[Value("-p"), Joined("-p")]),
    ("mariadb ", &[Joined("-p")]),
    ("mariadb-dump ", &[Joined("-p")]),
    ("mongo ", &[Value("-p"), Value("--password")]),
    ("mongosh ", &[Value("-p"), Value("--password")]),
    ("mongodump ", &[Value("-p"), Value("--password")]),
    ("mongorestore ", &[Value("-p"), Value("--password")]),
    ("mongoexport ", &[Value("-p"), Value("--password")]),
    ("mongoimport ", &[Value("-p"), Value("--password")]),
    ("mongostat ", &[Value("-p"), Value("--password")]),
    ("mongotop ", &[Value("-p"), Value("--password")]),
    ("mongofiles ", &[Value("-p"), Value("--password")]),
    ("redis-cli ", &[Value("-a"), Value("--pass")]),
    ("redis-cli ", &[WordBehind("AUTH"), WordBehind("auth")]),
    ("redis-benchmark ", &[Value("-a")]),
    ("valkey-cli ", &[Value("-a"), Value("--pass")]),
    ("sentinel auth-pass ", &[Word(2)]),
    ("cqlsh ", &[Value("-p"), Value("--password")]),
    ("clickhouse-client ", &[Value("--password")]),
    ("sqlcmd ", &[Value("-P"), Joined("-P")]),
    ("bcp ", &[Value("-P"), Joined("-P")]),
    ("osql ", &[Value("-P"), Joined("-P")]),
    ("tsql ", &[Value("-P")]),
    ("isql ", &[Value("-P"), Value("-password")]),
    ("sqlplus ", &[Slash]),
    ("expdp ", &[Slash]),
    ("impdp ", &[Slash]),
    ("sqlldr ", &[Slash]),
    ("rman target ", &[Slash]),
    ("bteq ", &[Slash]),
    ("snowsql ", &[Value("-p")]),
    ("vsql ", &[Value("-w")]),
    ("nzsql ", &[Value("-pw"), Value("-W")]),
    ("hdbsql ", &[Value("-p")]),
    ("beeline ", &[Value("-p")]),
    ("db2 connect to ", &[WordBehind("using"), WordBehind("USING")]),
    ("neo4j-admin ", &[WordBehind("set-initial-password")]),
    ("elasticsearch-users useradd ", &[Value("-p")]),
    ("influx ", &[Value("-password"), Value("-t"), Value("--token"), Value("-p")]),
    ("cypher-shell ", &[Value("-p"), Value("--password")]),
    ("arangosh ", &[Value("--server.password")]),
    ("couchbase-cli ", &[Value("-p"), Value("--password")]),
    ("cbq ", &[Value("-p")]),
    ("rabbitmqctl add_user ", &[Word(2)]),
    ("rabbitmqctl change_password ", &[Word(2)]),
    ("rabbitmqadmin ", &[Value("-p"), Value("--password")]),
    ("mosquitto_pub ", &[Value("-P")]),
    ("mosquitto_sub ", &[Value("-P")]),
    ("mosquitto_passwd ", &[Word(3)]),
    ("ldapsearch ", &[Value("-w")]),
    ("ldapadd ", &[Value("-w")]),
    ("ldapmodify ", &[Value("-w")]),
    ("ldapdelete ", &[Value("-w")]),
    ("ldapwhoami ", &[Value("-w")]),
    ("ldappasswd ", &[Value("-w"), Value("-s"), Value("-a")]),
    ("htpasswd ", &[Word(3), Word(2)]),
    ("sshpass ", &[Value("-p"), Joined("-p")]),
    ("smbclient ", &[Percent("-U"), Percent("--user")]),
    ("rpcclient ", &[Percent("-U")]),
    ("xfreerdp ", &[Joined("/p:")]),
    ("rdesktop ", &[Value("-p")]),
    ("lftp ", &[Value("--password"), Comma("-u")]),
    ("psexec ", &[Value("-p")]),
    ("vncserver ", &[Value("-passwd")]),
    ("ncftp ", &[Value("-p")]),
    ("ncftpput ", &[Value("-p")]),
    ("ncftpget ", &[Value("-p")]),
    ("plink ", &[Value("-pw")]),
    ("pscp ", &[Value("-pw")]),
    ("psftp ", &[Value("-pw")]),
    ("x11vnc ", &[Value("-passwd"), Value("-storepasswd")]),
    ("smbmap ", &[Value("-p")]),
    ("radtest ", &[Word(2)]),
    ("kadmin ", &[Value("-w"), Value("-pw")]),
    ("ktpass ", &[Value("/pass"), Value("-pass")]),
    ("security ", &[Value("-P"), Value("-p"), Value("-w")]),
    ("signtool ", &[Value("/p")]),
    ("schtasks ", &[Value("/rp"), Value("/RP"), Value("/p"), Value("/P")]),
    ("winrs ", &[Joined("-p:"), Joined("/p:")]),
    ("cmdkey ", &[Joined("/pass:")]),
    ("wmic ", &[Joined("/password:")]),
    ("dsadd user ", &[Value("-pwd")]),
    ("dsmod user ", &[Value("-pwd")]),
    ("certutil ", &[Value("-p")]),
    ("vmrun ", &[Value("-gp"), Value("-vp")]),
    ("esxcli ", &[Value("-p")]),
    ("racadm ", &[Value("-p")]),
    ("swaks ", &[Value("-ap")]),
    ("sendemail ", &[Value("-xp")]),
    ("hydra ", &[Value("-p")]),
    ("evil-winrm ", &[Value("-p")]),
    ("bw login ", &[Word(2)]),
    ("bw unlock ", &[Word(1)]),
    ("teamviewer passwd ", &[Word(1)]),
    ("zip ", &[Value("-P"), Value("--password")]),
    ("unzip ", &[Value("-P")]),
    ("7z ", &[Joined("-p")]),
    ("7za ", &[Joined("-p")]),
    ("unrar ", &[Joined("-p")]),
    ("rar ", &[Joined("-p"), Joined("-hp")]),
    ("openssl ", &[PassArgument, Value("-k")]),
    ("gpg ", &[Value("--passphrase")]),
    ("keytool ", &[Value("-storepass"), Value("-keypass"), Value("-deststorepass"), Value("-srcstorepass")]),
    ("jarsigner ", &[Value("-storepass"), Value("-keypass")]),
    ("apksigner ", &[PassArgument]),
    ("ipmitool ", &[Value("-P")]),
    ("snmpget ", &[Value("-A"), Value("-X"), Value("-c")]),
    ("snmpwalk ", &[Value("-A"), Value("-X"), Value("-c")]),
    ("snmpset ", &[Value("-A"), Value("-X"), Value("-c")]),
    ("snmpbulkwalk ", &[Value("-A"), Value("-X"), Value("-c")]),
    ("snmpgetnext ", &[Value("-A"), Value("-X"), Value("-c")]),
    ("snmptrap ", &[Value("-A"), Value("-X"), Value("-c")]),
    ("snmp-server community ", &[Word(1)]),
    ("rocommunity ", &[Word(1)]),
    ("rwcommunity ", &[Word(1)]),
    ("stats auth ", &[Account]),
    ("Input Password ", &[Word(2)]),
    ("twine upload", &[Value("-p"), Value("--password")]),
    ("nuget ", &[Value("-ApiKey"), Value("-Password")]),
    ("dotnet nuget ", &[Value("-k"), Value("--api-key"), Value("-p"), Value("--password")]),
    ("cargo login ", &[Word(1)]),
    ("gem push ", &[Value("-k")]),
    ("poetry publish ", &[Value("-p"), Value("--password")]),
    ("poetry config ", &[Word(3), Word(2)]),
    ("conan ", &[Value("-p"), Value("--password")]),
    ("vault login ", &[Word(1)]),
    ("ngrok authtoken ", &[Word(1)]),
    ("ngrok config add-authtoken ", &[Word(1)]),
    ("tailscale up ", &[Value("--authkey"), Value("--auth-key")]),
    ("wandb login ", &[Word(1)]),
    ("snyk auth ", &[Word(1)]),
    ("aws configure set ", &[Word(2)]),
    ("npm config set ", &[Word(2)]),
    ("yarn config set ", &[Word(2)]),
    ("gh secret set ", &[Value("-b"), Value("--body")]),
    ("mc alias set ", &[Word(4)]),
    ("mc admin user add ", &[Word(3)]),
    ("aws ssm put-parameter ", &[Value("--value")]),
    ("aws secretsmanager ", &[Value("--secret-string")]),
    ("az keyvault secret set ", &[Value("--value")]),
    ("doctl ", &[Value("-t"), Value("--access-token")]),
    ("b2 authorize-account ", &[Word(2)]),
    ("travis env set ", &[Word(2)]),
    ("cf set-env ", &[Word(3)]),
    ("net use ", &[Word(2), Word(3), Word(4)]),
    ("net user ", &[Word(2)]),
    ("ssh-keygen ", &[Value("-N"), Value("-P")]),
    ("etcdctl ", &[Pair("--user"), Value("--password")]),
    ("rootpw ", &[Word(1)]),
    ("cache_peer ", &[Pair("login")]),
    ("snmp-server user ", &[Value("md5"), Value("sha"), Value("des"), Value("128"), Value("192"), Value("256")]),
    ("svn ", &[Value("--password")]),
    ("wpa_passphrase ", &[Word(2)]),
    ("nmcli ", &[Value("password")]),
    ("snap login ", &[Value("--password")]),
    ("jfrog ", &[Value("--password"), Value("--access-token"), Value("--apikey")]),
    ("jf ", &[Value("--password"), Value("--access-token"), Value("--apikey")]),
    ("sonar-scanner ", &[Value("-Dsonar.login"), Value("-Dsonar.token")]),
    ("kubectl ", &[Value("--token"), Value("--docker-password"), Value("--password")]),
    ("pg_basebackup ", &[Value("-W")]),
    ("useradd ", &[Value("-p")]),
    ("codecov", &[Value("-t"), Value("--token")]),
    ("osslsigncode ", &[Value("-pass")]),
    ("altool ", &[Value("-p"), Value("--password")]),
    ("notarytool ", &[Value("--password")]),
    ("mcrcon ", &[Value("-p")]),
    ("rcon.password ", &[Word(1)]),
    ("openfortivpn ", &[Value("-p")]),
    ("b2 account authorize ", &[Word(2)]),
    ("+login ", &[Word(2)]),
    ("snmp-agent community ", &[WordBehind("cipher"), WordBehind("read"), WordBehind("write")]),
    ("password manager ", &[WordBehind("plaintext")]),
    ("config radius auth add ", &[WordBehind("ascii")]),
    ("cachemgr_passwd ", &[Word(1)]),
    ("HELLO 3 AUTH ", &[Word(2)]),
    ("-setcookie ", &[First]),
    ("tacacs-server ", &[WordBehind("key")]),
    ("radius-server ", &[WordBehind("key")]),
    ("createUser ", &[WordBehind("SHA"), WordBehind("MD5"), WordBehind("AES"), WordBehind("DES"), WordBehind("SHA-256"), WordBehind("SHA-512")]),
    ("crypto isakmp key ", &[Word(1), Word(2)]),
    ("message-digest-key ", &[WordBehind("md5")]),
    ("wpa-psk ascii ", &[Word(1), Word(2)]),
    ("addauth digest ", &[Account]),
    ("openssl passwd ", &[Word(1)]),
    ("openssl enc ", &[Value("-K")]),
    ("rclone obscure ", &[Word(1)]),
    ("oathtool ", &[Value("-b"), Word(1)]),
    ("bundle config ", &[LastPair]),
    ("pulumi config set ", &[Word(2)]),
    ("caddy hash-password ", &[Value("--plaintext"), Value("-p")]),
    ("check_mysql ", &[Value("-p")]),
    ("check_pgsql ", &[Value("-p")]),
    ("check_ldap ", &[Value("-P")]),
    ("ejabberdctl register ", &[Word(3)]),
    ("ejabberdctl change_password ", &[Word(3)]),
    ("CONNECT TO ", &[WordBehind("USING")]),
    ("chpasswd <<< ", &[Account]),
    ("SETUSER ", &[Joined(">")]),
    ("setuser ", &[Joined(">")]),
    ("SET PASSWORD FROM ", &[WordBehind("TO")]),
    ("rasdial ", &[Word(3)]),
    ("vault operator unseal ", &[Word(1)]),
    ("vault write ", &[Behind("secret_id="), Behind("password="), Behind("secret_key="), Behind("token=")]),
    ("cloudflared service install ", &[First]),
    ("cloudflared tunnel run ", &[Value("--token")]),
    ("openssl dgst ", &[Value("-hmac")]),
    ("openssl mac ", &[Behind("hexkey:"), Behind("key:")]),
    ("rclone config create ", &[WordBehind("pass"), WordBehind("password"), Behind("pass="), Behind("password=")]),
    ("rclone config update ", &[WordBehind("pass"), WordBehind("password"), Behind("pass="), Behind("password=")]),
    ("uci set wireless.", &[Behind(".key=")]),
    ("add-user.sh ", &[Value("-p"), Word(2)]),
    ("add-user.bat ", &[Value("-p"), Word(2)]),
    ("hdbuserstore set ", &[Word(4)]),
    ("hdbuserstore SET ", &[Word(4)]),
    ("hdbuserstore -i SET ", &[Word(4)]),
    ("CHGUSRPRF ", &[Behind("PASSWORD(")]),
    ("CRTUSRPRF ", &[Behind("PASSWORD(")]),
    ("user-secrets set ", &[Word(2)]),
    ("oper ", &[Word(2)]),
    ("OPER ", &[Word(2)]),
    ("socks5 ", &[Word(4)]),
    ("socks4 ", &[Word(4)]),
    ("nickserv identify ", &[First]),
    ("NickServ IDENTIFY ", &[First]),
    ("consul agent ", &[Value("-encrypt")]),
    ("kubeadm join ", &[Value("--certificate-key"), Value("--token")]),
    ("mix hex.", &[Value("--key")]),
    ("smbpasswd ", &[WordBehind("<<<")]),
    ("--password-file=<(echo ", &[First]),
    ("iwconfig ", &[WordBehind("key"), WordBehind("enc")]),
    ("secure_link_md5 ", &[LastPart]),
    ("tacacs server ", &[InBlock("key")]),
    ("radius server ", &[InBlock("key")]),
    ("sshpass\", ", &[Value("-p")]),
    ("sshpass', ", &[Value("-p")]),
    ("mysql\", ", &[Joined("-p")]),
    ("mysql', ", &[Joined("-p")]),
    ("mysqldump\", ", &[Joined("-p")]),
    ("mysqldump', ", &[Joined("-p")]),
    ("curl\", ", &[Pair("-u"), Pair("--user")]),
    ("curl', ", &[Pair("-u"), Pair("--user")]),
    ("redis-cli\", ", &[Value("-a"), Value("--pass")]),
    ("redis-cli', ", &[Value("-a"), Value("--pass")]),
    ("login\", ", &[Value("-p"), Value("--password")]),
    ("login', ", &[Value("-p"), Value("--password")]),
    ("ldapsearch\", ", &[Value("-w")]),
    ("ldapsearch', ", &[Value("-w")]),
    ("htpasswd\", ", &[Word(3), Word(2)]),
    ("htpasswd', ", &[Word(3), Word(2)]),
    ("racadm set ", &[Word(2)]),
    ("cfgUserAdminPassword ", &[Word(2), Word(1)]),
    ("drone secret add", &[Value("--data")]),
    ("drone secret update", &[Value("--data")]),
    ("drone orgsecret add ", &[Word(3)]),
    ("woodpecker-cli ", &[Value("--value")]),
    ("glab variable set ", &[Word(2), Value("--value"), Value("-v")]),
    ("netlify env:set ", &[Word(2)]),
    ("doppler secrets set ", &[Word(2)]),
    ("-Dsonar.login=", &[First]),
    ("ab -n ", &[Pair("-A")]),
    ("AUTH\" ", &[Word(2), Word(1)]),
    (AUTH, &[Word(2), Word(1)]),
    (PASSWD, &[]),
    ("chpasswd", &[]),
    ("--password-stdin", &[]),
    ("sudo -s ", &[]),
    ("passwd --stdin", &[]),
    ("kinit ", &[]),
    ("cryptsetup ", &[]),
    ("--passphrase-fd", &[]),
    ("--passwd-on-stdin", &[]),
    ("vncpasswd -f", &[]),
    ("secret create ", &[]),
    ("secret put ", &[]),
    ("secret-tool store", &[]),
    ("p4 login", &[]),
    ("saslpasswd2 ", &[]),
    ("keepassxc-cli ", &[]),
    ("env add ", &[]),
    ("secrets create ", &[]),
    ("secrets versions add ", &[]),
    ("shodan init ", &[Word(1)]),
    ("immich login", &[Word(2), Word(1)]),
    ("open -u ", &[Behind(",")]),
    ("pihole ", &[Value("-p")]),
    ("az devops login", &[WordBehind("<<<")]),
    (".erlang.cookie", &[]),
    (".vault_pass", &[]),
];

/// The keywords of this detector.
pub(crate) fn keywords() -> impl Iterator<Item = Keyword> {
    COMMANDS.iter().map(|&(text, _)| {
        let has_case = !PIPED.contains(&text);
        Keyword { has_case, begins: Begins::Word, ..Keyword::anywhere(text) }
    })
}

/// The secrets of the command at `hit`, the one of this index.
pub(crate) fn find(text: &str, hit: &Range<usize>, index: usize, found: &mut Vec<Range<usize>>) {
    let (command, places) = COMMANDS[index];
    if PIPED.contains(&command) {
        match command {
            PASSWD => typed_twice(text, hit.start, found),
            _ => found.extend(piped(text, hit.start, command == "chpasswd")),
        }
        return;
    }
    let before = &text[..hit.start];
    if before.ends_with(|c: char| c.is_alphanumeric() || "_-.".contains(c))
        || command == AUTH && !before.ends_with("> ")
    {
        return;
    }
    let words = match command.ends_with(", ") {
        true => listed_words(text, hit.end),
        false => words(text, hit.end),
    };
    for place in places {
        match place {
            InBlock(word) => found.extend(in_block(text, hit.end, word)),
            _ => secret_at(text, &words, *place, found),
        }
    }
}

fn secret_at(text: &str, words: &[Range<usize>], place: Place, found: &mut Vec<Range<usize>>) {
    let mut add = |range: Range<usize>| {
        let range = without_end(text, unquoted(text, range));
        let written = &text[range.clone()];
        let is_grouped =
            || value::is_spaced_seed(written) || value::is_application_password(written);
        if (value::is_given(written) || is_grouped()) && !found.contains(&range) {
            found.push(range);
        }
    };
    match place {
        Value(option) => values(text, words, option).for_each(add),
        WordBehind(word) => {
            let at = words.iter().position(|one| text[one.clone()] == *word);
            let behind = at.map_or(&[][..], |at| &words[at + 1..]);
            // How the secret is written, in a router's configuration.
            let is_encryption =
                |one: &&Range<usize>| matches!(&text[(*one).clone()], "0" | "6" | "7" | "8");
            behind.iter().find(|one| !is_encryption(one)).cloned().into_iter().for_each(add);
        }
        First => words.first().cloned().into_iter().for_each(add),
        Behind(name) => {
            for word in words {
                if let Some(at) = text[word.clone()].find(name) {
                    add(word.start + at + name.len()..word.end);
                }
            }
        }
        LastPart => {
            let first = words.first().map(|word| unquoted(text, word.clone()));
            let parts = first.and_then(|first| {
                let at = text[first.clone()].rfind(' ')? + 1;
                Some(first.start + at..first.end)
            });
            parts.into_iter().for_each(add);
        }
        InBlock(_) => unreachable!("is behind the command line, which has a branch in `find`"),
        Joined(option) => {
            for word in words {
                let written = &text[word.clone()];
                if written.len() > option.len() && written.starts_with(option) {
                    let joined = word.start + option.len()..word.end;
                    // `-port`, and `-u user:…` joined.
                    if option == "-u" {
                        behind(text, unquoted(text, joined), ':').into_iter().for_each(&mut add);
                    } else if !text[joined.clone()].bytes().all(|byte| byte.is_ascii_lowercase())
                        || option.ends_with(':')
                    {
                        add(joined);
                    }
                }
            }
        }
        Pair(option) => {
            for range in values(text, words, option) {
                let range = unquoted(text, range);
                // A token in place of a user has no password.
                let account = text[range.clone()].split_once(':');
                let token = account.filter(|(user, password)| {
                    url::is_fixed_password(password) && value::is_token(user)
                });
                match token {
                    Some((token, _)) => add(range.start..range.start + token.len()),
                    None => behind(text, range, ':').into_iter().for_each(&mut add),
                }
            }
        }
        Comma(option) => {
            for range in values(text, words, option) {
                behind(text, unquoted(text, range), ',').into_iter().for_each(&mut add);
            }
        }
        Percent(option) => {
            for range in values(text, words, option) {
                behind(text, unquoted(text, range), '%').into_iter().for_each(&mut add);
            }
        }
        Word(number) => {
            let plain = words.iter().filter(|word| !text[(*word).clone()].starts_with('-'));
            if let Some(word) = plain.clone().nth(number - 1) {
                let range = unquoted(text, word.clone());
                let written = &text[range.clone()];
                let is_mixed = value::is_password(written) || value::is_token(written);
                if is_mixed {
                    add(range);
                }
            }
        }
        Slash => {
            // In `user@host/service`, no password is given.
            let is_account = |word: &&Range<usize>| {
                let (user, rest) = text[(*word).clone()].split_once('/').unwrap_or_default();
                !rest.is_empty() && (!user.contains('@') || rest.contains('@'))
            };
            let word = words.iter().find(is_account);
            if let Some(range) =
                word.and_then(|word| behind(text, unquoted(text, word.clone()), '/'))
            {
                let end = text[range.clone()].find('@').map_or(range.end, |at| range.start + at);
                add(range.start..end);
            }
        }
        Account => {
            let account =
                words.first().and_then(|word| behind(text, unquoted(text, word.clone()), ':'));
            account.into_iter().for_each(add);
        }
        LastPair => {
            let account =
                words.last().and_then(|word| behind(text, unquoted(text, word.clone()), ':'));
            account.into_iter().for_each(add);
        }
        PassArgument => {
            for word in words {
                let range = unquoted(text, word.clone());
                if text[range.clone()].starts_with("pass:") {
                    add(range.start + 5..range.end);
                }
            }
        }
        Cookies(option) => {
            for range in values(text, words, option) {
                crate::cookie::pairs(text, unquoted(text, range), found);
            }
        }
    }
}

/// The word behind `name` in the line that begins with it, one of the next three, perhaps with the digit that says how it is
/// written.
fn in_block(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let line = ahead(text, start, LONGEST).lines().skip(1).take(3).find_map(|line| {
        line.trim_start().strip_prefix(name).filter(|rest| rest.starts_with(' '))
    })?;
    let word = line.split_ascii_whitespace().find(|word| !matches!(*word, "0" | "7" | "6"))?;
    value::is_given(word).then(|| range_of(text, word))
}

/// The values of an option: the next word, or what follows `=`.
fn values<'t>(
    text: &'t str,
    words: &'t [Range<usize>],
    option: &'static str,
) -> impl Iterator<Item = Range<usize>> + 't {
    words.iter().enumerate().filter_map(move |(at, word)| {
        let written = &text[word.clone()];
        let rest = written.strip_prefix(option)?;
        if rest.is_empty() {
            words.get(at + 1).cloned()
        } else {
            rest.starts_with(['=', ':']).then(|| word.start + option.len() + 1..word.end)
        }
    })
}

/// What follows the user of an account; a user that was found to be a token has a colon of its own.
fn behind(text: &str, range: Range<usize>, separator: char) -> Option<Range<usize>> {
    let account = &text[range.clone()];
    let is_redacted = account.starts_with("[REDACTED:");
    let user = if is_redacted { account.find(']')? } else { 0 };
    let at = user + account[user..].find(separator)?;
    let user = &text[range.start..range.start + at];
    let secret = range.start + at + separator.len_utf8()..range.end;
    (text[secret.clone()] != *user).then_some(secret)
}

/// What reads a password twice: `echo -e "…\n…" | passwd kim`.
const PASSWD: &str = "passwd ";
/// What Redis is told behind its prompt; mail has the word, too.
const AUTH: &str = "AUTH ";
/// Commands and options that read a password from the standard input, and files that hold nothing else.
#[rustfmt::skip]
const PIPED: &[&str] = &[
    PASSWD, "chpasswd", "--password-stdin", "sudo -s ", "passwd --stdin", "kinit ", "cryptsetup ", "--passphrase-fd",
    "--passwd-on-stdin", "vncpasswd -f", "secret create ", "secret put ", "secret-tool store", "p4 login", "saslpasswd2 ",
    ".erlang.cookie", ".vault_pass", "keepassxc-cli ", "env add ",
    "secrets create ", "secrets versions add ",
];

/// `echo 'user:…' | chpasswd`, `echo … | docker login --password-stdin`, `echo … > ~/.vault_pass`
fn piped(text: &str, end: usize, is_pair: bool) -> Option<Range<usize>> {
    let floor = text.floor_char_boundary(end.saturating_sub(LONGEST));
    let start = text[floor..end].rfind('\n').map_or(floor, |at| floor + at + 1);
    let line = &text[start..end];
    let piped = line.rfind(['|', '>'])?;
    let echoed = ["echo ", "printf "]
        .into_iter()
        .find_map(|echo| line[..piped].rfind(echo).map(|at| at + echo.len()))?;
    // Behind options and the format of `printf`.
    let words = words(&text[..start + piped], start + echoed);
    let is_value = |word: &&Range<usize>| {
        let written = &text[unquoted(text, (*word).clone())];
        !written.starts_with('-') && !matches!(written, "%s" | "%s\\n" | "%b")
    };
    let word = words.iter().find(is_value).map(|word| unquoted(text, word.clone()))?;
    let secret = if is_pair { behind(text, word, ':')? } else { word };
    let written = &text[secret.clone()];
    (value::is_given(written) || value::is_passphrase(written)).then_some(secret)
}

/// Adds the words of the string that is piped, of which each is the password: `echo -e "…\n…" | passwd kim`. The line's end in
/// it may be seen as one.
fn typed_twice(text: &str, end: usize, found: &mut Vec<Range<usize>>) {
    let floor = text.floor_char_boundary(end.saturating_sub(LONGEST / 4));
    let before = text[floor..end].trim_end();
    let before = before.strip_suffix("sudo").unwrap_or(before).trim_end();
    let Some(before) = before.strip_suffix('|') else { return };
    let echoed = ["echo ", "printf "].iter().filter_map(|echo| before.rfind(echo)).max();
    let Some(echoed) = echoed else { return };
    let words = before[echoed..].split([' ', '"', '\'', '\n', '\t', ';', '(']).skip(1);
    let words = words.flat_map(|word| word.split("\\n"));
    for word in words.filter(|word| value::is_given(word)) {
        found.push(range_of(text, word));
    }
}

/// Without what ends the command that the line stands in: the bracket of `$(openssl passwd …)`, a semicolon.
fn without_end(text: &str, range: Range<usize>) -> Range<usize> {
    match text[range.clone()].strip_suffix([')', ';']) {
        Some(inner) if !inner.contains('(') => range.start..range.end - 1,
        _ => range,
    }
}

/// The elements of a list of arguments from `start` on, without their quotes: `["sshpass", "-p", "…"]`.
fn listed_words(text: &str, start: usize) -> Vec<Range<usize>> {
    let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
    let mut words = Vec::new();
    let mut at = start;
    while words.len() < MOST_WORDS {
        let rest = text[at..limit].trim_start();
        let begun = limit - rest.len();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some(end) = rest[1..].find(quote) else { break };
        words.push(begun + 1..begun + 1 + end);
        at = begun + end + 2;
        match text[at..limit].strip_prefix(',') {
            Some(_) => at += 1,
            None => break,
        }
    }
    words
}

/// The range without quotes around it, perhaps escaped ones.
fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let written = &text[range.clone()];
    for quote in ["\\\"", "\\'", "\"", "'", "`"] {
        if let Some(inner) = written.strip_prefix(quote) {
            let start = range.start + quote.len();
            let end = inner.find(quote).map_or(range.end, |end| start + end);
            return start..end;
        }
    }
    range
}

/// The words of the command line from `start` on: up to its end, which a backslash before a line's end
/// defers, or an operator.
fn words(text: &str, start: usize) -> Vec<Range<usize>> {
    let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
    let mut words = Vec::new();
    let mut begun: Option<usize> = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text[start..limit].char_indices() {
        let at = start + at;
        if std::mem::take(&mut escaped) {
            if c == '\n' && quote.is_none() {
                begun = None;
            }
            continue;
        }
        let ends = match (quote, c) {
            (Some(open), c) if c == open => {
                quote = None;
                false
            }
            (_, '\n') if quote.is_some() => return words,
            (Some(_), _) => false,
            (None, '"' | '\'')
                if text[..at].ends_with(|c: char| c.is_alphanumeric())
                    && begun.is_none_or(|begun| {
                        !text[begun..at].contains('=') && !text[begun..at].starts_with('-')
                    }) =>
            {
                // The quote that ends the string in which the command line stands.
                words.extend(begun.map(|begun| begun..at));
                return words;
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                false
            }
            (None, '\\') => {
                escaped = true;
                if text[at + 1..].starts_with(['\n', '\r']) {
                    words.extend(begun.take().map(|begun| begun..at));
                    continue;
                }
                false
            }
            (None, c) => c.is_whitespace() || c == '`',
        };
        let is_operator = quote.is_none() && matches!(c, '|' | '\n' | '`');
        if ends || is_operator {
            words.extend(begun.take().map(|begun| begun..at));
            if is_operator || words.len() >= MOST_WORDS {
                return words;
            }
        } else if begun.is_none() && !c.is_whitespace() {
            begun = Some(at);
        }
    }
    words.extend(begun.map(|begun| begun..limit));
    words
}

//! What stands in place of a secret in other languages than English: placeholders, and labels and messages of interfaces.

/// “Your”, without and with its accents.
#[rustfmt::skip]
const YOUR: &[&str] = &[
    // German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish, Swedish, Danish and Norwegian.
    "ihr", "ihre", "ihren", "dein", "deine", "deinen", "votre", "vos", "ton", "ta", "tes", "tu", "tus", "su", "sus", "sua", "seu", "teu", "tua",
    "suo", "tuo", "vostra", "vostro", "uw", "jouw", "je", "twoj", "twój", "twoja", "twoje", "wasz", "senin", "sizin", "din", "ditt", "er", "ert",
    // Russian, Ukrainian, Czech.
    "ваш", "ваша", "ваше", "твой", "твоя", "твій", "вашего", "váš", "vas", "vaše", "vase", "tvůj",
];
/// Keys, tokens and passwords.
#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "passwort", "kennwort", "schluessel", "schlüssel", "geheimnis", "zugangsdaten", "passe", "cle", "clé", "clef", "jeton", "contrasena", "contraseña",
    "clave", "llave", "secreto", "senha", "chave", "segredo", "chiave", "segreto", "parola", "wachtwoord", "sleutel", "geheim", "haslo", "hasło",
    "klucz", "sifre", "şifre", "şifreniz", "sifreniz", "anahtar", "anahtari", "losenord", "lösenord", "nyckel", "adgangskode", "noegle", "nøgle", "passord",
    "nokkel", "nøkkel", "пароль", "ключ", "токен", "секрет", "heslo", "klíč", "klic", "token", "key", "password", "secret",
];
/// What stands beside these.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "api", "app", "mot", "de", "do", "da", "di", "del", "la", "le", "el", "der", "das", "den", "o", "a", "il", "hier", "ici", "aqui", "aquí", "qui", "tutaj",
    "buraya", "här", "her", "acceso", "acces", "accès", "acesso", "accesso", "zugangs", "geheimer", "geheimes", "secrete", "secrète", "secreta", "segreta",
    "privada", "prive", "privée", "id", "client", "cliente", "access", "einfuegen", "einfügen", "eintragen", "eingeben", "inserer", "insérer", "здесь", "тут", "апи",
];

/// Whether `value` says whose secret would stand there: `IHR_API_SCHLUESSEL`, `votre-cle-api`, `ваш_ключ`.
pub(crate) fn is_placeholder(value: &str) -> bool {
    const LONGEST: usize = 64;
    if value.len() > LONGEST || value.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let value = value.to_lowercase();
    let words = || value.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let is_of = |list: &'static [&str]| move |word: &str| list.contains(&word);
    words().any(is_of(YOUR))
        && words().any(is_of(SECRETS))
        && words().all(|word| [YOUR, SECRETS, BESIDE].iter().any(|list| list.contains(&word)))
}

/// Whether `value` is a label or a message in a language that is written without blanks: `パスワードは8文字以上です。`. What
/// is in ASCII in it are words and small numbers, and fewer.
pub(crate) fn is_label(value: &str) -> bool {
    const FEWEST: usize = 4;
    const FEWEST_WITHOUT_MARK: usize = 6;
    const LONGEST_NUMBER: usize = 3;
    #[rustfmt::skip]
    const MARKS: &[char] = &[
        '。', '、', '「', '」', '『', '』', '・', '…', '\u{ff01}', '\u{ff1f}', '\u{ff1a}', '\u{ff1b}', '\u{ff0c}', '\u{ff08}', '\u{ff09}',
    ];
    let letters = value.chars().filter(|c| is_of_unspaced(*c)).count();
    if letters < FEWEST {
        return false;
    }
    let has_mark = value.chars().any(|c| MARKS.contains(&c));
    let ends_with_letter = value.chars().next_back().is_some_and(is_of_unspaced);
    let is_word = |run: &str| {
        run.bytes().all(|byte| byte.is_ascii_alphabetic())
            || run.len() <= LONGEST_NUMBER && run.bytes().all(|byte| byte.is_ascii_digit())
    };
    let ascii = || value.split(|c: char| !c.is_ascii_graphic()).filter(|run| !run.is_empty());
    let written = ascii().map(str::len).sum::<usize>();
    written < letters
        && ascii().all(is_word)
        && (has_mark || written == 0 || letters >= FEWEST_WITHOUT_MARK && ends_with_letter)
}

/// Kana, Han, Hangul, Thai, Lao, Khmer and Burmese.
fn is_of_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e01}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

//! Detects the East Asian encoding of a short text.
//!
//! A general detector needs some dozens of characters to distinguish these encodings, but a comment in code
//! may have four. So the text is decoded in each encoding, and the result is scored by the share of its
//! characters that are frequent in the language: wrong encodings result in rare characters.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS};

/// The most frequent characters of simplified Chinese, and frequent ones in comments of code.
const SIMPLIFIED: &str = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之\
    年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者\
    意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产或新己\
    制身果加月话合回特代内信表化老给世位次度门任常先海通教原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打变\
    四总何电数安少报才结反受目太量再感建务做接必场件计管期市直资命金指许统区保至队形便空决治展科司五基书非则听界达光放强\
    即像难且权象完设式色路记品住告类求据程北边该交规万取拉格望术领共确传师观清切让识候带导争运返参请改配置输错误码析函整默\
    值判断串字符循环初始注释源调试测版存储删除添查询缓列组索引键节户登录密限状态异抛捕获线锁池消息服器端客网络协议连余额足\
    径距离算减乘显示隐藏击按钮页单框架库包依赖装启停止编译构部署志级警";
/// The same for traditional Chinese.
const TRADITIONAL: &str = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之\
    年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日者\
    意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應向頭文體政美相見被利什二等產或新己\
    制身果加月話合回特代內信表化老給世位次度門任常先海通教原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活更別打變\
    四總何電數安少報才結反受目太量再感建務做接必場件計管期市直資命金指許統區保至隊形便空決治展科司五基書非則聽界達光放強\
    即像難且權象完設式色路記品住告類求據程北邊該交規萬取拉格望術領共確傳師觀清切讓識候帶導爭運返參請改配置輸錯誤碼析函整預\
    值判斷串字符迴圈初始註釋源調試測版存儲刪除添查詢快列組索引鍵節戶登錄密限狀態異拋捕獲線鎖池消息服器端客網路協議連餘額足\
    徑距離算減乘顯示隱藏按鈕頁單框架庫包依賴裝啟停止編譯構部署誌級警檔案";
/// The most frequent syllables of Korean.
const HANGUL: &str = "이다는을를의에로하고지가기은도한사서나어시인자대리아스그해부정으만수있습니요면과들라전제상일보\
    동여장주안구성조비원우트용파값설함변경오류처입력출반환생삭추검색확실행초화데터와된되할했않없게세계마소모유신무소공후내\
    작결문때까년명것음간개등건상호출목록번름드크";
/// Frequent Chinese characters of Japanese, beside kana.
const KANJI: &str = "日本語設定更新処理関数値取得変換入力出返確認削除追加検索表示実行初期化失敗成功場合使用必要対象文字列\
    数名前後時間年月分人一二三上下中大小方法内外部全件番号引戻送受信接続開始終了読書込計算種類型式条件指示画面項目情報状態例外\
    通常注意修正呼次元以用途保存記録登録作業無有効同期版型環境";

/// With more characters outside ASCII, a text is long enough for the general detector. By hand.
const SHORT: usize = 60;
/// The minimum share of frequent characters in the right encoding, in texts of two or more characters. By
/// hand, not measured.
const LIKELY_SHARE: f64 = 0.5;
/// The minimum lead of the best score over the next. By hand, not measured.
const CLEAR_LEAD: f64 = 0.2;

/// The result of the detection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is in this encoding.
    Sure(&'static Encoding),
    /// It is in an East Asian encoding, but it can't be determined in which.
    Unknown,
    /// It is in none of these encodings, or long: the general detector decides.
    NotHere,
}

/// Detects the encoding of `bytes`, for which the general detector guessed `guessed`.
pub(crate) fn read(bytes: &[u8], guessed: &'static Encoding) -> Reading {
    let candidates = [GBK, BIG5, EUC_JP, EUC_KR, SHIFT_JIS];
    let mut scored: Vec<(f64, &'static Encoding)> = Vec::new();
    for encoding in candidates {
        match score(bytes, encoding) {
            Some(Score::Share(share)) => scored.push((share, encoding)),
            Some(Score::Long) => return Reading::NotHere,
            None => {}
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(&(best, encoding)) = scored.first() else { return Reading::NotHere };
    let next = scored.get(1).map_or(0.0, |&(share, _)| share);
    if best >= LIKELY_SHARE && best >= next + CLEAR_LEAD {
        Reading::Sure(encoding)
    } else if candidates.contains(&guessed) {
        Reading::Unknown
    } else {
        Reading::NotHere
    }
}

enum Score {
    /// The share of frequent characters among those outside ASCII.
    Share(f64),
    Long,
}

/// `None` if `bytes` are not in that encoding.
fn score(bytes: &[u8], encoding: &'static Encoding) -> Option<Score> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let foreign = text.chars().filter(|c| !c.is_ascii() && !is_punctuation(*c));
    let (mut all, mut frequent) = (0_usize, 0_usize);
    for c in foreign {
        all += 1;
        frequent += usize::from(is_frequent(c, encoding));
        if all > SHORT {
            return Some(Score::Long);
        }
    }
    // A single character is no evidence.
    (all >= 2).then(|| Score::Share(frequent as f64 / all as f64))
}

/// Punctuation, which all of these encodings have.
fn is_punctuation(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3020}' | '\u{ff01}'..='\u{ff5e}' | '\u{2010}'..='\u{2027}' | '·')
}

fn is_frequent(c: char, encoding: &'static Encoding) -> bool {
    if encoding == GBK {
        SIMPLIFIED.contains(c)
    } else if encoding == BIG5 {
        TRADITIONAL.contains(c)
    } else if encoding == EUC_KR {
        HANGUL.contains(c)
    } else {
        matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | 'ー') || KANJI.contains(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of the encoding in which `text` is found, which was written in `encoding`.
    fn found(text: &str, encoding: &'static Encoding) -> Option<&'static str> {
        let source = format!("int stepone(int x) {{\n    // {text}\n    return x + 1;\n}}\n");
        let (bytes, _, failed) = encoding.encode(&source);
        assert!(!failed, "{text}");
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
        detector.feed(&bytes, true);
        match read(&bytes, detector.guess(None, chardetng::Utf8Detection::Deny)) {
            Reading::Sure(encoding) => Some(encoding.name()),
            Reading::Unknown | Reading::NotHere => None,
        }
    }

    #[test]
    fn short_comments_are_told_apart() {
        for text in [
            "解析请求参数",
            "参数",
            "返回错误码",
            "如果余额不足则抛出异常",
            "初始化，然后连接数据库",
        ] {
            assert_eq!(found(text, GBK), Some("GBK"), "{text}");
        }
        for text in ["解析請求參數", "傳回錯誤碼", "如果餘額不足"] {
            assert_eq!(found(text, BIG5), Some("Big5"), "{text}");
        }
        for text in ["설정 파일을 읽는다", "오류를 반환한다", "사용자 이름"] {
            assert_eq!(found(text, EUC_KR), Some("EUC-KR"), "{text}");
        }
        for text in ["設定を読み込む", "エラーを返す", "ファイルを開く"] {
            assert_eq!(found(text, EUC_JP), Some("EUC-JP"), "{text}");
            assert_eq!(found(text, SHIFT_JIS), Some("Shift_JIS"), "{text}");
        }
    }

    #[test]
    fn western_texts_are_not_theirs() {
        for text in ["Größe der Füße", "déjà vu, là-bas", "año próximo", "smørrebrød på bordet"]
        {
            assert_eq!(found(text, encoding_rs::WINDOWS_1252), None, "{text}");
        }
        for text in ["поле имя", "ошибка чтения"] {
            assert_eq!(found(text, encoding_rs::WINDOWS_1251), None, "{text}");
        }
    }

    #[test]
    fn rare_characters_alone_are_not_guessed() {
        let (bytes, _, _) = GBK.encode("// 饕餮魑魅\n");
        assert_ne!(read(&bytes, SHIFT_JIS), Reading::Sure(SHIFT_JIS));
    }
}

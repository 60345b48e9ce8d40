//! What tests of this crate share.

use crate::Headroom;

/// Makes `long` short, and says of which kind it was.
pub(crate) struct Short;

impl Headroom for Short {
    fn compress(&self, text: &str, kind: Option<&str>) -> Option<String> {
        let short = format!("short({})", kind.unwrap_or_default());
        text.contains("long").then(|| text.replace("long", &short))
    }

    fn retrieve(&self, arguments: &str) -> String {
        format!(r#"{{"content":[{{"type":"text","text":"retrieved"}}],"of":{arguments}}}"#)
    }
}

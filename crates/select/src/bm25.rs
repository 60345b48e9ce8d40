//! Okapi BM25 (Robertson and Zaragoza, 2009), over counts that the caller made.

/// Term saturation: how fast further occurrences of a term stop counting. The usual default.
const K1: f64 = 1.2;

/// Inverse document frequency of a term that `matching` of `documents` hold; never negative.
pub(crate) fn idf(documents: usize, matching: usize) -> f64 {
    let (n, df) = (documents as f64, matching as f64);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}

/// The weight of a term that occurs `count` times in a document of `length`, where documents are
/// `average` long and `b` (0 to 1) says how much length matters; to be multiplied by its idf.
pub(crate) fn saturate(count: f64, length: f64, average: f64, b: f64) -> f64 {
    if count <= 0.0 {
        return 0.0;
    }
    let norm = 1.0 - b + b * length / average.max(1.0);
    count * (K1 + 1.0) / (count + K1 * norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_terms_weigh_more_and_repeats_saturate() {
        assert!(idf(100, 1) > idf(100, 50));
        assert!(idf(100, 100) >= 0.0);
        let once = saturate(1.0, 10.0, 10.0, 0.5);
        let twice = saturate(2.0, 10.0, 10.0, 0.5);
        assert!(twice > once && twice < 2.0 * once);
        assert!(saturate(1.0, 100.0, 10.0, 0.5) < once);
    }
}

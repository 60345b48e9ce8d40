//! In place of `vectors`, for processors whose vector instructions aren't used.

use std::convert::Infallible;
use std::ops::Range;

use crate::classes::Classes;
use crate::filter::Filter;
use crate::tables::{Positions, Tables};

/// None.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vectors(Infallible);

impl Vectors {
    pub(crate) fn available() -> Option<Self> {
        None
    }

    pub(crate) fn classes(self, _: &[u8]) -> Classes {
        match self.0 {}
    }

    pub(crate) fn known<const LONG: usize, const SHORT: usize, const AT_ONCE: usize>(
        self,
        _: &Tables<LONG, SHORT>,
        _: &[u8],
        _: &Positions<AT_ONCE>,
        _: &mut Positions<AT_ONCE>,
    ) {
        match self.0 {}
    }

    pub(crate) fn positions<const AT_ONCE: usize>(self, _: &[u64], _: &mut Positions<AT_ONCE>) {
        match self.0 {}
    }

    pub(crate) fn candidates(self, _: &Filter, _: &[u8], _: Range<usize>, _: &mut Vec<u64>) {
        match self.0 {}
    }
}

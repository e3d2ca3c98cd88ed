//! What the suite of recorded command lines needs: the case format, a runner, the judge and the list of known failures.

pub(crate) mod judge;
pub(crate) mod known;
pub(crate) mod real;
pub(crate) mod run;
pub(crate) mod txtar;

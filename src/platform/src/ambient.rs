//! Time and chance, handed in by the composition root so that tests can choose them.

use domain::time::Micros;

pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Micros;
}

pub trait Chance: Send + Sync + 'static {
    /// Fills `bytes` from a source fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

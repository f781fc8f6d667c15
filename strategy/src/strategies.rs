//! The strategies that come with tickline.

pub mod null;

pub mod bbo;

pub use bbo::Bbo;
pub use null::Null;

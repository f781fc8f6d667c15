//! `tickline`: the command line.
fn main() {}

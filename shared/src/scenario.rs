//! The parts of a scenario file that both processes read.

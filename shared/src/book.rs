//! Books: filled in below.

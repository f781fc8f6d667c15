//! From files to messages: what is read must be what was written, whatever carried it.
//!
//! The encoders in `wire` know nothing of the code under test; where a ready parser exists it serves
//! as a second opinion.

// Nobody can reach into a test: `pub` here says "for the other files".
#![allow(unreachable_pub)]

mod wire;

mod captures;
mod cme;
mod cme_captures;
mod containers;
mod damage;
mod datagrams;
mod dbn;
mod dbn_captures;
mod decode;
mod files;
mod iex;
mod iex_captures;
mod lines;
mod lines_real;
mod links;
mod numbered_datagrams;
mod packing;
mod recordings;
mod text_captures;
mod text_lines;

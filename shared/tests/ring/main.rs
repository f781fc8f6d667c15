//! The ring as a whole, over its real memory and its real socket.
#![cfg(not(loom))]

mod feed;

mod one_process;
mod two_processes;

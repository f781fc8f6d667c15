//! `tickline-feed SCENARIO`: plays captures into a ring, pinned to its core.

use tickline_shared::allocations::Counting;
use tickline_shared::exit::Exit;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Exit {
    tickline_feed::process::main()
}

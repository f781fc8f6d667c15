//! Every key of a scenario, for `config explain` and for `--set`. A test asks the parsers which
//! keys they take and compares.

use tickline_feed::venue::Venue;

use super::key::{Key, key};

/// All keys, in the order of a scenario file.
pub const KEYS: &[Key] = &[
    key(
        "name",
        "text of a-z, 0-9, _ and -, at most 31",
        "Names the run, its directory runs/<name>-<UTC time>, and the ring where that has no name.",
    ),
    key("ring", "table", "The ring between the feed and its strategies.").default("every default"),
    key(
        "ring.name",
        "text of a-z, 0-9, _ and -, at most 31",
        "How strategies and `tickline rings` find the ring. Two feeds cannot share one.",
    )
    .default("the scenario's name"),
    key(
        "ring.slots",
        "power of two, 64 to 67108864",
        "How many records the ring holds, 64 bytes each. More slots let a strategy fall further \
         behind before the feed waits for it or laps it; more than fit into the cores' caches \
         (65536 are 4 MiB) make every record slower to read.",
    )
    .default("65536")
    .unit("slots of 64 bytes"),
    key(
        "ring.pages",
        "\"huge\", \"huge!\", \"transparent\" or \"small\"",
        "The memory pages behind the ring. `huge` takes 2 MiB pages from the reserved pool and \
         falls back to transparent, then small ones, and the run says which it got; `huge!` \
         refuses to fall back. `tickline doctor` shows how to reserve them.",
    )
    .default("\"huge\""),
    key("feed", "table", "The process that reads the venue's data and fills the ring."),
    key(
        "feed.core",
        "whole number",
        "The core that the feed runs on, alone if it can. Without it `launch` chooses one.",
    )
    .default("chosen by `launch`")
    .unit("the system's number of a core, from 0"),
    key(
        "feed.priority",
        "\"normal\", or \"fifo:1\" to \"fifo:98\"",
        "`fifo:50` gives the loop's thread the real-time scheduler SCHED_FIFO, once it is on its core: \
         nothing of a lower priority takes that core from it, which is what p99.9 and beyond show. \
         It needs a core that no other loop has, and another one for the rest of the machine: a \
         loop that spins there lets nothing else run. It needs CAP_SYS_NICE or a limit for rtprio; \
         without, the loop runs on as before and the run says so.",
    )
    .default("\"normal\""),
    key(
        "feed.lock_memory",
        "true or false",
        "Keeps the process's memory in memory: the kernel never takes a page away when memory runs \
         short, so no loop waits for one to come back. Captures are left out, they may be larger \
         than the memory. It needs CAP_IPC_LOCK or an unlimited limit for locked memory; without, \
         nothing is locked and the run says so.",
    )
    .default("false"),
    key(
        "feed.restart",
        "\"never\" or \"on-failure\"",
        "What `launch` does when the feed fails. `on-failure` starts it again, after 100 ms, then \
         twice that, up to 10 s, and gives up after 8 times within a minute. A feed that comes \
         back plays its source from the start: strategies attach to its new ring, are told to \
         clear their books, and see again what they saw; the summary counts the last feed. It \
         comes back only while every strategy is there, and never after a mistake in the scenario.",
    )
    .default("\"never\""),
    key(
        "feed.venue",
        Venue::CHOICES,
        "What the bytes mean. `auto` looks at the data, says what it took it for and why, and \
         refuses what it does not know. A name refuses the data of any other venue.",
    )
    .default("\"auto\""),
    key(
        "feed.publish",
        "list of \"orders\", \"levels\", \"quotes\" and \"trades\", at least one",
        "What goes into the ring: every event of every order, of a venue that sends orders; what stands \
         at each price when it changes, of a venue that sends price levels; the best bid and offer when \
         one changes; the trades. Gaps, clears and statuses such as a trading halt go in anyhow.",
    )
    .default("[\"quotes\", \"trades\"]"),
    key(
        "feed.symbols",
        "list of names of instruments",
        "Only these go into the ring, by the venue's names or by the aliases of longer ones; an empty \
         list lets all of them. The books keep all symbols anyhow.",
    )
    .default("[]"),
    key(
        "feed.instrument",
        "list of tables",
        "What is known of an instrument besides what the venue says: [[feed.instrument]]. Strategies \
         read it in the table of instruments, with what the venue adds.",
    )
    .default("none: the venue's word holds"),
    key(
        "feed.instrument.symbol",
        "text",
        "The instrument's name as the venue writes it; each has one table at most.",
    ),
    key(
        "feed.instrument.alias",
        "text of 1 to 8 characters without spaces",
        "How records call an instrument whose name is longer than the 8 characters that they have \
         room for.",
    )
    .default("follows from the name, as 1000~6AB"),
    key(
        "feed.instrument.price_decimals",
        "whole number, 0 to 9",
        "How many decimals its prices have: 2 where the least step is a cent.",
    )
    .default("what the venue says")
    .unit("decimals"),
    key(
        "feed.instrument.quantity_decimals",
        "whole number, 0 to 9",
        "Of how many decimals of a share, contract or coin a record's quantity counts the last: with \
         3, a quantity of 2500 is 2.5. For venues that trade in fractions; others say it themselves.",
    )
    .default("what the venue says")
    .unit("decimals"),
    key(
        "feed.instrument.lot",
        "whole number, 1 to 4294967295",
        "How large a round lot is.",
    )
    .default("what the venue says")
    .unit("as records count quantities"),
    key(
        "feed.live_orders",
        "whole number, 1024 to 268435456",
        "Orders that the feed has room for from the start, at 128 to 256 bytes each (2000000 take \
         256 MiB). A day with more makes it grow while messages wait: the summary counts that.",
    )
    .default("2000000")
    .unit("orders"),
    key(
        "feed.metrics",
        "address and port, such as \"127.0.0.1:9464\" or \"[::1]:9464\"",
        "Where the feed serves what it and its strategies count to Prometheus, at /metrics. The feed \
         does not start where the address cannot be had. Anyone who reaches the address can read the \
         page: \"127.0.0.1\" is seen on this host alone, \"0.0.0.0\" from everywhere. Port 0 takes \
         any that is free, and the log says which. Requests are served off the cores of the \
         scenario, where there are others. `tickline metrics --list` explains the figures.",
    )
    .default("none: nothing is served, and no port is opened"),
    key(
        "feed.source",
        "table with `capture` or `generate`",
        "Where the data comes from, and how fast.",
    ),
    key(
        "feed.source.capture",
        "list of files, at least one",
        "Captures, played one after the other. A relative path starts at the scenario's folder; \
         gzip and zstd are recognized by their content.",
    )
    .default("none; `generate` takes its place"),
    key(
        "feed.source.generate",
        "table",
        "A synthetic ITCH 5.0 day with the mix of a real one: no file is needed. The same values \
         give the same bytes. The whole day lies in memory before it is played, some 35 bytes a \
         message.",
    )
    .default("none; `capture` takes its place"),
    key("feed.source.generate.messages", "whole number, 1 to 4000000000", "How long the day is.")
        .default("2000000")
        .unit("messages"),
    key(
        "feed.source.generate.symbols",
        "whole number, 1 to 65535",
        "How many instruments it has. Each takes three messages of the day to announce it.",
    )
    .default("8000, or one for 100 messages where that is fewer")
    .unit("instruments"),
    key("feed.source.generate.seed", "whole number", "Another seed gives another day.")
        .default("1"),
    key(
        "feed.source.generate.live_orders",
        "whole number, 1 to 268435456",
        "The most orders that are live at a time, reached in the middle of the day; at most one \
         for 8 messages.",
    )
    .default("as on a real day, 7 for 1000 messages")
    .unit("orders"),
    key(
        "feed.source.speed",
        "\"max\", \"1x\", \"20x\", \"0.5x\", \"rate=1M\", \"rate=250k\"",
        "`max` plays as fast as the strategies take it; `20x` plays at 20 times the pace of the \
         capture's own timestamps; `rate=1M` plays at an even pace. In a paced replay latency \
         counts from the time a message was due, so a stall cannot hide.",
    )
    .default("\"max\"")
    .unit("multiple of the capture's pace, or messages per second"),
    key(
        "feed.source.loop",
        "whole number, 1 to 1000000",
        "How often the source is played. Each round is a new session.",
    )
    .default("1")
    .unit("rounds"),
    key(
        "feed.source.faults",
        "table",
        "Damages the datagrams of a capture on purpose, to rehearse losses: the log says so, and \
         the summary counts what was done. Captures with lines A and B show how much one of them \
         makes up for.",
    )
    .default("none: the data is played as it is"),
    key("feed.source.faults.drop", "number, 0 to 1", "The share of datagrams that do not come.")
        .default("none")
        .unit("of the datagrams"),
    key("feed.source.faults.duplicate", "number, 0 to 1", "The share that comes twice.")
        .default("none")
        .unit("of the datagrams"),
    key(
        "feed.source.faults.reorder",
        "number, 0 to 1",
        "The share that comes behind up to four later ones of its line, when those come.",
    )
    .default("none")
    .unit("of the datagrams"),
    key(
        "feed.source.faults.seed",
        "whole number",
        "Where the random numbers start: the same seed damages the same capture in the same way.",
    )
    .default("1, so that runs are alike"),
    key(
        "feed.source.faults.line",
        "address and port, as in \"224.0.31.64:14340\"",
        "The only line that suffers; `tickline inspect` shows the lines of a capture.",
    )
    .default("every line"),
    key(
        "feed.source.lines",
        "list of lists of addresses, as in [[\"A:port\", \"B:port\"]]",
        "Lines that carry the same channel, for a venue that names a channel by its addresses \
         alone (cme-mdp3), where they are not the venue's own pairs. Other venues name their \
         sessions in the data.",
    )
    .default("the venue's own pairs"),
    key("strategy", "list of tables, at most 16", "A process that reads the ring: [[strategy]]."),
    key(
        "strategy.name",
        "text of a-z, 0-9, _ and -, at most 31",
        "Names the strategy in reports and files; no two share one.",
    ),
    key(
        "strategy.core",
        "whole number",
        "The core that it runs on, best near the feed's. Without it `launch` chooses one.",
    )
    .default("chosen by `launch`")
    .unit("the system's number of a core, from 0"),
    key(
        "strategy.priority",
        "\"normal\", or \"fifo:1\" to \"fifo:98\"",
        "`fifo:50` gives the loop's thread the real-time scheduler SCHED_FIFO, as `feed.priority` \
         does for the feed's; the same conditions hold.",
    )
    .default("\"normal\""),
    key(
        "strategy.lock_memory",
        "true or false",
        "Keeps the process's memory in memory, as `feed.lock_memory` does for the feed's.",
    )
    .default("false"),
    key(
        "strategy.restart",
        "\"never\" or \"on-failure\"",
        "What `launch` does when the strategy fails. `on-failure` starts it again, at the times that \
         hold for `feed.restart`. It attaches where the feed is then; what was published in \
         between is lost to it, and the summary counts the last process.",
    )
    .default("\"never\""),
    key(
        "strategy.run",
        "\"null\", \"bbo\", or the path of a program, with a / in it",
        "What runs. `null` only reads, which measures the way to the strategy; `bbo` keeps the \
         best bid and offer of every symbol; a program is a crate of yours on tickline-strategy. \
         A relative path starts at the scenario's folder.",
    ),
    key(
        "strategy.reader",
        "\"lossless\" or \"lossy\"",
        "When the strategy falls behind by a whole ring: `lossless` makes the feed wait, `lossy` \
         lets it go on, and the strategy is told how many records it lost.",
    )
    .default("\"lossless\""),
    key("strategy.wait", "table", "How the strategy waits when nothing comes.")
        .default("{ spin = \"50us\", then = \"park\" }"),
    key(
        "strategy.wait.spin",
        "duration: \"500ns\", \"50us\", \"1ms\", \"2s\"",
        "How long it looks without pause, which keeps its core busy and costs no latency.",
    )
    .default("\"50us\"")
    .unit("ns, us, ms or s"),
    key(
        "strategy.wait.then",
        "\"park\", \"yield\" or \"spin\"",
        "What follows: `park` sleeps, and the next record pays some 25 us for the waking; `yield` \
         lets others run between looks; `spin` never stops, and needs the core for itself.",
    )
    .default("\"park\""),
    key(
        "strategy.idle",
        "\"deep\" or \"shallow\"",
        "How deep idle cores may sleep while the strategy runs. Most of the time that waking a \
         parked strategy takes is the core's way out of its deep idle state: `shallow` keeps all \
         cores of the machine in their shallowest state, and the wake-up takes about a sixth of \
         the time. It costs power and heat, and cores that are busy may have to do with less turbo. \
         It needs /dev/cpu_dma_latency; `tickline doctor` says whether it may be written.",
    )
    .default("\"deep\""),
    key(
        "strategy.spikes",
        "duration, or table with `over`",
        "Which slow records are kept, each with its stamps and what coincided with it: the worst \
         32 that took longer than this. Records that one stall delayed count as one. It costs the \
         loop nothing but about a microsecond for each spike, and a tenth of a millisecond of the \
         log's thread once a second.",
    )
    .default("none: nothing is kept"),
    key(
        "strategy.spikes.over",
        "duration: \"500ns\", \"5us\", \"1ms\", \"2s\"",
        "Only what took longer is kept.",
    )
    .unit("ns, us, ms or s"),
    key("strategy.spikes.keep", "whole number, 1 to 1024", "How many are kept, the worst.")
        .default("32 spikes")
        .unit("spikes"),
    key(
        "strategy.spikes.by",
        "\"decode\", \"hop\", \"strategy\" or \"total\"",
        "The stage that decides what is slow. At full speed nothing is ever due, and a total is \
         mostly queue: there the strategy's own time tells more.",
    )
    .default("\"total\" where a source is paced, \"strategy\" at \"max\""),
    key(
        "strategy.breakdown",
        "\"kind\", \"symbol\", or table with `by`",
        "Records one stage by kind or by symbol as well, each with two significant digits: \
         `tickline latency RUN --by kind` shows it, and the log has a tag for each, such as \
         total:kind=Quote. It takes up to 8 MB, and the loop a look at a table and one more \
         recording for each record. Without this key it costs nothing.",
    )
    .default("none: nothing is split"),
    key(
        "strategy.breakdown.by",
        "\"kind\" or \"symbol\"",
        "What splits the stage: what a record says (Quote, Trade, Add, ...) or its instrument.",
    ),
    key(
        "strategy.breakdown.stage",
        "\"decode\", \"hop\", \"strategy\" or \"total\"",
        "The stage that is split. At full speed nothing is ever due, and a total is mostly queue: \
         there the strategy's own time tells more.",
    )
    .default("\"total\" where a source is paced, \"strategy\" at \"max\""),
    key(
        "strategy.breakdown.symbols",
        "list of at most 64 texts",
        "The symbols that have a row each; all others share the row `other`.",
    )
    .default("the first 64 that come"),
];

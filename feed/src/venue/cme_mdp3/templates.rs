//! The messages that CME's schema has, versions 1.5 to 1.12, and how long their blocks are.

/// A message of the schema. Lengths are those of the newest version that has it: where more bytes
/// come, a newer version has added to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Template {
    /// Its number.
    pub id: u8,
    /// Its name, without the number.
    pub name: &'static str,
    /// Bytes of its root block.
    pub root: u16,
    /// Bytes of each block of its first group; 0 where it has none.
    pub entries: u16,
}

const fn template(id: u8, name: &'static str, root: u16, entries: u16) -> Template {
    Template { id, name, root, entries }
}

/// All of them.
#[rustfmt::skip]
pub const ALL: &[Template] = &[
    template(4, "ChannelReset", 9, 2),
    template(12, "AdminHeartbeat", 0, 0),
    template(15, "AdminLogin", 1, 0),
    template(16, "AdminLogout", 180, 0),
    template(27, "MDInstrumentDefinitionFuture", 216, 9),
    template(29, "MDInstrumentDefinitionSpread", 195, 9),
    template(30, "SecurityStatus", 30, 0),
    template(32, "MDIncrementalRefreshBook", 11, 32),
    template(33, "MDIncrementalRefreshDailyStatistics", 11, 32),
    template(34, "MDIncrementalRefreshLimitsBanding", 11, 32),
    template(35, "MDIncrementalRefreshSessionStatistics", 11, 24),
    template(36, "MDIncrementalRefreshTrade", 11, 32),
    template(37, "MDIncrementalRefreshVolume", 11, 16),
    template(38, "SnapshotFullRefresh", 59, 22),
    template(39, "QuoteRequest", 38, 32),
    template(41, "MDInstrumentDefinitionOption", 213, 9),
    template(42, "MDIncrementalRefreshTradeSummary", 11, 32),
    template(43, "MDIncrementalRefreshOrderBook", 11, 40),
    template(44, "SnapshotFullRefreshOrderBook", 28, 29),
    template(46, "MDIncrementalRefreshBook", 11, 32),
    template(47, "MDIncrementalRefreshOrderBook", 11, 40),
    template(48, "MDIncrementalRefreshTradeSummary", 11, 32),
    template(49, "MDIncrementalRefreshDailyStatistics", 11, 32),
    template(50, "MDIncrementalRefreshLimitsBanding", 11, 32),
    template(51, "MDIncrementalRefreshSessionStatistics", 11, 24),
    template(52, "SnapshotFullRefresh", 59, 22),
    template(53, "SnapshotFullRefreshOrderBook", 28, 29),
    template(54, "MDInstrumentDefinitionFuture", 224, 9),
    template(55, "MDInstrumentDefinitionOption", 221, 9),
    template(56, "MDInstrumentDefinitionSpread", 255, 9),
    template(57, "MDInstrumentDefinitionFixedIncome", 338, 9),
    template(58, "MDInstrumentDefinitionRepo", 275, 9),
    template(59, "SnapshotRefreshTopOrders", 13, 29),
    template(60, "SecurityStatusWorkup", 30, 10),
    template(61, "SnapshotFullRefreshTCP", 37, 26),
    template(62, "CollateralMarketValue", 11, 40),
    template(63, "MDInstrumentDefinitionFX", 309, 9),
    template(64, "MDIncrementalRefreshBookLongQty", 11, 32),
    template(65, "MDIncrementalRefreshTradeSummaryLongQty", 11, 40),
    template(66, "MDIncrementalRefreshVolumeLongQty", 11, 24),
    template(67, "MDIncrementalRefreshSessionStatisticsLongQty", 11, 32),
    template(68, "SnapshotFullRefreshTCPLongQty", 37, 23),
    template(69, "SnapshotFullRefreshLongQty", 59, 23),
];

/// By number.
const BY_ID: [Option<&Template>; 256] = {
    let mut by_id = [None; 256];
    let mut at = 0;
    while at < ALL.len() {
        by_id[ALL[at].id as usize] = Some(&ALL[at]);
        at += 1;
    }
    by_id
};

impl Template {
    /// The one of this number; `None` where the schema has none.
    #[inline]
    pub fn of(id: u16) -> Option<&'static Template> {
        BY_ID.get(usize::from(id)).copied().flatten()
    }
}

//! The messages of a generated day that leave the books as they are, and those that begin it.

use tickline_shared::units::Price;

use crate::venue::nasdaq_itch50::{
    BrokenTrade, CrossTrade, Dlcr, IpoQuotingPeriod, LuldAuctionCollar, MarketParticipantPosition,
    MwcbDeclineLevel, MwcbStatus, Noii, OperationalHalt, RegSho, Rpii, StockDirectory,
    StockTradingAction, SystemEvent, Trade,
};

use super::market::{Market, PARTICIPANTS, TICK, e4};
use super::symbols::Security;

/// Messages that introduce a security: directory, trading action, short-sale restriction.
pub(super) const DIRECTORY_MESSAGES: u64 = 3;

impl Market {
    /// The day reaches a mark.
    pub(super) fn send_system_event(&mut self, event_code: u8) {
        self.frame.put(&SystemEvent { header: self.header(b'S', 0), event_code });
    }

    /// One of the messages that introduce the securities, by its number.
    pub(super) fn send_directory(&mut self, number: u64) {
        let locate = 1 + number / DIRECTORY_MESSAGES;
        let security = self.securities.get(locate as u16);
        match number % DIRECTORY_MESSAGES {
            0 => self.send_security(&security),
            1 => self.send_trading_action(&security, b'T', *b"    "),
            _ => self.send_short_sale(&security, b'0'),
        }
    }

    /// A message of one of the types that do not change orders.
    pub(super) fn send_other(&mut self, kind: u8) {
        if kind == b'B' && self.last_match == 0 {
            return self.instead_of(kind);
        }
        self.mix.take(kind);
        let security = self.securities.draw(&mut self.random);
        match kind {
            b'Q' => self.send_cross(&security),
            b'I' => self.send_imbalance(&security),
            b'L' => self.send_position(&security),
            b'Y' => self.send_short_sale(&security, b'1'),
            b'H' => match self.halted.take() {
                Some(halted) => self.send_trading_action(&halted, b'T', *b"    "),
                None => {
                    self.halted = Some(security);
                    self.send_trading_action(&security, b'P', *b"LUDP");
                }
            },
            b'J' => self.send_collar(&security),
            b'K' | b'h' | b'N' | b'O' => self.send_rare(kind, &security),
            b'V' | b'W' => self.send_circuit_breaker(kind),
            b'B' => self.send_broken_trade(),
            _ => self.send_trade(),
        }
    }

    /// A trade of hidden orders.
    pub(super) fn send_trade(&mut self) {
        let security = self.securities.draw(&mut self.random);
        let trade = Trade {
            header: self.header(b'P', security.locate),
            order_reference: 0.into(),
            side: b'B',
            shares: self.quantity().into(),
            stock: security.stock,
            price: self.reference_price(&security).into(),
            match_number: self.next_match().into(),
        };
        self.frame.put(&trade);
    }

    fn send_security(&mut self, security: &Security) {
        let fund = self.random.chance(1, 4);
        self.frame.put(&StockDirectory {
            header: self.header(b'R', security.locate),
            stock: security.stock,
            market_category: if fund { b'P' } else { b'Q' },
            financial_status: b'N',
            round_lot_size: 100.into(),
            round_lots_only: b'N',
            issue_classification: if fund { b'Q' } else { b'C' },
            issue_sub_type: if fund { *b"E " } else { *b"Z " },
            authenticity: b'P',
            short_sale_threshold: b'N',
            ipo_flag: b'N',
            luld_reference_price_tier: if fund { b'2' } else { b'1' },
            etp_flag: if fund { b'Y' } else { b'N' },
            etp_leverage_factor: u32::from(fund).into(),
            inverse_indicator: b'N',
        });
    }

    fn send_trading_action(&mut self, security: &Security, trading_state: u8, reason: [u8; 4]) {
        self.frame.put(&StockTradingAction {
            header: self.header(b'H', security.locate),
            stock: security.stock,
            trading_state,
            reserved: b' ',
            reason,
        });
    }

    fn send_short_sale(&mut self, security: &Security, action: u8) {
        let header = self.header(b'Y', security.locate);
        self.frame.put(&RegSho { header, stock: security.stock, action });
    }

    fn send_position(&mut self, security: &Security) {
        let mpid = PARTICIPANTS[self.random.below(PARTICIPANTS.len() as u64) as usize];
        self.frame.put(&MarketParticipantPosition {
            header: self.header(b'L', security.locate),
            mpid,
            stock: security.stock,
            primary_market_maker: b'Y',
            mode: b'N',
            state: b'A',
        });
    }

    fn send_cross(&mut self, security: &Security) {
        let shares = 100 * self.random.spread(16);
        let cross = CrossTrade {
            header: self.header(b'Q', security.locate),
            shares: shares.into(),
            stock: security.stock,
            cross_price: self.reference_price(security).into(),
            match_number: self.next_match().into(),
            cross_type: if self.is_early() { b'O' } else { b'C' },
        };
        self.frame.put(&cross);
    }

    fn send_imbalance(&mut self, security: &Security) {
        let price = self.reference_price(security);
        self.frame.put(&Noii {
            header: self.header(b'I', security.locate),
            paired_shares: (100 * self.random.spread(12)).into(),
            imbalance_shares: (100 * self.random.spread(10)).into(),
            imbalance_direction: if self.random.chance(1, 2) { b'B' } else { b'S' },
            stock: security.stock,
            far_price: price.into(),
            near_price: price.into(),
            current_reference_price: price.into(),
            cross_type: if self.is_early() { b'O' } else { b'C' },
            price_variation: b'L',
        });
    }

    fn send_collar(&mut self, security: &Security) {
        let price = self.reference_price(security);
        self.frame.put(&LuldAuctionCollar {
            header: self.header(b'J', security.locate),
            stock: security.stock,
            reference_price: price.into(),
            upper_price: (price + price / 20).into(),
            lower_price: (price - price / 20).into(),
            extension: 0.into(),
        });
    }

    fn send_rare(&mut self, kind: u8, security: &Security) {
        let header = self.header(kind, security.locate);
        let stock = security.stock;
        let price = self.reference_price(security);
        match kind {
            b'K' => self.frame.put(&IpoQuotingPeriod {
                header,
                stock,
                release_time_s: ((self.now_ns / 1_000_000_000) as u32 + 600).into(),
                release_qualifier: b'A',
                price: price.into(),
            }),
            b'h' => self.frame.put(&OperationalHalt { header, stock, market: b'Q', action: b'T' }),
            b'N' => self.frame.put(&Rpii { header, stock, interest_flag: b'A' }),
            _ => self.frame.put(&Dlcr {
                header,
                stock,
                open_eligibility: b'Y',
                minimum_allowable_price: (price - price / 5).into(),
                maximum_allowable_price: (price + price / 5 * 4).into(),
                near_execution_price: price.into(),
                near_execution_time: self.now_ns.into(),
                lower_price_range_collar: (price - price / 10).into(),
                upper_price_range_collar: (price + price / 10).into(),
            }),
        }
    }

    fn send_circuit_breaker(&mut self, kind: u8) {
        let header = self.header(kind, 0);
        if kind == b'W' {
            return self.frame.put(&MwcbStatus { header, breached_level: b'1' });
        }
        // 7, 13 and 20 % below 3,200 points, in 1e-8.
        let level = |percent: u64| (32 * percent * 100_000_000).into();
        let (level_1, level_2, level_3) = (level(93), level(87), level(80));
        self.frame.put(&MwcbDeclineLevel { header, level_1, level_2, level_3 });
    }

    fn send_broken_trade(&mut self) {
        let match_number = (1 + self.random.below(self.last_match)).into();
        self.frame.put(&BrokenTrade { header: self.header(b'B', 0), match_number });
    }

    /// What a security costs now, in 1e-4 dollars.
    fn reference_price(&self, security: &Security) -> u32 {
        let bbo = self.book.bbo(security.locate);
        let price = bbo.bid.price.get().or_else(|| bbo.ask.price.get().map(|ask| ask - TICK));
        e4(Price(price.unwrap_or(security.base.0).max(TICK)))
    }

    /// Whether the market has been open for less than half of its time.
    fn is_early(&self) -> bool {
        self.mix.total() > self.messages / 2
    }
}

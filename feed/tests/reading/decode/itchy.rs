//! Numbers and names beside those of the crate `itchy`.

use tickline_feed::venue::nasdaq_itch50::{Message, decode};

/// Compares the numbers and names of a message with what `itchy` reads. It stops at codes that it
/// does not know, and panics on types that it does not (`h`, `O`): those are left out.
pub(super) fn compare(bytes: &[u8]) -> bool {
    use itchy::Body;
    if matches!(bytes[0], b'h' | b'O') {
        return false;
    }
    let framed = [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let Some(Ok(it)) = itchy::MessageStream::from_reader(&framed[..]).next() else { return false };
    let ours = decode(bytes).unwrap();
    let header = ours.header();
    assert_eq!(
        (header.kind, header.stock_locate.get(), header.tracking_number.get()),
        (it.tag, it.stock_locate, it.tracking_number)
    );
    assert_eq!(header.timestamp.get(), it.timestamp);
    let name = |field: &[u8]| String::from_utf8(field.to_vec()).unwrap();
    match (ours, it.body) {
        (Message::AddOrder(o), Body::AddOrder(t)) => {
            let side = if t.side == itchy::Side::Buy { b'B' } else { b'S' };
            assert_eq!((o.order_reference.get(), o.side), (t.reference, side));
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
            assert_eq!((name(&o.stock), None), (t.stock.to_string(), t.mpid));
        }
        (Message::AddOrderMpid(o), Body::AddOrder(t)) => {
            let side = if t.side == itchy::Side::Buy { b'B' } else { b'S' };
            assert_eq!((o.order_reference.get(), o.side), (t.reference, side));
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
            assert_eq!(name(&o.stock), t.stock.to_string());
            assert_eq!(Some(name(&o.attribution)), t.mpid.map(|mpid| mpid.to_string()));
        }
        (Message::BrokenTrade(o), Body::BrokenTrade { match_number }) => {
            assert_eq!(o.match_number.get(), match_number);
        }
        (Message::CrossTrade(o), Body::CrossTrade(t)) => {
            assert_eq!((o.shares.get(), o.match_number.get()), (t.shares, t.match_number));
            assert_eq!(o.cross_price.get(), t.cross_price.raw());
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::OrderDelete(o), Body::DeleteOrder { reference }) => {
            assert_eq!(o.order_reference.get(), reference);
        }
        (Message::Noii(o), Body::Imbalance(t)) => {
            assert_eq!(o.paired_shares.get(), t.paired_shares);
            assert_eq!(o.imbalance_shares.get(), t.imbalance_shares);
            assert_eq!(
                (o.far_price.get(), o.near_price.get()),
                (t.far_price.raw(), t.near_price.raw())
            );
            assert_eq!(o.current_reference_price.get(), t.current_ref_price.raw());
            assert_eq!(char::from(o.price_variation), t.price_variation_indicator);
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::IpoQuotingPeriod(o), Body::IpoQuotingPeriod(t)) => {
            assert_eq!((o.release_time_s.get(), o.price.get()), (t.release_time, t.price.raw()));
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (
            Message::LuldAuctionCollar(o),
            Body::LULDAuctionCollar { stock, ref_price, upper_price, lower_price, extension },
        ) => {
            assert_eq!((o.reference_price.get(), o.extension.get()), (ref_price.raw(), extension));
            assert_eq!(o.upper_price.get(), upper_price.raw());
            assert_eq!(o.lower_price.get(), lower_price.raw());
            assert_eq!(name(&o.stock), stock.to_string());
        }
        (Message::MwcbDeclineLevel(o), Body::MwcbDeclineLevel { level1, level2, level3 }) => {
            let levels = [o.level_1, o.level_2, o.level_3].map(|level| level.get());
            assert_eq!(levels, [level1.raw(), level2.raw(), level3.raw()]);
        }
        (Message::Trade(o), Body::NonCrossTrade(t)) => {
            assert_eq!(
                (o.order_reference.get(), o.match_number.get()),
                (t.reference, t.match_number)
            );
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::OrderCancel(o), Body::OrderCancelled { reference, cancelled }) => {
            assert_eq!((o.order_reference.get(), o.cancelled_shares.get()), (reference, cancelled));
        }
        (Message::OrderExecuted(o), Body::OrderExecuted { reference, executed, match_number }) => {
            assert_eq!((o.order_reference.get(), o.executed_shares.get()), (reference, executed));
            assert_eq!(o.match_number.get(), match_number);
        }
        (
            Message::OrderExecutedWithPrice(o),
            Body::OrderExecutedWithPrice { reference, executed, match_number, printable, price },
        ) => {
            assert_eq!((o.order_reference.get(), o.executed_shares.get()), (reference, executed));
            assert_eq!(
                (o.match_number.get(), o.execution_price.get()),
                (match_number, price.raw())
            );
            assert_eq!(o.printable == b'Y', printable);
        }
        (Message::MarketParticipantPosition(o), Body::ParticipantPosition(t)) => {
            assert_eq!((name(&o.mpid), name(&o.stock)), (t.mpid.to_string(), t.stock.to_string()));
            assert_eq!(o.primary_market_maker == b'Y', t.primary_market_maker);
        }
        (Message::RegSho(o), Body::RegShoRestriction { stock, .. }) => {
            assert_eq!(name(&o.stock), stock.to_string());
        }
        (Message::OrderReplace(o), Body::ReplaceOrder(t)) => {
            assert_eq!(o.original_order_reference.get(), t.old_reference);
            assert_eq!(o.new_order_reference.get(), t.new_reference);
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
        }
        (Message::StockDirectory(o), Body::StockDirectory(t)) => {
            assert_eq!(name(&o.stock), t.stock.to_string());
            assert_eq!(o.round_lot_size.get(), t.round_lot_size);
            assert_eq!(o.etp_leverage_factor.get(), t.etp_leverage_factor);
            assert_eq!(
                (o.authenticity == b'P', o.inverse_indicator == b'Y'),
                (t.authenticity, t.inverse_indicator)
            );
        }
        (Message::StockTradingAction(o), Body::TradingAction { stock, reason, .. }) => {
            assert_eq!((name(&o.stock), name(&o.reason)), (stock.to_string(), reason.to_string()));
        }
        (Message::Rpii(o), Body::RetailPriceImprovementIndicator(t)) => {
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::SystemEvent(_), Body::SystemEvent { .. }) => {}
        (Message::MwcbStatus(_), Body::Breach(_)) => {}
        (ours, theirs) => panic!("{ours:?} is not {theirs:?}"),
    }
    true
}

use inventory::{Reservations, Stock};

#[test]
fn what_is_reserved_is_no_longer_in_stock() {
    let (mut stock, mut reservations) = (Stock::default(), Reservations::default());
    stock.deliver(7, 10);
    reservations.reserve(&mut stock, 1, 7, 4).unwrap();
    assert_eq!(stock.count(7), Some(6));
}

#[test]
fn a_cancelled_order_gives_back_what_it_reserved() {
    let (mut stock, mut reservations) = (Stock::default(), Reservations::default());
    stock.deliver(7, 10);
    reservations.reserve(&mut stock, 1, 7, 4).unwrap();
    reservations.release(&mut stock, 1);
    assert_eq!(stock.count(7), Some(10));
}

use super::*;

#[test]
fn u48_keeps_48_bits() {
    assert_eq!(U48::new(34_199_999_894_278).get(), 34_199_999_894_278);
    assert_eq!(U48::new(u64::MAX).get(), (1 << 48) - 1);
    assert_eq!(U48::new(0x0102_0304_0506).as_bytes(), [1, 2, 3, 4, 5, 6]);
}

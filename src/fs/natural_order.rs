//! The natural order of names with numbers, in which file managers list them. It is our own because
//! frames must not be in an order that depends on a crate's rules for signs, decimal points and
//! leading zeros: only runs of digits count, and names that differ never compare as equal.

use std::cmp::Ordering;

/// Natural order of names with numbers, ignoring case: `f2` before `f10`.
pub(crate) fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a, b);
    loop {
        let ((text_x, rest_x), (text_y, rest_y)) = (split(x, false), split(y, false));
        let texts = text_x.to_lowercase().cmp(&text_y.to_lowercase());
        let ((number_x, rest_x), (number_y, rest_y)) = (split(rest_x, true), split(rest_y, true));
        let significant = |number: &str| number.trim_start_matches('0').len();
        let numbers = significant(number_x)
            .cmp(&significant(number_y))
            .then_with(|| {
                number_x
                    .trim_start_matches('0')
                    .cmp(number_y.trim_start_matches('0'))
            });
        let order = texts.then(numbers);
        if order != Ordering::Equal {
            return order;
        }
        if rest_x.is_empty() && rest_y.is_empty() {
            return a.cmp(b);
        }
        (x, y) = (rest_x, rest_y);
    }
}

/// Splits off the leading digits, or the leading non-digits, of a text.
fn split(text: &str, digits: bool) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii_digit() != digits);
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_natural_order() {
        let ordered = [
            "1.png",
            "F1.png",
            "f02.png",
            "f2.png",
            "f10.png",
            "f10a.png",
            "g1_2.png",
            "g1_10.png",
            "g.png",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(natural_order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(natural_order(pair[1], pair[0]), Ordering::Greater);
        }
        assert_eq!(natural_order("a", "a"), Ordering::Equal);
        assert_eq!(natural_order("f1", "F1x"), Ordering::Less);
    }
}

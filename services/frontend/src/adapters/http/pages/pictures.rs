//! The pictures of what the shop offers: the symbols in `templates/dishes.svg`.

/// The picture of what has none of its own.
pub(super) const GENERIC: &str = "box";

/// The pictures of dishes.
pub(super) const DISHES: [&str; 6] = [
    "chicken",
    "bibimbap",
    "tteokbokki",
    "kimchi-jjigae",
    "pajeon",
    "mandu",
];

/// The symbol of the picture that a store names.
pub(super) fn symbol(picture: Option<&str>) -> &'static str {
    DISHES
        .into_iter()
        .find(|dish| picture == Some(*dish))
        .unwrap_or(GENERIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_drawn_and_every_drawing_is_known() {
        let drawings = include_str!("../../../../templates/dishes.svg");
        let drawn: Vec<&str> = drawings
            .split("<symbol id=\"")
            .skip(1)
            .filter_map(|symbol| symbol.split('"').next())
            .collect();
        let known: Vec<&str> = DISHES.into_iter().chain([GENERIC]).collect();
        assert_eq!(drawn, known);
    }

    #[test]
    fn a_picture_that_the_shop_does_not_have_is_the_generic_one() {
        assert_eq!(symbol(Some("mandu")), "mandu");
        assert_eq!(symbol(Some("pizza")), GENERIC);
        assert_eq!(symbol(None), GENERIC);
    }
}

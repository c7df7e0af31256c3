//! Values that scripts choose by name, such as the mode of a filter.

/// A set of named values.
pub trait Choice: Copy + PartialEq + 'static {
    /// Noun for the values, as in "the name of a dtype".
    const NOUN: &'static str;
    /// Every value with its name, in the order of listings.
    const CHOICES: &'static [(&'static str, Self)];

    /// Value of a name.
    fn from_name(name: &str) -> Option<Self> {
        let choice = Self::CHOICES.iter().find(|(known, _)| *known == name);
        choice.map(|(_, value)| *value)
    }

    /// Name of the value.
    fn name(self) -> &'static str {
        let choice = Self::CHOICES.iter().find(|(_, value)| *value == self);
        choice.map_or("", |(name, _)| name)
    }

    /// Names of all values.
    fn names() -> Vec<&'static str> {
        Self::CHOICES.iter().map(|(name, _)| *name).collect()
    }
}

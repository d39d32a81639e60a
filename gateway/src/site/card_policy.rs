//! What the configuration says of card numbers, in the words of those who read them.

use crate::config;
use crate::sources::cards::{CardDefaults, CardPolicy, WhenRemoved};

/// How the configuration would have card numbers become cards.
pub fn card_policy(cards: &config::Cards) -> CardPolicy {
    CardPolicy {
        defaults: CardDefaults { format: cards.default_format, facility: cards.default_facility },
        default_badge_type: cards.default_badge_type.clone(),
        when_removed: match cards.when_number_removed {
            config::WhenNumberRemoved::Deactivate => WhenRemoved::Deactivate,
            config::WhenNumberRemoved::Keep => WhenRemoved::Keep,
        },
        none_values: cards.none_values.clone(),
        strict: cards.strict,
    }
}

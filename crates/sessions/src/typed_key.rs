//! Names of values, with their types.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Lifecycle, Values};

/// A value that a session may hold: its name, its type, and what becomes of it when somebody signs in or out.
///
/// ```
/// use sessions::{Lifecycle, Lifecycles, TypedKey, Values};
///
/// const CART: TypedKey<Vec<String>> = TypedKey::new("cart", Lifecycle::PERSON);
///
/// let values = Values::from([CART.holding(vec!["chair".to_owned()])]);
/// assert_eq!(CART.get(&values), Some(vec!["chair".to_owned()]));
/// let declared = Lifecycles::default().declare(&CART);
/// # drop(declared);
/// ```
#[derive(Debug)]
pub struct TypedKey<T> {
    name: &'static str,
    lifecycle: Lifecycle,
    of: PhantomData<fn(T) -> T>,
}

impl<T> TypedKey<T> {
    /// The value with this name.
    #[must_use]
    pub const fn new(name: &'static str, lifecycle: Lifecycle) -> Self {
        Self { name, lifecycle, of: PhantomData }
    }

    /// Its name, such as for `tower_sessions::Session`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What becomes of it.
    #[must_use]
    pub const fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }
}

impl<T: DeserializeOwned> TypedKey<T> {
    /// The value, if there is one of this type: an older release may have left another.
    #[must_use]
    pub fn get(&self, values: &Values) -> Option<T> {
        T::deserialize(values.get(self.name)?).ok()
    }
}

impl<T: Into<Value>> TypedKey<T> {
    /// The name with this value, as [`Values`] are made of.
    #[must_use]
    pub fn holding(&self, value: T) -> (&'static str, Value) {
        (self.name, value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISITS: TypedKey<u32> = TypedKey::new("visits", Lifecycle::PERSON);

    #[test]
    fn a_value_of_another_type_is_none_of_the_key_s() {
        assert_eq!(VISITS.get(&Values::from([VISITS.holding(3)])), Some(3));
        for other in [Value::Null, "3".into(), (-3).into(), serde_json::json!([3])] {
            assert_eq!(VISITS.get(&Values::from([(VISITS.name(), other)])), None);
        }
        assert_eq!(VISITS.get(&Values::new()), None);
    }
}

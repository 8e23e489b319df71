//! What becomes of each key when somebody signs in, signs out, or another account signs in.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{TypedKey, Values};

/// What becomes of one value.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It goes on, unless the new session brings its own.
    Keep,
    /// It is gone.
    Drop,
    /// It is combined with the new session's own value: `merge(old, new)`.
    Merge(fn(Value, Value) -> Value),
}

/// One key's fates.
#[derive(Clone, Copy, Debug)]
pub struct Lifecycle {
    /// When a guest signs in.
    pub sign_in: Fate,
    /// When somebody signs out.
    pub sign_out: Fate,
    /// When another account signs in over this one.
    pub change_of_user: Fate,
}

impl Lifecycle {
    /// For choices that belong to the browser, such as a theme: kept throughout.
    pub const BROWSER: Self = Self { sign_in: Fate::Keep, sign_out: Fate::Keep, change_of_user: Fate::Keep };
    /// For what belongs to the person: a guest's value goes on at sign-in, nothing survives them.
    /// Keys that declare nothing have this.
    pub const PERSON: Self = Self { sign_in: Fate::Keep, sign_out: Fate::Drop, change_of_user: Fate::Drop };
    /// For what belongs to one signed-in session: never carried over.
    pub const SESSION: Self = Self { sign_in: Fate::Drop, sign_out: Fate::Drop, change_of_user: Fate::Drop };
}

/// The declared lifecycles, by key.
#[derive(Clone, Debug, Default)]
pub struct Lifecycles(BTreeMap<&'static str, Lifecycle>);

impl Lifecycles {
    /// Adds what becomes of this key.
    #[must_use]
    pub fn declare<T>(mut self, key: &TypedKey<T>) -> Self {
        self.0.insert(key.name(), key.lifecycle());
        self
    }

    /// The values of a session that begins with `own` and follows one that held `old`.
    pub(crate) fn carry(&self, old: &Values, own: Values, fate: impl Fn(&Lifecycle) -> Fate) -> Values {
        let mut carried = own;
        for (key, value) in old {
            let lifecycle = self.0.get(key).copied().unwrap_or(Lifecycle::PERSON);
            match (fate(&lifecycle), carried.remove(key)) {
                (Fate::Merge(merge), Some(new)) => {
                    carried.insert(key, merge(value.clone(), new));
                }
                (_, Some(new)) => {
                    carried.insert(key, new);
                }
                (Fate::Keep | Fate::Merge(_), None) => {
                    carried.insert(key, value.clone());
                }
                (Fate::Drop, None) => {}
            }
        }
        carried
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(pairs: &[(&str, Value)]) -> Values {
        pairs.iter().map(|(key, value)| (*key, value.clone())).collect()
    }

    #[test]
    fn a_theme_survives_sign_out_and_a_cart_does_not() {
        let theme = TypedKey::<String>::new("theme", Lifecycle::BROWSER);
        let lifecycles = Lifecycles::default().declare(&theme);
        let old = values(&[("theme", json!("dark")), ("cart", json!([1]))]);
        let carried = lifecycles.carry(&old, Values::new(), |lifecycle| lifecycle.sign_out);
        assert_eq!(carried, values(&[("theme", json!("dark"))]));
    }

    #[test]
    fn a_merge_sees_the_old_and_the_new_value() {
        let joined = Lifecycle { sign_in: Fate::Merge(|old, new| json!([old, new])), ..Lifecycle::PERSON };
        let lifecycles = Lifecycles::default().declare(&TypedKey::<Value>::new("cart", joined));
        let old = values(&[("cart", json!(1))]);
        let carried = lifecycles.carry(&old, values(&[("cart", json!(2))]), |lifecycle| lifecycle.sign_in);
        assert_eq!(carried, values(&[("cart", json!([1, 2]))]));
    }
}

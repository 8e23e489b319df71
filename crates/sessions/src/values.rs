//! The dictionary of a session.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use smallvec::SmallVec;
use smol_str::SmolStr;

/// Most lists and objects within each other in one value. `serde_json` writes more than the 127 that it reads, and some
/// stores have two of their own around them.
pub const MOST_NESTED: usize = 100;

/// A value that no store could read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session value `{name}` has more than {MOST_NESTED} lists and objects within each other")]
pub struct TooDeep {
    /// The value's name.
    pub name: String,
}

/// What a session holds: JSON values by name, in the order of the names, each name once.
///
/// A sorted list; up to four values, with names of up to 23 bytes, are in one piece of memory with the record. Sessions
/// hold a handful of values and are read far more often than changed; of a map each read would wait for memory three
/// times more.
#[derive(Clone, Default, PartialEq)]
pub struct Values(SmallVec<[(SmolStr, Value); 4]>);

impl Values {
    /// No value.
    #[must_use]
    pub const fn new() -> Self {
        Self(SmallVec::new_const())
    }

    /// Finds a value that could be written and never read.
    pub(crate) fn check_depth(&self) -> Result<(), TooDeep> {
        match self.iter().find(|(_, value)| is_deeper(value, MOST_NESTED)) {
            Some((name, _)) => Err(TooDeep { name: name.to_owned() }),
            None => Ok(()),
        }
    }

    /// The value with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let place = self.place(name).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// Whether there is a value with this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets a value, and returns the one that had this name.
    pub fn insert(&mut self, name: &str, value: impl Into<Value>) -> Option<Value> {
        match self.place(name) {
            Ok(place) => self.0.get_mut(place).map(|(_, old)| std::mem::replace(old, value.into())),
            Err(place) => {
                self.0.insert(place, (name.into(), value.into()));
                None
            }
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.place(name).ok().map(|place| self.0.remove(place).1)
    }

    /// Leaves the values for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Value) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Where the name is, or else belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        if self.0.spilled() {
            return self.0.binary_search_by(|(known, _)| known.as_str().cmp(name));
        }
        let is_before = |(known, _): &&(SmolStr, Value)| known.as_str() < name;
        let place = self.0.iter().take_while(is_before).count();
        match self.0.get(place) {
            Some((known, _)) if known == name => Ok(place),
            _ => Err(place),
        }
    }

    /// Brings names into order, of which the last of each stays.
    fn settle(&mut self) {
        if self.0.is_sorted_by(|(one, _), (next, _)| one < next) {
            return;
        }
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.0.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
    }
}

impl<Name: Into<SmolStr>, V: Into<Value>> Extend<(Name, V)> for Values {
    /// Of a name that comes twice, or was there, the last value stays.
    fn extend<I: IntoIterator<Item = (Name, V)>>(&mut self, values: I) {
        self.0.extend(values.into_iter().map(|(name, value)| (name.into(), value.into())));
        self.settle();
    }
}

impl<Name: Into<SmolStr>, V: Into<Value>> FromIterator<(Name, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (Name, V)>>(values: I) -> Self {
        let mut all = Self::new();
        all.extend(values);
        all
    }
}

impl<Name: Into<SmolStr>, V: Into<Value>, const COUNT: usize> From<[(Name, V); COUNT]> for Values {
    fn from(values: [(Name, V); COUNT]) -> Self {
        values.into_iter().collect()
    }
}

/// Whether a value has more than so many lists and objects within each other.
fn is_deeper(value: &Value, most: usize) -> bool {
    let Some(inner) = most.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, inner)),
        Value::Object(entries) => entries.values().any(|entry| is_deeper(entry, inner)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Over names and values.
type Iter<'a> =
    std::iter::Map<std::slice::Iter<'a, (SmolStr, Value)>, fn(&'a (SmolStr, Value)) -> (&'a str, &'a Value)>;

impl<'a> IntoIterator for &'a Values {
    type Item = (&'a str, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for Values {
    type Item = (String, Value);
    type IntoIter =
        std::iter::Map<smallvec::IntoIter<[(SmolStr, Value); 4]>, fn((SmolStr, Value)) -> Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(|(name, value)| (name.into(), value))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfMap)
    }
}

struct OfMap;

impl<'de> Visitor<'de> for OfMap {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of values by name")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Values, M::Error> {
        let mut values = Values::new();
        while let Some(entry) = map.next_entry()? {
            values.0.push(entry);
        }
        values.settle();
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_of_a_name_stays() {
        let values = Values::from([("b", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)]);
        assert_eq!(values, Values::from([("a", 4), ("b", 5)]));
        let read: Values = serde_json::from_str(r#"{"b":1,"a":4,"b":5}"#).expect("is a map");
        assert_eq!(read, values);
    }

    #[test]
    fn anything_but_a_map_is_refused() {
        for text in ["[]", "null", "1", "\"a\"", "", "{\"a\":}"] {
            assert!(serde_json::from_str::<Values>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_kept_is_gone() {
        let mut values = Values::from([("a", 1), ("b", 2), ("c", 3)]);
        values.retain(|name, value| name != "a" && *value != 3);
        assert_eq!(values, Values::from([("b", 2)]));
    }

    #[test]
    fn what_is_nested_too_deeply_is_found_by_its_name() {
        let nested = |levels| {
            (0..levels).fold(
                json!(1),
                |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({"a": inner}) },
            )
        };
        assert_eq!(Values::from([("a", json!(1)), ("b", nested(MOST_NESTED))]).check_depth(), Ok(()));
        let deep = Values::from([("a", json!(1)), ("b", nested(MOST_NESTED + 1))]);
        assert_eq!(deep.check_depth(), Err(TooDeep { name: "b".to_owned() }));
    }

    proptest! {
        /// Names are few, so that they meet.
        #[test]
        fn it_is_a_map(
            steps in prop::collection::vec(("[a-c]{0,2}|[a-c]{24}", prop::option::of(any::<u8>())), 0..40),
        ) {
            let (mut values, mut map) = (Values::new(), BTreeMap::new());
            for (name, value) in steps {
                if let Some(value) = value.map(Value::from) {
                    prop_assert_eq!(values.insert(&name, value.clone()), map.insert(name.clone(), value));
                } else {
                    prop_assert_eq!(values.remove(&name), map.remove(&name));
                }
                prop_assert_eq!(values.get(&name), map.get(&name));
                prop_assert_eq!(values.contains(&name), map.contains_key(&name));
            }
            prop_assert_eq!(json!(values).to_string(), json!(map).to_string());
            prop_assert_eq!((values.len(), values.is_empty()), (map.len(), map.is_empty()));
            prop_assert_eq!(&map.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Values>(), &values);
            prop_assert_eq!(values.into_iter().collect::<BTreeMap<_, _>>(), map);
        }
    }
}

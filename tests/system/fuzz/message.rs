//! Messages of any type, filled with whatever their fields can hold.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

/// Messages within messages; deeper ones stay empty.
const DEPTH_MAX: u32 = 6;
const REPEATED_MAX: usize = 4;
/// Longer than any name may be.
const LONG_BYTES: usize = 5_000;

/// How messages are filled.
#[derive(Clone, Copy)]
pub struct Filling<'a> {
    /// Texts that mean something, by the end of the names of the fields that they mean it in.
    pub known: &'a [(&'a str, Vec<String>)],
    /// Mostly as a client would who means well; else as whatever comes to mind.
    pub is_calm: bool,
}

impl Filling<'_> {
    pub fn message(self, of: &MessageDescriptor) -> BoxedStrategy<DynamicMessage> {
        self.at_depth(of, DEPTH_MAX)
    }

    fn at_depth(self, of: &MessageDescriptor, depth: u32) -> BoxedStrategy<DynamicMessage> {
        let empty = Just(DynamicMessage::new(of.clone())).boxed();
        if depth == 0 {
            return empty;
        }
        of.fields().fold(empty, |message, field| {
            let value = prop::option::weighted(0.8, self.value(&field, depth));
            let set = move |(mut message, value): (DynamicMessage, Option<Value>)| {
                if let Some(value) = value {
                    message.set_field(&field, value);
                }
                message
            };
            (message, value).prop_map(set).boxed()
        })
    }

    fn value(self, field: &FieldDescriptor, depth: u32) -> BoxedStrategy<Value> {
        let kind = field.kind();
        match kind.as_message() {
            Some(entry) if field.is_map() => {
                let key = self.scalar(&entry.map_entry_key_field(), depth);
                let value = self.scalar(&entry.map_entry_value_field(), depth);
                let keyed =
                    (key, value).prop_filter_map("no key of a map", |(key, value)| Some((map_key(key)?, value)));
                let count = if self.is_calm { 0..1 } else { 0..REPEATED_MAX };
                vec(keyed, count).prop_map(|entries| Value::Map(entries.into_iter().collect())).boxed()
            }
            _ if field.is_list() => {
                let means_nothing = matches!(kind, Kind::String) && self.known(field).is_none();
                let count = match self.is_calm {
                    true if means_nothing => 0..1,
                    true => 1..2,
                    false => 0..REPEATED_MAX,
                };
                vec(self.scalar(field, depth), count).prop_map(Value::List).boxed()
            }
            _ => self.scalar(field, depth),
        }
    }

    fn scalar(self, field: &FieldDescriptor, depth: u32) -> BoxedStrategy<Value> {
        match field.kind() {
            Kind::Double => self.one_of(&[0.0, 1_500.0], &ODD_NUMBERS).prop_map(Value::F64).boxed(),
            Kind::Float => self.one_of(&[0.0, 1_500.0], &ODD_NUMBERS).prop_map(|n| Value::F32(n as f32)).boxed(),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => any::<i32>().prop_map(Value::I32).boxed(),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => any::<i64>().prop_map(Value::I64).boxed(),
            Kind::Uint32 | Kind::Fixed32 => self.one_of(&[0, 1], &[5, 30, u32::MAX]).prop_map(Value::U32).boxed(),
            Kind::Uint64 | Kind::Fixed64 => {
                self.one_of(&[0, 1], &[1_700_000_000_000, 1 << 53, u64::MAX]).prop_map(Value::U64).boxed()
            }
            Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
            Kind::String => self.text(field).prop_map(Value::String).boxed(),
            Kind::Bytes => prop_oneof![
                vec(any::<u8>(), 0..40).prop_map(|bytes| Value::Bytes(bytes.into())),
                // The width of an id.
                vec(any::<u8>(), 16).prop_map(|bytes| Value::Bytes(bytes.into())),
            ]
            .boxed(),
            Kind::Message(of) => self.at_depth(&of, depth - 1).prop_map(Value::Message).boxed(),
            Kind::Enum(_) => self.one_of(&[0, 1, 2], &[5, -1, i32::MAX]).prop_map(Value::EnumNumber).boxed(),
        }
    }

    fn text(self, field: &FieldDescriptor) -> BoxedStrategy<String> {
        let of_field = self.known(field).unwrap_or_else(|| vec![String::new()]);
        if self.is_calm {
            return select(of_field).boxed();
        }
        let of_others: Vec<String> = self.known.iter().flat_map(|(_, known)| known.clone()).collect();
        prop_oneof![
            4 => select(of_field),
            2 => select(of_others),
            2 => select(ODD_TEXTS.map(str::to_owned).to_vec()),
            1 => any::<String>(),
            1 => Just("x".repeat(LONG_BYTES)),
        ]
        .boxed()
    }

    fn known(self, field: &FieldDescriptor) -> Option<Vec<String>> {
        let of_field = self.known.iter().find(|(name, _)| field.full_name().ends_with(name));
        of_field.map(|(_, known)| known.clone())
    }

    fn one_of<T: Copy + std::fmt::Debug + 'static>(self, plain: &[T], odd: &[T]) -> BoxedStrategy<T> {
        let weight = if self.is_calm { 20 } else { 1 };
        prop_oneof![weight => select(plain.to_vec()), 1 => select(odd.to_vec())].boxed()
    }
}

const ODD_NUMBERS: [f64; 7] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -0.0, -1.0];
const ODD_TEXTS: [&str; 12] =
    ["", " ", "-", "*", "a b", "a|b;c", "%FF", "\0", "\r\n", "größe", "../../etc", "{test}:leader"];

fn map_key(value: Value) -> Option<MapKey> {
    match value {
        Value::String(key) => Some(MapKey::String(key)),
        Value::U32(key) => Some(MapKey::U32(key)),
        Value::U64(key) => Some(MapKey::U64(key)),
        _ => None,
    }
}

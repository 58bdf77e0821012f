//! The engines behind the store port of `atlas-actors`.

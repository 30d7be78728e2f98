#![doc = include_str!("../README.md")]

pub mod mask;
pub mod whatsapp;

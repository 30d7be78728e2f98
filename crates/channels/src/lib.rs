#![doc = include_str!("../README.md")]

pub mod mask;
pub mod openrosa;
pub mod whatsapp;

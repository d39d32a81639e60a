//! The whole endpoint over a real socket, on a real directory in a temporary folder.

mod cards;
mod entra;
mod groups;
mod okta;
mod people;
mod protocol;
mod site;

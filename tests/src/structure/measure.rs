//! Lengths.

use std::path::{Path, PathBuf};

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ImplItemFn, Item, ItemFn, ItemMod, TraitItemFn};

use super::{Crate, Module, read};

/// A function of production code.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line where it begins.
    pub line: usize,
    /// How long it is, from its signature to its last brace.
    pub lines: usize,
}

/// A file's length.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Which file.
    pub file: PathBuf,
    /// Its lines that are there for the product.
    pub production: usize,
    /// Its lines that are there for tests.
    pub tests: usize,
}

impl Crate {
    /// Every file of the crate, with how much of it are tests.
    pub fn lines(&self) -> impl Iterator<Item = Lines> {
        self.modules().filter(|module| module.lines > 0).map(|module| {
            let inside = self.modules().filter(|other| other.file == module.file);
            let tests =
                if module.is_test { module.lines } else { inside.map(|inner| inner.test_lines).sum() };
            Lines { file: module.file.clone(), production: module.lines - tests, tests }
        })
    }

    /// Every function of production code, with its file.
    pub fn functions(&self) -> impl Iterator<Item = (&Path, &Function)> {
        let production = self.modules().filter(|module| !module.is_test);
        production
            .flat_map(|module: &Module| module.functions.iter().map(|function| (&*module.file, function)))
    }
}

/// How many lines something takes.
pub(super) fn lines(span: Span) -> usize {
    span.end().line - span.start().line + 1
}

/// The functions of an item.
pub(super) fn functions(item: &Item) -> Vec<Function> {
    let mut found = Found(Vec::new());
    found.visit_item(item);
    found.0
}

struct Found(Vec<Function>);

impl Found {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let line = signature.span().start().line;
        let lines = body.span().end().line - line + 1;
        self.0.push(Function { name: signature.ident.to_string(), line, lines });
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !item.attrs.iter().any(read::is_for_tests) {
            self.add(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(body) = &item.default {
            self.add(&item.sig, body);
        }
    }

    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}
}

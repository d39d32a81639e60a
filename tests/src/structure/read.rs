//! From files to modules.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Item, Lit, Meta, UseTree, Visibility};

use super::{Crate, Module, Reference, measure, references};

impl Crate {
    /// Reads the crate with this root file, such as `src/lib.rs`.
    ///
    /// # Errors
    /// When a file is missing or isn't Rust.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let mut read = Self { modules: Vec::new() };
        let place = Place { parent: 0, path: Vec::new(), is_test: false };
        read.file(place, root, root.parent().context("a root file has a folder")?)?;
        Ok(read)
    }

    /// A module that is a file of its own; its children are in `folder`.
    fn file(&mut self, place: Place, file: &Path, folder: &Path) -> anyhow::Result<usize> {
        let text = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("{} is not Rust", file.display()))?;
        let at = self.module(place, file, folder, &parsed.items)?;
        self.modules[at].lines = text.lines().count();
        Ok(at)
    }

    fn module(&mut self, place: Place, file: &Path, folder: &Path, items: &[Item]) -> anyhow::Result<usize> {
        let Place { parent, path, is_test } = place;
        let at = self.modules.len();
        self.modules.push(Module {
            path,
            file: file.to_owned(),
            is_test,
            parent,
            children: HashMap::new(),
            items: HashSet::new(),
            bindings: HashMap::new(),
            globs: Vec::new(),
            references: Vec::new(),
            functions: Vec::new(),
            test_lines: 0,
            lines: 0,
        });
        for item in items {
            self.item(at, file, folder, item)?;
        }
        Ok(at)
    }

    fn item(&mut self, at: usize, file: &Path, folder: &Path, item: &Item) -> anyhow::Result<()> {
        let is_test = self.modules[at].is_test || attributes(item).iter().any(is_for_tests);
        if let Item::Mod(declared) = item {
            return self.child(at, file, folder, declared, is_test);
        }
        let module = &mut self.modules[at];
        if is_test && !module.is_test {
            module.test_lines += measure::lines(item.span());
            return Ok(());
        }
        match item {
            Item::Use(item) => module.bind(&item.tree, &mut Vec::new()),
            _ => module.items.extend(name(item)),
        }
        let is_reexport = matches!(item, Item::Use(item) if !matches!(item.vis, Visibility::Inherited));
        let paths = references::paths(item.to_token_stream());
        let referred = paths.map(|(segments, line)| Reference { segments, line, is_reexport });
        module.references.extend(referred);
        module.functions.extend(measure::functions(item));
        Ok(())
    }

    fn child(
        &mut self,
        at: usize,
        file: &Path,
        folder: &Path,
        declared: &syn::ItemMod,
        is_test: bool,
    ) -> anyhow::Result<()> {
        let name = declared.ident.to_string();
        let mut path = self.modules[at].path.clone();
        path.push(name.clone());
        let below = folder.join(&name);
        let place = Place { parent: at, path, is_test };
        let child = if let Some((_, items)) = &declared.content {
            if is_test && !self.modules[at].is_test {
                self.modules[at].test_lines += measure::lines(declared.span());
            }
            self.module(place, file, &below, items)?
        } else {
            let files = [
                named_path(&declared.attrs, file),
                Some(below.join("mod.rs")),
                Some(below.with_extension("rs")),
            ];
            let Some(file) = files.into_iter().flatten().find(|file| file.is_file()) else {
                bail!("{} has no file of its module {name}", file.display());
            };
            self.file(place, &file, &below)?
        };
        self.modules[at].children.insert(name, child);
        Ok(())
    }
}

/// Where a module stands.
struct Place {
    parent: usize,
    path: Vec<String>,
    is_test: bool,
}

impl Module {
    /// Remembers what `use` binds here.
    fn bind(&mut self, tree: &UseTree, prefix: &mut Vec<String>) {
        let mut bind = |name: String, segments: &[String]| {
            self.bindings.insert(name, segments.to_vec());
        };
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.bind(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                bind(prefix.last().cloned().unwrap_or_default(), prefix);
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                bind(name.clone(), &[prefix.as_slice(), &[name]].concat());
            }
            UseTree::Rename(rename) => {
                let whole = [prefix.as_slice(), &[rename.ident.to_string()]].concat();
                bind(rename.rename.to_string(), &whole);
            }
            UseTree::Glob(_) => self.globs.push(prefix.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.bind(tree, prefix)),
        }
    }
}

fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, or a condition that a test build is one way to meet.
pub(super) fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let words = list.tokens.to_string();
    let mut words = words.split(|c: char| !c.is_alphanumeric() && c != '_');
    list.path.is_ident("cfg") && words.any(|word| word == "test") && !list.tokens.to_string().contains("not")
}

/// What `#[path = "…"]` names.
fn named_path(attributes: &[Attribute], beside: &Path) -> Option<PathBuf> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let syn::Expr::Lit(value) = &pair.value else { return None };
        let Lit::Str(path) = &value.lit else { return None };
        pair.path.is_ident("path").then(|| beside.parent().map(|folder| folder.join(path.value())))?
    })
}

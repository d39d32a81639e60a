//! Every path that an item writes, be it in a `use`, a type, an expression or the arguments of a macro.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};

/// The paths of two segments or more, each with its line. A tree of `use` is as many paths as it has leaves; a glob
/// ends with `*`.
pub(super) fn paths(tokens: TokenStream) -> impl Iterator<Item = (Vec<String>, usize)> {
    let mut found = Vec::new();
    scan(tokens, &mut found);
    found.into_iter()
}

fn scan(tokens: TokenStream, found: &mut Vec<(Vec<String>, usize)>) {
    let mut rest = Tokens { tokens: tokens.into_iter().collect(), at: 0 };
    while let Some(token) = rest.next() {
        match token {
            // Who may see an item is no import: `pub(in super::super)`.
            TokenTree::Ident(word) if word == "pub" => rest.skip_parentheses(),
            TokenTree::Ident(word) => path(&word, Vec::new(), &mut rest, found),
            TokenTree::Group(group) => scan(group.stream(), found),
            // What stands after one dot is a field or a method, after two it may be a path.
            TokenTree::Punct(dot) if dot.as_char() == '.' => match dot.spacing() {
                Spacing::Alone => rest.skip_word(),
                Spacing::Joint => drop(rest.next()),
            },
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The path that begins with a word.
fn path(first: &Ident, mut prefix: Vec<String>, rest: &mut Tokens, found: &mut Vec<(Vec<String>, usize)>) {
    let line = first.span().start().line;
    prefix.push(first.to_string());
    loop {
        if !rest.colons() {
            break;
        }
        match rest.next() {
            Some(TokenTree::Ident(word)) => prefix.push(word.to_string()),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => prefix.push("*".into()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                return leaves(&prefix, group.stream(), found);
            }
            _ => break,
        }
    }
    if prefix.len() > 1 {
        found.push((prefix, line));
    }
}

/// What stands in the braces of `a::{…}`.
fn leaves(prefix: &[String], tokens: TokenStream, found: &mut Vec<(Vec<String>, usize)>) {
    let mut rest = Tokens { tokens: tokens.into_iter().collect(), at: 0 };
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => rest.skip_word(),
            TokenTree::Ident(word) if word == "self" => {
                found.push((prefix.to_vec(), word.span().start().line));
            }
            TokenTree::Ident(word) => path(&word, prefix.to_vec(), &mut rest, found),
            TokenTree::Punct(star) if star.as_char() == '*' => {
                found.push(([prefix, &["*".into()]].concat(), star.span().start().line));
            }
            _ => {}
        }
    }
}

struct Tokens {
    tokens: Vec<TokenTree>,
    at: usize,
}

impl Tokens {
    fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Takes `::`, if that comes.
    fn colons(&mut self) -> bool {
        let colon = |at: usize, spacing: &[Spacing]| {
            let token = self.tokens.get(at);
            matches!(token, Some(TokenTree::Punct(c)) if c.as_char() == ':' && spacing.contains(&c.spacing()))
        };
        let both = colon(self.at, &[Spacing::Joint]) && colon(self.at + 1, &[Spacing::Alone, Spacing::Joint]);
        self.at += if both { 2 } else { 0 };
        both
    }

    fn skip_word(&mut self) {
        if matches!(self.tokens.get(self.at), Some(TokenTree::Ident(_))) {
            self.at += 1;
        }
    }

    fn skip_parentheses(&mut self) {
        if matches!(self.tokens.get(self.at), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis)
        {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::paths;

    fn written(text: &str) -> Vec<String> {
        let found = paths(text.parse().expect("it is Rust")).map(|(path, _)| path.join("::"));
        found.collect()
    }

    #[test]
    fn a_tree_of_use_is_a_path_for_each_leaf() {
        let tree = "pub(in super::super) use super::super::{a::{self, B as C}, d::*, E};";
        let leaves = ["a", "a::B", "d::*", "E"].map(|leaf| format!("super::super::{leaf}"));
        assert_eq!(written(tree), leaves);
    }

    #[test]
    fn paths_are_found_in_types_expressions_and_macros() {
        let code =
            "fn f(x: crate::a::B) { g!(\"{}\", super::c::D); x.y::<e::F>(); z = G { ..crate::h::i() } }";
        assert_eq!(written(code), ["crate::a::B", "super::c::D", "e::F", "crate::h::i"]);
    }
}

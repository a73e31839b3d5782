//! Writes the mutants that cargo-mutants lists into a copy of the source, each behind a switch: one build then holds all of
//! them, and `KS_MUTANT=<number>` switches one on.
//!
//! Arguments: the list (`cargo mutants --list --json`), the folder of the source, the folder of the copy, a file with the
//! numbers that are left out. Standard output: how many were written, which can't be switched (`limited`: constant
//! functions, and those that return `impl Trait`), which are no Rust (`unplaced`: `||` beside a `let`).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a tool of the project: a wrong list ends it")]

use proc_macro2::Span;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, BinOp, Block, Expr, ExprBinary, Signature, parse_quote};

/// A line and a column, from 1.
type At = (usize, usize);

struct Mutant {
    id: u32,
    genre: String,
    replacement: String,
    start: At,
}

struct Writer {
    by_start: HashMap<(String, At), Vec<Mutant>>,
    placed: BTreeSet<u32>,
    limited: BTreeSet<u32>,
}

fn at(span: Span) -> At {
    (span.start().line, span.start().column + 1)
}

/// Whether a chain of `&&` holds a `let`.
fn has_let(e: &Expr) -> bool {
    match e {
        Expr::Let(_) => true,
        Expr::Binary(b) if matches!(b.op, BinOp::And(_)) => has_let(&b.left) || has_let(&b.right),
        Expr::Paren(p) => has_let(&p.expr),
        _ => false,
    }
}

/// The switch of a mutant.
fn on(id: u32) -> Expr {
    parse_quote!(crate::mutant_switch::on(#id))
}

fn paren(e: &Expr) -> Expr {
    match e {
        Expr::Path(_) | Expr::Lit(_) | Expr::Paren(_) | Expr::MethodCall(_) | Expr::Call(_) | Expr::Field(_) => {
            e.clone()
        }
        _ => parse_quote!((#e)),
    }
}

impl Writer {
    fn take(&mut self, genre: &str, start: At) -> Vec<Mutant> {
        self.by_start.remove(&(genre.to_owned(), start)).unwrap_or_default()
    }

    fn function(&mut self, sig: &Signature, block: &mut Block, start: Option<At>) {
        let Some(start) = start else { return };
        let mutants = self.take("FnValue", start);
        for m in mutants.iter().rev() {
            let opaque = quote::quote!(#sig).to_string();
            let output = opaque.rsplit("->").next().unwrap_or_default();
            if sig.constness.is_some() || output.trim_start().starts_with("impl ") {
                self.limited.insert(m.id);
                continue;
            }
            let value: Expr = syn::parse_str(&m.replacement).unwrap();
            let on = on(m.id);
            block.stmts.insert(0, parse_quote!(if #on { return #value; }));
            self.placed.insert(m.id);
        }
    }
}

impl VisitMut for Writer {
    fn visit_item_fn_mut(&mut self, f: &mut syn::ItemFn) {
        let start = f.block.stmts.first().map(|s| at(s.span()));
        visit_mut::visit_item_fn_mut(self, f);
        let sig = f.sig.clone();
        self.function(&sig, &mut f.block, start);
    }
    fn visit_impl_item_fn_mut(&mut self, f: &mut syn::ImplItemFn) {
        let start = f.block.stmts.first().map(|s| at(s.span()));
        visit_mut::visit_impl_item_fn_mut(self, f);
        let sig = f.sig.clone();
        self.function(&sig, &mut f.block, start);
    }
    fn visit_trait_item_fn_mut(&mut self, f: &mut syn::TraitItemFn) {
        let start = f.default.as_ref().and_then(|b| b.stmts.first()).map(|s| at(s.span()));
        visit_mut::visit_trait_item_fn_mut(self, f);
        let sig = f.sig.clone();
        if let Some(block) = &mut f.default {
            self.function(&sig, block, start);
        }
    }
    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        let start = at(arm.pat.span());
        let guard_at = arm.guard.as_ref().map(|(_, g)| at(g.span()));
        visit_mut::visit_arm_mut(self, arm);
        if let Some(start) = guard_at {
            for m in self.take("MatchArmGuard", start) {
                let (word, guard) = arm.guard.take().unwrap();
                let on = on(m.id);
                let new: Expr = if m.replacement == "true" {
                    parse_quote!(#on || (#guard))
                } else {
                    parse_quote!(!#on && (#guard))
                };
                arm.guard = Some((word, Box::new(new)));
                self.placed.insert(m.id);
            }
        }
        for m in self.take("MatchArm", start) {
            let on = on(m.id);
            arm.guard = Some(match arm.guard.take() {
                Some((word, guard)) => (word, Box::new(parse_quote!(!#on && (#guard)))),
                None => (Default::default(), Box::new(parse_quote!(!#on))),
            });
            self.placed.insert(m.id);
        }
    }
    fn visit_expr_struct_mut(&mut self, e: &mut syn::ExprStruct) {
        let starts: Vec<At> = e.fields.iter().map(|f| at(f.span())).collect();
        visit_mut::visit_expr_struct_mut(self, e);
        let Some(rest) = e.rest.clone() else { return };
        for (field, start) in e.fields.iter_mut().zip(starts) {
            for m in self.take("StructField", start) {
                let (on, member, value) = (on(m.id), &field.member, &field.expr);
                let new: Expr = parse_quote!(if #on { (#rest).#member } else { #value });
                field.expr = new;
                field.colon_token = Some(Default::default());
                self.placed.insert(m.id);
            }
        }
    }
    fn visit_expr_mut(&mut self, e: &mut Expr) {
        let place = match e {
            Expr::Binary(b) => Some(("BinaryOperator", at(b.op.span()))),
            Expr::Unary(u) => Some(("UnaryOperator", at(u.op.span()))),
            _ => None,
        };
        visit_mut::visit_expr_mut(self, e);
        let Some((genre, start)) = place else { return };
        let original = e.clone();
        for m in self.take(genre, start) {
            let on = on(m.id);
            let new: Expr = match &original {
                Expr::Unary(u) => {
                    let inner = &u.expr;
                    parse_quote!((if #on { #inner } else { #e }))
                }
                Expr::Binary(ExprBinary { left, op, right, .. }) if matches!(op, BinOp::And(_) | BinOp::Or(_)) => {
                    // Natively a syntax error too.
                    if has_let(left) || has_let(right) {
                        continue;
                    }
                    if matches!(op, BinOp::And(_)) {
                        parse_quote!((match (#on, #left) { (false, false) => false, (true, true) => true, _ => #right }))
                    } else {
                        parse_quote!((match (#on, #left) { (false, true) => true, (true, false) => false, _ => #right }))
                    }
                }
                Expr::Binary(b) => {
                    let (l, r) = (paren(&b.left), paren(&b.right));
                    let op: BinOp = syn::parse_str(&m.replacement).unwrap();
                    let changed =
                        Expr::Binary(ExprBinary { attrs: Vec::new(), left: Box::new(l), op, right: Box::new(r) });
                    parse_quote!((if #on { #changed } else { #e }))
                }
                _ => continue,
            };
            *e = new;
            self.placed.insert(m.id);
        }
    }
}

const SWITCH: &str = r#"//! Switches one mutant on, or writes down which test reaches which mutant.
#![allow(missing_docs, clippy::all)]
use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::sync::LazyLock;
static ACTIVE: LazyLock<u32> =
    LazyLock::new(|| std::env::var("KS_MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(u32::MAX));
static REACHED: LazyLock<Option<File>> = LazyLock::new(|| {
    File::options().create(true).append(true).open(std::env::var_os("KS_MUTANT_REACHED")?).ok()
});
// A test has a thread of its own, with its name.
thread_local!(static SEEN: RefCell<HashSet<u32>> = RefCell::default());
pub fn on(id: u32) -> bool {
    if let Some(mut file) = REACHED.as_ref()
        && SEEN.try_with(|seen| seen.borrow_mut().insert(id)).unwrap_or(true)
    {
        let line = format!("{id} {}\n", std::thread::current().name().unwrap_or("-"));
        let _ = file.write_all(line.as_bytes());
    }
    *ACTIVE == id
}
"#;

/// Writes a file that changes: what did not change is not built again.
fn put(path: &str, text: &str) {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    if let Some(folder) = std::path::Path::new(path).parent() {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(path, text).unwrap();
}

fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let list: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&a[0]).unwrap()).unwrap();
    let skip: BTreeSet<u32> =
        std::fs::read_to_string(&a[3]).unwrap_or_default().split_whitespace().map(|n| n.parse().unwrap()).collect();
    let mut files: BTreeMap<String, Vec<Mutant>> = BTreeMap::new();
    for (id, m) in list.iter().enumerate() {
        let id = id as u32;
        // A file whose mutants are all left out is written, too: an earlier run may have put one in.
        let of_file = files.entry(m["file"].as_str().unwrap().to_owned()).or_default();
        if skip.contains(&id) {
            continue;
        }
        let n = |p: &str| m["span"]["start"][p].as_u64().unwrap() as usize;
        let s = |p: &str| m[p].as_str().unwrap().to_owned();
        let mutant = Mutant { id, genre: s("genre"), replacement: s("replacement"), start: (n("line"), n("column")) };
        of_file.push(mutant);
    }
    let (mut placed, mut limited, mut unplaced) = (0, Vec::new(), Vec::new());
    for (file, mutants) in files {
        let text = std::fs::read_to_string(format!("{}/{file}", a[1])).unwrap();
        let mut tree = syn::parse_file(&text).unwrap();
        let all: Vec<u32> = mutants.iter().map(|m| m.id).collect();
        let mut w = Writer { by_start: HashMap::new(), placed: BTreeSet::new(), limited: BTreeSet::new() };
        for m in mutants {
            w.by_start.entry((m.genre.clone(), m.start)).or_default().push(m);
        }
        w.visit_file_mut(&mut tree);
        placed += w.placed.len();
        limited.extend(w.limited.iter().copied());
        unplaced.extend(all.into_iter().filter(|id| !w.placed.contains(id) && !w.limited.contains(id)));
        put(&format!("{}/{file}", a[2]), &prettyplease::unparse(&tree));
    }
    let lib = std::fs::read_to_string(format!("{}/src/lib.rs", a[1])).unwrap();
    let lib = lib.replacen("pub mod model;", "#[doc(hidden)]\npub mod mutant_switch;\npub mod model;", 1);
    put(&format!("{}/src/lib.rs", a[2]), &lib);
    put(&format!("{}/src/mutant_switch.rs", a[2]), SWITCH);
    println!("{}", serde_json::json!({"placed": placed, "limited": limited, "unplaced": unplaced}));
}

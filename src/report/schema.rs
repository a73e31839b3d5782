//! The JSON Schema of the report, generated from its types; `docs/report.schema.json` is its printed form.

use super::model::{Item, Report};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};

/// Either form of the output: one object, or one line of `jsonl`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Output {
    /// `--format json`.
    Report(Box<Report>),
    /// One line of `--format jsonl`.
    Line(Box<Item>),
}

/// The schema, as JSON, with a final line end. It describes what is written: a field is required unless it may be left
/// out.
pub fn schema() -> String {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Output>();
    schema.insert("title".to_owned(), "keyspect report, version 1".into());
    let mut text = format!("{:#}", serde_json::Value::from(schema));
    text.push('\n');
    text
}

//! The exports that the reference does not have; what it has is recorded in `tests/cases/schema`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::schema::SchemaFormat;
use crate::workspace::{File, Inspect, Request, render};
use crate::yaml::print_documents;

const SCHEMA: &str = r#"#@data/values-schema
---
#@schema/title "Name"
#@schema/desc "The name of it"
#@schema/examples ("short", "a"), ("long", "bcd")
#@schema/validation min_len=1, max_len=5
name: app
#@schema/nullable
#@schema/validation one_of=["a", "b"]
choice: ""
#@schema/nullable
#@schema/validation min=1, max=7.5, not_null=True
required: 1
#@schema/validation min=1, when=lambda v: True
conditional: 1
#@schema/validation ("own", lambda v: True), min="a"
other: ""
#@schema/type any=True
#@schema/deprecated "use other"
any: {x: 1}
#@schema/validation min_len=1
list:
#@schema/validation max_len=4
- k: 1.5
"#;

/// As the specification of JSON Schema asks: null is a type of its own, rules that the keywords cannot
/// say are left out.
const JSON_SCHEMA: &str = r#"$schema: https://json-schema.org/draft/2020-12/schema
type: object
properties:
  name:
    title: Name
    description: The name of it
    type: string
    examples:
    - a
    - bcd
    default: app
    minLength: 1
    maxLength: 5
  choice:
    type:
    - string
    - "null"
    default: null
    enum:
    - a
    - b
    - null
  required:
    type: integer
    minimum: 1
    maximum: 7.5
  conditional:
    type: integer
    default: 1
  other:
    type: string
    default: ""
  any:
    deprecated: true
    default:
      x: 1
  list:
    type: array
    items:
      type: object
      properties:
        k:
          type: number
          default: 1.5
      additionalProperties: false
      maxProperties: 4
    default: []
    minItems: 1
additionalProperties: false
"#;

/// The part below the document's head.
const OPENAPI: &str = r#"      properties:
        name:
          title: Name
          type: string
          description: The name of it
          x-example-description: short
          example: a
          default: app
          minLength: 1
          maxLength: 5
        choice:
          type: string
          nullable: true
          default: null
          enum:
          - a
          - b
        required:
          type: integer
          nullable: true
          default: null
          minimum: 1
          maximum: 7.5
        conditional:
          type: integer
          default: 1
        other:
          type: string
          default: ""
        any:
          nullable: true
          deprecated: true
          default:
            x: 1
        list:
          type: array
          items:
            type: object
            additionalProperties: false
            properties:
              k:
                type: number
                format: float
                default: 1.5
            maxProperties: 4
          default: []
          minItems: 1
"#;

fn export(schema: &str, format: SchemaFormat) -> String {
    let files = vec![File::new("schema.yml", schema.as_bytes())];
    let request = Request { files, inspect: Inspect::Schema(format), ..Request::default() };
    print_documents(&render(request).unwrap().documents)
}

#[test]
fn validations_are_keywords_of_json_schema() {
    assert_eq!(export(SCHEMA, SchemaFormat::JsonSchema), JSON_SCHEMA);
}

#[test]
fn validations_are_keywords_of_openapi_where_asked_for() {
    let with = export(SCHEMA, SchemaFormat::OpenApiWithValidations);
    let (_, below) = with.split_once("additionalProperties: false\n").unwrap();
    assert_eq!(below, OPENAPI);
    let without = export(SCHEMA, SchemaFormat::OpenApi);
    for keyword in ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxProperties", "enum"] {
        assert!(!without.contains(keyword), "{keyword}");
    }
}

#[test]
fn without_a_schema_any_values_go() {
    let expected = "$schema: https://json-schema.org/draft/2020-12/schema\ntitle: Data values\n";
    assert_eq!(export("a: 1\n", SchemaFormat::JsonSchema), expected);
}

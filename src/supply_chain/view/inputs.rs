//! Go types of the inputs of a template.

use super::{Field, Shape, Struct};

const NAME: Field = Field::always("Name", "name", Shape::Text("string"));

/// The only source, or the deployment: `url`, `revision`, `name`, or null.
pub static SOURCE: Shape = Shape::Pointer(&Shape::Struct(&SOURCE_INPUT));
/// Sources by name.
pub static SOURCES: Shape = Shape::Map(&Shape::Struct(&SOURCE_INPUT));
/// Images by name: `image`, `name`.
pub static IMAGES: Shape = Shape::Map(&Shape::Struct(&IMAGE_INPUT));
/// Configurations by name: `config`, `name`.
pub static CONFIGS: Shape = Shape::Map(&Shape::Struct(&CONFIG_INPUT));

static SOURCE_INPUT: Struct = Struct {
    name: "templates.SourceInput",
    fields: &[
        Field::always("URL", "url", Shape::Any),
        Field::always("Revision", "revision", Shape::Any),
        NAME,
    ],
};

static IMAGE_INPUT: Struct =
    Struct { name: "templates.ImageInput", fields: &[Field::always("Image", "image", Shape::Any), NAME] };

static CONFIG_INPUT: Struct =
    Struct { name: "templates.ConfigInput", fields: &[Field::always("Config", "config", Shape::Any), NAME] };

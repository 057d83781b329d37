//! Vocabularies: enums whose values have one word each, the same in SQL and JSON.

macro_rules! words {
    ($(#[doc = $doc:literal] $name:ident { $(#[doc = $vdoc:literal] $variant:ident = $word:literal),+ $(,)? })+) => {$(
        #[doc = $doc]
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema, sqlx::Type,
        )]
        #[sqlx(type_name = "text")]
        pub enum $name {$(
            #[doc = $vdoc]
            #[serde(rename = $word)]
            #[sqlx(rename = $word)]
            $variant,
        )+}

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in SQL and JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    )+};
}

pub(in crate::domain) use words;

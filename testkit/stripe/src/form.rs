//! The fields of a form or a query.

/// The fields, in the order in which they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, String> {
        self.get(name)
            .ok_or_else(|| format!("Missing required param: {name}."))
    }

    pub(crate) fn number(&self, name: &str) -> Result<u64, String> {
        let value = self.required(name)?;
        value
            .parse()
            .map_err(|_| format!("Invalid integer: {value} ({name})."))
    }
}

//! Log lines as JSON, with the ids of the trace and of the order that they are about.

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Writes one JSON object a line: `timestamp`, `level`, `message` and `target`, the event's own fields, and the fields
/// of all enclosing spans. If a name occurs twice, the innermost field wins.
///
/// Expects fields of spans that are formatted as JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            let extensions = span.extensions();
            if let Some(formatted) = extensions.get::<FormattedFields<N>>()
                && let Ok(Value::Object(of_span)) = serde_json::from_str(&formatted.fields)
            {
                fields.0.extend(of_span);
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let message = fields.0.remove("message").unwrap_or_default();
        write!(
            writer,
            r#"{{"timestamp":"{}","level":"{}","message":{message},"target":"{}""#,
            Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true),
            metadata.level(),
            metadata.target(),
        )?;
        for (name, value) in &fields.0 {
            write!(writer, r",{}:{value}", Value::from(name.as_str()))?;
        }
        writer.write_str("}\n")
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::format::JsonFields;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Captured {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    fn lines_of(work: impl FnOnce()) -> Vec<Value> {
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLines)
            .fmt_fields(JsonFields::new())
            .with_writer(captured.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, work);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_line_tells_the_trace_and_the_order_of_the_spans_around_it() {
        let lines = lines_of(|| {
            let request = tracing::info_span!("request", trace_id = "abc", order_id = tracing::field::Empty);
            let _request = request.enter();
            tracing::info!("asked");
            crate::trace::about("ord_1");
            tracing::info!("placed");
        });
        assert!(lines.iter().all(|line| line["trace_id"] == "abc"), "{lines:?}");
        assert_eq!(lines[0]["message"], "asked");
        assert!(lines[0]["order_id"].is_null());
        assert_eq!(lines[1]["order_id"], "ord_1");
    }

    #[test]
    fn fields_that_are_recorded_later_count_and_the_inner_one_wins() {
        let lines = lines_of(|| {
            let request = tracing::info_span!("request", trace_id = "abc", order_id = tracing::field::Empty);
            let _request = request.enter();
            crate::trace::about("ord_1");
            let inner = tracing::info_span!("inner", step = 2);
            let _inner = inner.enter();
            tracing::warn!(order_id = "ord_2", reason = "a \"quoted\" reason", "refused");
            tracing::info!(step = 3, "again");
        });
        assert_eq!(lines[0]["order_id"], "ord_2");
        assert_eq!(lines[0]["reason"], "a \"quoted\" reason");
        assert_eq!(lines[0]["step"], 2);
        assert_eq!(lines[0]["level"], "WARN");
        assert_eq!(lines[1]["order_id"], "ord_1");
        assert_eq!(lines[1]["step"], 3);
    }
}

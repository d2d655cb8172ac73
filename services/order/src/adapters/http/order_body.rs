//! The body of `POST /orders`: one item, or lines; ids and quantities as numbers or strings.

use crate::adapters::http::recipient::RecipientBody;
use crate::domain::{OrderRequest, OrderRequestLine, Recipient};
use fdp_contracts::{optional_number_or_string, optional_number_schema, optional_text, optional_text_schema};
use fdp_http::{FromObject, Problem};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// What a client sends: either one thing (`item` or `productName`, `productId`, `qty`, `unitPrice`) or `lines` of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderBody {
    /// Who orders; "guest" if left out.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    customer_id: Option<String>,
    /// Who cooks; store "1" if left out.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    store_id: Option<String>,
    /// The stocked product; none for a dish.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    product_id: Option<String>,
    /// What the customer reads; the product's id if left out.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    product_name: Option<String>,
    /// The same as `productName`, which counts if both are there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    item: Option<String>,
    /// How many; 1 if left out.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    qty: Option<u32>,
    /// Price of one in won, as the customer was told; it has to be the current one.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    unit_price: Option<u64>,
    /// The same as `unitPrice`, which counts if both are there.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    price: Option<u64>,
    /// What the delivery costs in won, as the customer was told; it has to be the current fee of the store.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    delivery_fee: Option<u64>,
    /// Whom the order goes to, and where, if the customer says so.
    #[schema(value_type = Option<RecipientBody>)]
    deliver_to: Option<FromObject<RecipientBody>>,
    /// Several things, in place of the one that the fields above name.
    #[schema(value_type = Option<Vec<LineBody>>)]
    lines: Option<Vec<FromObject<LineBody>>>,
}

/// One thing of several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LineBody {
    /// The stocked product; none for a dish.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    product_id: Option<String>,
    /// What the customer reads; the product's id if left out.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    product_name: Option<String>,
    /// The same as `productName`, which counts if both are there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = optional_text_schema)]
    item: Option<String>,
    /// How many; 1 if left out.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    qty: Option<u32>,
    /// Price of one in won, as the customer was told; it has to be the current one.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    unit_price: Option<u64>,
    /// The same as `unitPrice`, which counts if both are there.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = optional_number_schema)]
    price: Option<u64>,
}

impl OrderBody {
    /// The order request in the body.
    pub(super) fn into_request(self) -> Result<OrderRequest, Problem> {
        let single = OrderRequestLine {
            product_id: self.product_id,
            name: self.product_name.or(self.item),
            qty: self.qty,
            unit_price: self.unit_price.or(self.price),
        };
        let names_something = single.product_id.is_some() || single.name.is_some();
        let lines = match self.lines {
            Some(_) if names_something || single.qty.is_some() => {
                return Err(Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid-order",
                    "send either one item with its qty, or lines, not both",
                ));
            }
            Some(lines) => lines
                .into_iter()
                .map(|FromObject(line)| line.into_request_line())
                .collect(),
            None if names_something => vec![single],
            None => Vec::new(),
        };
        Ok(OrderRequest {
            customer_id: self.customer_id,
            store_id: self.store_id,
            lines,
            delivery_fee: self.delivery_fee,
            deliver_to: self.deliver_to.map(|FromObject(body)| Recipient::from(body)),
            deliver_to_digest: None,
        })
    }
}

impl LineBody {
    fn into_request_line(self) -> OrderRequestLine {
        OrderRequestLine {
            product_id: self.product_id,
            name: self.product_name.or(self.item),
            qty: self.qty,
            unit_price: self.unit_price.or(self.price),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> OrderRequest {
        serde_json::from_str::<OrderBody>(body)
            .unwrap()
            .into_request()
            .unwrap()
    }

    #[test]
    fn both_forms_of_the_course_are_accepted() {
        let dish = request(r#"{"item":"통닭","storeId":1}"#);
        assert_eq!(dish.store_id.as_deref(), Some("1"));
        assert_eq!(dish.lines[0].name.as_deref(), Some("통닭"));

        let product = request(r#"{"productId":"1001","productName":"TV","qty":"5","customerId":"100"}"#);
        assert_eq!(product.customer_id.as_deref(), Some("100"));
        assert_eq!(product.lines[0].product_id.as_deref(), Some("1001"));
        assert_eq!(product.lines[0].qty, Some(5));
        assert_eq!(
            product,
            request(r#"{"productId":1001,"item":"TV","qty":5,"customerId":100}"#)
        );
    }

    #[test]
    fn a_field_that_there_is_not_is_refused_by_its_name() {
        for body in [
            r#"{"item":"통닭","quantity":5}"#,
            r#"{"lines":[{"item":"통닭","quantity":5}]}"#,
        ] {
            let error = serde_json::from_str::<OrderBody>(body).unwrap_err().to_string();
            assert!(error.contains("unknown field `quantity`"), "{error}");
        }
        assert!(serde_json::from_str::<OrderBody>(r#"{"lines":[["1001"]]}"#).is_err());
    }

    #[test]
    fn an_order_may_say_whom_it_goes_to_and_where() {
        assert_eq!(request(r#"{"item":"통닭"}"#).deliver_to, None);
        let body = |to: &str| format!(r#"{{"item":"통닭","deliverTo":{to}}}"#);
        let told = request(&body(
            r#"{"name":" 김철수 ","address":"\u1109\u1165\u110b\u116e\u11af","phone":"010-1234-5678","note":" "}"#,
        ));
        let told = told.deliver_to.unwrap();
        assert_eq!((told.name.as_str(), told.address.as_str()), ("김철수", "서울"));
        assert_eq!((told.phone.as_str(), told.note), ("010-1234-5678", None));
        for (to, words) in [
            (r#"{"name":"김철수","address":"서울"}"#, "missing field `phone`"),
            (
                r#"{"name":"김철수","address":"서울","phone":"1","door":"3"}"#,
                "unknown field `door`",
            ),
            (r#"["김철수","서울","1",null]"#, "a JSON object"),
        ] {
            let error = serde_json::from_str::<OrderBody>(&body(to))
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn lines_are_an_order_of_several_items() {
        let several =
            request(r#"{"lines":[{"item":"피자","qty":2,"price":"12000"},{"productId":7,"qty":1}]}"#);
        assert_eq!(several.lines.len(), 2);
        assert_eq!(several.lines[0].unit_price, Some(12_000));
    }

    #[test]
    fn one_item_and_lines_together_are_rejected() {
        let body: OrderBody = serde_json::from_str(r#"{"item":"피자","lines":[]}"#).unwrap();
        assert!(body.into_request().unwrap_err().detail.contains("not both"));
    }
}

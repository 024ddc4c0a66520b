//! The same first request in several languages. Names are those of the published clients:
//! the crate `sec-api-sdk-rust` and the Python package `secapi-client`.

use crate::ui::Snippet;

const SECRET: &str = "secapi_live_…";

/// Where the published clients call when nothing else is said.
const PUBLISHED: &str = "https://api.secapi.ai";

/// What the first real request asks: it resolves a company, and the free calls pay for it.
const FIRST: &str = "/v1/entities/resolve?ticker=AAPL";

/// A GET as curl, the key taken from the environment. An address with a question mark is quoted: some
/// shells take it for a pattern.
pub fn get(base_url: &str, path: &str) -> String {
    let quote = if path.contains('?') { "\"" } else { "" };
    format!("curl -i {quote}{base_url}{path}{quote} \\\n  -H \"x-api-key: $SECAPI_API_KEY\"")
}

/// A POST of JSON as curl; `body` is quoted for the shell already.
pub fn post(base_url: &str, path: &str, body: &str) -> String {
    format!(
        "curl -s {base_url}{path} \\\n  -H \"x-api-key: $SECAPI_API_KEY\" \\\n  -H \"content-type: application/json\" \\\n  -H \"idempotency-key: $(uuidgen)\" \\\n  -d {body}"
    )
}

/// A PUT of JSON as curl; `body` is quoted for the shell already.
pub fn put(base_url: &str, path: &str, body: &str) -> String {
    format!(
        "curl -s -X PUT {base_url}{path} \\\n  -H \"x-api-key: $SECAPI_API_KEY\" \\\n  -H \"content-type: application/json\" \\\n  -d {body}"
    )
}

/// The first request as curl.
pub fn curl(base_url: &str) -> String {
    get(base_url, FIRST)
}

/// What `POST /v1/api_keys` takes, as curl.
pub fn create_key(base_url: &str, label: &str, livemode: bool) -> String {
    let label = serde_json::Value::from(label);
    format!(
        "curl -s {base_url}/v1/api_keys \\\n  -H \"x-api-key: $SECAPI_API_KEY\" \\\n  -H \"content-type: application/json\" \\\n  -H \"idempotency-key: $(uuidgen)\" \\\n  -d '{{\"label\":{label},\"scopes\":[\"read:sec\"],\"livemode\":{livemode}}}'"
    )
}

/// `DELETE /v1/api_keys/{id}` as curl.
pub fn revoke_key(base_url: &str, id: &str) -> String {
    format!("curl -s -X DELETE {base_url}/v1/api_keys/{id} \\\n  -H \"x-api-key: $SECAPI_API_KEY\"")
}

fn exports(base_url: &str, secret: &str) -> String {
    let key = format!("export SECAPI_API_KEY={secret}");
    if base_url == PUBLISHED {
        key
    } else {
        format!("{key}\nexport SECAPI_BASE_URL={base_url}")
    }
}

/// Every way to make the first request. Without a secret a placeholder stands for it.
pub fn first_request(base_url: &str, secret: Option<&str>) -> Vec<Snippet> {
    let secret = secret.unwrap_or(SECRET);
    vec![
        Snippet {
            title: "curl",
            hint: None,
            text: format!("export SECAPI_API_KEY={secret}\n{}", curl(base_url)),
        },
        Snippet {
            title: "Shell",
            hint: Some("The clients below read these."),
            text: exports(base_url, secret),
        },
        Snippet {
            title: "Python",
            hint: Some("pip install secapi-client"),
            text: "from secapi_client import SecApiClient\n\nclient = SecApiClient()\nprint(client.resolve_entity(ticker=\"AAPL\"))".into(),
        },
        Snippet {
            title: "TypeScript",
            hint: Some("No package needed."),
            text: format!(
                "const answer = await fetch(\"{base_url}{FIRST}\", {{\n  headers: {{ \"x-api-key\": process.env.SECAPI_API_KEY! }},\n}});\nconsole.log(answer.headers.get(\"request-id\"), await answer.json());"
            ),
        },
        Snippet {
            title: "Rust",
            hint: Some("cargo add sec-api-sdk-rust tokio --features tokio/full"),
            text: "use sec_api_sdk_rust::SecApiClient;\n\n#[tokio::main]\nasync fn main() {\n    let client = SecApiClient::new(None);\n    println!(\"{:?}\", client.resolve_entity(&[(\"ticker\", \"AAPL\")]).await);\n}".into(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_is_said_only_where_clients_would_not_find_it() {
        assert_eq!(exports(PUBLISHED, "s"), "export SECAPI_API_KEY=s");
        assert!(
            exports("http://127.0.0.1:8080", "s")
                .ends_with("SECAPI_BASE_URL=http://127.0.0.1:8080")
        );
    }

    #[test]
    fn an_address_with_a_question_mark_is_quoted_for_the_shell() {
        assert!(get("http://x", "/v1/me").starts_with("curl -i http://x/v1/me "));
        assert!(get("http://x", "/v1/a?b=c").starts_with("curl -i \"http://x/v1/a?b=c\" "));
    }

    #[test]
    fn a_label_is_quoted_as_json() {
        assert!(create_key("http://x", "a \"b\"", true).contains(r#""label":"a \"b\"","#));
    }
}

//! `/authorize`, its page and its answer.

use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::STANDARD};
use sandbox::oidc::Person;
use sha2::{Digest, Sha256};

use crate::support::{CALLBACK, Fields, ISSUER, Sandbox, form, question};

#[tokio::test]
async fn the_page_offers_everyone_and_escapes_everything() {
    let page = Sandbox::new().ask(&question()).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "The &lt;Console&gt; wants to know who you are.",
        "Ada Example",
        "Bob &quot;&lt;b&gt;&quot; Example",
        "address not verified",
        r#"name="state" value="a state &amp; more""#,
        r#"name="decision" value="refuse""#,
    ] {
        assert!(page.body.contains(text), "{text} in {}", page.body);
    }
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_policy_allows_this_style_and_this_return_address_only() {
    let page = Sandbox::new().ask(&question()).await;
    let (_, style) = page.body.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    assert_eq!(
        page.header("content-security-policy"),
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; \
             form-action 'self' http://127.0.0.1:8000; \
             frame-ancestors 'none'; base-uri 'none'"
        )
    );
}

#[tokio::test]
async fn the_forms_of_the_page_carry_the_whole_request() {
    let sandbox = Sandbox::new();
    let page = sandbox.ask(&question()).await;
    let (_, form) = page.body.split_once("<form").unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    let fields = form
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            let (value, _) = rest.split_once('"').unwrap();
            (name.to_owned(), value.replace("&amp;", "&"))
        });
    let mut fields = Fields(fields.collect());
    assert_eq!(fields.0.len(), 8);
    fields.0.push(("sub".to_owned(), "person_bob".to_owned()));
    let back = sandbox.decide(&fields).await.redirect(CALLBACK);
    assert_eq!(back["from"], "idp");
    assert_eq!(back["state"], "a state & more");
    assert_eq!(back["iss"], ISSUER);
    assert_eq!(back["code"].len(), 43);
}

#[tokio::test]
async fn the_theme_of_the_console_is_followed() {
    let sandbox = Sandbox::new();
    for (cookie, attribute) in [
        ("a=b; theme=dark", r#"<html lang="en" data-theme="dark">"#),
        ("theme=light", r#"<html lang="en" data-theme="light">"#),
        ("theme=\"><script>", r#"<html lang="en">"#),
    ] {
        let path = format!("/oidc/authorize?{}", question().encode());
        let request = axum::http::Request::get(path).header("cookie", cookie);
        let page = sandbox.send(request, String::new()).await;
        assert!(page.body.contains(attribute), "{cookie}");
    }
}

#[tokio::test]
async fn without_a_trusted_way_back_nobody_is_sent_anywhere() {
    let sandbox = Sandbox::new();
    let twice = Fields(question().0.into_iter().chain(question().0).collect());
    let cases = [
        question().with("client_id", "unknown"),
        question().without("client_id"),
        question().without("redirect_uri"),
        question().with("redirect_uri", "https://attacker.example/"),
        question().with("redirect_uri", "http://127.0.0.1:8000/auth/callback"),
        question().with("redirect_uri", &format!("{CALLBACK}/")),
        question().with(
            "redirect_uri",
            &CALLBACK.replace("127.0.0.1", "127.0.0.1:80@evil"),
        ),
        twice,
    ];
    for fields in cases {
        for answer in [
            sandbox.ask(&fields).await,
            sandbox.decide(&fields.with("sub", "person_ada")).await,
        ] {
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{}",
                fields.encode()
            );
            assert_eq!(answer.header("location"), "");
        }
    }
}

#[tokio::test]
async fn other_mistakes_go_back_to_the_client() {
    let sandbox = Sandbox::new();
    let cases = [
        (question().without("response_type"), "invalid_request"),
        (
            question().with("response_type", "token"),
            "unsupported_response_type",
        ),
        (
            question().with("response_type", "code id_token"),
            "unsupported_response_type",
        ),
        (
            question().with("response_mode", "fragment"),
            "invalid_request",
        ),
        (question().with("scope", "email"), "invalid_scope"),
        (question().without("scope"), "invalid_scope"),
        (question().without("code_challenge"), "invalid_request"),
        (
            question().with("code_challenge", "short"),
            "invalid_request",
        ),
        (
            question().without("code_challenge_method"),
            "invalid_request",
        ),
        (
            question().with("code_challenge_method", "plain"),
            "invalid_request",
        ),
        (question().with("request", "eyJ"), "request_not_supported"),
        (
            question().with("request_uri", "urn:x"),
            "request_uri_not_supported",
        ),
        (question().with("prompt", "none"), "login_required"),
    ];
    for (fields, error) in cases {
        let back = sandbox.ask(&fields).await.redirect(CALLBACK);
        assert_eq!(back["error"], error, "{}", fields.encode());
        assert_eq!((&*back["iss"], &*back["state"]), (ISSUER, "a state & more"));
        assert!(!back.contains_key("code"));
    }
}

#[tokio::test]
async fn refusing_is_an_error_that_names_the_issuer() {
    let sandbox = Sandbox::new();
    let answer = sandbox.decide(&question().with("decision", "refuse")).await;
    let back = answer.redirect(CALLBACK);
    assert_eq!(back["error"], "access_denied");
    assert_eq!((&*back["iss"], &*back["state"]), (ISSUER, "a state & more"));
}

#[tokio::test]
async fn somebody_new_is_offered_from_then_on() {
    let sandbox = Sandbox::new();
    let new = question()
        .with("email", " Cy@Example.com ")
        .with("name", "");
    assert!(
        sandbox
            .decide(&new)
            .await
            .redirect(CALLBACK)
            .contains_key("code")
    );
    let page = sandbox.ask(&question()).await;
    assert!(page.body.contains("<b>Cy</b><small>Cy@Example.com</small>"));
}

#[test]
fn an_address_is_the_same_person_for_ever() {
    let person = Person::from_email("cy@example.com", "Cy");
    assert_eq!(person.sub, "dev_c42f5d0033a838d1fd7175a5c0a93aca");
    assert_eq!(
        person.sub,
        Person::from_email("CY@example.com", "C. Y.").sub
    );
    assert_ne!(person.sub, Person::from_email("cy@example.org", "Cy").sub);
}

#[tokio::test]
async fn what_was_typed_wrongly_is_kept_and_explained() {
    let sandbox = Sandbox::new();
    let long = format!("{}@example.com", "c".repeat(250));
    let name = "C".repeat(81);
    let cases = [
        ("", "Cy", "email-err"),
        ("cy", "Cy", "email-err"),
        ("@example.com", "Cy", "email-err"),
        ("c y@example.com", "Cy", "email-err"),
        (&long, "Cy", "email-err"),
        ("cy@example.com", &name, "name-err"),
    ];
    for (email, name, wrong) in cases {
        let fields = question().with("email", email).with("name", name);
        let page = sandbox.decide(&fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(
            page.body
                .contains(&format!(r#"aria-describedby="{wrong}""#)),
            "{email}"
        );
        assert!(
            page.body.contains(&format!(r#"value="{email}""#)),
            "{email}"
        );
        assert!(page.body.contains(&format!(r#"value="{name}""#)), "{email}");
    }
    let page = sandbox.decide(&question().with("sub", "person_eve")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn another_site_cannot_decide() {
    let sandbox = Sandbox::new();
    let cases = [
        (vec![("sec-fetch-site", "same-origin")], true),
        (vec![("sec-fetch-site", "same-site")], false),
        (vec![("sec-fetch-site", "cross-site")], false),
        (vec![("sec-fetch-site", "none")], false),
        (
            vec![
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://127.0.0.1:7000"),
            ],
            false,
        ),
        (vec![("origin", "http://127.0.0.1:7000")], true),
        (vec![("origin", "http://127.0.0.1:8000")], false),
        (vec![("origin", "null")], false),
    ];
    for (headers, allowed) in cases {
        let mut request = form("/oidc/authorize/decision");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let fields = question().with("sub", "person_ada").encode();
        let status = sandbox.send(request, fields).await.status;
        let expected = if allowed {
            StatusCode::SEE_OTHER
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(status, expected, "{headers:?}");
    }
}

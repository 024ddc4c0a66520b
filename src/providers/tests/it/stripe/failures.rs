//! Every way a call can fail, and what the caller is told: try again, give up, or nothing there;
//! and whether the change may have happened.

use std::time::Duration;

use providers::stripe::Error;

use super::objects::customer;
use super::peer::{Peer, Reply, client, refusal};

const HTML: &str = "<html><body>Bad gateway</body></html>";

fn said(status: u16, headers: &'static [(&'static str, &'static str)], body: &str) -> Reply {
    Reply::Other(status, headers, body.to_owned())
}

async fn change(peer: &Peer) -> Result<(), Error> {
    let changed = peer.stripe.set_default_card("k", "cus_1", "pm_1").await;
    changed.map(|_| ())
}

/// How a change and a question end when every attempt is answered alike.
async fn both(reply: Reply) -> [(Error, usize); 2] {
    let total = Duration::from_millis(if matches!(reply, Reply::Silence) {
        200
    } else {
        10_000
    });
    let changing = Peer::patient(total, vec![reply.clone(); 5]).await;
    let asking = Peer::patient(total, vec![reply; 5]).await;
    let (changed, asked) = tokio::join!(change(&changing), asking.stripe.customer("cus_1"));
    [
        (changed.unwrap_err(), changing.seen().len()),
        (asked.unwrap_err(), asking.seen().len()),
    ]
}

#[tokio::test]
async fn what_may_work_later_is_unavailable_and_says_whether_it_may_have_happened() {
    let html = &[("content-type", "text/html"), ("request-id", "req_9")];
    let broken = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\nrequest-id: req_9\r\n\r\n{\"id\":";
    let stop = &[("stripe-should-retry", "false")];
    let go_on = &[("stripe-should-retry", "true")];
    // Reply, reason, attempts, whether a change may have happened.
    let cases = [
        (said(500, &[], "{}"), "it failed on its side", 3, true),
        (said(503, html, HTML), "it failed on its side", 3, true),
        (said(500, stop, "{}"), "it failed on its side", 1, true),
        (said(429, &[], "{}"), "it has too many requests", 3, false),
        (
            refusal(409, "lock_timeout", ""),
            "it is busy with the same thing",
            3,
            true,
        ),
        (
            said(404, go_on, HTML),
            "the answer could not be read",
            3,
            true,
        ),
        (
            said(200, html, HTML),
            "the answer could not be read",
            1,
            true,
        ),
        (
            said(200, &[], "{\"id\":\"cus_1\""),
            "the answer could not be read",
            1,
            true,
        ),
        (
            said(200, &[], "{\"id\":\"cus_1\"}"),
            "the answer could not be read",
            1,
            true,
        ),
        (
            said(200, &[], "[]"),
            "the answer could not be read",
            1,
            true,
        ),
        (
            said(400, html, HTML),
            "the answer could not be read",
            1,
            true,
        ),
        (
            said(302, &[("location", "/v1/customers/cus_2")], ""),
            "the answer is a redirect",
            1,
            true,
        ),
        (
            said(200, &[], &" ".repeat(4 << 20 | 1)),
            "the answer is larger than 4 MiB",
            1,
            true,
        ),
        (
            Reply::Raw(broken.to_owned()),
            "the answer broke off",
            3,
            true,
        ),
        (
            Reply::Raw("SSH-2.0-x\r\n\r\n".to_owned()),
            "the answer broke off",
            3,
            true,
        ),
        (Reply::Reset, "the answer broke off", 3, true),
        (Reply::Silence, "no answer in time", 1, true),
    ];
    for (reply, expected, attempts, may_have_happened) in cases {
        let [(changed, tries), (asked, questions)] = both(reply).await;
        for (error, of_a_change) in [(&changed, true), (&asked, false)] {
            let Error::Unavailable {
                reason, maybe_done, ..
            } = error
            else {
                panic!("{expected}: {error:?}");
            };
            assert_eq!(*reason, expected);
            assert_eq!(*maybe_done, of_a_change && may_have_happened, "{expected}");
        }
        assert_eq!((tries, questions), (attempts, attempts), "{expected}");
    }
}

#[tokio::test]
async fn nobody_there_means_that_nothing_happened() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let stripe = client(&base, Duration::from_secs(10));
    let error = stripe.set_default_card("k", "cus_1", "pm_1").await;
    let Err(Error::Unavailable {
        reason, maybe_done, ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((reason, maybe_done), ("no connection", false));
}

#[tokio::test]
async fn the_request_id_and_the_wish_to_wait_are_passed_on() {
    let busy = said(429, &[("retry-after", "30"), ("request-id", "req_7")], "{}");
    let [(error, tries), _] = both(busy).await;
    let expected = Error::Unavailable {
        reason: "it has too many requests",
        retry_after: Some(Duration::from_secs(30)),
        request_id: Some("req_7".to_owned()),
        maybe_done: false,
    };
    assert_eq!(error, expected);
    assert_eq!(tries, 1, "half a minute is not waited for inside a call");
    assert_eq!(
        error.to_string(),
        "Stripe cannot be used right now: it has too many requests (req_7)"
    );
}

#[tokio::test]
async fn a_short_wish_to_wait_is_heeded() {
    let busy = said(429, &[("retry-after", "1")], "{}");
    let peer = Peer::that_says([busy, Reply::Json(customer())]).await;
    let begun = std::time::Instant::now();
    change(&peer).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_works_again_is_the_same_request_again() {
    for hiccup in [
        said(500, &[], "{}"),
        said(503, &[], HTML),
        Reply::Reset,
        refusal(409, "lock_timeout", ""),
    ] {
        let peer = Peer::that_says([hiccup.clone(), hiccup, Reply::Json(customer())]).await;
        change(&peer).await.unwrap();
        let seen = peer.seen();
        assert_eq!(seen.len(), 3);
        for again in &seen[1..] {
            assert_eq!(again.body, seen[0].body);
            assert_eq!(again.headers["idempotency-key"], "k");
        }
    }
}

#[tokio::test]
async fn an_earlier_attempt_leaves_its_doubt_behind() {
    let no = || said(429, &[], "{}");
    let peer = Peer::that_says([Reply::Reset, no(), no()]).await;
    let error = change(&peer).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unavailable {
                maybe_done: true,
                ..
            }
        ),
        "{error:?}"
    );
    // A refusal under the same key settles it.
    let peer = Peer::that_says([Reply::Reset, refusal(402, "card_declined", "")]).await;
    let error = change(&peer).await.unwrap_err();
    assert!(
        matches!(error, Error::Refused { status: 402, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn time_runs_out_over_all_attempts_together() {
    let total = Duration::from_millis(200);
    let peer = Peer::patient(total, [said(500, &[], "{}"), Reply::Silence]).await;
    let error = change(&peer).await.unwrap_err();
    let Error::Unavailable {
        reason, maybe_done, ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((reason, maybe_done), ("no answer in time", true));
}

#[tokio::test]
async fn what_was_understood_and_refused_is_not_tried_again_and_shows_no_key() {
    for status in [400, 401, 402, 403, 422] {
        let [(error, tries), (_, questions)] = both(refusal(
            status,
            "parameter_invalid_empty",
            "items[0][price]",
        ))
        .await;
        let Error::Refused {
            code,
            param,
            message,
            request_id,
            ..
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!(code.as_deref(), Some("parameter_invalid_empty"));
        assert_eq!(param.as_deref(), Some("items[0][price]"));
        assert_eq!(request_id.as_deref(), Some("req_no"));
        assert_eq!(message, "Invalid API Key provided: …");
        assert_eq!((tries, questions), (1, 1));
        let shown = error.to_string();
        assert_eq!(
            shown,
            format!("Stripe refused: {status} parameter_invalid_empty (req_no)")
        );
        assert!(!format!("{error:?}").contains("sk_"), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_missing() {
    for status in [400, 404] {
        let [(error, _), _] = both(refusal(status, "resource_missing", "customer")).await;
        let what = "customer".to_owned();
        assert_eq!(error, Error::Missing { what });
    }
    let [(error, _), _] = both(refusal(404, "resource_missing", "")).await;
    assert_eq!(
        error.to_string(),
        "Stripe has no such thing: customers/cus_1"
    );
    // An address nobody answers at is a mistake of ours, not a thing that is gone.
    let unknown = said(404, &[], "{\"error\":{\"type\":\"invalid_request_error\"}}");
    let [(error, _), _] = both(unknown).await;
    assert!(
        matches!(error, Error::Refused { status: 404, .. }),
        "{error:?}"
    );
}

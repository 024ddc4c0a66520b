//! What a browser loads: its weight (Y17) and what serving a file costs (Y20).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::calls::bare_load;
use super::pages::{keys_page, signed_in};
use crate::client::{Connection, get};
use crate::load::{Load, Until, count};
use crate::report::Row;
use crate::rounds::alternate;
use crate::run::Bench;

/// Y17: the page and everything it asks for, as transferred.
pub async fn first_load(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let server = bench.serve()?;
    let mut connection = Connection::open(server.address).await?;
    let files = files(&mut connection, &keys_page()).await?;
    let total: usize = files.iter().map(|(_, bytes)| bytes).sum();
    let kilobytes = |bytes: usize| count(bytes) / 1000.0;
    let mut rows = vec![
        Row::new(
            "Y17",
            "first load of the keys page, as transferred",
            kilobytes(total),
            "KB",
        )
        .at_most(119.0, 90.0),
    ];
    rows.extend(
        files
            .iter()
            .map(|(path, bytes)| Row::new("Y17", format!("… {path}"), kilobytes(*bytes), "KB")),
    );
    Ok(rows)
}

/// The page and, transitively, the files it and they name, with the bytes of each body.
async fn files(connection: &mut Connection, page: &str) -> anyhow::Result<Vec<(String, usize)>> {
    let mut found = Vec::new();
    let (mut known, mut waiting) = (BTreeSet::new(), vec![page.to_owned()]);
    while let Some(path) = waiting.pop() {
        let sent = connection.ask(signed_in(&path)).await?;
        anyhow::ensure!(sent.status == 200, "{path} answered {}", sent.status);
        let name = if path == page {
            "HTML".to_owned()
        } else {
            path.clone()
        };
        found.push((name, sent.body.len()));
        let mut plain = signed_in(&path);
        plain.headers_mut().remove("accept-encoding");
        let plain = connection.ask(plain).await?;
        if let Ok(text) = std::str::from_utf8(&plain.body) {
            waiting.extend(named(text).filter(|path| known.insert(path.clone())));
        }
    }
    Ok(found)
}

/// Paths of assets in a text: whatever begins with `/assets/` and goes on like a file's name, and
/// the icon.
fn named(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("/assets/")
        .chain(text.match_indices("/favicon.svg"))
        .filter_map(|(at, prefix)| {
            let rest = &text[at..];
            let part_of_name = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
            let end = rest.find(|c| !part_of_name(c)).unwrap_or(rest.len());
            (end > prefix.len() || prefix.ends_with("svg")).then(|| rest[..end].to_owned())
        })
}

/// Y20: the stylesheet, whole and asked for again.
pub async fn asset(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let (server, bare) = (bench.serve()?, bench.bare()?);
    let mut connection = Connection::open(server.address).await?;
    let files = files(&mut connection, &keys_page()).await?;
    let Some((path, bytes)) = files
        .iter()
        .find(|(path, _)| path.contains(".css"))
        .cloned()
    else {
        return Ok(vec![
            Row::new("Y20", "no stylesheet: the site was not built", f64::NAN, "")
                .at_least(0.7, 0.9),
        ]);
    };
    let sent = connection
        .ask(get(&path, &[("accept-encoding", "br")]))
        .await?;
    let tag = sent
        .headers
        .get("etag")
        .and_then(|tag| tag.to_str().ok())
        .unwrap_or("")
        .to_owned();
    let peer = bare_load(bare.address, 64);
    let whole = {
        let path = path.clone();
        move |_| get(&path, &[("accept-encoding", "br")])
    };
    let again = move |_| get(&path, &[("accept-encoding", "br"), ("if-none-match", &tag)]);
    let mut rows = Vec::new();
    for (what, make, expect) in [
        (
            format!("stylesheet, {bytes} bytes precompressed: requests a second"),
            Arc::new(whole) as crate::load::Make,
            200,
        ),
        ("… revalidated".to_owned(), Arc::new(again), 304),
    ] {
        let load = Load {
            address: server.address,
            connections: 64,
            make,
            expect,
        };
        let pairs = alternate(
            bench.rounds,
            Until::Time(bench.stretch() / 2),
            (&server, &load),
            (&bare, &peer),
        )
        .await?;
        anyhow::ensure!(
            pairs.errors() == 0,
            "{} answers were not {expect}",
            pairs.errors()
        );
        rows.push(
            Row::new("Y20", what, 0.0, "")
                .compared("bare", pairs.compare(|round| round.per_second))
                .at_least(0.7, 0.9),
        );
        rows.push(
            Row::new("Y20", "… CPU", 0.0, "µs").compared("bare", pairs.compare(|round| round.cpu)),
        );
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn assets_are_found_wherever_they_are_named() {
        let text = r#"<link href="/assets/app.1a.css"><script>import("/assets/x/y-2.js")</script> /assets/ <link href="/favicon.svg">"#;
        assert_eq!(
            named(text).collect::<Vec<_>>(),
            ["/assets/app.1a.css", "/assets/x/y-2.js", "/favicon.svg"]
        );
    }
}

use leptos::prelude::*;

/// A sentence in which what stands between backticks is code.
pub fn prose(text: &str) -> AnyView {
    let parts = text
        .split('`')
        .enumerate()
        .map(|(index, part)| match index % 2 {
            0 => part.to_owned().into_any(),
            _ => view! { <code>{part.to_owned()}</code> }.into_any(),
        })
        .collect::<Vec<_>>();
    parts.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_and_text_stays_text() {
        let html = |text| Owner::new().with(|| prose(text).to_html());
        let bare = |text| html(text).replace("<!>", "");
        assert_eq!(bare("Send `a<b` once."), "Send <code>a&lt;b</code> once.");
        assert_eq!(bare("Nothing to mark."), "Nothing to mark.");
    }
}

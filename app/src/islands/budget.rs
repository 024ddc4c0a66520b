use leptos::prelude::*;

/// Stands in the form of limits. It says what a limit means while it is typed and complains by the
/// server's own rules; and it makes the tags beneath the gauge sliders, which move with the fields and
/// the fields with them.
#[island]
pub fn BudgetEditor() -> impl IntoView {
    let marker = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        let form = marker
            .get()
            .and_then(|marker| marker.closest("form").ok().flatten());
        if let Some(form) = form {
            editor::begin(&form);
        }
    });
    view! { <span node_ref=marker hidden></span> }
}

#[cfg(feature = "hydrate")]
mod editor {
    use std::rc::Rc;

    use domain::billing::state::BudgetChange;
    use domain::budget::draft::{Ground, Mistakes, Typed, cents, consequence};
    use domain::budget::limits::{Limits, MAX_CENTS, Which};
    use domain::money::Usd;
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlInputElement, KeyboardEvent, PointerEvent};

    use super::super::browser::listen;

    const ALL: [Which; 3] = [Which::Soft, Which::Approval, Which::Cap];

    /// One limit: its field, what it means, what is wrong with it, and its tag beneath the gauge.
    struct Row {
        which: Which,
        input: HtmlInputElement,
        means: Element,
        error: Element,
        tag: Option<Tag>,
    }

    /// A limit's line and tag in the gauge.
    struct Tag {
        place: Element,
        handle: Element,
        text: Element,
    }

    struct Editor {
        rows: Vec<Row>,
        ground: Ground,
        before: Limits,
        allowed: BudgetChange,
        /// What the gauge's full width stands for, in micro-dollars.
        top: i64,
        /// One press of an arrow key, in cents.
        step: i64,
        bar: Option<Element>,
    }

    pub fn begin(form: &Element) {
        let Some(editor) = Editor::find(form) else {
            return;
        };
        let editor = Rc::new(editor);
        for (index, row) in editor.rows.iter().enumerate() {
            let now = Rc::clone(&editor);
            listen(&row.input, "input", move |_| now.typed(None));
            let now = Rc::clone(&editor);
            listen(&row.input, "blur", move |_| now.typed(Some(index)));
            if let Some(tag) = &row.tag {
                editor.upgrade(index, tag);
            }
        }
        editor.typed(None);
    }

    fn find(around: &Element, what: &str) -> Option<Element> {
        around.query_selector(what).ok().flatten()
    }

    fn number(element: &Element, name: &str) -> Option<i64> {
        element.get_attribute(name)?.parse().ok()
    }

    impl Editor {
        fn find(form: &Element) -> Option<Self> {
            let gauge = document().query_selector("figure.gauge[data-top]").ok()?;
            let rows = ALL
                .into_iter()
                .map(|which| {
                    let field = find(form, &format!("[data-which={}]", which.field()))?;
                    let place = gauge.as_ref().and_then(|gauge| {
                        find(gauge, &format!("svg[data-which={}]", which.field()))
                    });
                    Some(Row {
                        which,
                        input: find(&field, "input")?.dyn_into().ok()?,
                        means: find(&field, ".means-text")?,
                        error: find(&field, ".err")?,
                        tag: place.and_then(|place| {
                            Some(Tag {
                                handle: find(&place, "g")?,
                                text: find(&place, "text")?,
                                place,
                            })
                        }),
                    })
                })
                .collect::<Option<Vec<Row>>>()?;
            let usd = |name| number(form, name).map(Usd::micros);
            let top = gauge.as_ref().and_then(|gauge| number(gauge, "data-top"))?;
            Some(Self {
                rows,
                ground: Ground {
                    month: form.get_attribute("data-month")?,
                    spent: usd("data-spent")?,
                    of_key: form.has_attribute("data-of-key"),
                },
                before: Limits {
                    cap: usd("data-cap"),
                    soft: usd("data-soft"),
                    approval: usd("data-approval"),
                },
                allowed: match form.get_attribute("data-allowed")?.as_str() {
                    "any" => BudgetChange::Any,
                    "lower" => BudgetChange::LowerOnly,
                    _ => BudgetChange::Not,
                },
                top,
                step: round_step(top / 10_000),
                bar: gauge.and_then(|gauge| find(&gauge, ".g-track")),
            })
        }

        /// What stands in the fields.
        fn draft(&self) -> Typed {
            let text = |index: usize| self.rows[index].input.value();
            Typed {
                soft: text(0),
                approval: text(1),
                cap: text(2),
            }
        }

        /// Says anew what everything means. Complains about the field that was left, and about those
        /// complained about before.
        fn typed(&self, left: Option<usize>) {
            let mistakes = self
                .draft()
                .read(self.before, self.allowed)
                .err()
                .unwrap_or_default();
            for (index, row) in self.rows.iter().enumerate() {
                let value = row.input.value();
                let limit = cents(&value).ok().map(|cents| cents.and_then(Usd::cents));
                let means = limit.map(|limit| consequence(row.which, limit, &self.ground));
                row.means.set_text_content(means.as_deref());
                let wrong = mistake(&mistakes, row.which);
                let told = left == Some(index) || row.input.has_attribute("aria-invalid");
                row.complain(wrong.filter(|_| told));
                if let (Some(tag), Some(limit)) = (&row.tag, limit) {
                    tag.show(
                        row.which,
                        limit,
                        limit == in_force(self.before, row.which),
                        self.top,
                    );
                }
            }
        }

        /// Puts an amount into a field, as if it had been typed and left.
        fn set(&self, index: usize, limit: Option<i64>) {
            let text = limit
                .and_then(Usd::cents)
                .map(|usd| usd.two_decimals().to_string());
            self.rows[index]
                .input
                .set_value(text.as_deref().unwrap_or(""));
            self.typed(Some(index));
        }

        /// Cents in the field, and the most there can be where there is no limit.
        fn now(&self, index: usize) -> Option<i64> {
            cents(&self.rows[index].input.value()).ok().flatten()
        }

        /// Makes a tag a slider.
        fn upgrade(self: &Rc<Self>, index: usize, tag: &Tag) {
            let name = name(self.rows[index].which);
            for (attribute, value) in [
                ("role", "slider"),
                ("tabindex", "0"),
                ("aria-label", name),
                ("aria-valuemin", "0"),
                ("aria-orientation", "horizontal"),
            ] {
                _ = tag.handle.set_attribute(attribute, value);
            }
            _ = tag
                .handle
                .set_attribute("aria-valuemax", &(self.top / 10_000).to_string());
            let editor = Rc::clone(self);
            listen(&tag.handle, "keydown", move |event| {
                let Ok(key) = event.clone().dyn_into::<KeyboardEvent>() else {
                    return;
                };
                if editor.press(index, &key.key()) {
                    event.prevent_default();
                }
            });
            let (editor, handle) = (Rc::clone(self), tag.handle.clone());
            listen(&tag.handle, "pointerdown", move |event| {
                let Ok(event) = event.dyn_into::<PointerEvent>() else {
                    return;
                };
                if event.button() == 0 {
                    event.prevent_default();
                    _ = handle.set_pointer_capture(event.pointer_id());
                    _ = editor.rows[index]
                        .tag
                        .as_ref()
                        .map(|tag| tag.place.class_list().add_1("held"));
                }
            });
            let (editor, handle) = (Rc::clone(self), tag.handle.clone());
            listen(&tag.handle, "pointermove", move |event| {
                let Ok(event) = event.dyn_into::<PointerEvent>() else {
                    return;
                };
                if handle.has_pointer_capture(event.pointer_id()) {
                    editor.drag(index, event.client_x());
                }
            });
            let editor = Rc::clone(self);
            listen(&tag.handle, "lostpointercapture", move |_| {
                _ = editor.rows[index]
                    .tag
                    .as_ref()
                    .map(|tag| tag.place.class_list().remove_1("held"));
            });
        }

        fn press(&self, index: usize, key: &str) -> bool {
            let top = self.top / 10_000;
            let by = match key {
                "ArrowRight" | "ArrowUp" => self.step,
                "ArrowLeft" | "ArrowDown" => -self.step,
                "PageUp" => self.step * 10,
                "PageDown" => -self.step * 10,
                "Home" => {
                    self.set(index, Some(0));
                    return true;
                }
                "End" => {
                    self.set(index, None);
                    return true;
                }
                _ => return false,
            };
            let next = match self.now(index) {
                // Down from no limit is the highest that the gauge shows.
                None if by < 0 => Some(top / self.step * self.step),
                None => None,
                Some(now) => Some((now + by).clamp(0, MAX_CENTS)),
            };
            self.set(index, next);
            true
        }

        /// To the amount under the pointer; at the right end there is no limit.
        fn drag(&self, index: usize, x: i32) {
            let svg = self
                .bar
                .as_ref()
                .and_then(|bar| bar.closest("svg").ok().flatten());
            let Some(svg) = svg else { return };
            let (left, width) = edges(&svg);
            let at = (i64::from(x) - left).clamp(0, width);
            if at * 100 >= width * 99 {
                return self.set(index, None);
            }
            let cents = self.top / 10_000 * at / width.max(1);
            self.set(index, Some((cents + self.step / 2) / self.step * self.step));
        }
    }

    /// Where an element begins and how wide it is, in pixels.
    fn edges(element: &Element) -> (i64, i64) {
        let rect = element.get_bounding_client_rect();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "places on a screen, not money"
        )]
        let whole = |pixels: f64| pixels as i64;
        (whole(rect.left()), whole(rect.width()))
    }

    impl Row {
        fn complain(&self, wrong: Option<&str>) {
            _ = if wrong.is_some() {
                self.input.set_attribute("aria-invalid", "true")
            } else {
                self.input.remove_attribute("aria-invalid")
            };
            self.error.set_text_content(wrong);
        }
    }

    impl Tag {
        fn show(&self, which: Which, limit: Option<Usd>, same: bool, top: i64) {
            let place = limit.map_or(10_000, |limit| {
                let place = i128::from(limit.as_micros()) * 10_000 / i128::from(top.max(1));
                i64::try_from(place.min(10_000)).unwrap_or(10_000)
            });
            let short = match which {
                Which::Soft => "Soft",
                Which::Approval => "Approval",
                Which::Cap => "Cap",
            };
            let (text, value) = match limit {
                Some(limit) => (format!("{short} {limit}"), limit.to_string()),
                None => (format!("{short}: none"), "No limit".to_owned()),
            };
            let shift = match place {
                ..1_600 => 58,
                8_400.. => -58,
                _ => 0,
            };
            self.text.set_text_content(Some(&text));
            _ = self
                .place
                .set_attribute("x", &format!("{}.{:02}%", place / 100, place % 100));
            let classes = self.place.class_list();
            _ = classes.toggle_with_force("none", limit.is_none());
            _ = classes.toggle_with_force("same", same && limit.is_some());
            _ = self
                .handle
                .set_attribute("transform", &format!("translate({shift} 0)"));
            _ = self.handle.set_attribute("aria-valuetext", &value);
            let cents = limit.map_or(top / 10_000, Usd::as_cents).min(top / 10_000);
            _ = self
                .handle
                .set_attribute("aria-valuenow", &cents.to_string());
        }
    }

    fn mistake(mistakes: &Mistakes, which: Which) -> Option<&'static str> {
        match which {
            Which::Soft => mistakes.soft,
            Which::Approval => mistakes.approval,
            Which::Cap => mistakes.cap,
        }
    }

    fn in_force(limits: Limits, which: Which) -> Option<Usd> {
        match which {
            Which::Soft => limits.soft,
            Which::Approval => limits.approval,
            Which::Cap => limits.cap,
        }
    }

    fn name(which: Which) -> &'static str {
        match which {
            Which::Soft => "Soft cap",
            Which::Approval => "Approval",
            Which::Cap => "Spend cap",
        }
    }

    /// About a hundredth of the width, as a round number of cents: 1, 2, 5 times a power of ten.
    fn round_step(width: i64) -> i64 {
        let mut power = 1;
        loop {
            for step in [1, 2, 5] {
                if step * power * 100 >= width {
                    return step * power;
                }
            }
            power *= 10;
        }
    }
}

//! One site out of both faces: pages, API, files, and the layers that hold for all of them.

use axum::Router;
use platform::Platform;

use crate::assets;

pub fn router(platform: &Platform) -> Router {
    api::site(platform, pages(platform).merge(assets::routes()))
}

fn pages(platform: &Platform) -> Router {
    let names = app::shell::Assets {
        css: assets::url("app.css"),
        js: assets::url("secapid.js"),
        wasm: assets::url("secapid_bg.wasm"),
        font: assets::url("fonts/serif.woff2"),
        icon: assets::url("favicon.svg"),
    };
    app::routes(platform.clone(), names, api::openapi())
}

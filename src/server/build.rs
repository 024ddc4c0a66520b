//! Lists the files of the built site (`make build`, `scripts/build-site`) for `assets.rs` to embed.
//!
//! Without a built site the list is empty: everything compiles, and pages come without style and script.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SECAPI_SITE_DIR");
    let here = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts");
    let site = env::var_os("SECAPI_SITE_DIR")
        .map_or_else(|| Path::new(&here).join("../../.build/site"), PathBuf::from);
    // A path that does not exist would count as changed in every build.
    let _ = fs::create_dir_all(&site);
    println!("cargo::rerun-if-changed={}", site.display());

    let files = files_in(&site);
    if files.is_empty() {
        println!(
            "cargo::warning=the site is not built (scripts/build-site): this binary has no style and no script"
        );
    }
    let mut code = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        let path = path.to_str().expect("Rust source names files in UTF-8");
        writeln!(code, "    ({name:?}, include_bytes!({path:?})),")
            .expect("a String takes any text");
    }
    code.push_str("];\n");
    let out = env::var_os("OUT_DIR").expect("cargo sets it for build scripts");
    fs::write(Path::new(&out).join("site.rs"), code).expect("OUT_DIR can be written to");
}

/// Names and absolute paths, in a fixed order.
fn files_in(site: &Path) -> Vec<(String, PathBuf)> {
    let Ok(site) = site.canonicalize() else {
        return Vec::new();
    };
    let mut files: Vec<_> = fs::read_dir(&site)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            )
        })
        .collect();
    files.sort();
    files
}

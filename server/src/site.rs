//! The site's files: style sheet, script, WebAssembly, icons.

use std::fs;
use std::path::{Path, PathBuf};

use app::ssr::Assets;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use contract::ApiError;
use tower_http::services::{ServeDir, ServeFile};

use crate::pages::failure::{self, Wish};
use crate::router::Anteroom;

/// Where `cargo leptos` has put the files.
#[derive(Clone, Debug)]
pub struct Site {
    root: PathBuf,
    is_hashed: bool,
    pub(crate) assets: Assets,
}

impl Site {
    /// Finds the files: in `root` if one is named, else in `site` beside the executable, else in
    /// `../site`, whatever folder the server was started in.
    ///
    /// # Errors
    /// The file of hashes is there and cannot be read.
    pub fn find(root: Option<PathBuf>) -> std::io::Result<Self> {
        let executable = std::env::current_exe()?;
        let beside = executable.parent().unwrap_or(Path::new("."));
        let candidates = [root, Some(beside.join("site")), Some(beside.join("../site"))];
        let root = candidates.into_iter().flatten().find(|root| root.is_dir());
        let hashes = beside.join("hash.txt");
        let Some(root) = root else {
            let beside = beside.display();
            tracing::warn!(
                "the site's files are neither where LEPTOS_SITE_ROOT says nor in {beside}/site or {beside}/../site: pages come without style and script"
            );
            return Ok(Self { root: PathBuf::new(), is_hashed: false, assets: Assets::unhashed() });
        };
        let assets = Assets::read(&hashes)?;
        let is_there = root.join(assets.css.trim_start_matches('/')).is_file();
        let assets = if is_there { assets } else { Assets::unhashed() };
        if !root.join(assets.css.trim_start_matches('/')).is_file() {
            let (root, hashes) = (root.display(), hashes.display());
            tracing::warn!(
                "the files in {root} are not those that {hashes} names, or that file is missing: pages come without style and script"
            );
        }
        Ok(Self { root, is_hashed: is_there && assets != Assets::unhashed(), assets })
    }

    /// The routes of the files: `/pkg`, and each file at the top, by name. No folder is ever listed.
    pub(crate) fn router(&self, anteroom: &Anteroom) -> Router<Anteroom> {
        let cached = if self.is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        let pkg = ServeDir::new(self.root.join("pkg"))
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        let pkg = Router::new()
            .nest_service("/pkg", pkg)
            .layer(from_fn_with_state(cached, cache))
            .layer(from_fn_with_state(anteroom.clone(), only_what_pages_load));
        let files = self.top_files().into_iter().fold(Router::new(), |router, name| {
            let file = ServeFile::new(self.root.join(&name)).precompressed_br().precompressed_gzip();
            router.route_service(&format!("/{name}"), file)
        });
        pkg.merge(files.layer(from_fn_with_state("public, max-age=86400", cache)))
    }

    fn top_files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let names = files.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| !is_twin(name) && !name.starts_with('.')).collect()
    }
}

/// Whether a file is the compressed twin of another.
fn is_twin(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

/// The types of the site's own files; cargo-leptos 0.3.10 also leaves TypeScript declarations there.
const TYPES: [&str; 3] = ["css", "js", "wasm"];

/// Serves nothing under `/pkg` but the types that pages load, and says 404 in our own words.
async fn only_what_pages_load(State(anteroom): State<Anteroom>, request: Request, next: Next) -> Response {
    let wish = Wish::of(&request);
    let extension = Path::new(request.uri().path()).extension();
    let is_known = TYPES.iter().any(|known| extension.is_some_and(|extension| extension == *known));
    let found = if is_known { Some(next.run(request).await) } else { None };
    found
        .filter(|response| response.status() != StatusCode::NOT_FOUND)
        .unwrap_or_else(|| failure::answer(&anteroom, wish, &ApiError::NotFound))
}

/// Says how long a file that was found may be kept.
async fn cache(State(value): State<&'static str>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;
    use crate::application::tests::anteroom;

    /// ASVS V13.2.5, V13.4.1, V13.4.3, V13.4.7.
    #[tokio::test]
    async fn only_what_pages_load_is_served_and_no_folder_is_listed() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("site");
        fs::create_dir_all(root.join("pkg/snippets")).expect("makes folders");
        let files =
            ["pkg/a.js", "pkg/a.wasm", "pkg/a.css", "pkg/a.d.ts", "pkg/a.wasm.br", "favicon.svg", ".env"];
        for file in files {
            fs::write(root.join(file), "x").expect("writes");
        }
        let anteroom = anteroom(&folder).await;
        let router = Site::find(Some(root)).expect("finds").router(&anteroom).with_state(anteroom);
        for (path, status) in [
            ("/pkg/a.js", 200),
            ("/pkg/a.wasm", 200),
            ("/pkg/a.css", 200),
            ("/favicon.svg", 200),
            ("/pkg/a.d.ts", 404),
            ("/pkg/a.wasm.br", 404),
            ("/pkg/b.js", 404),
            ("/pkg/../.env", 404),
            ("/pkg/%2e%2e/favicon.svg", 404),
            ("/pkg/snippets", 404),
            ("/pkg/", 404),
            ("/.env", 404),
        ] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let response = router.clone().oneshot(request).await.expect("answers");
            assert_eq!(response.status().as_u16(), status, "{path}");
        }
    }
}

//! The page's files, which are part of the program.

use crate::watch::Monitor;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

macro_rules! files {
    ($(($path:literal, $kind:literal, $file:literal)),+ $(,)?) => {
        [$(($path, $kind, include_str!(concat!("../page/", $file)))),+]
    };
}

pub fn routes() -> Router<Monitor> {
    let files = files![
        ("/", "text/html; charset=utf-8", "index.html"),
        ("/style.css", "text/css; charset=utf-8", "style.css"),
        ("/main.js", "text/javascript; charset=utf-8", "main.js"),
        ("/overview.js", "text/javascript; charset=utf-8", "overview.js"),
        ("/river.js", "text/javascript; charset=utf-8", "river.js"),
        ("/cards.js", "text/javascript; charset=utf-8", "cards.js"),
        ("/charts.js", "text/javascript; charset=utf-8", "charts.js"),
        ("/details.js", "text/javascript; charset=utf-8", "details.js"),
        ("/controls.js", "text/javascript; charset=utf-8", "controls.js"),
        ("/dom.js", "text/javascript; charset=utf-8", "dom.js"),
    ];
    files.into_iter().fold(Router::new(), |router, (path, kind, text)| {
        router.route(path, get(move || async move { ([(CONTENT_TYPE, kind)], text) }))
    })
}

#![doc = include_str!("../README.md")]

pub mod assets;
pub mod counts;
pub mod english;
pub mod format;
pub mod guard;
pub mod lang;
pub mod outlines;
pub mod page;
pub mod pages;
pub mod routes;
pub mod session;
pub mod simulate;
pub mod state;
pub mod svg;
pub mod view;

pub use lang::Lang;
pub use state::App;

use std::net::SocketAddr;

/// Serves until the process ends. Answers its address to `ready` once it listens.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    app: App,
    listen: SocketAddr,
    ready: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    serve_with(app, axum::Router::new(), listen, ready).await
}

/// Serves these pages and another room's routes beside them (the doors of casework).
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve_with(
    app: App,
    others: axum::Router,
    listen: SocketAddr,
    ready: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await?;
    ready(listener.local_addr()?);
    let service =
        routes::router(app).merge(others).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop()).await
}

/// Ctrl-C.
async fn stop() {
    // Without signals the server runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

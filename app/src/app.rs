//! The whole site: providers, frame and routes.

use leptos::prelude::*;
use leptos::tachys::view::iterators::StaticVec;
use leptos_router::components::{FlatRoutes, Router};
use leptos_router::{MatchNestedRoutes, NestedRoute, StaticSegment};

use crate::Visit;
use crate::components::{Document, Footer, Navbar, SkipLink, guarded};
use crate::eager::erase;
use crate::pages::NotFound;
use crate::routes::PAGES;
use crate::visitor::CurrentVisitor;

/// The site inside `<body>`.
#[expect(clippy::must_use_candidate, reason = "a component is called by `view!`, which uses it")]
#[component]
pub fn App() -> impl IntoView {
    let visit = SharedValue::new_str(|| use_context::<Visit>().unwrap_or_default()).into_inner();
    let visitor = CurrentVisitor::new(visit);
    provide_context(visitor);
    visitor.stay_current();

    view! {
        <Router>
            <Document/>
            <SkipLink/>
            <Navbar/>
            <main id="content">
                <FlatRoutes fallback=|| erase(NotFound())><Pages/></FlatRoutes>
            </main>
            <Footer/>
        </Router>
    }
}

/// [`PAGES`] as the router reads them: one type for all routes, which keeps the browser's build small. It is
/// another one in development, where cargo-leptos erases types (`--cfg erase_components`).
#[component(transparent)]
fn Pages() -> StaticVec<impl MatchNestedRoutes + Clone + Send + 'static> {
    let routes = PAGES.iter().map(|page| NestedRoute::new(StaticSegment(page.path), move || guarded(page)));
    routes.collect::<Vec<_>>().into()
}

//! Views that never wait.

use leptos::attr::Attribute;
use leptos::attr::any_attribute::AnyAttribute;
use leptos::prelude::*;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::{Position, PositionState};

/// A view without asynchronous parts, with its type erased.
///
/// Erasing the view itself would compile a second, asynchronous hydration of all that it holds, which
/// only `<Suspense>` could ever call: a tenth of what a browser downloads (measured with leptos 0.8.23).
/// This wrapper leaves the trait's own one-line answer in place.
pub(crate) fn erase(view: impl IntoView + 'static) -> AnyView {
    Eager(view.into_view().into_inner()).into_any()
}

struct Eager<View>(View);

impl<View: Render> Render for Eager<View> {
    type State = View::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<View: RenderHtml + 'static> AddAnyAttr for Eager<View> {
    type Output<New: Attribute> = Self;

    /// Nothing in this site spreads attributes over an erased view.
    fn add_any_attr<New: Attribute>(self, _: New) -> Self::Output<New> {
        self
    }
}

impl<View: RenderHtml + 'static> RenderHtml for Eager<View> {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = View::MIN_LENGTH;
    const EXISTS: bool = View::EXISTS;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    async fn resolve(self) -> Self {
        self
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}

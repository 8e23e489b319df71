//! The preferences, for guests too.

use contract::{Language, Theme};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_location;

use crate::components::Alert;
use crate::components::navbar::NavLink;
use crate::routes::SESSION;
use crate::server_fns::SetPreferences;
use crate::submission::Submission;
use crate::text::say;
use crate::visitor::CurrentVisitor;

/// Colours and language, each a row of buttons: the one that holds is pressed. And the way to the inspector,
/// where there is one.
#[component]
pub fn Footer() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let submission = Submission::new(None);
    let on_submit = move |event| submission.send(&event, Box::new(move |whoami, _| visitor.update(whoami)));
    let location = use_location();
    let here = move || match (location.pathname.get(), location.search.get()) {
        (path, search) if search.is_empty() => path,
        (path, search) => [&path, "?", &search].concat(),
    };

    // The style sheet keeps room for the link before it has come.
    let rows = if visitor.has_inspector() { "linked" } else { "" };

    view! {
        <footer>
            <form class=rows method="post" action=SetPreferences::url() on:submit=on_submit>
                <input type="hidden" name="next" value=here/>
                <Alert submission/>
                <div role="group" aria-label=say(|text| text.theme)>
                    {Theme::ALL.map(|theme| view! { <ThemeButton theme/> })}
                </div>
                <div role="group" aria-label=say(|text| text.language)>
                    {Language::ALL.map(|language| view! { <LanguageButton language/> })}
                </div>
                {visitor.has_inspector().then(|| view! { <NavLink path=SESSION label=|text| text.session/> })}
            </form>
        </footer>
    }
}

#[component]
fn ThemeButton(theme: Theme) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let label = move || match (visitor.text().theme_names, theme) {
        ([system, _, _], Theme::System) => system,
        ([_, light, _], Theme::Light) => light,
        ([_, _, dark], Theme::Dark) => dark,
    };
    view! {
        <button name="theme" value=theme.as_str() aria-pressed=move || pressed(visitor.theme() == theme)>
            {label}
        </button>
    }
}

/// A language is named in itself, so that those who know only it find it.
#[component]
fn LanguageButton(language: Language) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let name = match language {
        Language::En => "English",
        Language::De => "Deutsch",
        Language::Fr => "Français",
    };
    view! {
        <button
            name="language" value=language.as_str() lang=language.as_str()
            aria-pressed=move || pressed(visitor.language() == language)
        >
            {name}
        </button>
    }
}

const fn pressed(holds: bool) -> &'static str {
    if holds { "true" } else { "false" }
}

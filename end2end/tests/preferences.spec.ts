import { expect, JOURNEY, test, WITH_JAVASCRIPT } from '../support/test';
import type { Visitor } from '../support/visitor';

const WORDS = {
  en: { button: 'English', home: 'You are at the home page!!', title: /^Home/ },
  de: { button: 'Deutsch', home: 'Sie sind auf der Startseite!!', title: /^Start/ },
  fr: { button: 'Français', home: /^Vous êtes sur la page d’accueil/, title: /^Accueil/ },
};
const KINDS = ['guest', 'member'] as const;

async function sees(visitor: Visitor, { theme, language }: { theme: string; language: string }): Promise<void> {
  const html = visitor.page.locator('html');
  await expect(html).toHaveAttribute('data-theme', theme);
  await expect(html).toHaveAttribute('lang', language);
}

test('whoever has chosen nothing sees English in the colours of the system', async ({ visitor }) => {
  await visitor.open('/');
  await sees(visitor, { theme: 'system', language: 'en' });
});

for (const kind of KINDS) {
  for (const [label, theme] of [['Light', 'light'], ['Dark', 'dark']] as const) {
    test(`a ${kind} chooses the ${theme} theme, and a reload keeps it`, async ({ visitor }) => {
      await visitor.is(kind);
      await visitor.open('/products?q=1');
      await visitor.marksTheDocument();
      await visitor.choose(label);
      await sees(visitor, { theme, language: 'en' });
      await expect(visitor.page).toHaveURL('/products?q=1');
      await visitor.seesTheMarkedDocument();
      await visitor.reload();
      await sees(visitor, { theme, language: 'en' });
      await expect(visitor.page.getByRole('button', { name: label, exact: true })).toHaveAttribute('aria-pressed', 'true');
    });
  }

  test(`a ${kind} goes back to the theme of the system`, async ({ visitor }) => {
    await visitor.is(kind);
    await visitor.prefers({ theme: 'dark' });
    await visitor.open('/');
    await visitor.choose('System');
    await sees(visitor, { theme: 'system', language: 'en' });
    await visitor.reload();
    await sees(visitor, { theme: 'system', language: 'en' });
  });

  for (const language of ['de', 'fr'] as const) {
    test(`a ${kind} chooses the language ${language}, and a reload keeps it`, async ({ visitor, page }) => {
      await visitor.is(kind);
      await visitor.open('/');
      await visitor.marksTheDocument();
      await visitor.choose(WORDS[language].button);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(WORDS[language].home);
      await sees(visitor, { theme: 'system', language });
      await expect(page).toHaveTitle(WORDS[language].title);
      await visitor.seesTheMarkedDocument();
      await visitor.reload();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(WORDS[language].home);
      await sees(visitor, { theme: 'system', language });
    });
  }
}

test('a language can be taken back', async ({ visitor, page }) => {
  await visitor.prefers({ language: 'de' });
  await visitor.open('/');
  await visitor.choose('English');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(WORDS.en.home);
  await expect(page).toHaveTitle(WORDS.en.title);
});

test('theme and language survive sign-in, sign-out and reload', JOURNEY, async ({ visitor, page }) => {
  await visitor.open('/register');
  await visitor.choose('Dark');
  await sees(visitor, { theme: 'dark', language: 'en' });
  await visitor.register();
  await visitor.isGreeted();
  await sees(visitor, { theme: 'dark', language: 'en' });
  await visitor.choose('Français');
  await sees(visitor, { theme: 'dark', language: 'fr' });
  await visitor.navbar.getByRole('button').click();
  await expect(visitor.navbar.getByRole('button')).toHaveCount(0);
  await sees(visitor, { theme: 'dark', language: 'fr' });
  await visitor.reload();
  await sees(visitor, { theme: 'dark', language: 'fr' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(WORDS.fr.home);
});

test('a choice keeps what stands in a form where scripts run', WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.open('/login');
  await visitor.usernameField.fill('half a na');
  await visitor.choose('Dark');
  await sees(visitor, { theme: 'dark', language: 'en' });
  await expect(visitor.usernameField).toHaveValue('half a na');
});

test('a choice on the sign-in page keeps the next page', async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login?next=/contact%3Ftopic%3Da');
  await visitor.choose('Dark');
  await sees(visitor, { theme: 'dark', language: 'en' });
  await visitor.signIn();
  await visitor.landsOn('/contact?topic=a', 'You are at the Contact page!!');
});

test('colours follow the choice before the system, and the system where nothing is chosen', async ({ visitor, page }) => {
  const seen: string[] = [];
  for (const [theme, colorScheme] of [['light', 'dark'], ['system', 'light'], ['dark', 'light'], ['system', 'dark']] as const) {
    await page.emulateMedia({ colorScheme });
    await visitor.prefers({ theme });
    await visitor.open('/');
    seen.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  }
  expect(seen[0]).toBe(seen[1]);
  expect(seen[2]).toBe(seen[3]);
  expect(seen[0]).not.toBe(seen[2]);
});

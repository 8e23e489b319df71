import { MEMBERS_PAGES, VIEWS } from '../support/pages';
import { expect, test, WITH_JAVASCRIPT } from '../support/test';

const HTML = { accept: 'text/html' };

for (const { path, name } of MEMBERS_PAGES) {
  for (const headers of [HTML, { accept: '*/*' }]) {
    test(`a guest who asks for ${name} (${headers.accept}) gets a 303 to the sign-in page`, WITH_JAVASCRIPT, async ({ request }) => {
      const answer = await request.get(path, { maxRedirects: 0, headers });
      expect(answer.status()).toBe(303);
      expect(answer.headers().location).toBe(`/login?next=${path}`);
      expect(await answer.text()).not.toContain('You are at');
    });
  }
}

test('the redirect to the sign-in page carries the query', WITH_JAVASCRIPT, async ({ request }) => {
  const answer = await request.get('/contact?topic=a&x=1', { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  expect(answer.headers().location).toBe('/login?next=/contact%3Ftopic%3Da%26x%3D1');
});

for (const path of ['//about', '/./about', '/%61bout', '/about/', '/about;x', '/ABOUT', '/about%2f']) {
  test(`a guest who asks for ${path} gets nothing private`, WITH_JAVASCRIPT, async ({ request, baseURL }) => {
    const answer = await request.get(`${baseURL}${path}`);
    expect(await answer.text()).not.toContain('You are at the About page');
  });
}

test('a signed-in visitor who asks for the sign-in page gets a 303', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  const answer = await page.request.get('/login?next=/contact%3Ftopic%3Da', { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  expect(answer.headers().location).toBe('/contact?topic=a');
});

test('the first byte has language and theme of a guest who has chosen', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.prefers({ theme: 'dark', language: 'de' });
  const html = await (await page.request.get('/')).text();
  expect(html).toMatch(/^<!doctype html><html (?=[^>]*lang="de")(?=[^>]*data-theme="dark")[^>]*>/i);
  expect(html).toContain('Sie sind auf der Startseite!!');
});

test('the first byte has English and the colours of the system for everybody else', WITH_JAVASCRIPT, async ({ request }) => {
  const html = await (await request.get('/')).text();
  expect(html).toMatch(/^<!doctype html><html (?=[^>]*lang="en")(?=[^>]*data-theme="system")[^>]*>/i);
});

test('the first answer has the navbar of a signed-in visitor', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  const html = await (await page.request.get('/')).text();
  const navbar = /<nav[\s\S]*<\/nav>/.exec(html)?.[0].replaceAll(/<!--.*?-->|<!>/g, '');
  expect(navbar).toContain(`Welcome ${visitor.username}!`);
  expect(navbar).not.toContain('href="/login"');
});

test('a path without a page answers 404 with a page', async ({ visitor, page, complaints }) => {
  complaints.expectStatus(404);
  const answer = await page.goto('/nowhere');
  expect(answer?.status()).toBe(404);
  await visitor.landsOn('/nowhere', 'Page not found');
  await visitor.content.getByRole('link', { name: 'Go to the home page' }).click();
  await visitor.landsOn('/', 'You are at the home page!!');
});

test('every other page answers 200', WITH_JAVASCRIPT, async ({ visitor, page, request }) => {
  await visitor.isMember();
  for (const { name, path, kind } of VIEWS) {
    if (name === 'not-found') continue;
    const answer = await (kind === 'member' ? page.request : request).get(path, { maxRedirects: 0 });
    expect.soft(answer.status(), `${path} as ${kind}`).toBe(200);
  }
});

test('pages are never stored, and files under /pkg for a year', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  const answer = await page.request.get('/contact');
  expect(answer.headers()['cache-control']).toContain('no-store');
  expect(answer.headers().vary?.toLowerCase()).toContain('cookie');
  const files = new Set([...(await answer.text()).matchAll(/"(\/pkg\/[^"]+)"/g)].map((match) => match[1] ?? ''));
  expect(files.size, 'style sheet, script and WebAssembly').toBe(3);
  for (const file of files) {
    const found = await page.request.get(file);
    expect.soft(found.status(), file).toBe(200);
    expect.soft(found.headers()['cache-control'], file).toMatch(/public.*max-age=31536000.*immutable/);
  }
});

test('the icon is there', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.open('/');
  const address = await page.locator('link[rel=icon]').getAttribute('href');
  expect((await page.request.get(address ?? '')).status()).toBe(200);
});

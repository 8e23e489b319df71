import CachePolicy from 'http-cache-semantics';
import type { APIRequestContext } from '@playwright/test';

import { PAGES } from '../support/pages';
import { expect, test, WITH_JAVASCRIPT } from '../support/test';

interface Asked {
  path: string;
  accept: string;
}

/** Whether a cache that many people share may keep the answer, by RFC 9111. */
async function isStorable(request: APIRequestContext, { path, accept }: Asked): Promise<boolean> {
  const headers = { accept };
  const answer = await request.get(path, { headers, maxRedirects: 0 });
  const policy = new CachePolicy(
    { method: 'GET', url: path, headers },
    { status: answer.status(), headers: answer.headers() },
    { shared: true },
  );
  return policy.storable();
}

/** Every page, and every route of the API that is read, as a person and as a program ask for it. */
async function everythingAboutVisitors(request: APIRequestContext): Promise<Asked[]> {
  const document = await (await request.get('/api/openapi.json')).json() as { paths: Record<string, object> };
  const routes = Object.keys(document.paths).filter((path) => path.startsWith('/api/') && 'get' in document.paths[path]!);
  const paths = [...PAGES.map((page) => page.path), '/home', '/about/', '/account/x.css', '/account;.js', ...routes];
  return paths.flatMap((path) => ['text/html', 'application/json'].map((accept) => ({ path, accept })));
}

// ASVS V14.2.2, V14.2.5, V14.3.2.
test('no answer about a visitor may be kept by a shared cache', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  const asked = await everythingAboutVisitors(page.request);
  expect(asked.length).toBeGreaterThan(30);
  for (const kind of ['guest', 'member'] as const) {
    await visitor.is(kind);
    for (const one of asked) {
      expect.soft(await isStorable(page.request, one), `${kind}: ${one.path} as ${one.accept}`).toBe(false);
    }
  }
});

test('what is the same for everybody may be kept by a shared cache', WITH_JAVASCRIPT, async ({ page }) => {
  expect(await isStorable(page.request, { path: '/favicon.svg', accept: 'image/*' })).toBe(true);
});

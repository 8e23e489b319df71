import { expect, test, WITH_JAVASCRIPT } from '../support/test';
import { PASSWORD } from '../support/visitor';

const HOME = 'You are at the home page!!';

/** As a hostile link would carry them. */
const HOSTILE = [
  '',
  '//evil.example',
  '%2F%2Fevil.example',
  '%252F%252Fevil.example',
  '////evil.example',
  '/\\evil.example',
  '/%5Cevil.example',
  '%5C%5Cevil.example',
  '/%09/evil.example',
  '/%0A/evil.example',
  '/about%0d%0aX-Evil:%201',
  'https:evil.example',
  'https%3A%2F%2Fevil.example%2Fabout',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,evil',
  '/..//evil.example',
  '/about/..//evil.example',
  '/%252e%252e//evil.example',
  '/about&next=//evil.example',
  '//evil.example&next=/about',
  '/login',
  '/login?next=/about',
  '/logout',
  '/api/v1/whoami',
  '/pkg/anteroom.js',
];

/** Odd, and yet pages of this site: what the browser must show afterwards. */
const HARMLESS = [
  ['/products?back=//evil.example', '/products?back=//evil.example'],
  ['/products%3Fback%3Dhttps%3A%2F%2Fevil.example', '/products?back=https://evil.example'],
  ['/products%3Fa%3D%252F%252Fevil.example', '/products?a=%2F%2Fevil.example'],
] as const;

for (const next of HOSTILE) {
  test(`after a sign-in, next=${next} means Home`, async ({ visitor, page, baseURL }) => {
    await visitor.hasAccount();
    await visitor.open(`/login?next=${next}`);
    await visitor.signIn();
    await visitor.isGreeted();
    await visitor.landsOn('/', HOME);
    expect(await page.evaluate(() => location.href)).toBe(`${baseURL}/`);
  });
}

test('a signed-in visitor is sent Home by every hostile next', WITH_JAVASCRIPT, async ({ visitor, page, baseURL }) => {
  await visitor.isMember();
  for (const next of HOSTILE) {
    const answer = await page.request.get(`${baseURL}/login?next=${next}`, { maxRedirects: 0 });
    expect.soft(`${answer.status()} ${answer.headers().location}`, next).toBe('303 /');
  }
});

for (const [next, address] of HARMLESS) {
  test(`after a sign-in, next=${next} means that page`, async ({ visitor }) => {
    await visitor.hasAccount();
    await visitor.open(`/login?next=${next}`);
    await visitor.signIn();
    await visitor.landsOn(address, 'Below are the products that we offer.');
  });
}

test('a hostile next leads Home after a registration too', async ({ visitor }) => {
  await visitor.open('/register?next=//evil.example');
  await visitor.register();
  await visitor.isGreeted();
  await visitor.landsOn('/', HOME);
});

test('a hostile next is not carried from sign-in to registration', async ({ visitor, page }) => {
  await visitor.open('/login?next=//evil.example');
  await visitor.content.getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL('/register');
});

test('a next that a script has put into the form is judged again by the server', WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.content.locator('form').evaluate((form: HTMLFormElement, values) => {
    for (const [name, value] of Object.entries(values)) {
      (form.elements.namedItem(name) as HTMLInputElement).value = value;
    }
    form.submit();
  }, { next: '//evil.example', username: visitor.username, password: PASSWORD });
  await visitor.isGreeted();
  await visitor.landsOn('/', HOME);
});

/** Pieces that addresses are made of, and tricks with them, as a link carries them. */
const PIECES = [
  'https:', 'javascript:', 'data:', '//', '/', '/', '\\', '%2f', '%5c', '%252f', '/../', '/%2e%2e/', '/./', '%09', '%0a', '%0d%0a',
  '%00', '%20', '+', '%e2%80%a8', '%ef%bb%bf', 'evil.example', 'user@', ':80', '[::1]', '?', '%3f', '%23', ';', 'about', 'login', 'a',
  '%C3%BC', '%ff', '.', '..', '%E3%80%82',
];

/** Made of pieces, the same ones in each run. */
function generated(count: number): string[] {
  let state = 7;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const one = () => Array.from({ length: 1 + next(7) }, () => PIECES[next(PIECES.length)]).join('');
  return Array.from({ length: count }, one);
}

// ASVS V3.7.2.
test('the browser stays on this site wherever the server sends it', WITH_JAVASCRIPT, async ({ visitor, page, baseURL }) => {
  await visitor.isMember();
  const sent: [next: string, location: string][] = [];
  for (const next of generated(400)) {
    const answer = await page.request.get(`${baseURL}/login?next=${next}`, { maxRedirects: 0 });
    expect(answer.status(), next).toBe(303);
    sent.push([next, answer.headers().location ?? '']);
  }
  const elsewhere = await page.evaluate(([sent, origin]) => sent.filter(([, location]) => {
    const target = new URL(location, `${origin}/login`);
    return target.origin !== origin || target.pathname.startsWith('//') || !location.startsWith('/');
  }), [sent, baseURL ?? ''] as const);
  expect(elsewhere).toEqual([]);
  expect(sent.filter(([, location]) => location !== '/').length, 'some are pages of ours').toBeGreaterThan(20);
});

/** Follows a link of this page as somebody who clicks it, with the page's own router, until it rests. */
async function followed(address: string): Promise<string> {
  const link = document.createElement('a');
  link.href = address;
  document.body.append(link);
  link.click();
  link.remove();
  for (let frames = 0, shown = ''; frames < 300 && (frames < 3 || shown !== location.href); frames += 1) {
    shown = location.href;
    await new Promise(requestAnimationFrame);
  }
  return location.href;
}

// ASVS V3.7.2.
test('the browser stays on this site wherever it goes by itself', WITH_JAVASCRIPT, async ({ visitor, page, baseURL }) => {
  await visitor.isMember();
  await visitor.open('/');
  await visitor.marksTheDocument();
  for (const next of [...HOSTILE, ...generated(80)]) {
    const answer = await page.request.get(`${baseURL}/login?next=${next}`, { maxRedirects: 0 });
    const told = new URL(answer.headers().location ?? '', baseURL).href;
    expect.soft(told, next).toMatch(new RegExp(`^${baseURL}/(?!/)`));
    expect(await page.evaluate(followed, '/products')).toBe(`${baseURL}/products`);
    // A member has nothing to do there, and is sent on.
    expect.soft(await page.evaluate(followed, `/login?next=${next}`), next).toBe(told);
  }
  await visitor.seesTheMarkedDocument();
});

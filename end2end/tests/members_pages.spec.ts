import { MEMBERS_PAGES, pageNamed } from '../support/pages';
import { expect, JOURNEY, test, WITH_JAVASCRIPT } from '../support/test';

const contact = pageNamed('contact');

test('a guest who asks for Contact registers and lands on Contact', JOURNEY, async ({ visitor }) => {
  await visitor.open('/');
  await visitor.marksTheDocument();
  await visitor.follow('Contact');
  await visitor.landsOn('/login?next=/contact', 'Sign in');
  await visitor.content.getByRole('link', { name: 'Create an account' }).click();
  await visitor.landsOn('/register?next=/contact', 'Create an account');
  await visitor.register();
  await visitor.landsOn('/contact', contact.heading);
  await visitor.isGreeted();
  await visitor.seesTheMarkedDocument();
});

test('a guest who asks for Contact signs in and lands on Contact', JOURNEY, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/products');
  await visitor.marksTheDocument();
  await visitor.follow('Contact');
  await visitor.landsOn('/login?next=/contact', 'Sign in');
  await visitor.signIn();
  await visitor.landsOn('/contact', contact.heading);
  await visitor.isGreeted();
  await visitor.seesTheMarkedDocument();
});

test('a reload keeps a visitor signed in', JOURNEY, async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/contact');
  await visitor.isGreeted();
  await visitor.reload();
  await visitor.landsOn('/contact', contact.heading);
  await visitor.isGreeted();
});

for (const { name, path, heading } of MEMBERS_PAGES) {
  test(`a guest who opens ${name} directly signs in and lands there`, async ({ visitor }) => {
    await visitor.hasAccount();
    await visitor.open(path);
    await visitor.landsOn(`/login?next=${path}`, 'Sign in');
    await visitor.signIn();
    await visitor.landsOn(path, heading);
  });

  test(`a member walks to ${name}`, async ({ visitor }) => {
    await visitor.isMember();
    await visitor.open('/');
    await visitor.marksTheDocument();
    await visitor.follow(heading.includes('!!') ? name.replace(/^./, (first) => first.toUpperCase()) : heading);
    await visitor.landsOn(path, heading);
    await visitor.seesTheMarkedDocument();
  });
}

test('the query of a protected page survives the sign-in', async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/contact?topic=a%20b&x=1');
  await visitor.signIn();
  await visitor.landsOn('/contact?topic=a%20b&x=1', contact.heading);
});

test('the query of a protected page survives a registration', async ({ visitor }) => {
  await visitor.open('/contact?topic=a&x=1');
  await visitor.content.getByRole('link', { name: 'Create an account' }).click();
  await visitor.register();
  await visitor.landsOn('/contact?topic=a&x=1', contact.heading);
});

test('the fragment of a page asked for directly survives the sign-in', WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/contact?topic=a#form');
  await visitor.signIn();
  await visitor.landsOn('/contact?topic=a#form', contact.heading);
});

test('query and fragment of a clicked link survive the sign-in', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.hasAccount();
  await visitor.open('/');
  await visitor.marksTheDocument();
  await page.evaluate(() => {
    const link = Object.assign(document.createElement('a'), { href: '/contact?topic=a&x=1#form' });
    document.body.append(link);
    link.click();
  });
  await expect(page).toHaveURL(/\/login\?next=\/contact%3Ftopic%3Da%26x%3D1(#|%23)form$/);
  await visitor.signIn();
  await visitor.landsOn('/contact?topic=a&x=1#form', contact.heading);
  await visitor.seesTheMarkedDocument();
});

test('Back leads from the sign-in form to the page before', async ({ visitor, page }) => {
  await visitor.open('/products');
  await visitor.follow('Contact');
  await visitor.landsOn('/login?next=/contact', 'Sign in');
  await page.goBack();
  await visitor.landsOn('/products', pageNamed('products').heading);
});

test('Back leads from a members page to the page before the sign-in form', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.hasAccount();
  await visitor.open('/products');
  await visitor.follow('Contact');
  await visitor.signIn();
  await visitor.landsOn('/contact', contact.heading);
  await page.goBack();
  await visitor.landsOn('/products', pageNamed('products').heading);
});

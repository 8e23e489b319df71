import { expect, JOURNEY, test, WITH_JAVASCRIPT } from '../support/test';

const HOME = 'You are at the home page!!';

test('signing in from the navbar lands on Home', JOURNEY, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/products');
  await visitor.marksTheDocument();
  await visitor.follow('Sign in');
  await visitor.landsOn('/login', 'Sign in');
  await visitor.signIn();
  await visitor.landsOn('/', HOME);
  await visitor.isGreeted();
  await visitor.seesTheMarkedDocument();
});

test('a name counts in any case', async ({ visitor }) => {
  await visitor.hasAccount(visitor.username.toUpperCase());
  await visitor.open('/login');
  await visitor.signIn();
  await visitor.landsOn('/', HOME);
  await visitor.isGreeted(visitor.username.toUpperCase());
});

for (const path of ['/login', '/register']) {
  test(`a signed-in visitor who opens ${path} is sent on`, async ({ visitor }) => {
    await visitor.isMember();
    await visitor.open(`${path}?next=/about`);
    await visitor.landsOn('/about', 'You are at the About page!!');
    await visitor.open(path);
    await visitor.landsOn('/', HOME);
  });
}

test('a wrong password is refused politely', async ({ visitor, complaints }) => {
  complaints.expectStatus(401);
  await visitor.hasAccount();
  await visitor.open('/login?next=/contact');
  await visitor.signIn({ password: 'a wrong password' });
  await expect(visitor.alert).toHaveText('That name and password do not match.');
  await expect(visitor.alert).toBeVisible();
  await visitor.seesAGuestsNavbar();
});

test('after a wrong password the name stays and the password is gone', async ({ visitor, complaints }) => {
  complaints.expectStatus(401);
  await visitor.hasAccount();
  await visitor.open('/login?next=/contact');
  await visitor.signIn({ password: 'a wrong password', keep: true, remember: true });
  await expect(visitor.alert).not.toBeEmpty();
  await expect(visitor.usernameField).toHaveValue(visitor.username);
  await expect(visitor.passwordField).toHaveValue('');
  await expect(visitor.content.getByLabel('Keep me signed in')).toBeChecked();
  await expect(visitor.content.getByLabel('Remember my username')).toBeChecked();
});

test('after a wrong password the right one leads on', async ({ visitor, complaints }) => {
  complaints.expectStatus(401);
  await visitor.hasAccount();
  await visitor.open('/login?next=/contact?topic=a');
  await visitor.signIn({ password: 'a wrong password' });
  await expect(visitor.alert).not.toBeEmpty();
  await visitor.signIn();
  await visitor.landsOn('/contact?topic=a', 'You are at the Contact page!!');
});

test('an unknown name is refused in the same words as a wrong password', async ({ visitor, complaints }) => {
  complaints.expectStatus(401);
  await visitor.open('/login');
  await visitor.signIn();
  await expect(visitor.alert).toHaveText('That name and password do not match.');
});

test('after a refusal the focus is on its reason', WITH_JAVASCRIPT, async ({ visitor, complaints }) => {
  complaints.expectStatus(401);
  await visitor.open('/login');
  await visitor.signIn();
  await expect(visitor.alert).toBeFocused();
});

test('a refusal loads no new document', WITH_JAVASCRIPT, async ({ visitor, complaints }) => {
  complaints.expectStatus(401);
  await visitor.open('/login');
  await visitor.marksTheDocument();
  await visitor.signIn();
  await expect(visitor.alert).not.toBeEmpty();
  await visitor.seesTheMarkedDocument();
});

test('two presses of the button are one sign-in', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  const sent: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await visitor.usernameField.fill(visitor.username);
  await visitor.passwordField.fill('correct horse battery staple');
  await visitor.content.getByRole('button', { name: 'Sign in' }).dblclick();
  await visitor.landsOn('/', HOME);
  expect(sent).toHaveLength(1);
});

test('the password can be shown where scripts run, and elsewhere nothing offers it', async ({ visitor }) => {
  await visitor.open('/login');
  const show = visitor.content.getByRole('button', { name: 'Show' });
  if (!visitor.hasJavaScript) return expect(show).toBeHidden();
  await visitor.passwordField.fill('secret');
  await show.click();
  await expect(visitor.passwordField).toHaveAttribute('type', 'text');
  await show.click();
  await expect(visitor.passwordField).toHaveAttribute('type', 'password');
});

import { randomUUID } from 'node:crypto';

import { expect, request, type APIRequestContext, type Cookie, type Locator, type Page } from '@playwright/test';

import type { Kind } from './pages';

/** A password that registration takes. */
export const PASSWORD = 'correct horse battery staple';

/** What somebody enters into the sign-in form. */
export interface SignIn {
  password?: string;
  keep?: boolean;
  remember?: boolean;
}

/** A person with a browser. */
export class Visitor {
  /** Nobody else has this name. */
  readonly username = `ada-${randomUUID().slice(0, 8)}`;

  constructor(
    readonly page: Page,
    readonly origin: string,
    readonly hasJavaScript: boolean,
  ) {}

  get navbar(): Locator {
    return this.page.getByRole('navigation');
  }

  get content(): Locator {
    return this.page.getByRole('main');
  }

  get alert(): Locator {
    return this.content.getByRole('alert');
  }

  get usernameField(): Locator {
    return this.content.getByLabel('Username', { exact: true });
  }

  get passwordField(): Locator {
    return this.content.getByLabel('Password', { exact: true });
  }

  /** Asks the server for a page, and waits until scripts have taken it over where they run. */
  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.isReady();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.isReady();
  }

  async isReady(): Promise<void> {
    if (this.hasJavaScript) await this.page.locator('html[data-ready]').waitFor();
  }

  async follow(name: string): Promise<void> {
    await this.navbar.getByRole('link', { name, exact: true }).click();
  }

  /** Makes an account elsewhere: here the visitor stays a guest. */
  async hasAccount(username = this.username): Promise<void> {
    const elsewhere = await request.newContext({ baseURL: this.origin });
    const answer = await elsewhere.post('/api/v1/register', { data: { username, password: PASSWORD } });
    expect(answer.status()).toBe(201);
    await elsewhere.dispose();
  }

  /** Signed in before the first page, without a form. */
  async isMember(username = this.username): Promise<void> {
    const answer = await this.page.request.post('/api/v1/register', { data: { username, password: PASSWORD } });
    expect(answer.status()).toBe(201);
  }

  /** Signs in with a second device, which can do what it is then told. */
  async signsInElsewhere(): Promise<APIRequestContext> {
    const elsewhere = await request.newContext({ baseURL: this.origin, userAgent: 'phone/1.0' });
    const answer = await elsewhere.post('/api/v1/login', { data: { username: this.username, password: PASSWORD } });
    expect(answer.status()).toBe(200);
    return elsewhere;
  }

  async is(kind: Kind): Promise<void> {
    if (kind === 'member') await this.isMember();
  }

  /** Has chosen before the first page, without a form. */
  async prefers(preferences: { theme?: string; language?: string }): Promise<void> {
    const answer = await this.page.request.patch('/api/v1/preferences', { data: preferences });
    expect(answer.status()).toBe(200);
  }

  /** Sends the registration form. */
  async register(password = PASSWORD, username = this.username): Promise<void> {
    await this.usernameField.fill(username);
    await this.passwordField.fill(password);
    await this.content.getByRole('button', { name: 'Create an account' }).click();
  }

  /** Sends the sign-in form. */
  async signIn({ password = PASSWORD, keep = false, remember = false }: SignIn = {}): Promise<void> {
    await this.usernameField.fill(this.username);
    await this.passwordField.fill(password);
    await this.content.getByLabel('Keep me signed in').setChecked(keep);
    await this.content.getByLabel('Remember my username').setChecked(remember);
    await this.content.getByRole('button', { name: 'Sign in' }).click();
  }

  async signOut(): Promise<void> {
    await this.navbar.getByRole('button', { name: 'Log out' }).click();
    await this.seesAGuestsNavbar();
  }

  /** Presses a button of the footer. */
  async choose(name: string): Promise<void> {
    await this.page.getByRole('contentinfo').getByRole('button', { name, exact: true }).click();
  }

  async landsOn(path: string, heading: string): Promise<void> {
    await expect(this.page).toHaveURL(path);
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText(heading);
  }

  async isGreeted(username = this.username): Promise<void> {
    await expect(this.navbar).toContainText(`Welcome ${username}!`);
    await expect(this.navbar.getByRole('link', { name: 'Sign in' })).toHaveCount(0);
  }

  async seesAGuestsNavbar(): Promise<void> {
    await expect(this.navbar.getByRole('link', { name: 'Sign in' })).toBeVisible();
    await expect(this.navbar).not.toContainText('Welcome');
  }

  async cookie(name: string): Promise<Cookie | undefined> {
    return (await this.page.context().cookies()).find((cookie) => cookie.name === name);
  }

  /** Leaves a mark that only a new document loses. */
  async marksTheDocument(): Promise<void> {
    if (this.hasJavaScript) await this.page.evaluate(() => Object.assign(globalThis, { mark: true }));
  }

  async seesTheMarkedDocument(): Promise<void> {
    if (this.hasJavaScript) expect(await this.page.evaluate(() => 'mark' in globalThis)).toBe(true);
  }
}

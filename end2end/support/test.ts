import { test as base } from '@playwright/test';

import { Complaints } from './complaints';
import { Visitor } from './visitor';

export { expect } from '@playwright/test';

/** For tests that need scripts, and for those that need no page and so run once. */
export const WITH_JAVASCRIPT = { tag: '@with-javascript' };

/** What is also tried with sessions in other stores. */
export const JOURNEY = { tag: '@journey' };

/** Both. */
export const JOURNEY_WITH_JAVASCRIPT = { tag: ['@journey', '@with-javascript'] };

/** Whether an account's sessions can be listed: not where their records are in cookies. */
export const IS_LISTED = !['encrypted', 'signed'].includes(process.env.END2END_STORE ?? '');

interface Fixtures {
  complaints: Complaints;
  visitor: Visitor;
}

/** Every test has one visitor, and fails if the browser complains. */
export const test = base.extend<Fixtures>({
  complaints: [
    async ({ context, baseURL }, use) => {
      const complaints = new Complaints(context, new URL(baseURL ?? '').origin);
      await use(complaints);
      base.expect(complaints.unexpected(), 'complaints of the browser').toEqual([]);
    },
    { auto: true },
  ],
  visitor: async ({ page, javaScriptEnabled, baseURL }, use) => {
    await use(new Visitor(page, baseURL ?? '', javaScriptEnabled !== false));
  },
});
